"""The writes of the watch list: ask, confirm by mailed link, give up, tell once a day (我的关注).

Whom somebody follows is told to nobody, least of all to the followed: events name a random id and no code.
A mailbox is an envelope with a blind index (D-41); with its last watch it is deleted.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengxin.common import clock, crypto
from chengxin.common.errors import Conflict, Invalid
from chengxin.filings import messages
from chengxin.gateways import actions as gateways
from chengxin.identity import queries as identity
from chengxin.identity import rules as identity_rules
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger
from chengxin.portal.watch_models import Watch, Watcher
from chengxin.records import changes, queries

MOST_WATCHED = 50
"""Enterprises that one mailbox or account follows at most."""

CONFIRM_HOURS = 48
DIGEST_HOUR = 8
"""Hour in Shanghai from which on the day's digest goes out."""

BLIND = "watcher-email"
PATH = "/watch/"


class LinkRefused(Invalid):
    """A link of the watch list that opens nothing (any more)."""

    default_code = "link-refused"
    default_message = gettext_lazy("链接无效或已过期，请重新申请")


@dataclass(frozen=True)
class Watched:
    """One enterprise on a list."""

    uscc: str
    name: str
    since: datetime


def ask(*, email: str, uscc: str) -> None:
    """A mailbox wants to follow: a link goes there, and nothing else happens (double opt-in).

    What the asker sees is the same whether the mailbox is known; one that follows already, or follows as many as it
    may, gets the link to its list instead. Raises Invalid({"email": …}); NotFound where the code has no public file.
    """
    errors = identity_rules.email_errors(email)
    if errors:
        raise Invalid({"email": errors})
    queries.public_file(uscc=uscc)
    watcher = _of_mailbox(email) or _new(email=identity_rules.clean_email(email))
    held = Watch.objects.filter(watcher=watcher)
    watch = held.filter(uscc=uscc).first()
    if watch is None and held.count() < MOST_WATCHED:
        watch = Watch.objects.create(watcher=watcher, uscc=uscc, created_at=clock.now())
    ledger.append(kind="watch.asked", subject=str(watcher.id), data={}, by=None)
    if watch is None or watch.confirmed_at is not None:
        _mail_list(watcher)
    else:
        _mail_confirmation(watcher, watch)


def ask_for_list(*, email: str) -> None:
    """Mail a mailbox the link to its list, if it has one; says nothing either way. Raises Invalid({"email": …})."""
    errors = identity_rules.email_errors(email)
    if errors:
        raise Invalid({"email": errors})
    watcher = _of_mailbox(email)
    ledger.append(kind="watch.list_asked", subject=str(watcher.id if watcher else uuid4()), data={}, by=None)
    if watcher is not None:
        _mail_list(watcher)


def confirm(*, token: str) -> str:
    """The mailed link was confirmed by its button; returns the token of the list. A second time changes nothing. Raises LinkRefused."""
    watch = unconfirmed(token, lock=True)
    watcher = Watcher.objects.select_for_update().get(id=watch.watcher_id)
    if watch.confirmed_at is None:
        if not Watch.objects.filter(watcher=watcher, confirmed_at__isnull=False).exists():
            watcher.position = changes.last()
            watcher.save(update_fields=["position"])
        watch.confirmed_at = clock.now()
        watch.save(update_fields=["confirmed_at"])
        ledger.append(kind="watch.confirmed", subject=str(watcher.id), data={}, by=None)
    return token_of(watcher)


def unconfirmed(token: str, *, lock: bool = False) -> Watch:
    """The watch behind a link of a confirmation mail, for two days; raises LinkRefused."""
    rows = Watch.objects.select_for_update() if lock else Watch.objects.all()
    row = rows.filter(confirm_hash=_hash(token), created_at__gt=clock.now() - timedelta(hours=CONFIRM_HOURS)).first()
    if row is None:
        raise LinkRefused
    return row


def follow(*, uscc: str, by: Actor) -> None:
    """A logged-in enterprise follows another one. Raises Conflict at its most, NotFound where the code has no public file."""
    queries.public_file(uscc=uscc)
    watcher = Watcher.objects.select_for_update().filter(account_id=by.id).first() or _new(account_id=by.id)
    held = Watch.objects.filter(watcher=watcher)
    if held.filter(uscc=uscc).exists():
        return
    if held.count() >= MOST_WATCHED:
        raise Conflict(_("最多关注 %(most)s 家企业，请先取消不再需要的关注。") % {"most": MOST_WATCHED}, code="too-many-watched")
    now = clock.now()
    Watch.objects.create(watcher=watcher, uscc=uscc, created_at=now, confirmed_at=now)
    ledger.append(kind="watch.confirmed", subject=str(watcher.id), data={}, by=None)


