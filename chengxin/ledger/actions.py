"""The only writes of the ledger: append events, follow them."""

from __future__ import annotations

import operator
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import orjson
from django.db import connection
from psycopg.types.json import Jsonb

from chengxin.common import binary, clock, sql
from chengxin.common.binary import field, int8

from . import rules, sequencer
from .follow import follow, retry_parked
from .origins import succeed
from .values import NewEvent, Publication

__all__ = ["append", "append_many", "append_published", "follow", "prune_checkpoints", "retry_parked", "succeed", "sweep"]

KEEP_CHECKPOINTS_DAYS = 90


class _Acting(Protocol):
    """What the ledger needs to know of an actor."""

    @property
    def account_id(self) -> UUID | None: ...
    @property
    def kind(self) -> str: ...
    @property
    def display_name(self) -> str: ...


By = _Acting | str | None


def append(
    *,
    kind: str,
    subject: str,
    data: Mapping[str, Any],
    by: By,
    leaf: bytes | None = None,
    version_id: UUID | None = None,
) -> int:
    """Append one event in the caller's transaction; returns its id (not its position).

    `kind` is a dotted name, `subject` the id of what it is about, `data` identifiers and hashes only.
    `leaf` is given for the kinds of the public log, as `rules.published_leaf`, `ended_leaf` or
    `catalogue_leaf` made it; every other event gets a salted commitment in the audit log. Raises
    ValueError or TypeError for anything the log could not take back: a mistake of the caller.
    """
    event = NewEvent(kind=kind, subject=subject, data=data, leaf=leaf, version_id=version_id)
    row = _row(event, actor=_pseudonym(by), at=clock.now())
    made = sql.row(_APPEND, row | {"data": Jsonb(row["data"])})
    assert made is not None
    return int(made[0])


_COLUMNS = ("log", "kind", "subject", "data", "leaf", "salt", "actor", "version_id", "created_at")
_APPEND = f"INSERT INTO ledger_event ({', '.join(_COLUMNS)}) VALUES ({', '.join(f'%({name})s' for name in _COLUMNS)}) RETURNING id"


_COPY = f"COPY ledger_event ({', '.join(_COLUMNS)}) FROM STDIN (FORMAT BINARY)"


def append_many(*, events: Sequence[NewEvent], by: By) -> int:
    """Append many events in the caller's transaction by COPY, in their order; returns how many."""
    actor, at = _pseudonym(by), clock.now()
    with connection.cursor() as cursor, cursor.copy(_COPY) as stream:
        stream.set_types(["varchar", "varchar", "varchar", "jsonb", "bytea", "bytea", "varchar", "uuid", "timestamptz"])
        for event in events:
            row = _row(event, actor=actor, at=at)
            row["data"] = Jsonb(row["data"], dumps=orjson.dumps)
            stream.write_row([row[column] for column in _COLUMNS])
    return len(events)


_COPY_PLACED = f"COPY ledger_event (position, leaf_index, {', '.join(_COLUMNS)}) FROM STDIN (FORMAT BINARY)"


def append_published(*, publications: Sequence[Publication], at: datetime, by: By, at_once: bool = False) -> None:
    """Append the publication of record versions in the caller's transaction, in their order; the leaves are made here (D-17).

    `at_once`, for a transaction that is about to end: the events get their places as they are written, if the log can be signed now;
    else, and where it cannot, the sequencer gives them later.
    """
    if not publications:
        return
    leaf = rules.published_leaves(at=at)
    leaves = [leaf(str(made.version_id), made.commitment) for made in publications]
    places = sequencer.place_at_once(rules.PUBLIC, leaves) if at_once else None
    rows = _published_rows(publications, leaves, actor=_pseudonym(by), at=at)
    if places is None:
        binary.copy(_COPY, (_UNPLACED + row for row in rows))
    else:
        begins = (_PLACED + field(int8(places.position + nth)) + field(int8(places.leaf_index + nth)) for nth in range(len(leaves)))
        binary.copy(_COPY_PLACED, map(operator.add, begins, rows))


_UNPLACED, _PLACED = binary.fields(len(_COLUMNS)), binary.fields(len(_COLUMNS) + 2)


def _published_rows(publications: Sequence[Publication], leaves: Sequence[bytes], *, actor: str, at: datetime) -> Iterator[bytes]:
    """The events of publications with their leaves, field by field in the order of `_COLUMNS`, as COPY takes them."""
    about, by = field(rules.PUBLIC.encode()) + field(rules.PUBLISHED.encode()), field(actor.encode())
    moment, salt = field(binary.moment(at)), binary.NULL
    groups = {group: orjson.dumps(rules.check_text(group)) for group in {made.group for made in publications}}
    for made, leaf in zip(publications, leaves, strict=True):
        data = b'{"enterprise":"%b","group":%b}' % (str(made.enterprise_id).encode(), groups[made.group])
        subject = field(str(made.version_id).encode())
        yield b"".join((about, subject, field(binary.jsonb(data)), field(leaf), salt, by, field(made.version_id.bytes), moment))


def prune_checkpoints(*, before: datetime) -> int:
    """Delete checkpoints older than `before`, never the newest of a log; returns how many.

    All of them stand in the files outside the database; old proofs stay good.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM ledger_checkpoint AS c WHERE created_at < %s"
            " AND id < (SELECT max(id) FROM ledger_checkpoint AS n WHERE n.log = c.log)",
            [before],
        )
        return int(cursor.rowcount)


def sweep() -> int:
    """Delete checkpoints older than `KEEP_CHECKPOINTS_DAYS`; returns how many. The worker calls this now and then."""
    return prune_checkpoints(before=clock.now() - timedelta(days=KEEP_CHECKPOINTS_DAYS))


def _pseudonym(by: By) -> str:
    """Who acted, without saying a name: an account's id, a part of the system, or nobody."""
    if by is None:
        return "nobody"
    if isinstance(by, str):
        return rules.check_text(by)
    if by.account_id:
        return f"account:{by.account_id}"
    return rules.check_text(f"system:{by.display_name}") if by.kind == "system" else "nobody"


def _row(event: NewEvent, *, actor: str, at: datetime) -> dict[str, Any]:
    kind = rules.check_kind(event.kind)
    subject = rules.check_text(str(event.subject))
    data = rules.check_data(event.data)
    log = rules.log_of(kind)
    salt = None
    if log == rules.PUBLIC:
        if event.leaf is None:
            raise ValueError(f"An event {kind} comes with its leaf.")
        leaf = rules.check_leaf(event.leaf, kind=kind, version_id=event.version_id)
    elif event.leaf is not None:
        raise ValueError(f"An event {kind} goes to the audit log, which makes its own leaf.")
    else:
        salt = secrets.token_bytes(rules.SALT_BYTES)
        leaf = rules.audit_leaf(kind=kind, subject=subject, actor=actor, data=data, salt=salt, at=at)
    return {
        "log": log,
        "kind": kind,
        "subject": subject,
        "data": data,
        "leaf": leaf,
        "salt": salt,
        "actor": actor,
        "version_id": event.version_id,
        "created_at": at,
    }
