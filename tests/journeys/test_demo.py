"""The demo: every story passes the real rules and stands where it is told to stand; nothing in it is real."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from jsonschema import Draft202012Validator, FormatChecker

from chengxin import demo
from chengxin.catalogue import codes
from chengxin.commands.tests.test_words import ROOT, url_of_this_test
from chengxin.common import clock
from chengxin.common.canonical import sha256_hex
from chengxin.common.identifiers import uscc_errors
from chengxin.demo import inventing, playing, reading, stock, supplying, telling
from chengxin.filings import lifecycle, tickets
from chengxin.filings import queries as filings
from chengxin.filings.models import Filing, ImportedFile
from chengxin.flow import due, voices
from chengxin.identity import filers
from chengxin.identity import queries as identity
from chengxin.identity.models import Membership
from chengxin.identity.values import Actor
from chengxin.ledger.models import Event
from chengxin.records import queries as records
from tests import people

SYSTEM = Actor.system("test")
DOZEN, FEW = 12, 60
STORIES_PUBLISHED = 8
ACCOUNT_COLUMNS = 5


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Path:
    settings.CHENGXIN_HOME = tmp_path
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return tmp_path


@pytest.fixture
def stories() -> dict[str, reading.Story]:
    return {story.story: story for story in reading.stories(start=clock.now())}


def _state(story: reading.Story, kind: str) -> str:
    enterprise = identity.enterprise_by_uscc(story.uscc)
    assert enterprise
    found = filings.latest(enterprise_id=enterprise.id, kind=kind, by=SYSTEM)
    return found.state if found else ""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_stories_stand_where_they_are_told_to_and_every_account_logs_in(home: Path, stories: dict[str, reading.Story]) -> None:
    demo.fill(enterprises=DOZEN)
    states = {name: (_state(story, "registration"), _state(story, "archive")) for name, story in stories.items()}
    assert states == {
        "chimingda": ("approved", "approved"),
        "dihe": ("approved", "approved"),
        "gechen": ("approved", "approved"),
        "jimo": ("approved", "approved"),
        "keermu": ("approved", "submitted"),
        "lanxuqiao": ("approved", "approved"),
        "lizhouhui": ("approved", "approved"),
        "miantong": ("submitted", ""),
        "qingheba": ("approved", "draft"),
        "suilan": ("approved", "rejected"),
        "unnamed": ("approved", "approved"),
        "yumo": ("approved", "submitted"),
    }
    _wrong_data_changes_and_impostors_stand(stories)
    _voluntary_records_stand(stories)
    _a_handler_is_in_office(stories["lanxuqiao"])
    assert not demo.is_empty()
    _pleas_wait_at_the_help_desk()
    _voices_wait_and_are_answered()
    with pytest.raises(demo.DemoRefused):
        demo.fill()
    assert records.overview().files == STORIES_PUBLISHED + DOZEN
    assert not records.stale_files()
    _imports_are_known_by_the_hash_of_what_came(json.loads((home / "demo.json").read_text())["start"], count=DOZEN)
    _every_file_keeps_to_the_schema(count=STORIES_PUBLISHED + DOZEN)
    _every_account_logs_in(stories)
    _a_penalty_leaves_the_file_when_its_term_is_over(stories["jimo"])


def _pleas_wait_at_the_help_desk() -> None:
    """Three of them, one overdue, one with a change that a second clerk may confirm."""
    desk = identity.helpdesk_agency()
    clerks = [each.account_id for each in identity.staff_of(desk.id, by=SYSTEM)]
    counts = [tickets.queue(by=identity.actor_for(clerk, "password"), narrowed=tickets.Narrowed())[1] for clerk in clerks]
    assert {(each.waiting, each.overdue) for each in counts} == {(3, 1)}
    assert sorted(each.to_confirm for each in counts) == [0, 1]


def _voices_wait_and_are_answered() -> None:
    """Two tip-offs and two 投诉建议, of which a clerk of 余杭 sees one waiting, one settled and one turned down."""
    found = Counter(Filing.objects.filter(kind__in=voices.KINDS).values_list("kind", "state"))
    waiting = {(kind, lifecycle.SUBMITTED): 1 for kind in voices.KINDS}
    assert found == {**waiting, (voices.TIPOFF, lifecycle.APPROVED): 1, (voices.SUGGESTION, lifecycle.REJECTED): 1}
    unit = identity.agency_by_code("C330110")
    assert unit is not None
    clerk = identity.actor_for(identity.reviewers_of(unit.id)[0], "password")
    near = [filing for filing in Filing.objects.filter(kind__in=voices.KINDS) if filings.may_see(filing=filing, by=clerk)]
    assert len(near) == 3


def _wrong_data_changes_and_impostors_stand(stories: dict[str, reading.Story]) -> None:
    """An item with an objection, an enterprise with another name, an account that is being verified (D-09 to D-11)."""
    disputed = records.document(uscc=stories["chimingda"].uscc)
    [marked] = [record for record in disputed["records"] if record["version_id"] in disputed["disputed"]]
    assert marked["group"] == "G06"
    renamed = records.document(uscc=stories["gechen"].uscc)
    assert (renamed["name"], renamed["former_names"]) == ("宁波舸宸进出口有限公司", ["宁波舸宸贸易有限公司"])
    assert records.document(uscc=stories["dihe"].uscc)["marks"] == ["主体身份核实中"]


def _voluntary_records_stand(stories: dict[str, reading.Story]) -> None:
    """Voluntary records in every state, those that are published in the public file, an expired licence among them."""
    found = Counter(
        (name, filing.state)
        for name, story in stories.items()
        for filing in filings.history(enterprise_id=_id_of(story), kind="voluntary", by=SYSTEM)
    )
    assert found == {
        ("lanxuqiao", "approved"): 4,
        ("lanxuqiao", "withdrawn"): 1,
        ("lanxuqiao", "submitted"): 1,
        ("lanxuqiao", "draft"): 1,
        ("lizhouhui", "approved"): 2,
        ("lizhouhui", "rejected"): 1,
        ("jimo", "approved"): 1,
        ("jimo", "submitted"): 1,
    }
    shown = records.document(uscc=stories["lanxuqiao"].uscc)["groups"]
    assert {code: each["total"] for code, each in shown.items() if code.startswith("V")} == {"V02": 1, "V07": 1, "V08": 1}
    page = Client().get(f"/files/{stories['lanxuqiao'].uscc}").content.decode()
    assert "郑州驰茗达快运有限公司（91410105WWTE101070）" in page and "已过期" in page


def _id_of(story: reading.Story) -> UUID:
    enterprise = identity.enterprise_by_uscc(story.uscc)
    assert enterprise
    return enterprise.id


def _every_file_keeps_to_the_schema(*, count: int) -> None:
    """The public files of the demo, as a program reads them, against the schema that the site serves."""
    client = Client()
    validator = Draft202012Validator(client.get("/api/v1/schemas/public-file.json").json(), format_checker=FormatChecker())
    items = client.get("/api/v1/files", {"limit": "100"}).json()["items"]
    assert len(items) == count
    for item in items:
        document = client.get(f"/api/v1/files/{item['uscc']}").json()
        validator.validate(document)
        assert document["records"] and (document["uscc"], document["name"]) == (item["uscc"], item["name"])


def _a_handler_is_in_office(story: reading.Story) -> None:
    """One story has a 经办人, who logs in with the password of all (VOL-03)."""
    found = Membership.objects.get(enterprise_id=_id_of(story), role="handler", until__isnull=True)
    filers.require_authorised(identity.actor_for(found.account_id, "e_licence"))
    password = reading.document("accounts.yaml", start=clock.now())["password"]
    assert Client().post("/login", {"name": "jingban.lanxuqiao", "password": password}).url == "/voluntary"


def _every_account_logs_in(stories: dict[str, reading.Story]) -> None:
    """Those that are printed, with the password that is printed, through the page each of them uses."""
    said = list(demo.accounts())
    password = reading.document("accounts.yaml", start=clock.now())["password"]
    assert password in said[0]
    printed = [line.split()[0] for line in said[1:]]
    assert {"shenhe.guojia", stories["lanxuqiao"].uscc} <= set(printed)
    for name in printed:
        people.forget_attempts()
        client = Client()
        if name[0].isdigit():
            answer = client.post("/login", {"name": name, "password": password})
        else:
            challenge, solved = people.challenge_of(client.get("/login/agency").content.decode())
            answer = client.post("/login/agency", {"name": name, "password": password, "captcha_id": challenge, "captcha": solved})
        assert answer.status_code == 302, name
        landed = client.get(answer["Location"], follow=True)
        assert landed.status_code == 200, name
        assert password not in landed.content.decode()


def _a_penalty_leaves_the_file_when_its_term_is_over(story: reading.Story) -> None:
    """Its last day is tomorrow: still there then, gone at midnight, before any worker has looked (D-07)."""
    today = clock.now()

    def shown() -> list[str]:
        body = Client().get(f"/api/v1/files/{story.uscc}").json()
        return [record["version_id"] for record in body["records"] if record["group"] == "G06"]

    [version] = shown()
    with clock.at(today + timedelta(days=1)):
        assert shown() == [version]
    with clock.at(today + timedelta(days=2)):
        assert shown() == []
        assert not Event.objects.filter(kind="record.ended", version_id=version).exists()
        due.run(100)
        assert shown() == []
        assert Event.objects.filter(kind="record.ended", version_id=version).count() == 1


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_readme_names_the_accounts_as_they_are(stories: dict[str, reading.Story], readme: str) -> None:
    text = (ROOT / readme).read_text("utf-8")
    accounts = reading.document("accounts.yaml", start=clock.now())
    printed = {row.get("name") or stories[row["story"]].uscc for row in accounts["shown"]}
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| `") and line.count("|") == ACCOUNT_COLUMNS + 1]
    named = {cell.strip(" `") for row in rows for cell in (row[1], row[4]) if cell.strip()}
    assert named == printed
    assert f"`{accounts['password']}`" in text
    waiting = {row["uscc"] for row in reading.document("register.yaml", start=clock.now())["rows"]}
    assert any(code in text for code in waiting)


# --- Generated enterprises -------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def made() -> list[inventing.Invented]:
    start = clock.now()
    return inventing.invent(
        count=2000, words=reading.document("words.yaml", start=start), shares=_shares(), codes=codes.shipped(), start=start, taken=set()
    )


def _shares() -> list[tuple[str, int]]:
    with (reading.folder() / "economy.csv").open(encoding="utf-8") as table:
        return [(row["province"], int(row["share"])) for row in csv.DictReader(table)]


def test_no_two_are_alike_and_none_can_be_real(made: list[inventing.Invented]) -> None:
    assert len({each.name for each in made}) == len({each.uscc for each in made}) == 2000
    for each in made:
        assert each.uscc[8:12] == "WWTE"
        assert not uscc_errors(each.uscc)
        assert each.email.endswith(".example")
        assert each.site.endswith(".example")


def test_they_are_spread_as_the_economy_is_over_places_types_and_months(made: list[inventing.Invented]) -> None:
    shares = _shares()
    whole = sum(share for _province, share in shares)
    here = Counter("660000" if each.division.startswith("6590") else f"{each.division[:2]}0000" for each in made)
    for province, share in shares:
        expected = 2000 * share / whole
        assert abs(here[province] - expected) <= 6 * expected**0.5 + 3, province
    assert set(Counter(each.type for each in made)) == {"PLATFORM", "IN_PLATFORM", "SELF_SITE", "OTHER_NET", "SERVICE"}
    assert len({(each.approved_at.year, each.approved_at.month) for each in made}) >= 18
    assert all(each.approved_at < clock.now() for each in made)
    assert sum(each.adverse for each in made) == 100
    assert {each.uscc[:2] for each in made} == {"91", "92", "93"}


def test_they_tell_every_group_and_units_send_many(made: list[inventing.Invented]) -> None:
    words = reading.document("words.yaml", start=clock.now())
    told = {group for each in made for group in telling.answers(each, words=words, day=each.handed_in_at.date())}
    own = {f"S{number:02d}" for number in range(1, 20)} | {"S05M"}
    assert told == own
    sent = {group for each in made for group in supplying.rows(each, day=clock.today())}
    assert {"G05", "G06", "G07", "G08", "G09", "G10", "G11", "G12", "G13", "G16", "G18", "G20", "G21"} == sent


@pytest.fixture
def cut_off(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Variables of a home of its own beside this test's database and the keys of all tests."""
    from django.conf import settings

    yield {
        **url_of_this_test(),
        "CHENGXIN_HOME": str(tmp_path),
        "KEYS_DIR": str(settings.KEYS_DIR),
        "CHECKPOINTS_DIR": str(settings.CHECKPOINTS_DIR),
        "DEMO": "1",
    }


