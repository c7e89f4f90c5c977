"""Bulk decisions: choose in the inbox, see the chosen side by side, confirm; revocable for half a minute (D-03)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chengxin.catalogue import answers as paths
from chengxin.catalogue import moving
from chengxin.catalogue.values import Form
from chengxin.common.errors import Invalid, NotFound
from chengxin.filings import bulk, inbox
from chengxin.filings import queries as filings
from chengxin.filings.values import FilingView, SubmissionView
from chengxin.flow import bulk as flow
from chengxin.flow import review
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor, EnterpriseView
from chengxin.web.agency import differences, item, proofs, words
from chengxin.web.session import Request, agency_only


@dataclass(frozen=True)
class Line:
    """One chosen filing with what a reviewer would look at first."""

    value: str
    filing_id: UUID
    enterprise: EnterpriseView
    kind: str
    title: str
    round: int
    check: str
    tone: str
    papers: int


@dataclass(frozen=True)
class Told:
    """One's own bulk decision of the last minutes, as the inbox tells of it."""

    view: bulk.BulkView
    title: str
    done: int
    refused: tuple[bulk.ItemView, ...]


@require_http_methods(["GET", "HEAD", "POST"])
@agency_only("reviewer")
def show(request: Request) -> HttpResponse:
    """The chosen filings side by side (GET); store the decision on them (POST)."""
    if request.method == "POST":
        return _store(request)
    chosen = chosen_of(request.GET.getlist("item"))
    return _page(request, chosen) if chosen else redirect("/desk")


def _store(request: Request) -> HttpResponse:
    chosen = chosen_of(request.POST.getlist("item"))
    outcome, opinion = request.POST.get("outcome", ""), request.POST.get("opinion", "")[:4000]
    try:
        flow.store(chosen=chosen, outcome=outcome, opinion=opinion, by=request.actor)
    except Invalid as error:
        return _page(request, chosen, opinion=opinion, error=error)
    return redirect("/desk")


def chosen_of(values: Sequence[str]) -> list[bulk.Chosen]:
    """The boxes ticked in the inbox, `<filing>:<round>` each; what is nothing of the kind is left out."""
    found = []
    for value in values:
        filing, _sep, round_ = value.partition(":")
        if not round_.isdecimal() or len(round_) > 8:
            continue
        try:
            found.append(bulk.Chosen(UUID(filing), int(round_)))
        except ValueError:
            continue
    return found


def _page(request: Request, chosen: Sequence[bulk.Chosen], *, opinion: str = "", error: Invalid | None = None) -> HttpResponse:
    lines = [line for one in chosen[: bulk.MAX_ITEMS] if (line := _line(one, request.actor))]
    fields = error.fields if error else {}
    context = {
        "lines": lines,
        "kind_label": " / ".join(dict.fromkeys(line.kind for line in lines)),
        "opinion": opinion,
        "errors": fields,
        "problems": [("f-opinion" if name == "opinion" else "chosen", text) for name, texts in fields.items() for text in texts],
        "seconds": bulk.REVOCABLE_SECONDS,
    }
    return render(request, "agency/bulk.html", context, status=422 if error else 200)


def _line(one: bulk.Chosen, by: Actor) -> Line | None:
    """One filing read for its differences from the register; left out where it cannot be decided by this person now."""
    try:
        filing = filings.one(filing_id=one.filing_id, by=by)
    except NotFound:
        return None
    submission = filings.submission(filing_id=filing.id, by=by)
    if submission is None or filing.enterprise_id is None or not inbox.may_review(filing=filing, by=by):
        return None
    review.note_reading(filing_id=filing.id, by=by)
    enterprise = identity.enterprise(filing.enterprise_id)
    form = item.worded(filing, enterprise, submission.answers)
    check, tone = _checked(filing, form, enterprise, submission, by)
    return Line(
        value=f"{filing.id}:{one.round}",
        filing_id=filing.id,
        enterprise=enterprise,
        kind=words.item_label(filing.kind, form),
        title=_title(form, submission) if filing.kind == proofs.KIND else "",
        round=one.round,
        check=check,
        tone=tone,
        papers=len(filings.attachments(filing_id=filing.id, by=by)),
    )


def _title(form: Form, submission: SubmissionView) -> str:
    """What a record is, in a line."""
    return next((moving.summary(group, row.raw) for group in form.groups for row in paths.rows(submission.answers, group.code)), "")


def _checked(filing: FilingView, form: Form, enterprise: EnterpriseView, submission: SubmissionView, by: Actor) -> tuple[str, str]:
    """How what was typed compares: a record with the text of its proof, anything else with the register."""
    if filing.kind == proofs.KIND:
        proof = proofs.proof(filing=filing, form=form, answers=submission.answers, enterprise=enterprise, by=by)
        known, differing, unknown = not proof.note, proof.differing, _("附件文字未识别")
    else:
        compared = differences.against_register(form=form, enterprise=enterprise, submission=submission)
        known, differing, unknown = compared.known, len(compared.rows), _("无登记记录")
    if not known:
        return unknown, "warn"
    return (_("%(n)d 处不一致") % {"n": differing}, "bad") if differing else (_("一致"), "good")


@require_POST
@agency_only("reviewer")
def revoke(request: Request, bulk_id: UUID) -> HttpResponse:
    """Take one's own bulk decision back before it takes effect."""
    flow.revoke(bulk_id=bulk_id, by=request.actor)
    return redirect("/desk")


def told(by: Actor) -> list[Told]:
    """One's own bulk decisions of the last minutes, in words."""
    found = []
    for view in bulk.own(by=by):
        refused = tuple(one for one in view.items if one.state == "refused")
        title = _("批量审核%(n)d件：%(outcome)s") % {"n": len(view.items), "outcome": words.OUTCOMES[view.outcome]}
        found.append(Told(view, title, sum(one.state == "done" for one in view.items), refused))
    return found
