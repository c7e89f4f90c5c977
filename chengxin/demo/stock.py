"""Files thousands of invented archives: the apps' own actions, many in one transaction, in several processes.

What a person's step costs most is left out, and nothing else: the password (nobody logs in as these), the registration's
pictures and the mails. Every answer passes the form's rules, every filing is handed in, decided and published by the
same actions as anybody's, and what units say comes in by the import, a file for each month and group.
"""

from __future__ import annotations

import csv
import io
import multiprocessing
import os
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from django.db import connections, transaction

from chengxin.catalogue import codes as code_tables
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.answers import ORDER, PUBLIC
from chengxin.common import clock
from chengxin.demo import guards, inventing, pictures, playing, reading, setting_up, supplying, telling
from chengxin.demo.inventing import Invented
from chengxin.filings import actions as filings
from chengxin.filings import attaching
from chengxin.filings import queries as filing_queries
from chengxin.filings.files import Stored
from chengxin.flow import archive, prefill, review
from chengxin.gateways import market_register
from chengxin.identity import actions as identity
from chengxin.identity import queries as identity_queries
from chengxin.identity.values import Actor
from chengxin.launcher import supervisor
from chengxin.records import actions as records

BATCH = 20
MOST_PROCESSES = 4
KEPT_INSIDE = "S15"
KEPT_INSIDE_SHARE = 0.8
BY = Actor.system("demo")


def fill(*, count: int, start: datetime, taken: set[str]) -> None:
    """File `count` invented enterprises that are not there yet; names in `taken` are given to none."""
    words = reading.document("words.yaml", start=start)
    with (reading.folder() / "economy.csv").open(encoding="utf-8") as table:
        shares = [(row["province"], int(row["share"])) for row in csv.DictReader(table)]
    made = inventing.invent(count=count, words=words, shares=shares, codes=code_tables.shipped(), start=start, taken=taken)
    there = identity_queries.enterprises_by_uscc(each.uscc for each in made)
    missing = [each for each in made if each.uscc not in there]
    if missing:
        market_register.load_local([_register_row(each, words) for each in missing])
        _in_processes(missing, words)
    for moment, group, rows in files_of_units(made, start=start):
        with clock.at(moment):
            playing.import_rows(group, rows)


def files_of_units(made: Sequence[Invented], *, start: datetime) -> Iterator[tuple[datetime, str, list[dict[str, str]]]]:
    """The files that units send: on the first of each month, a group each, about those who filed the month before."""
    months: dict[date, list[Invented]] = defaultdict(list)
    for each in made:
        months[_day(each.approved_at).replace(day=1)].append(each)
    for month, members in sorted(months.items()):
        moment = min(_first_of_next(month), start)
        sent: dict[str, list[dict[str, str]]] = defaultdict(list)
        for each in members:
            for group, row in supplying.rows(each, day=_day(moment)).items():
                sent[group].append(row)
        yield from ((moment, group, sent[group]) for group in sorted(sent))


def _first_of_next(month: date) -> datetime:
    year, number = divmod(month.year * 12 + month.month, 12)
    return datetime(year, number + 1, 1, 3, tzinfo=clock.SHANGHAI)


def _register_row(made: Invented, words: Mapping[str, Any]) -> dict[str, Any]:
    told = telling.answers(made, words=words, day=_day(made.handed_in_at))["S01"][0]
    copied = ("uscc", "name", "legal_representative", "capital_wan", "established_on", "address", "authority", "scope")
    return setting_up.register_row({**{code: told[code] for code in copied}, "type": made.licence_type})


def _in_processes(made: Sequence[Invented], words: Mapping[str, Any]) -> None:
    """Share the work out; each process takes every n-th enterprise, so that all go forward in time together."""
    processes = min(MOST_PROCESSES, os.cpu_count() or 1, len(made) // BATCH)
    if processes < 2:
        file_all(made, words)
        return
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=_child, args=[made[number::processes], words], daemon=True) for number in range(processes)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    if any(child.exitcode for child in children):
        raise guards.DemoRefused("演示数据未能全部写入；再次启动将从中断处继续。")


