"""Remarks of reviewers: put on a group, record, field or paper of the version under review, and taken back (D-37)."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from chengxin.catalogue import answers as paths
from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import Conflict, Invalid, NotFound
from chengxin.filings import lifecycle
from chengxin.filings.actions import reviewable
from chengxin.filings.models import Filing, Remark
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

MAX_CHARS = 500


def put(*, filing_id: UUID, path: str, text: str, by: Actor) -> UUID:
    """Put a remark on `group`, `group/row` or `group/row/field`; Invalid by field where text or place is wrong."""
    filing = _under_review(filing_id, by)
    text = text.strip()
    if not text or len(text) > MAX_CHARS:
        raise Invalid(_("请填写批注。"), fields={"remark": [_("批注应为1至500字。")]})
    if not _is_place(filing, path):
        raise Invalid(_("批注的位置不存在。"), fields={"remark": [_("批注的位置不存在，请刷新后重试。")]})
    row = Remark.objects.create(id=uuid4(), filing=filing, round=filing.round, path=path, text=text, by_id=by.id, created_at=clock.now())
    ledger.append(kind="filing.remarked", subject=str(filing.id), data={"round": filing.round}, by=by)
    return row.id


def drop(*, filing_id: UUID, remark_id: UUID, by: Actor) -> None:
    """Take back a remark of the round under review; those of decided rounds stay."""
    filing = _under_review(filing_id, by)
    gone, _per_table = Remark.objects.filter(id=remark_id, filing=filing, round=filing.round).delete()
    if not gone:
        raise NotFound(_("未找到该批注。"))
    ledger.append(kind="filing.remark_dropped", subject=str(filing.id), data={"round": filing.round}, by=by)


def _under_review(filing_id: UUID, by: Actor) -> Filing:
    filing = reviewable(filing_id=filing_id, by=by)
    if filing.state != lifecycle.SUBMITTED:
        raise Conflict(_("该填报已不在审核中。"), code="not-in-review")
    return filing


def _is_place(filing: Filing, path: str) -> bool:
    """Whether the form has this group and field and the frozen answers (or papers) this row."""
    group_code, _sep, rest = path.partition("/")
    row, _sep, field = rest.partition("/")
    group = catalogue.version(filing.form_version).group(group_code)
    if group is None or (field and group.field(field) is None):
        return False
    if not row:
        return path == group_code
    frozen = filing.submissions.filter(round=filing.round).values_list("answers", flat=True).get()
    return row in {held.id for held in paths.rows(frozen, group_code)}
