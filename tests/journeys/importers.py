"""People of departments who import, and the files they hand in."""

from __future__ import annotations

import io
from collections.abc import Sequence

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook

from chengxin.flow import importing
from chengxin.identity import actions as identity
from tests import people
from tests.journeys.test_import import SAMR, table

DESK = "/desk/imports"


def importer(login: str = "daoru", unit: str = SAMR) -> people.Person:
    """Somebody of a source unit who imports."""
    unit_id = identity.create_agency(code=f"SRC-{login}", name=unit, division_code=None, kind="source", by=people.SYSTEM)
    return people.officer(unit_id, login, roles=("importer",))


def upload(client: Client, data: bytes, *, name: str = "G06.csv", group: str = "G06", **more: str) -> str:
    """Hand a file in on the page; returns the address of its progress."""
    answer = client.post(DESK, {"group": group, "file": SimpleUploadedFile(name, data), **more})
    assert answer.status_code == 302, answer.content.decode()
    return answer.headers["Location"]


def work() -> None:
    """What the worker does until nothing waits."""
    while importing.carry_out(1000):
        pass


def book(rows: Sequence[dict[str, str]]) -> bytes:
    """The same rows as a workbook."""
    import csv

    made = Workbook()
    assert made.active is not None
    for row in csv.reader(io.StringIO(table(*rows).decode("utf-8-sig"))):
        made.active.append(row)
    return saved(made)


def saved(made: Workbook) -> bytes:
    """The bytes of a workbook."""
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def opened(data: bytes) -> Workbook:
    """A workbook from its bytes."""
    return load_workbook(io.BytesIO(data))
