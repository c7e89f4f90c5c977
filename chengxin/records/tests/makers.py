"""Makers for tests: enterprises with public files, made by the real actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue import rules as catalogue_rules
from chengxin.common import clock
from chengxin.common.identifiers import org_check_char, uscc_check_char
from chengxin.identity import actions as identity
from chengxin.identity import queries as identity_queries
from chengxin.identity.values import Actor
from chengxin.records import actions, disclosure, supplying
from chengxin.records.values import ENTERPRISE, GOVERNMENT, Changes, FileHead, NewRecord

BY = Actor.system("test")
YUHANG = "330110"


def code(number: int, *, kind: str = "91", division: str = YUHANG) -> str:
    """A synthetic credit code with its check signs."""
    organisation = f"WWTE{number:04d}"
    stem = f"{kind}{division}{organisation}{org_check_char(organisation)}"
    return stem + uscc_check_char(stem)


def known(number: int, name: str, *, division: str = YUHANG, kind: str = "91") -> tuple[UUID, str]:
    """An enterprise without a file: its id and code."""
    uscc = code(number, kind=kind, division=division)
    return identity.know_enterprise(uscc=uscc, name=name, division_code=division, by=BY), uscc


def head(uscc: str, name: str, *, division: str = YUHANG, type_: str = "IN_PLATFORM", **more: Any) -> FileHead:
    """The head of a public file."""
    now = clock.now()
    return FileHead(
        uscc=uscc,
        name=name,
        kind=uscc[:2],
        type=type_,
        division_code=division,
        division_name="".join(identity_queries.division_path(division)),
        approved_at=now,
        first_published_at=now,
        commitment={"code": "integrity", "version": catalogue.commitment("integrity").version},
        **more,
    )


def own_record(content: Mapping[str, Any], *, group: str = "S06", public: bool = True, record_id: UUID | None = None) -> NewRecord:
    """One self-reported record under the current form."""
    return NewRecord(
        record_id=record_id or uuid4(),
        group=group,
        form_version=catalogue.current("archive/IN_PLATFORM").version,
        origin=ENTERPRISE,
        content=dict(content),
        public_content=dict(content) if public else None,
    )


def shop(name: str, **more: Any) -> dict[str, Any]:
    """The values of a shop (S06)."""
    return {"kind": "shop", "name": name, "platform": "样例平台", "opened_on": date(2024, 3, 5), "licence_shown": True, **more}


def penalty(number: str, *, until: date | None, since: date | None = None, unit: str = "杭州市余杭区市场监督管理局（演示）") -> NewRecord:
    """One administrative penalty of the government, with its term of publicity."""
    content = {"document_no": number, "violation": "虚假宣传", "kinds": ["fine"]}
    return NewRecord(
        record_id=uuid4(),
        group="G06",
        form_version=catalogue.current("import/G06").version,
        origin=GOVERNMENT,
        content=content,
        public_content=content,
        source_unit=unit,
        source_no=number,
        collected_at=clock.now(),
        publicity_from=since,
        publicity_until=until,
    )


def voluntary_record(item: str, values: Mapping[str, Any], *, record_id: UUID | None = None) -> NewRecord:
    """One voluntary record of an item under its current form; the form says what of it is public."""
    form = catalogue.current(f"voluntary/{item}")
    (group,) = form.groups
    return NewRecord(
        record_id=record_id or uuid4(),
        group=group.code,
        form_version=form.version,
        origin=ENTERPRISE,
        content=catalogue_rules.to_json(group, values),
        public_content=disclosure.public_content(group=group, values=values, chosen_public=False),
    )


@transaction.atomic
def register(enterprise_id: UUID, record: NewRecord, *, filing_id: UUID | None = None) -> Changes:
    """Approve one voluntary record."""
    return actions.publish_voluntary(enterprise_id=enterprise_id, filing_id=filing_id or uuid4(), record=record, by=BY)


@transaction.atomic
def take_down(enterprise_id: UUID, record_id: UUID) -> tuple[UUID, ...]:
    """End one voluntary record as its enterprise asked."""
    return actions.end_voluntary(enterprise_id=enterprise_id, record_id=record_id, reason=actions.TAKEN_DOWN, by=BY)


@transaction.atomic
def publish(enterprise_id: UUID, records: Sequence[NewRecord], the_head: FileHead) -> Changes:
    """Approve an archive of these records."""
    return actions.publish(enterprise_id=enterprise_id, filing_id=uuid4(), records=records, head=the_head, by=BY)


@transaction.atomic
def take_in(enterprise_id: UUID, record: NewRecord) -> str:
    """Take one record of the government in."""
    return supplying.take_in(enterprise_id=enterprise_id, filing_id=uuid4(), record=record, by=BY)


@transaction.atomic
def hide(enterprise_id: UUID, record_id: UUID) -> UUID | None:
    """Switch a record to 不公开."""
    return actions.hide(enterprise_id=enterprise_id, record_id=record_id, by=BY)


@transaction.atomic
def end_all(enterprise_id: UUID, *, reason: str) -> None:
    """End everything an enterprise said, and close its file."""
    actions.end_all(enterprise_id=enterprise_id, reason=reason, by=BY)


def published(number: int, name: str, records: Sequence[NewRecord] = (), **more: Any) -> tuple[UUID, str]:
    """An enterprise with a public file."""
    place = {key: more[key] for key in ("division",) if key in more}
    enterprise_id, uscc = known(number, name, **place)
    publish(enterprise_id, records, head(uscc, name, **more))
    return enterprise_id, uscc
