"""The competent agency is the nearest with somebody at the desk (D-05)."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chengxin.common import clock
from chengxin.common.errors import Conflict, Invalid, Unavailable
from chengxin.identity import actions, competence, divisions, queries
from chengxin.identity.models import AgencyMembership, Division, DivisionLoad
from chengxin.identity.tests.conftest import SYSTEM, person
from chengxin.identity.values import NO_CODES
from chengxin.ledger.models import Event

pytestmark = pytest.mark.django_db
FORM = "archive/SELF_SITE"


def test_nearest_agency_with_a_reviewer_decides(agency):
    top = agency(None)
    province = agency("330000", reviewers=1)[0]
    city, _ = agency("330100", reviewers=1)
    county = agency("330110")
    assert queries.competent_agency("330110", FORM).id == city
    person(county)
    assert queries.competent_agency("330110", FORM).id == county
    assert queries.competent_agency("330106", FORM).id == city
    assert queries.competent_agency("330103", FORM).id == city
    assert queries.competent_agency("330203", FORM).id == top
    assert queries.competent_agency("440305", FORM).id == top
    assert province not in {queries.competent_agency(code, FORM).id for code in ("330110", "330203")}


def test_separate_cities_and_the_corps_stand_under_the_national_level(agency):
    top = agency(None, reviewers=1)[0]
    for code in ("330000", "440000", "650000"):
        agency(code, reviewers=1)
    assert {queries.competent_agency(code, FORM).id for code in ("330203", "440305", "659002", "660000")} == {top}
    corps = agency("660000", reviewers=1)[0]
    shenzhen = agency("440300", reviewers=1)[0]
    assert queries.competent_agency("659002", FORM).id == corps
    assert queries.competent_agency("440305", FORM).id == shenzhen
    assert queries.agency(shenzhen).parent_id == top


def test_a_retired_division_follows_its_successor(agency):
    agency(None, reviewers=1)
    laiwu = agency("370116", reviewers=1)[0]
    assert queries.competent_agency("371202", FORM).id == laiwu
    assert queries.competent_agency("511199", FORM).id == laiwu
    assert {"371202", "511199", "370116"} <= queries.divisions_of(laiwu, FORM)


def test_an_agency_of_a_division_that_retired_is_passed_by(agency):
    top = agency(None)
    old = agency("330106", reviewers=1)[0]
    assert queries.competent_agency("330106").id == old
    Division.objects.filter(code="330106").update(retired=True)
    DivisionLoad.objects.create(sha256="a list without 330106", at=clock.now())
    assert queries.competent_agency("330106").id == top
    assert "330106" in queries.divisions_of(top)
    assert queries.divisions_of(old) == frozenset()


def test_the_national_level_is_never_empty(agency):
    with pytest.raises(Unavailable):
        queries.competent_agency("330110", FORM)
    top = agency(None)
    assert queries.competent_agency("330110", FORM).id == top
    assert queries.competent_agency("999999", FORM).id == top
    assert "330110" in queries.competent_codes(top, FORM) and "999999" in queries.competent_codes(top, FORM)


def test_absence_leave_and_suspension_pass_items_up_at_once(agency):
    top = agency(None, reviewers=1)[0]
    city, one = agency("330100", reviewers=1)
    two = person(city)
    noon = clock.now()
    away = {"absent_from": noon + timedelta(days=1), "absent_to": noon + timedelta(days=3), "by": SYSTEM}
    actions.set_absence(account_id=one, **away)
    actions.set_absence(account_id=two, **away)
    for days, unit in ((0, city), (1, top), (2, top), (3, city)):
        with clock.at(noon + timedelta(days=days, seconds=1)):
            assert queries.competent_agency("330110", FORM).id == unit
            assert ("330110" in queries.divisions_of(city, FORM)) == (unit == city)
    actions.end_agency_membership(account_id=one, by=SYSTEM)
    assert queries.competent_agency("330110", FORM).id == city
    actions.suspend(account_id=two, reason="test", by=SYSTEM)
    assert queries.competent_agency("330110", FORM).id == top


def test_the_trace_names_who_takes_over(agency):
    top = agency(None, reviewers=1)[0]
    city, only = agency("330100", reviewers=1)
    actions.end_agency_membership(account_id=only, by=SYSTEM)
    event = Event.objects.get(kind="agency.member_left")
    assert event.data == {"agency": str(city), "passes_to": str(top)}


def test_the_last_national_reviewer_cannot_leave(agency):
    _top, only = agency(None, reviewers=1)
    now = clock.now()
    for change in (
        lambda: actions.end_agency_membership(account_id=only, by=SYSTEM),
        lambda: actions.set_roles(account_id=only, roles=["editor"], by=SYSTEM),
        lambda: actions.set_absence(account_id=only, absent_from=now, absent_to=None, by=SYSTEM),
    ):
        with pytest.raises(Conflict):
            change()


def test_reviewers_for_some_forms_only(agency):
    top = agency(None)
    city, _ = agency("330100", reviewers=1, forms=["archive/*"])
    assert queries.competent_agency("330110", "archive/PLATFORM").id == city
    assert queries.competent_agency("330110", "registration/enterprise").id == top
    assert queries.divisions_of(city, "registration/enterprise") == frozenset()


def test_other_kinds_of_units_never_review(agency):
    top = agency(None)
    source = agency("330100", kind="source", reviewers=1)[0]
    assert queries.competent_agency("330110").id == top
    assert queries.divisions_of(source) == frozenset()


def test_a_unit_set_up_later_takes_its_place_between(agency):
    top = agency(None)
    county = agency("330110", reviewers=1)[0]
    other = agency("330203", reviewers=1)[0]
    province = agency("330000", reviewers=1)[0]
    assert queries.agency(county).parent_id == province
    assert queries.agency(other).parent_id == top
    city = agency("330100", reviewers=1)[0]
    assert queries.agency(county).parent_id == city


def test_impossible_agencies_are_refused(agency):
    with pytest.raises(Invalid) as none_above:
        agency("330100")
    assert "parent" in none_above.value.fields
    agency(None)
    for division, field in (("999999", "division"), ("371202", "division"), (None, "division")):
        with pytest.raises(Invalid) as error:
            actions.create_agency(code=f"x{division}", name="x", division_code=division, by=SYSTEM)
        assert field in error.value.fields
    with pytest.raises(Invalid):
        person(agency("330100"), roles=("audit_admin", "reviewer"))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(staffed=st.sets(st.sampled_from([None, "330000", "330100", "330110", "330200", "660000", "370116", "650000"])))
def test_the_list_of_an_agency_equals_the_answer_for_each_division(all_agencies, staffed):
    AgencyMembership.objects.all().delete()
    for division in staffed:
        person(all_agencies[division])
    codes = sorted(code for code in divisions.tree().rows if code[:2] in ("33", "66", "65", "37", "51"))[::6]
    lists = {unit: queries.divisions_of(unit, FORM) for unit in all_agencies.values()}
    for code in codes:
        unit = queries.competent_agency(code, FORM).id
        assert [each for each, held in lists.items() if code in held] == [unit]


@pytest.fixture
def all_agencies(agency):
    codes = (None, "330000", "330100", "330110", "330200", "660000", "370116", "650000")
    return {code: agency(code) for code in codes}


def test_a_case_lies_with_its_agency_or_the_first_one_above_with_somebody_on_duty(agency):
    top = agency(None)
    court = actions.create_agency(code="court", name="法院", division_code=None, kind="source", parent_id=top, by=SYSTEM)
    lonely = actions.create_agency(code="lonely", name="税务", division_code=None, kind="source", by=SYSTEM)
    assert queries.on_duty(court).id == top
    assert set(queries.handled_by(top)) == {top, court, lonely}
    clerk = person(court)
    assert queries.on_duty(court).id == court
    assert queries.handled_by(court) == [court]
    assert set(queries.handled_by(top)) == {top, lonely}
    assert queries.on_duty(lonely).id == top
    assert queries.source_agency("法院").id == court
    assert queries.source_agency("商务局") is None
    assert queries.actor_for(clerk, "password").scope == NO_CODES


def test_pleas_for_help_lie_with_the_help_desk_and_with_nobody_there_with_the_national_level(agency):
    top, chief = agency(None, reviewers=1)
    assert queries.helpdesk_agency().id == top
    desk = actions.create_agency(code="KF", name="平台客服", division_code=None, kind="service", parent_id=top, by=SYSTEM)
    clerk = person(desk, roles=["helpdesk"])
    assert queries.helpdesk_agency().id == desk
    assert queries.on_duty(desk, "report/help").id == desk
    assert competence.reviewers_now(desk, "report/help") == [clerk]
    assert queries.handled_by(desk, "report/help") == [desk]
    assert queries.handled_by(top, "report/help") == [top]
    assert queries.on_duty(desk, FORM).id == top
    now = clock.now()
    actions.set_absence(account_id=clerk, absent_from=now, absent_to=now + timedelta(days=1), by=SYSTEM)
    assert queries.on_duty(desk, "report/help").id == top
    assert set(queries.handled_by(top, "report/help")) == {top, desk}
    assert queries.helpdesk_agency().id == desk
    assert competence.reviewers_now(top, FORM) == [chief]


def test_a_deputy_does_the_part_of_who_is_away_from_day_to_day(agency):
    agency(None, reviewers=1)
    city, one = agency("330100", reviewers=1)
    two = person(city, forms=["registration/*"])
    noon = clock.now()
    span = {"absent_from": noon + timedelta(days=1), "absent_to": noon + timedelta(days=3), "by": SYSTEM}
    for wrong in (one, person(agency("330000"))):
        with pytest.raises(Invalid) as refused:
            actions.set_absence(account_id=one, deputy_id=wrong, **span)
        assert "deputy" in refused.value.fields
    actions.set_absence(account_id=one, deputy_id=two, **span)
    for days, forms in ((0, {"registration/*"}), (1, set()), (2, set()), (3, {"registration/*"})):
        with clock.at(noon + timedelta(days=days, seconds=1)):
            assert queries.actor_for(two, "password").forms == frozenset(forms)
            assert queries.competent_agency("330110", FORM).id == city and "330110" in queries.divisions_of(city, FORM)
            assert [each.account_id for each in queries.represented_by(two)] == ([one] if not forms else [])
    actions.set_absence(account_id=one, absent_from=noon, absent_to=None, by=SYSTEM)
    with clock.at(noon + timedelta(seconds=1)):
        assert queries.competent_agency("330110", FORM).id != city, "without a deputy nobody here reviews archives"
