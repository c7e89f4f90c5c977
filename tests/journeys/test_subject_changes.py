"""Subjects live on: 更名, 法定代表人, 住所, 类型, 注销/吊销, each carried out in one transaction (D-10)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from chengxin.catalogue import queries as catalogue
from chengxin.filings import queries as filings
from chengxin.filings.models import Filing
from chengxin.flow import archive
from chengxin.records import consistency
from chengxin.records import queries as records
from tests.journeys import enterprises as people
from tests.journeys.enterprises import Enterprise
from tests.journeys.test_wrong_data import answers, hidden, objected, paper, published, shown_once

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "杭州新澜序电子商务有限公司"


def applied(firm: Enterprise, kind: str, **values: str) -> Any:
    """A change handed in over HTTP."""
    browser, url = firm.client(), f"/workbench/changes/new?kind={kind}"
    kept = hidden(browser.get(url))
    said = answers("subject_change", kept["_row"], changed_on="2026-01-05", source="余杭区市场监督管理局《登记通知书》", **values)
    return browser.post(url, {**kept, **said, f"subject_change/{kept['_row']}/licence.new": paper(f"licence-{uuid4().hex[:6]}")})


def handed_in(firm: Enterprise, filing_id: UUID) -> None:
    """An update of the archive, signed and handed in."""
    archive.sign(filing_id=filing_id, ticked=True, version=catalogue.commitment(archive.COMMITMENT).version, by=firm.actor)
    archive.submit(filing_id=filing_id, key=archive.new_row(), by=firm.actor)


def decided(firm: Enterprise, outcome: str = "approved", answer: str = "") -> Any:
    """The newest change, decided over HTTP by a national reviewer."""
    filing = Filing.objects.get(enterprise_id=firm.id, kind="subject_change", state="submitted")
    desk = people.signed_in(people.reviewer().id)
    assert desk.get(f"/desk/{filing.id}", follow=True).status_code == 200
    return desk.post(f"/desk/changes/{filing.id}/decide", {"outcome": outcome, "answer": answer})


def document(firm: Enterprise) -> dict[str, Any]:
    return records.document(uscc=firm.uscc)


def basics(firm: Enterprise) -> dict[str, Any]:
    return next(r for r in document(firm)["records"] if r["group"] == "S01")


def test_a_new_name_stands_in_file_search_account_and_draft_at_once_and_the_former_one_is_found() -> None:
    firm, other = published(), people.approved(by=people.reviewer())
    taken = applied(firm, "rename", name=other.name)
    assert taken.status_code == 422 and "企业名称已被注册" in taken.content.decode() and "licence" in taken.content.decode()
    draft = archive.open_archive(by=firm.actor)
    done = applied(firm, "rename", name=NEW)
    assert done.status_code == 200, done.content.decode()[-2500:]
    shown_once(done)
    assert applied(firm, "rename", name=f"{NEW}二").status_code == 409
    version = basics(firm)["version_id"]
    assert decided(firm).status_code == 302
    found = document(firm)
    assert (found["name"], found["former_names"], found["uscc"]) == (NEW, [firm.name], firm.uscc)
    assert basics(firm)["content"]["name"] == NEW and basics(firm)["version_id"] != version
    page = Client().get(f"/files/{firm.uscc}").content.decode()
    assert "曾用名" in page and firm.name in page
    hits = Client().get("/api/v1/files", {"q": firm.name}).json()["items"]
    assert [(hit["name"], hit["why"]) for hit in hits if hit["uscc"] == firm.uscc] == [(NEW, f"曾用名：{firm.name}")]
    said = filings.draft(filing_id=draft.id, by=firm.actor).answers
    assert [value for path, value in said.items() if path.startswith("S01/") and path.endswith("/name")] == [NEW]
    assert NEW in firm.client().get("/workbench").content.decode()
    handed_in(firm, draft.id)
    people.decide(draft.id, "approved", people.reviewer())
    assert (document(firm)["name"], document(firm)["former_names"]) == (NEW, [firm.name])
    assert consistency.differing_files() == [] and consistency.unfound_files() == []


def test_a_name_taken_meanwhile_is_refused_at_the_decision_and_nothing_changes() -> None:
    firm = published()
    assert applied(firm, "rename", name=NEW).status_code == 200
    people.registered(name=NEW)
    assert decided(firm).status_code == 409
    assert document(firm)["name"] == firm.name
    refused = decided(firm, "rejected")
    assert refused.status_code == 422
    assert decided(firm, "rejected", "名称已被其他企业使用。").status_code == 302


def test_representative_and_region_follow_and_the_former_unit_reviews_the_move() -> None:
    firm = published(division="330110")
    assert applied(firm, "representative", legal_representative="赵序").status_code == 200
    assert decided(firm).status_code == 302
    assert basics(firm)["content"]["legal_representative"] == "赵序"
    shenzhen = {"division.1": "440000", "division.2": "440300", "division.3": "440305"}
    moved = applied(firm, "move", address="深圳市南山区示例路9号", **shenzhen)
    assert moved.status_code == 200, moved.content.decode()[-2500:]
    filing = Filing.objects.get(enterprise_id=firm.id, kind="subject_change", state="submitted")
    assert filing.division_code == "330110"
    assert decided(firm).status_code == 302
    found = document(firm)
    assert found["division"] == "440305" and found["division_name"].endswith("南山区") and basics(firm)["content"]["division"] == "440305"
    hits = Client().get("/api/v1/files", {"division": "440300"}).json()["items"]
    assert firm.uscc in [hit["uscc"] for hit in hits]


def test_a_deregistration_freezes_the_file_with_day_and_source_and_ends_what_was_open() -> None:
    firm = published()
    item = document(firm)["records"][0]
    objected(firm, item)
    update = archive.open_archive(by=firm.actor)
    handed_in(firm, update.id)
    assert applied(firm, "end", ended_as="deregistered").status_code == 200
    kept = document(firm)["records"]
    assert decided(firm).status_code == 302
    found = document(firm)
    assert found["marks"] == ["已注销（2026年1月5日，来源：余杭区市场监督管理局《登记通知书》）"]
    assert found["records"] == kept and "disputed" not in found
    assert "已注销（2026年1月5日" in Client().get(f"/files/{firm.uscc}").content.decode()
    states = dict(Filing.objects.filter(enterprise_id=firm.id).values_list("kind", "state").exclude(id=update.id))
    closed = filings.one(filing_id=update.id, by=firm.actor)
    assert (closed.state, closed.opinion) == ("closed", "主体已注销，未办结事项终止。")
    assert states["objection"] == "closed" and states["subject_change"] == "approved"
    browser = firm.client()
    assert browser.post("/workbench/archive/update").status_code == 409
    assert "已终止" in browser.get("/workbench/messages").content.decode()
    assert applied(firm, "rename", name=NEW).status_code == 409
    assert Client().get(f"/files/{firm.uscc}.pdf").status_code == 200
