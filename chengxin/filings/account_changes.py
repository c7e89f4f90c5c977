"""A mailbox changed or an enterprise reset from a help ticket: proposed by one person, confirmed by another, held for a day.

Nothing here touches an account: what follows when the day is over, `flow` does in the same transaction (REG-16, REG-17).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from chengxin.common import clock, crypto
from chengxin.common.errors import Conflict, Forbidden, Invalid, NotFound
from chengxin.filings import cases, lifecycle, queries
from chengxin.filings.actions import reviewable
from chengxin.filings.models import AccountChange, Filing
from chengxin.filings.values import AccountChangeView
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor, EnterpriseView
from chengxin.ledger import actions as ledger

MAX_REASON_CHARS = 500
KINDS = {"mailbox": "mailbox", "code": "reset"}  # what a ticket of a topic may lead to
EVIDENCE = ("licence", "papers")  # the files without which nothing is changed


@dataclass(frozen=True)
class Held:
    """A confirmed change whose account's owner has to be told: the old mailbox is the account's own, the new one the ticket's."""

    change: AccountChangeView
    new_email: str


def propose(*, ticket_id: UUID, reason: str, by: Actor) -> UUID:
    """Propose what the ticket asks for; refused without evidence, and for a code that nobody has registered (REG-17)."""
    ticket = _open_ticket(ticket_id, by)
    facts = cases.answers_of(ticket)
    kind = KINDS.get(facts.get("topic", ""))
    if kind is None:
        raise Conflict(_("此类求助不涉及变更邮箱或重置企业信息，请直接答复。"), code="no-change")
    _require_evidence(ticket)
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON_CHARS:
        raise Invalid({"reason": [_("请写明核实情况，1至%(n)d字。") % {"n": MAX_REASON_CHARS}]})
    enterprise, account_id = _holder(facts.get("uscc", ""))
    if AccountChange.objects.filter(account_id=account_id, state__in=["proposed", "held"]).exists():
        raise Conflict(_("该账号已有一项变更等待复核或生效。"), code="change-open")
    change_id = uuid.uuid4()
    AccountChange.objects.create(
        id=change_id,
        ticket=ticket,
        kind=kind,
        account_id=account_id,
        enterprise_id=enterprise.id,
        email_sealed=crypto.seal(facts["contact"], bound_to=place(change_id)),
        reason=reason,
        by_id=by.id,
        proposed_at=clock.now(),
    )
    data = {"change": str(change_id), "kind": kind, "ticket": str(ticket.id)}
    ledger.append(kind="account.change_proposed", subject=str(account_id), data=data, by=by)
    return change_id


def _open_ticket(ticket_id: UUID, by: Actor) -> Filing:
    """The locked ticket, if the acting person may handle it and nobody has answered it."""
    ticket = reviewable(filing_id=ticket_id, by=by)
    if ticket.kind != "help":
        raise NotFound(_("未找到该求助。"))
    if ticket.state != lifecycle.SUBMITTED:
        raise Conflict(_("该求助已办结。"), code="decided")
    return ticket


def _require_evidence(ticket: Filing) -> None:
    there = {path.rpartition("/")[2] for path in ticket.attachments.filter(state="bound").values_list("path", flat=True)}
    if not there.issuperset(EVIDENCE):
        raise Conflict(_("该求助没有营业执照和说明材料，不能据此变更账号。"), code="no-evidence")


def _holder(uscc: str) -> tuple[EnterpriseView, UUID]:
    enterprise = identity.enterprise_by_uscc(uscc)
    account_id = identity.administrator_of(enterprise.id) if enterprise and enterprise.claimed else None
    if enterprise is None or account_id is None:
        raise Conflict(_("该统一社会信用代码没有注册账号，无需变更，请直接答复。"), code="no-account")
    require_free(account_id=account_id)
    return enterprise, account_id


def require_free(*, account_id: UUID) -> None:
    """Refuse to change an account that is suspended, such as while a claim of impersonation is heard (D-11)."""
    if identity.account(account_id).state not in ("pending", "active"):
        raise Conflict(_("该账号已停用或正在核实身份，不能变更。"), code="account-suspended")


