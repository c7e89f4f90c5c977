"""举报 and 投诉建议 from the tools beside every page: no log-in, number and query code, a clock, an answer (VOL-41, POL-12c)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from chengxin import worker
from chengxin.access import limits
from chengxin.common import clock
from chengxin.edge import client
from chengxin.filings.models import Filing, Submission
from chengxin.gateways import actions as gateways
from chengxin.gateways.models import DemoMail
from chengxin.ledger.models import Event
from tests import people as staff
from tests.journeys import enterprises as people
from tests.journeys.test_wrong_data import answers, hidden, paper, sent_code, shown_once

pytestmark = pytest.mark.django_db(transaction=True)
CONTACT = "13900007777"
STORY = "该店销售的茶叶标称为当年新茶，收到的是三年前的陈茶，附聊天记录和照片。"
MONDAY = datetime(2026, 3, 2, 2, tzinfo=UTC)  # 10:00 in Shanghai


def said(group: str, row: str, **changes: str) -> dict[str, Any]:
    """What a citizen types."""
    values = {"subject": "青山茶叶旗舰店", "division": "330110", "text": STORY, "contact": CONTACT}
    values |= {"behaviour": "M02"} if group == "tipoff" else {"person": "王小明", "demand": "退货退款"}
    return answers(group, row, **values | changes)


def voiced(url: str, *, files: bool = False, **changes: str) -> tuple[Any, dict[str, Any]]:
    """Handed in by somebody who proved a phone: the last answer, and what was posted."""
    browser, group = Client(), url.strip("/").split("?")[0]
    page = browser.get(url)
    kept = hidden(page)
    typed = said(group, kept["_row"], **changes)
    challenge, solved = staff.challenge_of(page.content.decode())
    sent = browser.post(url, {**kept, **typed, "captcha_id": challenge, "captcha": solved, "_send": "1"})
    assert sent.status_code == 200 and "验证码已发送至" in sent.content.decode(), sent.content.decode()[-2500:]
    final = {**kept, **typed, "contact_code": sent_code(CONTACT)}
    body = final | ({f"{group}/{kept['_row']}/proof.new": paper("tea")} if files else {})
    return browser.post(url, body), final


def nameless(**extra: Any) -> Any:
    """The answer to an anonymous report, captcha solved."""
    browser, url = Client(), "/tipoff?who=anonymous"
    page = browser.get(url)
    kept = hidden(page)
    typed = said("tipoff", kept["_row"])
    del typed[f"tipoff/{kept['_row']}/contact"]
    challenge, solved = staff.challenge_of(page.content.decode())
    files = {f"tipoff/{kept['_row']}/proof.new": paper("tea")} if extra.pop("evidence", True) else {}
    return browser.post(url, {**kept, **typed, **files, "captcha_id": challenge, "captcha": solved, **extra})


def desk_of(kind: str) -> str:
    return f"/desk/voices/{Filing.objects.get(kind=kind).id}"


@pytest.mark.requirement("VOL-41.1")
def test_the_tools_of_every_public_and_enterprise_page_lead_to_forms_that_need_no_log_in() -> None:
    judge = people.reviewer()
    firm = people.approved(by=judge)
    pages = ((Client(), ("/", "/files", "/login", "/help", "/nowhere")), (firm.client(), ("/workbench", "/archive")))
    for browser, addresses in pages:
        for address in addresses:
            tools = re.search(r'<nav class="side-tools".*?</nav>', browser.get(address, follow=True).content.decode(), re.S)
            assert tools, address
            assert re.findall(r'href="([^"]+)"', tools[0]) == ["/", "#top", "/tipoff", "/suggestion"]
            assert re.findall(r"<span>([^<]+)<", tools[0]) == ["首页", "返回顶部", "举报", "投诉建议"]
    assert "side-tools" not in people.signed_in(judge.id).get("/desk").content.decode()
    for address, words in (("/tipoff", "事实描述"), ("/suggestion", "投诉对象")):
        page = Client().get(address)
        assert page.status_code == 200 and words in page.content.decode()


@pytest.mark.requirement("POL-07c.1")
def test_a_complaint_gets_number_and_code_a_clock_and_an_answer_that_only_they_show() -> None:
    with clock.at(MONDAY):
        judge = people.reviewer()
        done, final = voiced("/suggestion", files=True)
        number, code = shown_once(done)
        assert "2026年3月11日 10:00" in done.content.decode()  # seven working days
        assert shown_once(Client().post("/suggestion", final)) == (number, code)
        assert Filing.objects.filter(kind="suggestion").count() == 1
    desk, at = people.signed_in(judge.id), desk_of("suggestion")
    inbox = desk.get("/desk?kind=suggestion").content.decode()
    assert "投诉建议" in inbox and at.rpartition("/")[2] in inbox
    opened = desk.get(at.replace("/voices", ""), follow=True)
    page = opened.content.decode()
    assert opened.redirect_chain[-1][0] == at and STORY in page and CONTACT in page and "tea.jpg" in page
    refused = desk.post(f"{at}/answer", {"result": "settled", "answer": " "})
    assert refused.status_code == 422 and "请填写答复内容" in refused.content.decode()
    told = desk.post(f"{at}/answer", {"result": "settled", "answer": "已责令该店退货退款。"}, follow=True)
    assert told.status_code == 200 and "已办结" in told.content.decode()
    assert desk.post(f"{at}/answer", {"result": "settled", "answer": "再答"}).status_code == 409
    progress = Client().post("/progress", {"number": number, "code": code}).content.decode()
    assert "已责令该店退货退款。" in progress and "投诉建议" in progress and STORY not in progress
    wrong = Client().post("/progress", {"number": number, "code": "AAAAAAAA"})
    assert wrong.status_code == 422 and "已责令" not in wrong.content.decode()
    assert number in sent_text(CONTACT)


def sent_text(to: str) -> str:
    """What went to a phone last."""
    gateways.deliver_due(100)
    return DemoMail.objects.filter(to=to).latest("id").body


@pytest.mark.requirement("POL-12c.1")
def test_an_anonymous_report_with_evidence_is_accepted_with_a_number_and_without_it_is_not() -> None:
    people.reviewer()
    bare = nameless(evidence=False)
    assert bare.status_code == 422 and "请上传证据材料" in bare.content.decode() and STORY in bare.content.decode()
    unsolved = nameless(captcha="????")
    assert unsolved.status_code == 422 and 'id="captcha' in unsolved.content.decode() and not Filing.objects.filter(kind="tipoff")
    staff.forget_attempts()
    done = nameless()
    assert done.status_code == 200, done.content.decode()[-2500:]
    assert "没有留下联系方式" in done.content.decode()
    number, code = shown_once(done)
    asked = Client().post("/progress", {"number": number, "code": code}).content.decode()
    assert "举报" in asked and "处理中" in asked


@pytest.mark.requirement("POL-12c.2")
def test_a_flood_from_one_source_is_limited_behind_the_captcha_and_nothing_typed_is_lost() -> None:
    people.reviewer()
    for _one in range(limits.LIMITS["case.network"].most):
        limits.named("case.network", client.network("127.0.0.1"))
    refused = nameless()
    page = refused.content.decode()
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0
    assert "操作过于频繁" in page and STORY in page and "tea.jpg" in page and 'name="captcha_id"' in page
    assert not Filing.objects.filter(kind="tipoff").exists()


@pytest.mark.requirement("POL-07c.3")
def test_whom_a_report_is_about_never_learns_who_reported_and_the_contact_is_sealed() -> None:
    judge = people.reviewer()
    firm = people.approved(by=judge)
    done, _final = voiced("/tipoff", uscc=firm.uscc)
    number, _code = shown_once(done)
    filing = Filing.objects.get(kind="tipoff")
    assert filing.subject_id == firm.id and filing.enterprise_id is None
    own = firm.client()
    for address in ("/workbench", "/workbench/cases", "/workbench/messages", f"/workbench/cases/{filing.id}"):
        page = own.get(address).content.decode()
        assert number not in page and CONTACT not in page and STORY not in page, address
    assert CONTACT not in str(Submission.objects.get(filing=filing).answers)
    assert CONTACT not in str(list(Event.objects.values_list("data", flat=True)))
    page = people.signed_in(judge.id).get(desk_of("tipoff")).content.decode()
    assert firm.name in page and CONTACT in page


@pytest.mark.requirement("POL-07c.2")
def test_a_report_is_passed_on_with_its_reason_and_goes_up_one_level_when_overdue() -> None:
    with clock.at(MONDAY):
        nation, county = people.reviewer(), people.reviewer("330110")
        voiced("/tipoff")
        at = desk_of("tipoff")
        assert people.signed_in(nation.id).get(at).status_code == 200
    clerk, filing = people.signed_in(county.id), Filing.objects.get(kind="tipoff")
    with clock.at(MONDAY + timedelta(hours=1)):
        wanting = clerk.post(f"{at}/pass-on", {"unit": "", "reason": "不归本单位管"})
        assert wanting.status_code == 422 and "请选择转往的单位" in wanting.content.decode() and "不归本单位管" in wanting.content.decode()
        assert clerk.post(f"{at}/pass-on", {"unit": str(nation.agency_id), "reason": "涉及多省，请上级办理。"}).status_code == 302
    assert "涉及多省" in people.signed_in(nation.id).get(at).content.decode()
    assert clerk.post(f"{at}/answer", {"result": "settled", "answer": "迟到的答复"}).status_code == 403
    Filing.objects.filter(id=filing.id).update(handler=None)
    with clock.at(MONDAY + timedelta(days=40)):
        worker.drain()
    filing.refresh_from_db()
    assert filing.overdue_at is not None and filing.handler_id == nation.agency_id


def test_what_is_missing_is_said_beside_its_field_and_a_case_of_another_kind_is_not_found() -> None:
    judge = people.reviewer()
    browser = Client()
    kept = hidden(browser.get("/suggestion?what=suggestion"))
    bare = browser.post("/suggestion", {**kept, **answers("suggestion", kept["_row"], text="太短")})
    page = bare.content.decode()
    assert bare.status_code == 422 and "请填写手机号或邮箱" in page and "太短" in page and "投诉对象" not in page
    kept = hidden(browser.get("/suggestion?what=nonsense"))
    assert kept[f"suggestion/{kept['_row']}/what"] == "complaint"
    firm = people.handed_in()
    other = Filing.objects.get(enterprise_id=firm.id)
    assert people.signed_in(judge.id).get(f"/desk/voices/{other.id}").status_code == 404
