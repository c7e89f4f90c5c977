"""Stories of wrong data, of subjects that change and of impostors, told by the platform's own commands; each step may be told twice."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.demo import pictures, setting_up
from chengxin.demo.reading import Story
from chengxin.filings import cases, lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.files import Stored
from chengxin.filings.values import FilingView
from chengxin.flow import cases as case_flow
from chengxin.flow import impostors, subjects, wrongdata
from chengxin.gateways import market_register
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor, EnterpriseView
from chengxin.records import queries as records

BY = Actor.system("demo")
NETWORK = "demo"


def objects(*, story: Story, more: Mapping[str, Any], by: Actor) -> None:
    """异议申请 to the newest published record of a group."""
    shown = records.document(uscc=story.uscc)["records"]
    item = next(record for record in shown if record["group"] == more["group"])
    answers, files = _page(wrongdata.OBJECTION_FORM, story, {"kind": more["kind"], "text": more["text"]}, proof="proof")
    wrongdata.object_to(version_id=item["version_id"], answers=answers, files=files, key=_key(story, "object"), by=by)


def applies(*, story: Story, more: Mapping[str, Any], by: Actor) -> None:
    """主体信息变更 handed in, with a drawn licence; the register already says so."""
    values = {**more, "changed_on": clock.today().isoformat()}
    answers, files = _page(subjects.FORM, story, values, proof="licence")
    subjects.hand_in(answers=answers, values=values, files=files, key=_key(story, "apply"), by=by)
    if "name" in more:
        row = {"uscc": story.uscc, "name": more["name"], **story.register}
        market_register.load_local([setting_up.register_row(row)])


def change_approved(*, story: Story) -> None:
    """The change is approved by the unit competent for it."""
    filing = _newest(story, subjects.KIND)
    if filing.state == lifecycle.SUBMITTED:
        subjects.decide(filing_id=filing.id, outcome="approved", opinion="", by=clerk(filing))


def claims(*, story: Story, more: Mapping[str, Any]) -> None:
    """冒名注册申诉 of a stranger against the account."""
    values = {"uscc": story.uscc, "statement": more["text"], "contact": more["phone"]}
    answers, files = _page(impostors.FORM, story, values, proof="licence")
    impostors.claim(answers=answers, uscc=story.uscc, files=files, key=_key(story, "claim"), network=NETWORK)


def accepted(*, story: Story) -> None:
    """The claim is taken up: the account is frozen, the file marked."""
    earlier = cases.handed_in_before(kind=impostors.KIND, key=_key(story, "claim"), by=Actor.nobody())
    assert earlier is not None
    filing = filings.one(filing_id=earlier.filing_id, by=BY)
    if cases.one(filing_id=filing.id, by=BY).accepted_at is None:
        impostors.accept(filing_id=filing.id, by=clerk(filing))


def _page(form_id: str, story: Story, values: Mapping[str, str], *, proof: str) -> tuple[dict[str, str], list[tuple[str, Stored]]]:
    """What a person fills in on the page of a case, with one drawn file."""
    form = catalogue.current(form_id)
    row = uuid5(NAMESPACE_URL, _key(story, form_id))
    group = form.groups[0]
    path = f"{group.code}/{row}/{proof}"
    body = pictures.proof(title=str(group.title), name=story.name, number=story.uscc)
    stored = case_flow.take_file(stream=io.BytesIO(body), name=f"{proof}.jpg", slot="case", network=NETWORK)
    known = {f"{group.code}/{row}/{code}": value for code, value in values.items() if group.field(code)}
    return {**known, path: stored.sha256}, [(path, stored)]


def _newest(story: Story, kind: str) -> FilingView:
    found = filings.latest(enterprise_id=_firm(story).id, kind=kind, by=BY)
    assert found is not None
    return found


def _firm(story: Story) -> EnterpriseView:
    found = identity.enterprise_by_uscc(story.uscc)
    assert found is not None
    return found


def clerk(filing: FilingView) -> Actor:
    """Somebody of the unit with whom the case lies."""
    return identity.actor_for(identity.reviewers_of(filings.unit(filing).id)[0], "password")


def _key(story: Story, step: str) -> str:
    """The one-time key of a page that a story fills in: the same each time it is told."""
    return f"demo:{story.story}:{step}"[:64]