def leave(*, uscc: str, by: Actor) -> None:
    """A logged-in enterprise follows one no longer."""
    watcher = Watcher.objects.select_for_update().filter(account_id=by.id).first()
    if watcher is not None:
        _leave(watcher, uscc)


def leave_by_link(*, uscc: str, token: str) -> bool:
    """A mailbox follows one no longer; returns whether it follows anything still, else it is forgotten. Raises LinkRefused."""
    return _leave(of_token(token, lock=True), uscc)


def _leave(watcher: Watcher, uscc: str) -> bool:
    Watch.objects.filter(watcher=watcher, uscc=uscc).delete()
    ledger.append(kind="watch.left", subject=str(watcher.id), data={}, by=None)
    left = Watch.objects.filter(watcher=watcher).exists()
    if not left:
        watcher.delete()
    return left


def unsubscribe(*, token: str) -> None:
    """Follow nothing any more: all watches and the mailbox are deleted. A second time changes nothing."""
    watcher = Watcher.objects.select_for_update().filter(token_hash=_hash(token)).first()
    if watcher is not None:
        ledger.append(kind="watch.ended", subject=str(watcher.id), data={}, by=None)
        watcher.delete()


def of_token(token: str, *, lock: bool = False) -> Watcher:
    """The watcher behind the link in its mails; raises LinkRefused."""
    rows = Watcher.objects.select_for_update() if lock else Watcher.objects.all()
    row = rows.filter(token_hash=_hash(token)).first()
    if row is None:
        raise LinkRefused
    return row


def watched(watcher: Watcher) -> list[Watched]:
    """What a watcher follows, the newest first; an enterprise without public file has no name here."""
    codes = Watch.objects.filter(watcher=watcher, confirmed_at__isnull=False).order_by("-confirmed_at").values_list("uscc", "confirmed_at")
    rows = [(uscc, at) for uscc, at in codes if at is not None]
    named = names([uscc for uscc, _at in rows])
    return [Watched(uscc=uscc, name=named.get(uscc, ""), since=at) for uscc, at in rows]


def watched_by(*, by: Actor) -> list[Watched]:
    """What a logged-in enterprise follows."""
    watcher = Watcher.objects.filter(account_id=by.id).first()
    return watched(watcher) if watcher else []


def mailbox_of(watcher: Watcher) -> str:
    """The mailbox, most of it hidden: whoever holds the link sees which one it is."""
    return identity_rules.mask_email(_mailbox(watcher))


def token_of(watcher: Watcher) -> str:
    """The token of a watcher's links."""
    return crypto.unseal(watcher.token_sealed, bound_to=place(watcher.id, "token"))


def _hash(token: str) -> bytes:
    return hashlib.sha256(f"chengxin/watch/v1\0{token}".encode()).digest()


def place(watcher_id: UUID, what: str) -> str:
    """What the envelope of a follower's mailbox or token is bound to."""
    return f"portal.watcher/{watcher_id}/{what}"


def _of_mailbox(email: str) -> Watcher | None:
    hashes = crypto.blinds(identity_rules.email_key(email), purpose=BLIND)
    return Watcher.objects.select_for_update().filter(email_blind__in=hashes).first()


def _new(*, email: str = "", account_id: UUID | None = None) -> Watcher:
    """A new watcher; of two at once the second finds the first's row."""
    own, token, now = uuid4(), secrets.token_urlsafe(32), clock.now()
    row = Watcher(
        id=own,
        account_id=account_id,
        email_sealed=crypto.seal(email, bound_to=place(own, "email")) if email else "",
        email_blind=crypto.blind(identity_rules.email_key(email), purpose=BLIND) if email else None,
        token_hash=_hash(token),
        token_sealed=crypto.seal(token, bound_to=place(own, "token")),
        position=changes.last(),
        told_on=clock.today(),
        created_at=now,
    )
    Watcher.objects.bulk_create([row], ignore_conflicts=True)
    if account_id is not None:
        return Watcher.objects.select_for_update().get(account_id=account_id)
    found = _of_mailbox(email)
    assert found is not None
    return found


# --- Mails -----------------------------------------------------------------------------------------------------------
def _mailbox(watcher: Watcher) -> str:
    if watcher.account_id is not None:
        return identity.email_of(watcher.account_id, by=Actor.system("watching"), purpose="watch-digest")
    return crypto.unseal(watcher.email_sealed, bound_to=place(watcher.id, "email"))


