"""The division picker: three native lists and one search box, complete without scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

HITS = 20


@dataclass(frozen=True)
class DivisionTree:
    """All divisions in their order: rows of (code, name, parent code or empty)."""

    rows: tuple[tuple[str, str, str], ...]

    @classmethod
    def of(cls, rows: Iterable[Any]) -> DivisionTree:
        """From tuples, or from objects with code, name and parent code."""
        return cls(tuple(_row(row) for row in rows))

    @cached_property
    def names(self) -> dict[str, str]:
        """Name by code."""
        return {code: name for code, name, _parent in self.rows}

    @cached_property
    def parents(self) -> dict[str, str]:
        """Code of the parent by code."""
        return {code: parent for code, _name, parent in self.rows}

    @cached_property
    def below(self) -> dict[str, list[tuple[str, str]]]:
        """Divisions directly below a code; the first level is below the empty code."""
        found: dict[str, list[tuple[str, str]]] = {}
        for code, name, parent in self.rows:
            found.setdefault(parent, []).append((code, name))
        return found

    def way(self, code: str) -> list[str]:
        """Codes from the first level down to this one; empty for an unknown code."""
        found: list[str] = []
        while code in self.names and code not in found:
            found.insert(0, code)
            code = self.parents[code]
        return found

    def full_name(self, code: str) -> str:
        """浙江省 杭州市 余杭区."""
        return " ".join(self.names[part] for part in self.way(code))

    def search(self, words: str) -> list[tuple[str, str]]:
        """Divisions whose full name holds every word or whose code starts with it; the higher levels first."""
        parts = words.split()
        if not parts:
            return []
        hits = []
        for code, name, _parent in self.rows:
            if parts[-1] not in name and not code.startswith(parts[-1]):
                continue
            full = self.full_name(code)
            if all(part in full or code.startswith(part) for part in parts):
                hits.append((code, full))
        hits.sort(key=lambda hit: len(self.way(hit[0])))
        return hits[:HITS]

    def read(self, data: Mapping[str, Any], name: str) -> str:
        """What was posted: a hit of the search, else the deepest of the three lists that hang together."""
        hit = str(data.get(f"{name}.hit", ""))
        if hit in self.names:
            return hit
        chosen = ""
        for level in ("1", "2", "3"):
            code = str(data.get(f"{name}.{level}", ""))
            if not code or self.parents.get(code) != chosen:
                break
            chosen = code
        return chosen or (str(data.get(name, "")) if f"{name}.1" not in data else "")


@dataclass(frozen=True, kw_only=True)
class Level:
    """One of the three lists."""

    number: int
    options: tuple[tuple[str, str], ...]
    chosen: str


@dataclass(frozen=True, kw_only=True)
class Divisions:
    """What the picker shows."""

    levels: tuple[Level, ...]
    search: str = ""
    hits: tuple[tuple[str, str], ...] = ()
    full_name: str = ""
    url: str = ""


def divisions_view(*, tree: DivisionTree, chosen: str, search: str = "", url: str = "/divisions/options") -> Divisions:
    """The lists that fit a chosen code, and the hits of a search."""
    way = tree.way(chosen)
    levels = []
    for at in range(3):
        above = "" if at == 0 else way[at - 1] if len(way) >= at else None
        options = tuple(tree.below.get(above, ())) if above is not None else ()
        levels.append(Level(number=at + 1, options=options, chosen=way[at] if len(way) > at else ""))
    return Divisions(
        levels=tuple(levels),
        search=search,
        hits=tuple(tree.search(search)),
        full_name=tree.full_name(chosen),
        url=url,
    )


def _row(row: Any) -> tuple[str, str, str]:
    if isinstance(row, tuple):
        code, name, parent = row
        return str(code), str(name), str(parent or "")
    parent = getattr(row, "parent_code", None) or getattr(row, "parent", None) or ""
    return str(row.code), str(row.name), str(parent)


def options(request: HttpRequest, *, tree: DivisionTree) -> HttpResponse:
    """What the picker asks for: lists below `parent`, hits of `q` as a fragment, or the lists of a `way`."""
    if "q" in request.GET:
        found = Divisions(levels=(), search=request.GET["q"], hits=tuple(tree.search(request.GET["q"])))
        values = {"name": request.GET.get("name", ""), "divisions": found}
        return render(request, "components/controls/division_hits.html", values)
    if "way" in request.GET:
        way = tree.way(request.GET["way"])
        levels = [tree.below.get(above, []) for above in ["", *way][:3]]
        return JsonResponse({"way": way, "levels": [*levels, [], []][:3]})
    return JsonResponse({"options": tree.below.get(request.GET.get("parent", ""), [])})
