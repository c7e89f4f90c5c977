"""One item: differences first, papers beside the typed data, remarks on any field, the decision (D-37)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue import rules as catalogue_rules
from chengxin.catalogue.values import Form
from chengxin.common.errors import NotFound
from chengxin.filings import lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.values import AttachmentView, DecisionView, FilingView, RemarkView
from chengxin.flow import review
from chengxin.identity import policy
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor, EnterpriseView
from chengxin.web import components
from chengxin.web.agency import differences, words
from chengxin.web.agency.reading import Reading
from chengxin.web.session import Request, agency_only


@require_safe
@agency_only("reviewer", "supervisor")
def show(request: Request, filing_id: UUID) -> HttpResponse:
    """The item as handed in; opening it claims it for 15 minutes."""
    context = page(filing_id=filing_id, by=request.actor)
    context["done"] = words.OUTCOMES.get(request.GET.get("done", ""), "")
    return render(request, "agency/item.html", context)


def page(*, filing_id: UUID, by: Actor, opinion: str = "", errors: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """Everything the item's page shows; also used when a decision was refused, so that nothing typed is lost."""
    filing = filings.one(filing_id=filing_id, by=by)
    submission = filings.submission(filing_id=filing_id, by=by)
    if submission is None or filing.enterprise_id is None:
        raise NotFound(_("该填报尚未提交。"))
    decidable = may_decide(filing, by)
    if decidable:
        review.open_item(filing_id=filing_id, by=by)
    review.note_reading(filing_id=filing_id, by=by)
    enterprise = identity.enterprise(filing.enterprise_id)
    form = worded(filing, enterprise, submission.answers)
    remarks = filings.remarks(filing_id=filing_id, by=by)
    files = filings.attachments(filing_id=filing_id, by=by)
    reading = Reading(
        form=form, answers=submission.answers, former=former_answers(filing, by), remarks=remarks, files=files
    )
    decisions = filings.decisions(filing_id=filing_id, by=by)
    return {
        "filing": filing,
        "kind_label": words.kind_label(filing.kind),
        "enterprise": enterprise,
        "division": "".join(enterprise.division_path),
        "sections": reading.sections(),
        "changes": reading.changes(),
        "has_former": reading.former is not None,
        "differences": differences.against_register(form=form, enterprise=enterprise, submission=submission),
        "pictures": pictures(form, files),
        "decidable": decidable,
        "claimed_by": filings.claimed_by(filing_id=filing_id, by=by) if decidable else "",
        "state_label": lifecycle.label(kind=filing.kind, state=filing.state),
        "opinion": opinion or assembled_opinion(remarks, filing.round),
        "errors": errors or {},
        "problems": [(f"f-{name}", text) for name, texts in (errors or {}).items() for text in texts],
        "phrases": list(enumerate(words.phrases(filing.kind, enterprise), start=1)),
        "keys": keys(),
        "moments": moments(filing, decisions),
    }


def worded(filing: FilingView, enterprise: EnterpriseView, answers: Mapping[str, str]) -> Form:
    """The form in the words of this kind of subject (D-12)."""
    form = catalogue.version(filing.form_version)
    subject = catalogue_rules.subject_of(form, uscc=enterprise.uscc, company_type=review.company_type(answers))
    return catalogue_rules.for_subject(form, subject)


def former_answers(filing: FilingView, by: Actor) -> Mapping[str, str] | None:
    """What was handed in the round before, or what the archive in force says; None for a first one."""
    if filing.round > 1:
        former = filings.submission(filing_id=filing.id, by=by, round=filing.round - 1)
        return former.answers if former else None
    assert filing.enterprise_id is not None
    in_force = filings.approved(enterprise_id=filing.enterprise_id, kind=filing.kind)
    if in_force is None or in_force.id == filing.id:
        return None
    former = filings.submission(filing_id=in_force.id, by=by)
    return former.answers if former else None


def pictures(form: Form, files: list[AttachmentView]) -> list[dict[str, Any]]:
    """Every page of every file, for the viewers."""
    labels = {(group.code, f.code): str(f.label) for group in form.groups for f in group.fields}
    found = []
    for n, file in enumerate(files, start=1):
        group, _row, code = file.path.split("/")
        label = labels.get((group, code), "")
        pages = [
            {
                "url": f"/files-of/{file.id}/{number}.png",
                "viewer": f"viewer-{n}-{number}",
                "alt": _("%(label)s %(name)s 第%(page)d页") % {"label": label, "name": file.name, "page": number},
            }
            for number in range(1, file.pages + 1)
        ]
        found.append({"id": file.id, "path": file.path, "label": label, "name": file.name, "size": file.size, "pages": pages})
    return found


def may_decide(filing: FilingView, by: Actor) -> bool:
    """Whether the acting person may decide it now: competent, not the filer, still under review."""
    if filing.state != lifecycle.SUBMITTED or filing.filer_id == by.account_id:
        return False
    unit = identity.competent_agency(filing.division_code, filing.form_id)
    return policy.may(by=by, permission="filing.review", competent_agency_id=unit.id)


def assembled_opinion(remarks: list[RemarkView], round_: int) -> str:
    """审核意见 put together from this round's remarks; the reviewer edits it (D-37)."""
    here = [r.text for r in remarks if r.round == round_]
    return "\n".join(f"{n}. {text}" for n, text in enumerate(here, start=1))


def keys() -> list[tuple[str, str]]:
    """What the keys do on this page."""
    return [
        ("A", _("审核通过（确认后生效）")),
        ("X", _("审核未通过（确认后生效）")),
        ("R", _("填写审核意见")),
        ("1–9", _("写入常用意见")),
        ("N", _("下一件")),
        ("L", _("返回待办列表")),
    ]


def moments(filing: FilingView, decisions: list[DecisionView]) -> list[components.Moment]:
    """What happened to the filing, newest first."""
    tones = {"approved": "good", "rejected": "bad"}
    done = [
        components.Moment(title=f"{words.OUTCOMES[d.outcome]}（{d.by_name}）", at=d.at, text=d.opinion, tone=tones[d.outcome])
        for d in reversed(decisions)
    ]
    waiting = [components.Moment(title=_("提交，待审核"), at=filing.submitted_at, tone="waiting")]
    return (waiting if filing.state == lifecycle.SUBMITTED else []) + done
