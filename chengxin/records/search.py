"""Searching public files: exact, then from the beginning, then in rank order (D-13, D-47).

Exact and prefix hits stand first, on page 1 only. Everything else is walked in the order of the
stored rank, which is cursor at once; a pair of characters by its postings, longer words by the terms
of the row. Either gives ranks, in order and no more than are shown; their rows are read afterwards.
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
MAX_PAGE = 100
MAX_QUERY_CHARS = 100
COUNT_CAP = 1000
DIRECT_HITS = 20
PREFIX_LOOKED_AT = 200
RAREST = 3  # pairs of a long text that are looked for; the text itself is compared anyway
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
LIMITS = "SELECT set_config('statement_timeout', %s, true), set_config('plan_cache_mode', 'force_custom_plan', true)"  # words differ much
POSTED = "records_posting w WHERE w.pair = %(pair)s"
POSTED_WITHIN = (
    "records_posting w JOIN records_search s ON s.rank = w.rank WHERE w.pair = %(pair)s AND s.words @@ %(terms)s::tsquery"
    " AND s.rank > %(after)s AND s.rank < %(before)s"
)
ROWS = "records_search w WHERE true"
STRETCH = " AND w.rank > %(after)s AND w.rank < %(before)s"
FREQUENCIES = f"""
SELECT asked.pair FROM unnest(%s::text[]) AS asked(pair), LATERAL (
    SELECT count(*) AS number FROM (SELECT 1 FROM records_posting p WHERE p.pair = asked.pair LIMIT {COUNT_CAP}) AS met
) AS found ORDER BY found.number, asked.pair LIMIT {RAREST}
"""


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
    division: str
    type: str
    after: int | None
    shown_before: int
    limit: int


def search(query: Query) -> Page:
    """One page of hits. Quotes and percent signs are text; one character finds by beginning only."""
    asked = _read(query)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LIMITS, [str(TIMEOUT_MS)])
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
        division=query.division,
        type=query.type,
        after=after,
        shown_before=shown_before,
        limit=max(1, min(query.limit, MAX_PAGE)),
    )


def _page(cursor: Any, asked: _Asked) -> Page:
    on_first = asked.after is None
    direct = _direct(cursor, asked) if on_first or asked.shown_before else []
    first = direct[: asked.limit if on_first else asked.shown_before]
    walk = _walk(cursor, asked)
    if walk is None:
        return Page(items=tuple(_hits(cursor, first)), total=len(direct), notice=_shortened(len(direct)))
    room = asked.limit - len(first) if on_first else asked.limit
    shown = {rank for rank, _why in first}
    most = asked.limit + len(shown) + 1
    met = _met(cursor, asked, walk, most)
    others = [hit for hit in met if hit.rank not in shown]
    rest, more = others[:room], len(others) > room
    last = rest[-1].rank if rest else asked.after or 0
    count = len(met) if on_first and len(met) < most else _count(cursor, asked, walk)
    total, capped = min(count, COUNT_CAP), count > COUNT_CAP
    outside = sum(why.startswith((str(WHY["initials"]), str(WHY["domain"]))) for _rank, why in direct)
    return Page(
        items=(*(_hits(cursor, first) if on_first else ()), *_with_reasons(cursor, asked, rest)),
        next=write_cursor(last, len(first)) if more else None,
        total=total if capped else max(total + outside, len(direct)),
        total_is_more=capped,
        notice=_shortened(outside),
    )


def _shortened(count: int) -> str:
    """What is said where only direct hits can be shown and there are more of them."""
    return str(_("名称较多，仅列出前20条，请输入更完整的名称。")) if count >= DIRECT_HITS else ""


def _direct(cursor: Any, asked: _Asked) -> list[tuple[int, str]]:
    """Ranks of the code itself; else of names, shops, domains and initials that are the text or begin with it, and why."""
    if not asked.key:
        return []
    join, args = _filter(asked)
    code = normalise_uscc(asked.text)
    if len(code) == 18 and not uscc_errors(code):
        cursor.execute(f"SELECT f.rank FROM records_search f{join} WHERE f.uscc = %s", [*args, code])
        return [(rank, "") for (rank,) in cursor.fetchall()]
    exact = "SELECT t.search_id AS rank, t.kind, t.shown, 0 AS turn, t.term FROM records_term t WHERE t.term = %s"
    begins = (
        "SELECT t.search_id, t.kind, t.shown, 1, t.term FROM records_term t WHERE t.term LIKE %s AND t.term <> %s"
        " ORDER BY t.term USING ~<~, t.search_id"
    )
    cursor.execute(
        f"SELECT f.rank, f.kind, f.shown FROM (({exact} ORDER BY t.search_id LIMIT {PREFIX_LOOKED_AT})"
        f" UNION ALL ({begins} LIMIT {PREFIX_LOOKED_AT})) f{join}"
        " ORDER BY f.turn, CASE WHEN f.turn = 0 THEN '' ELSE f.term END COLLATE \"C\","
        f" f.rank, f.kind <> 'name' LIMIT {PREFIX_LOOKED_AT}",
        [asked.key, f"{_like(asked.key)}%", asked.key, *args],
    )
    found: dict[int, str] = {}
    for rank, kind, shown in cursor.fetchall():
        found.setdefault(rank, _why(kind, shown))
    return list(found.items())[:DIRECT_HITS]


def _filter(asked: _Asked) -> tuple[str, list[Any]]:
    """What keeps ranks of `f` within the filters."""
    join = " JOIN records_search s ON s.rank = f.rank AND s.words @@ %s::tsquery"
    return (join, [_conjunction(asked.filters)]) if asked.filters else ("", [])


def _walk(cursor: Any, asked: _Asked) -> tuple[str, dict[str, Any]] | None:
    """Where all other hits are found by rank, and its values; None where there is no word to go by."""
    terms = [f"r{asked.division}"] if asked.division else []
    terms += [f"t{asked.type}"] if asked.type and asked.type not in IMPORTANCE else []  # else all within the stretch are of the type
    within = {"terms": _conjunction(terms)}
    pairs = dict.fromkeys(pair for word in asked.words for pair in bigrams(word) if len(pair) > 1)
    if asked.text and not pairs:
        return None
    useful = [pair for pair in pairs if pair not in STOP_PAIRS]
    if len(useful) == 1 and asked.words == (useful[0],):
        return (POSTED_WITHIN if terms else POSTED), {"pair": useful[0], **within}
    useful = _rarest(cursor, useful)
    parts = [word for word in asked.words if word not in useful]  # a word of two characters is its own term
    likes = {f"part{at}": f"%{_like(word)}%" for at, word in enumerate(parts)}
    within = {"terms": _conjunction([*useful, *terms])}
    alike = "".join(f" AND w.text LIKE %({name})s" for name in likes)
    return f"{ROWS}{' AND w.words @@ %(terms)s::tsquery' if within['terms'] else ''}{alike}", {**within, **likes}


def _rarest(cursor: Any, pairs: list[str]) -> list[str]:
    if len(pairs) <= RAREST:
        return pairs
    cursor.execute(FREQUENCIES, [pairs])
    return [pair for (pair,) in cursor.fetchall()]


def _met(cursor: Any, asked: _Asked, walk: tuple[str, dict[str, Any]], most: int) -> list[Hit]:
    """The next hits of a walk."""
    source, values = walk
    after, before = _stretch(asked)
    ranks = f"SELECT w.rank FROM {source}{STRETCH} ORDER BY w.rank LIMIT {most}"
    cursor.execute(
        f"SELECT {COLUMNS} FROM ({ranks}) found JOIN records_search s ON s.rank = found.rank ORDER BY s.rank",
        {**values, "after": max(after, asked.after or 0), "before": before},
    )
    return [_hit(row) for row in cursor.fetchall()]


def _count(cursor: Any, asked: _Asked, walk: tuple[str, dict[str, Any]]) -> int:
    """How many a walk meets, exact to 1,000."""
    source, values = walk
    after, before = _stretch(asked)
    within = STRETCH if asked.type else ""
    values = {**values, "after": after, "before": before}
    cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM {source}{within} LIMIT {COUNT_CAP + 1}) counted", values)
    count: int = cursor.fetchone()[0]
    return count


def _stretch(asked: _Asked) -> tuple[int, int]:
    """Between which ranks all files of the type stand that is asked for."""
    if not asked.type:
        return 0, GREATEST_RANK
    first = IMPORTANCE.get(asked.type, LEAST_IMPORTANT) * IMPORTANCE_STEP
    return first - 1, first + IMPORTANCE_STEP


def _hits(cursor: Any, found: Sequence[tuple[int, str]]) -> list[Hit]:
    """The rows of ranks, each with why it was found."""
    if not found:
        return []
    cursor.execute(f"SELECT {COLUMNS} FROM records_search s WHERE s.rank = ANY(%s)", [[rank for rank, _why in found]])
    rows = {row[5]: row for row in cursor.fetchall()}
    return [replace(_hit(rows[rank]), why=why) for rank, why in found if rank in rows]


def _conjunction(terms: Sequence[str]) -> str:
    return " & ".join(_lexeme(term) for term in terms)


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
