"""Leaves, commitments, paths: what may enter a log and what its files are called."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.ledger import rules
from chengxin.ledger.values import LogFile

AT = datetime(2026, 3, 1, 8, 9, 10, 5, tzinfo=UTC)
ID = UUID("5b1f0a62-0000-4000-8000-000000000001")


def test_a_commitment_is_as_decided() -> None:
    salt, content = bytes(range(32)), b'{"a":1}'
    expected = hashlib.sha256(b"chengxin/record/v1\x00" + salt + content).digest()
    assert rules.commitment(salt=salt, content=content) == expected
    with pytest.raises(ValueError):
        rules.commitment(salt=b"short", content=content)


def test_leaves_hold_nothing_but_what_is_decided() -> None:
    published = rules.published_leaf(version_id=ID, commitment=bytes(32), at=AT)
    body = {
        "v": 1,
        "kind": "record.published",
        "id": str(ID),
        "commitment": base64.b64encode(bytes(32)).decode(),
        "at": "2026-03-01T08:09:10Z",
    }
    assert published == json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    assert rules.ended_leaf(version_id=ID, at=AT) == (
        b'{"at":"2026-03-01T08:09:10Z","id":"5b1f0a62-0000-4000-8000-000000000001","kind":"record.ended","v":1}'
    )
    assert b'"kind":"catalogue.version.published"' in rules.catalogue_leaf(version_hash="0" * 64, at=AT)


@pytest.mark.parametrize("kind", ["record.published", "record.ended", "catalogue.version.published"])
def test_own_leaves_are_accepted(kind: str) -> None:
    leaf = {
        "record.published": rules.published_leaf(version_id=ID, commitment=bytes(32), at=AT),
        "record.ended": rules.ended_leaf(version_id=ID, at=AT),
        "catalogue.version.published": rules.catalogue_leaf(version_hash="ab" * 32, at=AT),
    }[kind]
    assert rules.check_leaf(leaf, kind=kind, version_id=ID) == leaf


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        b"[]",
        b'{"v":1}',
        rules.ended_leaf(version_id=ID, at=AT).replace(b'"v"', b' "v"'),
        rules.ended_leaf(version_id=ID, at=AT).replace(b'"v":1', b'"uscc":"x","v":1'),
        rules.ended_leaf(version_id=ID, at=AT).replace(b'"v":1', b'"v":2'),
        rules.ended_leaf(version_id=ID, at=AT).replace(b'"v":1', b'"v":1.0'),
        rules.ended_leaf(version_id=ID, at=AT).replace(b'"at":"2', '"at":"年2'.encode()),
        rules.ended_leaf(version_id=uuid4(), at=AT),
        rules.published_leaf(version_id=ID, commitment=bytes(32), at=AT),
    ],
)
def test_any_other_leaf_is_refused(leaf: bytes) -> None:
    with pytest.raises(ValueError):
        rules.check_leaf(leaf, kind="record.ended", version_id=ID)


def test_makers_refuse_wrong_sizes() -> None:
    with pytest.raises(ValueError):
        rules.published_leaf(version_id=ID, commitment=b"x", at=AT)
    with pytest.raises(ValueError):
        rules.catalogue_leaf(version_hash="AB", at=AT)


def test_data_of_an_event_is_identifiers_and_hashes() -> None:
    data = {"filing": ID, "rows": [1, {"sum": Decimal("1.50")}], "ok": True, "none": None}
    assert rules.check_data(data) == {
        "filing": str(ID),
        "rows": [1, {"sum": "1.50"}],
        "ok": True,
        "none": None,
    }


@pytest.mark.parametrize(
    "data", [{"name": "张三"}, {"姓名": "x"}, {"deep": [{"text": "备注"}]}, {"long": "x" * 257}, {"n": ["x" * 200] * 60}]
)
def test_names_and_texts_do_not_get_into_an_event(data: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        rules.check_data(data)


@pytest.mark.parametrize("kind", ["submitted", "Filing.submitted", "filing.", "filing submitted", "a." + "b" * 70])
def test_names_of_events_are_dotted(kind: str) -> None:
    with pytest.raises(ValueError):
        rules.check_kind(kind)


def test_the_audit_leaf_shows_nothing() -> None:
    leaf = rules.audit_leaf(kind="filing.submitted", subject="f", actor="nobody", data={"a": 1}, salt=bytes(32), at=AT)
    assert set(json.loads(leaf)) == {"v", "commitment"}
    other = rules.audit_leaf(kind="filing.submitted", subject="f", actor="nobody", data={"a": 1}, salt=b"\1" * 32, at=AT)
    assert leaf != other


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("tile/0/000", LogFile(0, 0, 256)),
        ("tile/0/x001/234.p/12", LogFile(0, 1234, 12)),
        ("tile/63/x001/x234/067", LogFile(63, 1_234_067, 256)),
        ("tile/entries/x001/000.p/255", LogFile(None, 1000, 255)),
    ],
)
def test_paths_of_the_specification(path: str, file: LogFile) -> None:
    assert rules.parse_path(path) == file
    assert rules.file_path(file) == path


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/012",
        "tile/0/000/",
        "tile/0/000\n",
        "tile/entries/",
        "../tile/0/000",
    ],
)
def test_paths_that_name_nothing(path: str) -> None:
    assert rules.parse_path(path) is None


@given(st.none() | st.integers(0, 63), st.integers(0, 10**15), st.integers(1, 256))
def test_every_file_is_found_by_its_path(level: int | None, n: int, width: int) -> None:
    file = LogFile(level, n, width)
    assert rules.parse_path(rules.file_path(file)) == file
