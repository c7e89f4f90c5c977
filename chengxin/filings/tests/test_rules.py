"""Merging of drafts: nothing typed is lost, two tabs never overwrite each other (D-32)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chengxin.filings import rules

ROW = "0b8f6f0e-6c1e-4b1a-9d57-0a3f6c9e2d11"
NAME, PHONE = f"S02/{ROW}/name", f"S02/{ROW}/phone"


def merged(base_rev, changes, answers=None, field_rev=None, rev=3):
    return rules.merge(
        answers=answers if answers is not None else {NAME: "旧"},
        field_rev=field_rev if field_rev is not None else {NAME: 3},
        rev=rev,
        base_rev=base_rev,
        changes=changes,
    )


def test_a_change_on_the_newest_revision_is_taken():
    answers, revs, clashes = merged(3, {NAME: "新"})
    assert (answers[NAME], revs[NAME], clashes) == ("新", 4, [])


def test_a_change_on_an_old_revision_comes_back_with_both_values():
    answers, _revs, [clash] = merged(2, {NAME: "新"})
    assert answers[NAME] == "旧"
    assert (clash.path, clash.mine, clash.theirs) == (NAME, "新", "旧")


def test_another_field_of_the_same_page_is_not_held_up_by_a_clash():
    answers, _revs, clashes = merged(2, {NAME: "新", PHONE: "1"})
    assert answers[PHONE] == "1"
    assert len(clashes) == 1


def test_deleting_a_row_is_a_change_of_its_paths():
    answers, _revs, _clashes = merged(3, {NAME: None})
    assert answers == {}


def test_the_same_value_from_two_tabs_is_no_clash():
    assert merged(1, {NAME: "旧"})[2] == []


def test_a_posted_page_is_compared_only_within_the_rows_it_showed():
    before = {NAME: "a", PHONE: "1", f"S06/{ROW}/name": "店"}
    changes = rules.changed_paths(before=before, after={NAME: "b"}, scope={f"S02/{ROW}"})
    assert changes == {NAME: "b", PHONE: None}


texts = st.text(max_size=5)


@given(old=st.dictionaries(st.sampled_from([NAME, PHONE]), texts), new=texts, base=st.integers(0, 5))
def test_every_typed_value_is_either_stored_or_given_back(old, new, base):
    revs = dict.fromkeys(old, 3)
    answers, _revs, clashes = rules.merge(answers=old, field_rev=revs, rev=5, base_rev=base, changes={NAME: new})
    assert answers.get(NAME) == new or any(c.mine == new for c in clashes)


def test_paths_of_no_form_are_named():
    assert rules.bad_paths({"../etc": "x", NAME: "y"}) == ["../etc"]


def test_the_hash_of_a_submission_depends_on_answers_and_files():
    one = rules.frozen_hash(answers={NAME: "a"}, files=[])
    assert one != rules.frozen_hash(answers={NAME: "b"}, files=[])
    assert one != rules.frozen_hash(answers={NAME: "a"}, files=[("p", "00")])
