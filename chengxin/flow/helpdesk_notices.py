"""What the help desk's changes tell the account, its old mailbox and the new one: a message first, mails as copies (D-45)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengxin.common import clock
from chengxin.filings import cases, messages
from chengxin.filings.account_changes import Held
from chengxin.gateways import actions as gateways
from chengxin.gateways.rules import moment_text
from chengxin.identity import queries as identity
from chengxin.identity.rules import mask_email
from chengxin.identity.values import Actor

PURPOSE = "account-change"
BY = Actor.system("helpdesk")
WHAT = {"mailbox": gettext_lazy("变更注册邮箱"), "reset": gettext_lazy("重置企业信息")}


def held(*, held: Held, stop_link: str) -> None:
    """A confirmed change waits: the old mailbox gets the link that stops it, the new one the moment it takes effect."""
    change = held.change
    assert change.effective_at is not None
    _post(held, "account_change_held", until=change.effective_at.isoformat())
    params = _params(held) | {"until": moment_text(change.effective_at)}
    secret = {"stop_link": stop_link}
    _mail(_old(held), "account_change_held", params, held, part="held-old", secret=secret, until=change.effective_at)
    _mail(held.new_email, "account_change_coming", params, held, part="held-new")


def stopped(*, held: Held) -> None:
    """The old mailbox stopped it: both learn of it."""
    _post(held, "account_change_stopped")
    for part, to in (("stopped-old", _old(held)), ("stopped-new", held.new_email)):
        _mail(to, "account_change_stopped", _params(held), held, part=part)


def mailbox_changed(*, held: Held, old: str) -> None:
    """The mailbox is another one now: old and new are told (REG-17)."""
    _post(held, "account_mailbox_changed")
    params = {"moment": moment_text(clock.now()), "new_masked": mask_email(held.new_email)}
    for part, to in (("done-old", old), ("done-new", held.new_email)):
        _mail(to, "email_changed", params, held, part=part)


def reset(*, held: Held) -> None:
    """The enterprise is being reset: the account's mailbox is told while it is still known, and the new one (REG-16)."""
    enterprise = identity.enterprise(held.change.enterprise_id)
    params = {
        "name": enterprise.name or enterprise.uscc,
        "moment": moment_text(clock.now()),
        "unit": identity.helpdesk_agency().name,
        "reason": _("客服求助 %(number)s：统一社会信用代码填错") % {"number": cases.number_of(filing_id=held.change.ticket_id)},
        "link": f"{settings.SITE_ORIGIN}/register",
    }
    for part, to in (("done-old", _old(held)), ("done-new", held.new_email)):
        _mail(to, "registration_reset", params, held, part=part)


def _params(held: Held) -> dict[str, Any]:
    enterprise = identity.enterprise(held.change.enterprise_id)
    number = cases.number_of(filing_id=held.change.ticket_id)
    return {"name": enterprise.name or enterprise.uscc, "what": str(WHAT[held.change.kind]), "number": number}


def _old(held: Held) -> str:
    return identity.email_of(held.change.account_id, BY, PURPOSE)


def _post(held: Held, template: str, **more: str) -> None:
    params = {"change": held.change.kind, "number": cases.number_of(filing_id=held.change.ticket_id), **more}
    messages.post(account_id=held.change.account_id, template=template, params=params, key=f"{template}:{held.change.id}")


def _mail(
    to: str, template: str, params: dict[str, Any], held: Held, *, part: str, secret: dict[str, str] | None = None, until: Any = None
) -> None:
    if to:
        gateways.enqueue(
            channel="mail",
            purpose=PURPOSE,
            to=to,
            template=template,
            params=params,
            secret_params=secret,
            dedupe_key=f"{PURPOSE}:{held.change.id}:{part}",
            secret_until=until,
        )