def settle(*, change_id: UUID, confirmed: bool, by: Actor) -> Held | None:
    """The second person's word, and the first one's to take it back; a confirmed change is held for a day. None when declined."""
    row = _locked(change_id=change_id)
    _open_ticket(row.ticket_id, by)
    if row.state != "proposed":
        raise Conflict(_("该变更已经复核过。"), code="settled")
    if confirmed and row.by_id == by.account_id:
        raise Forbidden(_("变更须由另一名工作人员复核。"))
    now = clock.now()
    row.second_id, row.settled_at = by.id, now
    row.state = "held" if confirmed else "declined"
    row.effective_at = now + timedelta(hours=settings.ACCOUNT_CHANGE_HOLD_HOURS) if confirmed else None
    row.save()
    event = "account.change_confirmed" if confirmed else "account.change_declined"
    ledger.append(kind=event, subject=str(row.account_id), data={"change": str(row.id), "kind": row.kind}, by=by)
    return Held(change=view(row), new_email=_email(row)) if confirmed else None


def one(*, change_id: UUID) -> AccountChangeView:
    """One change, for those who carry it out."""
    row = AccountChange.objects.select_related("by", "second").filter(id=change_id).first()
    if row is None:
        raise NotFound(_("未找到该变更。"))
    return view(row)


def held_of(*, account_id: UUID) -> AccountChangeView | None:
    """The change that waits for its day to be over, if there is one."""
    row = AccountChange.objects.select_related("by", "second").filter(account_id=account_id, state="held").first()
    return view(row) if row else None


def stop(*, account_id: UUID, by: Actor) -> Held:
    """Whoever holds the old mailbox stops the change before it takes effect; the ticket is open again at the desk."""
    found = AccountChange.objects.filter(account_id=account_id, state="held").first()
    row = _locked(change_id=found.id) if found else None
    if row is None or row.state != "held":
        raise Conflict(_("该变更已生效或已终止，不能再阻止。"), code="change-settled")
    row.state, row.ended_at = "stopped", clock.now()
    row.save(update_fields=["state", "ended_at"])
    ledger.append(kind="account.change_stopped", subject=str(account_id), data={"change": str(row.id), "kind": row.kind}, by=by)
    return Held(change=view(row), new_email=_email(row))


def due(*, limit: int) -> list[UUID]:
    """Changes whose day is over, the oldest first."""
    rows = AccountChange.objects.filter(state="held", effective_at__lte=clock.now()).order_by("effective_at", "id")
    return list(rows.values_list("id", flat=True)[:limit])


def hold(*, change_id: UUID) -> Held | None:
    """Lock a due change for its carrying out; None where another was first or it was stopped meanwhile."""
    row = _locked(change_id=change_id)
    return Held(change=view(row), new_email=_email(row)) if row.state == "held" else None


def finish(*, change_id: UUID, why: str = "", by: Actor) -> None:
    """Note that a change was carried out, or why it could not be."""
    row = _locked(change_id=change_id)
    row.state, row.ended_at, row.why = ("failed" if why else "done"), clock.now(), why[:200]
    row.save(update_fields=["state", "ended_at", "why"])
    data = {"change": str(row.id), "kind": row.kind, "ticket": str(row.ticket_id)}
    ledger.append(kind=f"account.change_{row.state}", subject=str(row.account_id), data=data, by=by)


def of_ticket(*, ticket_id: UUID, by: Actor) -> list[AccountChangeView]:
    """What was proposed from a ticket and what became of it, the newest first."""
    ticket = queries.visible_row(filing_id=ticket_id, by=by)
    rows = ticket.account_changes.select_related("by", "second").order_by("-proposed_at")
    return [view(row) for row in rows]


def view(row: AccountChange) -> AccountChangeView:
    """The value of a row."""
    return AccountChangeView(
        id=row.id,
        ticket_id=row.ticket_id,
        kind=row.kind,
        account_id=row.account_id,
        enterprise_id=row.enterprise_id,
        reason=row.reason,
        by_id=row.by_id,
        by_name=row.by.display_name,
        proposed_at=row.proposed_at,
        state=row.state,
        second_id=row.second_id,
        second_name=row.second.display_name if row.second else "",
        settled_at=row.settled_at,
        effective_at=row.effective_at,
        ended_at=row.ended_at,
        why=row.why,
    )


def _locked(*, change_id: UUID) -> AccountChange:
    """The change with its ticket, the ticket first: one order everywhere (D-43)."""
    ticket_id = AccountChange.objects.filter(id=change_id).values_list("ticket_id", flat=True).first()
    if ticket_id is None:
        raise NotFound(_("未找到该变更。"))
    Filing.objects.select_for_update().get(id=ticket_id)
    return AccountChange.objects.select_for_update().get(id=change_id)


def _email(row: AccountChange) -> str:
    return crypto.unseal(row.email_sealed, bound_to=place(row.id))


def place(change_id: UUID) -> str:
    """What the envelope of the mailbox of a change is bound to."""
    return f"filings.accountchange/{change_id}/email"
