"""What crosses the border of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID


@dataclass(frozen=True)
class EventView:
    """One sequenced event, as followers and the change feed see it."""

    position: int
    id: int
    log: str
    kind: str
    subject: str
    data: Mapping[str, Any]
    actor: str
    version_id: UUID | None
    created_at: datetime


@dataclass(frozen=True)
class NewEvent:
    """One event to append in bulk; `leaf` and `version_id` as in `actions.append`."""

    kind: str
    subject: str
    data: Mapping[str, Any]
    leaf: bytes | None = None
    version_id: UUID | None = None


class Publication(NamedTuple):
    """A record version that becomes public, with the commitment that its leaf makes (D-17)."""

    version_id: UUID
    enterprise_id: UUID
    group: str
    commitment: bytes


@dataclass(frozen=True)
class LogFile:
    """A static file of a log: a tile of `level`, or an entry bundle (level None); width 256 is full."""

    level: int | None
    n: int
    width: int


@dataclass(frozen=True)
class Health:
    """Whether the ledger may sign, what stands against it, and how far it is behind."""

    ok: bool
    problems: tuple[str, ...]
    sizes: Mapping[str, int]
    pending: int
    oldest_pending_s: float
    parked: int


@dataclass(frozen=True)
class VerifyReport:
    """The result of a full recomputation: sizes seen and every problem found, as sentences."""

    sizes: Mapping[str, int]
    checkpoints: int
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.problems
