"""The head of a public file that changes without a new archive: name, region, marks, the end of the subject (D-10, D-11).

File and search follow in the same transaction; the records and their proofs stay what they are.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from chengxin.common import clock
from chengxin.records import files, searching
from chengxin.records.models import PublicFile, Term
from chengxin.records.values import FileHead

NAMES, ADDRESSES = ("name",), ("url", "domain")


def head_of(*, enterprise_id: UUID) -> FileHead | None:
    """The head of the enterprise's public file, with what it is found by; None without a file."""
    row = PublicFile.objects.filter(enterprise_id=enterprise_id).first()
    if row is None:
        return None
    said: dict[str, Any] = json.loads(bytes(row.head) + b"}")
    found = Term.objects.filter(search__enterprise_id=enterprise_id, kind__in=["shop", "domain"]).order_by("id")
    terms = [(term.kind, term.shown) for term in found]
    return FileHead(
        uscc=said["uscc"],
        name=said["name"],
        kind=said["kind"],
        type=said["type"],
        division_code=said["division"],
        division_name=said["division_name"],
        approved_at=datetime.fromisoformat(said["approved_at"]),
        first_published_at=datetime.fromisoformat(said["first_published_at"]),
        commitment=said["commitment"],
        former_names=tuple(said["former_names"]),
        marks=tuple(said["marks"]),
        shop_names=tuple(shown for kind, shown in terms if kind == "shop"),
        domains=tuple(shown for kind, shown in terms if kind == "domain"),
    )


def change(
    *, enterprise_id: UUID, gone: Collection[str] = (), come: Mapping[str, Any] | None = None, **changes: Any
) -> bool:
    """Change the head (`name`, `former_names`, `division_code`, `division_name`, `marks`) and what the file is found by.

    `gone` are texts of public records it is found by no more, `come` new ones by field. False without a file.
    """
    head = head_of(enterprise_id=enterprise_id)
    if head is None:
        return False
    head = replace(_found_by(head, gone, come or {}), **changes)
    PublicFile.objects.filter(enterprise_id=enterprise_id).update(head=files.head_bytes(head), updated_at=clock.now())
    searching.write(enterprise_id=enterprise_id, head=head)
    files.rewrite(enterprise_ids=[enterprise_id])
    return True


def _found_by(head: FileHead, gone: Collection[str], come: Mapping[str, Any]) -> FileHead:
    shops = [name for name in head.shop_names if name not in gone] + [str(come[code]) for code in NAMES if come.get(code)]
    domains = [each for each in head.domains if each not in gone] + [str(come[code]) for code in ADDRESSES if come.get(code)]
    return replace(head, shop_names=tuple(dict.fromkeys(shops)), domains=tuple(dict.fromkeys(domains)))


def mark(*, enterprise_id: UUID, text: str, on: bool) -> bool:
    """Put a mark on the head of the file, or take it off (主体身份核实中, 已注销). False without a file."""
    head = head_of(enterprise_id=enterprise_id)
    if head is None:
        return False
    others = tuple(one for one in head.marks if one != text)
    return change(enterprise_id=enterprise_id, marks=(*others, text) if on else others)
