"""What the market register says becomes a record of the government: kept at registration, public with the archive (ARC-05)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from chengxin.common import clock
from chengxin.flow import importing, registered
from chengxin.gateways import market_register
from chengxin.identity.values import Actor
from chengxin.ledger.models import Event
from chengxin.records import queries as records
from chengxin.records.models import Version
from tests.journeys import enterprises as people
from tests.journeys.enterprises import Enterprise
from tests.journeys.test_import import table

pytestmark = pytest.mark.django_db(transaction=True)
BY = Actor.system("test")


def said(enterprise: Enterprise) -> list[dict[str, Any]]:
    """The registration records of the public file over HTTP."""
    body = Client().get(f"/api/v1/files/{enterprise.uscc}").json()
    return [record for record in body["records"] if record["group"] == "G01"]


def publish(enterprise: Enterprise, judge: Actor) -> None:
    people.decide(people.submitted(enterprise), "approved", judge)


def move(enterprise: Enterprise, address: str) -> None:
    """The register says another address from now on."""
    market_register.load_local([{**people.entry(enterprise.uscc, enterprise.name), "address": address}])


def test_it_is_kept_when_the_registration_passes_and_nobody_else_sees_it(enterprise: Enterprise) -> None:
    [record] = records.government_records(enterprise_id=enterprise.id, by=enterprise.actor)
    assert (record.group, record.source_unit, record.source_no) == ("G01", registered.UNIT, enterprise.uscc)
    assert record.values["legal_representative"] == "张澜"
    assert record.values["status"] == "active"
    assert Client().get(f"/api/v1/files/{enterprise.uscc}").status_code == 404


@pytest.mark.requirement("ARC-05.2")
def test_an_approved_archive_shows_it_with_source_and_fetch_time(enterprise: Enterprise, judge: Actor) -> None:
    publish(enterprise, judge)
    [record] = said(enterprise)
    fetched = records.snapshot(uscc=enterprise.uscc)
    assert fetched
    assert record["source"]["unit"] == registered.UNIT
    assert record["source"]["collected_at"][:10] == fetched[1].date().isoformat()
    assert record["content"]["name"] == enterprise.name
    assert "2018-03-01" in str(record["content"]["term"])
    page = Client().get(f"/files/{enterprise.uscc}").content.decode()
    assert registered.UNIT in page
    assert "取得时间" in page
    assert Event.objects.filter(kind="record.published", version_id=record["version_id"]).exists()


def test_what_has_not_changed_keeps_its_version_and_what_has_gets_a_new_one(enterprise: Enterprise, judge: Actor) -> None:
    publish(enterprise, judge)
    [first] = said(enterprise)
    with clock.at(clock.now() + timedelta(days=3)):
        publish(enterprise, judge)
        assert [record["version_id"] for record in said(enterprise)] == [first["version_id"]]
    move(enterprise, "浙江省杭州市余杭区新街9号")
    with clock.at(clock.now() + timedelta(days=6)):
        publish(enterprise, judge)
        [moved] = said(enterprise)
    assert moved["version_id"] != first["version_id"]
    assert moved["content"]["address"] == "浙江省杭州市余杭区新街9号"
    assert Version.objects.get(version_id=first["version_id"]).end_reason == "corrected"


@pytest.mark.requirement("ARC-05.3")
def test_a_register_that_is_down_holds_nothing_up(judge: Actor, settings: Any) -> None:
    settings.REGISTER_FAULT = "down"
    enterprise = people.approved(by=judge)
    assert not records.government_records(enterprise_id=enterprise.id, by=enterprise.actor)
    settings.REGISTER_FAULT = ""
    filing = people.submitted(enterprise)
    settings.REGISTER_FAULT = "down"
    with clock.at(clock.now() + timedelta(days=3)):
        people.decide(filing, "approved", judge)
    [record] = said(enterprise)
    assert record["content"]["legal_representative"] == "张澜"


def test_a_department_that_supplies_the_group_itself_stands_alone(enterprise: Enterprise, judge: Actor) -> None:
    publish(enterprise, judge)
    [first] = said(enterprise)
    row = {
        "subject_uscc": enterprise.uscc,
        "source_unit": "市场监管总局（演示）",
        "source_record_no": "A-1",
        "collected_on": clock.today().isoformat(),
        "name": enterprise.name,
        "uscc": enterprise.uscc,
        "type": "有限责任公司",
        "legal_representative": "张澜",
        "capital_wan": "500",
        "established_on": "2018-03-01",
        "term": "2018-03-01..长期",
        "authority": "杭州市余杭区市场监督管理局",
        "approved_on": "2024-05-06",
        "status": "存续（在营、开业、在册）",
        "address": "浙江省杭州市余杭区示例路1号",
        "scope": "网上销售：农产品、日用百货。",
    }
    assert not importing.run(group="G01", data=table(row), by=BY).faults
    [record] = said(enterprise)
    assert record["source"]["unit"] == "市场监管总局（演示）"
    assert Version.objects.get(version_id=first["version_id"]).end_reason == "replaced"
    assert Event.objects.filter(kind="record.ended", version_id=first["version_id"]).exists()
    with clock.at(clock.now() + timedelta(days=3)):
        publish(enterprise, judge)
        assert [r["version_id"] for r in said(enterprise)] == [record["version_id"]]


def test_what_does_not_keep_to_the_rules_is_left_out(enterprise: Enterprise) -> None:
    entry = {"name": "甲乙丙", "uscc": enterprise.uscc, "capital_wan": "很多", "established_on": "2999-01-01", "status": "不明"}
    record = registered.record_of(entry=entry, uscc=enterprise.uscc, fetched_at=clock.now())
    assert record.public_content is not None
    assert record.public_content["name"] == "甲乙丙"
    assert not {"capital_wan", "established_on", "status"} & set(record.content)
