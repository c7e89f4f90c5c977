"""Wrong data: objections of the enterprise concerned, reports of errors by anyone, and what is decided about them (D-09, PUB-07)."""

from __future__ import annotations

import html as entities
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from chengxin import worker
from chengxin.access.models import Attempt
from chengxin.common import clock
from chengxin.filings import queries as filings
from chengxin.filings.models import Filing
from chengxin.flow import archive, registered
from chengxin.gateways import actions as gateways
from chengxin.gateways.models import DemoMail
from chengxin.identity import actions as identity
from chengxin.identity import queries as identity_queries
from chengxin.records import consistency
from chengxin.records import queries as records
from tests import people as staff
from tests.journeys import enterprises as people
from tests.journeys.enterprises import Enterprise

pytestmark = pytest.mark.django_db(transaction=True)
CONTACT = "13900001234"


def published(**options: Any) -> Enterprise:
    """An enterprise with a public file: records of its own and one of the market register."""
    by = people.reviewer()
    firm = people.approved(by=by, **options)
    people.decide(people.submitted(firm), "approved", by)
    return firm


def document(firm: Enterprise) -> dict[str, Any]:
    return records.document(uscc=firm.uscc)


def item_of(firm: Enterprise, origin: str, group: str = "") -> dict[str, Any]:
    return next(r for r in document(firm)["records"] if r["origin"] == origin and group in ("", r["group"]))


def hidden(answer: Any) -> dict[str, str]:
    """The hidden fields of the page's form: key, row, files taken in so far."""
    text = answer.content.decode()
    form = text[text.index('name="submission_key"') - 200 :]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: entities.unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


def answers(group: str, row: str, **values: Any) -> dict[str, Any]:
    return {f"{group}/{row}/{name}": value for name, value in values.items()}


def paper(text: str = "evidence") -> io.BytesIO:
    file = io.BytesIO(people.picture(text))
    file.name = f"{text}.jpg"
    return file


def sent_code(to: str) -> str:
    """The code that went to a phone or mailbox."""
    gateways.deliver_due(100)
    body = DemoMail.objects.filter(to=to).latest("id").body
    return re.search(r"\b(\d{6})\b", body)[1]  # type: ignore[index]


def reported(firm: Enterprise, version_id: str, **changes: str) -> tuple[Any, dict[str, Any]]:
    """A report of an error, handed in by a visitor who proved a phone."""
    browser, url = Client(), f"/files/{firm.uscc}/{version_id}/report"
    page = browser.get(url)
    kept = hidden(page)
    row = kept["_row"]
    typed = answers("error_report", row, kind="content", text="负责人一年前已经变更，请核对。", contact=CONTACT)
    typed |= answers("error_report", row, **changes)
    challenge, solved = staff.challenge_of(page.content.decode())
    asked = browser.post(url, {**kept, **typed, "captcha_id": challenge, "captcha": solved, "_send": "1"})
    assert asked.status_code == 200, asked.content.decode()[-2000:]
    final = {**kept, **typed, "contact_code": sent_code(CONTACT)}
    return browser.post(url, final), final


