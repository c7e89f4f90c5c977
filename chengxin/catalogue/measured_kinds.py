"""Kinds that measure: days, periods, years, numbers, money."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from chengxin.catalogue.codes import Codes
from chengxin.catalogue.kinds import Around, Bad, Kind
from chengxin.catalogue.values import Field
from chengxin.common.text import nfkc

OPEN_ENDED = "长期"
FOR_EVER = date.max
"""The typed value of 长期 where a day is asked; also what registers write as 9999-12-31."""
SEPARATOR = ".."
_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?\Z", re.ASCII)
_AMOUNT = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_NUMBER = re.compile(rf"{_AMOUNT}\Z", re.ASCII)
_ROUNDED = re.compile(rf"({_AMOUNT})(万|亿)\Z", re.ASCII)
_ROUND = {"万": Decimal(10) ** 4, "亿": Decimal(10) ** 8}


@dataclass(frozen=True, slots=True)
class Period:
    """From a day to a day; `end` None means 长期."""

    start: date
    end: date | None


def read_day(raw: str) -> date | None:
    """Return the day typed as 2026-11-21, 2026/11/21, 20261121 or 2026年11月21日; None if there is none."""
    match = _DATE.match(re.sub(r"\s", "", nfkc(raw)))
    if not match:
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return None


def open_ended(raw: str) -> bool:
    """Say whether 长期 was typed, or one of the words that registers use for it."""
    return nfkc(raw).strip().lower() in {OPEN_ENDED, "00000000", "永久", "无固定期限", "open"}


class DateKind(Kind):
    """A day."""

    name = "date"
    keys = frozenset({"not_before", "not_after"})

    def parse(self, raw: str, field: Field, around: Around) -> date:
        """Return the day within its limits (`today` or a fixed day)."""
        day = read_day(raw)
        if day is None:
            raise Bad(_("%(label)s不是有效的日期，应如 2026-01-31") % {"label": field.label})
        return self.within(day, field, around)

    def within(self, day: date, field: Field, around: Around) -> date:
        """Return `day`, or raise if it is before or after what the field allows."""
        first, last = (_limit(x, around) for x in (field.limits.not_before, field.limits.not_after))
        about = {"label": field.label, "first": first, "last": last}
        if last and day > last:
            if field.limits.not_after == "today":
                raise Bad(_("%(label)s不能晚于今天，请核对后重新填写") % about)
            raise Bad(_("%(label)s不能晚于%(last)s，请核对后重新填写") % about)
        if day < (first or date(1900, 1, 1)):
            about["first"] = first or date(1900, 1, 1)
            raise Bad(_("%(label)s不能早于%(first)s，请核对后重新填写") % about)
        return day

    def to_json(self, value: date) -> str:
        """Return `YYYY-MM-DD`."""
        return value.isoformat()

    def from_json(self, stored: str) -> date:
        """Return the day."""
        return date.fromisoformat(stored)


class UntilKind(DateKind):
    """The last day on which something is valid, or 长期, which lies after every day."""

    name = "until"

    def parse(self, raw: str, field: Field, around: Around) -> date:
        """Return the day, or `FOR_EVER`."""
        if open_ended(raw):
            return FOR_EVER
        day = read_day(raw)
        if day is None:
            raise Bad(_("%(label)s不是有效的日期，应如 2030-01-31；没有截止日期的填“长期”") % {"label": field.label})
        return self.within(day, field, around)

    def compose(self, parts: Sequence[str]) -> str:
        """Return the raw string of two inputs: the day, the box 长期."""
        return OPEN_ENDED if OPEN_ENDED in parts else super().compose(parts)

    def to_json(self, value: date) -> str:
        """Return `YYYY-MM-DD` or 长期."""
        return OPEN_ENDED if value == FOR_EVER else value.isoformat()

    def from_json(self, stored: str) -> date:
        """Return the day, or `FOR_EVER`."""
        return FOR_EVER if stored == OPEN_ENDED else date.fromisoformat(stored)

    def display(self, value: date | None, field: Field, codes: Codes) -> str:
        """Return the day, or 长期."""
        return _("长期") if value == FOR_EVER else super().display(value, field, codes)


class PeriodKind(DateKind):
    """From a day to a day or 长期; typed as `2020-01-01..2030-01-01` or `2020-01-01..长期`."""

    name = "period"
    keys = frozenset({"not_before", "not_after"})

    def parse(self, raw: str, field: Field, around: Around) -> Period:  # type: ignore[override]
        """Return the period; the limits bind its first day."""
        first, last = self.split(raw)
        start = read_day(first)
        if start is None:
            raise Bad(_("请填写%(label)s的起始日期，应如 2020-01-01") % {"label": field.label})
        end = None if last == OPEN_ENDED else read_day(last)
        if end is None and last != OPEN_ENDED:
            raise Bad(_("请填写%(label)s的截止日期，没有截止日期的请选择“长期”") % {"label": field.label})
        if end and end < start:
            raise Bad(_("%(label)s的截止日期不能早于起始日期，请核对") % {"label": field.label})
        return Period(self.within(start, field, around), end)

    def split(self, raw: str) -> tuple[str, str]:
        """Return what was typed for the first and the last day."""
        level = nfkc(raw).strip()
        parts = re.split(r"\s*(?:\.\.|~|至|到)\s*", level, maxsplit=1)
        last = parts[1].strip() if len(parts) > 1 else ""
        return parts[0].strip(), OPEN_ENDED if open_ended(last) else last

    def compose(self, parts: Sequence[str]) -> str:
        """Return the raw string of two or three inputs: first day, last day, the box 长期."""
        first = parts[0] if parts else ""
        last = OPEN_ENDED if OPEN_ENDED in parts[1:] else (parts[1] if len(parts) > 1 else "")
        return f"{first}{SEPARATOR}{last}" if first or last else ""

    def blank(self, raw: str) -> bool:
        """Say whether neither day was typed."""
        return not any(self.split(raw)) if raw.strip() else True

    def to_json(self, value: Period) -> dict[str, str | None]:  # type: ignore[override]
        """Return `{"from": day, "to": day or null}`."""
        return {"from": value.start.isoformat(), "to": value.end.isoformat() if value.end else None}

    def from_json(self, stored: dict[str, str | None]) -> Period:  # type: ignore[override]
        """Return the period."""
        end = stored["to"]
        return Period(date.fromisoformat(str(stored["from"])), date.fromisoformat(end) if end else None)

    def display(self, value: Period | None, field: Field, codes: Codes) -> str:
        """Return both days, or 长期."""
        if value is None:
            return ""
        return f"{value.start} {_('至')} {value.end or _('长期')}"


class NumberKind(Kind):
    """A decimal number; never negative unless `min` says so."""

    name = "number"
    keys = frozenset({"min", "max", "decimals"})
    decimals: ClassVar[int] = 2
    example: ClassVar[str] = "12.5"
    highest: ClassVar[Decimal] = Decimal(10) ** 12

    def parse(self, raw: str, field: Field, around: Around) -> Any:
        """Return the number in its field's unit with a fixed count of decimals."""
        level = re.sub(r"\s", "", nfkc(raw))
        if not _NUMBER.match(level):
            about = {"label": field.label, "unit": self.unit(field), "example": self.example}
            raise Bad(_("%(label)s应为数字%(unit)s，例如 %(example)s") % about)
        return self.within(Decimal(level.replace(",", "")), field)

    def unit(self, field: Field) -> str:
        """Return the words for the unit, or nothing."""
        return _("（单位：%(unit)s）") % {"unit": field.unit} if field.unit else ""

    def within(self, number: Decimal, field: Field) -> Any:
        """Return `number` with the field's decimals, or raise if it is beyond a limit."""
        least = field.limits.min if field.limits.min is not None else Decimal(0)
        most = field.limits.max if field.limits.max is not None else self.highest
        places = field.limits.decimals if field.limits.decimals is not None else self.decimals
        about = {"label": field.label, "least": least, "most": f"{most:f}", "places": places}
        if number < least:
            raise Bad(_("%(label)s不能小于%(least)s，请核对后重新填写") % about)
        if number > most:
            raise Bad(_("%(label)s不能大于%(most)s，请核对后重新填写") % about)
        fixed = number.quantize(Decimal(1).scaleb(-places))
        if fixed != number:
            raise Bad(_("%(label)s最多保留%(places)s位小数，请核对后重新填写") % about)
        return abs(fixed) if fixed == 0 else fixed

    def to_json(self, value: Any) -> Any:
        """Return the number as a plain string."""
        return f"{value:f}"

    def from_json(self, stored: Any) -> Any:
        """Return the decimal."""
        return Decimal(stored)

    def display(self, value: Any, field: Field, codes: Codes) -> str:
        """Return the number with thousands marked."""
        return "" if value is None else f"{value:,f}"


