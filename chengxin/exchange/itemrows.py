"""Whether the lines of an item's workbook will do, by the same rules as the form, and the answers they become. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.catalogue import moving
from chengxin.catalogue import rules as catalogue_rules
from chengxin.catalogue.answers import path
from chengxin.catalogue.values import Cleaned, Field, Form, Record
from chengxin.common.canonical import canonical
from chengxin.common.text import nfkc
from chengxin.exchange import itembooks
from chengxin.exchange.itembooks import DRAFT_CODE, Table
from chengxin.exchange.values import Fault, Line
from chengxin.filings.file_rules import extensions
from chengxin.filings.fingerprints import levelled

ROW = str(UUID(int=0))
THERE = "0" * 64
"""Stands for the pictures of a line while its other answers are looked at: they come beside the workbook."""
LISTING = re.compile(r"[、,，;；\n]+")
ENDING = re.compile(r"\.([a-z0-9]{1,5})\Z")


@dataclass(frozen=True)
class ItemLine:
    """One line: as it came, its faults, and if there are none what it says: typed, as answers by field, and levelled."""

    number: int
    cells: Mapping[str, str]
    draft: str = ""
    faults: tuple[Fault, ...] = ()
    record: Record | None = None
    answers: Mapping[str, str] | None = None
    content: bytes = b""
    pictures: tuple[str, ...] = ()


def judge(table: Table, form: Form, *, subject: str, today: date) -> list[ItemLine]:
    """Every line of a workbook, judged by itself and against the lines before it."""
    misshapen = {line.number: line.faults for line in table.misshapen}
    seen: dict[bytes, int] = {}
    lines = []
    for line in table.lines:
        found = _judged(line, form, misshapen.get(line.number, ()), subject=subject, today=today)
        earlier = seen.setdefault(found.content, found.number) if found.content else found.number
        if earlier != found.number:
            words = _("与第%(line)s行内容完全相同，请删除其中一行。") % {"line": earlier}
            found = replace(found, faults=(Fault(found.number, "", words),), record=None, answers=None, content=b"")
        lines.append(found)
    return lines


def _judged(line: Line, form: Form, before: Sequence[Fault], *, subject: str, today: date) -> ItemLine:
    group = form.groups[0]
    cells = {code: text.strip() for code, text in line.raw.items() if code != DRAFT_CODE}
    proof = next((field for field in group.fields if field.kind == "file"), None)
    names = named(cells.get(proof.code, "")) if proof else ()
    typed = {path(group.code, ROW, code): text for code, text in cells.items() if not proof or code != proof.code}
    if proof:
        typed[path(group.code, ROW, proof.code)] = THERE
    cleaned = catalogue_rules.clean(form, typed, today=today, subject=subject)
    faults = [*before, *(_of_the_pictures(line.number, proof, names) if proof else ())]
    spoken = {fault.column for fault in faults}
    faults += [fault for fault in _of_the_cells(line.number, form, cleaned) if fault.column not in spoken]
    found = ItemLine(line.number, cells, draft=line.raw.get(DRAFT_CODE, "").strip(), faults=tuple(faults), pictures=names)
    if faults:
        return found
    [record] = cleaned.values[group.code]
    own = {code: value for code, value in record.values.items() if not proof or code != proof.code}
    said = {code: text for code, value in own.items() if (text := levelled(value)) not in (None, "", [])}
    answers = {code: moving.raw_of(value) for code, value in catalogue_rules.to_json(group, own).items()}
    return replace(found, record=record, answers=answers, content=canonical(said))


def _of_the_cells(number: int, form: Form, cleaned: Cleaned) -> list[Fault]:
    """What the form's rules say, by column."""
    labels = {field.code: field.label.zh for field in itembooks.group_of(form).fields}
    told = {key.rpartition("/")[2]: texts for key, texts in cleaned.errors.items()}
    faults = [Fault(number, labels.get(code, ""), text) for code, texts in told.items() for text in texts]
    return faults + [Fault(number, "", text) for text in cleaned.missing.values()]


def _of_the_pictures(number: int, proof: Field, names: Sequence[str]) -> list[Fault]:
    most = proof.files.max_files if proof.files else 1
    if not names:
        return [Fault(number, itembooks.PROOF, _("请填写证明附件的文件名，并上传该图片"))]
    if len(names) > most:
        return [Fault(number, itembooks.PROOF, _("最多%(most)s张图片，请删减") % {"most": most})]
    kinds = extensions(proof.files.slot if proof.files else "voluntary")
    wrong = [name for name in names if picture_key(name).rpartition(".")[2] not in kinds]
    about = {"name": wrong[0] if wrong else "", "kinds": _("、").join(kinds)}
    return [Fault(number, itembooks.PROOF, _("“%(name)s”：支持上传的文件类型为%(kinds)s") % about)] if wrong else []


def named(cell: str) -> tuple[str, ...]:
    """The names of files in a cell, each once."""
    names = [name.strip() for name in LISTING.split(cell) if name.strip()]
    return tuple({picture_key(name): name for name in names}.values())


def picture_key(name: str) -> str:
    """What two spellings of one file's name share: no folder, width and case levelled, jpg and jpeg the same."""
    base = nfkc(name).replace("\\", "/").rpartition("/")[2].strip().casefold()
    found = ENDING.search(base)
    return (base.removesuffix("jpeg") + "jpg" if found and found[1] == "jpeg" else base if found else f"{base}.jpg")[-200:]
