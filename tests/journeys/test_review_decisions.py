"""Decisions over HTTP: who, once, with what consequence, and what the enterprise is told (REG-08 to REG-11, ARC-12)."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from chengxin.common import clock
from chengxin.filings import queries as filing_queries
from chengxin.filings.models import Attachment, Decision, Filing
from chengxin.gateways import actions as gateways
from chengxin.gateways import dev
from chengxin.gateways.models import Outbox
from chengxin.ledger.models import Event
from tests import people
from tests.journeys import desks, enterprises
from tests.journeys.desks import colleague, decide, desk, html

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office() -> people.Office:
    """The agencies."""
    return desks.office()


def test_a_reviewer_approves_and_the_enterprise_gets_in(office: people.Office) -> None:
    firm = people.handed_in(1)
    client = desk(office.county)
    filing = people.filing(firm)
    page = html(client.get(f"/desk/{filing.id}"))
    assert firm.name in page and firm.login in page
    answer = decide(client, filing, "approved")
    assert answer.status_code == 302 and answer.url.startswith("/desk")
    assert people.state(firm) == "approved"
    assert people.browser(firm).get("/workbench").status_code == 200
    mine = html(client.get("/desk/mine"))
    assert firm.login in mine and "审核通过" in mine


def test_the_next_item_opens_at_once_and_says_what_became_of_the_last(office: people.Office) -> None:
    first, second = (people.filing(people.handed_in(number)) for number in (1, 2))
    client = desk(office.county)
    answer = decide(client, first, "rejected", "授权文件未签字。")
    assert answer.url == f"/desk/{second.id}?done=rejected"
    assert "上一件已办结：审核未通过" in html(client.get(answer.url))
    assert decide(client, second, "approved").url == "/desk?done=approved"


# --- What is refused ------------------------------------------------------------------------------------------------
@pytest.mark.requirement("REG-10.1")
def test_a_rejection_says_why(office: people.Office) -> None:
    filing = people.filing(people.handed_in(1))
    client = desk(office.county)
    for nothing in ("", "  \n "):
        answer = decide(client, filing, "rejected", nothing)
        assert answer.status_code == 422 and "审核未通过时必须填写审核意见" in html(answer)
        assert '<a href="#f-opinion">' in html(answer), "the summary leads to the field"
    assert Filing.objects.get(id=filing.id).state == "submitted" and not Decision.objects.exists()
    assert decide(client, filing, "anything", "理由").status_code == 422
    with pytest.raises(DatabaseError), transaction.atomic():
        Decision.objects.create(
            filing_id=filing.id, round=1, outcome="rejected", opinion="", by_id=office.county.account_id, at=clock.now()
        )


@pytest.mark.requirement("REG-10.2")
def test_an_enterprise_cannot_review(office: people.Office) -> None:
    firm, other = people.handed_in(1), people.approved(2, by=office.county)
    filing = people.filing(firm)
    for person in (firm, other):
        client = people.browser(person)
        assert decide(client, filing, "approved").status_code == 403
        assert decide(client, filing, "approved", HTTP_ACCEPT="application/json").status_code == 403
        assert client.post(f"/desk/{filing.id}/remark", {"path": "registration", "remark": "x"}).status_code == 403
    assert decide(Client(), filing, "approved").status_code == 302, "to the log-in page"
    assert people.state(firm) == "submitted"


@pytest.mark.requirement("REG-10.3")
def test_a_decision_on_an_older_version_is_a_conflict(office: people.Office) -> None:
    firm = people.handed_in(1)
    read = people.filing(firm)
    people.decide(firm, by=office.county, outcome="rejected", opinion="请重新拍摄营业执照。")
    people.hand_in(firm)
    client = desk(office.county)
    answer = decide(client, read, "approved", HTTP_ACCEPT="application/json")
    assert answer.status_code == 409 and answer.json()["code"] == "stale-version"
    assert "申请人已重新提交" in html(decide(client, read, "rejected", "看的是旧版"))
    assert people.state(firm) == "submitted" and Decision.objects.count() == 1
    assert decide(client, people.filing(firm), "approved").status_code == 302


@pytest.mark.requirement("REG-08.1")
@pytest.mark.parametrize("missing", ["licence", "authorisation"])
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_without_both_papers_nothing_is_approved(office: people.Office, missing: str, accept: str) -> None:
    firm = people.handed_in(1)
    filing = people.filing(firm)
    Attachment.objects.filter(filing_id=filing.id, path__endswith=f"/{missing}").update(state="dropped")
    client = desk(office.county)
    answer = decide(client, filing, "approved", HTTP_ACCEPT=accept)
    assert answer.status_code == 409 and "缺少附件" in html(answer)
    waiting = people.filing(people.registered(2))
    assert decide(client, waiting, "approved", HTTP_ACCEPT=accept).status_code == 409, "待上传附件"
    assert people.state(firm) == "submitted"


def test_forty_decisions_at_once_are_one(office: people.Office) -> None:
    """Two reviewers, many windows, both outcomes: one decision, one mail; everyone else is told (409)."""
    firm = people.handed_in(1)
    filing = people.filing(firm)
    pair = (office.county, colleague(office.county))
    lanes, each = 10, 4
    clients = [desk(pair[lane % 2]) for lane in range(lanes)]
    start = Barrier(lanes)

    def lane(number: int) -> list[tuple[str, int]]:
        outcome = ("approved", "rejected")[number // 2 % 2]
        try:
            start.wait(60)
            return [(outcome, decide(clients[number], filing, outcome, "理由").status_code) for _turn in range(each)]
        finally:
            connection.close()

    with ThreadPoolExecutor(lanes) as pool:
        found = Counter(answer for answers in pool.map(lane, range(lanes)) for answer in answers)
    decision = Decision.objects.get()
    assert found[(decision.outcome, 302)] == 1, found
    assert sum(found.values()) == lanes * each and {status for _outcome, status in found} == {302, 409}, found
    assert people.state(firm) == decision.outcome
    assert Outbox.objects.filter(dedupe_key__startswith="decided:").count() == 1
    assert Event.objects.filter(subject=str(filing.id), kind__in=["filing.approved", "filing.rejected"]).count() == 1


# --- What follows ---------------------------------------------------------------------------------------------------
@pytest.mark.requirement("REG-22.2")
def test_every_step_of_an_account_is_one_entry_that_nobody_changes(office: people.Office) -> None:
    firm = people.handed_in(1)
    filing = people.filing(firm)
    client = desk(office.county)
    decide(client, filing, "rejected", "请补充签字。")
    people.hand_in(firm)
    decide(client, people.filing(firm), "approved")
    kinds = ("filing.opened", "filing.submitted", "filing.rejected", "filing.approved")
    steps = Event.objects.filter(subject=str(filing.id), kind__in=kinds)
    told = list(steps.order_by("id").values_list("kind", "actor"))
    assert [kind for kind, _by in told] == ["filing.opened", "filing.submitted", "filing.rejected", "filing.submitted", "filing.approved"]
    assert {by for kind, by in told if kind in ("filing.rejected", "filing.approved")} == {f"account:{office.county.account_id}"}
    assert all(step.created_at for step in steps)
    reasons = list(Decision.objects.order_by("round").values_list("outcome", "opinion", "by_id"))
    assert reasons == [("rejected", "请补充签字。", office.county.account_id), ("approved", "", office.county.account_id)]
    for rows in (steps, Decision.objects.all()):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**({"kind": "other"} if rows is steps else {"opinion": "另一理由"}))


@pytest.mark.requirement("REG-11.1")
@pytest.mark.parametrize("outcome", ["approved", "rejected"])
def test_a_decision_sends_one_mail_with_result_and_opinion(office: people.Office, outcome: str) -> None:
    firm = people.handed_in(1)
    gateways.deliver_due(50)
    client = desk(office.county)
    filing = people.filing(firm)
    decide(client, filing, outcome, "营业执照照片不清晰。" if outcome == "rejected" else "")
    assert decide(client, filing, outcome, "再来一次").status_code == 409
    gateways.deliver_due(50)
    [mail] = [m for m in dev.mailbox(to=firm.email, channel="mail") if "审核" in m["subject"]]
    assert {"approved": "审核通过", "rejected": "审核未通过"}[outcome] in mail["body"]
    assert ("营业执照照片不清晰。" in mail["body"]) == (outcome == "rejected")


@pytest.mark.requirement("REG-11.2")
def test_without_a_mail_server_the_decision_stands_and_the_mail_is_tried_again(office: people.Office, settings: Any) -> None:
    firm = people.handed_in(1)
    gateways.deliver_due(50)
    client = desk(office.county)
    settings.LOCAL_MAIL_FAULT = "down"
    decide(client, people.filing(firm), "approved")
    gateways.deliver_due(50)
    assert people.state(firm) == "approved" and people.browser(firm).get("/workbench").status_code == 200
    troubles = html(client.get("/desk/delivery"))
    assert "账号审核结果" in troubles and "等待发送" in troubles and firm.email not in troubles, "masked"
    assert "等待发送" in html(client.get("/desk/mine"))
    settings.LOCAL_MAIL_FAULT = ""
    with clock.at(clock.now() + timedelta(hours=1)):
        gateways.deliver_due(50)
    assert [m for m in dev.mailbox(to=firm.email, channel="mail") if "审核" in m["subject"]]
    assert "账号审核结果" not in html(client.get("/desk/delivery")) and "已发送" in html(client.get("/desk/mine"))


@pytest.mark.requirement("ARC-12.1")
def test_a_passed_archive_is_public_and_a_failed_one_changes_nothing(office: people.Office) -> None:
    firm = enterprises.approved(by=office.county.actor)
    public, client = Client(), desk(office.county)
    first = enterprises.submitted(firm)
    filing = Filing.objects.get(id=first)
    published = Event.objects.filter(kind="record.published")
    before = published.count()
    decide(client, filing, "rejected", "请核对网店名称。")
    assert public.get(f"/api/v1/files/{firm.uscc}").status_code == 404
    assert published.count() == before
    enterprises.archive.submit(filing_id=first, key=enterprises.archive.new_row(), by=firm.actor)
    gateways.deliver_due(50)
    decide(client, Filing.objects.get(id=first), "approved")
    gateways.deliver_due(50)
    shown = html(public.get(f"/api/v1/files/{firm.uscc}"))
    assert "澜序桥旗舰店" in shown and published.count() > before
    mails = [m["body"] for m in dev.mailbox(channel="mail") if "诚信档案" in m["subject"] and m["to"].endswith("@corp.example")]
    assert sorted("审核未通过" in body for body in mails) == [False, True]
    update = Filing.objects.get(id=enterprises.submitted(firm))
    decide(client, update, "rejected", "仍需核对。")
    assert html(public.get(f"/api/v1/files/{firm.uscc}")) == shown


# --- Remarks --------------------------------------------------------------------------------------------------------
def paths(page: str) -> list[str]:
    """Where this page offers a remark."""
    return re.findall(r'name="path" value="([^"]+)"', page)


def test_remarks_go_on_any_field_group_and_paper_and_make_the_opinion(office: people.Office) -> None:
    firm = people.handed_in(1)
    filing = people.filing(firm)
    client = desk(office.county)
    page = html(client.get(f"/desk/{filing.id}"))
    offered = paths(page)
    papers = [path for path in offered if path.endswith(("/licence", "/authorisation"))]
    names = [path for path in offered if path.endswith("/name")]
    groups = [path for path in offered if "/" not in path]
    assert len(papers) >= 2 and names and groups, offered
    said = {names[0]: "名称与执照不一致", papers[0]: "照片不清晰", groups[0]: "请整体核对"}
    for path, text in said.items():
        answer = client.post(f"/desk/{filing.id}/remark", {"path": path, "remark": text})
        assert answer.status_code == 302 and answer.url.startswith(f"/desk/{filing.id}#")
    page = html(client.get(f"/desk/{filing.id}"))
    opinion = re.search(r'name="opinion"[^>]*>(.*?)</textarea>', page, re.S)
    assert opinion and all(text in opinion[1] for text in said.values())
    decide(client, filing, "rejected", opinion[1].strip())
    own = html(people.browser(firm).get("/account/supplement"))
    assert all(text in own for text in said.values())


def test_remarks_go_where_something_is_and_can_be_taken_back(office: people.Office) -> None:
    filing = people.filing(people.handed_in(1))
    client = desk(office.county)
    path = paths(html(client.get(f"/desk/{filing.id}")))[0]
    for wrong in ("", "nowhere", f"{path}/../x", "S06", f"registration/{filing.id}/name", "a" * 200):
        answer = client.post(f"/desk/{filing.id}/remark", {"path": wrong, "remark": "批注"})
        assert answer.status_code == 422, wrong
    long = "长" * 501
    refused = client.post(f"/desk/{filing.id}/remark", {"path": path, "remark": long})
    assert refused.status_code == 422 and "批注应为1至500字" in html(refused) and long in html(refused), "what was typed stays"
    client.post(f"/desk/{filing.id}/remark", {"path": path, "remark": "写错了的批注"})
    page = html(client.get(f"/desk/{filing.id}"))
    [address] = re.findall(r'action="(/desk/[^"]+/remarks/[^"]+/drop)"', page)
    elsewhere = desk(office.city)
    assert elsewhere.post(address).status_code == 403
    assert client.post(address).status_code == 302
    assert "写错了的批注" not in html(client.get(f"/desk/{filing.id}"))
    client.post(f"/desk/{filing.id}/remark", {"path": path, "remark": "留下的批注"})
    decide(client, filing, "rejected", "见批注")
    assert client.post(f"/desk/{filing.id}/remark", {"path": path, "remark": "晚了"}).status_code == 409


def test_the_next_reviewer_sees_what_was_said_ticked_and_changed(office: people.Office) -> None:
    firm = enterprises.approved(by=office.county.actor)
    filing_id = enterprises.submitted(firm)
    client, other = desk(office.county), desk(colleague(office.county))
    place = next(path for path in paths(html(client.get(f"/desk/{filing_id}"))) if re.fullmatch(r"S06/.*/name", path))
    client.post(f"/desk/{filing_id}/remark", {"path": place, "remark": "网店名称与平台不符"})
    decide(client, Filing.objects.get(id=filing_id), "rejected", "见批注")
    [remark] = filing_queries.remarks(filing_id=filing_id, by=firm.actor)
    enterprises.archive.tick_remark(remark_id=remark.id, dealt_with=True, by=firm.actor)
    rev = filing_queries.draft(filing_id=filing_id, by=firm.actor).rev
    changes: dict[str, str | None] = {place: "澜序桥官方旗舰店"}
    enterprises.archive.save_page(filing_id=filing_id, page="", base_rev=rev, changes=changes, by=firm.actor)
    enterprises.archive.submit(filing_id=filing_id, key=enterprises.archive.new_row(), by=firm.actor)
    page = html(other.get(f"/desk/{filing_id}"))
    assert "第 2 次提交" in page and "第 1 次审核批注" in page and "网店名称与平台不符" in page and "企业已处理" in page
    first = page.index("与上一版的差异")
    assert first < page.index("<del>澜序桥旗舰店</del>") < page.index('class="desk-section"'), "differences come first"
    assert "<ins>澜序桥官方旗舰店</ins>" in page and "见批注" in page and "F5292 互联网零售" in page
    assert re.search(r'<details class="desk-section"><summary><h2>联系信息', page), "what did not change is folded up"
