"""Voluntary records where the public looks: file, record page, search, report, feed, badges (VOL-31, VOL-38, D-13, D-16)."""

from __future__ import annotations

import io
import json
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.test import Client
from pypdf import PdfReader

from chengxin.common import clock
from chengxin.ledger import sequencer
from chengxin.records import changes, consistency, heading, queries, standing
from chengxin.records.tests import makers
from chengxin.records.values import NewRecord

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "杭州澜序桥电子商务有限公司"
HONOUR = {"name": "丝路质量标杆企业", "level": "province", "granted_by": "浙江省质量协会（演示）", "granted_on": date(2024, 5, 6)}
BUDGET = {
    "year": 2024,
    "assets": Decimal("8765432.10"),
    "liabilities": Decimal("1234567.80"),
    "revenue": Decimal("7654321.90"),
    "net_profit": Decimal("-7654.30"),
    "audited": True,
    "auditor": "鑫淼会计师事务所",
}
LICENCE = {"name": "食品经营许可证", "number": "JY1330110WWTE01", "issuer": "余杭区市场监管局（演示）", "issued_on": date(2019, 1, 2)}
CONTRACT = {
    "name": "年度仓储服务合同",
    "number": "HT-88776",
    "counterparty": "焱垚仓储有限公司",
    "amount": Decimal("998877.66"),
    "signed_on": date(2024, 2, 3),
    "state": "performing",
}


@pytest.fixture
def file() -> tuple[UUID, str]:
    """An enterprise whose archive is public."""
    return makers.published(1, NAME, [makers.own_record(makers.shop("澜序旗舰店"))])


def registered(file: tuple[UUID, str], item: str, values: dict[str, Any], *, record_id: UUID | None = None) -> NewRecord:
    record = makers.voluntary_record(item, values, record_id=record_id)
    makers.register(file[0], record)
    return record


def page(address: str, status: int = 200) -> str:
    answer = Client().get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


def version_of(uscc: str, group: str) -> str:
    return next(str(r["version_id"]) for r in queries.document(uscc=uscc)["records"] if r["group"] == group)


@pytest.mark.requirement("VOL-31.1")
def test_a_published_record_is_in_the_file_with_its_proof_and_in_search(file: tuple[UUID, str]) -> None:
    registered(file, "honour", HONOUR)
    sequencer.step()
    shown = page(f"/files/{file[1]}")
    part = shown[shown.index('id="voluntary"') :]
    for words in ("自愿注册信息", "荣誉表彰信息", "企业自行注册，未经政府核实", "丝路质量标杆企业", "来源：企业自行注册", "验证"):
        assert words in part, words
    assert shown.index("企业补充的信用信息") < shown.index('id="voluntary"')
    version = version_of(file[1], "V02")
    proof = page(f"/files/{file[1]}/{version}")
    assert "核对一致" in proof and "企业自行注册，未经政府核实" in proof
    for words in ("丝路质量标杆", "质量标杆", NAME):
        hits = json.loads(Client().get("/api/v1/files", {"q": words}).content)["items"]
        assert [hit["uscc"] for hit in hits] == [file[1]], words
    assert "自愿注册信息：丝路质量标杆企业" in page("/files?q=丝路质量标杆")
    assert hits[0]["records"] == 2, "the shop and the honour"
    assert consistency.differing_files() == []


def test_what_leaves_publication_leaves_file_search_and_every_address_at_once(file: tuple[UUID, str]) -> None:
    record = registered(file, "honour", HONOUR)
    version = version_of(file[1], "V02")
    makers.take_down(file[0], record.record_id)
    assert "V02" not in queries.document(uscc=file[1])["groups"]
    assert 'id="voluntary"' not in page(f"/files/{file[1]}")
    page(f"/files/{file[1]}/{version}", status=404)
    assert json.loads(Client().get("/api/v1/files", {"q": "丝路质量标杆"}).content)["items"] == []
    assert json.loads(Client().get("/api/v1/files", {"q": NAME}).content)["items"][0]["records"] == 1


