"""A voluntary record at the desk: the text of its proof against what was typed, and what stands near it (VOL-21, VOL-26)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.catalogue import answers as paths
from chengxin.catalogue.values import Form
from chengxin.filings import lifecycle, voluntary_queries
from chengxin.filings import queries as filings
from chengxin.filings.values import FilingView
from chengxin.identity.values import Actor, EnterpriseView
from chengxin.ocr import matching, queries, rules
from chengxin.ocr.values import DIFFERS, FAILED, FOUND, WAITING, Finding, Line
from chengxin.ocr.values import Reading as Read
from chengxin.web.reading import Change, Reading

KIND = "voluntary"


@dataclass(frozen=True)
class Box:
    """A place in a picture, in parts of a hundred as an SVG attribute wants them."""

    left: str
    top: str
    width: str
    height: str
    verdict: str


@dataclass(frozen=True)
class Row:
    """One typed value beside what the picture shows."""

    path: str
    label: str
    typed: str
    verdict: str
    seen: str


@dataclass(frozen=True)
class Proof:
    """The comparison; `note` says why there is none."""

    note: str
    rows: tuple[Row, ...]
    boxes: Mapping[UUID, tuple[Box, ...]]

    @property
    def differing(self) -> int:
        """How many typed values the picture contradicts."""
        return sum(row.verdict == DIFFERS for row in self.rows)


@dataclass(frozen=True)
class Twin:
    """A record that says nearly the same, with what differs."""

    filing: FilingView
    state: str
    changes: Sequence[Change]


def beside(*, filing: FilingView, form: Form, answers: Mapping[str, str], enterprise: EnterpriseView, by: Actor) -> dict[str, Any]:
    """What the item's page shows of a voluntary record only."""
    return {
        "proof": proof(filing=filing, form=form, answers=answers, enterprise=enterprise, by=by),
        "twins": _twins(filing, form, answers, by) if filing.state == lifecycle.SUBMITTED else [],
        "revised": filing.revises_id,
    }


def proof(*, filing: FilingView, form: Form, answers: Mapping[str, str], enterprise: EnterpriseView, by: Actor) -> Proof:
    """The text of all pictures against what was typed; it advises, the reviewer decides."""
    read = list(queries.of(filing_id=filing.id, by=by).values())
    lines = [(line, each.attachment_id) for each in read for line in each.lines]
    if not lines:
        return Proof(_why_nothing(read), (), {})
    names = (_("企业名称"), _("统一社会信用代码"))
    expected = matching.wanted(form=form, answers=answers, labels=names, name=enterprise.name, uscc=enterprise.uscc)
    findings = rules.compare(expected, [line for line, _file in lines])
    return Proof("", tuple(_row(each) for each in findings), _boxes(findings, lines))


def _why_nothing(read: Sequence[Read]) -> str:
    states = {each.state for each in read}
    if not read or WAITING in states:
        waits = _("证明附件的文字正在识别，稍后刷新可见；不影响审核。")
        return waits if queries.is_on() else _("本系统未启用附件文字识别，请直接对照附件核对。")
    return _("附件文字未能识别，请直接对照附件核对。") if FAILED in states else _("附件中没有识别到文字，请直接对照附件核对。")


def _row(each: Finding) -> Row:
    return Row(each.expected.path, each.expected.label, each.expected.value, each.verdict, _("、").join(each.seen))


def _boxes(findings: Sequence[Finding], lines: Sequence[tuple[Line, UUID]]) -> dict[UUID, tuple[Box, ...]]:
    """Where each finding stands; a line that shows one value and contradicts another is shown as what it shows."""
    verdicts: dict[int, str] = {}
    for each in findings:
        for n in each.lines:
            if verdicts.get(n) != FOUND:
                verdicts[n] = each.verdict
    found: dict[UUID, list[Box]] = {}
    for n, verdict in sorted(verdicts.items()):
        line, file = lines[n]
        box = Box(_percent(line.left), _percent(line.top), _percent(line.width), _percent(line.height), verdict)
        found.setdefault(file, []).append(box)
    return {file: tuple(boxes) for file, boxes in found.items()}


def _percent(part: float) -> str:
    return f"{100 * part:.2f}"


def _twins(filing: FilingView, form: Form, answers: Mapping[str, str], by: Actor) -> list[Twin]:
    """Records that stand beside this one and say nearly the same, with the differences side by side."""
    row = voluntary_queries.row_of(filing.id, answers)
    found = []
    for twin in voluntary_queries.twins(filing_id=filing.id, by=by):
        said = filings.submission(filing_id=twin.id, by=by)
        theirs = _in_row(said.answers, row) if said else {}
        changes = Reading(form=form, answers=answers, former=theirs, remarks=(), files=()).changes()
        found.append(Twin(twin, lifecycle.label(kind=KIND, state=twin.state), [each for each in changes if each.before or each.after]))
    return found


def _in_row(answers: Mapping[str, str], row: str) -> dict[str, str]:
    """The answers of another record as if they stood in this one's row."""
    parts = {path: paths.split(path) for path in answers}
    return {f"{split[0]}/{row}/{split[2]}": answers[path] for path, split in parts.items() if split}
