"""Pure decisions of delivery, and templates that always fit."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.gateways import rules
from chengxin.gateways.templates import FOOT, TEMPLATES, places


def test_waits_grow_and_ten_tries_span_a_day() -> None:
    waits = [rules.wait_seconds(attempts) for attempts in range(1, 10)]
    assert waits == sorted(waits)
    assert waits[:4] == [30, 120, 480, 1920]
    assert 24 * 3600 < sum(waits) < 48 * 3600
    with pytest.raises(ValueError, match="at least one failure"):
        rules.wait_seconds(0)


def test_moments_are_told_in_shanghai() -> None:
    moment = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
    assert rules.plain({"due": moment, "day": date(2026, 1, 2), "n": 3, "none": None}) == {
        "due": "2026年11月23日 00:30",
        "day": "2026年1月2日",
        "n": "3",
        "none": "",
    }
    with pytest.raises(TypeError):
        rules.plain({"x": object()})


@given(st.text())
def test_a_subject_is_one_line_whatever_is_in_it(text: str) -> None:
    line = rules.one_line(text)
    assert len(line.splitlines()) <= 1 and len(line) <= 180


@pytest.mark.parametrize(("to", "shown"), [("lan@wwte.example", "l***@wwte.example"), ("13800001234", "138****1234"), ("x", "***")])
def test_addresses_are_masked(to: str, shown: str) -> None:
    assert rules.masked(to) == shown


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_every_template_fills(name: str) -> None:
    template = TEMPLATES[name]
    values = dict.fromkeys(places(name), "{name} 100%") | {"site": "站", "origin": "http://x", "hotline": "1"}
    text = (str(template.subject) + str(template.body) + str(FOOT)).format_map(values)
    assert "{name} 100%" in text
    assert len(rules.one_line(str(template.subject).format_map(values))) > 1 or name.endswith("_sms"), "a mail has a subject"
