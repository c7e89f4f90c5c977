"""Writing what a public file is found by; in the transaction that writes the file (D-47)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import UUID

from django.db import connection

from chengxin.catalogue import codes as code_tables
from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.text import bigrams, name_key
from chengxin.identity.tree import CORPS, CORPS_CITIES
from chengxin.records import reading, standing
from chengxin.records.models import Posting, Search, Term
from chengxin.records.values import FileHead

STOP_PAIRS = frozenset({"有限", "限公", "公司", "限责", "责任", "任公"})
HOST = re.compile(r"(?:[\w-]+\.)+(?:[a-z]{2,}|xn--[a-z0-9]+)", re.IGNORECASE)
SHOWN = 300  # characters of a name or address that a file is found by
IMPORTANCE_STEP = 1 << 40
IMPORTANCE = {"PLATFORM": 1, "SERVICE": 3, "SELF_SITE": 4, "IN_PLATFORM": 5, "OTHER_NET": 6}
LEAST_IMPORTANT = 9
MOST_RECORDS_FOUND_BY = 100  # newest voluntary records by whose titles a file is found


def initials(name: str) -> str:
    """Lower-case pinyin initials of a name; what is not Chinese stays as it is."""
    from pypinyin import Style, lazy_pinyin  # late: its words weigh 55 MB, and a worker may never write a name

    return "".join(lazy_pinyin(name_key(name), style=Style.FIRST_LETTER)).lower()[:200]


def pairs(texts: Iterable[str]) -> set[str]:
    """Pairs of characters that are worth an index entry."""
    return {pair for text in texts for pair in bigrams(text)} - STOP_PAIRS


def division_terms(code: str) -> list[str]:
    """Region terms of a division: itself and everything above it; cities of the corps also stand under it (D-05)."""
    corps = {f"r{CORPS}"} if code.startswith(CORPS_CITIES) else set()
    return sorted({f"r{code[:2]}0000", f"r{code[:4]}00", f"r{code}"} | corps)


def host_of(text: str) -> str:
    """The host of a link (also without its scheme) without ``www.``, or the text itself."""
    rest = text if "://" in text else f"//{text}"
    try:
        host = urlsplit(rest).hostname or ""
    except ValueError:
        return text
    return host.removeprefix("www.") if HOST.fullmatch(host) else text


def next_rank(type_code: str) -> int:
    """A new unique rank: importance first, then order of arrival."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('records_rank_seq')")
        arrival: int = cursor.fetchone()[0]
    return IMPORTANCE.get(type_code, LEAST_IMPORTANT) * IMPORTANCE_STEP + arrival


def write(*, enterprise_id: UUID, head: FileHead) -> None:
    """Write the search row, its whole words and its pairs anew; the rank stays while the type stays."""
    former = Search.objects.filter(enterprise_id=enterprise_id).first()
    keeps = former is not None and former.type == head.type
    rank = former.rank if former is not None and keeps else next_rank(head.type)
    remove(enterprise_id=enterprise_id)
    titles = _titles(enterprise_id)
    texts = [name_key(t) for t in (head.name, *head.former_names, *head.shop_names, *titles) if t]
    row = Search(
        rank=rank,
        enterprise_id=enterprise_id,
        uscc=head.uscc,
        name=head.name,
        initials=initials(head.name),
        division=head.division_code,
        division_name=head.division_name,
        type=head.type,
        text="\n".join(texts),
        records=former.records if former else 0,
        approved_at=head.approved_at,
    )
    found_by = sorted(pairs(texts))
    _insert_row(row, [*found_by, *division_terms(head.division_code), f"t{head.type}"])
    Posting.objects.bulk_create([Posting(pair=pair, rank=rank) for pair in found_by])
    Term.objects.bulk_create([Term(search_id=rank, kind=k, term=t, shown=s) for k, t, s in _terms(head, titles)])


def _titles(enterprise_id: UUID) -> list[str]:
    """What the public reads as the titles of the enterprise's voluntary records (VOL-31)."""
    codes, today = code_tables.shipped(), clock.today()
    found = standing.public(enterprise_id=enterprise_id, most=MOST_RECORDS_FOUND_BY)
    items = (reading.item(record, form_of=catalogue.version, codes=codes, today=today) for record in found)
    return list(dict.fromkeys(item.title[:SHOWN] for item in items))


def index_records(*, enterprise_id: UUID) -> None:
    """Let the file be found by the voluntary records that it holds now, in the transaction that changes them."""
    head = _head(enterprise_id)
    if head is not None:
        write(enterprise_id=enterprise_id, head=head)


def forget(*, enterprise_id: UUID, words: Collection[str]) -> None:
    """Let the file no longer be found by names of shops and addresses that have left it (ARC-07, PUB-05)."""
    head = _head(enterprise_id) if words else None
    if head is None:
        return
    gone = {word[:SHOWN] for word in words}
    shops = tuple(name for name in head.shop_names if name not in gone)
    domains = tuple(domain for domain in head.domains if domain not in gone)
    if (shops, domains) != (head.shop_names, head.domains):
        write(enterprise_id=enterprise_id, head=replace(head, shop_names=shops, domains=domains))


def _head(enterprise_id: UUID) -> FileHead | None:
    """What the file is found by now, as a head; None without a file."""
    row = Search.objects.filter(enterprise_id=enterprise_id).first()
    if row is None:
        return None
    terms = list(Term.objects.filter(search_id=row.rank, kind__in=["former", "shop", "domain"]).order_by("id"))
    kept = {kind: tuple(t.shown for t in terms if t.kind == kind) for kind in ("former", "shop", "domain")}
    return FileHead(
        uscc=row.uscc,
        name=row.name,
        kind=row.uscc[:2],
        type=row.type,
        division_code=row.division,
        division_name=row.division_name,
        approved_at=row.approved_at,
        first_published_at=row.approved_at,
        commitment={},
        former_names=kept["former"],
        shop_names=kept["shop"],
        domains=kept["domain"],
    )


def _insert_row(row: Search, words: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_search (rank, enterprise_id, uscc, name, initials, division, division_name, type,"
            " records, text, words, approved_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, array_to_tsvector(%s::text[]), %s)",
            [
                row.rank, row.enterprise_id, row.uscc, row.name, row.initials, row.division, row.division_name,
                row.type, row.records, row.text, words, row.approved_at,
            ],
        )  # fmt: skip


def _terms(head: FileHead, titles: Iterable[str]) -> list[tuple[str, str, str]]:
    names = [("name", head.name), *(("former", n) for n in head.former_names), *(("shop", n) for n in head.shop_names)]
    names += [("record", title) for title in titles]
    terms = [(kind, name_key(name)[:SHOWN], name[:SHOWN]) for kind, name in names if name]
    terms += [("domain", name_key(host_of(domain))[:SHOWN], domain[:SHOWN]) for domain in head.domains]
    terms.append(("initials", initials(head.name), head.name[:SHOWN]))
    return terms


def remove(*, enterprise_id: UUID) -> None:
    """Take the enterprise out of search."""
    ranks = list(Search.objects.filter(enterprise_id=enterprise_id).values_list("rank", flat=True))
    if not ranks:
        return
    Posting.objects.filter(rank__in=ranks).delete()
    Term.objects.filter(search_id__in=ranks).delete()
    Search.objects.filter(rank__in=ranks).delete()
