"""New filings with their drafts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Form
from chengxin.common import clock
from chengxin.filings import personal, queries
from chengxin.filings.models import Draft, Filing
from chengxin.filings.values import FilingView
from chengxin.identity import policy
from chengxin.identity.rules import edit_permission
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger


@dataclass(frozen=True)
class Opening:
    """What a new filing starts with; `revises` is the filing whose place it is to take."""

    kind: str
    form_id: str
    enterprise_id: UUID
    division_code: str
    enterprise_type: str = ""
    revises: UUID | None = None


def open_filing(*, opening: Opening, answers: Mapping[str, str], by: Actor) -> FilingView:
    """Start a filing with a draft; an open one of the same kind is given back instead (ARC-15)."""
    policy.require(by=by, permission=edit_permission(opening.kind), enterprise_id=opening.enterprise_id)
    existing = queries.open_row(enterprise_id=opening.enterprise_id, kind=opening.kind)
    if existing is not None:
        return queries.view(existing)
    try:
        with transaction.atomic():
            return open_another(opening=opening, answers=answers, by=by)
    except IntegrityError:  # two tabs: the other one was first, its draft is the draft
        return queries.view(queries.open_row(enterprise_id=opening.enterprise_id, kind=opening.kind, must=True))


def open_another(*, opening: Opening, answers: Mapping[str, str], by: Actor) -> FilingView:
    """Start a filing with a draft, whatever else is open; IntegrityError where only one may be."""
    policy.require(by=by, permission=edit_permission(opening.kind), enterprise_id=opening.enterprise_id)
    form = catalogue.current(opening.form_id)
    filing = _new(opening, form, by)
    sealed = personal.seal_answers(form=form, filing_id=filing.id, answers=answers)
    Draft.objects.create(filing=filing, rev=1, answers=sealed, field_rev=dict.fromkeys(sealed, 1), updated_at=filing.created_at)
    ledger.append(kind="filing.opened", subject=str(filing.id), data={"kind": filing.kind, "form": form.version}, by=by)
    return queries.view(filing)


def _new(opening: Opening, form: Form, by: Actor) -> Filing:
    now = clock.now()
    filing = Filing(
        kind=opening.kind,
        form_id=opening.form_id,
        form_version=form.version,
        enterprise_id=opening.enterprise_id,
        filer_id=by.account_id,
        revises_id=opening.revises,
        division_code=opening.division_code,
        enterprise_type=opening.enterprise_type,
        created_at=now,
        updated_at=now,
    )
    filing.save(force_insert=True)
    return filing
