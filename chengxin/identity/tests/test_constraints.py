"""What must never be false is refused by the database, whoever writes."""

import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from chengxin.common import clock
from chengxin.identity.models import Account, Agency, AgencyMembership, Consent, Division, Enterprise

pytestmark = pytest.mark.django_db

NAME = {"name": "杭州甲公司", "name_key": "杭州甲公司"}


@pytest.fixture
def county():
    for code, name in (("999901", "甲县"), ("999902", "乙县")):
        Division.objects.create(code=code, name=name, level=3)
    return "999901"


def enterprise(**changes):
    row = {
        "uscc": "91WWTE00MA00000000",
        "kind": "91",
        "division_id": "999901",
        "claimed": True,
        "created_at": clock.now(),
        **NAME,
        **changes,
    }
    return Enterprise.objects.create(**row)


def account(kind="agency"):
    return Account.objects.create(kind=kind, state="active", created_at=clock.now())


def refused(constraint, make):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make()


def test_one_enterprise_per_code_unless_closed(county):
    first = enterprise()
    refused("enterprise_uscc_once", lambda: enterprise(name_key="other"))
    Enterprise.objects.filter(id=first.id).update(state="closed")
    enterprise()


def test_one_claimed_enterprise_per_name_unless_closed(county):
    enterprise()
    refused("enterprise_name_once", lambda: enterprise(uscc="91WWTE00MA00000001"))
    enterprise(uscc="91WWTE00MA00000002", claimed=False)
    enterprise(uscc="91WWTE00MA00000003", state="closed")


def test_individual_businesses_share_names_outside_their_county_and_may_have_none(county):
    enterprise(kind="92", uscc="92WWTE00MA00000000")
    refused("enterprise_name_once_in_county", lambda: enterprise(kind="92", uscc="92WWTE00MA00000001"))
    enterprise(kind="92", uscc="92WWTE00MA00000001", division_id="999902")
    enterprise(kind="92", uscc="92WWTE00MA00000002", name="", name_key="")
    enterprise(kind="92", uscc="92WWTE00MA00000003", name="", name_key="")
    enterprise(kind="91", uscc="91WWTE00MA00000004")


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("enterprise_name_given", {"name": "", "name_key": ""}),
        ("enterprise_uscc_shape", {"uscc": "91WWTE00MA0000000i"}),
        ("enterprise_uscc_shape", {"uscc": "91WWTE"}),
        ("enterprise_state", {"state": "gone"}),
        ("enterprise_active_is_claimed", {"state": "active", "claimed": False}),
    ],
)
def test_impossible_enterprises_are_refused(county, constraint, changes):
    refused(constraint, lambda: enterprise(**changes))


@pytest.mark.parametrize(
    "roles", [["security_admin", "reviewer"], ["audit_admin", "system_admin"], ["king"], [], ["audit_admin", "editor"]]
)
def test_administrators_of_the_system_have_no_other_role(county, roles):
    agency = Agency.objects.create(code="t", name="t", level="national", kind="service", created_at=clock.now())

    def make():
        AgencyMembership.objects.create(account=account(), agency=agency, roles=roles, since=clock.now())

    refused("agencymembership_", make)


def test_one_reviewing_agency_per_division_and_one_national(county):
    def agency(**changes):
        row = {"code": str(uuid.uuid4()), "name": "t", "level": "county", "division_id": county, **changes}
        return Agency.objects.create(created_at=clock.now(), **row)

    top = agency(level="national", division_id=None)
    refused("agency_one_national", lambda: agency(level="national", division_id=None))
    agency(parent=top)
    refused("agency_one_per_division", lambda: agency(parent=top))
    agency(parent=top, kind="source")
    refused("agency_parent_unless_national", lambda: agency(kind="source"))
    refused("agency_division_unless_national", lambda: agency(parent=top, kind="source", division_id=None))


def test_consents_are_only_added_to():
    row = Consent.objects.create(account=account("enterprise"), document="agreement", version="1", at=clock.now())
    for change in (
        lambda: Consent.objects.filter(id=row.id).update(given=False),
        lambda: Consent.objects.filter(id=row.id).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert Consent.objects.get().given


def test_the_running_role_has_no_right_to_change_what_is_only_added_to():
    with connection.cursor() as cursor:
        for table in ("identity_consent", "identity_accesslog", "identity_divisionload"):
            for right in ("UPDATE", "DELETE", "TRUNCATE"):
                cursor.execute("SELECT has_table_privilege(current_user, %s, %s)", [table, right])
                assert cursor.fetchone() == (False,), (table, right)
