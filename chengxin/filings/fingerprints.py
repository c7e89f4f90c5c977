"""By what identical and near-identical voluntary records are recognised, without keeping what they say (VOL-19).

A fingerprint is a keyed hash over the business fields of a record after levelling: width, case and spaces of texts,
amounts without trailing zeros, days as days. The proof picture is not part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from chengxin.catalogue.values import Form, Record
from chengxin.common import crypto, sql
from chengxin.common.canonical import canonical
from chengxin.common.text import name_key

KEY = "duplicate"
WHOLE, NEAR = "whole", "near"
ALIKE_SHOWN = 5


@dataclass(frozen=True)
class Prints:
    """The two hashes of one record under every version of the key, the newest first."""

    whole: Sequence[bytes]
    near: Sequence[bytes]


def of(*, form: Form, enterprise_id: UUID, record: Record) -> Prints:
    """The fingerprints of what an enterprise says in one record of a form."""
    group = next(form.asked_groups())
    asked = [f.code for f in group.fields if f.kind != "file"]
    near = form.item.near if form.item else ()
    owner = {"enterprise": str(enterprise_id), "form": form.id}
    return Prints(
        whole=_hashes(WHOLE, owner, record.values, asked),
        near=_hashes(NEAR, owner, record.values, near or asked),
    )


def _hashes(purpose: str, owner: Mapping[str, str], values: Mapping[str, Any], codes: Iterable[str]) -> list[bytes]:
    said = {code: text for code in codes if (text := levelled(values.get(code))) not in (None, "", [])}
    return crypto.keyed_hashes(KEY, canonical({**owner, "said": said}), purpose=purpose)


def levelled(value: Any) -> Any:
    """A typed value with everything taken out that does not tell one fact from another."""
    if isinstance(value, str):
        return name_key(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | Decimal):
        return f"{Decimal(value).normalize():f}"
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: levelled(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(code): levelled(each) for code, each in value.items()}
    return sorted((levelled(each) for each in value), key=canonical)


@dataclass(frozen=True)
class Likeness:
    """What stands already of the same enterprise and item: the one that says exactly the same, those that are nearly the same."""

    twin: UUID | None
    alike: tuple[UUID, ...]


_LIKE = f"""
SELECT filing_id, whole = ANY(%(whole)s) AS same FROM filings_fingerprint
WHERE enterprise_id = %(enterprise)s AND form_id = %(form)s AND near = ANY(%(near)s) AND standing AND filing_id <> %(filing)s
ORDER BY same DESC, filing_id LIMIT {ALIKE_SHOWN}
"""
_DROP = "DELETE FROM filings_fingerprint WHERE filing_id = %(filing)s"
_PUT = """
INSERT INTO filings_fingerprint (filing_id, enterprise_id, form_id, whole, near, standing)
VALUES (%(filing)s, %(enterprise)s, %(form)s, %(whole)s, %(near)s, true)
ON CONFLICT (enterprise_id, form_id, whole) WHERE standing DO NOTHING RETURNING filing_id
"""
_CHANGE = """
UPDATE filings_fingerprint AS mine SET whole = %(whole)s, near = %(near)s WHERE filing_id = %(filing)s AND NOT EXISTS (
  SELECT 1 FROM filings_fingerprint AS other WHERE other.enterprise_id = mine.enterprise_id AND other.form_id = mine.form_id
    AND other.whole = ANY(%(every)s) AND other.standing AND other.filing_id <> mine.filing_id)
"""
_NEAR_OF = f"""
SELECT other.filing_id FROM filings_fingerprint mine JOIN filings_fingerprint other USING (enterprise_id, form_id, near)
WHERE mine.filing_id = %(filing)s AND other.standing AND other.filing_id <> mine.filing_id ORDER BY 1 LIMIT {ALIKE_SHOWN}
"""


@dataclass(frozen=True)
class Whose:
    """The filing whose record it is, its enterprise and item."""

    filing: UUID
    enterprise: UUID
    form: str


def like(*, whose: Whose, prints: Prints) -> Likeness:
    """What stands already that is like this; equal fields have equal near keys, so one walk of one index finds both."""
    found = sql.rows(_LIKE, {**asdict(whose), "whole": list(prints.whole), "near": list(prints.near)})
    twin = next((filing for filing, same in found if same), None)
    return Likeness(twin=twin, alike=tuple(filing for filing, same in found if not same))


def put(*, whose: Whose, prints: Prints, again: bool) -> bool:
    """Let the filing's record stand; False where another one that says the same came first, also at this very moment.

    `again` where the filing was handed in before and has a fingerprint that stands no more.
    """
    if again:
        sql.execute(_DROP, {"filing": whose.filing})
    return sql.row(_PUT, {**asdict(whose), "whole": prints.whole[0], "near": prints.near[0]}) is not None


def change(*, filing_id: UUID, prints: Prints) -> None:
    """Let a standing record be known by what it says now; as before, where another one says the same already."""
    every = list(prints.whole)
    sql.execute(_CHANGE, {"filing": filing_id, "whole": prints.whole[0], "near": prints.near[0], "every": every})


def near_of(filing_id: UUID) -> list[UUID]:
    """The filings that stand beside one and say nearly the same."""
    return [found for (found,) in sql.rows(_NEAR_OF, {"filing": filing_id})]
