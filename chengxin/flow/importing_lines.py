"""Lines of an import against what stands in the database: judged first, taken in later, by one and the same rule (D-08)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chengxin.common.errors import Conflict
from chengxin.exchange.judging import NUMBER, SUBJECT
from chengxin.exchange.packed import Packed
from chengxin.exchange.reading import OPERATION
from chengxin.exchange.values import Fault
from chengxin.flow import importing_notices, registered
from chengxin.identity import known
from chengxin.identity import queries as identity
from chengxin.identity.known import Holder, Unregistered
from chengxin.identity.values import Actor
from chengxin.records import sources, supplying
from chengxin.records.sources import Key, Standing
from chengxin.records.supplying import REASSIGNED, Verdict

WHY = {
    supplying.HELD: (NUMBER, _("该编号已用于另一企业的记录；若确需更改归属，操作请填“归属更正”。")),
    supplying.ABSENT: (NUMBER, _("没有此编号的记录，请核对编号；首次报送的，操作请填“新增”。")),
    supplying.OWN: (SUBJECT, _("该记录已在此主体名下，无需归属更正；更改内容的，操作请填“更正”。")),
    supplying.GONE: (OPERATION, _("该记录已由来源单位撤回，不能更正；确需重新公示的，操作请填“新增”。")),
}


@dataclass(frozen=True)
class Around:
    """What stands around some lines: who holds their codes, what stands under their keys, what was withdrawn."""

    held: Mapping[str, Holder]
    stand: Mapping[Key, Standing]
    gone: Collection[UUID]
    codes: Mapping[UUID, str]

    def verdict(self, line: Packed) -> Verdict:
        """What a line does."""
        stands, is_gone = self.stand.get(line.supply.key), line.supply.record_id in self.gone
        if stands is None:
            return supplying.without(line.supply, is_gone=is_gone)
        holder = self.held.get(line.uscc)
        return supplying.verdict(
            line.supply,
            enterprise_id=holder.id if holder else None,
            stands=stands,
            is_same_code=self._code(stands.enterprise_id, holder, line.uscc) == line.uscc,
            is_gone=is_gone,
        )

    def _code(self, enterprise_id: UUID, holder: Holder | None, uscc: str) -> str:
        return uscc if holder and holder.id == enterprise_id else self.codes[enterprise_id]


def around(lines: Sequence[Packed], *, group: str) -> Around:
    """What stands around these lines now, nothing of it held."""
    held = known.holders({line.uscc for line in lines})
    return _around(lines, held, sources.standing(group=group, keys=[line.supply.key for line in lines]))


class _OthersHold(Exception):
    """Some records stand with enterprises that are not held yet."""


def held_around(lines: Sequence[Packed], *, group: str) -> Around:
    """The same with every enterprise and every record held to the end of the transaction, in the order of codes (D-43).

    Mostly nothing stands yet, or with the enterprise that its line names. Where it does not, what was held is let go, and all are
    held anew.
    """
    codes, keys = {line.uscc for line in lines}, [line.supply.key for line in lines]
    try:
        with transaction.atomic():
            held = known.lock_holders(codes)
            stand = sources.standing(group=group, keys=keys)
            if others := _others(stand, held):
                raise _OthersHold
    except _OthersHold:
        held = known.lock_holders(codes, besides=others)
    if stand:
        stand = sources.standing(group=group, keys=keys, lock=True)
    if _others(stand, held) - others:
        raise Conflict(code="locked")
    return _around(lines, held, stand)


def _others(stand: Mapping[Key, Standing], held: Mapping[str, Holder]) -> set[UUID]:
    """The enterprises of records that stand, but those that are held."""
    return {there.enterprise_id for there in stand.values()} - {holder.id for holder in held.values()}


def _around(lines: Sequence[Packed], held: Mapping[str, Holder], stand: Mapping[Key, Standing]) -> Around:
    own = {holder.id for holder in held.values()}
    others = {there.enterprise_id for there in stand.values()} - own
    codes = {view.id: view.uscc for view in identity.enterprises(others).values()} if others else {}
    codes |= {holder.id: holder.uscc for holder in held.values()}
    return Around(held, stand, supplying.gone([line.supply for line in lines], stand=stand), codes)


def faults_of(line: Packed, said: Verdict, there: Around, *, labels: Mapping[str, str], places: Collection[str]) -> list[Fault]:
    """What only the database knows to be wrong with a line."""
    found = []
    if line.uscc not in there.held and not division_of(line.uscc, places):
        found.append(Fault(line.number, labels[SUBJECT], str(_("代码中的行政区划不存在，请核对。"))))
    if said.why:
        column, words = WHY[said.why]
        found.append(Fault(line.number, labels.get(column, column), str(words)))
    return found


def counted(lines: Sequence[tuple[Packed, Verdict]], there: Around) -> Counter[str]:
    """What lines do, by outcome, and how many are of codes nobody has registered or kept inside by law."""
    counts = Counter(said.outcome for _line, said in lines)
    counts["lines"] = len(lines)
    counts["unpublished"] = sum(1 for line, _said in lines if line.is_unpublished)
    counts["unmatched"] = sum(1 for line, _said in lines if line.uscc not in there.held or not there.held[line.uscc].claimed)
    return +counts


def division_of(uscc: str, places: Collection[str]) -> str:
    """The division in a code where it is known, also a retired one, else its city's or province's."""
    return next((code for code in (uscc[2:8], f"{uscc[2:6]}00", f"{uscc[2:4]}0000") if code in places), "")


def take_in(lines: Sequence[tuple[Packed, Verdict]], there: Around, *, group: str, filing_id: UUID, by: Actor) -> None:
    """Do what the verdicts say; everything around the lines is held."""
    ids = {uscc: holder.id for uscc, holder in there.held.items()}
    ids |= _know([line for line, _said in lines if line.uscc not in ids], by=by)
    if group == registered.GROUP:
        registered.give_way(enterprise_ids={ids[line.uscc] for line, _said in lines}, by=by)
    supplies = [(line.supply, said, ids[line.uscc]) for line, said in lines]
    supplying.carry_out(filing_id=filing_id, supplies=supplies, by=by)
    for supply, said, enterprise_id in supplies:
        if said.outcome == REASSIGNED and said.stands is not None and supply.record is not None:
            former_id = said.stands.enterprise_id
            change = importing_notices.Reassigned(supply.record.version_id, f"import/{group}", former_id, enterprise_id, supply.unit)
            importing_notices.reassigned(change, by=by)


def _know(lines: Sequence[Packed], *, by: Actor) -> dict[str, UUID]:
    """Keep codes nobody has registered: the waiting room, which registration claims (D-06, D-08)."""
    if not lines:
        return {}
    places = identity.divisions_below(None)
    entries = [Unregistered(uscc=line.uscc, name=line.name, division_code=division_of(line.uscc, places)) for line in lines]
    return known.know_enterprises(entries=entries, by=by)
