"""Files thousands of invented archives: the apps' own actions, many in one transaction, in several processes.

What a person's step costs most is left out, and nothing else: the password (nobody logs in as these), the pictures and
the mails. Every answer passes the form's rules, every filing is handed in, decided and published by the same actions
as anybody's, so receipts, events, public files and search rows are the real ones.
"""

from __future__ import annotations

import csv
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, connections, transaction

from chengxin.catalogue import codes as code_tables
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.answers import ORDER, PUBLIC
from chengxin.common import clock
from chengxin.demo import guards, inventing, reading, setting_up, telling
from chengxin.demo.inventing import Invented
from chengxin.exchange import judging
from chengxin.exchange.values import Line
from chengxin.filings import actions as filings
from chengxin.filings import imports
from chengxin.filings import queries as filing_queries
from chengxin.flow import archive, importing, review
from chengxin.gateways import market_register
from chengxin.identity import actions as identity
from chengxin.identity import queries as identity_queries
from chengxin.identity.values import Actor
from chengxin.records import actions as records
from chengxin.records.values import NewRecord

BATCH = 25
MOST_PROCESSES = 4
GROUPS = ("G01", "G06", "G07", "G09", "G10", "G11")
BY = Actor.system("demo")


@dataclass(frozen=True)
class Ground:
    """What all processes share: words, and the import filing of every government group."""

    words: Mapping[str, Any]
    imports: Mapping[str, UUID]


def fill(*, count: int, start: datetime, taken: set[str]) -> None:
    """File `count` invented enterprises that are not there yet; names in `taken` are given to none."""
    words = reading.document("words.yaml", start=start)
    with (reading.folder() / "economy.csv").open(encoding="utf-8") as table:
        shares = [(row["province"], int(row["share"])) for row in csv.DictReader(table)]
    made = inventing.invent(count=count, words=words, shares=shares, codes=code_tables.shipped(), start=start, taken=taken)
    missing = [each for each in made if identity_queries.enterprise_by_uscc(each.uscc) is None]
    if not missing:
        return
    market_register.load_local([_register_row(each, words, start) for each in missing])
    with clock.at(missing[0].approved_at):
        ground = Ground(words=words, imports=_open_imports())
    _in_processes(missing, ground)
    _finish_imports(ground, len(missing))


def _register_row(made: Invented, words: Mapping[str, Any], start: datetime) -> dict[str, Any]:
    told = telling.answers(made, words=words, day=_day(made.approved_at))["S01"][0]
    copied = ("uscc", "name", "legal_representative", "capital_wan", "established_on", "address", "authority", "scope")
    return setting_up.register_row({**{code: told[code] for code in copied}, "type": made.licence_type})


@transaction.atomic
def _open_imports() -> dict[str, UUID]:
    forms = {group: importing.FORM.format(group=group) for group in GROUPS}
    return {group: imports.open_import(form_id=form, sha256="0" * 64, by=BY) for group, form in forms.items()}


@transaction.atomic
def _finish_imports(ground: Ground, count: int) -> None:
    for filing_id in ground.imports.values():
        imports.finish_import(filing_id=filing_id, counts={"enterprises": count}, summary="演示数据", by=BY)


def _in_processes(made: Sequence[Invented], ground: Ground) -> None:
    """Share the work out; each process takes every n-th enterprise, so that all go forward in time together."""
    processes = min(MOST_PROCESSES, os.cpu_count() or 1, len(made) // BATCH)
    if processes < 2 or connection.in_atomic_block:
        file_all(made, ground)
        return
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=_child, args=[made[number::processes], ground]) for number in range(processes)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    if any(child.exitcode for child in children):
        raise guards.DemoRefused("演示数据未能全部写入；再次启动将从中断处继续。")


def _child(made: Sequence[Invented], ground: Ground) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    file_all(made, ground)
    connections.close_all()
    sys.stdout.flush()