def _links(watcher: Watcher) -> dict[str, str]:
    address = f"{settings.SITE_ORIGIN}{PATH}{token_of(watcher)}"
    return {"list_link": address, "unsubscribe_link": f"{address}/unsubscribe"}


def _mail_confirmation(watcher: Watcher, watch: Watch) -> None:
    """A fresh link; earlier ones of this watch open nothing any more, and its two days begin anew."""
    token = secrets.token_urlsafe(32)
    watch.confirm_hash, watch.created_at = _hash(token), clock.now()
    watch.save(update_fields=["confirm_hash", "created_at"])
    gateways.enqueue(
        channel="mail",
        purpose="watch-confirm",
        to=_mailbox(watcher),
        template="watch_confirm",
        params={"name": names([watch.uscc]).get(watch.uscc, watch.uscc), "hours": CONFIRM_HOURS},
        secret_params={"confirm_link": f"{settings.SITE_ORIGIN}{PATH}confirm/{token}"},
        dedupe_key=f"watch-confirm:{uuid4()}",
        secret_until=clock.now() + timedelta(hours=CONFIRM_HOURS),
    )


def _mail_list(watcher: Watcher) -> None:
    gateways.enqueue(
        channel="mail",
        purpose="watch-list",
        to=_mailbox(watcher),
        template="watch_list",
        params={"most": MOST_WATCHED},
        secret_params=_links(watcher),
        dedupe_key=f"watch-list:{uuid4()}",
    )


def names(usccs: Sequence[str]) -> dict[str, str]:
    """The names that stand in the public files of these codes."""
    return queries.names(usccs=usccs)


# --- Once a day ------------------------------------------------------------------------------------------------------
def tell(*, limit: int) -> int:
    """Tell up to `limit` watchers whose day has come what changed since; returns how many were looked at.

    One digest a day at most, none where nothing changed. Repeats and kills tell nobody twice: place and mail are one transaction.
    """
    local = clock.now().astimezone(clock.SHANGHAI)
    if local.hour < DIGEST_HOUR:
        return 0
    upto = changes.last()
    rows = Watcher.objects.select_for_update(skip_locked=True).filter(told_on__lt=clock.today()).order_by("told_on", "id")
    due = list(rows[:limit])
    for watcher in due:
        codes = list(Watch.objects.filter(watcher=watcher, confirmed_at__isnull=False).values_list("uscc", flat=True))
        happened = changes.newest_of(usccs=codes, after=watcher.position, upto=upto)
        if happened:
            _tell(watcher, happened)
        watcher.position, watcher.told_on = upto, clock.today()
        watcher.save(update_fields=["position", "told_on"])
    return len(due)


def _tell(watcher: Watcher, happened: Mapping[str, str]) -> None:
    named = names(sorted(happened))
    key = f"watch-digest:{watcher.id}:{clock.today()}"
    if watcher.account_id is not None:
        params = {"count": len(happened), "codes": sorted(happened)}
        messages.post(account_id=watcher.account_id, template="watch_digest", params=params, key=key)
    to = _mailbox(watcher)
    if not to:
        return
    gateways.enqueue(
        channel="mail",
        purpose="watch-digest",
        to=to,
        template="watch_digest",
        params={"count": len(happened), "lines": "\n\n".join(_line(code, kind, named) for code, kind in sorted(happened.items()))},
        secret_params=_links(watcher),
        dedupe_key=key,
    )


def _line(code: str, kind: str, named: Mapping[str, str]) -> str:
    """What is said of one enterprise; of one that left the public its code only (D-20)."""
    if kind == "removed" or code not in named:
        return _("统一社会信用代码 %(code)s：诚信档案已停止公示") % {"code": code}
    return _("%(name)s：诚信档案有更新\n%(link)s") % {"name": named[code], "link": f"{settings.SITE_ORIGIN}/files/{code}"}


@transaction.atomic
def sweep() -> int:
    """Forget what was never confirmed, and mailboxes that follow nothing; returns how many rows went."""
    late = clock.now() - timedelta(hours=CONFIRM_HOURS)
    gone: int = Watch.objects.filter(confirmed_at__isnull=True, created_at__lt=late).delete()[0]
    idle = Watcher.objects.exclude(id__in=Watch.objects.values("watcher_id")).filter(created_at__lt=late)
    return gone + int(idle.delete()[0])
