"""冒名注册申诉: the account is frozen and heard, two people decide, name and code are free again (D-11)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from chengxin.access.models import Attempt
from chengxin.common import clock
from chengxin.filings import deadlines
from chengxin.filings.models import Case, Filing
from chengxin.flow.step import step
from chengxin.gateways import actions as gateways
from chengxin.gateways.models import DemoMail
from chengxin.identity import queries as identity
from chengxin.records import consistency
from chengxin.records import queries as records
from tests import people as staff
from tests.journeys import enterprises as people
from tests.journeys.desks import read_on
from tests.journeys.enterprises import Enterprise
from tests.journeys.test_wrong_data import answers, hidden, item_of, paper, published, reported, sent_code, shown_once

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = "13900005678"


def claimed(uscc: str) -> tuple[str, str]:
    """A claim handed in over HTTP by somebody who proved a phone; number and query code."""
    Attempt.objects.all().delete()
    browser = Client()
    page = browser.get("/impostor", {"uscc": uscc})
    kept = hidden(page)
    said = answers("impostor", kept["_row"], uscc=uscc, statement="本单位从未在平台注册，代码被他人使用。", contact=PHONE)
    challenge, solved = staff.challenge_of(page.content.decode())
    file = {f"impostor/{kept['_row']}/licence.new": paper("my-licence")}
    sent = browser.post("/impostor", {**kept, **said, **file, "captcha_id": challenge, "captcha": solved, "_send": "1"})
    assert sent.status_code == 200, sent.content.decode()[-2000:]
    done = browser.post("/impostor", {**hidden(sent), **said, "contact_code": sent_code(PHONE)})
    assert done.status_code == 200, done.content.decode()[-2500:]
    return shown_once(done)


def desks(firm: Enterprise) -> tuple[Client, Client, Any]:
    """Two reviewers of one unit and the claim that waits for them."""
    filing = Filing.objects.get(kind="impostor", state="submitted", subject_id=firm.id)
    return people.signed_in(people.reviewer().id), people.signed_in(people.reviewer().id), filing


def settled(desk: Client, at: str, outcome: str) -> Any:
    """The button of the claim's page, with all that its form carries."""
    return desk.post(f"{at}/settle", {"outcome": outcome, **read_on(desk.get(at))})


def test_an_upheld_claim_freezes_marks_hears_and_closes_by_two_people_and_frees_name_and_code() -> None:
    firm = published()
    number, code = claimed(firm.uscc)
    first, second, filing = desks(firm)
    at = f"/desk/impostors/{filing.id}"
    early = first.post(f"{at}/propose", {"result": "upheld", "answer": "核实属实。"})
    assert early.status_code == 409
    assert first.get(f"/desk/{filing.id}", follow=True).status_code == 200
    assert first.post(f"{at}/accept").status_code == 302
    assert first.post(f"{at}/accept").status_code == 409
    assert records.document(uscc=firm.uscc)["marks"] == ["主体身份核实中"]
    assert "主体身份核实中" in Client().get(f"/files/{firm.uscc}").content.decode()
    assert identity.account(firm.account_id).state == "suspended"
    assert Client().post("/login", {"name": firm.uscc, "password": people.PASSWORD}).status_code != 302
    gateways.deliver_due(100)
    mail = DemoMail.objects.filter(channel="mail", subject__contains="身份核实").latest("id").body
    link = re.search(r"/impostor/answer/\S+", mail)
    assert link and first.post(f"{at}/propose", {"result": "upheld", "answer": "核实属实。"}).status_code == 409
    holder = Client()
    kept = hidden(holder.get(link[0]))
    typed = answers("impostor", kept["_row"], statement="由我单位办理注册，有授权。")
    assert holder.post(link[0], {**kept, **typed}).status_code == 422
    file = {f"impostor/{kept['_row']}/licence.new": paper("their-licence")}
    answered = holder.post(link[0], {**kept, **typed, **file})
    assert answered.status_code == 200 and "说明已提交" in answered.content.decode(), answered.content.decode()[-2000:]
    assert holder.get(link[0]).status_code == 422
    assert "由我单位办理注册，有授权。" in second.get(at).content.decode()
    refused = first.post(f"{at}/propose", {"result": "upheld", "answer": ""})
    assert refused.status_code == 422
    assert first.post(f"{at}/propose", {"result": "upheld", "answer": "执照系伪造。"}).status_code == 302
    assert settled(first, at, "confirmed").status_code == 403
    assert settled(second, at, "confirmed").status_code == 302
    assert Client().get(f"/files/{firm.uscc}").status_code == 404
    assert identity.account(firm.account_id).state == "closed"
    assert consistency.unfound_files() == []
    asked = Client().post("/progress", {"number": number, "code": code}).content.decode()
    assert "申诉成立" in asked and "执照系伪造。" in asked
    again = people.registered(name=firm.name)
    assert again.name == firm.name
    holder_now = identity.enterprise_by_uscc(firm.uscc)
    assert holder_now is None or not holder_now.claimed


