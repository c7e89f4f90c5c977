"""What crosses the border of access: frozen values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class LogIn(NamedTuple):
    """What a browser keeps after log-in: the session's key and its own mark, both secret."""

    session_key: str
    device_token: str


@dataclass(frozen=True)
class CaptchaView:
    """A challenge to show or play; `alphabet_hint` says what to type."""

    id: UUID
    kind: str
    media_type: str
    body: bytes = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class SessionView:
    """What the clock in the page needs; asking for it does not count as activity."""

    account_id: UUID
    idle_seconds_left: int
    total_seconds_left: int


@dataclass(frozen=True)
class LicenceView:
    """A log-in with the electronic business licence as its page shows it.

    `outcome` is waiting, confirmed, refused, failed, opened or expired; `code` and `text` say why it failed; `address` is what
    the QR code says while it waits.
    """

    id: UUID
    outcome: str
    text: str
    code: str
    address: str
    seconds_left: int


@dataclass(frozen=True)
class PasswordHints:
    """The rules of the profile in force, as the page says them beside the field (D-25)."""

    min_length: int
    max_length: int
    hints: tuple[str, ...]
