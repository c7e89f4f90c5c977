"""Where each line of an item's workbook leads: to a new draft, to the one it became before, to a record that stands already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengxin.catalogue.answers import path
from chengxin.catalogue.values import Form
from chengxin.exchange import itembooks, itemviews
from chengxin.exchange.itemkeeping import Placed
from chengxin.exchange.itemrows import ItemLine
from chengxin.exchange.values import ROW_DRAFTED, ROW_SUBMITTED
from chengxin.filings import drafts, fingerprints, lifecycle, many
from chengxin.filings.fingerprints import Prints
from chengxin.filings.opening import Opening
from chengxin.filings.voluntary import KIND
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor

REGISTERED = gettext_lazy("该信息已注册过，不重复登记")


@dataclass(frozen=True)
class _Known:
    """What the enterprise has of these lines already."""

    states: Mapping[UUID, str]
    standing: Mapping[bytes, UUID]
    became: Mapping[bytes, Sequence[UUID]]
    receipts: Mapping[UUID, str]

    def twin(self, prints: Prints) -> UUID | None:
        """The record that stands and says the same."""
        return next((self.standing[each] for each in prints.whole if each in self.standing), None)

    def draft(self, prints: Prints) -> UUID | None:
        """The draft that such a line became before."""
        found = (filing for each in prints.whole for filing in self.became.get(each, ()))
        return next((filing for filing in found if self.states.get(filing) == lifecycle.DRAFT), None)


def placed(lines: Sequence[ItemLine], form: Form, enterprise_id: UUID, *, by: Actor) -> list[Placed]:
    """Every line with the filing it became or is already; what is new becomes a draft here."""
    prints = {line.number: fingerprints.of(form=form, enterprise_id=enterprise_id, record=line.record) for line in lines if line.record}
    known = _known(lines, prints, form, enterprise_id)
    found = [_where(line, prints.get(line.number), known) for line in _told_apart(lines)]
    fresh = [each for each in found if each.state == ROW_DRAFTED and each.filing_id is None]
    division = identity.enterprise(enterprise_id).division_code
    opening = Opening(KIND, form.id, enterprise_id, division)
    made = many.open_many(opening=opening, answers=[each.line.answers or {} for each in fresh], by=by)
    ids = {each.line.number: filing_id for each, filing_id in zip(fresh, made, strict=True)}
    _amend([each for each in found if each.line.draft and each.state == ROW_DRAFTED], form, by=by)
    return [replace(each, filing_id=ids.get(each.line.number, each.filing_id)) for each in found]


def _told_apart(lines: Sequence[ItemLine]) -> list[ItemLine]:
    """The lines, the second one of a 草稿编号 without it: it is a record of its own, such as a copied line."""
    seen: set[str] = set()
    found = []
    for line in lines:
        found.append(replace(line, draft="") if line.draft in seen else line)
        seen.add(line.draft)
    return found


def _known(lines: Sequence[ItemLine], prints: Mapping[int, Prints], form: Form, enterprise_id: UUID) -> _Known:
    wholes = {whole for each in prints.values() for whole in each.whole}
    became = itemviews.filings_of(enterprise_id=enterprise_id, form_id=form.id, contents=wholes)
    standing = many.standing(enterprise_id=enterprise_id, form_id=form.id, wholes=wholes)
    numbered = {found for line in lines if (found := _number(line.draft))}
    ids = {filing for found in became.values() for filing in found} | numbered | set(standing.values())
    states = many.states(enterprise_id=enterprise_id, form_id=form.id, ids=ids)
    return _Known(states, standing, became, itemviews.receipts_of(ids))


def _number(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _where(line: ItemLine, prints: Prints | None, known: _Known) -> Placed:
    if line.faults or prints is None:
        return Placed(line)
    content, twin = bytes(prints.whole[0]), known.twin(prints)
    if twin is not None:
        return Placed(line, twin, ROW_SUBMITTED, content, str(REGISTERED), known.receipts.get(twin, ""))
    if not line.draft:
        return Placed(line, known.draft(prints), ROW_DRAFTED, content)
    number = _number(line.draft)
    state = known.states.get(number) if number else None
    if state == lifecycle.DRAFT:
        return Placed(line, number, ROW_DRAFTED, content)
    words = _("没有这份草稿，或已删除。登记为新记录时请清空此格。")
    if state is not None:
        label = lifecycle.label(kind=KIND, state=state)
        words = _("这条记录的状态为“%(state)s”，请在“我注册的信用信息”中办理；登记为新记录时请清空此格。") % {"state": label}
    return Placed(line, faults=((itembooks.DRAFT, words),))


def _amend(lines: Sequence[Placed], form: Form, *, by: Actor) -> None:
    """Lines with a 草稿编号 say what their drafts are to say now; nothing is written where they say it already."""
    held = many.typed(form=form, ids=[each.filing_id for each in lines if each.filing_id])
    group = form.groups[0]
    codes = [field.code for field in group.fields if field.kind != "file"]
    for each in lines:
        assert each.filing_id is not None and each.line.answers is not None
        rev, row, said = held[each.filing_id]
        new = {code: text for code in codes if (text := each.line.answers.get(code, "")) != said.get(code, "")}
        if new:
            changes = {path(group.code, row, code): text or None for code, text in new.items()}
            drafts.save(filing_id=each.filing_id, base_rev=rev, changes=changes, by=by)
