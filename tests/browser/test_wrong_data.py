"""The pages of objections, reports of errors, changes of subjects and impostors, as people see them (D-09 to D-11, D-54)."""

from __future__ import annotations

import io
from uuid import uuid4

import pytest
from playwright.sync_api import Browser

from chengxin.filings.models import Filing
from chengxin.flow import cases, impostors, subjects, wrongdata
from chengxin.identity.values import Actor
from chengxin.records import queries as records
from tests.browser.live import SIZES, good, visitor
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.enterprises import Enterprise

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def handed_in(group: str, proof: str, **values: str) -> tuple[dict[str, str], list[tuple[str, object]]]:
    """Answers of a case with one file."""
    row = uuid4()
    stored = cases.take_file(stream=io.BytesIO(people.picture(f"{group}{row}")), name="proof.jpg", slot="case", network="192.0.2.1")
    path = f"{group}/{row}/{proof}"
    return {**{f"{group}/{row}/{code}": value for code, value in values.items()}, path: stored.sha256}, [(path, stored)]


def opened(firm: Enterprise, judge: Actor) -> list[str]:
    """One open case of each kind; their pages at the desk."""
    shown = records.document(uscc=firm.uscc)["records"]
    said, files = handed_in("objection", "proof", kind="content", text="登记机关名称有误，请见证明材料。")
    wrongdata.object_to(version_id=shown[0]["version_id"], answers=said, files=files, key="look-1", by=firm.actor)  # type: ignore[arg-type]
    values = {"kind": "rename", "name": "杭州新澜序电子商务有限公司", "changed_on": "2026-01-05", "source": "余杭区市场监督管理局"}
    said, files = handed_in("subject_change", "licence", **values)
    subjects.hand_in(answers=said, values=values, files=files, key="look-2", by=firm.actor)  # type: ignore[arg-type]
    said, files = handed_in("impostor", "licence", uscc=firm.uscc, statement="本单位从未注册。", contact="13900001234")
    impostors.claim(answers=said, uscc=firm.uscc, files=files, key="look-3", network="192.0.2.1")  # type: ignore[arg-type]
    found = {filing.kind: filing.id for filing in Filing.objects.filter(state="submitted")}
    pages = {"objection": "cases", "subject_change": "changes", "impostor": "impostors"}
    return [f"/desk/{pages[kind]}/{found[kind]}" for kind in pages]


def taken_down(firm: Enterprise, judge: Actor) -> str:
    """A request to take a voluntary record down; its page at the desk."""
    owner = voluntary.Registrant(firm.account_id, firm.id, firm.uscc, firm.name)
    voluntary.sign(owner)
    filing_id = voluntary.published(owner, by=judge)
    asked = voluntary.flow.ask_takedown(filing_id=filing_id, reason="捐赠项目已结束，不再公示。", key="look-4", by=owner.actor)
    return f"/desk/takedowns/{asked.filing_id}"


def test_every_page_of_wrong_data_is_good_on_a_desk_and_on_a_phone(browser: Browser, origin: str) -> None:
    judge = people.reviewer()
    firm = people.approved(by=judge)
    people.decide(people.submitted(firm), "approved", judge)
    shown = records.document(uscc=firm.uscc)["records"]
    desk = opened(firm, judge)
    own = [f"/workbench/objections/of/{shown[1]['version_id']}", "/workbench/changes/new?kind=move", "/workbench/cases"]
    own.append(f"/workbench/cases/{Filing.objects.get(kind='objection').id}")
    at = f"/files/{firm.uscc}"
    people_and_pages = (
        (None, [at, f"{at}/{shown[1]['version_id']}/report", "/progress", "/impostor", "/objections"]),
        (firm.client(), own),
        (people.signed_in(judge.id), ["/desk", *desk, taken_down(firm, judge)]),  # type: ignore[arg-type]
    )
    for client, pages in people_and_pages:
        context = visitor(browser, origin, client)
        page = context.new_page()
        for address in pages:
            answer = page.goto(address)
            assert answer and answer.status == 200, address
            for size in SIZES:
                page.set_viewport_size(size["viewport"])  # type: ignore[arg-type]
                good(page, "wrong-" + address.strip("/").split("?")[0].replace("/", "-")[:50])
        context.close()
