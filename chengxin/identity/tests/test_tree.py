"""Divisions as a tree, without a database."""

import csv
import io

import pytest

from chengxin.identity.tests.conftest import CURRENT, RETIRED
from chengxin.identity.tree import DivisionTree, rows_from


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def tree():
    return DivisionTree({row.code: row for row in rows_from(current=table(CURRENT), retired=table(RETIRED))})


@pytest.mark.parametrize(
    ("code", "chain"),
    [
        ("330110", ("330110", "330100", "330000")),
        ("330203", ("330203", "330200")),
        ("440305", ("440305", "440300")),
        ("659002", ("659002", "660000")),
        ("650102", ("650102", "650100", "650000")),
        ("110108", ("110108", "110000")),
        ("371202", ("371202", "370116", "370100", "370000")),
        ("511199", ("511199", "370116", "370100", "370000")),
        ("330103", ("330103", "330100", "330000")),
        ("000001", ()),
    ],
)
def test_who_stands_above_in_matters_of_competence(tree, code, chain):
    assert tree.chain(code) == chain


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("330110", ("浙江省", "杭州市", "余杭区")),
        ("330203", ("浙江省", "宁波市", "海曙区")),
        ("659002", ("新疆维吾尔自治区", "阿拉尔市")),
        ("371202", ("山东省", "济南市", "莱芜区")),
        ("330103", ("浙江省", "杭州市", "下城区")),
        ("660000", ("新疆生产建设兵团",)),
    ],
)
def test_the_names_follow_geography(tree, code, path):
    assert tree.path(code) == path


def test_scope_is_the_division_and_below(tree):
    province = tree.scope("330000")
    assert {"330000", "330100", "330110", "330103"} <= province.listed
    assert not {"330200", "330203", "659002", "370116"} & province.listed
    assert "659002" in tree.scope("660000") and "659002" not in tree.scope("650000")
    assert "371202" in tree.scope("370100")
    assert "330203" in tree.scope(None) and "999999" in tree.scope(None)


def test_only_lowest_current_divisions_are_addresses(tree):
    assert tree.is_leaf("330110") and tree.is_leaf("659002") and tree.is_leaf("110108")
    assert not tree.is_leaf("330100") and not tree.is_leaf("371202") and not tree.is_leaf("000000")


def test_the_picker_shows_current_divisions_only(tree):
    top = {node.code: node for node in tree.nodes}
    assert {"330000", "660000", "110000"} <= set(top)
    assert [node.code for node in top["330000"].children] == ["330100", "330200"]
    assert "330103" not in [node.code for node in top["330000"].children[0].children]


def test_a_list_that_contradicts_itself_is_refused():
    with pytest.raises(ValueError, match=r"330110.*330100"):
        rows_from(current=table("code,name,level,parent\n330110,余杭区,3,330100\n"))