class MoneyKind(NumberKind):
    """Money in 万元, two decimals."""

    name = "money_wan"
    keys = frozenset({"min", "max"})
    example = "500.00"


class YuanKind(NumberKind):
    """Money in 元, two decimals; an amount in 万 is refused with the figure to write, for nobody means both."""

    name = "money"
    keys = frozenset({"min", "max"})
    example = "30000.00"
    highest = Decimal(10) ** 14

    def parse(self, raw: str, field: Field, around: Around) -> Any:
        """Return the amount; ￥ before and 元 behind it are dropped."""
        level = re.sub(r"\s", "", nfkc(raw)).removeprefix("¥").removesuffix("元")
        if found := _ROUNDED.match(level):
            amount = Decimal(found[1].replace(",", "")) * _ROUND[found[2]]
            about = {"label": field.label, "typed": level, "amount": f"{amount.normalize():f}"}
            raise Bad(_("%(label)s的单位为元，%(typed)s元请填写%(amount)s") % about)
        return super().parse(level, field, around)


class PercentKind(NumberKind):
    """A share in percent, 0 to 100 unless `max` says more."""

    name = "percent"
    example = "98.50"
    highest = Decimal(100)


class IntegerKind(NumberKind):
    """A whole number."""

    name = "integer"
    keys = frozenset({"min", "max"})
    decimals = 0
    example = "120"
    highest = Decimal(10) ** 12

    def within(self, number: Decimal, field: Field) -> int:
        """Return the whole number."""
        if number != number.to_integral_value():
            raise Bad(_("%(label)s应为整数，例如 %(example)s") % {"label": field.label, "example": self.example})
        return int(super().within(number, field))

    def to_json(self, value: int) -> int:
        """Return the number itself."""
        return value

    def from_json(self, stored: int) -> int:
        """Return the number itself."""
        return stored

    def display(self, value: int | None, field: Field, codes: Codes) -> str:
        """Return the number with thousands marked."""
        return "" if value is None else f"{value:,d}"


class YearKind(IntegerKind):
    """A year that has begun."""

    name = "year"
    keys = frozenset({"min"})

    def parse(self, raw: str, field: Field, around: Around) -> int:
        """Return a year from 1949, or the field's own first year, to this one."""
        level = re.sub(r"\s|年", "", nfkc(raw))
        first = int(field.limits.min or 1949)
        if not re.match(r"[0-9]{4}\Z", level) or not first <= int(level) <= around.today.year:
            about = {"label": field.label, "first": first, "last": around.today.year}
            raise Bad(_("%(label)s应为%(first)s至%(last)s之间的四位年份") % about)
        return int(level)

    def display(self, value: int | None, field: Field, codes: Codes) -> str:
        """Return the bare year."""
        return "" if value is None else str(value)


def _limit(text: str | None, around: Around) -> date | None:
    if text is None:
        return None
    return around.today if text == "today" else date.fromisoformat(text)
