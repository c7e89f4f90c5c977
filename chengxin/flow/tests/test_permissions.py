"""Commands of an enterprise ask the table of permissions, whatever page they come from (ARC-01, SVC-02)."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from chengxin.common.errors import ChengxinError, Forbidden, Unauthenticated
from chengxin.flow import archive, questions
from chengxin.flow import services as claims
from chengxin.identity.values import Actor
from chengxin.portal import services
from tests.journeys import enterprises as people

pytestmark = pytest.mark.django_db(transaction=True)


def test_filing_an_archive_and_using_services_need_their_permissions() -> None:
    enterprise = people.approved(by=people.reviewer())
    owner = enterprise.actor
    assert archive.require_approved(by=owner) == enterprise.id
    assert services.offered(by=owner) == []
    for stripped in (replace(owner, roles=frozenset()), replace(owner, roles=frozenset({"applicant"}))):
        with pytest.raises(Forbidden):
            archive.open_archive(by=stripped)
        with pytest.raises(Forbidden):
            services.offered(by=stripped)
        with pytest.raises(Forbidden):
            claims.claim(code="open-class", by=stripped)
        with pytest.raises(Forbidden):
            questions.ask(answers={}, key=str(uuid4()), by=stripped)


def test_nobody_and_officials_have_no_archive_and_no_services() -> None:
    for by in (Actor.nobody(), Actor(uuid4(), "agency", agency_id=uuid4(), roles=frozenset({"reviewer"}))):
        for ask in (archive.require_approved, services.offered):
            with pytest.raises((Forbidden, Unauthenticated)) as refused:
                ask(by=by)
            assert isinstance(refused.value, ChengxinError)


def test_an_applicant_gets_neither() -> None:
    people.reviewer()
    applicant = people.handed_in()
    for ask in (archive.require_approved, services.offered):
        with pytest.raises(Forbidden):
            ask(by=applicant.actor)
