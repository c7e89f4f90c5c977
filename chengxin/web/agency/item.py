"""One item: differences first, papers beside the typed data, remarks on any field, the decision (D-37)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue import rules as catalogue_rules
from chengxin.catalogue.values import Form
from chengxin.common import clock
from chengxin.common.errors import NotFound
from chengxin.filings import bulk, corrections, handing, inbox, lifecycle, phrases, secondlooks
from chengxin.filings import queries as filings
from chengxin.filings.values import AttachmentView, DecisionView, FilingView, RemarkView, SubmissionView
from chengxin.flow import handlers, review
from chengxin.identity import policy
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor, EnterpriseView
from chengxin.web import components
from chengxin.web.agency import differences, proofs, words
from chengxin.web.forms import control_id
from chengxin.web.reading import Reading
from chengxin.web.session import Request, agency_only

CORRECTED = {
    corrections.APPROVAL: gettext_lazy("纠正审核（%(first)s提出，%(second)s复核）"),
    corrections.RECORD: gettext_lazy("撤销虚假信息（%(first)s提出，%(second)s复核）"),
}
PHRASES_SHOWN = 9  # as many as there are keys


@dataclass(frozen=True)
class Typed:
    """A remark that was refused: it is shown again where it was typed."""

    path: str = ""
    text: str = ""
    errors: tuple[str, ...] = ()


@require_safe
@agency_only("reviewer", "supervisor")
def show(request: Request, filing_id: UUID) -> HttpResponse:
    """The item as handed in; opening it claims it for 15 minutes."""
    kind = filings.one(filing_id=filing_id, by=request.actor).kind
    if kind in words.CASE_PAGES:
        return redirect(words.CASE_PAGES[kind], filing_id)
    context = page(filing_id=filing_id, by=request.actor)
    context["done"] = words.OUTCOMES.get(request.GET.get("done", ""), "")
    return render(request, "agency/item.html", context)


def page(
    *,
    filing_id: UUID,
    by: Actor,
    opinion: str = "",
    errors: Mapping[str, list[str]] | None = None,
    typed: Typed | None = None,
) -> dict[str, Any]:
    """Everything the item's page shows; also used when something was refused, so that nothing typed is lost."""
    whole = filings.whole(filing_id=filing_id, by=by)
    filing, submission = whole.filing, whole.submission
    if submission is None or filing.enterprise_id is None:
        raise NotFound(_("该填报尚未提交。"))
    decidable = filing.state == lifecycle.SUBMITTED and inbox.may_review(filing=filing, by=by)
    if decidable:
        review.open_item(filing_id=filing_id, by=by)
    review.note_reading(filing_id=filing_id, by=by)
    enterprise = identity.enterprise(filing.enterprise_id)
    reading, corrected = _reading(whole, submission, enterprise, by), corrections.of(filing_id=filing_id, by=by)
    assembled = assembled_opinion(reading.remarks, filing.round)
    record: dict[str, Any] = {}
    if _is_record(filing):
        record = proofs.beside(filing=filing, form=reading.form, answers=submission.answers, enterprise=enterprise, by=by)
    return {
        "filing": filing,
        "kind_label": words.item_label(filing.kind, reading.form),
        "enterprise": enterprise,
        "division": "".join(enterprise.division_path),
        "sections": reading.sections(),
        "changes": reading.changes(),
        "has_former": reading.former is not None,
        "differences": differences.against_register(form=reading.form, enterprise=enterprise, submission=submission),
        **_papers(filing, reading, submission, boxes=record["proof"].boxes if record else {}),
        "decidable": decidable,
        "claimed_by": inbox.claimed_by(filing_id=filing_id, by=by) if decidable else "",
        "assembled": assembled,
        "opinion": opinion or assembled,
        "errors": errors or {},
        "typed": typed or Typed(),
        "problems": _problems(errors or {}, typed),
        "keys": keys(),
        **record,
        **_standing(filing),
        **_correcting(filing, corrected, by),
        **_beside(filing, enterprise, by, moments(filing, whole.decisions, corrected), decidable=decidable),
    }


def _standing(filing: FilingView) -> dict[str, Any]:
    """Where the item waits and how long there is for it."""
    return {
        "state_label": lifecycle.label(kind=filing.kind, state=filing.state),
        "unit": filings.unit(filing).name if filing.state == lifecycle.SUBMITTED else "",
        "bulk_at": bulk.waiting_at(filing_id=filing.id),
        "left": words.time_left(filing.due_at - clock.now()) if filing.due_at else "",
        "overdue": bool(filing.due_at and filing.due_at < clock.now()),
    }


