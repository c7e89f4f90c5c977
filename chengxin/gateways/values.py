"""What crosses the border of gateways: frozen values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class Message:
    """One text ready to go out."""

    to: str
    subject: str
    body: str
    message_id: str
    unsubscribe: str = ""


@dataclass(frozen=True)
class Delivery:
    """How far a message has come, as its addressee may see it."""

    channel: str
    state: str
    label: str
    attempts: int
    created_at: datetime
    sent_at: datetime | None
    next_try_at: datetime | None


@dataclass(frozen=True)
class Trouble:
    """A message that does not go out, as staff see it: the address masked, no secrets."""

    id: int
    channel: str
    purpose: str
    to_masked: str
    template: str
    state: str
    label: str
    attempts: int
    last_error: str
    created_at: datetime
    next_try_at: datetime | None


@dataclass(frozen=True)
class RegisterEntry:
    """What the market register says about one code; `fetched_at` is when it said so."""

    uscc: str
    name: str
    type: str
    legal_representative: str
    capital_wan: Decimal | None
    capital_currency: str
    established_on: date | None
    term_from: date | None
    term_to: date | None
    address: str
    scope: str
    authority: str
    status: str
    fetched_at: datetime
