"""机构管理 and the supervisor's map: who sees what, acts of two administrators, workbooks with every fault by cell (D-05, D-29, D-30)."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from chengxin.common import clock
from chengxin.exchange import agency_books
from chengxin.filings.models import Filing
from chengxin.identity import actions as identity
from chengxin.identity import queries
from chengxin.identity.models import Account, Agency
from tests import people
from tests.journeys import desks
from tests.journeys.desks import colleague, desk, html

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office() -> people.Office:
    """The agencies."""
    return desks.office()


def administrators(office: people.Office) -> tuple[Client, Client]:
    """Two administrators of the system."""
    return tuple(desk(colleague(office.nation, f"admin-{n}", name=f"管理{n}", roles=("system_admin",))) for n in "ab")  # type: ignore[return-value]


def test_units_show_who_is_on_duty_and_what_lies_there(office: people.Office) -> None:
    filing = people.filing(people.handed_in(1))
    Filing.objects.filter(id=filing.id).update(due_at=clock.now() - timedelta(minutes=1))
    admin, _other = administrators(office)
    page = html(admin.get("/desk/units", follow=True))
    assert "浙江省商务厅（演示）" in page and "三穗县商务局（演示）" in page and "1/1" in page
    city = html(admin.get(f"/desk/units/{office.city.actor.agency_id}"))
    assert "余杭区商务局（演示）" in city and '<span class="tag bad">1</span>' in city
    assert "余杭区商务局（演示）" not in html(admin.get("/desk/units?unstaffed=1"))
    identity.set_absence(account_id=office.county.account_id, absent_from=clock.now(), absent_to=None, by=people.SYSTEM)
    assert "余杭区商务局（演示）" in html(admin.get("/desk/units?unstaffed=1"))
    supervisor = desk(colleague(office.city, "city-jian", name="监督", roles=("supervisor",)))
    assert supervisor.get(f"/desk/units/{office.county.actor.agency_id}").status_code == 200
    assert supervisor.get(f"/desk/units/{office.province.actor.agency_id}").status_code == 403
    assert "更改名称" not in html(supervisor.get(f"/desk/units/{office.city.actor.agency_id}"))
    assert supervisor.post(f"/desk/units/{office.city.actor.agency_id}/rename", {"name": "别名"}).status_code == 403
    assert desk(office.county).get("/desk/units").status_code == 403
    national = desk(colleague(office.nation, "nation-jian", name="部监督", roles=("supervisor",)))
    assert national.get("/desk/units", follow=True).status_code == 200


def test_a_unit_is_set_up_and_suspended_by_two(office: people.Office) -> None:
    filing = people.filing(people.handed_in(1))
    first, second = administrators(office)
    wrong = first.post("/desk/units/new", {"code": "C330106", "name": "西湖区商务局", "division": "330110", "kind": "commerce"})
    assert wrong.status_code == 422 and "该地区已有商务主管部门" in html(wrong) and "西湖区商务局" in html(wrong)
    made = first.post("/desk/units/new", {"code": "C330106", "name": "西湖区商务局", "division": "330106", "kind": "commerce"})
    assert "西湖区商务局" in html(first.get(made.headers["Location"]))
    county = office.county.actor.agency_id
    assert first.post(f"/desk/units/{county}/acts", {"kind": "suspend", "reason": ""}).status_code == 422
    first.post(f"/desk/units/{county}/acts", {"kind": "suspend", "reason": "机构合并"})
    [act] = set(re.findall(r"/desk/units/acts/([0-9a-f-]{36})", html(second.get(f"/desk/units/{county}"))))
    assert first.post(f"/desk/units/acts/{act}", {"outcome": "confirmed"}).status_code == 403, "nobody confirms their own act"
    assert desk(office.city).get(f"/desk/{filing.id}").status_code == 200
    assert second.post(f"/desk/units/acts/{act}", {"outcome": "confirmed", "back": f"/desk/units/{county}"}).status_code == 302
    assert queries.competent_agency("330110").id == office.city.actor.agency_id
    assert "已停用" in html(first.get(f"/desk/units/{county}"))
    assert office.county.actor.roles == frozenset(), "whoever works in a suspended unit has no part in anything"
    assert second.post(f"/desk/units/acts/{act}", {"outcome": "declined"}).status_code == 404


def test_people_are_set_up_and_administrators_by_two(office: people.Office) -> None:
    first, second = administrators(office)
    county = office.county.actor.agency_id
    typed = {"display_name": "新审", "username": "xin.shen", "roles": ["reviewer", "system_admin"]}
    refused = first.post(f"/desk/units/{county}/people", typed)
    assert refused.status_code == 422 and "不能兼任其他角色" in html(refused) and "xin.shen" in html(refused)
    shown = html(first.post(f"/desk/units/{county}/people", typed | {"roles": ["reviewer"]}))
    password = re.search(r"初始密码 <code>([^<]+)</code>", shown)
    assert password and password[1] not in html(first.get(f"/desk/units/{county}"))
    assert len(queries.reviewers_now(county)) == 2
    first.post(f"/desk/units/{county}/people", {"display_name": "新管", "username": "xin.guan", "roles": ["security_admin"]})
    waiting = Account.objects.get(display_name="新管")
    assert waiting.state == "pending" and queries.actor_for(waiting.id, "password").roles == frozenset()
    [act] = set(re.findall(r"/desk/units/acts/([0-9a-f-]{36})", html(second.get(f"/desk/units/{county}"))))
    second.post(f"/desk/units/acts/{act}", {"outcome": "confirmed"})
    assert queries.actor_for(waiting.id, "password").roles == frozenset({"security_admin"})


def book(units: list[tuple[str, ...]], staff: list[tuple[str, ...]]) -> io.BytesIO:
    """A workbook as it is uploaded."""
    file = io.BytesIO(agency_books.write(units=units, people=staff))
    file.name = "机构.xlsx"
    return file


def test_a_workbook_is_checked_by_cell_and_taken_in_whole(office: people.Office) -> None:
    admin, _other = administrators(office)
    units = [("C330106", "西湖区商务局", "商务主管部门", "330106"), ("C999999", "某局", "商务局", "999999")]
    staff = [
        ("C330106", "xihu.shen", "西湖审", "审核员", "", ""),
        ("C0", "x", "", "审核员", "", ""),
        ("C330106", "xihu.b", "乙", "局长", "", ""),
    ]
    before = Agency.objects.count()
    page = html(admin.post("/desk/units/book", {"file": book(units, staff), "act": "check"}))
    assert "发现 3 处问题" in page and "类别应为" in page and "没有这个代码的机构" in page and "角色应为" in page
    assert Agency.objects.count() == before
    good = [units[0]], [staff[0]]
    page = html(admin.post("/desk/units/book", {"file": book(*good), "act": "check"}))
    kept = re.search(r'name="kept" value="([^"]+)"', page)
    assert kept and "将新增机构 1 个" in page and Agency.objects.count() == before, "a check changes nothing"
    page = html(admin.post("/desk/units/book", {"kept": kept[1], "act": "take"}))
    assert "已导入：新增机构 1 个" in page and "xihu.shen" in page and queries.competent_agency("330106").name == "西湖区商务局"
    again = html(admin.post("/desk/units/book", {"file": book(*good), "act": "check"}))
    assert "2 行没有变化" in again
    out = load_workbook(io.BytesIO(admin.get("/desk/units/book.xlsx").content))
    assert {"xihu.shen", "county-li"} <= {row[1] for row in out["人员"].iter_rows(min_row=2, values_only=True)}
    assert admin.post("/desk/units/book", {"file": io.BytesIO(b"no book")}).status_code == 422
    assert admin.post("/desk/units/book", {"kept": "%%%", "act": "take"}).status_code == 422


def test_the_map_counts_by_place_down_to_the_county(office: people.Office) -> None:
    filing = people.filing(people.handed_in(1))
    people.approved(2, by=office.county)
    Filing.objects.filter(id=filing.id).update(due_at=clock.now() - timedelta(minutes=1))
    supervisor = desk(colleague(office.nation, "jian", name="监督", roles=("supervisor",)))
    page = html(supervisor.get("/desk/map"))
    assert 'aria-label="浙江省：待审核1件，逾期1件"' in page and page.count("<rect") >= 36 and "shade-4" in page
    for code in ("330000", "330100"):
        page = html(supervisor.get(f"/desk/map?division={code}"))
        assert "待审核1件，逾期1件" in page and "100%" in page
    assert "余杭区：待审核1件，逾期1件" in page
    local = desk(colleague(office.elsewhere, "jian-2", name="监督", roles=("supervisor",)))
    assert local.get("/desk/map").status_code == 200 and local.get("/desk/map?division=330000").status_code == 403
    assert supervisor.get("/desk/map?division=nowhere").status_code == 404


def test_every_province_has_its_square() -> None:
    from chengxin.web import tiles

    top = [each.code for each in queries.divisions_just_below(None)]
    assert set(top) <= set(tiles.PLACES) and len(set(tiles.PLACES.values())) == len(tiles.PLACES)
    names: Any = [tiles.short(each.name) for each in queries.divisions_just_below(None)]
    assert all(1 < len(name) <= 4 for name in names) and {"内蒙古", "新疆", "兵团", "宁波"} <= set(names)
