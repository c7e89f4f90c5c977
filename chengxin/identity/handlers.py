"""Handlers (经办人) of an enterprise: appointed, renewed, ended by its administrator (VOL-03, D-29).

A handler has an account of his own. It opens when he accepts the invitation; the authorisation paper and its term stand
with the membership, and an ended one stays in the list as it was.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chengxin.common import clock, crypto
from chengxin.common.errors import Conflict, Invalid, NotFound
from chengxin.identity import actions, filers, policy, rules
from chengxin.identity.models import Account, Membership
from chengxin.identity.queries import contact_place, note_reading
from chengxin.identity.values import ActedOn, Actor, HandlerView, PaperView
from chengxin.ledger import actions as ledger

MOST_HANDLERS = 20
LONGEST_TERM_DAYS = 3 * 366
MOST_NAME_CHARS = 50
LISTED = 100


@dataclass(frozen=True)
class Term:
    """Days of Shanghai from and until which an authorisation is in force, both included."""

    start: date
    end: date


@dataclass(frozen=True)
class Ending:
    """An authorisation whose last day is near."""

    id: int
    account_id: UUID
    enterprise_id: UUID
    display_name: str
    end: date


@transaction.atomic
def appoint(*, display_name: str, email: str, phone: str, paper: PaperView, term: Term, by: Actor) -> UUID:
    """Give the administrator's enterprise a handler, whose account opens with `accept`; returns the account.

    Raises Invalid by field (display_name, email, phone, term), Conflict where there are MOST_HANDLERS.
    """
    policy.require(by=by, permission="handler.manage", enterprise_id=by.enterprise_id)
    assert by.enterprise_id is not None
    actions.locked(by.enterprise_id)
    name = rules.clean_name(display_name)
    errors: rules.Errors = {
        "display_name": [] if 0 < len(name) <= MOST_NAME_CHARS else [_("请填写经办人姓名，不超过50个字")],
        "email": rules.email_errors(email),
        "phone": rules.phone_errors(phone),
        "term": _term_errors(term),
    }
    if not errors["phone"] and by_phone(enterprise_id=by.enterprise_id, phone=phone):
        errors["phone"] = [_("该手机号已是本企业经办人，请在列表中续期或先终止原授权")]
    if any(errors.values()):
        raise Invalid({field: texts for field, texts in errors.items() if texts})
    if _open(by.enterprise_id).count() >= MOST_HANDLERS:
        raise Conflict(_("经办人最多20名，请先终止不再使用的授权。"), code="too-many-handlers")
    account = Account(id=uuid.uuid4(), kind="enterprise", display_name=name, created_at=clock.now())
    actions.set_contact(account, email=email, phone=phone)
    account.save(force_insert=True)
    row = Membership(account=account, enterprise_id=by.enterprise_id, role="handler", since=account.created_at)
    _authorise(row, paper=paper, term=term)
    ledger.append(kind="handler.appointed", subject=str(account.id), data=_told(row), by=by)
    return account.id


@transaction.atomic
def renew(*, account_id: UUID, paper: PaperView, term: Term, by: Actor) -> None:
    """Put another paper and term in the place of a handler's; the former stays kept. Raises Invalid({"term": …}), NotFound."""
    former = _managed(account_id, by=by)
    errors = _term_errors(term)
    if errors:
        raise Invalid({"term": errors})
    former.until = clock.now()
    former.save(update_fields=["until"])
    row = Membership(account_id=account_id, enterprise_id=former.enterprise_id, role="handler", since=former.until)
    _authorise(row, paper=paper, term=term)
    ledger.append(kind="handler.renewed", subject=str(account_id), data=_told(row), by=by)


@transaction.atomic
def end(*, account_id: UUID, by: Actor) -> None:
    """Revoke a handler's authorisation now: the account is closed and its sessions end. The caller frees its log-in names."""
    row = _managed(account_id, by=by)
    row.until = clock.now()
    row.save(update_fields=["until"])
    account = Account.objects.select_for_update().get(id=account_id)
    account.state = "closed"
    account.session_epoch += 1
    account.save(update_fields=["state", "session_epoch"])
    ledger.append(kind="handler.ended", subject=str(account_id), data={"enterprise": str(row.enterprise_id)}, by=by)


@transaction.atomic
def accept(*, account_id: UUID) -> None:
    """The handler took the invitation from his mailbox: the account is open. Raises Conflict for any other account."""
    account = Account.objects.select_for_update().filter(id=account_id, state="pending").first()
    row = Membership.objects.filter(account_id=account_id, role="handler", until__isnull=True).first()
    if account is None or row is None:
        raise Conflict(_("该邀请已失效，请联系企业管理员重新邀请。"))
    account.state, account.email_verified_at = "active", clock.now()
    account.save(update_fields=["state", "email_verified_at"])
    ledger.append(kind="handler.accepted", subject=str(account_id), data={"enterprise": str(row.enterprise_id)}, by=f"account:{account_id}")


