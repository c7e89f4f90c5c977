"""Searching public files: exact, then from the beginning, then in rank order (D-13, D-47).

Exact and prefix hits stand first, on page 1 only. Everything else is walked in the order of the
stored rank, which is cursor at once; a pair of characters by its postings, longer words and filters
by the terms of the row.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengxin.common.errors import Invalid
from chengxin.common.identifiers import normalise_uscc, uscc_errors
from chengxin.common.text import bigrams, name_key
from chengxin.records.searching import IMPORTANCE, IMPORTANCE_STEP, LEAST_IMPORTANT, STOP_PAIRS, host_of
from chengxin.records.values import Hit, Page

PAGE = 20
POSTINGS = "records_posting"
MAX_PAGE = 100
MAX_QUERY_CHARS = 100
COUNT_CAP = 1000
DIRECT_HITS = 20
PREFIX_LOOKED_AT = 200
TIMEOUT_MS = 500
CANCELED = "57014"
GREATEST_RANK = 2**63 - 1
TYPES = ("PLATFORM", "IN_PLATFORM", "SELF_SITE", "OTHER_NET", "SERVICE")
WHY = {
    "former": gettext_lazy("曾用名"),
    "shop": gettext_lazy("网店/应用名称"),
    "domain": gettext_lazy("网址"),
    "record": gettext_lazy("自愿注册信息"),
    "initials": gettext_lazy("拼音首字母"),
}
UNSEEN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")
RECORDS = "coalesce((SELECT f.records FROM records_publicfile f WHERE f.uscc = s.uscc), s.records)"
COLUMNS = f"s.uscc, s.name, s.division, s.division_name, s.type, s.rank, {RECORDS}, s.approved_at"


@dataclass(frozen=True)
class Query:
    """What is searched for; every part may be missing."""

    text: str = ""
    division: str = ""
    type: str = ""
    cursor: str = ""
    limit: int = PAGE


@dataclass(frozen=True)
class _Asked:
    """A query, read: the whole text as a key, its words, the terms of its filters, where to go on."""

    text: str
    key: str
    words: tuple[str, ...]
    filters: tuple[str, ...]
    type: str
    after: int | None
    shown_before: int
    limit: int


def search(query: Query) -> Page:
    """One page of hits. Quotes and percent signs are text; one character finds by beginning only."""
    asked = _read(query)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {TIMEOUT_MS}")
            return _page(cursor, asked)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != CANCELED:
            raise
        return Page(narrowed_needed=True, notice=str(_("结果过多，请增加关键字或选择地区、类型。")))


def _read(query: Query) -> _Asked:
    text = host_of(UNSEEN.sub(" ", query.text).strip()[:2000])[:MAX_QUERY_CHARS]
    after, shown_before = read_cursor(query.cursor) or (None, 0)
    filters = [f"r{query.division}"] if query.division else []
    filters += [f"t{query.type}"] if query.type else []
    return _Asked(
        text=text,
        key=name_key(text),
        words=tuple(dict.fromkeys(key for word in text.split() if (key := name_key(word)))),
        filters=tuple(filters),
        type=query.type,
        after=after,
        shown_before=shown_before,
        limit=max(1, min(query.limit, MAX_PAGE)),
    )


def _page(cursor: Any, asked: _Asked) -> Page:
    direct = _direct(cursor, asked)
    walk = _walk(asked)
    if walk is None:
        return Page(items=tuple(direct[: asked.limit]), total=len(direct), notice=_shortened(len(direct)))
    on_first = asked.after is None
    first = direct[: asked.limit] if on_first else direct[: asked.shown_before]
    room = asked.limit - len(first) if on_first else asked.limit
    shown = {hit.uscc for hit in first}
    sql, args = walk
    most = asked.limit + len(shown) + 1
    rank = "p.rank" if POSTINGS in sql else "s.rank"  # the range must stand on the index that is walked
    cursor.execute(f"{sql} AND {rank} > %s AND {rank} < %s ORDER BY {rank} LIMIT %s", [*args, *_ranks(asked), most])
    rows = [hit for row in cursor.fetchall() if (hit := _hit(row)).uscc not in shown]
    rest, more = rows[:room], len(rows) > room
    last = rest[-1].rank if rest else asked.after or 0
    total, capped = _total(cursor, asked, sql, args)
    outside = sum(hit.why.startswith((str(WHY["initials"]), str(WHY["domain"]))) for hit in direct)
    return Page(
        items=(*(first if on_first else ()), *_with_reasons(cursor, asked, rest)),
        next=write_cursor(last, len(first)) if more else None,
        total=total if capped else max(total + outside, len(direct)),
        total_is_more=capped,
        notice=_shortened(outside),
    )


def _shortened(count: int) -> str:
    """What is said where only direct hits can be shown and there are more of them."""
    return str(_("名称较多，仅列出前20条，请输入更完整的名称。")) if count >= DIRECT_HITS else ""


def _direct(cursor: Any, asked: _Asked) -> list[Hit]:
    """The code itself; else names, shops, domains and initials that are the text or begin with it."""
    if not asked.key:
        return []
    more, args = _filter(asked)
    code = normalise_uscc(asked.text)
    if len(code) == 18 and not uscc_errors(code):
        cursor.execute(f"SELECT {COLUMNS} FROM records_search s WHERE s.uscc = %s{more}", [code, *args])
        return [_hit(row) for row in cursor.fetchall()]
    exact = "SELECT t.search_id, t.kind, t.shown, 0 AS turn, t.term FROM records_term t WHERE t.term = %s"
    begins = (
        "SELECT t.search_id, t.kind, t.shown, 1, t.term FROM records_term t WHERE t.term LIKE %s AND t.term <> %s"
        " ORDER BY t.term USING ~<~, t.search_id"
    )
    cursor.execute(
        f"SELECT {COLUMNS}, f.kind, f.shown FROM (({exact} ORDER BY t.search_id LIMIT {PREFIX_LOOKED_AT})"
        f" UNION ALL ({begins} LIMIT {PREFIX_LOOKED_AT})) f JOIN records_search s ON s.rank = f.search_id"
        f" WHERE true{more} ORDER BY f.turn, CASE WHEN f.turn = 0 THEN '' ELSE f.term END COLLATE \"C\","
        f" s.rank, f.kind <> 'name' LIMIT {PREFIX_LOOKED_AT}",
        [asked.key, f"{_like(asked.key)}%", asked.key, *args],
    )
    found: dict[str, Hit] = {}
    for row in cursor.fetchall():
        found.setdefault(row[0], replace(_hit(row), why=_why(row[8], row[9])))
    return list(found.values())[:DIRECT_HITS]


def _walk(asked: _Asked) -> tuple[str, list[Any]] | None:
    """The query that walks all other hits in rank order, without its order; None where there is no word to go by."""
    base = f"SELECT {COLUMNS} FROM records_search s"
    if not asked.key:
        if asked.text:
            return None
        more, args = _filter(asked)
        return f"{base} WHERE true{more}", args
    pairs = dict.fromkeys(pair for word in asked.words for pair in bigrams(word) if len(pair) > 1)
    if not pairs:
        return None
    useful = [pair for pair in pairs if pair not in STOP_PAIRS]
    if len(useful) == 1 and asked.words == (useful[0],) and not asked.filters:
        return f"{base} JOIN {POSTINGS} p ON p.rank = s.rank WHERE p.pair = %s", [useful[0]]
    terms = [*useful, *asked.filters]
    parts = [word for word in asked.words if word not in useful]  # a word of two characters is its own term
    like = " AND s.text LIKE %s" * len(parts)
    args = [f"%{_like(word)}%" for word in parts]
    if not terms:
        return f"{base} WHERE true{like}", args
    return f"{base} WHERE s.words @@ %s::tsquery{like}", [_conjunction(terms), *args]


def _ranks(asked: _Asked) -> tuple[int, int]:
    """Between which ranks to walk: after the cursor, and within the stretch where all files of a type stand."""
    after = asked.after or 0
    if not asked.type:
        return after, GREATEST_RANK
    first = IMPORTANCE.get(asked.type, LEAST_IMPORTANT) * IMPORTANCE_STEP
    return max(after, first - 1), first + IMPORTANCE_STEP


def _filter(asked: _Asked) -> tuple[str, list[Any]]:
    return (" AND s.words @@ %s::tsquery", [_conjunction(asked.filters)]) if asked.filters else ("", [])


def _conjunction(terms: Sequence[str]) -> str:
    return " & ".join(_lexeme(term) for term in terms)


def _total(cursor: Any, asked: _Asked, walk: str, args: list[Any]) -> tuple[int, bool]:
    """How many a walk meets, exact to 1,000."""
    if POSTINGS in walk:
        walk, args = f"SELECT 1 FROM {POSTINGS} p WHERE p.pair = %s", [asked.words[0]]
    cursor.execute(f"SELECT count(*) FROM ({walk} LIMIT {COUNT_CAP + 1}) counted", args)
    count: int = cursor.fetchone()[0]
    return min(count, COUNT_CAP), count > COUNT_CAP


def _with_reasons(cursor: Any, asked: _Asked, hits: list[Hit]) -> list[Hit]:
    """The hits, each that its name does not explain with the other name by which it was found."""
    puzzling = [h.rank for h in hits if any(word not in name_key(h.name) for word in asked.words)]
    if not puzzling:
        return hits
    cursor.execute(
        "SELECT search_id, kind, shown, term FROM records_term WHERE search_id = ANY(%s) AND kind IN ('former', 'shop', 'record')"
        " ORDER BY id",
        [puzzling],
    )
    reasons: dict[int, str] = {}
    for rank, kind, shown, term in cursor.fetchall():
        if any(word in term for word in asked.words):
            reasons.setdefault(rank, _why(kind, shown))
    return [replace(h, why=reasons.get(h.rank, "")) for h in hits]


def _why(kind: str, shown: str) -> str:
    if kind not in WHY:
        return ""
    return str(WHY[kind]) if kind == "initials" else f"{WHY[kind]}{_('：')}{shown}"


def _lexeme(pair: str) -> str:
    return "'" + pair.replace("\\", "\\\\").replace("'", "''") + "'"


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _hit(row: tuple[Any, ...]) -> Hit:
    return Hit(
        uscc=row[0], name=row[1], division=row[2], division_name=row[3], type=row[4], rank=row[5], records=row[6],
        approved_at=row[7],
    )  # fmt: skip


def write_cursor(rank: int, shown_before: int = 0) -> str:
    """The cursor after a rank, with the number of direct hits that page 1 has shown."""
    return base64.urlsafe_b64encode(f"{rank}-{shown_before}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[int, int] | None:
    """Rank and direct hits of a cursor; a tampered one is refused beside its field."""
    if not cursor:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (ValueError, binascii.Error):
        text = ""
    match = re.fullmatch(r"([0-9]{1,19})-([0-9]{1,3})", text)
    if match is None or int(match[1]) > GREATEST_RANK:
        raise Invalid(_("分页参数有误。"), fields={"cursor": [_("请使用上一页返回的 next 值。")]})
    return int(match[1]), int(match[2])
