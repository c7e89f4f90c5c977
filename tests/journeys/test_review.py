"""The reviewers' desk over HTTP (REG-08 to REG-11, ARC-12)."""

from __future__ import annotations

import pytest

from tests import people

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office() -> people.Office:
    """The agencies."""
    return people.office()


def test_a_reviewer_approves_and_the_enterprise_gets_in(office: people.Office) -> None:
    firm = people.handed_in(1)
    client = people.browser(office.county)
    inbox = client.get("/desk").content.decode()
    assert firm.name in inbox
    filing = people.filing(firm)
    page = client.get(f"/desk/{filing.id}").content.decode()
    assert firm.login in page
    answer = client.post(f"/desk/{filing.id}/decide", {"round": filing.round, "outcome": "approved"})
    assert answer.status_code == 302 and answer.url.startswith("/desk")
    assert people.state(firm) == "approved"
    own = people.browser(firm)
    assert own.get("/workbench").status_code == 200
