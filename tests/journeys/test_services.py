"""惠民惠企 and the enterprise's home page (SVC-01 to SVC-03, REG-12.1, REG-21.1)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import Invalid
from chengxin.filings import messages
from chengxin.flow import archive
from chengxin.flow import services as flow
from chengxin.gateways import actions as gateways
from chengxin.portal import services
from chengxin.portal import values as portal
from chengxin.portal.tests.makers import product, staff
from tests.journeys import enterprises as people

pytestmark = pytest.mark.django_db(transaction=True)
GROUPS = ["电商培训", "数字赋能", "数据信息", "经营管理"]


def listed(code: str = "open-class", **changes: object) -> str:
    """A product that enterprises may claim; its code."""
    admin = staff("system_admin")
    flow.list_product(service_id=flow.create(product=product(code, **changes), by=admin), by=admin)
    return code


@pytest.mark.requirement("SVC-01.1")
def test_every_product_is_free_and_in_one_of_the_four_groups() -> None:
    assert [str(group.label) for group in catalogue.service_groups()] == GROUPS
    assert tuple(group.code for group in catalogue.service_groups()) == portal.GROUPS
    with pytest.raises(Invalid) as refused:
        listed("elsewhere", group="free")
    assert set(refused.value.fields) == {"group"}
    page = people.approved(by=people.reviewer()).client()
    shown = {code: page.get(f"/workbench/services/{listed(code, group=code)}").content.decode() for code in portal.GROUPS}
    for code, label in zip(portal.GROUPS, GROUPS, strict=True):
        assert label in shown[code] and "免费（0 元）" in shown[code]


@pytest.mark.requirement("SVC-02.1")
@pytest.mark.requirement("REG-21.1")
def test_list_and_detail_are_for_approved_enterprises_only() -> None:
    listed()
    judge = people.reviewer()
    shown = people.approved(by=judge).client()
    page = shown.get("/workbench/services").content.decode()
    for group in GROUPS:
        assert group in page
    detail = shown.get("/workbench/services/open-class").content.decode()
    assert "电商经营公开课" in detail and "https://course.example/" not in detail
    assert shown.get("/workbench/services/nothing").status_code == 404
    waiting = people.handed_in()
    addresses = ("/workbench/services", "/workbench/services/open-class", "/workbench/archive", "/workbench", "/workbench/claims")
    for who in (Client(), waiting.client(), people.registered().client()):
        for address in addresses:
            refused = who.get(address)
            assert refused.status_code in (302, 403), address
            assert "公开课" not in refused.content.decode()
        assert who.post("/workbench/services/open-class/claim").status_code in (302, 403)
    with pytest.raises(Exception, match="审核通过后"):
        archive.open_archive(by=waiting.actor)


@pytest.mark.requirement("SVC-03.2")
def test_a_claim_gives_what_was_promised_once_and_stays_in_the_history() -> None:
    listed(stock=2)
    client = people.approved(by=people.reviewer()).client()
    assert "剩余 2 份" in client.get("/workbench/services").content.decode()
    first = client.post("/workbench/services/open-class/claim", follow=True).content.decode()
    assert client.post("/workbench/services/open-class/claim", follow=True).content.decode().count("LQ") == first.count("LQ") == 1
    assert "https://course.example/" in first and "免费领取" not in first
    assert "剩余数量</dt><dd>1</dd>" in first and "已领取" in client.get("/workbench/services").content.decode()
    admin = staff("system_admin")
    made = next(view for view in services.kept(by=admin) if view.product.code == "open-class")
    flow.take_down(service_id=made.id, by=admin)
    assert "电商经营公开课" not in client.get("/workbench/services").content.decode()
    history = client.get("/workbench/claims").content.decode()
    assert "电商经营公开课" in history and "已下架" in history and "https://course.example/" in history
    assert "领取记录保留" in client.get("/workbench/services/open-class").content.decode()


@pytest.mark.requirement("SVC-03.1")
def test_what_cannot_be_claimed_says_why() -> None:
    yesterday = clock.today() - timedelta(days=1)
    for code, changes, why in (("past", {"valid_to": yesterday}, "已过有效期"), ("gone", {"stock": 0}, "已领完")):
        listed(code, **changes)
        client = people.approved(by=people.reviewer()).client()
        assert why in client.get(f"/workbench/services/{code}").content.decode()
        refused = client.post(f"/workbench/services/{code}/claim")
        assert refused.status_code == 409 and why in refused.content.decode()


@pytest.mark.requirement("REG-12.1")
def test_an_approved_log_in_lands_on_the_workbench_with_both_menus() -> None:
    enterprise = people.approved(by=people.reviewer())
    client = Client()
    answer = client.post("/login", {"name": enterprise.uscc, "password": people.PASSWORD}, follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain[-1][0] == "/workbench"
    assert "诚信档案企业信息" in page and "惠民惠企" in page and "待办" in page


def test_the_home_page_tells_what_to_do_and_what_is_due() -> None:
    judge = people.reviewer()
    enterprise = people.approved(by=judge)
    client = enterprise.client()

    def page() -> str:
        return client.get("/workbench").content.decode()

    assert "填报诚信档案" in page() and "企业用户注册" in page() and "审核通过" in page()
    filing_id = people.fill(enterprise)
    assert "继续填报诚信档案" in page() and re.search(r"已完成 \d+ 页，共 \d+ 页", page())
    archive.submit(filing_id=filing_id, key=archive.new_row(), by=enterprise.actor)
    assert "没有待办事项" in page() and "待审核" in page() and re.search(r"<b>\d{4}年\d+月\d+日 \d\d:\d\d</b>", page())
    people.decide(filing_id, "rejected", judge, "请补充")
    assert "按审核意见修改诚信档案" in page() and "请补充" in page()


def test_messages_are_read_once_and_show_their_mail() -> None:
    judge = people.reviewer()
    enterprise = people.approved(by=judge)
    client = enterprise.client()
    assert messages.unread(by=enterprise.actor) == 2
    page = client.get("/workbench/messages").content.decode()
    assert "企业用户注册审核通过" in page and "企业用户注册已提交" in page and "未读" in page and "邮件：" in page
    assert messages.unread(by=enterprise.actor) == 0
    assert "未读" not in client.get("/workbench/messages").content.decode()
    gateways.deliver_due(limit=50)
    assert "已送达" in client.get("/workbench/messages").content.decode() or "已发送" in client.get("/workbench/messages").content.decode()
    other = people.approved(by=judge).client()
    assert other.get("/workbench/receipts/HZ20260101ABCDEFGHJK").status_code == 404