@pytest.mark.requirement("VOL-31.2")
def test_what_the_form_withholds_is_inside_and_nowhere_outside(file: tuple[UUID, str]) -> None:
    registered(file, "finance", BUDGET)
    registered(file, "contract", CONTRACT)
    document = queries.document(uscc=file[1])
    assert "V06" not in document["groups"] and document["groups"]["V05"]["total"] == 1
    outside = json.dumps(document, ensure_ascii=False) + page(f"/files/{file[1]}") + page("/files?q=焱垚仓储")
    for secret in ("8765432", "7654321", "鑫淼会计师", "998877", "HT-88776"):
        assert secret not in outside, secret
    assert "焱垚仓储有限公司" not in outside and "年度仓储服务合同" in outside
    inside = queries.inside_records(enterprise_id=file[0], division_code=makers.YUHANG, by=makers.BY, purpose="test")
    kept = {record.group: record for record in inside}
    assert kept["V06"].values["auditor"] == "鑫淼会计师事务所" and not kept["V06"].public
    assert kept["V05"].values["counterparty"] == "焱垚仓储有限公司" and kept["V05"].public


@pytest.mark.requirement("VOL-38.1")
def test_a_licence_whose_day_has_passed_is_shown_as_expired_from_the_next_day_on(file: tuple[UUID, str]) -> None:
    last = clock.today() + timedelta(days=3)
    record = registered(file, "licence", {**LICENCE, "valid_until": last})
    version = version_of(file[1], "V08")
    for days, expired in ((0, False), (3, False), (4, True), (400, True)):
        with clock.at(clock.now() + timedelta(days=days)):
            for address in (f"/files/{file[1]}", f"/files/{file[1]}/{version}", f"/files/{file[1]}/groups/V08"):
                assert (">已过期</span>" in page(address)) == expired, (days, address)
            drawn = badge(f"/badge/{file[1]}/{record.record_id}.svg")
            assert ("·已过期" in drawn, "·公示中" in drawn) == (expired, not expired), days
    gone = makers.published(2, "杭州过期电子商务有限公司")
    registered(gone, "licence", {**LICENCE, "valid_until": date(2020, 1, 1)})
    paper = Client().get(f"/files/{gone[1]}.pdf").content
    text = "".join("".join(p.extract_text() for p in PdfReader(io.BytesIO(paper)).pages).split())
    assert "已过期" in text and "食品经营许可证" in text and "企业自行注册，未经政府核实" in text
    lasting = makers.published(3, "杭州长期电子商务有限公司")
    registered(lasting, "licence", {**LICENCE, "valid_until": date.max})
    assert ">已过期</span>" not in page(f"/files/{lasting[1]}") and "长期" in page(f"/files/{lasting[1]}")


def test_joint_donors_are_shown_one_by_one(file: tuple[UUID, str]) -> None:
    from chengxin.catalogue.listed_kinds import Unit

    units = (Unit("杭州甲乙商贸有限公司", makers.code(7)), Unit("杭州丙丁商贸有限公司", makers.code(8)))
    donation = {
        "receiver": "杭州市慈善总会（演示）",
        "mode": "joint",
        "joint_units": units,
        "project": "西湖助学金",
        "kind": "money",
        "means": "转账",
        "amount": Decimal("50000.00"),
        "directed": False,
        "donated_on": date(2025, 3, 4),
    }
    registered(file, "donation", donation)
    shown = page(f"/files/{file[1]}")
    assert f"杭州甲乙商贸有限公司（{makers.code(7)}）" in shown and f"杭州丙丁商贸有限公司（{makers.code(8)}）" in shown
    assert "50,000.00 元" in shown


def test_the_feed_and_the_snapshots_bytes_follow(file: tuple[UUID, str]) -> None:
    changes.place()
    before = changes.last()
    record = registered(file, "honour", HONOUR)
    changes.place()
    assert changes.newest_of(usccs=[file[1]], after=before, upto=changes.last()) == {file[1]: "changed"}
    document = json.loads(Client().get(f"/api/v1/files/{file[1]}").content)
    (entry,) = [each for each in document["records"] if each["group"] == "V02"]
    assert entry["content"]["name"] == HONOUR["name"] and entry["origin"] == "enterprise"
    listed = json.loads(Client().get(f"/api/v1/files/{file[1]}/records", {"group": "V02"}).content)["items"]
    assert listed == [entry]
    middle = changes.last()
    makers.take_down(file[0], record.record_id)
    changes.place()
    assert changes.last() > middle


def test_voluntary_records_wait_for_the_first_archive_and_outlive_an_update() -> None:
    enterprise, uscc = makers.known(4, "杭州后建档电子商务有限公司")
    makers.register(enterprise, makers.voluntary_record("honour", HONOUR))
    page(f"/files/{uscc}", status=404)
    assert standing.shown(uscc=uscc, record_id=uuid4()) is None
    makers.publish(enterprise, [], makers.head(uscc, "杭州后建档电子商务有限公司"))
    assert "丝路质量标杆企业" in page(f"/files/{uscc}")
    assert "丝路质量标杆企业" in page("/files?q=质量标杆企业"), "found by it from the first moment on"
    makers.publish(enterprise, [makers.own_record(makers.shop("后建旗舰店"))], makers.head(uscc, "杭州后建档电子商务有限公司"))
    assert "丝路质量标杆企业" in page(f"/files/{uscc}")


