"""An enterprise that may file, its reviewer and its browser."""

from __future__ import annotations

import pytest
from django.test import Client

from chengxin.identity.values import Actor
from tests.journeys import enterprises as people
from tests.journeys.enterprises import Enterprise


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
