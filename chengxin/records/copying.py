"""Record versions as rows that COPY takes, each with its fragment of the public file and the promise of its leaf."""

from __future__ import annotations

import binascii
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

import orjson

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
    made: list[Publication] = []
    binary.copy(_COPY, _rows(filing_id, records, now, made))
    return made


def _rows(filing_id: UUID | None, records: Sequence[tuple[UUID, Ready]], now: datetime, made: list[Publication]) -> Iterator[bytes]:
    """The rows of versions as COPY takes them; their publications are added to `made`."""
    fragments, shared, salts = Fragments(now), _Shared(filing_id, now), secrets.token_bytes(SALT_BYTES * len(records))
    field, whole = binary.field, b"".join
    for place, (enterprise_id, record) in enumerate(records):
        fragment = salt = None
        if record.public is not None:
            salt = salts[place * SALT_BYTES : (place + 1) * SALT_BYTES]
            fragment = fragments.of(record, record.public, salt)
            sealed = leaves.commitment(salt=salt, content=record.public)
            made.append(Publication(record.version_id, enterprise_id, record.group, sealed))
        ids = shared.begin, record.version_id.bytes, _UUID, record.record_id.bytes, _UUID, enterprise_id.bytes
        said = field(record.source_no.encode()), field(binary.jsonb(record.inside)), field(record.fingerprints[0])
        yield whole((*ids, shared.about(record), *said, field(fragment), field(salt), shared.term(record), shared.end))


_UUID = (16).to_bytes(4, "big")


class _Shared:
    """Fields that many rows of one filing and moment have in common, written once."""

    def __init__(self, filing_id: UUID | None, now: datetime) -> None:
        self._filing = binary.field(filing_id.bytes if filing_id else None)
        self._about: dict[tuple[str, str, str, int, str], bytes] = {}
        self._terms: dict[tuple[date | None, date | None], bytes] = {}
        self.begin = binary.fields(COLUMNS.count(",") + 1) + _UUID
        self.end = binary.field(binary.moment(now)) + binary.field(b"")

    def about(self, record: Ready) -> bytes:
        """Origin, group, version of the form, filing, order, source unit."""
        key = record.origin, record.group, record.form_version, record.order, record.source_unit
        return self._about.get(key) or self._write_about(key)

    def _write_about(self, key: tuple[str, str, str, int, str]) -> bytes:
        origin, group, form, order, unit = key
        named = [binary.field(text.encode()) for text in (origin, group, form)]
        made = self._about[key] = b"".join([*named, self._filing, binary.field(binary.int4(order)), binary.field(unit.encode())])
        return made

    def term(self, record: Ready) -> bytes:
        """From which day until which it is public."""
        key = record.publicity_from, record.publicity_until
        return self._terms.get(key) or self._write_term(key)

    def _write_term(self, key: tuple[date | None, date | None]) -> bytes:
        made = self._terms[key] = b"".join(binary.field(binary.day(day) if day else None) for day in key)
        return made


class Fragments:
    """Pieces of public files, in canonical form, of one moment: what many have in common is written once."""

    def __init__(self, now: datetime) -> None:
        self._now = rfc3339(now)
        self._shared: dict[tuple[str, str, str, date | None], bytes] = {}
        self._sources: dict[tuple[str | None, str], tuple[bytes, bytes]] = {}

    def of(self, record: Ready, public: bytes, salt: bytes) -> bytes:
        """The piece of one version: its keys are content, form, group, origin, published_at, publicity_until, salt, source, version_id."""
        key = record.form_version, record.group, record.origin, record.publicity_until
        shared = self._shared.get(key) or self._share(key)
        source = self._source(record) if record.source_unit else b"null"
        about = binascii.b2a_base64(salt, newline=False), source, str(record.version_id).encode()
        return b'{"content":%b,%b,"salt":"%b","source":%b,"version_id":"%b"}' % (public, shared, *about)

    def _share(self, key: tuple[str, str, str, date | None]) -> bytes:
        form, group, origin, until = key
        about = {"form": form, "group": group, "origin": origin, "published_at": self._now, "publicity_until": until}
        made = self._shared[key] = canonical_of_plain(about)[1:-1]
        return made

    def _source(self, record: Ready) -> bytes:
        """Where a record of the government comes from."""
        key = record.collected_at, record.source_unit
        before, after = self._sources.get(key) or self._share_source(key)
        return before + orjson.dumps(plain(record.source_no)) + after

    def _share_source(self, key: tuple[str | None, str]) -> tuple[bytes, bytes]:
        collected, unit = map(orjson.dumps, map(plain, key))
        made = self._sources[key] = b'{"collected_at":%b,"no":' % collected, b',"unit":%b}' % unit
        return made


def ids(records: Iterable[tuple[UUID, Ready]], *, public: bool) -> tuple[UUID, ...]:
    """The versions among these that are public, or that are not."""
    return tuple(record.version_id for _id, record in records if (record.public is not None) is public)
