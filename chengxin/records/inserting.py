"""How record versions come into their table: made ready one by one, written many at a time by COPY, each with its event.

What takes long (canonical bytes, envelopes, keyed hashes) is in `ready`, which needs no database and does not know the
moment of publication; `insert` gives each its salt and its moment in the publishing transaction.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import orjson
from django.db import connection
from psycopg.types.json import Jsonb

from chengxin.common import clock, crypto
from chengxin.common.canonical import canonical_of_plain, rfc3339
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger
from chengxin.ledger import rules as leaves
from chengxin.ledger.values import NewEvent
from chengxin.records import openings
from chengxin.records.values import NewRecord, Written

SALT_BYTES = 32
FINGERPRINT = "record-fingerprint"
Marker = Callable[[str], list[bytes]]

COLUMNS = {
    "version_id": "uuid",
    "record_id": "uuid",
    "enterprise_id": "uuid",
    "origin": "varchar",
    '"group"': "varchar",
    "form_version": "varchar",
    "filing_id": "uuid",
    '"order"': "int4",
    "source_unit": "varchar",
    "source_no": "varchar",
    "inside": "jsonb",
    "fingerprint": "bytea",
    "fragment": "bytea",
    "salt": "bytea",
    "publicity_from": "date",
    "publicity_until": "date",
    "created_at": "timestamptz",
    "end_reason": "varchar",
}
_COPY = f"COPY records_version ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"


class Ready(NamedTuple):
    """One record version made ready but for its moment, salt, enterprise and filing.

    `inside` is JSON, `public` canonical bytes or None; `fingerprints` are the keyed hash under every key, the newest first.
    """

    version_id: UUID
    record_id: UUID
    origin: str
    group: str
    form_version: str
    order: int
    source_unit: str
    source_no: str
    collected_at: str | None
    inside: str
    public: bytes | None
    fingerprints: tuple[bytes, ...]
    publicity_from: date | None
    publicity_until: date | None

    def same_as(self, fingerprint: bytes | None) -> bool:
        """Whether the version with this fingerprint says the same; also where the key was rotated since."""
        return fingerprint in self.fingerprints


def marker() -> Marker:
    """What makes fingerprints, for many records: the keys are looked up once."""
    return crypto.blinder(purpose=FINGERPRINT)


def ready(record: NewRecord, *, mark: Marker | None = None) -> Ready:
    """Make a record ready to be inserted."""
    version_id, content, public = uuid4(), openings.plain(record.content), _public(record)
    return Ready(
        version_id=version_id,
        record_id=record.record_id,
        origin=record.origin,
        group=record.group,
        form_version=record.form_version,
        order=record.order,
        source_unit=record.source_unit,
        source_no=record.source_no,
        collected_at=openings.plain_moment(record.collected_at),
        inside=orjson.dumps(openings.sealed(version_id, content, record.personal)).decode(),
        public=None if public is None else canonical_of_plain(public),
        fingerprints=_fingerprints(record, content, public, mark or marker()),
        publicity_from=record.publicity_from,
        publicity_until=record.publicity_until,
    )


def ready_of(record: Written, *, mark: Marker) -> Ready:
    """The same for a record that is written already."""
    version_id = uuid4()
    shown = b"null" if record.public is None else _object(record.shown)
    until = f'"{record.publicity_until}"' if record.publicity_until else "null"
    compared = b'{"content":%b,"public":%b,"until":%b}' % (_object(record.said), shown, until.encode())
    return Ready(
        version_id,
        record.record_id,
        record.origin,
        record.group,
        record.form_version,
        0,
        record.source_unit,
        record.source_no,
        record.collected_at,
        _object(_sealed(record, version_id) if record.secrets else record.inside).decode(),
        None if record.public is None else _object(record.public),
        tuple(mark(compared.hex())),
        record.publicity_from,
        record.publicity_until,
    )


def _object(pieces: Iterable[bytes]) -> bytes:
    return b"{" + b",".join(pieces) + b"}"


def _sealed(record: Written, version_id: UUID) -> list[bytes]:
    """The pieces for the inside archive, secrets in their envelopes."""
    pieces = list(record.inside)
    for place, code, value in record.secrets:
        pieces[place] = canonical_of_plain({code: openings.envelope(version_id, code, value)})[1:-1]
    return pieces


def _public(record: NewRecord) -> dict[str, Any] | None:
    return None if record.public_content is None else openings.plain(record.public_content)


def fingerprints(record: NewRecord) -> tuple[bytes, ...]:
    """Keyed hash over the whole content and what of it is public: equal means unchanged, whatever version of the form asked."""
    return _fingerprints(record, openings.plain(record.content), _public(record), marker())


def _fingerprints(record: NewRecord, content: dict[str, Any], public: dict[str, Any] | None, mark: Marker) -> tuple[bytes, ...]:
    return tuple(mark(compared(content=content, public=public, until=record.publicity_until, uncompared=record.uncompared)))


def compared(
    *, content: Mapping[str, Any], public: Mapping[str, Any] | None, until: date | None, uncompared: frozenset[str] = frozenset()
) -> str:
    """What a fingerprint is made of: plain content, what of it is public, and until when, without what makes no other version."""
    said, shown = (
        {code: value for code, value in values.items() if code not in uncompared} if values is not None else None
        for values in (content, public)
    )
    return canonical_of_plain({"content": said, "public": shown, "until": until.isoformat() if until else None}).hex()


def insert(*, filing_id: UUID | None, records: Sequence[tuple[UUID, Ready]], by: Actor) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    """Write versions with their enterprise, and the event of each that the public sees, in the records' order.

    Returns the ids of those that are public and of those kept inside.
    """
    if not records:
        return (), ()
    now, events = clock.now(), []
    with connection.cursor() as cursor, cursor.copy(_COPY) as stream:
        stream.set_types(list(COLUMNS.values()))
        for enterprise_id, record in records:
            salt = secrets.token_bytes(SALT_BYTES) if record.public is not None else None
            stream.write_row(_row(record, enterprise_id=enterprise_id, filing_id=filing_id, salt=salt, now=now))
            if salt is not None:
                events.append(_published(record, enterprise_id=enterprise_id, salt=salt, now=now))
    ledger.append_many(events=events, by=by)
    published = tuple(record.version_id for _id, record in records if record.public is not None)
    return published, tuple(record.version_id for _id, record in records if record.public is None)


def _row(record: Ready, *, enterprise_id: UUID, filing_id: UUID | None, salt: bytes | None, now: datetime) -> tuple[Any, ...]:
    return (
        record.version_id,
        record.record_id,
        enterprise_id,
        record.origin,
        record.group,
        record.form_version,
        filing_id,
        record.order,
        record.source_unit,
        record.source_no,
        Jsonb(record.inside, dumps=_as_it_is),
        record.fingerprints[0],
        _fragment(record, salt=salt, now=now),
        salt,
        record.publicity_from,
        record.publicity_until,
        now,
        "",
    )


def _as_it_is(text: str) -> str:
    return text


def _fragment(record: Ready, *, salt: bytes | None, now: datetime) -> bytes | None:
    """The piece of the public file, in canonical form: "content" is the first of its keys."""
    if salt is None or record.public is None:
        return None
    source = {"unit": record.source_unit, "no": record.source_no, "collected_at": record.collected_at}
    rest = {
        "form": record.form_version,
        "group": record.group,
        "origin": record.origin,
        "published_at": rfc3339(now),
        "publicity_until": record.publicity_until,
        "salt": base64.b64encode(salt).decode(),
        "source": openings.plain(source) if record.source_unit else None,
        "version_id": str(record.version_id),
    }
    return b'{"content":' + record.public + b"," + canonical_of_plain(rest)[1:]


def _published(record: Ready, *, enterprise_id: UUID, salt: bytes, now: datetime) -> NewEvent:
    assert record.public is not None
    sealed = leaves.commitment(salt=salt, content=record.public)
    return NewEvent(
        kind=leaves.PUBLISHED,
        subject=str(record.version_id),
        data={"enterprise": str(enterprise_id), "group": record.group},
        leaf=leaves.published_leaf(version_id=record.version_id, commitment=sealed, at=now),
        version_id=record.version_id,
    )
