"""An enterprise that may file, its reviewer and its browser."""

from __future__ import annotations

import pytest
from django.test import Client

from chengxin.identity.values import Actor
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.enterprises import Enterprise
from tests.journeys.voluntary import Registrant


@pytest.fixture
def judge() -> Actor:
    """A reviewer who is competent for everything."""
    return people.reviewer()


@pytest.fixture
def enterprise(judge: Actor) -> Enterprise:
    """An enterprise that may file."""
    return people.approved(by=judge)


@pytest.fixture
def browser(enterprise: Enterprise) -> Client:
    """Its browser, without scripts."""
    return enterprise.client()


@pytest.fixture
def firm(judge: Actor) -> Registrant:
    """An enterprise that may register voluntarily, in a strong session."""
    return voluntary.registrant(by=judge)