def test_a_dismissed_claim_opens_the_account_again_and_silence_of_three_working_days_suffices() -> None:
    firm = published()
    claimed(firm.uscc)
    first, second, filing = desks(firm)
    at = f"/desk/impostors/{filing.id}"
    first.post(f"{at}/accept")
    with clock.at(clock.now() + timedelta(days=9)):
        first, second, _filing = desks(firm)
        assert first.post(f"{at}/propose", {"result": "upheld", "answer": "逾期未说明。"}).status_code == 302
        assert settled(second, at, "declined").status_code == 302
        assert first.post(f"{at}/propose", {"result": "dismissed", "answer": "经核实为本单位注册。"}).status_code == 302
        assert settled(second, at, "confirmed").status_code == 302
    assert records.document(uscc=firm.uscc)["marks"] == []
    assert identity.account(firm.account_id).state == "active"
    assert "申诉不成立" in firm.client().get("/workbench/messages").content.decode()


def test_where_a_unit_has_one_person_the_second_word_is_the_unit_aboves() -> None:
    firm = published(division="330110")
    lonely = people.reviewer("330110")
    above = people.signed_in(people.reviewer().id)
    claimed(firm.uscc)
    filing = Filing.objects.get(kind="impostor", subject_id=firm.id)
    at, desk = f"/desk/impostors/{filing.id}", people.signed_in(lonely.id)
    assert desk.post(f"{at}/propose", {"result": "dismissed", "answer": "材料不足。"}).status_code == 302
    assert settled(desk, at, "confirmed").status_code == 403
    assert settled(above, at, "confirmed").status_code == 302
    assert Filing.objects.get(id=filing.id).state == "rejected"


def test_a_claim_for_a_code_nobody_has_gets_the_same_answer_and_a_mailbox_is_no_phone() -> None:
    people.reviewer()
    number, code = claimed(staff.code(77))
    assert "核实中" in Client().post("/progress", {"number": number, "code": code}).content.decode()
    page = Client().get("/impostor")
    kept = hidden(page)
    said = answers("impostor", kept["_row"], uscc="1", statement="短", contact="a@corp.example")
    refused = Client().post("/impostor", {**kept, **said, "contact_code": "000000"})
    text = refused.content.decode()
    assert refused.status_code == 422 and "请填写手机号" in text and "请上传营业执照" in text and 'value="1"' in text


