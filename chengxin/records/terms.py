"""How long the law lets a government record be published (D-07). Pure: what the group says, what the record says.

The term of a group is data (`Group.term`): the day it starts, the day the source unit gives as its end, the grade and
the months each grade allows. A term beyond the legal maximum is refused at its cell; what is too light to be published
is kept inside.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from chengxin.catalogue.values import Group

REPAIRED = "REPAIRED"
FROM = "publicity_from"
ENDS = "publicity_to"
REPAIR = "repair_status"
PERIOD = "period"


@dataclass(frozen=True)
class Outcome:
    """Whether a record may be published, from when to when (inclusive), and what is wrong, by field."""

    published: bool = True
    since: date | None = None
    until: date | None = None
    why: str = ""
    errors: Mapping[str, list[str]] = field(default_factory=dict)


@lru_cache(maxsize=4096)
def add_months(day: date, months: int) -> date:
    """The same day of the month, `months` later; the month's last day where there is none."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def of(group: Group, values: Mapping[str, Any]) -> Outcome:
    """The term of one record of `group` with typed `values`."""
    term, since = group.term, values.get(FROM)
    if not term:
        return Outcome(since=since, until=values.get(ENDS))
    why = _unpublished(term, values)
    if why:
        return Outcome(published=False, why=why)
    if "grades" in term:
        return _graded(group, values)
    start, given = values.get(term["starts"]), values.get(ENDS)
    until = given or _valid_until(group, values)
    if until is None and start is not None and "default_months" in term:
        until = add_months(start, int(term["default_months"]))
    return Outcome(since=since, until=_ended(term, values, until))


def reads(group: Group) -> tuple[str, ...]:
    """The fields of a group that its terms look at: where these say the same, so does `of`."""
    term = group.term
    rule = term.get("unpublished_when")
    named = [term.get("starts"), term.get("ends"), term.get("grade"), rule["field"] if rule else None, *term.get("ended_by", ())]
    periods = [f.code for f in group.fields if f.kind == PERIOD]
    return tuple(dict.fromkeys([FROM, ENDS, REPAIR, *(code for code in named if code), *periods]))


def _unpublished(term: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    if values.get(REPAIR) == REPAIRED:
        return _("已完成信用修复，终止公示")
    rule = term.get("unpublished_when")
    said = values.get(rule["field"]) if rule else None
    chosen = set(said if isinstance(said, tuple) else [said] if said else [])
    if rule and chosen and chosen <= set(rule["only"]):
        return _("仅为警告或通报批评，依规不予公示")
    return ""


def _graded(group: Group, values: Mapping[str, Any]) -> Outcome:
    term = group.term
    rule = term["grades"].get(values.get(term["grade"]) or "")
    if rule is None:
        return Outcome(errors={term["grade"]: [_("请填写失信程度：轻微、一般或严重，公示期限由其决定")]})
    start, given = values.get(term["starts"]), values.get(term["ends"])
    if start is None:
        return Outcome()
    if not rule["published"] and (given is None or not rule.get("when_needed")):
        return Outcome(published=False, why=_("失信程度为轻微，依规不予公示"))
    longest = add_months(start, int(rule["max_months"]))
    if given is not None and given > longest:
        about = {"months": rule["max_months"], "last": longest.isoformat()}
        return Outcome(errors={term["ends"]: [_("公示截止期超过该失信程度的最长公示期%(months)s个月，最晚为%(last)s") % about]})
    return Outcome(since=values.get(FROM), until=_ended(term, values, given or longest))


def _ended(term: Mapping[str, Any], values: Mapping[str, Any], until: date | None) -> date | None:
    """The earlier of the term's end and the days that end it before, such as a removal from a list."""
    days = [day for code in term.get("ended_by", ()) if (day := values.get(code))]
    return min([*days, until] if until else days, default=None)


def _valid_until(group: Group, values: Mapping[str, Any]) -> date | None:
    """The last day of the permit's own validity, where the group has one and no grade."""
    found = next((values.get(f.code) for f in group.fields if f.kind == PERIOD), None)
    return found.end if found is not None else None
