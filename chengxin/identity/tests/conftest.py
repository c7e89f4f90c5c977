"""A small country for the tests of identity."""

import pytest

from chengxin.common import clock
from chengxin.identity import actions
from chengxin.identity.models import Account
from chengxin.identity.values import Actor

CURRENT = """code,name,level,parent
110000,北京市,1,
110108,海淀区,3,110000
330000,浙江省,1,
330100,杭州市,2,330000
330106,西湖区,3,330100
330110,余杭区,3,330100
330200,宁波市,2,330000
330203,海曙区,3,330200
370000,山东省,1,
370100,济南市,2,370000
370116,莱芜区,3,370100
440000,广东省,1,
440300,深圳市,2,440000
440305,南山区,3,440300
650000,新疆维吾尔自治区,1,
650100,乌鲁木齐市,2,650000
650102,天山区,3,650100
659002,阿拉尔市,3,650000
"""
RETIRED = """code,name,year,change,new_code,new_name
371202,莱城区,2019,撤销,370116,莱芜区
330103,下城区,2021,撤销,,
511199,从前的县,1997,改隶,371202,莱城区
"""
SYSTEM = Actor.system("test")


@pytest.fixture
def country(tmp_path):
    """Divisions of six provinces, with the special cities, 兵团 and retired codes."""
    path = tmp_path / "divisions.csv"
    path.write_text(CURRENT, encoding="utf-8")
    path.with_name("divisions_retired.csv").write_text(RETIRED, encoding="utf-8")
    actions.load_divisions(path)
    return path


@pytest.fixture
def agency(country):
    """Make agencies: `agency("330100")`, national for None; with so many reviewers."""

    def make(division, *, reviewers=0, kind="commerce", forms=()):
        made = actions.create_agency(
            code=f"{kind}-{division or '0'}", name=f"商务局{division or ''}", division_code=division, kind=kind, by=SYSTEM
        )
        people = [person(made, forms=forms) for _ in range(reviewers)]
        return made if not reviewers else (made, *people)

    return make


def person(agency_id, *, roles=("reviewer",), forms=()):
    """One person of an agency."""
    return actions.create_agency_user(agency_id=agency_id, display_name="李审", roles=roles, forms=forms, by=SYSTEM)


def system_account():
    """An account of no enterprise."""
    return Account.objects.create(kind="system", state="active", created_at=clock.now()).id