def test_a_case_is_decided_at_the_address_of_its_kind_only() -> None:
    firm = published()
    claimed(firm.uscc)
    reported(firm, item_of(firm, "enterprise")["version_id"])
    desk, _second, claim = desks(firm)
    report = Filing.objects.get(kind="error_report")
    before = [claim.updated_at, report.updated_at]
    unit = str(staff.agency("330110", name="余杭区商务局"))
    elsewhere = {
        f"/desk/cases/{claim.id}/decide": {"result": "kept", "answer": "维持。"},
        f"/desk/cases/{claim.id}/pass-on": {"unit": unit, "reason": "转办。"},
        f"/desk/changes/{claim.id}/decide": {"result": "rejected", "answer": "不予变更。"},
        f"/desk/questions/{claim.id}/answer": {"result": "declined", "answer": "不予受理。"},
        f"/desk/{claim.id}/decide": {"outcome": "rejected", "opinion": "不予通过。", "round": claim.round},
        f"/desk/{report.id}/decide": {"outcome": "rejected", "opinion": "不予通过。", "round": report.round},
        f"/desk/impostors/{report.id}/accept": {},
        f"/desk/impostors/{report.id}/propose": {"result": "dismissed", "answer": "不成立。"},
        f"/desk/impostors/{report.id}/settle": {"outcome": "confirmed"},
    }
    for url, said in elsewhere.items():
        assert desk.post(url, said).status_code == 404, url
    assert identity.account(firm.account_id).state == "active"
    rows = Filing.objects.filter(id__in=[claim.id, report.id]).order_by("created_at")
    assert [(row.state, row.updated_at, row.decisions.count()) for row in rows] == [("submitted", at, 0) for at in before]


def test_an_account_is_verified_for_one_claim_at_a_time_and_its_clock_runs_from_the_taking_up() -> None:
    firm = published()
    claimed(firm.uscc)
    desk, _second, first = desks(firm)
    claimed(firm.uscc)
    later = Filing.objects.get(kind="impostor", subject_id=firm.id, created_at__gt=first.created_at)
    assert desk.post(f"/desk/impostors/{first.id}/accept").status_code == 302
    refused = desk.post(f"/desk/impostors/{later.id}/accept")
    assert refused.status_code == 409 and "该账号已有一项冒名申诉正在核实，请先办结。" in refused.content.decode()
    assert Case.objects.get(filing=later).accepted_at is None
    due_at = Filing.objects.get(id=first.id).due_at
    Filing.objects.filter(id=first.id).update(due_provisional=True)
    assert step(deadlines.reckon_anew)(by=staff.SYSTEM) == 1
    assert Filing.objects.values_list("due_at", "due_provisional").get(id=first.id) == (due_at, False)


def test_a_supervisor_reads_a_claim_without_the_holders_contact_data() -> None:
    firm = published()
    claimed(firm.uscc)
    clerk = people.reviewer()
    filing = Filing.objects.get(kind="impostor", subject_id=firm.id)
    assert "注册邮箱" in people.signed_in(clerk.id).get(f"/desk/impostors/{filing.id}").content.decode()
    assert clerk.agency_id is not None
    watching = staff.officer(clerk.agency_id, "supervisor-he", roles=("supervisor",))
    page = people.signed_in(watching.account_id).get(f"/desk/impostors/{filing.id}")
    assert page.status_code == 200 and "现注册账号" in page.content.decode() and "注册邮箱" not in page.content.decode()


def test_only_the_proposal_that_was_read_is_settled_and_none_after_the_decision() -> None:
    firm = published()
    claimed(firm.uscc)
    first, second, filing = desks(firm)
    at = f"/desk/impostors/{filing.id}"
    first.post(f"{at}/propose", {"result": "dismissed", "answer": "材料不足。"})
    read = read_on(second.get(at))
    assert settled(first, at, "declined").status_code == 302
    assert first.post(f"{at}/propose", {"result": "dismissed", "answer": "经核实为本单位注册。"}).status_code == 302
    for outcome in ("confirmed", "declined"):
        stale = second.post(f"{at}/settle", {**read, "outcome": outcome})
        assert stale.status_code == 409 and "处理意见已变化，请刷新后重新核对。" in stale.content.decode()
    read = read_on(second.get(at))
    assert second.post(f"{at}/settle", {**read, "outcome": "confirmed"}).status_code == 302
    assert first.post(f"{at}/settle", {**read, "outcome": "declined"}).status_code == 409
    assert Case.objects.get(filing=filing).proposed_reason == "经核实为本单位注册。"
