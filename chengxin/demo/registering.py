"""Voluntary records of the stories: signed for, filled in, proved with a drawn picture, decided, all by the real actions (D-56).

Each step may be done twice: a record that is there already, or a step that it has passed, stays as it is.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Field, Group
from chengxin.demo import guards, pictures
from chengxin.demo.reading import Story
from chengxin.filings import lifecycle, voluntary_queries
from chengxin.filings import queries as filing_queries
from chengxin.filings.voluntary_queries import Mine
from chengxin.flow import review
from chengxin.flow import voluntary as flow
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor

ASSURANCE = "e_licence"
PROOF = "proof"
PRINTED = ("text", "date", "until", "money", "number", "integer")
MOST_PRINTED = 7
"""Lines of a record that its drawn proof repeats."""


def _filer(story: Story) -> Actor:
    """Who registers for the enterprise, logged in with its electronic licence."""
    enterprise = identity.enterprise_by_uscc(story.uscc)
    account = identity.administrator_of(enterprise.id) if enterprise else None
    assert account is not None
    return identity.actor_for(account, ASSURANCE)


def _found(story: Story, more: Mapping[str, Any], by: Actor) -> Mine | None:
    """The story's record with these answers, in whatever state."""
    assert by.enterprise_id is not None
    rows = voluntary_queries.mine(enterprise_id=by.enterprise_id, form_id=f"voluntary/{more['item']}", by=by).rows
    told = _told(story, more)
    return next((row for row in rows if all(row.answers.get(code) == text for code, text in told.items())), None)


def _told(story: Story, more: Mapping[str, Any]) -> dict[str, str]:
    """What the story says in the record that a step names."""
    return dict(story.voluntary[more["record"]])


def sign(story: Story, _more: Mapping[str, Any]) -> None:
    """Read and sign the commitment of voluntary registration."""
    by = _filer(story)
    if not flow.signed(by=by):
        flow.sign(version=catalogue.commitment(flow.COMMITMENT).version, ticked=True, by=by)


def save(story: Story, more: Mapping[str, Any]) -> UUID:
    """Fill a record in and save it with its proof: a draft."""
    by, told = _filer(story), _told(story, more)
    guards.require_fictitious(told)
    there = _found(story, more, by)
    if there is not None:
        return there.filing.id
    filing = flow.open_new(form_id=f"voluntary/{more['item']}", by=by)
    (group,) = catalogue.version(filing.form_version).groups
    at = f"{group.code}/{voluntary_queries.row_of(filing.id, {})}"
    body = _drawn(story, group, told)
    kept = flow.upload(filing_id=filing.id, path=f"{at}/{PROOF}", stream=io.BytesIO(body), name=f"{more['record']}.jpg", by=by)
    draft = filing_queries.draft(filing_id=filing.id, by=by)
    changes: dict[str, str | None] = {f"{at}/{code}": text for code, text in {**told, PROOF: kept.sha256}.items()}
    flow.save(filing_id=filing.id, base_rev=draft.rev, changes=changes, by=by)
    return filing.id


def _drawn(story: Story, group: Group, told: Mapping[str, str]) -> bytes:
    """A certificate that says what the record says."""
    lines = [(str(f.label)[:8], _printed(f, told[f.code])) for f in group.fields if f.code in told and f.kind in PRINTED]
    rows = [("单位名称", story.name), ("信用代码", story.uscc), *lines[:MOST_PRINTED], ("说　明", "演示样张，内容均为虚构")]
    return pictures.licence(title=f"{group.title}证明", rows=rows)


def _printed(field: Field, text: str) -> str:
    return f"{text}{field.unit}" if field.unit else text


def hand_in(story: Story, more: Mapping[str, Any]) -> None:
    """Fill a record in and submit it: 发布中."""
    filing_id, by = save(story, more), _filer(story)
    filing = filing_queries.one(filing_id=filing_id, by=by)
    if filing.state == lifecycle.DRAFT:
        flow.submit(filing_id=filing_id, key=str(uuid4()), though_alike=True, though_held=True, by=by)


def approve(story: Story, more: Mapping[str, Any]) -> None:
    """The reviewer publishes it."""
    _decide(story, more, "approved", "")


def reject(story: Story, more: Mapping[str, Any]) -> None:
    """The reviewer refuses it with a reason."""
    _decide(story, more, "rejected", more["opinion"])


def _decide(story: Story, more: Mapping[str, Any], outcome: str, opinion: str) -> None:
    found = _found(story, more, _filer(story))
    if found is None or found.filing.state != lifecycle.SUBMITTED:
        return
    filing = found.filing
    agency = identity.competent_agency(division_code=filing.division_code, form=filing.form_id)
    reviewer = identity.actor_for(identity.reviewers_of(agency.id)[0], "password")
    review.open_item(filing_id=filing.id, by=reviewer)
    review.decide_filing(filing_id=filing.id, round=filing.round, outcome=outcome, opinion=opinion, by=reviewer)


def withdraw(story: Story, more: Mapping[str, Any]) -> None:
    """The enterprise takes it back before it is decided."""
    by = _filer(story)
    found = _found(story, more, by)
    if found is not None and found.filing.state == lifecycle.SUBMITTED:
        flow.withdraw(filing_id=found.filing.id, by=by)


DOES: dict[str, Callable[[Story, Mapping[str, Any]], object]] = {
    "voluntary_sign": sign,
    "voluntary_save": save,
    "voluntary_hand_in": hand_in,
    "voluntary_approve": approve,
    "voluntary_reject": reject,
    "voluntary_withdraw": withdraw,
}