@pytest.mark.requirement("PUB-07.1")
def test_an_objection_marks_the_item_at_once_in_page_json_and_pdf_and_proofs_stay_valid() -> None:
    firm = published()
    item = item_of(firm, "government")
    before = Client().get(f"/files/{firm.uscc}/{item['version_id']}").content
    browser = firm.client()
    url = reverse("enterprise:object", args=[item["version_id"]])
    assert url in Client().get(f"/files/{firm.uscc}").content.decode()
    kept = hidden(browser.get(url))
    said = answers("objection", kept["_row"], kind="content", text="登记机关名称有误，请见证明。")
    refused = browser.post(url, {**kept, **answers("objection", kept["_row"], kind="content")})
    assert refused.status_code == 422 and "请填写异议内容" in refused.content.decode()
    wrong = browser.post(
        url, {**kept, **said | answers("objection", kept["_row"], text=""), f"objection/{kept['_row']}/proof.new": paper()}
    )
    kept = hidden(wrong)
    assert wrong.status_code == 422 and f"objection/{kept['_row']}/proof" in kept  # the file is kept with the page
    done = browser.post(url, {**kept, **said})
    assert done.status_code == 200, done.content.decode()[-3000:]
    number, code = shown_once(done)
    again = browser.post(url, {**kept, **said})
    assert shown_once(again) == (number, code)
    assert document(firm)["disputed"] == [item["version_id"]]
    page = Client().get(f"/files/{firm.uscc}").content.decode()
    assert page.count('<span class="tag warn">异议中</span>') == 1
    assert "异议中" in Client().get(f"/files/{firm.uscc}/{item['version_id']}").content.decode()
    assert item_of(firm, "government") == item and before != b""
    assert Client().get(f"/api/v1/files/{firm.uscc}/records?group={item['group']}").json()["disputed"] == [item["version_id"]]
    paper_text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(Client().get(f"/files/{firm.uscc}.pdf").content)).pages)
    assert paper_text.count("异议中") == 1
    second = browser.post(url, {**kept, **said, "submission_key": "another-page"})
    assert second.status_code == 409


def shown_once(answer: Any) -> tuple[str, str]:
    text = answer.content.decode()
    number = re.search(r"HZ\d{8}[A-Z2-9]{10}", text)
    code = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}", text)
    assert number and code, text[-3000:]
    return number[0], code[0]


@pytest.mark.requirement("PUB-07.2")
def test_another_enterprises_objection_is_403_and_a_strangers_is_the_log_in() -> None:
    firm, other = published(), people.approved(by=people.reviewer())
    url = reverse("enterprise:object", args=[item_of(firm, "enterprise")["version_id"]])
    browser = other.client()
    assert browser.get(url).status_code == 403
    answer = browser.post(url, {"_row": "x"})
    assert answer.status_code == 403 and "disputed" not in document(firm)
    assert Client().get(url).headers["Location"].startswith("/login?next=")


def test_anyone_reachable_reports_an_error_and_asks_for_it_by_number_and_code() -> None:
    firm = published()
    item = item_of(firm, "enterprise", "S06")
    done, final = reported(firm, item["version_id"])
    assert done.status_code == 200, done.content.decode()[-3000:]
    number, code = shown_once(done)
    assert shown_once(Client().post(f"/files/{firm.uscc}/{item['version_id']}/report", final)) == (number, code)
    assert "disputed" not in document(firm)
    asked = Client().post("/progress", {"number": number, "code": code.lower().replace("-", " ")})
    text = asked.content.decode()
    assert asked.status_code == 200 and "处理中" in text and "信息纠错" in text and "一年前" not in text
    wrong = [Client().post("/progress", pair) for pair in ({"number": number, "code": "AAAA-AAAA"}, {"number": "HZ1", "code": code})]
    texts = [re.sub(r'value="[^"]*"', "", answer.content.decode()) for answer in wrong]
    strip = [re.sub(r"csrf\S+|nonce\S+", "", text) for text in texts]
    assert [answer.status_code for answer in wrong] == [422, 422] and strip[0] == strip[1]
    Attempt.objects.all().delete()
    answers_ = [Client().post("/progress", {"number": number, "code": "AAAA-AAAA"}).status_code for _ in range(31)]
    assert answers_ == [422] * 30 + [429]


def test_a_report_without_a_proved_contact_or_with_a_wrong_code_is_refused_beside_its_field() -> None:
    firm = published()
    item = item_of(firm, "enterprise")
    browser, url = Client(), f"/files/{firm.uscc}/{item['version_id']}/report"
    kept = hidden(browser.get(url))
    said = answers("error_report", kept["_row"], kind="other", text="说明说明说明", contact=CONTACT)
    refused = browser.post(url, {**kept, **said, "contact_code": "123456"})
    assert refused.status_code == 422 and "验证码错误或已过期" in refused.content.decode()
    assert "说明说明说明" in refused.content.decode()
    nothing = browser.post(url, kept)
    text = nothing.content.decode()
    assert nothing.status_code == 422 and "请选择问题类型" in text and "请填写手机号或邮箱" in text


