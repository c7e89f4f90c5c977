"""The reviewers' inbox over HTTP: whose items, in which order, due when, open at whom (D-05, REG-09, ARC-12)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client

from chengxin.common import clock
from chengxin.filings.models import Filing
from chengxin.identity import actions as identity
from chengxin.identity.models import AccessLog
from tests import people
from tests.journeys import desks
from tests.journeys.desks import colleague, desk, html

pytestmark = pytest.mark.django_db(transaction=True)
FRIDAY = datetime(2026, 3, 6, 15, tzinfo=clock.SHANGHAI)


@pytest.fixture
def office() -> people.Office:
    """The agencies."""
    return desks.office()


def listed(client: Client, query: str = "") -> list[UUID]:
    """The items of the inbox in its order."""
    return [UUID(found) for found in re.findall(r'<a href="/desk/([0-9a-f-]{36})"', html(client.get(f"/desk{query}")))]


# --- Whose items ----------------------------------------------------------------------------------------------------
def test_an_item_lies_with_the_nearest_agency_that_has_a_reviewer(office: people.Office) -> None:
    filing = people.filing(people.handed_in(1))
    clients = {name: desk(getattr(office, name)) for name in ("county", "city", "province", "nation", "elsewhere")}
    assert {name for name, each in clients.items() if listed(each) == [filing.id]} == {"county"}
    assert {name: each.get(f"/desk/{filing.id}").status_code for name, each in clients.items()} == {
        "county": 200,
        "city": 200,
        "province": 200,
        "nation": 200,
        "elsewhere": 404,
    }
    body = {"round": filing.round, "outcome": "approved"}
    assert clients["elsewhere"].post(f"/desk/{filing.id}/decide", body).status_code in (403, 404)
    for above in ("city", "province", "nation"):
        assert "审核未通过" not in re.sub(r"<dialog.*?</dialog>", "", html(clients[above].get(f"/desk/{filing.id}")), flags=re.S)
        assert clients[above].post(f"/desk/{filing.id}/decide", body).status_code == 403, "in sight, not in competence"
    assert Filing.objects.get(id=filing.id).state == "submitted"


def test_items_of_an_absent_reviewer_show_up_one_level_higher_at_once(office: people.Office) -> None:
    filing = people.filing(people.handed_in(1))
    city = desk(office.city)
    assert listed(city) == []
    identity.set_absence(account_id=office.county.account_id, absent_from=clock.now(), absent_to=None, by=people.SYSTEM)
    assert listed(city) == [filing.id]
    assert "余杭区商务局（演示）暂无在岗审核员" in html(city.get("/desk"))
    identity.set_absence(account_id=office.county.account_id, absent_from=None, absent_to=None, by=people.SYSTEM)
    assert listed(city) == [] and "暂无在岗审核员" not in html(city.get("/desk"))


def test_a_reviewer_of_some_forms_gets_those_and_the_level_above_the_others(office: people.Office) -> None:
    registration = people.filing(people.handed_in(1))
    archive = Filing.objects.create(
        kind="archive",
        form_id="archive/PLATFORM",
        form_version=registration.form_version,
        enterprise_id=registration.enterprise_id,
        filer_id=registration.filer_id,
        division_code=registration.division_code,
        state="submitted",
        round=1,
        submitted_at=clock.now(),
        due_at=clock.now() + timedelta(days=1),
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    county, city = desk(office.county), desk(office.city)
    assert listed(county) == [archive.id, registration.id] or listed(county) == [registration.id, archive.id]
    identity.set_roles(account_id=office.county.account_id, roles=["reviewer"], forms=["registration/*"], by=people.SYSTEM)
    assert listed(county) == [registration.id] and listed(city) == [archive.id]
    assert "<b>1</b> 件待审核" in html(county.get("/desk"))
    other = colleague(office.county, forms=("archive/*",))
    assert listed(desk(other)) == [archive.id] and listed(county) == [registration.id] and listed(city) == []
    refused = county.post(f"/desk/{archive.id}/decide", {"round": 1, "outcome": "rejected", "opinion": "越权"})
    assert refused.status_code == 403, "the agency is competent, this person is not"


def test_nobody_decides_their_own(office: people.Office) -> None:
    filing = people.filing(people.handed_in(1))
    Filing.objects.filter(id=filing.id).update(filer_id=office.county.account_id)
    client = desk(office.county)
    assert listed(client) == [] and "<b>0</b> 件待审核" in html(client.get("/desk"))
    assert 'id="decide"' not in html(client.get(f"/desk/{filing.id}"))
    assert client.post(f"/desk/{filing.id}/decide", {"round": 1, "outcome": "approved"}).status_code == 403
    assert Filing.objects.get(id=filing.id).state == "submitted"
    assert listed(desk(colleague(office.county))) == [filing.id]


# --- When -----------------------------------------------------------------------------------------------------------
@pytest.mark.requirement("REG-09.1")
def test_what_is_handed_in_on_friday_is_due_on_monday(office: people.Office) -> None:
    with clock.at(FRIDAY):
        filing = people.filing(people.handed_in(1))
        assert filing.due_at == datetime(2026, 3, 9, 15, tzinfo=clock.SHANGHAI)
        client = desk(office.county)
        assert "2026年3月9日 15:00" in html(client.get("/desk"))
        assert "2026年3月9日 15:00" in html(client.get(f"/desk/{filing.id}"))


@pytest.mark.requirement("REG-09.2")
@pytest.mark.requirement("ARC-12.2")
def test_the_first_due_comes_first_and_overdue_items_are_marked_and_counted(office: people.Office) -> None:
    made = []
    for number, day in ((1, 4), (2, 2), (3, 6)):
        with clock.at(FRIDAY.replace(day=day)):
            made.append(people.filing(people.handed_in(number)).id)
    with clock.at(FRIDAY.replace(day=5) + timedelta(minutes=1)):
        client = desk(office.county)
        page = html(client.get("/desk"))
        assert listed(client) == [made[1], made[0], made[2]]
        assert "<b>3</b> 件待审核" in page and "<b>2</b> 件逾期" in page
        assert page.count('<span class="tag bad">逾期') == 2
        assert listed(client, "?overdue=1") == [made[1], made[0]]
    assert set(Filing.objects.values_list("state", flat=True)) == {"submitted"}, "being late decides nothing"


def test_pages_follow_each_other_and_counts_stay_exact(office: people.Office) -> None:
    first = people.filing(people.handed_in(1))
    row = Filing.objects.get(id=first.id)
    firms = [people.registered(number) for number in range(2, 5)]
    for number in range(60):
        row.pk, row.enterprise_id = None, firms[number % 3].enterprise_id
        row.state, row.kind, row.form_id = "submitted", "voluntary", "voluntary/donation"
        row.id = UUID(int=number + 1, version=4)
        row.due_at = first.due_at + timedelta(minutes=number // 2)
        row.save(force_insert=True)
    client = desk(office.county)
    page, seen, query = html(client.get("/desk")), [], ""
    assert "<b>61</b> 件待审核" in page
    while True:
        seen += listed(client, query)
        following = re.search(r'href="(\?[^"]*)" rel="next"', html(client.get(f"/desk{query}")))
        if not following:
            break
        query = following[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 61


def test_the_inbox_is_searched_by_name_and_code_and_narrowed_by_kind_and_region(office: people.Office) -> None:
    near = people.handed_in(1)
    far = people.handed_in(2, division=people.ELSEWHERE, name="三穗县青禾坝农产品有限公司")
    nation = desk(office.nation)
    for person in (office.county, office.city, office.province, office.elsewhere):
        identity.set_absence(account_id=person.account_id, absent_from=clock.now(), absent_to=None, by=people.SYSTEM)
    both = {people.filing(near).id, people.filing(far).id}
    assert set(listed(nation)) == both
    assert listed(nation, "?q=青禾坝") == [people.filing(far).id]
    assert listed(nation, f"?q={near.login.lower()}") == [people.filing(near).id]
    assert listed(nation, "?q=没有这家") == [] and "没有符合条件" in html(nation.get("/desk?q=没有这家"))
    assert listed(nation, "?division=330000") == [people.filing(near).id]
    assert listed(nation, f"?division={people.ELSEWHERE}") == [people.filing(far).id]
    assert set(listed(nation, "?kind=registration")) == both and listed(nation, "?kind=archive") == []
    assert set(listed(nation, "?q=%25&kind=nonsense&after=nonsense&division=abc&overdue=x")) == set()


# --- At whom --------------------------------------------------------------------------------------------------------
def test_an_open_item_says_who_reads_it_for_a_quarter_of_an_hour(office: people.Office) -> None:
    first, second = (people.filing(people.handed_in(number)) for number in (1, 2))
    other = desk(colleague(office.county))
    mine = desk(office.county)
    assert "正在查看" not in html(other.get(f"/desk/{first.id}"))
    assert "周审 正在查看" in html(mine.get("/desk"))
    assert "周审 正在查看本件" in html(mine.get(f"/desk/{first.id}"))
    assert mine.get("/desk/next").headers["Location"] == f"/desk/{second.id}", "what another has open is passed over"
    assert "正在查看" not in html(other.get("/desk")), "one's own claim is no warning"
    with clock.at(clock.now() + timedelta(minutes=16)):
        assert "正在查看" not in html(desk(office.county).get("/desk"))


def test_every_look_at_personal_data_is_written_down(office: people.Office) -> None:
    filing = people.filing(people.handed_in(1))
    client = desk(office.county)
    before = AccessLog.objects.count()
    page = html(client.get(f"/desk/{filing.id}"))
    [picture, *_more] = re.findall(r'<img src="(/files-of/[^"]+)"', page)
    assert client.get(picture).headers["Content-Type"] == "image/jpeg"
    assert desk(office.elsewhere).get(picture).status_code == 404, "papers are for competent reviewers only (D-16)"
    assert Client().get(picture).status_code in (302, 401, 403)
    new = list(AccessLog.objects.order_by("id")[before:])
    assert ("filing", str(filing.id), "review") in {(row.what, row.subject, row.purpose) for row in new}
    assert ("attachment", picture.split("/")[2], "view") in {(row.what, row.subject, row.purpose) for row in new}
    assert {row.who for row in new} == {office.county.actor.name}
    assert "李审" not in office.county.actor.name
    client.get("/desk")
    assert AccessLog.objects.count() == before + len(new), "the list itself opens nothing personal"


def test_the_desk_is_for_reviewers_only(office: people.Office) -> None:
    firm = people.handed_in(1)
    filing = people.filing(firm)
    auditor = desk(colleague(office.county, "county-audit", roles=("audit_admin",)))
    owner, nobody = desk(firm), Client()
    for address in ("/desk", f"/desk/{filing.id}", "/desk/mine", "/desk/next", "/desk/delivery"):
        assert owner.get(address).status_code == 403, address
        assert auditor.get(address).status_code == 403, address
        assert nobody.get(address).headers["Location"].startswith("/login/agency"), address
