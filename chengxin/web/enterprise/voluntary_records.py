"""我注册的信用信息, 注册信息详情 and the notice after handing in (VOL-23 to VOL-27)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Form
from chengxin.common import clock
from chengxin.filings import lifecycle
from chengxin.filings import queries as filings
from chengxin.filings import voluntary_queries as voluntary
from chengxin.filings.values import FilingView
from chengxin.identity.values import Actor
from chengxin.records import queries as records
from chengxin.web.enterprise import finishing
from chengxin.web.enterprise.voluntary_guard import filer_only
from chengxin.web.enterprise.voluntary_words import ACTS, Cell, address_of, cells, item_trail, listed, records_title, slug
from chengxin.web.enterprise.voluntary_work import enterprise_of, own
from chengxin.web.enterprise.words import state_label
from chengxin.web.reading import Reading
from chengxin.web.session import Request


@dataclass(frozen=True)
class Button:
    """One action of a record; `post` where a press does it at once."""

    code: str
    label: str
    url: str
    tone: str = ""
    post: bool = False


@dataclass(frozen=True)
class Line:
    """One record in the list of an item."""

    filing: FilingView
    state_label: str
    url: str
    cells: tuple[Cell, ...]
    buttons: tuple[Button, ...]

    @property
    def name(self) -> str:
        """What tells this record from others, for those who hear the page."""
        return next((cell.value for cell in self.cells if cell.value), "")


def buttons(filing: FilingView, actions: Sequence[str]) -> tuple[Button, ...]:
    """Exactly what the state allows, in the order of the table (D-02, VOL-25)."""
    made = []
    for code in actions:
        if (act := ACTS.get(code)) is not None:
            view = "enterprise:voluntary_revise" if code == "edit" else "enterprise:voluntary_act"
            url = reverse(view, args=[filing.id] if code == "edit" else [filing.id, code])
            made.append(Button(code, str(act.label), url, act.tone, post=code == "edit"))
    return tuple(made)


@require_safe
@filer_only
def mine(request: Request, item: str) -> HttpResponse:
    """我注册的信用信息 of one item, newest first, twenty on a page (VOL-24)."""
    one, by = listed(item), request.actor
    enterprise = enterprise_of(by)
    page = voluntary.mine(enterprise_id=enterprise.id, form_id=one.form.id, cursor=request.GET.get("cursor", ""), by=by)
    context = {
        "form": one.form,
        "slug": item,
        "columns": _columns(one.form),
        "lines": [_line(row) for row in page.rows],
        "published": voluntary.counts(enterprise_id=enterprise.id).get(one.form.id, 0),
        "enterprise": enterprise,
        "is_open": one.settings.is_open(clock.today()),
        "next_url": f"?{urlencode({'cursor': page.next})}" if page.next else "",
        "first_url": request.path if request.GET.get("cursor") else "",
        "done": ACTS.get(request.GET.get("done", "")),
        "batch_url": address_of("enterprise:voluntary_batch", item),
        "crumbs": item_trail(one.form, (records_title(one.form), "")),
    }
    return render(request, "enterprise/voluntary_mine.html", context)


def _columns(form: Form) -> list[str]:
    group = next(form.asked_groups())
    assert form.item is not None
    return [str(f.label) for code in form.item.columns if (f := group.field(code))]


def _line(row: voluntary.Mine) -> Line:
    filing = row.filing
    return Line(
        filing=filing,
        state_label=state_label(filing),
        url=reverse("enterprise:voluntary_record", args=[filing.id]),
        cells=tuple(cells(catalogue.version(filing.form_version), row.answers)),
        buttons=buttons(filing, row.actions),
    )


@require_safe
@filer_only
def detail(request: Request, filing_id: UUID) -> HttpResponse:
    """注册信息详情: everything about one record, read-only; another enterprise's is 404 (VOL-27)."""
    by = request.actor
    row = own(filing_id=filing_id, by=by)
    filing, form = row.filing, catalogue.version(row.filing.form_version)
    answers = _answers(filing, by)
    files = filings.attachments(filing_id=filing.id, by=by)
    remarks = [r for r in filings.remarks(filing_id=filing.id, by=by) if r.round == filing.round]
    own_url = reverse("enterprise:voluntary_mine", args=[slug(filing.form_id)])
    context = {
        "filing": filing,
        "form": form,
        "slug": slug(filing.form_id),
        "state_label": state_label(filing),
        "enterprise": enterprise_of(by),
        "sections": Reading(form=form, answers=answers, former=None, remarks=remarks, files=files).sections(),
        "has_files": bool(files),
        "buttons": buttons(filing, row.actions),
        "moments": finishing.moments(filing, by=by),
        "receipts": finishing.receipts_of(filing, by=by),
        "published": _published(row, by),
        "former_url": reverse("enterprise:voluntary_record", args=[filing.revises_id]) if filing.revises_id else "",
        "confirmation_url": address_of("enterprise:voluntary_confirmation", filing.id) if filing.state == lifecycle.APPROVED else "",
        "done": ACTS.get(request.GET.get("done", "")),
        "crumbs": item_trail(form, (records_title(form), own_url), (_("注册信息详情"), "")),
    }
    return render(request, "enterprise/voluntary_record.html", context)


def _answers(filing: FilingView, by: Actor) -> dict[str, str]:
    """What the page shows: the draft while it is being written, else what was handed in last."""
    frozen = None if filing.state in lifecycle.EDITABLE_STATES else filings.submission(filing_id=filing.id, by=by)
    return dict(frozen.answers) if frozen else filings.draft(filing_id=filing.id, by=by).answers


def _published(row: voluntary.Mine, by: Actor) -> str:
    """The address of the public record with its log proof, where it is public."""
    if row.filing.state != lifecycle.APPROVED or row.record_id is None:
        return ""
    enterprise = enterprise_of(by)
    found = records.inside_records(enterprise_id=enterprise.id, division_code=enterprise.division_code, by=by, purpose="own-voluntary")
    version = next((one.version_id for one in found if one.record_id == row.record_id and one.public), None)
    return f"/files/{enterprise.uscc}/{version}" if version else ""


@require_safe
@filer_only
def done(request: Request, filing_id: UUID) -> HttpResponse:
    """注册信息提交成功: who has it now and until when; loading the page again hands nothing in (VOL-23)."""
    by = request.actor
    row = own(filing_id=filing_id, by=by)
    submission = filings.submission(filing_id=filing_id, by=by)
    if submission is None:
        return redirect("enterprise:voluntary_form", filing_id=filing_id)
    form = catalogue.version(row.filing.form_version)
    context = {
        "filing": row.filing,
        "form": form,
        "slug": slug(row.filing.form_id),
        "submission": submission,
        "unit": submission.receipt["unit"],
        "state_label": state_label(row.filing),
        "crumbs": item_trail(form),
    }
    return render(request, "enterprise/voluntary_done.html", context)