def clerk_of_the_supplier() -> staff.Person:
    """The unit that the market register's records name, as an agency with a clerk."""
    unit = identity.create_agency(code="SAMR", name=registered.UNIT, division_code=None, kind="source", by=staff.SYSTEM)
    return staff.officer(unit, "samr-wang", name="王办")


def objected(firm: Enterprise, item: dict[str, Any]) -> str:
    """An objection handed in over HTTP; returns its number."""
    browser, url = firm.client(), reverse("enterprise:object", args=[item["version_id"]])
    kept = hidden(browser.get(url))
    said = answers("objection", kept["_row"], kind="content", text="登记机关名称有误，请见证明。")
    done = browser.post(url, {**kept, **said, f"objection/{kept['_row']}/proof.new": paper()})
    assert done.status_code == 200, done.content.decode()[-2000:]
    return shown_once(done)[0]


def waiting(kind: str) -> Any:
    return Filing.objects.get(kind=kind, state="submitted")


@pytest.mark.requirement("PUB-07.1")
def test_the_supplier_corrects_the_record_with_before_and_after_and_the_mark_goes() -> None:
    firm = published()
    clerk = clerk_of_the_supplier()
    item = item_of(firm, "government")
    number = objected(firm, item)
    filing = waiting("objection")
    desk, other = people.signed_in(clerk.account_id), people.signed_in(people.reviewer().account_id)  # type: ignore[arg-type]
    assert number[:2] == "HZ" and f"/desk/{filing.id}" in desk.get("/desk").content.decode()
    assert f"/desk/{filing.id}" not in other.get("/desk").content.decode()
    page = desk.get(f"/desk/{filing.id}", follow=True).content.decode()
    assert "登记机关名称有误" in page and "fix/authority" in page and "王办" in page
    post = {"version": item["version_id"], "answer": "已核实，登记机关已更正。", "result": "corrected"}
    nothing = desk.post(f"/desk/cases/{filing.id}/decide", post)
    assert nothing.status_code == 422 and "请在“更正内容”中改正" in nothing.content.decode()
    wrong = desk.post(f"/desk/cases/{filing.id}/decide", {**post, "fix/established_on": "去年"})
    assert wrong.status_code == 422 and "已核实，登记机关已更正。" in wrong.content.decode()
    done = desk.post(f"/desk/cases/{filing.id}/decide", {**post, "fix/authority": "杭州市临平区市场监督管理局"})
    assert done.status_code == 302, done.content.decode()[-2000:]
    now = item_of(firm, "government")
    assert now["content"]["authority"] == "杭州市临平区市场监督管理局" and now["version_id"] != item["version_id"]
    assert now["content"]["name"] == item["content"]["name"] and now["source"] == item["source"]
    assert "disputed" not in document(firm) and not records.stale_files()
    mine = firm.client().get(reverse("enterprise:case", args=[filing.id])).content.decode()
    assert "杭州市余杭区市场监督管理局" in mine and "杭州市临平区市场监督管理局" in mine and "已采纳" in mine
    assert "异议申请已办结：更正" in firm.client().get("/workbench/messages").content.decode()
    stale = desk.post(f"/desk/cases/{filing.id}/decide", {**post, "result": "kept"})
    assert stale.status_code == 409