def file_all(made: Sequence[Invented], ground: Ground) -> None:
    """File these, a batch in one transaction."""
    for first in range(0, len(made), BATCH):
        with transaction.atomic():
            for each in made[first : first + BATCH]:
                _file(each, ground)


def _file(made: Invented, ground: Ground) -> None:
    """One enterprise from its registration to its public file."""
    day_before = made.approved_at - timedelta(hours=23)
    told = telling.answers(made, words=ground.words, day=_day(day_before))
    guards.require_fictitious([made.uscc, made.email, told])
    with clock.at(day_before):
        account_id, enterprise_id = identity.open_enterprise(
            uscc=made.uscc, name=made.name, division_code=made.division, email=made.email, phone=made.phone, by=Actor.nobody()
        )
        identity.activate(enterprise_id=enterprise_id, by=BY)
        _take_in(made, told, enterprise_id, ground)
        by = identity_queries.actor_for(account_id, "password")
        filing_id = _hand_in(made, told, by)
    with clock.at(made.approved_at):
        _approve(filing_id, division=made.division, form=f"archive/{made.type}")


def _take_in(made: Invented, told: reading.Answers, enterprise_id: UUID, ground: Ground) -> None:
    day = clock.today()
    for group, rows in telling.government(made, told=told, day=day).items():
        for record in _judged(group, rows, day):
            records.take_in(enterprise_id=enterprise_id, filing_id=ground.imports[group], record=record, by=BY)


def _judged(group: str, rows: list[dict[str, str]], day: date) -> list[NewRecord]:
    lines = [Line(number=number, raw=row) for number, row in enumerate(rows, start=2)]
    good, faults = judging.judge(lines, form=_form(importing.FORM.format(group=group)), today=day)
    if faults:
        raise ValueError(f"{group}: {'；'.join(map(str, faults))}")
    return [each.record for each in good]


def _hand_in(made: Invented, told: reading.Answers, by: Actor) -> UUID:
    assert by.enterprise_id is not None
    form = _form(f"archive/{made.type}")
    opening = filings.Opening(
        kind=archive.KIND,
        form_id=form.id,
        enterprise_id=by.enterprise_id,
        division_code=made.division,
        enterprise_type=made.type,
    )
    filing = filings.open_filing(opening=opening, answers=as_paths(told), by=by)
    version = _commitment()
    filings.sign_commitment(filing_id=filing.id, document=archive.COMMITMENT, version=version, by=by)
    subject = archive.subject_of(form=form, answers=as_paths(told), by=by)
    filings.submit(filing_id=filing.id, key=str(uuid4()), subject=lambda _read: subject, by=by)
    return filing.id


def as_paths(told: reading.Answers) -> dict[str, str]:
    """Rows of answers as a draft keeps them, all of them public."""
    found: dict[str, str] = {}
    for group, rows in told.items():
        for number, row in enumerate(rows, start=1):
            record = uuid4()
            cells = {**row, ORDER: str(number), PUBLIC: "1"}
            found |= {f"{group}/{record}/{code}": value for code, value in cells.items()}
    return found


def _approve(filing_id: UUID, *, division: str, form: str) -> None:
    by = _reviewer(identity_queries.competent_agency(division_code=division, form=form).id)
    filing = filing_queries.one(filing_id=filing_id, by=by)
    filings.decide(filing_id=filing_id, round=filing.round, outcome="approved", opinion="", by=by)
    review.CONSEQUENCES[archive.KIND](filing, by)


@lru_cache(maxsize=100)
def _reviewer(agency_id: UUID) -> Actor:
    return identity_queries.actor_for(identity_queries.reviewers_of(agency_id)[0], "password")


@lru_cache(maxsize=40)
def _form(form_id: str) -> Any:
    return catalogue.current(form_id)


@lru_cache(maxsize=1)
def _commitment() -> str:
    return catalogue.commitment(archive.COMMITMENT).version


def _day(moment: datetime) -> date:
    return moment.astimezone(clock.SHANGHAI).date()