def _child(made: Sequence[Invented], words: Mapping[str, Any]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    supervisor.die_with_parent()
    file_all(made, words)
    connections.close_all()
    sys.stdout.flush()


def file_all(made: Sequence[Invented], words: Mapping[str, Any]) -> None:
    """File these, a batch in one transaction."""
    for first in range(0, len(made), BATCH):
        batch = [(each, telling.answers(each, words=words, day=_day(each.handed_in_at))) for each in made[first : first + BATCH]]
        for _made, told in batch:
            _draw_all(told)
        with transaction.atomic():
            for each, told in batch:
                _file(each, told)


def _file(made: Invented, told: reading.Answers) -> None:
    """One enterprise from its registration to its public file."""
    guards.require_fictitious([made.uscc, made.email, told])
    with clock.at(made.handed_in_at):
        account_id, enterprise_id = identity.open_enterprise(
            uscc=made.uscc, name=made.name, division_code=made.division, email=made.email, phone=made.phone, by=Actor.nobody()
        )
        identity.activate(enterprise_id=enterprise_id, by=BY)
        entry = market_register.lookup(made.uscc)
        assert entry is not None
        records.keep_snapshot(uscc=made.uscc, entry=prefill.plain(asdict(entry)))
        filing_id = _hand_in(made, told, by=identity_queries.actor_for(account_id, "password"))
    with clock.at(made.approved_at):
        _approve(filing_id, division=made.division, form=f"archive/{made.type}")


def _hand_in(made: Invented, told: reading.Answers, *, by: Actor) -> UUID:
    assert by.enterprise_id is not None
    form = _form(f"archive/{made.type}")
    answers = as_paths(made, told)
    opening = filings.Opening(
        kind=archive.KIND,
        form_id=form.id,
        enterprise_id=by.enterprise_id,
        division_code=made.division,
        enterprise_type=made.type,
    )
    filing = filings.open_filing(opening=opening, answers=_without_pictures(answers), by=by)
    for path, value in answers.items():
        if value.startswith(telling.DRAW):
            attaching.attach(filing_id=filing.id, path=path, stored=_drawn(value), replace=False, by=by)
    filings.sign_commitment(filing_id=filing.id, document=archive.COMMITMENT, version=_commitment(), by=by)
    subject = archive.subject_of(form=form, answers=answers, by=by)
    filings.submit(filing_id=filing.id, key=str(uuid4()), subject=lambda _read: subject, by=by)
    return filing.id


def as_paths(made: Invented, told: reading.Answers) -> dict[str, str]:
    """Rows of answers as a draft keeps them; nearly all are public, accounts seldom."""
    found: dict[str, str] = {}
    for group, rows in told.items():
        inside = group == KEPT_INSIDE and made.dice("inside").random() < KEPT_INSIDE_SHARE
        for number, row in enumerate(rows, start=1):
            record = uuid4()
            cells = {**row, ORDER: str(number), PUBLIC: "0" if inside else "1"}
            found |= {f"{group}/{record}/{code}": value for code, value in cells.items()}
    return found


def _without_pictures(answers: Mapping[str, str]) -> dict[str, str]:
    return {path: _drawn(value).sha256 if value.startswith(telling.DRAW) else value for path, value in answers.items()}


def _draw_all(told: reading.Answers) -> None:
    """Draw and store the pictures that answers name, before the transaction begins (D-39)."""
    for text in guards.texts(told):
        if text.startswith(telling.DRAW):
            _drawn(text)


@lru_cache(maxsize=40)
def _drawn(value: str) -> Stored:
    title = value.removeprefix(telling.DRAW)
    body = pictures.proof(title=title, name="（演示企业）", number="演示编号")
    return attaching.intake(stream=io.BytesIO(body), name=f"{title}.jpg", slot="archive")


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