# --- Badges and where they lead ---------------------------------------------------------------------------------------
def badge(address: str, client: Client | None = None) -> str:
    answer = (client or Client()).get(address)
    assert not answer.cookies
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    (seconds,) = re.findall(r"max-age=(\d+)", answer["Cache-Control"])
    assert int(seconds) <= 60, "what has ended is told within a minute"
    assert "<script" not in answer.content.decode() and "style=" not in answer.content.decode()
    return str(answer.content.decode())


def test_the_badge_of_a_file_turns_when_the_file_ends(file: tuple[UUID, str]) -> None:
    address = f"/badge/{file[1]}.svg"
    assert "公示中" in badge(address) and NAME in badge(address) and "已停止公示" not in badge(address)
    assert Client().get(f"/show/{file[1]}")["Location"] == f"/files/{file[1]}"
    makers.end_all(file[0], reason="closed")
    assert "已停止公示" in badge(address) and NAME not in badge(address) and "公示中" not in badge(address)
    assert "已停止公示" in page(f"/show/{file[1]}", status=404)
    assert badge(address) == badge(f"/badge/{makers.code(999)}.svg"), "no word on whether there ever was a file"
    assert page(f"/show/{file[1]}", status=404) == page(f"/show/{makers.code(999)}", status=404).replace(makers.code(999), file[1])


def test_the_badge_of_a_record_follows_its_versions_and_turns_when_it_ends(file: tuple[UUID, str]) -> None:
    record = registered(file, "honour", HONOUR)
    address, shown = f"/badge/{file[1]}/{record.record_id}.svg", f"/show/{file[1]}/{record.record_id}"
    assert "丝路质量标杆企业" in badge(address) and "荣誉表彰信息" in badge(address)
    assert Client().get(shown)["Location"] == f"/files/{file[1]}/{version_of(file[1], 'V02')}"
    registered(file, "honour", {**HONOUR, "name": "金牌网商"}, record_id=record.record_id)
    assert "金牌网商" in badge(address) and "丝路" not in badge(address)
    assert Client().get(shown)["Location"] == f"/files/{file[1]}/{version_of(file[1], 'V02')}"
    makers.take_down(file[0], record.record_id)
    assert "已停止公示" in badge(address) and "金牌网商" not in badge(address)
    assert "已停止公示" in page(shown, status=404)


def test_a_record_that_nobody_sees_has_no_badge(file: tuple[UUID, str]) -> None:
    record = registered(file, "finance", BUDGET)
    assert "已停止公示" in badge(f"/badge/{file[1]}/{record.record_id}.svg")
    page(f"/show/{file[1]}/{record.record_id}", status=404)
    shop = queries.inside_records(enterprise_id=file[0], division_code=makers.YUHANG, by=makers.BY, purpose="test")[0]
    assert "已停止公示" in badge(f"/badge/{file[1]}/{shop.record_id}.svg"), "only voluntary records have one"


def test_marks_on_a_file_stand_on_its_badges(file: tuple[UUID, str]) -> None:
    record = registered(file, "honour", HONOUR)
    with transaction.atomic():
        heading.mark(enterprise_id=file[0], text="已注销", on=True)
    for address in (f"/badge/{file[1]}.svg", f"/badge/{file[1]}/{record.record_id}.svg"):
        assert "·已注销" in badge(address) and "公示中" not in badge(address)


def test_a_badge_is_worded_by_its_address_alone(file: tuple[UUID, str], settings: Any) -> None:
    reader = Client()
    reader.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert badge(f"/badge/{file[1]}.svg", reader) == badge(f"/badge/{file[1]}.svg"), "caches keep it for everyone"
    assert 'lang="en"' in badge(f"/badge/{file[1]}.svg?words=en")


def test_names_on_badges_are_text_and_fit() -> None:
    name = "杭州<b>&“长”" + "名" * 60
    _enterprise, uscc = makers.published(5, name)
    drawn = badge(f"/badge/{uscc}.svg")
    assert "<b>" not in drawn and "名" * 30 not in drawn and "…" in drawn