def _beside(filing: FilingView, enterprise: EnterpriseView, by: Actor, past: list[components.Moment], *, decidable: bool) -> dict[str, Any]:
    """Phrases, to whom the item may be handed, a second look that waits for this person, and what happened so far."""
    handed, looks = handing.of(filing_id=filing.id, by=by), secondlooks.of(filing_id=filing.id, by=by)
    kept = [each.text for each in phrases.kept(by=by, kind=filing.kind)] if decidable else []
    mine = {each.id for each in secondlooks.waiting(by=by)} if "reviewer" in by.roles else set()
    return {
        "phrases": list(enumerate(words.phrases(filing.kind, enterprise, kept)[:PHRASES_SHOWN], start=1)),
        "targets": handing.targets(filing=filing, by=by) if decidable else handing.Targets(),
        "handed": [each for each in handed if each.round == filing.round][-1:] if filing.state == lifecycle.SUBMITTED else [],
        "look": next((each for each in looks if each.id in mine), None),
        "moments": sorted([*past, *trace(handed, looks)], key=lambda moment: moment.at or clock.now(), reverse=True),
    }


def trace(handed: Sequence[handing.HandOverView], looks: Sequence[secondlooks.LookView]) -> list[components.Moment]:
    """Hand-overs and second looks as points of the timeline."""
    found = [
        components.Moment(title=_("%(by)s 转交 %(to)s") % {"by": each.by_name, "to": each.to_name}, at=each.at, text=each.reason)
        for each in handed
    ]
    results = {secondlooks.AGREES: (_("一致"), "good"), secondlooks.DIFFERS: (_("不一致"), "bad")}
    for each in looks:
        if each.result:
            word, tone = results[each.result]
            title = _("抽查复核：%(result)s（%(name)s）") % {"result": word, "name": each.by_name}
            found.append(components.Moment(title=title, at=each.looked_at, text=each.reason, tone=tone))
    return found


def _reading(whole: filings.Whole, submission: SubmissionView, enterprise: EnterpriseView, by: Actor) -> Reading:
    return Reading(
        form=worded(whole.filing, enterprise, submission.answers),
        answers=submission.answers,
        former=former_answers(whole.filing, by),
        remarks=whole.remarks,
        files=[file for file in whole.files if file.state == "bound"],
        round=whole.filing.round,
    )


def _problems(errors: Mapping[str, list[str]], typed: Typed | None) -> list[tuple[str, str]]:
    found = [(f"f-{name}", text) for name, texts in errors.items() for text in texts]
    if typed is not None:
        found += [(f"r-{control_id(typed.path)}", text) for text in typed.errors]
    return found


def worded(filing: FilingView, enterprise: EnterpriseView, answers: Mapping[str, str]) -> Form:
    """The form in the words of this kind of subject (D-12)."""
    form = catalogue.version(filing.form_version)
    subject = catalogue_rules.subject_of(form, uscc=enterprise.uscc, company_type=review.company_type(answers))
    return catalogue_rules.for_subject(form, subject)


def _is_record(filing: FilingView) -> bool:
    return filing.kind == proofs.KIND


def former_answers(filing: FilingView, by: Actor) -> Mapping[str, str] | None:
    """What was handed in the round before, or what is in force and is to be replaced; None for a first one."""
    if filing.revises_id is not None:
        revised = filings.submission(filing_id=filing.revises_id, by=by)
        return revised.answers if revised else None
    if filing.round > 1:
        former = filings.submission(filing_id=filing.id, by=by, round=filing.round - 1)
        return former.answers if former else None
    if _is_record(filing) or filing.enterprise_id is None:
        return None
    in_force = filings.approved(enterprise_id=filing.enterprise_id, kind=filing.kind)
    if in_force is None or in_force.id == filing.id:
        return None
    former = filings.submission(filing_id=in_force.id, by=by)
    return former.answers if former else None


def papers(
    form: Form, files: Sequence[AttachmentView], *, boxes: Mapping[UUID, Sequence[proofs.Box]] = MappingProxyType({})
) -> list[dict[str, Any]]:
    """Every file with its pages as sheets, numbered through, for the viewer; `boxes` are marks on a file's first page."""
    labels = {(group.code, f.code): str(f.label) for group in form.groups for f in group.fields}
    several = Counter(file.path for file in files)
    found, number = [], 0
    for file in files:
        group, _row, code = file.path.split("/")
        label = labels.get((group, code), "")
        sheets = []
        for at in range(1, file.pages + 1):
            number += 1
            alt = _("%(label)s %(name)s 第%(page)d页") % {"label": label, "name": file.name, "page": at}
            marks = boxes.get(file.id, ()) if at == 1 else ()
            sheets.append({"number": number, "page": at, "url": f"/files-of/{file.id}/{at}.png", "alt": alt, "marks": marks})
        found.append({"file": file, "label": label, "sheets": sheets, "several": several[file.path] > 1})
    return found


