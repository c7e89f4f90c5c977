"""公示预览, 点击提交 and the status of a filing (ARC-11, ARC-14, D-36)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chengxin.catalogue import answers as paths
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue import rules
from chengxin.common.errors import Invalid
from chengxin.filings import lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.values import FilingView
from chengxin.flow import archive as flow
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.records.reading import type_label
from chengxin.web.components import Moment
from chengxin.web.enterprise import drawing, government, outline, posting, publicview, voluntary_views
from chengxin.web.enterprise.outline import Progress, Work
from chengxin.web.enterprise.words import crumbs, state_label
from chengxin.web.session import Request, enterprise_only


@require_safe
@enterprise_only
def preview(request: Request, filing_id: UUID) -> HttpResponse:
    """公示预览: exactly what the public page will show; 不公开 is struck out and counted."""
    by = request.actor
    work = outline.open_work(filing_id=filing_id, by=by)
    if work.filing.state not in lifecycle.EDITABLE_STATES:
        return redirect("enterprise:status", filing_id=filing_id)
    enterprise = identity.enterprise(_own(by))
    view = publicview.of(form=work.form, answers=work.draft.answers, uscc=enterprise.uscc)
    context = {
        "work": work,
        "enterprise": enterprise,
        "type_label": type_label(work.filing.enterprise_type),
        "above": government.above(form=work.form, by=by),
        "view": view,
        "voluntary": voluntary_views.sections(enterprise_id=enterprise.id),
        "note": publicview.note(view),
        "last": work.parts[-1],
        "last_url": work.url(work.parts[-1]),
        "crumbs": _crumbs(_("公示预览")),
    }
    return render(request, "enterprise/preview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@enterprise_only
def submit(request: Request, filing_id: UUID) -> HttpResponse:
    """The last page: what is missing, page by page, or 点击提交 with a one-time key (D-33)."""
    by = request.actor
    if request.method != "POST":
        work = outline.open_work(filing_id=filing_id, by=by)
        if work.filing.state not in lifecycle.EDITABLE_STATES:
            return redirect("enterprise:status", filing_id=filing_id)
        return _final(request, work)
    key = request.POST.get("submission_key", "")
    if not posting.is_row(key):
        raise Invalid(_("页面已失效，请刷新后重新提交。"))
    try:
        submission = flow.submit(filing_id=filing_id, key=key, by=by)
    except Invalid:
        return _final(request, outline.open_work(filing_id=filing_id, by=by), refused=True)
    return redirect("enterprise:receipt", number=submission.number)


def _final(request: Request, work: Work, *, refused: bool = False) -> HttpResponse:
    found = work.cleaned()
    pages = outline.progress(work, cleaned=found)
    wrong = [(page, _problems(work, page, request.actor)) for page in pages if page.problems]
    signed = work.filing.commitment_version == catalogue.commitment(flow.COMMITMENT).version
    enterprise = identity.enterprise(_own(request.actor))
    view = publicview.of(form=work.form, answers=work.draft.answers, uscc=enterprise.uscc)
    unit = identity.competent_agency(enterprise.division_code, work.filing.form_id)
    context = {
        "work": work,
        "pages": pages,
        "wrong": wrong,
        "signed": signed and bool(work.filing.enterprise_type),
        "ready": not wrong and signed and bool(work.filing.enterprise_type),
        "refused": refused,
        "key": str(uuid4()),
        "note": publicview.note(view),
        "unit": unit.name,
        "open_remarks": _open_remarks(work, request.actor),
        "crumbs": _crumbs(_("提交")),
    }
    return render(request, "enterprise/submit.html", context, status=422 if refused else 200)


def _problems(work: Work, page: Progress, by: Actor) -> list[tuple[str, list[tuple[str, str]]]]:
    """The problems of one page by group, each as (id on the page, text); a group not yet begun is one line."""
    errors = outline.problems_of(page.part, work.cleaned())
    around = drawing.Around(answers=work.draft.answers, errors=errors)
    made: list[tuple[str, list[tuple[str, str]]]] = []
    for group, shown in zip(page.part.groups, drawing.groups(work=work, part=page.part, around=around), strict=True):
        pairs = drawing.summary([shown])
        pairs += [
            (drawing.target_of(path), text)
            for path, texts in errors.items()
            if path.count("/") == 1 and path.startswith(f"{group.code}/")
            for text in texts
        ]
        if pairs and not paths.rows(work.draft.answers, group.code):
            pairs = [(f"group-{group.code}", _("尚未填写，至少需要1条"))]
        if pairs:
            made.append((str(group.title), pairs))
    return made


def _open_remarks(work: Work, by: Actor) -> int:
    remarks = filings.remarks(filing_id=work.filing.id, by=by)
    return sum(r.round == work.filing.round and not r.dealt_with for r in remarks)


@require_safe
@enterprise_only
def status(request: Request, filing_id: UUID) -> HttpResponse:
    """Where a filing stands: state, due moment, opinion, history, what was handed in (ARC-14)."""
    by = request.actor
    filing = filings.one(filing_id=filing_id, by=by)
    context: dict[str, Any] = {
        "filing": filing,
        "state_label": state_label(filing),
        "editable": filing.state in lifecycle.EDITABLE_STATES,
        "type_label": type_label(filing.enterprise_type) if filing.enterprise_type else "",
        "moments": moments(filing, by=by),
        "receipts": receipts_of(filing, by=by),
        "view": _handed_in(filing, by=by),
        "edit_url": outline.url_of(filing.id, outline.BASIC),
        "crumbs": _crumbs(_("审核情况")),
    }
    return render(request, "enterprise/status.html", context)


def _handed_in(filing: FilingView, *, by: Actor) -> publicview.PublicView | None:
    submission = filings.submission(filing_id=filing.id, by=by)
    if submission is None or filing.kind != flow.KIND:
        return None
    form = catalogue.version(filing.form_version)
    subject = flow.subject_of(form=form, answers=submission.answers, by=by)
    uscc = identity.enterprise(_own(by)).uscc
    return publicview.of(form=rules.for_subject(form, subject), answers=submission.answers, uscc=uscc)


def moments(filing: FilingView, *, by: Actor) -> list[Moment]:
    """What happened to a filing, newest first, and what is due."""
    made: list[Moment] = []
    decided = {d.round: d for d in filings.decisions(filing_id=filing.id, by=by)}
    for round_ in range(1, filing.round + 1):
        submission = filings.submission(filing_id=filing.id, by=by, round=round_)
        if submission:
            title = _("第 %(n)s 次提交") % {"n": round_}
            made.append(Moment(title=title, at=submission.submitted_at, text=submission.number))
        if decision := decided.get(round_):
            good = decision.outcome == "approved"
            title = lifecycle.label(kind=filing.kind, state=decision.outcome)
            made.append(Moment(title=title, at=decision.at, text=decision.opinion, tone="good" if good else "bad"))
    if filing.state == lifecycle.SUBMITTED:
        due = _("暂定") if filing.due_provisional else ""
        made.append(Moment(title=_("预计审核完成时间"), at=filing.due_at, text=due, tone="waiting"))
    elif filing.state in (lifecycle.WITHDRAWN, lifecycle.ENDED, lifecycle.SUPERSEDED):
        made.append(Moment(title=state_label(filing), at=filing.updated_at))
    return [*reversed(made), Moment(title=_("开始填报"), at=filing.created_at)]


def receipts_of(filing: FilingView, *, by: Actor) -> list[str]:
    """The numbers of a filing's receipts, newest first."""
    found = [filings.submission(filing_id=filing.id, by=by, round=n) for n in range(filing.round, 0, -1)]
    return [submission.number for submission in found if submission]


def _own(by: Actor) -> UUID:
    assert by.enterprise_id is not None
    return by.enterprise_id


def _crumbs(title: str) -> list[Any]:
    return crumbs((_("诚信档案企业信息"), "/workbench/archive"), (title, ""))
