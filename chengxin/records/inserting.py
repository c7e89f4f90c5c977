"""How record versions come into their table: made ready one by one, written many at a time by COPY, each with its event.

What takes long (canonical bytes, envelopes, keyed hashes) is in `ready`, which needs no database and does not know the
moment of publication; `insert` gives each its salt and its moment in the publishing transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import orjson

from chengxin.common import clock, crypto, sql
from chengxin.common.canonical import canonical_of_plain
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger
from chengxin.records import changes, copying, files, openings
from chengxin.records.values import NewRecord, Ready, Written

FINGERPRINT = "record-fingerprint"
Marker = Callable[[str], list[bytes]]


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
        inside=orjson.dumps(openings.sealed(version_id, content, record.personal)),
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
        _object(_sealed(record, version_id) if record.secrets else record.inside),
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
    now = clock.now()
    publications = copying.write(filing_id=filing_id, records=records, now=now)
    ledger.append_published(publications=publications, at=now, by=by)
    return copying.ids(records, public=True), copying.ids(records, public=False)


def insert_many(*, filing_id: UUID | None, records: Sequence[tuple[UUID, Ready]], by: Actor) -> None:
    """The same with the files of these enterprises, which the caller holds, written anew; late in the transaction.

    Events and changes get their places as they are written, if they can: so none of them is written twice. Whoever else wants to
    give places waits from there on; so everything is checked before.
    """
    now = clock.now()
    publications = copying.write(filing_id=filing_id, records=records, now=now)
    changed = files.rewrite_untold(enterprise_ids={enterprise_id for enterprise_id, _record in records})
    sql.execute("SET CONSTRAINTS ALL IMMEDIATE", {})
    changes.tell_at_once(changed=changed)
    ledger.append_published(publications=publications, at=now, by=by, at_once=True)
