"""Record versions as rows that COPY takes, each with its fragment of the public file and the promise of its leaf."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from chengxin.common import binary
from chengxin.common.canonical import canonical_of_plain, plain, rfc3339
from chengxin.ledger import rules as leaves
from chengxin.ledger.values import Publication
from chengxin.records.values import Ready

SALT_BYTES = 32
COLUMNS = (
    'version_id, record_id, enterprise_id, origin, "group", form_version, filing_id, "order", source_unit, source_no, inside,'
    " fingerprint, fragment, salt, publicity_from, publicity_until, created_at, end_reason"
)
_COPY = f"COPY records_version ({COLUMNS}) FROM STDIN (FORMAT BINARY)"


def write(*, filing_id: UUID | None, records: Sequence[tuple[UUID, Ready]], now: datetime) -> list[Publication]:
    """Write versions with their enterprises, each with a salt of its own; the publication of each that the public sees."""
    made, fragments, salts = [], Fragments(now), secrets.token_bytes(SALT_BYTES * len(records))
    row = _rows(filing_id, now)
    with connection.cursor() as cursor, cursor.copy(_COPY) as stream:
        for place, (enterprise_id, record) in enumerate(records):
            if record.public is None:
                stream.write_row(row(enterprise_id, record, None, None))
                continue
            salt = salts[place * SALT_BYTES : (place + 1) * SALT_BYTES]
            stream.write_row(row(enterprise_id, record, salt, fragments.of(record, record.public, salt)))
            sealed = leaves.commitment(salt=salt, content=record.public)
            made.append(Publication(record.version_id, enterprise_id, record.group, sealed))
    return made


def _rows(filing_id: UUID | None, now: datetime) -> Any:
    """What makes rows of one filing and moment, in binary form."""
    filing, moment = filing_id.bytes if filing_id else None, binary.moment(now)

    def row(enterprise_id: UUID, record: Ready, salt: bytes | None, fragment: bytes | None) -> tuple[Any, ...]:
        since, until = record.publicity_from, record.publicity_until
        return (
            record.version_id.bytes,
            record.record_id.bytes,
            enterprise_id.bytes,
            record.origin,
            record.group,
            record.form_version,
            filing,
            binary.int4(record.order),
            record.source_unit,
            record.source_no,
            binary.jsonb(record.inside.encode()),
            record.fingerprints[0],
            fragment,
            salt,
            binary.day(since) if since else None,
            binary.day(until) if until else None,
            moment,
            "",
        )

    return row


class Fragments:
    """Pieces of public files, in canonical form, of one moment: what many have in common is written once."""

    def __init__(self, now: datetime) -> None:
        self._now = rfc3339(now)
        self._shared: dict[tuple[str, str, str, date | None], bytes] = {}

    def of(self, record: Ready, public: bytes, salt: bytes) -> bytes:
        """The piece of one version: its keys are content, form, group, origin, published_at, publicity_until, salt, source, version_id."""
        key = record.form_version, record.group, record.origin, record.publicity_until
        shared = self._shared.get(key) or self._share(key)
        source = _source(record) if record.source_unit else b"null"
        about = base64.b64encode(salt), source, str(record.version_id).encode()
        return b'{"content":%b,%b,"salt":"%b","source":%b,"version_id":"%b"}' % (public, shared, *about)

    def _share(self, key: tuple[str, str, str, date | None]) -> bytes:
        form, group, origin, until = key
        about = {"form": form, "group": group, "origin": origin, "published_at": self._now, "publicity_until": until}
        made = self._shared[key] = canonical_of_plain(about)[1:-1]
        return made


def _source(record: Ready) -> bytes:
    """Where a record of the government comes from."""
    collected, number, unit = map(orjson.dumps, map(plain, (record.collected_at, record.source_no, record.source_unit)))
    return b'{"collected_at":%b,"no":%b,"unit":%b}' % (collected, number, unit)


def ids(records: Iterable[tuple[UUID, Ready]], *, public: bool) -> tuple[UUID, ...]:
    """The versions among these that are public, or that are not."""
    return tuple(record.version_id for _id, record in records if (record.public is not None) is public)
