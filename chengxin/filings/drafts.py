"""Writes to what a person has typed and not handed in (D-32). Never touches ``state``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.catalogue import queries as catalogue
from chengxin.common import clock, sql, stored
from chengxin.common.errors import Conflict, Forbidden, Invalid
from chengxin.filings import lifecycle, personal, rules
from chengxin.filings.models import Draft, Filing, RecoveryCopy
from chengxin.filings.values import FilingView, Saved
from chengxin.identity import policy
from chengxin.identity.rules import edit_permission
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

RECOVERY_DAYS = 30
UNREADABLE = re.compile("[\x00\ud800-\udfff]")  # what neither the database nor canonical bytes can hold


def own_filing(*, filing_id: UUID, by: Actor) -> Filing:
    """The locked filing of the acting person's own enterprise; another's is refused."""
    filing = stored.first(Filing, "WHERE id = %(id)s FOR UPDATE", {"id": filing_id})
    if filing is None or filing.enterprise_id is None:
        raise Forbidden(_("您无权操作此项填报。"))
    policy.require(by=by, permission=edit_permission(filing.kind), enterprise_id=filing.enterprise_id)
    return filing


def require_editable(filing: Filing | FilingView) -> None:
    """Refuse to change what is under review or decided (ARC-11, ARC-17)."""
    if filing.state not in lifecycle.EDITABLE_STATES:
        state = lifecycle.label(kind=filing.kind, state=filing.state)
        raise Conflict(_("当前状态为“%(state)s”，内容不能修改。") % {"state": state}, code="read-only")


def save(*, filing_id: UUID, base_rev: int, changes: Mapping[str, str | None], by: Actor) -> Saved:
    """Take the changed paths of one page; clashes come back with both values (ARC-09)."""
    filing = own_filing(filing_id=filing_id, by=by)
    require_editable(filing)
    _check_size(changes)
    form = catalogue.version(filing.form_version)
    draft = stored.first(Draft, "WHERE filing_id = %(id)s", {"id": filing.id})
    draft = draft or stored.add(Draft(filing=filing, updated_at=clock.now()))
    plain = personal.unseal_answers(form=form, filing_id=filing.id, answers=draft.answers)
    answers, revs, clashes = rules.merge(
        answers=plain, field_rev=draft.field_rev, rev=draft.rev, base_rev=base_rev, changes=changes
    )
    if answers == plain:
        return Saved(rev=draft.rev, clashes=tuple(clashes), changed=False)
    _check_total(answers)
    draft.answers = personal.seal_answers(form=form, filing_id=filing.id, answers=answers)
    draft.field_rev, draft.rev, draft.updated_at = revs, draft.rev + 1, clock.now()
    stored.change(draft, "answers", "field_rev", "rev", "updated_at")
    filing.updated_at = draft.updated_at
    stored.change(filing, "updated_at")
    ledger.append(kind="draft.saved", subject=str(filing.id), data={"rev": draft.rev}, by=by)
    return Saved(rev=draft.rev, clashes=tuple(clashes), changed=True)


def amend_open(*, enterprise_id: UUID, group: str, values: Mapping[str, str], by: Actor, row: UUID | None = None) -> None:
    """Put decided values into a row, or all rows, of a group of an archive being written; its tabs are told by the revision."""
    rows = Filing.objects.select_for_update().filter(enterprise_id=enterprise_id, kind="archive")
    filing = rows.filter(state__in=lifecycle.EDITABLE_STATES).first()
    draft = Draft.objects.filter(filing=filing).first() if filing else None
    if filing is None or draft is None or not values:
        return
    form = catalogue.version(filing.form_version)
    plain = personal.unseal_answers(form=form, filing_id=filing.id, answers=draft.answers)
    wanted = [each for each in rules.rows_of(plain, group) if row is None or each == str(row)]
    changes = {f"{group}/{each}/{code}": value for each in wanted for code, value in values.items()}
    draft.answers = personal.seal_answers(form=form, filing_id=filing.id, answers={**plain, **changes})
    draft.rev += 1
    draft.field_rev = {**draft.field_rev, **dict.fromkeys(changes, draft.rev)}
    draft.updated_at = clock.now()
    draft.save()
    ledger.append(kind="draft.amended", subject=str(filing.id), data={"rev": draft.rev}, by=by)


def _check_size(changes: Mapping[str, str | None]) -> None:
    if rules.bad_paths(changes):
        raise Invalid(_("提交的内容与表单不符，请刷新页面后重试。"), fields={})
    unreadable = {
        path: [_("含有无法显示的字符，请删除后重新填写")] for path, value in changes.items() if value and UNREADABLE.search(value)
    }
    if unreadable:
        raise Invalid(_("部分内容含有无法显示的字符，未能保存。"), fields=unreadable)
    too_long = {
        path: [_("内容过长：最多%(limit)d个字符，当前%(now)d个。") % {"limit": rules.MAX_VALUE_CHARS, "now": len(value)}]
        for path, value in changes.items()
        if value is not None and len(value) > rules.MAX_VALUE_CHARS
    }
    if too_long:
        raise Invalid(_("部分内容过长，未能保存。"), fields=too_long)


def _check_total(answers: Mapping[str, str]) -> None:
    if rules.shared_rows(answers):
        raise Invalid(_("提交的内容与表单不符，请刷新页面后重试。"), fields={})
    if len(answers) > rules.MAX_PATHS:
        raise Invalid(_("记录过多：一份填报最多%(limit)d项内容。") % {"limit": rules.MAX_PATHS}, fields={})


def keep_copy(*, filing_id: UUID, page: str, base_rev: int, answers: Mapping[str, str], by: Actor) -> None:
    """Autosave: one recovery copy per account and page, kept for 30 days; what is new is put over what it has."""
    filing = own_filing(filing_id=filing_id, by=by)
    require_editable(filing)
    _check_size(answers)
    form = catalogue.version(filing.form_version)
    sealed = personal.seal_answers(form=form, filing_id=filing.id, answers=answers)
    former = RecoveryCopy.objects.filter(account_id=by.id, filing=filing, page=page).first()
    if former is not None:
        sealed, base_rev = {**former.answers, **sealed}, min(base_rev, former.base_rev)
    RecoveryCopy.objects.update_or_create(
        account_id=by.id,
        filing=filing,
        page=page,
        defaults={"answers": sealed, "base_rev": base_rev, "saved_at": clock.now()},
    )


_DROP_COPY = "DELETE FROM filings_recoverycopy WHERE account_id = %(account)s AND filing_id = %(filing)s AND page = %(page)s"


def drop_copy(*, filing_id: UUID, page: str, by: Actor) -> None:
    """Discard the recovery copy after a save or after 返回."""
    sql.execute(_DROP_COPY, {"account": by.id, "filing": filing_id, "page": page})


def sweep_copies() -> int:
    """Delete recovery copies older than 30 days; returns how many."""
    old = clock.now() - timedelta(days=RECOVERY_DAYS)
    return RecoveryCopy.objects.filter(saved_at__lt=old).delete()[0]
