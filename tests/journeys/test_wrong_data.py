"""Wrong data: objections of the enterprise concerned, reports of errors by anyone, and what is decided about them (D-09, PUB-07)."""

from __future__ import annotations

import html as entities
import io
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chengxin.access.models import Attempt
from chengxin.gateways import actions as gateways
from chengxin.gateways.models import DemoMail
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
