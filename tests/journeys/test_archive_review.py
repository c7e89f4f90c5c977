"""The integrity archive through HTTP: preview, submission, review, update and lifecycle (ARC-07, ARC-11 to ARC-17)."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.test import Client

from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import NotFound
from chengxin.filings import lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.models import Filing, Submission
from chengxin.flow import archive, review
from chengxin.identity.values import Actor
from chengxin.records import queries as records
from chengxin.seals import pdf
from tests.journeys import enterprises as people
from tests.journeys.archives import SHOP, autosaved, change_catalogue, chosen, html, public_text, save, started
from tests.journeys.enterprises import Enterprise, fields, put, row_of

pytestmark = pytest.mark.django_db(transaction=True)


# --- Preview, submission, receipt -----------------------------------------------------------------------------------
def test_the_preview_is_what_the_public_will_see(browser: Client, enterprise: Enterprise, judge: Actor) -> None:
    filing_id = people.fill(enterprise)
    draft = filings.draft(filing_id=filing_id, by=enterprise.actor)
    hidden = {path: "0" for path in draft.answers if re.fullmatch(r"S(06|05)/.*/_public", path)}
    archive.save_page(filing_id=filing_id, page="", base_rev=draft.rev, changes=hidden, by=enterprise.actor)
    shown = html(browser.get(f"/workbench/archive/{filing_id}/preview"))
    struck = " ".join(re.findall(r"<del>.*?</del>", shown, re.S))
    assert "澜序桥旗舰店" in struck and "不公开 2 条" in shown
    seen = re.sub(r"<del>.*?</del>", "", shown, flags=re.S)
    assert "王小桥" not in shown and "13800138000" not in shown
    archive.submit(filing_id=filing_id, key=str(uuid4()), by=enterprise.actor)
    people.decide(filing_id, "approved", judge)
    public = html(browser.get(f"/files/{enterprise.uscc}"))
    records_shown = " ".join(re.findall(r"<article.*?</article>", public.partition('id="own"')[2], re.S))
    rows = re.findall(r"<dt>([^<]*)</dt><dd>(.*?)</dd>", records_shown, re.S)
    assert len(rows) > 20
    for label, value in rows:
        text = re.sub(r"<[^>]*>", "", value).strip()
        assert label in seen and text in re.sub(r"<[^>]*>", "", seen), (label, text)
    assert "澜序桥旗舰店" not in public


@pytest.mark.requirement("ARC-11.1")
def test_an_incomplete_archive_is_refused_with_pages_and_items(browser: Client, enterprise: Enterprise) -> None:
    at = started(browser)
    chosen(browser, at)
    answer = browser.post(f"{at}/submit", {"submission_key": str(uuid4())})
    assert answer.status_code == 422
    unbegun = f"{at}/page/operation?check=1#group-S06"
    for words in ("企业基本信息", "经营主体与资质", "请填写员工人数", "尚未填写，至少需要1条", unbegun):
        assert words in html(answer), words
    page = html(browser.get(f"{at}/page/operation"))
    save(browser, f"{at}/page/operation", fields(page) | {f"{row_of(page, 'S06')}/name": "澜序桥旗舰店"})
    shown = html(browser.post(f"{at}/submit", {"submission_key": str(uuid4())}))
    assert "请选择是否亮照" in shown and unbegun not in shown
    link = re.search(rf'{at}/page/operation\?check=1#(f-S06-[^"]*)', shown)
    assert link and f'id="{link[1]}"' in html(browser.get(f"{at}/page/operation?check=1"))
    assert filings.one(filing_id=UUID(at.rpartition("/")[2]), by=enterprise.actor).state == "draft"


@pytest.mark.requirement("ARC-11.3")
def test_a_double_click_makes_one_submission(browser: Client, enterprise: Enterprise) -> None:
    filing_id = people.fill(enterprise)
    page = html(browser.get(f"/workbench/archive/{filing_id}/submit"))
    key = fields(page)["submission_key"]
    answers_ = [browser.post(f"/workbench/archive/{filing_id}/submit", {"submission_key": key}) for _ in range(3)]
    assert len({a.headers["Location"] for a in answers_}) == 1
    assert Submission.objects.filter(filing_id=filing_id).count() == 1
    other = browser.post(f"/workbench/archive/{filing_id}/submit", {"submission_key": str(uuid4())})
    assert other.status_code == 409


@pytest.mark.requirement("ARC-11.2")
def test_what_is_under_review_is_read_only(browser: Client, enterprise: Enterprise) -> None:
    url = f"/workbench/archive/{people.fill(enterprise)}"
    values = fields(html(browser.get(f"{url}/basic")))
    archive.submit(filing_id=UUID(url.rpartition("/")[2]), key=str(uuid4()), by=enterprise.actor)
    row = next(name for name in values if name.startswith("_was/")).removeprefix("_was/")
    assert browser.get(f"{url}/basic").headers["Location"] == f"{url}/status"
    refused = save(browser, f"{url}/basic", values | {f"{row}/staff": "1"})
    assert refused.status_code == 409 and "待审核" in html(refused)
    assert chosen(browser, url, "PLATFORM", confirmed="PLATFORM").status_code == 409
    assert autosaved(browser, f"{url}/page/operation", 99, {}).status_code == 409


def test_the_receipt_comes_as_page_pdf_and_json(browser: Client, enterprise: Enterprise, judge: Actor) -> None:
    from chengxin.ledger import sequencer

    filing_id = people.fill(enterprise)
    answer = browser.post(f"/workbench/archive/{filing_id}/submit", {"submission_key": str(uuid4())}, follow=True)
    page, address = html(answer), answer.redirect_chain[-1][0]
    filing = filings.one(filing_id=filing_id, by=enterprise.actor)
    assert filing.due_at is not None
    due = filing.due_at.astimezone(clock.SHANGHAI)
    assert "管理员将在一个工作日内审核，请耐心等待" in page
    assert f"{due.year}年{due.month}月{due.day}日 {due:%H:%M}" in page, "never 一个工作日 alone"
    assert "存证生成中" in page
    sequencer.step()
    assert "已存证" in html(browser.get(address))
    told = browser.get(f"{address}.json").json()
    assert told["receipt"]["sha256"] and told["signature"] and told["proof"]["text"].startswith("c2sp.org/tlog-proof@v1")
    paper = browser.get(f"{address}.pdf")
    assert paper.headers["Content-Type"] == "application/pdf" and pdf.verify(paper.content)["ok"]
    other = people.approved(by=judge).client()
    assert [other.get(f"{address}{end}").status_code for end in ("", ".pdf", ".json")] == [404, 404, 404]


# --- Review, update, hiding -----------------------------------------------------------------------------------------
@pytest.mark.requirement("ARC-13.1")
@pytest.mark.requirement("ARC-13.2")
def test_a_failed_archive_shows_opinion_and_remarks_and_goes_in_again(browser: Client, enterprise: Enterprise, judge: Actor) -> None:
    filing_id = people.submitted(enterprise)
    at = f"/workbench/archive/{filing_id}"
    draft = filings.draft(filing_id=filing_id, by=enterprise.actor)
    path = next(p for p in draft.answers if re.fullmatch(r"S06/.*/name", p))
    review.remark(filing_id=filing_id, path=path, text="店铺名称与平台显示不一致", by=judge)
    people.decide(filing_id, "rejected", judge, "请核对网店名称")
    first_due = filings.one(filing_id=filing_id, by=enterprise.actor).due_at
    for address in ("/workbench", "/workbench/archive", f"{at}/status", f"{at}/page/operation"):
        assert "请核对网店名称" in html(browser.get(address)), address
    page = html(browser.get(f"{at}/page/operation"))
    assert "店铺名称与平台显示不一致" in page and "已处理" in page
    assert filings.draft(filing_id=filing_id, by=enterprise.actor).answers == draft.answers
    [remark] = re.findall(r'name="_dealt" value="([^"]*)"', page)
    values = fields(page) | {path: "澜序桥官方旗舰店", "_dealt": remark}
    assert save(browser, f"{at}/page/operation", values, "next").status_code == 302
    assert filings.remarks(filing_id=filing_id, by=enterprise.actor)[0].dealt_with
    with clock.at(clock.now() + timedelta(days=7)):
        archive.submit(filing_id=filing_id, key=str(uuid4()), by=enterprise.actor)
    again = filings.one(filing_id=filing_id, by=enterprise.actor)
    assert again.state == "submitted" and again.round == 2 and first_due and again.due_at and again.due_at > first_due
    history = html(browser.get(f"{at}/status"))
    assert "第 1 次提交" in history and "第 2 次提交" in history and "请核对网店名称" in history


@pytest.mark.requirement("ARC-14.1")
def test_every_state_is_shown_with_time_and_opinion(browser: Client, enterprise: Enterprise, judge: Actor) -> None:
    def shown() -> str:
        return html(browser.get("/workbench/archive"))

    filing_id = people.fill(enterprise)
    assert "草稿" in shown() and "最近修改于" in shown()
    archive.submit(filing_id=filing_id, key=str(uuid4()), by=enterprise.actor)
    assert "待审核" in shown() and "预计审核完成时间" in shown()
    people.decide(filing_id, "rejected", judge, "请补充说明")
    assert "审核未通过" in shown() and "请补充说明" in shown()
    archive.submit(filing_id=filing_id, key=str(uuid4()), by=enterprise.actor)
    people.decide(filing_id, "approved", judge)
    assert "审核通过" in shown() and "更新诚信档案" in shown() and re.search(r"已于 \d{4}年", shown())


@pytest.mark.requirement("ARC-15.1")
@pytest.mark.requirement("ARC-15.2")
@pytest.mark.requirement("ARC-15.3")
def test_an_update_replaces_the_public_version_only_when_approved(browser: Client, enterprise: Enterprise, judge: Actor) -> None:
    first = people.submitted(enterprise)
    people.decide(first, "approved", judge)
    before = records.document(uscc=enterprise.uscc)
    clicks = {browser.post("/workbench/archive/update").headers["Location"] for _ in range(3)}
    assert len(clicks) == 1
    at = clicks.pop().rpartition("/")[0]
    chosen(browser, at)
    page = html(browser.get(f"{at}/page/operation"))
    row = row_of(page, "S06")
    save(browser, f"{at}/page/operation", fields(page) | {f"{row}/name": "澜序桥新店"}, "next")
    browser.post(f"{at}/submit", {"submission_key": str(uuid4())})
    assert records.document(uscc=enterprise.uscc) == before and "澜序桥新店" not in public_text(enterprise)
    people.decide(UUID(at.rpartition("/")[2]), "approved", judge)
    after = records.document(uscc=enterprise.uscc)
    assert "澜序桥新店" in public_text(enterprise) and "澜序桥旗舰店" not in public_text(enterprise)
    same = {r["version_id"] for r in before["records"]} & {r["version_id"] for r in after["records"]}
    assert len(same) == len(before["records"]) - 1, "what did not change keeps its version"
    history = html(browser.get("/workbench/archive"))
    assert "已替代" in history and "审核通过" in history
    assert "澜序桥旗舰店" in html(browser.get(f"/workbench/archive/{first}/status"))


@pytest.mark.requirement("ARC-07.1")
def test_only_public_records_leave_the_house(browser: Client, enterprise: Enterprise, judge: Actor) -> None:
    filing_id = people.fill(enterprise)
    url = f"/workbench/archive/{filing_id}/page/operation"
    page = html(browser.get(url))
    added = browser.post(url, fields(page) | {"_add": "S06"})
    page = html(browser.get(added.headers["Location"].partition("#")[0]))
    values = fields(page)
    put(values, row_of(page, "S06", 1), SHOP | {"name": "内部渠道店", "account_id": "x-2"}, public="0")
    assert save(browser, url, values, "next").status_code == 302
    archive.submit(filing_id=filing_id, key=str(uuid4()), by=enterprise.actor)
    people.decide(filing_id, "approved", judge)
    anyone = Client()
    for address in (f"/files/{enterprise.uscc}", f"/api/v1/files/{enterprise.uscc}"):
        body = html(anyone.get(address))
        assert "澜序桥旗舰店" in body and "内部渠道店" not in body, address
    assert anyone.get("/api/v1/files", {"q": "内部渠道"}).json()["items"] == []
    assert anyone.get("/api/v1/files", {"q": "澜序桥旗舰"}).json()["items"]


@pytest.mark.requirement("ARC-07.2")
def test_a_hidden_record_leaves_at_once_and_no_open_update_brings_it_back(browser: Client, enterprise: Enterprise, judge: Actor) -> None:
    people.decide(people.submitted(enterprise), "approved", judge)
    page = html(browser.get("/workbench/archive"))
    forms = re.findall(r'action="(/workbench/archive/records/[^"]*/hide)".*?：([^<]*)</span></button>', page, re.S)
    hide = next(address for address, title in forms if "旗舰店" in title)
    update = people.submitted(enterprise)
    assert "澜序桥旗舰店" in public_text(enterprise)
    assert browser.post(hide).status_code == 302
    assert "澜序桥旗舰店" not in public_text(enterprise)
    assert "澜序桥旗舰店" not in html(Client().get(f"/files/{enterprise.uscc}"))
    people.decide(update, "approved", judge)
    assert "澜序桥旗舰店" not in public_text(enterprise), "an update handed in before does not publish it again"
    again = archive.open_archive(by=enterprise.actor)
    marks = {p: v for p, v in filings.draft(filing_id=again.id, by=enterprise.actor).answers.items() if p.endswith("/_public")}
    assert [v for p, v in marks.items() if p.startswith("S06/")] == ["0"]
    assert browser.post(hide).status_code == 404
    stranger = people.approved(by=judge).client()
    assert stranger.post(hide).status_code == 404


@pytest.mark.requirement("ARC-16.1")
def test_a_new_template_is_for_updates_and_drafts_and_not_for_what_was_handed_in(
    browser: Client, enterprise: Enterprise, judge: Actor, tmp_path: Path
) -> None:
    filing_id = people.submitted(enterprise)
    old = filings.one(filing_id=filing_id, by=enterprise.actor).form_version
    change_catalogue(tmp_path, "groups/S06.yaml", "zh: 主营类目", "zh: 主营商品类目")
    new = catalogue.current("archive/IN_PLATFORM").version
    assert new != old
    people.decide(filing_id, "approved", judge)
    assert filings.one(filing_id=filing_id, by=enterprise.actor).form_version == old
    assert "主营类目" in html(browser.get(f"/workbench/archive/{filing_id}/status"))
    answer = browser.post("/workbench/archive/update")
    update = UUID(str(answer.headers["Location"]).split("/")[3])
    assert filings.one(filing_id=update, by=enterprise.actor).form_version == new
    assert "主营商品类目" in html(browser.get(f"/workbench/archive/{update}/page/operation"))


# --- Lifecycle ------------------------------------------------------------------------------------------------------
EVENTS = ("edit", "submit", "approve", "reject")


def request_event(browser: Client, filing_id: UUID, event: str, judge: Actor) -> int:
    """Ask for an event as a person would; gives the status of the answer."""
    at = f"/workbench/archive/{filing_id}"
    if event == "edit":
        path = f"S06/{uuid4()}/name"
        body = {"base_rev": "99", f"_was/{path.rpartition('/')[0]}": "name:0", path: "改", "_save": "draft"}
        return int(browser.post(f"{at}/page/operation", body).status_code)
    if event == "submit":
        return int(browser.post(f"{at}/submit", {"submission_key": str(uuid4())}).status_code)
    desk = Client()
    from chengxin.access import actions as access
    from chengxin.web.session import cookie_name

    assert judge.account_id is not None
    opened = access.open_session(account_id=judge.account_id, assurance="password", network="192.0.2.9")
    desk.cookies[cookie_name("session")] = opened.session_key
    outcome = {"approve": "approved", "reject": "rejected"}[event]
    round_ = Filing.objects.get(id=filing_id).round
    return int(desk.post(f"/desk/{filing_id}/decide", {"round": round_, "outcome": outcome, "opinion": "理由"}).status_code)


def brought_to(state: str, enterprise: Enterprise, judge: Actor) -> UUID:
    """An archive in a state, by real steps where there are some."""
    if state == "draft":
        return people.fill(enterprise)
    filing_id = people.submitted(enterprise)
    if state == "rejected":
        people.decide(filing_id, "rejected", judge, "理由")
    if state in ("approved", "superseded"):
        people.decide(filing_id, "approved", judge)
    if state == "superseded":
        people.decide(people.submitted(enterprise), "approved", judge)
    if state in ("ended", "closed"):
        Filing.objects.filter(id=filing_id).update(state=state)
    return filing_id


@pytest.mark.requirement("ARC-17.1")
@pytest.mark.parametrize("state", ["draft", "submitted", "approved", "rejected", "superseded", "ended", "closed"])
def test_no_pair_that_is_not_listed_happens(browser: Client, enterprise: Enterprise, judge: Actor, state: str) -> None:
    filing_id = brought_to(state, enterprise, judge)
    for event in EVENTS:
        listed = lifecycle.can(kind="archive", state=state, event=event) or (state == "draft" and event == "edit")
        if listed:
            continue
        assert request_event(browser, filing_id, event, judge) == 409, (state, event)
        assert Filing.objects.get(id=filing_id).state == state, (state, event)


def test_an_archive_without_code_is_unknown_to_all(browser: Client) -> None:
    with pytest.raises(NotFound):
        records.public_file(uscc="91330110WWTE000000")
    assert browser.get(f"/workbench/archive/{uuid4()}/basic").status_code == 404
