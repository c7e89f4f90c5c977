"""Credit reports: made from the public file, signed by the platform, kept by number (D-14, D-15)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from chengxin.catalogue import codes as code_tables
from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import NotFound
from chengxin.filings import receipts
from chengxin.flow.step import step
from chengxin.identity.values import Actor
from chengxin.ledger import queries as ledger
from chengxin.records import actions as records
from chengxin.records import queries as record_queries
from chengxin.records import reading
from chengxin.seals import pdf
from chengxin.seals import values as papers

PREFIX = "BG"
MOST_RECORDS_OF_A_GROUP = 1000
ORIGINS: dict[str, papers.Origin] = {"government": "government", "enterprise": "enterprise", "voluntary": "voluntary"}


@dataclass(frozen=True)
class Issued:
    """A report that was issued: its number and the signed bytes."""

    number: str
    pdf: bytes


def issue(*, uscc: str, group: str = "", by: Actor) -> Issued:
    """Make, sign and keep the report of a public file, or of one group of it; 404 without a public file."""
    found = record_queries.public_file(uscc=uscc)
    document: dict[str, Any] = json.loads(found.body)
    now = clock.now()
    number = receipts.new_number(at=now, prefix=PREFIX)
    size = ledger.size()
    body = pdf.report(paper(document=document, number=number, at=now, checkpoint_size=size, group=group))
    counted = any(count["more"] for count in document["groups"].values())
    versions = {record["version_id"]: record["group"] for record in document["records"]}
    report = records.NewReport(
        number=number,
        uscc=uscc,
        issued_at=now,
        checkpoint_size=size,
        file_etag=found.etag,
        sha256=hashlib.sha256(body).hexdigest(),
        versions=record_queries.shown_versions(uscc=uscc) if counted else versions,
    )
    _keep(report=report, by=by)
    return Issued(number=number, pdf=body)


@step
def _keep(*, report: records.NewReport, by: Actor) -> None:
    records.keep_report(report=report, by=by)


def paper(*, document: dict[str, Any], number: str, at: datetime, checkpoint_size: int, group: str = "") -> papers.Report:
    """The public document as the data of a report."""
    sections = _sections(document, group)
    made = papers.Report(
        number=number,
        issued_at=at,
        as_of=at,
        checkpoint_size=checkpoint_size or None,
        enterprise=subject(document),
        sections=[_section(section) for section in sections],
        verify_url=verify_url(number),
        site_name=settings.SITE_NAME,
        demo=settings.DEMO,
    )
    if group:
        made["group"] = sections[0].title
    if document["marks"]:
        made["banner"] = _("；").join(document["marks"])
    return made


def subject(document: Mapping[str, Any]) -> papers.Subject:
    """Whom a paper is about, as the public file says."""
    return papers.Subject(
        name=document["name"],
        uscc=document["uscc"],
        division=document["division_name"],
        type=reading.type_label(document["type"]),
    )


def verify_url(number: str) -> str:
    """Where anyone checks a paper by its number."""
    return f"{settings.SITE_ORIGIN}/verify/{number}"


def _sections(document: dict[str, Any], group: str) -> Sequence[reading.Section]:
    codes = code_tables.shipped()
    if not group:
        return reading.sections(document, form_of=catalogue.version, codes=codes, today=clock.today())
    if group not in document["groups"]:
        raise NotFound(_("该档案没有这一类公示信息。"))
    found = record_queries.group_records(uscc=document["uscc"], group=group, limit=MOST_RECORDS_OF_A_GROUP)
    total = document["groups"][group]["total"]
    section = reading.section(
        found.items,
        total=total,
        more=total > len(found.items),
        form_of=catalogue.version,
        codes=codes,
        today=clock.today(),
        disputed=document.get("disputed", ()),
    )
    return [section]


def _section(section: reading.Section) -> papers.Section:
    return papers.Section(
        title=section.title,
        origin=ORIGINS[section.origin],
        records=[record(item) for item in section.items],
        total=section.total,
    )


def record(item: reading.Item) -> papers.Record:
    """One public record as a paper prints it."""
    return papers.Record(
        title=item.title,
        rows=[(row.label, row.value) for row in item.rows],
        source=item.source,
        version_id=item.version_id,
        marks=[text for text, on in ((_("异议中"), item.disputed), (_("已过期"), item.expired)) if on],
    )
