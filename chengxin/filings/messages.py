"""站内消息: posted in the transaction of what they tell of; read by their account only (D-45)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from chengxin.common import clock, sql
from chengxin.filings.models import Message
from chengxin.identity.values import Actor

SHOWN = 100


@dataclass(frozen=True)
class MessageView:
    """One message to an account; ``template`` and ``params`` are put into words by the page."""

    id: UUID
    template: str
    params: Mapping[str, Any]
    key: str
    created_at: datetime
    read_at: datetime | None


_POST = """
INSERT INTO filings_message (id, account_id, template, params, key, created_at)
VALUES (%(id)s, %(account)s, %(template)s, %(params)s, %(key)s, %(now)s) ON CONFLICT (key) DO NOTHING
"""


def post(*, account_id: UUID, template: str, params: Mapping[str, Any], key: str) -> None:
    """Post a message once; the same ``key`` never posts twice."""
    given = {"id": uuid4(), "account": account_id, "template": template, "params": Jsonb(dict(params)), "key": key, "now": clock.now()}
    sql.execute(_POST, given)


def of(*, by: Actor) -> list[MessageView]:
    """The acting person's newest messages."""
    rows = Message.objects.filter(account_id=by.id).order_by("-created_at")[:SHOWN]
    return [MessageView(m.id, m.template, m.params, m.key, m.created_at, m.read_at) for m in rows]


def unread(*, by: Actor) -> int:
    """How many messages the acting person has not read."""
    return Message.objects.filter(account_id=by.id, read_at=None).count()


def mark_read(*, by: Actor) -> None:
    """Everything shown so far counts as read."""
    Message.objects.filter(account_id=by.id, read_at=None).update(read_at=clock.now())
