"""What source units do with government records, many at a time: add, correct, withdraw, re-attribute (D-01, D-08)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from chengxin.identity.values import Actor
from chengxin.records import ending, files, inserting, sources
from chengxin.records.models import Version
from chengxin.records.sources import Key, Standing
from chengxin.records.values import ADD, BY_CONTENT, CORRECT, GOVERNMENT, REASSIGN, WITHDRAW, NewRecord, Ready

NEW, CORRECTED, UNCHANGED, WITHDRAWN, REASSIGNED = "new", "corrected", "unchanged", "withdrawn", "reassigned"
MANY = 100
"""From so many records on, where they end none that stands, all that is written of them gets its place at once."""

HELD, ABSENT, OWN, GONE = "held", "absent", "own", "gone"


class Supply(NamedTuple):
    """What a source unit wants done with the record under one of its keys; `record` is None where it withdraws it."""

    operation: str
    group: str
    unit: str
    no: str
    record_id: UUID
    record: Ready | None = None

    @property
    def key(self) -> Key:
        """The key its source unit gave the record."""
        return self.unit, self.no


class Verdict(NamedTuple):
    """What a supply does, or why it cannot be: `held` by another enterprise, `absent`, its `own` already, or `gone`.

    Exactly one of `outcome` and `why` is given; `stands` is the version under the key now.
    """

    outcome: str = ""
    why: str = ""
    stands: Standing | None = None


_NEW = Verdict(NEW)


def verdict(supply: Supply, *, enterprise_id: UUID | None, stands: Standing | None, is_same_code: bool, is_gone: bool) -> Verdict:
    """What a supply about an enterprise does, by what stands under its key. Pure.

    `is_same_code`: the holder of what stands has the same code, also where it is a former, closed enterprise (D-10);
    `is_gone`: nothing stands because the record was withdrawn.
    """
    if stands is None:
        return without(supply, is_gone=is_gone)
    own = stands.enterprise_id == enterprise_id
    if supply.operation == REASSIGN:
        return Verdict(why=OWN, stands=stands) if is_same_code else Verdict(REASSIGNED, stands=stands)
    if not is_same_code:
        return Verdict(why=HELD, stands=stands)
    if supply.record is None:
        return Verdict(WITHDRAWN, stands=stands)
    if own and supply.record.same_as(stands.fingerprint):
        return Verdict(UNCHANGED, stands=stands)
    return Verdict(CORRECTED if own else NEW, stands=stands)


def without(supply: Supply, *, is_gone: bool) -> Verdict:
    """The verdict where nothing stands under the key."""
    if not is_gone and supply.operation in (BY_CONTENT, ADD):
        return _NEW
    if is_gone and supply.operation == WITHDRAW:
        return Verdict(UNCHANGED)
    if is_gone and supply.operation in (BY_CONTENT, CORRECT, REASSIGN):
        return Verdict(why=GONE)
    return Verdict(why=ABSENT) if supply.operation in (CORRECT, WITHDRAW, REASSIGN) else Verdict(NEW)


def gone(supplies: Iterable[Supply], *, stand: Mapping[Key, Standing]) -> set[UUID]:
    """The records of these that were withdrawn and do not stand."""
    return sources.withdrawn(supply.record_id for supply in supplies if supply.key not in stand)


def carry_out(*, filing_id: UUID | None, supplies: Sequence[tuple[Supply, Verdict, UUID]], by: Actor) -> None:
    """Do what the verdicts say, each supply with the enterprise it is about; files and events follow in the transaction.

    The enterprises and what stands are locked by the caller; the keys differ from one another. To be called late in a
    transaction: many new records are given their places, and who gives places is held until its end.
    """
    done = [(supply, said, enterprise_id) for supply, said, enterprise_id in supplies if said.outcome not in ("", UNCHANGED)]
    fresh = [(enterprise_id, supply.record) for supply, _said, enterprise_id in done if supply.record is not None]
    if len(fresh) >= MANY and not any(said.stands for _supply, said, _id in done):
        inserting.insert_many(filing_id=filing_id, records=fresh, by=by)
        return
    for outcome in (WITHDRAWN, REASSIGNED, CORRECTED, NEW):
        former = [said.stands for _supply, said, _id in done if said.outcome == outcome and said.stands is not None]
        ending.end(former, reason=sources.WITHDRAWN if outcome == WITHDRAWN else REASONS[outcome], by=by)
    inserting.insert(filing_id=filing_id, records=fresh, by=by)
    files.rewrite(enterprise_ids=_touched(done))


REASONS = {REASSIGNED: "reassigned", CORRECTED: "corrected", NEW: "corrected"}


def _touched(done: Collection[tuple[Supply, Verdict, UUID]]) -> set[UUID]:
    holders = {said.stands.enterprise_id for _supply, said, _id in done if said.stands is not None}
    return holders | {enterprise_id for supply, _said, enterprise_id in done if supply.record is not None}


def take_in(*, enterprise_id: UUID, filing_id: UUID | None, record: NewRecord, by: Actor) -> str:
    """One government record by its key: ``unchanged``, ``new`` or ``corrected``; the enterprise is locked by the caller.

    A record that stands under the key with another enterprise, a former holder of the code, leaves it (D-10).
    """
    supply = supply_of(record)
    stands = sources.standing(group=record.group, keys=[supply.key], lock=True).get(supply.key)
    said = verdict(supply, enterprise_id=enterprise_id, stands=stands, is_same_code=True, is_gone=False)
    carry_out(filing_id=filing_id, supplies=[(supply, said, enterprise_id)], by=by)
    return said.outcome


def supply_of(record: NewRecord, *, operation: str = BY_CONTENT) -> Supply:
    """A record, made ready, as what its unit wants done with it."""
    return Supply(operation, record.group, record.source_unit, record.source_no, record.record_id, inserting.ready(record))


def end_supplied(*, enterprise_ids: Iterable[UUID], group: str, source_unit: str, by: Actor) -> tuple[UUID, ...]:
    """End what one unit supplied of a group, because another unit supplies it now; the versions that were public."""
    rows = Version.objects.select_for_update().filter(
        enterprise_id__in=list(enterprise_ids), group=group, source_unit=source_unit, origin=GOVERNMENT, ended_at=None
    )
    stand = list(rows.order_by("version_id"))
    ended = ending.end(stand, reason="replaced", by=by)
    files.rewrite(enterprise_ids={version.enterprise_id for version in stand})
    return ended
