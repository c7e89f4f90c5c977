"""Voluntary records at the desk: proof beside data, reasons, due moments, near twins, one item at a time, revocation (VOL-21, VOL-26)."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from chengxin import worker
from chengxin.common import clock
from chengxin.demo import pictures
from chengxin.filings.models import Attachment, Filing
from chengxin.flow import voluntary as flow
from chengxin.identity.values import Actor
from chengxin.ledger.models import Event
from chengxin.ocr.models import Reading
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.voluntary import DONATION, HONOUR, LICENCE, Registrant

pytestmark = pytest.mark.django_db(transaction=True)
INVALID = "证明附件无效：附件不能证明所填内容的真实性，请更换能够证明的附件。"
MONDAY = datetime(2026, 6, 8, 2, tzinfo=UTC)  # 10:00 in Shanghai


@pytest.fixture
def judge() -> Actor:
    """A reviewer of the national level."""
    with clock.at(MONDAY - timedelta(days=30)):
        return people.reviewer()


@pytest.fixture
def firm(judge: Actor) -> Registrant:
    """An approved enterprise that has signed the commitment."""
    with clock.at(MONDAY):
        return voluntary.registrant(by=judge)


def page(judge: Actor, filing_id: Any) -> str:
    return people.signed_in(judge.id).get(f"/desk/{filing_id}").content.decode()


def decided(judge: Actor, filing_id: Any, outcome: str, opinion: str = "") -> Any:
    body = {"round": 1, "outcome": outcome, "opinion": opinion}
    return people.signed_in(judge.id).post(f"/desk/{filing_id}/decide", body)


@pytest.mark.requirement("VOL-21.1")
def test_an_invalid_proof_is_a_reason_for_refusal_that_the_enterprise_reads(judge: Actor, firm: Registrant) -> None:
    filing_id = voluntary.handed_in(firm)
    shown = page(judge, filing_id)
    proof = Attachment.objects.get(filing_id=filing_id)
    assert f"/files-of/{proof.id}/1.png" in shown and "山区小学图书角" in shown and INVALID in shown
    refused = decided(judge, filing_id, "rejected", "  ")
    assert refused.status_code == 422 and "必须填写审核意见" in refused.content.decode()
    assert decided(judge, filing_id, "rejected", INVALID).status_code == 302
    filing = voluntary.one(firm, filing_id)
    assert (filing.state, filing.opinion) == ("rejected", INVALID)
    client = firm.client()
    assert "自愿注册信息未通过，请查看审核意见" in client.get("/workbench/messages").content.decode()
    own = client.get(f"/voluntary/records/{filing_id}").content.decode()
    assert "未通过" in own and "证明附件无效" in own


@pytest.mark.requirement("VOL-26.1")
def test_the_due_moment_is_the_end_of_the_fifteenth_working_day_and_overdue_is_shown_from_then_on(judge: Actor, firm: Registrant) -> None:
    with clock.at(MONDAY):
        filing_id = voluntary.handed_in(firm)
        desk = people.signed_in(judge.id)
        assert "2026年6月30日 23:59" in desk.get(f"/desk/{filing_id}").content.decode()  # 端午 19 June is no working day
    with clock.at(datetime(2026, 6, 30, 15, 30, tzinfo=UTC)):
        worker.drain()
        assert "逾期" not in people.signed_in(judge.id).get(f"/desk/{filing_id}").content.decode()
    with clock.at(datetime(2026, 6, 30, 17, tzinfo=UTC)):
        worker.drain()
        late = people.signed_in(judge.id)
        assert "逾期" in late.get(f"/desk/{filing_id}").content.decode()
        assert str(filing_id) in late.get("/desk?overdue=1").content.decode()
        filing = Filing.objects.get(id=filing_id)
        assert filing.overdue_at is not None and filing.state == "submitted"


def test_the_inbox_names_the_item_and_is_narrowed_by_it(judge: Actor, firm: Registrant) -> None:
    donation, honour = voluntary.handed_in(firm), voluntary.handed_in(firm, HONOUR)
    desk = people.signed_in(judge.id)
    everything = desk.get("/desk?kind=voluntary").content.decode()
    assert "慈善捐赠信息自愿注册" in everything and "荣誉表彰信息自愿注册" in everything
    narrowed = desk.get(f"/desk?kind=voluntary&item={HONOUR}").content.decode()
    assert str(honour) in narrowed and str(donation) not in narrowed


def test_one_bulk_decision_holds_one_item_only(judge: Actor, firm: Registrant) -> None:
    first, second, other = (
        voluntary.handed_in(firm, form, **said) for form, said in ((DONATION, {}), (DONATION, {"amount": "70000"}), (HONOUR, {}))
    )
    desk = people.signed_in(judge.id)
    body = {"outcome": "approved", "item": [f"{first}:1", f"{other}:1"]}
    mixed = desk.post("/desk/bulk", body)
    assert mixed.status_code == 422 and "只能包含同一注册事项" in mixed.content.decode()
    chosen = {"item": [f"{first}:1", f"{second}:1"]}
    shown = desk.get("/desk/bulk", chosen).content.decode()
    assert shown.count("山区小学图书角") == 2 and "慈善捐赠信息自愿注册" in shown
    assert desk.post("/desk/bulk", {**body, **chosen}).status_code == 302
    with clock.at(clock.now() + timedelta(seconds=31)):
        worker.drain()
    assert {voluntary.one(firm, one).state for one in (first, second)} == {"approved"}
    assert voluntary.one(firm, other).state == "submitted"


def test_a_near_twin_stands_beside_with_what_differs_and_a_revision_shows_before_and_after(judge: Actor, firm: Registrant) -> None:
    first = voluntary.published(firm, by=judge)
    twin = voluntary.handed_in(firm, means="现场捐赠")
    shown = page(judge, twin)
    beside = shown[shown.index("该企业相近的信息") :]
    assert f"/desk/{first}" in beside and "银行汇款" in beside and "现场捐赠" in beside
    revision = flow.revise(filing_id=first, by=firm.actor)
    voluntary.type_in(firm, revision.id, {"amount": "80000"})
    voluntary.submit(firm, revision.id, though_alike=True)
    changed = page(judge, revision.id)
    assert re.search(r"<del>50000 元</del>.*<ins>80000 元</ins>", changed, re.S) and "立即替代已发布的内容" in changed
    honour = page(judge, voluntary.handed_in(firm, HONOUR))
    assert "与上一版的差异" not in honour and "相近的信息" not in honour


def test_staff_revoke_a_published_record_that_is_false_with_a_reason(judge: Actor, firm: Registrant) -> None:
    filing_id = voluntary.published(firm, by=judge)
    voluntary.with_archive(firm, by=judge)
    other = people.reviewer()
    desk = people.signed_in(other.id)
    assert "经核实该信息不真实" in page(other, filing_id) and "山区小学图书角" in voluntary.shown(firm)
    assert desk.post(f"/desk/{filing_id}/revoke", {"reason": " \0"}).status_code == 422
    assert desk.post(f"/desk/{filing_id}/revoke", {"reason": "受赠方证实\0没有这笔捐赠。"}).status_code == 302
    assert "山区小学图书角" in voluntary.shown(firm) and "确认不真实，撤销公示" not in page(other, filing_id)
    second = people.signed_in(judge.id)
    waiting = second.get(f"/desk/{filing_id}").content.decode()
    assert "等待您复核的纠正和撤销" in second.get("/desk").content.decode() and "受赠方证实没有这笔捐赠。" in waiting
    seen = re.search(r'name="seen" value="([^"]+)"', waiting)
    assert seen and "确认不真实，撤销公示" in waiting and "提出撤销" not in waiting
    assert second.post(f"/desk/{filing_id}/correct/settle", {"seen": seen[1], "outcome": "confirmed"}).status_code == 302
    assert "撤销虚假信息（" in second.get(f"/desk/{filing_id}").content.decode()
    assert "山区小学图书角" not in voluntary.shown(firm) and voluntary.one(firm, filing_id).state == "ended"
    assert Event.objects.filter(kind="commitment.breached").count() == 1
    assert firm.client().post(f"/desk/{filing_id}/revoke", {"reason": "x"}).status_code in (302, 403)


def licence(firm: Registrant, **changes: str) -> bytes:
    """A licence as people photograph it, of the enterprise, as the good answers say unless changed."""
    said = voluntary.filled(LICENCE, **changes)
    rows = [("统一社会信用代码", firm.uscc), ("经营者名称", firm.name), ("许可证编号", said["number"]), ("发证机关", said["issuer"])]
    return pictures.licence(title=said["name"], rows=[*rows, ("发证日期", said["issued_on"]), ("有效期至", said["valid_until"])])


@pytest.mark.slow
def test_the_text_of_the_picture_is_read_by_the_worker_compared_marked_sealed_and_goes_with_its_file(
    judge: Actor, firm: Registrant, settings: Any
) -> None:
    filing_id = voluntary.draft(firm, LICENCE, proof="", issued_on="2024-02-02")
    path = f"{voluntary.place(filing_id, LICENCE, firm)}/proof"
    stored = flow.upload(filing_id=filing_id, path=path, stream=io.BytesIO(licence(firm)), name="许可证.jpg", by=firm.actor)
    voluntary.type_in(firm, filing_id, {"proof": stored.sha256})
    voluntary.submit(firm, filing_id)
    worker.drain()
    assert "未启用附件文字识别" in page(judge, filing_id)
    settings.OCR = True
    assert "正在识别" in page(judge, filing_id)
    worker.drain()
    row = Reading.objects.get(filing_id=filing_id)
    assert row.state == "read" and firm.name not in row.lines and firm.uscc not in row.lines
    shown = page(judge, filing_id)
    checked = shown[shown.index("与证明附件核对") :]
    verdict = dict(re.findall(r">([^<>]+)(?:</a>)?</th><td>[^<]*</td><td><span class=\"tag (\w+)\"", checked))
    assert verdict["统一社会信用代码"] == verdict["证照编号"] == verdict["发证机关"] == "good", verdict
    assert verdict["发证日期"] == "bad" and "2024-02-01" in checked
    assert '<rect class="found"' in shown and '<rect class="differs"' in shown
    assert_nowhere_public(firm, judge, filing_id, "许可证编号")
    Attachment.objects.filter(filing_id=filing_id).update(state="dropped", created_at=clock.now() - timedelta(days=2))
    worker.sweep(0)
    assert not Reading.objects.exists()


def assert_nowhere_public(firm: Registrant, judge: Actor, filing_id: Any, only_in_picture: str) -> None:
    """A word that stands in the picture alone reaches neither the public file nor the log, though the record is published."""
    people.decide(filing_id, "approved", judge)
    voluntary.with_archive(firm, by=judge)
    worker.drain()
    assert "JY13301100012345" in voluntary.shown(firm) and only_in_picture not in voluntary.shown(firm)
    assert only_in_picture not in Client().get(f"/files/{firm.uscc}").content.decode()
    assert only_in_picture not in str(list(Event.objects.values_list("data", flat=True)))


def test_what_was_read_is_forgotten_a_month_after_the_decision(judge: Actor, firm: Registrant) -> None:
    waits, done = voluntary.handed_in(firm), voluntary.published(firm, HONOUR, by=judge)
    worker.drain()
    assert set(Reading.objects.values_list("filing_id", flat=True)) == {waits, done}
    with clock.at(clock.now() + timedelta(days=31)):
        worker.sweep(0)
    assert set(Reading.objects.values_list("filing_id", flat=True)) == {waits}
