"""The table of what can happen next, and everything that is not in it."""

from __future__ import annotations

from itertools import product

import pytest

from chengxin.common.errors import Conflict
from chengxin.filings import lifecycle

EVENTS = sorted({event for _kind, _state, event in lifecycle.TRANSITIONS})


def test_every_pair_that_is_not_listed_is_refused_with_409():
    refused = 0
    for kind, state, event in product(lifecycle.KINDS, lifecycle.STATES, EVENTS):
        if (kind, state, event) in lifecycle.TRANSITIONS:
            continue
        with pytest.raises(Conflict) as caught:
            lifecycle.next_state(kind=kind, state=state, event=event)
        assert caught.value.status == 409
        refused += 1
    assert refused > 100


@pytest.mark.requirement("REG-22.1")
def test_a_registration_without_papers_cannot_be_approved():
    with pytest.raises(Conflict, match="待上传附件"):
        lifecycle.next_state(kind="registration", state="draft", event="approve")


def test_the_way_of_an_archive_through_rejection_to_approval():
    state = "draft"
    for event in ("submit", "reject", "edit", "submit", "approve", "supersede"):
        state = lifecycle.next_state(kind="archive", state=state, event=event)
    assert state == "superseded"


def test_every_state_of_the_table_has_a_word():
    for (kind, _state, _event), target in lifecycle.TRANSITIONS.items():
        assert lifecycle.label(kind=kind, state=target) != target


def test_what_is_offered_for_a_voluntary_record_is_what_the_table_takes():
    for state, actions in lifecycle.OFFERED.items():
        assert all(lifecycle.can(kind="voluntary", state=state, event=event) for event in actions.values())
    assert {state: set(actions) for state, actions in lifecycle.OFFERED.items()} == {
        "draft": {"edit", "delete"},
        "submitted": {"withdraw"},
        "approved": {"edit", "takedown"},
        "rejected": {"edit", "delete"},
        "withdrawn": {"submit", "edit", "delete"},
    }
