"""The papers the platform issues as signed PDFs, from documents as in `values`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from chengxin.common.clock import SHANGHAI
from chengxin.seals import signing, typesetting
from chengxin.seals.values import Confirmation, Poster, Receipt, Record, Report, Section, Verdict

MAX_PAGES = 60
ROWS_PER_PAGE = 40
"""Fewer than fit on the fullest page: a report with more rows than 60 such pages is not even tried whole."""


def report(document: Report) -> bytes:
    """The signed credit report, at most 60 pages (D-14, D-15).

    A whole report that would be longer lists every group with its count and says that each has a report
    of its own; a report of one group that would be longer prints its newest records and the total.
    """
    return signing.sign(_report(document), reason=gettext("平台出具企业诚信档案报告"))


def receipt(document: Receipt) -> bytes:
    """The signed receipt of one submission (D-23)."""
    body = typesetting.pdf("receipt.typ", _receipt_data(document), created_at=_stamp(document["submitted_at"]))
    return signing.sign(body, reason=gettext("平台出具提交回执"))


def confirmation(document: Confirmation) -> bytes:
    """The signed confirmation that one voluntary record is published."""
    data = {
        **document,
        "issued_at": moment_text(document["issued_at"]),
        "as_of": moment_text(document["as_of"]),
        "as_of_text": as_of_text(document["as_of"], document["checkpoint_size"]),
        "registered_at": moment_text(document["registered_at"]),
        "published_at": moment_text(document["published_at"]),
        "record": _record(document["record"]),
        "foot": gettext("生成时间 %(moment)s") % {"moment": moment_text(document["issued_at"])},
        "qr": typesetting.qr(document["verify_url"]),
    }
    body = typesetting.pdf("confirmation.typ", data, created_at=_stamp(document["issued_at"]))
    return signing.sign(body, reason=gettext("平台出具自愿注册信息确认书"))


def poster(document: Poster) -> bytes:
    """The signed poster of 亮信用; on paper its QR code, not the signature, tells what holds today."""
    printed_at = moment_text(document["printed_at"])
    data = {**document, "lines": [list(line) for line in document["lines"]], "printed_at": printed_at}
    data["qr"] = typesetting.qr(document["verify_url"])
    body = typesetting.pdf("poster.typ", data, created_at=_stamp(document["printed_at"]))
    return signing.sign(body, reason=gettext("平台出具亮信用海报"))


def verify(document: bytes) -> Verdict:
    """Whether these bytes are a paper of this platform, unchanged; decide by `ok`."""
    return signing.verify(document)


def _report(document: Report) -> bytes:
    sections: Sequence[Section] = document["sections"]
    whole = len(sections) != 1
    if whole and _rows(sections) > MAX_PAGES * ROWS_PER_PAGE:
        return _typeset(document, [_without_records(section) for section in sections], shortened=True)
    made = _typeset(document, sections)
    count = typesetting.pages(made)
    if count <= MAX_PAGES:
        return made
    if whole:
        return _typeset(document, [_without_records(section) for section in sections], shortened=True)
    return _fitted(document, sections[0], count)


def _fitted(document: Report, section: Section, count: int) -> bytes:
    """One group cut to its newest records until it fits; each round drops what the last one overflowed."""
    records = section["records"]
    while True:
        records = records[: max(1, min(len(records) - 1, len(records) * (MAX_PAGES - 2) // count))]
        made = _typeset(document, [Section(**{**section, "records": records})])
        count = typesetting.pages(made)
        if count <= MAX_PAGES or len(records) == 1:
            return made


def _rows(sections: Sequence[Section]) -> int:
    return sum(len(record["rows"]) for section in sections for record in section["records"])


def _without_records(section: Section) -> Section:
    return Section(title=section["title"], origin=section["origin"], records=[], total=section["total"])


def _typeset(document: Report, sections: Sequence[Section], *, shortened: bool = False) -> bytes:
    note = gettext("全部内容超过 60 页，本报告只列出各项条数；各项内容请在平台上分别下载分组报告。") if shortened else ""
    data: dict[str, Any] = {
        "number": document["number"],
        "issued_at": moment_text(document["issued_at"]),
        "as_of_text": as_of_text(document["as_of"], document["checkpoint_size"]),
        "enterprise": document["enterprise"],
        "sections": [_section(section) for section in sections],
        "verify_url": document["verify_url"],
        "site_name": document["site_name"],
        "demo": document["demo"],
        "group": document.get("group", ""),
        "banner": document.get("banner", ""),
        "shortened": note,
        "foot": gettext("生成时间 %(moment)s") % {"moment": moment_text(document["issued_at"])},
        "qr": typesetting.qr(document["verify_url"]),
    }
    return typesetting.pdf("report.typ", data, created_at=_stamp(document["issued_at"]))


def _section(section: Section) -> dict[str, Any]:
    return {**section, "records": [_record(record) for record in section["records"]]}


def _record(record: Record) -> dict[str, Any]:
    return {
        "title": record.get("title", ""),
        "rows": [[str(label), str(value)] for label, value in record["rows"]],
        "source": record.get("source", ""),
        "version_id": str(record["version_id"]),
        "marks": record.get("marks", []),
    }


def _receipt_data(document: Receipt) -> dict[str, Any]:
    due = document["due_at"]
    provisional = gettext("（暂定）") if document["due_provisional"] else ""
    return {
        **document,
        "submitted_at": moment_text(document["submitted_at"]),
        "due_at": f"{moment_text(due)}{provisional}" if due else "",
        "files": [{**file, "size": size_text(file["bytes"])} for file in document["files"]],
        "proof": document.get("proof"),
        "foot": gettext("提交时间 %(moment)s") % {"moment": moment_text(document["submitted_at"])},
        "qr": typesetting.qr(document["verify_url"]),
    }


def moment_text(moment: datetime) -> str:
    """A moment to the second, in Shanghai."""
    local = moment.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M:%S}"


def as_of_text(moment: datetime, size: int | None) -> str:
    """数据截至, with the size of the public log's checkpoint that this state goes with."""
    if size is None:
        return moment_text(moment)
    return gettext("%(moment)s（公示日志第 %(size)d 条）") % {"moment": moment_text(moment), "size": size}


def size_text(size: int) -> str:
    """Bytes as a person reads them."""
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(1, round(size / 1024))} KB"


def _stamp(moment: datetime) -> int:
    return int(moment.timestamp())
