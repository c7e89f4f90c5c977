"""How long a government record may be published: the groups' terms as data, applied to lines of an import (D-07)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chengxin.catalogue import loader, reading
from chengxin.catalogue.measured_kinds import Period
from chengxin.catalogue.tests.helpers import SHIPPED
from chengxin.catalogue.values import Group
from chengxin.records import terms

DECIDED = date(2026, 2, 28)


@pytest.fixture(scope="module")
def groups() -> dict[str, Group]:
    """The groups of the shipped import forms."""
    bodies = loader.load_folder(SHIPPED)
    forms = [reading.form(body, version="x") for body in bodies.values() if body.get("kind") == "import"]
    return {form.groups[0].code: form.groups[0] for form in forms}


GRADED: list[tuple[str, dict[str, Any], tuple[bool, date | None]]] = [
    ("G06", {"dishonesty_grade": "GENERAL"}, (True, date(2027, 2, 28))),
    ("G06", {"dishonesty_grade": "SERIOUS"}, (True, date(2029, 2, 28))),
    ("G06", {"dishonesty_grade": "GENERAL", "publicity_to": date(2026, 6, 1)}, (True, date(2026, 6, 1))),
    ("G06", {"dishonesty_grade": "MINOR"}, (False, None)),
    ("G06", {"dishonesty_grade": "MINOR", "publicity_to": date(2026, 5, 28)}, (True, date(2026, 5, 28))),
    ("G06", {"dishonesty_grade": "GENERAL", "kinds": ("warning",)}, (False, None)),
    ("G06", {"dishonesty_grade": "GENERAL", "kinds": ("warning", "criticism")}, (False, None)),
    ("G06", {"dishonesty_grade": "GENERAL", "kinds": ("warning", "fine")}, (True, date(2027, 2, 28))),
    ("G06", {"dishonesty_grade": "GENERAL", "repair_status": "REPAIRED"}, (False, None)),
    ("G07", {"dishonesty_grade": "GENERAL", "removed_on": date(2026, 4, 1)}, (True, date(2026, 4, 1))),
    ("G07", {"dishonesty_grade": "GENERAL", "removed_on": date(2028, 4, 1)}, (True, date(2027, 2, 28))),
    ("G10", {}, (True, date(2028, 2, 28))),
    ("G10", {"publicity_to": date(2026, 12, 31)}, (True, date(2026, 12, 31))),
    ("G05", {"valid": Period(date(2020, 1, 1), date(2030, 1, 1))}, (True, date(2030, 1, 1))),
    ("G05", {"valid": Period(date(2020, 1, 1), None)}, (True, None)),
    ("G11", {"publicity_to": date(2027, 1, 1)}, (True, date(2027, 1, 1))),
    ("G11", {}, (True, None)),
]


@pytest.mark.parametrize(("code", "said", "wanted"), GRADED)
def test_the_term_follows_grade_kind_repair_and_validity(
    groups: dict[str, Group], code: str, said: dict[str, Any], wanted: tuple[bool, date | None]
) -> None:
    group = groups[code]
    values = dict(said)
    if "starts" in group.term:
        values[group.term["starts"]] = DECIDED
    if "valid" in values:
        values[next(f.code for f in group.fields if f.kind == "period")] = values.pop("valid")
    outcome = terms.of(group, values)
    assert not outcome.errors
    assert (outcome.published, outcome.until) == wanted
    assert bool(outcome.why) is not outcome.published


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"dishonesty_grade": "GENERAL", "publicity_to": date(2027, 3, 1)}, "publicity_to"),
        ({"dishonesty_grade": "SERIOUS", "publicity_to": date(2029, 3, 1)}, "publicity_to"),
        ({"dishonesty_grade": "MINOR", "publicity_to": date(2026, 5, 29)}, "publicity_to"),
        ({}, "dishonesty_grade"),
    ],
)
def test_a_term_beyond_the_law_is_refused_at_its_cell(groups: dict[str, Group], said: dict[str, Any], field: str) -> None:
    outcome = terms.of(groups["G06"], {"decided_on": DECIDED, **said})
    assert list(outcome.errors) == [field]


@pytest.mark.parametrize(
    ("day", "months", "wanted"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 36, date(2027, 2, 28)),
    ],
)
def test_months_end_on_a_day_that_exists(day: date, months: int, wanted: date) -> None:
    assert terms.add_months(day, months) == wanted


def test_every_group_that_has_a_grade_of_dishonesty_in_its_law_has_a_term(groups: dict[str, Group]) -> None:
    assert {code for code, group in groups.items() if "grades" in group.term} == {"G06", "G07", "G08", "G17"}
    for code in ("G06", "G07", "G08", "G17"):
        months = {grade: rule["max_months"] for grade, rule in groups[code].term["grades"].items()}
        assert months == {"MINOR": 3, "GENERAL": 12, "SERIOUS": 36}, code
