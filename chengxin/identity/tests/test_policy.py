"""One rule, asked of a row or as a filter, gives one answer."""

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chengxin.common import clock
from chengxin.common.errors import Forbidden, Unauthenticated
from chengxin.identity import policy
from chengxin.identity.models import Division, Enterprise
from chengxin.identity.values import AGENCY_ROLES, ALL_CODES, ENTERPRISE_ROLES, Actor, Codes

ROLES = ("administrator", "applicant", "handler", "operator", "system", *AGENCY_ROLES)
COUNTIES = ["990001", "990002", "990003", "990004"]


def test_the_table_is_alphabetical_and_knows_only_real_roles():
    assert list(policy.PERMISSIONS) == sorted(policy.PERMISSIONS)
    known = {*ENTERPRISE_ROLES, *AGENCY_ROLES, "account", "applicant", "public", "system"}
    for permission, roles in policy.PERMISSIONS.items():
        assert list(roles) == sorted(roles), permission
        assert set(roles) <= known, permission


@pytest.mark.parametrize("role", ["audit_admin", "security_admin", "system_admin"])
def test_administrators_of_the_system_decide_no_filings(role):
    by = Actor(uuid.uuid4(), "agency", agency_id=uuid.uuid4(), roles=frozenset({role}), scope=ALL_CODES)
    for permission in ("filing.review", "filing.inspect", "filing.edit", "enterprise.activate", "enterprise.close"):
        assert not policy.reaches(by=by, permission=permission)


def test_an_applicant_reaches_his_registration_and_nothing_else():
    enterprise = uuid.uuid4()
    by = Actor(uuid.uuid4(), "enterprise", enterprise_id=enterprise, roles=frozenset({"applicant"}), state="pending")
    assert policy.may(by=by, permission="filing.edit", enterprise_id=enterprise)
    for permission in ("archive.file", "service.use", "record.view"):
        assert not policy.may(by=by, permission=permission, enterprise_id=enterprise)
    by = Actor(by.account_id, "enterprise", enterprise_id=enterprise, roles=frozenset({"administrator"}))
    assert policy.may(by=by, permission="archive.file", enterprise_id=enterprise)
    assert not policy.may(by=by, permission="archive.file", enterprise_id=uuid.uuid4())


def test_the_help_desk_changes_no_account_by_itself():
    by = Actor(uuid.uuid4(), "agency", agency_id=uuid.uuid4(), roles=frozenset({"helpdesk"}), scope=ALL_CODES)
    assert not policy.may(by=by, permission="contact.change", account_id=uuid.uuid4())
    assert not policy.reaches(by=by, permission="enterprise.close")
    assert policy.may(by=by, permission="ticket.handle", competent_agency_id=by.agency_id)
    assert not policy.may(by=by, permission="ticket.handle", competent_agency_id=uuid.uuid4())
    assert not policy.reaches(by=by, permission="filing.review")


def test_what_is_not_said_is_not_reached():
    for by in (Actor.nobody(), Actor(uuid.uuid4(), "enterprise", roles=frozenset({"administrator"}))):
        assert not policy.may(by=by, permission="filing.view")
        assert not policy.may(by=by, permission="filing.review")
    reviewer = Actor(uuid.uuid4(), "agency", roles=frozenset({"reviewer"}), scope=ALL_CODES)
    assert not policy.may(by=reviewer, permission="filing.inspect")
    assert policy.may(by=reviewer, permission="filing.inspect", division_code="990001")


def test_visitors_are_asked_to_log_in_and_others_are_refused():
    with pytest.raises(Unauthenticated):
        policy.require(by=Actor.nobody(), permission="filing.view", enterprise_id=uuid.uuid4())
    with pytest.raises(Forbidden):
        policy.require(by=Actor(uuid.uuid4(), "enterprise"), permission="filing.review", competent_agency_id=uuid.uuid4())
    with pytest.raises(KeyError):
        policy.may(by=Actor.nobody(), permission="no.such")


@pytest.fixture
def rows(db):
    for code in COUNTIES:
        Division.objects.create(code=code, name=code, level=3)
    return [
        Enterprise.objects.create(
            uscc=f"91WWTE00MA0000000{number}", kind="91", division_id=code, created_at=clock.now()
        )
        for number, code in enumerate([*COUNTIES, *COUNTIES])
    ]


code_sets = st.builds(Codes, st.frozensets(st.sampled_from(COUNTIES)), st.booleans())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.data(),
    permission=st.sampled_from(sorted(policy.PERMISSIONS)),
    roles=st.frozensets(st.sampled_from(ROLES), max_size=3),
    scope=code_sets,
    competent=code_sets,
    unit=st.none() | st.just(uuid.UUID(int=7)),
    logged_in=st.booleans(),
)
def test_row_check_equals_query_filter(rows, data, permission, roles, scope, competent, unit, logged_in):
    own = data.draw(st.none() | st.sampled_from([row.id for row in rows]))
    by = Actor(
        account_id=data.draw(st.sampled_from([row.id for row in rows])) if logged_in else None,
        kind="agency" if unit else "enterprise",
        enterprise_id=own,
        agency_id=unit,
        roles=roles,
        scope=scope,
    )
    columns = {"enterprise": "id", "division": "division_id", "account": "id"}
    found = Enterprise.objects.filter(id__in=[row.id for row in rows]).filter(
        policy.visible(by=by, permission=permission, competent=competent, **columns)
    )
    allowed = {
        row.id
        for row in rows
        if policy.may(
            by=by,
            permission=permission,
            enterprise_id=row.id,
            division_code=row.division_id,
            account_id=row.id,
            competent_agency_id=unit if row.division_id in competent else uuid.UUID(int=8),
        )
    }
    assert {row.id for row in found} == allowed
