"""Canonical bytes: one value, one row of bytes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from chengxin.common import clock
from chengxin.common.canonical import canonical, sha256_hex


def test_keys_are_sorted_by_utf16_and_nothing_is_spaced() -> None:
    assert canonical({"b": 1, "a": [True, None], "￿": 0, "𐀀": 0}) == ('{"a":[true,null],"b":1,"𐀀":0,"￿":0}'.encode())


def test_text_is_nfc_in_keys_and_values() -> None:
    assert canonical({"e\u0301": "e\u0301"}) == canonical({"\u00e9": "\u00e9"})


def test_days_moments_decimals_and_uuids() -> None:
    moment = datetime(2026, 3, 1, 8, 9, 10, 999_999, tzinfo=clock.SHANGHAI)
    value = {
        "at": moment,
        "day": date(2026, 3, 1),
        "id": UUID("5B1F0A62-0000-4000-8000-000000000001"),
        "sum": Decimal("1E+3"),
        "tax": Decimal("12.50"),
    }
    assert json.loads(canonical(value)) == {
        "at": "2026-03-01T00:09:10Z",
        "day": "2026-03-01",
        "id": "5b1f0a62-0000-4000-8000-000000000001",
        "sum": "1000",
        "tax": "12.50",
    }


def test_years_before_1000_keep_four_digits() -> None:
    assert canonical(datetime(987, 1, 2, tzinfo=UTC)) == b'"0987-01-02T00:00:00Z"'


@pytest.mark.parametrize("value", [1.0, [0.5], {"a": float("nan")}, b"x", {1, 2}, {1: "a"}, object()])
def test_values_without_a_canonical_form_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)


@pytest.mark.parametrize(
    "value",
    [
        Decimal("NaN"),
        Decimal("-Infinity"),
        2**53,
        "\ud800",
        {"e\u0301": 1, "\u00e9": 2},
        datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None),
    ],
)
def test_values_that_would_be_ambiguous_are_refused(value: object) -> None:
    with pytest.raises(ValueError):
        canonical(value)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcé", max_size=4), inner, max_size=4),
)


@given(_JSON)
def test_reading_and_writing_again_changes_nothing(value: object) -> None:
    once = canonical(value)
    assert canonical(json.loads(once)) == once


_SIGNS = st.text("a\"\\/\b\t\n\x00\x1f\x7f中\ue000\uffff\U00010000", max_size=5)
_ANY_KEYS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _SIGNS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_SIGNS, inner, max_size=4),
)


@given(_ANY_KEYS)
def test_the_bytes_are_those_of_rfc_8785(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_sha256_is_lower_hex() -> None:
    assert sha256_hex(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
