"""Records say exactly what was approved: typed look-alikes, rotated keys, other forms, rows of two origins."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chengxin.common import keys
from chengxin.common.canonical import canonical, rfc3339
from chengxin.ledger.models import Event
from chengxin.records import actions, openings, queries
from chengxin.records.models import Version
from chengxin.records.tests import makers

pytestmark = pytest.mark.django_db

TYPED = ["v1:1:QUJD", "v1:", "v1:x", "{}", '"', "张三", "0", " "]
VALUES = st.recursive(st.text(max_size=8) | st.integers(-9, 9) | st.booleans(), lambda inner: st.lists(inner, max_size=3), max_leaves=4)


@settings(deadline=None, max_examples=60)
@given(content=st.dictionaries(st.sampled_from("abcd"), VALUES | st.sampled_from(TYPED)), personal=st.frozensets(st.sampled_from("abcd")))
def test_what_is_kept_inside_comes_back_as_it_was(content: dict[str, Any], personal: frozenset[str]) -> None:
    version = uuid4()
    plain = openings.plain(content)
    inside = openings.sealed(version, plain, personal)
    assert openings.inside_plain(version, inside) == plain
    for code in personal & set(content):
        assert plain[code] in ("",) or inside[code].startswith("v1:1:")


def test_text_that_looks_like_an_envelope_can_be_published_hidden_and_read() -> None:
    record = makers.own_record(makers.shop("v1:1:QUJDREVG"))
    enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司", [record])
    assert queries.document(uscc=uscc)["records"][0]["content"]["name"] == "v1:1:QUJDREVG"
    assert makers.hide(enterprise, record.record_id)
    [inside] = queries.inside_records(enterprise_id=enterprise, division_code=makers.YUHANG, by=makers.BY, purpose="test")
    assert (inside.values["name"], inside.public) == ("v1:1:QUJDREVG", False)
    assert queries.document(uscc=uscc)["records"] == []


def test_an_unchanged_record_keeps_its_version_under_a_new_form_and_after_a_new_key(tmp_path: Any, settings: Any) -> None:
    record = makers.own_record(makers.shop("澜序旗舰店"))
    enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司", [record])
    [before] = queries.document(uscc=uscc)["records"]
    settings.KEYS_DIR = copied_keys(tmp_path)
    keys.ring().rotate("blind-index")
    changes = makers.publish(enterprise, [replace(record, form_version="f" * 64)], makers.head(uscc, "杭州澜序桥"))
    assert len(changes.unchanged) == 1 and not changes.published and not changes.ended
    assert queries.document(uscc=uscc)["records"] == [before]
    renamed = replace(record, content=makers.shop("澜序新店"), public_content=makers.shop("澜序新店"))
    assert len(makers.publish(enterprise, [renamed], makers.head(uscc, "杭州澜序桥")).published) == 1


def copied_keys(folder: Any) -> Any:
    """A ring of this test's own with the run's keys in it."""
    import shutil

    from django.conf import settings

    shutil.copytree(settings.KEYS_DIR, folder / "keys")
    return folder / "keys"


def test_a_row_of_the_enterprise_never_stands_in_the_way_of_the_governments_record() -> None:
    """The id of a government record can be foreseen; an enterprise that takes it for a row of its own gains nothing."""
    penalty = makers.penalty("余市监罚〔2026〕1号", until=date(2099, 1, 1))
    own = makers.own_record(makers.shop("澜序旗舰店"), record_id=penalty.record_id)
    enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司", [own])
    assert makers.take_in(enterprise, penalty) == "new"
    assert sorted(r["group"] for r in queries.document(uscc=uscc)["records"]) == ["G06", "S06"]
    makers.hide(enterprise, own.record_id)
    assert [r["group"] for r in queries.document(uscc=uscc)["records"]] == ["G06"]


def test_every_salt_is_its_own_and_goes_with_the_publication() -> None:
    records = [makers.own_record(makers.shop(f"第{number}店")) for number in range(5)]
    enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司", records)
    salts = {record["salt"] for record in queries.document(uscc=uscc)["records"]}
    assert len(salts) == 5
    makers.publish(enterprise, records[:1], makers.head(uscc, "杭州澜序桥"))
    ended = Version.objects.exclude(ended_at=None)
    assert ended.count() == 4
    assert set(ended.values_list("salt", "fragment")) == {(None, None)}
    left = actions.end_all(enterprise_id=enterprise, reason="closed", by=makers.BY)
    assert len(left) == 1
    assert not Version.objects.filter(origin="enterprise").exclude(salt=None).exists()


@pytest.mark.parametrize("number", ["CF-1", '甲"\\1', "e\u0301-2"])
def test_a_version_its_fragment_and_its_event_are_stored_to_the_byte(number: str) -> None:
    enterprise, _uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    record = makers.penalty(number, since=date(2026, 1, 1), until=date(2027, 3, 1))
    makers.take_in(enterprise, record)
    version, event = Version.objects.get(record_id=record.record_id), Event.objects.get(kind="record.published")
    fragment = bytes(version.fragment or b"")
    assert fragment == canonical(json.loads(fragment))
    told = json.loads(fragment)
    assert (told["version_id"], told["published_at"]) == (str(version.version_id), rfc3339(version.created_at))
    assert told["source"] == openings.plain({"unit": record.source_unit, "no": number, "collected_at": record.collected_at})
    assert (told["publicity_until"], told["form"], told["group"], told["origin"]) == (
        "2027-03-01",
        record.form_version,
        "G06",
        "government",
    )
    assert (version.publicity_from, version.publicity_until, version.order) == (record.publicity_from, record.publicity_until, 0)
    assert (version.source_no, version.source_unit, version.enterprise_id) == (number, record.source_unit, enterprise)
    assert base64.b64decode(told["salt"]) == bytes(version.salt or b"")
    promise = openings.commitment(content=told["content"], salt=bytes(version.salt or b""))
    leaf = {"v": 1, "kind": "record.published", "id": told["version_id"], "commitment": base64.b64encode(promise).decode()}
    assert bytes(event.leaf) == canonical({**leaf, "at": told["published_at"]})
    assert (event.subject, event.data) == (told["version_id"], {"enterprise": str(enterprise), "group": "G06"})
    assert (event.log, event.salt, event.version_id, event.created_at) == ("public", None, version.version_id, version.created_at)
