"""亮信用 and confirmations: papers about what an enterprise has published by itself, made from the public file (VOL-31, D-14)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from chengxin.catalogue import codes as code_tables
from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import Conflict, NotFound
from chengxin.filings import lifecycle, receipts, voluntary_queries
from chengxin.filings import queries as filings
from chengxin.filings.values import FilingView
from chengxin.flow import reports
from chengxin.flow.reports import Issued
from chengxin.flow.step import step
from chengxin.identity import actions as identity_actions
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.ledger import queries as ledger
from chengxin.records import actions as records
from chengxin.records import queries as record_queries
from chengxin.records import reading, standing
from chengxin.records.standing import Standing
from chengxin.seals import pdf
from chengxin.seals import values as papers

PREFIX = "QR"
KIND = "voluntary"


def address(*, uscc: str, record_id: UUID | None = None) -> str:
    """Where badges and QR codes lead: to what is public at that moment, or to the word that it is no more."""
    return f"{settings.SITE_ORIGIN}/show/{uscc}" + (f"/{record_id}" if record_id else "")


def confirm(*, filing_id: UUID, by: Actor) -> Issued:
    """Make, sign and keep the confirmation of one published voluntary record of one's own enterprise."""
    filing = _published(filing_id, by)
    document = _document(filing)
    record_id = voluntary_queries.one(filing_id=filing.id, by=by).record_id
    stands = standing.of_record(record_id=record_id, enterprise_id=_enterprise(filing), by=by)
    if stands is None:
        raise Conflict(_("该条信息已不再发布，不能下载确认书。"), code="not-published")
    now, size = clock.now(), ledger.size()
    number = receipts.new_number(at=now, prefix=PREFIX)
    body = pdf.confirmation(_paper(filing, document, stands, number=number, at=now, size=size))
    report = records.NewReport(
        number=number,
        uscc=document["uscc"],
        issued_at=now,
        checkpoint_size=size,
        file_etag=record_queries.public_file(uscc=document["uscc"]).etag,
        sha256=hashlib.sha256(body).hexdigest(),
        versions={str(stands.version_id): stands.group},
    )
    _keep(report=report, by=by)
    return Issued(number=number, pdf=body)


@step
def _keep(*, report: records.NewReport, by: Actor) -> None:
    records.keep_report(report=report, kind="confirmation.issued", by=by)


def _published(filing_id: UUID, by: Actor) -> FilingView:
    filing = filings.one(filing_id=filing_id, by=by)
    if filing.kind != KIND or filing.enterprise_id is None or filing.enterprise_id != by.enterprise_id:
        raise NotFound(_("未找到该填报。"))
    if filing.state != lifecycle.APPROVED:
        raise Conflict(_("只有“已发布”的信息才能下载确认书。"), code="not-published")
    return filing


def _enterprise(filing: FilingView) -> UUID:
    assert filing.enterprise_id is not None
    return filing.enterprise_id


def _document(filing: FilingView) -> dict[str, Any]:
    """The public file of the filing's enterprise; Conflict while there is none."""
    return public_document(identity.enterprise(_enterprise(filing)).uscc)


def public_document(uscc: str) -> dict[str, Any]:
    """The public file of one's own enterprise as data; Conflict while there is none (D-06)."""
    try:
        return record_queries.document(uscc=uscc)
    except NotFound as error:
        raise Conflict(_("贵单位现在没有公示中的诚信档案；诚信档案审核通过后即可使用。"), code="no-public-file") from error


def _paper(
    filing: FilingView, document: Mapping[str, Any], stands: Standing, *, number: str, at: datetime, size: int
) -> papers.Confirmation:
    assert filing.submitted_at is not None
    return papers.Confirmation(
        number=number,
        issued_at=at,
        as_of=at,
        checkpoint_size=size or None,
        enterprise=reports.subject(document),
        item=str(catalogue.version(stands.form_version).title),
        record=_record(document, stands),
        registered_at=filing.submitted_at,
        published_at=stands.published_at,
        verify_url=reports.verify_url(number),
        site_name=settings.SITE_NAME,
        demo=settings.DEMO,
    )


def _record(document: Mapping[str, Any], stands: Standing) -> papers.Record:
    """What the public sees of a record; nothing of one whose form lets nobody see anything."""
    marks = [str(mark) for mark in document["marks"]]
    if stands.fragment is None:
        return papers.Record(title="", rows=[], version_id="", marks=marks)
    item = reading.item(
        stands.fragment,
        form_of=catalogue.version,
        codes=code_tables.shipped(),
        today=clock.today(),
        disputed=document.get("disputed", ()),
    )
    made = reports.record(item)
    return papers.Record(**{**made, "marks": [*made.get("marks", []), *marks]})


def poster(*, by: Actor, record_id: UUID | None = None) -> bytes:
    """The shop-window poster of one's own public file, or of one public voluntary record in it."""
    assert by.enterprise_id is not None
    document = public_document(identity.enterprise(by.enterprise_id).uscc)
    lines = [(_("诚信档案"), _("已公示"))] if record_id is None else _lines_of(document, record_id)
    lines += [(_("提示"), str(mark)) for mark in document["marks"]]
    return pdf.poster(
        papers.Poster(
            title=_("亮信用"),
            enterprise=reports.subject(document),
            lines=lines,
            printed_at=clock.now(),
            verify_url=address(uscc=document["uscc"], record_id=record_id),
            site_name=settings.SITE_NAME,
            demo=settings.DEMO,
        )
    )


def _lines_of(document: Mapping[str, Any], record_id: UUID) -> list[tuple[str, str]]:
    fragment = standing.shown(uscc=document["uscc"], record_id=record_id)
    if fragment is None:
        raise NotFound(_("未找到该条公示信息，可能已终止公示。"), code="no-public-record")
    item = reading.item(fragment, form_of=catalogue.version, codes=code_tables.shipped(), today=clock.today())
    group = reading.group_of(fragment, catalogue.version)
    lines = [(str(group.title) if group else "", item.title), (_("信息来源"), _("企业自行注册，未经政府核实"))]
    return [*lines, (_("有效期"), _("已过期"))] if item.expired else lines


@step
def note_download(*, by: Actor) -> None:
    """Write down that an enterprise took away everything of its voluntary registration, before the first byte goes out."""
    assert by.enterprise_id is not None
    identity_actions.log_access(by=by, what="voluntary.download", subject=str(by.enterprise_id), purpose="own-data")