@transaction.atomic
def take_ending(*, days: int, limit: int) -> list[Ending]:
    """Authorisations that end within so many days and of which nobody was told yet; from now on they count as told."""
    today = clock.today()
    waiting = Membership.objects.filter(role="handler", until__isnull=True, told_at__isnull=True)
    near = waiting.filter(authorised_until__range=(today, today + timedelta(days=days))).select_related("account")
    rows = list(near.select_for_update(of=("self",), skip_locked=True).order_by("authorised_until", "id")[:limit])
    Membership.objects.filter(id__in=[row.pk for row in rows]).update(told_at=clock.now())
    return [
        Ending(row.pk, row.account_id, row.enterprise_id, row.account.display_name, row.authorised_until)
        for row in rows
        if row.authorised_until is not None
    ]


def listed(*, by: Actor) -> list[HandlerView]:
    """The handlers of the administrator's enterprise, those in office first, then the ended ones, newest first."""
    policy.require(by=by, permission="handler.manage", enterprise_id=by.enterprise_id)
    rows = Membership.objects.select_related("account").filter(enterprise=by.enterprise_id, role="handler")
    newest = rows.order_by("account", "-id").distinct("account")
    found = sorted(newest, key=lambda row: (row.until is not None, -row.pk))[:LISTED]
    if found:
        note_reading(by=by, what="contact-masked", subject=str(by.enterprise_id), purpose="handlers")
    return [_view(row) for row in found]


def one(*, account_id: UUID, by: Actor) -> HandlerView:
    """One handler of the administrator's enterprise, also an ended one; raises NotFound."""
    found = next((each for each in listed(by=by) if each.account_id == account_id), None)
    if found is None:
        raise NotFound(_("未找到该经办人。"))
    return found


def invited(account_id: UUID) -> tuple[HandlerView, UUID]:
    """A handler who has not accepted yet, and the enterprise, for the page of the invitation; raises NotFound."""
    row = Membership.objects.select_related("account").filter(account_id=account_id, role="handler", until__isnull=True).first()
    if row is None or row.account.state != "pending":
        raise NotFound(_("该邀请已失效，请联系企业管理员重新邀请。"))
    return _view(row), row.enterprise_id


def acted_on(*, account_id: UUID, enterprise_id: UUID, at: datetime) -> ActedOn | None:
    """The authorisation on which an account acted for an enterprise then; None for its administrator and for strangers."""
    rows = Membership.objects.select_related("account").filter(account_id=account_id, enterprise_id=enterprise_id, role="handler")
    row = rows.filter(Q(until__isnull=True) | Q(until__gt=at), since__lte=at).order_by("-id").first()
    if row is None or row.authorised_from is None or row.authorised_until is None:
        return None
    standing = filers.standing(row, today=clock.today())
    return ActedOn(row.account.display_name, row.authorised_from, row.authorised_until, standing, _paper(row))


def by_phone(*, enterprise_id: UUID, phone: str) -> UUID | None:
    """The account of the enterprise's handler who has this mobile number; None for no or an ended one."""
    hashes = crypto.blinds(rules.clean_phone(phone), purpose="phone")
    return _open(enterprise_id).filter(account__phone_blind__in=hashes).values_list("account_id", flat=True).first()


def _open(enterprise_id: UUID) -> QuerySet[Membership]:
    return Membership.objects.filter(enterprise_id=enterprise_id, role="handler", until__isnull=True)


def _managed(account_id: UUID, *, by: Actor) -> Membership:
    policy.require(by=by, permission="handler.manage", enterprise_id=by.enterprise_id)
    rows = Membership.objects.select_for_update().filter(account_id=account_id, enterprise=by.enterprise_id, role="handler")
    row = rows.filter(until__isnull=True).first()
    if row is None:
        raise NotFound(_("未找到该经办人。"))
    return row


def _authorise(row: Membership, *, paper: PaperView, term: Term) -> None:
    row.paper, row.paper_name, row.paper_media, row.paper_pages = paper.sha256, paper.name[:200], paper.media_type, paper.pages
    row.authorised_from, row.authorised_until = term.start, term.end
    row.save()


def _term_errors(term: Term) -> list[str | Promise]:
    """A term that ends today or later and lasts at most three years."""
    if term.end < term.start:
        return [_("授权止日不能早于起日")]
    if term.end < clock.today():
        return [_("授权止日已过，请填写今天或以后的日期")]
    return [_("授权期限最长三年")] if term.end - term.start > timedelta(days=LONGEST_TERM_DAYS) else []


def _told(row: Membership) -> dict[str, str]:
    days = {"from": str(row.authorised_from), "until": str(row.authorised_until)}
    return {"enterprise": str(row.enterprise_id), "paper": row.paper, **days}


def _view(row: Membership) -> HandlerView:
    assert row.authorised_from is not None and row.authorised_until is not None
    sealed = row.account.phone_sealed
    phone = crypto.unseal(sealed, bound_to=contact_place(row.account_id, "phone")) if sealed else ""
    return HandlerView(
        account_id=row.account_id,
        display_name=row.account.display_name,
        phone=rules.mask_phone(phone),
        authorised_from=row.authorised_from,
        authorised_until=row.authorised_until,
        standing=filers.standing(row, today=clock.today()),
        ended_at=row.until,
        paper=_paper(row),
    )


def _paper(row: Membership) -> PaperView:
    return PaperView(row.paper, row.paper_name, row.paper_media, row.paper_pages)