@pytest.mark.campaign
@pytest.mark.django_db(transaction=True)
def test_killed_anywhere_the_filling_goes_on_to_the_same_end(cut_off: dict[str, str], tmp_path: Path) -> None:
    _kill_when(cut_off, "SELECT count(*) FROM filings_decision", reached=4)
    _kill_when(cut_off, "SELECT count(*) FROM records_publicfile WHERE uscc LIKE '________WWTE2%%'", reached=5)
    with _filling(cut_off) as program:
        said = program.communicate(timeout=280)[0]
    assert program.returncode == 0, said
    assert "shenhe.guojia" in said
    marker = json.loads((tmp_path / "demo.json").read_text())
    assert marker["done"]
    told = reading.stories(start=datetime.fromisoformat(marker["start"]))
    again = {story.story for story in told if playing.left(story)}
    assert again == {"qingheba", "chimingda", "dihe", "gechen", "jimo", "lanxuqiao", "lizhouhui"}, "whose last steps may be told twice"
    overview = records.overview()
    assert overview.files == STORIES_PUBLISHED + FEW
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT uscc) FROM identity_enterprise")
        assert len(set(cursor.fetchone())) == 1
    assert not records.stale_files()
    _imports_are_known_by_the_hash_of_what_came(marker["start"], count=FEW)
    with _filling(cut_off) as program:
        assert program.wait(60) == 1, "a filled database is refused"


