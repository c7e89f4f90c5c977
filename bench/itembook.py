"""A workbook of voluntary records: read, every line checked by all rules of the form, good ones stored as drafts.

`BENCH_ITEMBOOK_LINES` records (default 1,000, the most that one workbook holds), each an honest donation, from the bytes as
they come to the stored drafts with their events. Floor of the same run: openpyxl reads the cells of the same bytes and does
nothing with them. Then some of the drafts are handed in as the worker does it: every rule again, the duplicate check, a
signed receipt each.
"""

from __future__ import annotations

import io
import sys
from typing import Any
from uuid import UUID, uuid4

from bench.house import REPEATS, Figure, private, ratio, report, seconds, size

LINES = int(size("ITEMBOOK_LINES", full=1_000, small=200))
HANDED_IN = 200
FORM, DIVISION = "voluntary/donation", "330110"
MOST_S, MOST_FAULTY_S = 5.0, 5.0


def code(number: int) -> str:
    """The nth credit code, with its check sign."""
    from chengxin.common.identifiers import uscc_check_char

    stem = f"91{DIVISION}{number:09d}"
    return stem + uscc_check_char(stem)


def filer(number: int) -> Any:
    """An enterprise that may register, its commitment signed; who acts for it in a strong session."""
    from django.db import transaction

    from chengxin.catalogue import queries as catalogue
    from chengxin.flow import voluntary
    from chengxin.identity import actions as identity
    from chengxin.identity import queries
    from chengxin.identity.values import Actor

    with transaction.atomic():
        account_id, enterprise_id = identity.open_enterprise(
            uscc=code(number), name=f"杭州澜序{number}电子商务有限公司", division_code=DIVISION, email=f"e{number}@corp.example",
            phone="13800138000", by=Actor.nobody(),
        )  # fmt: skip
        identity.activate(enterprise_id=enterprise_id, by=Actor.system("bench"))
    by = queries.actor_for(account_id, "e_licence")
    voluntary.sign(version=catalogue.commitment(voluntary.COMMITMENT).version, ticked=True, by=by)
    return by


def workbook(*, wrong: bool = False) -> bytes:
    """The template of the item with its lines filled in; with `wrong`, three cells of each are faults."""
    from openpyxl import load_workbook

    from chengxin.catalogue import queries as catalogue
    from chengxin.exchange import itembooks

    form = catalogue.current(FORM)
    made = load_workbook(io.BytesIO(itembooks.template(form)))
    places = {field.code: place for place, field in enumerate(itembooks.group_of(form).fields, start=1)}
    for number in range(LINES):
        said = {
            "receiver": "中国乡村发展基金会", "mode": "独立捐赠", "project": f"山区小学图书角第{number}期", "kind": "捐赠资金",
            "means": "银行汇款", "amount": "三万" if wrong else f"{10_000 + number}", "directed": "不清楚" if wrong else "是",
            "donated_on": "2026-02-29" if wrong else "2026-06-01", "proof": f"票据{number}.jpg",
        }  # fmt: skip
        for column, text in said.items():
            made["数据"].cell(row=number + 2, column=places[column], value=text)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def read_only(data: bytes) -> int:
    """The floor: every cell of the sheet read, and nothing done with it."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    sheet = book["数据"]
    sheet.reset_dimensions()
    return sum(1 for row in sheet.iter_rows(values_only=True) if any(row))


def accept(data: bytes, *, by: Any) -> UUID:
    """Hand the workbook in as the page does."""
    from chengxin.flow import itembooks as flow

    return flow.hand_in(form_id=FORM, stream=io.BytesIO(data), name="捐赠.xlsx", key=str(uuid4()), by=by).id


def counts(book_id: UUID, *, by: Any) -> Any:
    """How its lines stand."""
    from chengxin.exchange import itemviews
    from chengxin.flow import itembooks as flow

    return itemviews.counts(book_id, flow.states_of(flow.own(book_id, by=by)))


def hand_in(data: bytes, *, by: Any) -> float:
    """Drafts handed in a second, each with its picture and its receipt."""
    from PIL import Image

    from chengxin.exchange import itemviews
    from chengxin.flow import itembooks as flow

    book_id = accept(data, by=by)
    picture = io.BytesIO()
    Image.effect_noise((400, 300), 60).convert("RGB").save(picture, "JPEG")
    many = min(HANDED_IN, LINES)
    for number in range(many):
        flow.add_picture(book_id=book_id, stream=io.BytesIO(picture.getvalue()), name=f"票据{number}.jpg", by=by)
    flow.order(book_id=book_id, by=by)
    took = seconds(lambda: flow.carry_out(LINES))
    found = counts(book_id, by=by)
    if found.submitted != many or found.waiting or found.refused:
        why = {row.why for row in itemviews.rows(book_id)}
        raise RuntimeError(f"{many} ordered: {found}, {why}")
    return many / took


def measure() -> list[Figure]:
    """All figures of a workbook."""
    good, bad = workbook(), workbook(wrong=True)
    floor, accepted, refused, lost = [], [], [], 0
    for turn in range(REPEATS):
        by = filer(2 * turn + 1)
        floor.append(seconds(lambda: read_only(good)))
        books: list[UUID] = []
        accepted.append(seconds(lambda by=by, books=books: books.append(accept(good, by=by))))  # type: ignore[misc]
        lost += LINES - counts(books[0], by=by).lacking
        by = filer(2 * turn + 2)
        refused.append(seconds(lambda by=by: accept(bad, by=by)))  # type: ignore[misc]
    rate = [hand_in(good, by=filer(2 * REPEATS + 1))]
    return [
        Figure("itembook: openpyxl reads it (floor)", floor, "s"),
        Figure(f"itembook: {LINES:,} lines checked and stored as drafts", accepted, "s", most=MOST_S),
        ratio("itembook: against the floor", accepted, floor),
        Figure(f"itembook: {LINES:,} lines with three faults each", refused, "s", most=MOST_FAULTY_S),
        Figure("itembook: good lines that are no draft", [lost], "lines", most=0),
        Figure("itembook: drafts handed in by the worker", rate, "1/s"),
    ]


def run() -> list[Figure]:
    """All figures, in a house of its own."""
    with private(LOG_LEVEL="WARNING"):
        from chengxin import install
        from chengxin.common import clock
        from chengxin.demo import setting_up

        install.load_reference()
        setting_up.agencies(start=clock.now())
        return measure()


if __name__ == "__main__":
    sys.exit(report(run()))
