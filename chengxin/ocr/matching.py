"""What a proof picture should show: the enterprise's name and code, and what was typed in a record's fields. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chengxin.catalogue import answers as paths
from chengxin.catalogue.values import Field, Form
from chengxin.ocr.rules import plain
from chengxin.ocr.values import AMOUNT, CODE, DATE, NAME, Expected

KINDS = {
    "name": NAME,
    "person_name": NAME,
    "text": NAME,
    "uscc": CODE,
    "date": DATE,
    "until": DATE,
    "money": AMOUNT,
    "money_wan": AMOUNT,
}
FEWEST_DIGITS = 4  # of a text without Chinese signs that is a number of a paper rather than a name


def wanted(*, form: Form, answers: Mapping[str, str], labels: tuple[str, str], name: str, uscc: str) -> tuple[Expected, ...]:
    """Every value that a picture may show, in the order of the page; `labels` are those of name and code."""
    head = [Expected("", labels[0], NAME, name), Expected("", labels[1], CODE, uscc)]
    return tuple(each for each in (*head, *_typed(form, answers)) if each.value)


def _typed(form: Form, answers: Mapping[str, str]) -> Iterator[Expected]:
    for group in form.asked_groups():
        for row in paths.rows(answers, group.code):
            for f in group.fields:
                yield from _of(f, f"{group.code}/{row.id}/{f.code}", row.raw.get(f.code, ""))


def _of(f: Field, path: str, raw: str) -> Iterator[Expected]:
    label = str(f.label)
    if f.kind == "units":
        for line in raw.splitlines():
            name, _tab, uscc = line.partition("\t")
            yield Expected(path, label, NAME, name.strip())
            yield Expected(path, label, CODE, uscc.strip())
    elif f.kind in KINDS:
        yield Expected(path, label, _kind(f, raw), f"{raw}万" if f.kind == "money_wan" and raw else raw)


def _kind(f: Field, raw: str) -> str:
    signs = plain(raw)
    number = f.kind == "text" and signs.isascii() and sum(sign.isdigit() for sign in signs) >= FEWEST_DIGITS
    return CODE if number else KINDS[f.kind]
