"""Mails to the people of a unit: who gets one, once for each key, and a filing in the words of a mail (D-45)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.filings.values import FilingView
from chengxin.gateways import actions as gateways
from chengxin.gateways import queries as messages
from chengxin.gateways.rules import moment_text
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.ledger.values import EventView

BY = Actor.system("reviewers")


def mail(account_ids: Iterable[UUID], *, template: str, params: dict[str, Any], key: str) -> None:
    """One mail to each of these people who has a mailbox; whose mail went out already is not looked up again."""
    send(untold(account_ids, key=key), template=template, params=params)


def untold(account_ids: Iterable[UUID], *, key: str) -> dict[UUID, str]:
    """Those of these people to whom no mail of this key went out yet, with the key of each one's mail."""
    keys = {account_id: f"{key}:{account_id}" for account_id in account_ids}
    told = messages.delivery_states(list(keys.values()))
    return {account_id: each for account_id, each in keys.items() if each not in told}


def send(keys: Mapping[UUID, str], *, template: str, params: dict[str, Any]) -> None:
    """One mail, of its key, to each of these people who has a mailbox."""
    for account_id, dedupe_key in keys.items():
        to = identity.email_of(account_id, by=BY, purpose=template.replace("_", "-"))
        if to:
            gateways.enqueue(
                channel="mail",
                purpose=template,
                to=to,
                template=template,
                params={**params, "link": f"{settings.SITE_ORIGIN}/login/agency"},
                dedupe_key=dedupe_key,
            )


def day_of(event: EventView) -> str:
    """The day in Shanghai; a clerk with two hundred items gets one mail, not two hundred."""
    return event.created_at.astimezone(clock.SHANGHAI).date().isoformat()


def title(filing: FilingView) -> str:
    """What was handed in, and about whom."""
    form = str(catalogue.version(filing.form_version).title)
    return f"{form}（{identity.enterprise(filing.about_id).name}）" if filing.about_id else form


def due(filing: FilingView) -> str:
    """When it has to be decided, in words."""
    assert filing.due_at is not None
    text = moment_text(filing.due_at)
    return str(_("%(moment)s（暂定）") % {"moment": text}) if filing.due_provisional else text