def _filling(variables: dict[str, str]) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "chengxin.cli", "demo", "--enterprises", str(FEW)]
    return subprocess.Popen(
        words,
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _kill_when(variables: dict[str, str], count: str, *, reached: int) -> None:
    """Kill the filling and all it started as soon as so much of it stands."""
    with _filling(variables) as program:
        deadline = time.monotonic() + 240
        while _counted(count) < reached:
            assert program.poll() is None, program.stdout.read() if program.stdout else ""
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.killpg(program.pid, signal.SIGKILL)


def _counted(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])


def _imports_are_known_by_the_hash_of_what_came(start: str, *, count: int) -> None:
    began = datetime.fromisoformat(start)
    words = reading.document("words.yaml", start=began)
    taken = {story.name for story in reading.stories(start=began)}
    few = inventing.invent(count=count, words=words, shares=_shares(), codes=codes.shipped(), start=began, taken=taken)
    hashes = set()
    for moment, group, rows in stock.files_of_units(few, start=began):
        with clock.at(moment):
            hashes.add(sha256_hex(playing.as_csv(group, rows)))
    assert hashes <= set(ImportedFile.objects.values_list("sha256", flat=True))
    logged = Event.objects.filter(kind="filing.submitted").values_list("data__sha256", flat=True)
    assert hashes <= set(logged)
