"""Code tables shipped with the catalogue: divisions, retired divisions, industries."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from chengxin.catalogue.values import Text


@dataclass(frozen=True, slots=True)
class Codes:
    """Tables that field kinds look codes up in; tests hand in small ones."""

    divisions: Mapping[str, str] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)
    retired: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    industries: Mapping[str, Text] = field(default_factory=dict)
    branches: frozenset[str] = frozenset()

    def division_path(self, code: str) -> list[str]:
        """Return the names from province to `code`; a retired code is shown by its own name."""
        if code not in self.divisions:
            return [self.retired[code][0]] if code in self.retired else []
        above = self.division_path(self.parents[code]) if self.parents.get(code) else []
        return [*above, self.divisions[code]]

    def is_leaf(self, code: str) -> bool:
        """Say whether nothing stands below a current division."""
        return code in self.divisions and code not in self.branches


@lru_cache(maxsize=4)
def read(folder: Path) -> Codes:
    """Read the tables under `folder` (`codes/*.csv`)."""
    divisions = _rows(folder / "divisions.csv")
    retired = {r["code"]: (r["name"], r["new_code"]) for r in _rows(folder / "divisions_retired.csv")}
    industries = {r["code"]: Text(zh=r["name"], en=r["name_en"]) for r in _rows(folder / "industries.csv")}
    return Codes(
        divisions={r["code"]: r["name"] for r in divisions},
        parents={r["code"]: r["parent"] for r in divisions if r["parent"]},
        retired=retired,
        industries=industries,
        branches=frozenset(r["parent"] for r in divisions if r["parent"]),
    )


def shipped() -> Codes:
    """Return the tables of the running installation."""
    return read(_folder(settings.CATALOGUE_DIR))


@lru_cache(maxsize=4)
def _folder(catalogue: Path) -> Path:
    """The same object for the same catalogue: a path is put together and hashed once, not for every line of an import."""
    return Path(catalogue) / "codes"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
