"""Reads of voluntary records: what an enterprise has registered, how many are published, what may be done with each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from chengxin.catalogue import answers as paths
from chengxin.catalogue import queries as catalogue
from chengxin.common import sql
from chengxin.common.errors import Invalid, NotFound
from chengxin.filings import fingerprints, lifecycle, personal
from chengxin.filings.models import Draft, Filing, RecoveryCopy, Submission
from chengxin.filings.queries import view, visible_row
from chengxin.filings.values import FilingView
from chengxin.filings.voluntary import KIND as KIND
from chengxin.identity.values import Actor

PAGE = 20
DRAFTED = (lifecycle.DRAFT, lifecycle.REJECTED, lifecycle.WITHDRAWN)


@dataclass(frozen=True)
class Mine:
    """One record of an enterprise: its filing, what it says by field code as typed, its identity for life, what may be done."""

    filing: FilingView
    answers: Mapping[str, str]
    record_id: UUID
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """A page of 我注册的信用信息, newest first; `next` is the cursor of the page after it, empty for none."""

    rows: tuple[Mine, ...]
    next: str


def actions(state: str) -> tuple[str, ...]:
    """What is offered in a state, 详情 first (D-02, VOL-25)."""
    return ("detail", *lifecycle.OFFERED.get(state, {}))


def row_of(filing_id: UUID, answers: Mapping[str, str]) -> str:
    """The one row of a record: the one it has, else the filing's own id; it is the record's identity for life."""
    return next((parts[1] for key in answers if (parts := paths.split(key))), str(filing_id))


def mine(*, enterprise_id: UUID, form_id: str, cursor: str = "", by: Actor) -> Page:
    """我注册的信用信息 of one item: everything but what was deleted, and forms that were opened and never saved."""
    if by.enterprise_id != enterprise_id:
        raise NotFound
    rows = _listed(enterprise_id).filter(form_id=form_id)
    if cursor:
        rows = rows.filter(_below(rows, cursor))
    page = list(rows.order_by("-created_at", "-id")[: PAGE + 1])
    return Page(rows=_read(page[:PAGE]), next=str(page[PAGE - 1].id) if len(page) > PAGE else "")


def _listed(enterprise_id: UUID) -> QuerySet[Filing]:
    copies = RecoveryCopy.objects.filter(filing=OuterRef("pk"))
    empty = Q(state=lifecycle.DRAFT, round=0, revises=None, draft__answers={}) & ~Exists(copies)
    return Filing.objects.filter(enterprise_id=enterprise_id, kind=KIND).exclude(state=lifecycle.DELETED).exclude(empty)


def _below(rows: QuerySet[Filing], cursor: str) -> Q:
    try:
        last = rows.filter(id=UUID(cursor)).first()
    except ValueError:
        last = None
    if last is None:
        raise Invalid(_("分页参数有误。"), fields={"cursor": [_("请使用上一页返回的 next 值。")]})
    return Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, id__lt=last.id)


def _read(filings: Sequence[Filing]) -> tuple[Mine, ...]:
    """The filings with what they say: as typed where it can still be changed, as handed in where not."""
    ids = [filing.id for filing in filings]
    drafts = {row.filing_id: row.answers for row in Draft.objects.filter(filing_id__in=ids)}
    frozen = {(row.filing_id, row.round): row for row in Submission.objects.filter(filing_id__in=ids)}
    made = []
    for filing in filings:
        handed_in = frozen.get((filing.id, filing.round))
        if handed_in is None or filing.state in DRAFTED:
            answers, version = drafts.get(filing.id, {}), filing.form_version
        else:
            answers, version = handed_in.answers, handed_in.form_version
        made.append(_mine(filing, answers, version))
    return tuple(made)


def _mine(filing: Filing, answers: Mapping[str, str], version: str) -> Mine:
    plain = personal.unseal_answers(form=catalogue.version(version), filing_id=filing.id, answers=answers)
    row = row_of(filing.id, plain)
    return Mine(
        filing=view(filing),
        answers={parts[2]: text for key, text in plain.items() if (parts := paths.split(key)) and parts[1] == row},
        record_id=UUID(row),
        actions=actions(filing.state),
    )


def one(*, filing_id: UUID, by: Actor) -> Mine:
    """One record, for its enterprise and its reviewers; 404 for everyone else (VOL-27)."""
    filing = visible_row(filing_id=filing_id, by=by)
    if filing.kind != KIND:
        raise NotFound(_("未找到该填报。"))
    return _read([filing])[0]


def counts(enterprise_id: UUID) -> dict[str, int]:
    """已注册数据量 by form: published records only (VOL-13)."""
    rows = Filing.objects.filter(enterprise_id=enterprise_id, kind=KIND, state=lifecycle.APPROVED)
    return dict(rows.order_by().values_list("form_id").annotate(n=Count("id")))


def completed(enterprise_id: UUID) -> bool:
    """注册完成: at least one published record of an item that counts; signing is none, nor is 领跑行动 (VOL-08)."""
    return any(_counts(form_id) for form_id in counts(enterprise_id))


def _counts(form_id: str) -> bool:
    item = catalogue.current(form_id).item
    return item is not None and item.counts


def twins(*, filing_id: UUID, by: Actor) -> tuple[FilingView, ...]:
    """Records that stand beside one and say nearly the same, for those who may see it."""
    filing = visible_row(filing_id=filing_id, by=by)
    found = Filing.objects.filter(id__in=fingerprints.near_of(filing.id)).order_by("created_at")
    return tuple(view(row) for row in found if row.id != filing.revises_id)


_SAYS = """
SELECT DISTINCT split_part(path, '/', 2), f.id FROM filings_filing f
  JOIN filings_submission s ON s.filing_id = f.id AND s.round = f.round, jsonb_object_keys(s.answers) AS path
WHERE f.enterprise_id = %(enterprise)s AND f.kind = 'voluntary' AND f.state = 'approved' AND split_part(path, '/', 2) = ANY(%(records)s)
"""


def in_force(*, enterprise_id: UUID, record_id: UUID) -> UUID | None:
    """The published filing that a record was made from; None where it was not registered voluntarily, or is no more."""
    return all_in_force(enterprise_id=enterprise_id, record_ids=[record_id]).get(record_id)


def all_in_force(*, enterprise_id: UUID, record_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The same for many records at once; what has none is left out."""
    found = sql.rows(_SAYS, {"enterprise": enterprise_id, "records": [str(each) for each in record_ids]})
    return {UUID(record): filing for record, filing in found}