def _papers(
    filing: FilingView, reading: Reading, submission: SubmissionView, *, boxes: Mapping[UUID, Sequence[proofs.Box]]
) -> dict[str, Any]:
    """The files, and after them the paper on which a handler handed the filing in (VOL-03)."""
    found = papers(reading.form, reading.files, boxes=boxes)
    acted = handlers.acted_on(filing=filing, submission=submission)
    if acted is None:
        return {"papers": found, "acted": None}
    label, first = _("经办人授权文件"), 1 + sum(len(paper["sheets"]) for paper in found)
    sheets = []
    for at in range(1, acted.paper.pages + 1):
        alt = _("%(label)s %(name)s 第%(page)d页") % {"label": label, "name": acted.paper.name, "page": at}
        url = f"/desk/{filing.id}/authorisation/{at}.png"
        sheets.append({"number": first + at - 1, "page": at, "url": url, "alt": alt, "marks": ()})
    paper = {"file": acted.paper, "label": label, "sheets": sheets, "several": False, "fixed": True}
    return {"papers": [*found, paper], "acted": acted, "acted_sheet": first}


@require_safe
@agency_only("reviewer", "supervisor")
def authorisation(request: Request, filing_id: UUID, number: int) -> HttpResponse:
    """One page of the paper on which a handler handed the filing in, for whoever may see the filing (D-16)."""
    body, media_type = handlers.picture_behind(filing_id=filing_id, page=number, by=request.actor)
    return HttpResponse(body, content_type=media_type, headers={"Cache-Control": "private, no-store", "Content-Disposition": "inline"})


def assembled_opinion(remarks: Sequence[RemarkView], round_: int) -> str:
    """审核意见 put together from this round's remarks; the reviewer edits it (D-37)."""
    here = [r.text for r in remarks if r.round == round_]
    return "\n".join(f"{n}. {text}" for n, text in enumerate(here, start=1))


def keys() -> list[tuple[str, str]]:
    """What the keys do on this page."""
    return [
        ("A", _("审核通过，再按 Enter 确认")),
        ("X", _("审核未通过，再按 Enter 确认")),
        ("R", _("填写审核意见")),
        ("1–9", _("写入常用意见")),
        ("Alt+1–9", _("在批注框内写入常用意见")),
        ("J / K", _("下一项 / 上一项")),
        ("M", _("批注所在项，Ctrl+Enter 保存")),
        ("[ / ]", _("上一页 / 下一页附件")),
        ("+ / -", _("放大 / 缩小附件")),
        ("0", _("附件适合窗口")),
        ("T", _("旋转附件")),
        ("H", _("转办给同事或其他单位")),
        ("N", _("下一件")),
        ("L", _("返回待办列表")),
    ]


def _correcting(filing: FilingView, corrected: Sequence[corrections.CorrectionView], by: Actor) -> dict[str, Any]:
    """What the page needs to offer a correction, or its second step to somebody else."""
    found = next((one for one in corrected if one.state == "proposed"), None)
    can = lifecycle.can(kind=filing.kind, state=filing.state, event="correct")
    may = policy.may(by=by, permission="filing.correct", division_code=filing.division_code)
    return {
        "may_correct": can and may and filing.filer_id != by.account_id,
        "may_revoke": found is None and _is_record(filing) and can and may and filing.filer_id != by.account_id,
        "open_correction": found,
        "may_settle": found is not None and found.by_id != by.account_id,
        "reason": "",
    }


def moments(
    filing: FilingView, decisions: Sequence[DecisionView], corrected: Sequence[corrections.CorrectionView] = ()
) -> list[components.Moment]:
    """What happened to the filing, newest first."""
    tones = {"approved": "good", "rejected": "bad"}
    done = [
        components.Moment(title=f"{words.OUTCOMES[d.outcome]}{_('（')}{d.by_name}{_('）')}", at=d.at, text=d.opinion, tone=tones[d.outcome])
        for d in reversed(decisions)
    ]
    done += [
        components.Moment(
            title=CORRECTED[one.of] % {"first": one.by_name, "second": one.second_name},
            at=one.settled_at,
            text=one.reason,
            tone="bad" if one.state == "confirmed" else "",
        )
        for one in corrected
        if one.settled_at
    ]
    done.sort(key=lambda moment: moment.at or clock.now(), reverse=True)
    waiting = [components.Moment(title=_("提交，待审核"), at=filing.submitted_at, tone="waiting")]
    return (waiting if filing.state == lifecycle.SUBMITTED else []) + done
