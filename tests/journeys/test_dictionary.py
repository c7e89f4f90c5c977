"""数据字典: page, CSV and JSON say what the catalogue says, and the same as the generated page of the docs."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client

from chengxin.catalogue import dictionary, queries
from tests import reference_pages

pytestmark = pytest.mark.django_db


def test_page_csv_and_json_say_the_same(client: Client) -> None:
    groups = {group["code"]: group for group in client.get("/data-dictionary.json").json()["groups"]}
    table = client.get("/data-dictionary.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    page = client.get("/data-dictionary").content.decode()
    assert {(row["group"], row["field"]) for row in rows} == {(code, f["code"]) for code, group in groups.items() for f in group["fields"]}
    for row in rows:
        assert row["field_zh"] in page, row
    shops = {field["code"]: field for field in groups["S06"]["fields"]}
    assert (shops["name"]["public"], groups["S06"]["origin"]) == ("full", "enterprise")
    assert "archive/IN_PLATFORM" in groups["S06"]["forms"]
    assert client.get("/data-dictionary.csv").content.startswith(b"\xef\xbb\xbf")


def test_the_site_and_the_docs_are_made_from_the_same(client: Client) -> None:
    docs = reference_pages.dictionary()
    found = dictionary.entries(queries.current(form) for form in queries.forms())
    assert len(found) > 30
    for entry in found:
        assert f"## {entry.group.code} {entry.group.title.zh}\n" in docs
        for field in entry.group.fields:
            assert f"| `{field.code}` |" in docs
