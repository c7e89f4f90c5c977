"""我注册的信用信息 and 注册信息详情: whose, paged, exactly the actions of each state (VOL-24 to VOL-30)."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.test import Client

from chengxin.flow import review
from chengxin.flow import voluntary as flow
from chengxin.identity.values import Actor
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.archives import html
from tests.journeys.itemforms import LIST, crumbs, id_of, submit, typed
from tests.journeys.voluntary import Registrant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser(firm: Registrant) -> Client:
    """Its browser, without scripts."""
    return firm.client()


@pytest.mark.requirement("VOL-24.1", "VOL-27.1")
def test_another_enterprises_records_are_nowhere(browser: Client, firm: Registrant, judge: Actor) -> None:
    other = voluntary.registrant(by=judge)
    theirs, mine = voluntary.handed_in(other, project="别家的项目"), voluntary.handed_in(firm)
    text = html(browser.get(f"{LIST}/donation/records"))
    assert "山区小学图书角" in text and "别家的项目" not in text and str(theirs) not in text
    at = "/voluntary/records"
    gone = [browser.get(f"{at}/{theirs}{end}").status_code for end in ("", "/edit", "/done", "/act/withdraw")]
    refused = [browser.post(f"{at}/{theirs}{end}").status_code for end in ("/edit", "/revise", "/act/withdraw", "/act/delete", "/leave")]
    assert gone == [404] * 4 and refused == [404] * 5
    detail = html(browser.get(f"{at}/{mine}"))
    assert crumbs(detail) == "首页>个人中心>自愿注册信息>慈善捐赠信息自愿注册我注册的信用信息>注册信息详情"
    for words in ("注册信息详情", "山区小学图书角", "50000 元", "独立捐赠", firm.uscc, "发布中", "提交回执", "证明附件"):
        assert words in detail
    assert "<form" not in detail[detail.index("注册信息</h2>") :] and "/files-of/" in detail


@pytest.mark.requirement("VOL-24.2")
def test_more_than_twenty_are_paged(browser: Client, firm: Registrant) -> None:
    for number in range(22):
        voluntary.draft(firm, proof="", project=f"第{number:02d}个项目")
    first = html(browser.get(f"{LIST}/donation/records"))
    assert first.count("个项目<") == 20 and "第21个项目" in first and "第01个项目" not in first
    following = re.search(r'href="(\?cursor=[^"]+)" rel="next"', first)
    assert following
    second = html(browser.get(f"{LIST}/donation/records{following[1]}"))
    assert second.count("个项目<") == 2 and "第00个项目" in second and "回到第一页" in second


OFFERED = {
    "draft": ["修改", "删除"],
    "submitted": ["撤销"],
    "approved": ["修改", "申请下线"],
    "rejected": ["修改", "删除"],
    "withdrawn": ["报送", "修改", "删除"],
}


def in_state(firm: Registrant, state: str, judge: Actor) -> UUID:
    """A donation in a state."""
    if state == "draft":
        return voluntary.draft(firm, project=state)
    filing_id = voluntary.handed_in(firm, project=state)
    if state == "withdrawn":
        flow.withdraw(filing_id=filing_id, by=firm.actor)
    if state in ("approved", "rejected"):
        people.decide(filing_id, state, judge, opinion="证明附件看不清捐赠日期。")
    return filing_id


@pytest.mark.requirement("VOL-25.1", "VOL-25.2")
def test_each_state_offers_exactly_its_actions(browser: Client, firm: Registrant, judge: Actor) -> None:
    for state, wanted in OFFERED.items():
        filing_id = in_state(firm, state, judge)
        row = html(browser.get(f"{LIST}/donation/records")).split('class="row-actions"')[1]
        names = re.findall(r">(详情|修改|撤销|删除|报送|申请下线)<", row)
        assert names == ["详情", *wanted], state
        at = f"/voluntary/records/{filing_id}"
        for code, name in (("withdraw", "撤销"), ("delete", "删除"), ("submit", "报送"), ("takedown", "申请下线")):
            asked = browser.get(f"{at}/act/{code}")
            assert asked.status_code == (200 if name in wanted else 409), (state, code)
            if name not in wanted:
                answer = browser.post(f"{at}/act/{code}", {"submission_key": str(filing_id), "reason": "不需要了"})
                assert answer.status_code == 409, (state, code)
        if "修改" not in wanted:
            assert browser.post(f"{at}/revise").status_code == 409
        assert voluntary.one(firm, filing_id).state == state


@pytest.mark.requirement("VOL-25.3", "VOL-30.1")
def test_withdrawn_modified_handed_in_again_and_deleted(browser: Client, firm: Registrant) -> None:
    filing_id = voluntary.handed_in(firm)
    at = f"/voluntary/records/{filing_id}"
    asked = html(browser.get(f"{at}/act/withdraw"))
    assert "撤销这条信息？" in asked and "山区小学图书角" in asked
    assert "已撤销" in html(browser.post(f"{at}/act/withdraw", follow=True))
    form = browser.post(f"{at}/revise").headers["Location"]
    assert form == f"{at}/edit"
    assert submit(browser, form, typed(html(browser.get(form)), project="乡村小学图书角")).status_code == 302
    assert voluntary.one(firm, filing_id).state == "submitted"
    browser.post(f"{at}/act/withdraw")
    again = people.fields(html(browser.get(f"{at}/act/submit")))
    assert browser.post(f"{at}/act/submit", again).headers["Location"] == f"{at}/done"
    browser.post(f"{at}/act/withdraw")
    assert "该条信息已删除" in html(browser.post(f"{at}/act/delete", follow=True))
    assert voluntary.listed(firm) == [] and browser.get(at).status_code == 404
    assert browser.get(form).status_code == 404 and browser.post(form).status_code == 404


def test_what_the_reviewer_said_stands_beside_the_field(browser: Client, firm: Registrant, judge: Actor) -> None:
    filing_id = voluntary.handed_in(firm)
    row = voluntary.place(filing_id, voluntary.DONATION, firm)
    review.remark(filing_id=filing_id, path=f"{row}/proof", text="请上传盖章的捐赠票据。", by=judge)
    people.decide(filing_id, "rejected", judge, opinion="证明附件无效。")
    told = html(browser.get("/workbench/messages"))
    assert f'<a href="/voluntary/records/{filing_id}">自愿注册信息未通过，请查看审核意见</a>' in told
    detail = html(browser.get(f"/voluntary/records/{filing_id}"))
    assert "未通过" in detail and "证明附件无效。" in detail and "请上传盖章的捐赠票据。" in detail
    form = browser.post(f"/voluntary/records/{filing_id}/revise").headers["Location"]
    text = html(browser.get(form))
    beside = text[text.index('-proof_remark"><div') :][:600]
    assert "请上传盖章的捐赠票据。" in beside and "已处理" in beside and "证明附件无效。" in text


def test_a_published_record_is_modified_beside_the_one_that_stays(browser: Client, firm: Registrant, judge: Actor) -> None:
    filing_id = voluntary.published(firm, by=judge)
    form = browser.post(f"/voluntary/records/{filing_id}/revise").headers["Location"]
    assert id_of(form) != filing_id
    text = html(browser.get(form))
    assert "公众看到的仍是原内容" in text and "山区小学图书角" in text and "证明.jpg" in text
    same = submit(browser, form, typed(text))
    assert same.status_code == 409 and "该信息已注册过" in html(same)
    assert voluntary.one(firm, filing_id).state == "approved"
    reason = people.fields(html(browser.get(f"/voluntary/records/{filing_id}/act/takedown")))
    empty = browser.post(f"/voluntary/records/{filing_id}/act/takedown", reason)
    assert empty.status_code == 422 and 'aria-invalid="true"' in html(empty)
    asked = browser.post(f"/voluntary/records/{filing_id}/act/takedown", {**reason, "reason": "项目已终止。"}, follow=True)
    assert "下线申请已提交" in html(asked) and voluntary.one(firm, filing_id).state == "approved"