def test_a_deleted_record_is_out_of_everything_and_an_update_does_not_bring_a_correction_back() -> None:
    firm = published()
    by = people.reviewer()
    shop = item_of(firm, "enterprise", "S06")
    report, _final = reported(firm, shop["version_id"])
    filing = waiting("error_report")
    desk = people.signed_in(by.id)
    post = {"version": shop["version_id"], "answer": "店铺名称按平台登记更正。", "result": "corrected", "fix/name": "澜序桥甄选店"}
    done = desk.post(f"/desk/cases/{filing.id}/decide", post)
    assert done.status_code == 302, done.content.decode()[-2000:]
    assert report.status_code == 200
    hits = [Client().get("/api/v1/files", {"q": name}).json()["total"] for name in ("澜序桥甄选店", "澜序桥旗舰店")]
    assert hits == [1, 0]
    update = archive.open_archive(by=firm.actor)
    said = filings.draft(filing_id=update.id, by=firm.actor).answers
    assert "澜序桥甄选店" in said.values() and "澜序桥旗舰店" not in said.values()
    gateways.deliver_due(100)
    assert "已办结" in DemoMail.objects.filter(to=CONTACT).latest("id").body
    item = item_of(firm, "enterprise", "S14")
    Attempt.objects.all().delete()
    reported(firm, item["version_id"])
    again = waiting("error_report")
    gone = desk.post(f"/desk/cases/{again.id}/decide", {"version": item["version_id"], "answer": "不应公示。", "result": "deleted"})
    assert gone.status_code == 302
    assert all(one["version_id"] != item["version_id"] for one in document(firm)["records"])
    assert Client().get(f"/files/{firm.uscc}/{item['version_id']}").status_code == 404
    marked = filings.draft(filing_id=update.id, by=firm.actor).answers
    assert [value for path, value in marked.items() if path.startswith("S14/") and path.endswith("/_public")] == ["0"]
    assert consistency.differing_files() == [] and consistency.unfound_files() == []


def test_kept_with_reason_passed_on_and_up_one_level_when_overdue() -> None:
    firm = published(division="330110")
    county, city = people.reviewer("330110"), people.reviewer("330100")
    clerk = clerk_of_the_supplier()
    objected(firm, item_of(firm, "enterprise"))
    filing = waiting("objection")
    desk = people.signed_in(county.id)
    unit = identity_queries.source_agency(registered.UNIT)
    assert unit is not None
    refused = desk.post(f"/desk/cases/{filing.id}/pass-on", {"unit": "", "reason": "应由市场监管部门办理"})
    assert refused.status_code == 422 and "应由市场监管部门办理" in refused.content.decode()
    assert desk.post(f"/desk/cases/{filing.id}/pass-on", {"unit": str(unit.id), "reason": "应由市场监管部门办理"}).status_code == 302
    assert desk.post(f"/desk/cases/{filing.id}/decide", {"result": "kept", "answer": "x"}).status_code == 403
    assert "已转市场监管部门（企业登记信息）办理" in firm.client().get("/workbench/messages").content.decode()
    theirs = people.signed_in(clerk.account_id)
    assert theirs.post(f"/desk/cases/{filing.id}/decide", {"result": "kept", "answer": ""}).status_code == 422
    assert theirs.post(f"/desk/cases/{filing.id}/decide", {"result": "kept", "answer": "经核实无误。"}).status_code == 302
    assert "disputed" not in document(firm)
    objected(firm, item_of(firm, "enterprise"))
    second = waiting("objection")
    assert filings.unit(filings.one(filing_id=second.id, by=staff.SYSTEM)).id == county.agency_id
    with clock.at(second.due_at + timedelta(minutes=1)):
        worker.drain()
        assert filings.unit(filings.one(filing_id=second.id, by=staff.SYSTEM)).id == city.agency_id
        assert "逾期" in people.signed_in(city.id).get(f"/desk/cases/{second.id}").content.decode()


def test_the_public_page_counts_by_outcome_month_and_unit_and_says_how_long_it_took() -> None:
    empty = Client().get("/objections").content.decode()
    assert "还没有数据" in empty
    firm = published()
    item = item_of(firm, "government")
    objected(firm, item)
    filing = waiting("objection")
    with clock.at(filing.submitted_at + timedelta(days=2)):
        desk = people.signed_in(people.reviewer().id)
        kept = desk.post(f"/desk/cases/{filing.id}/decide", {"result": "kept", "answer": "经核实无误。"})
        assert kept.status_code == 302, kept.content.decode()[-500:]
        page = Client().get("/objections").content.decode()
    assert registered.UNIT in page and "维持" in page and "2.0" in page and "100%" in page
    assert firm.name not in page
