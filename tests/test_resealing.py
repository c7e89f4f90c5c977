"""A new key for personal data and blind indexes while everything goes on; afterwards the old one is not needed (D-40, D-41)."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection

from chengxin.access import codes
from chengxin.commands.tests.test_words import ROOT, chengxin, url_of_this_test
from chengxin.common import keys
from chengxin.filings import queries as filings
from chengxin.filings.models import Submission
from chengxin.gateways import actions as gateways
from chengxin.gateways.models import DemoMail, Outbox
from chengxin.identity import queries as identity
from chengxin.identity.models import Account
from chengxin.records import queries as records
from chengxin.records.models import Version
from tests import people
from tests.journeys import enterprises

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def own_keys(tmp_path: Path, settings: Any) -> Path:
    """A ring of this test's own with the run's keys in it."""
    shutil.copytree(settings.KEYS_DIR, tmp_path / "home" / "keys")
    settings.KEYS_DIR = tmp_path / "home" / "keys"
    return tmp_path / "home" / "keys"


def sealed_under(version: int) -> int:
    """How many envelopes of accounts, submissions, messages and records name this version of the key."""
    mark = f"v1:{version}:"
    answers = Submission.objects.values_list("answers", flat=True)
    inside = Version.objects.values_list("inside", flat=True)
    texts = [
        *Account.objects.exclude(email_sealed="").values_list("email_sealed", flat=True),
        *Outbox.objects.values_list("to_sealed", flat=True),
    ]
    texts += [each for row in (*answers, *inside) for each in row.values() if isinstance(each, str)]
    return sum(text.startswith(mark) for text in texts)


def read(firm: enterprises.Enterprise, filing: Any, office: Any) -> tuple[Any, ...]:
    """What people see of it: found by mailbox, the mailbox itself, the submission, the records inside."""
    inside = records.inside_records(enterprise_id=firm.id, division_code="330110", by=office, purpose="test")
    email = identity.email_of(firm.account_id, by=people.SYSTEM, purpose="test")
    return (
        identity.accounts_by_email(email),
        email,
        filings.submission(filing_id=filing, by=office),
        sorted((each.values for each in inside), key=str),
    )


def mailed_code(email: str) -> str:
    """A code that was mailed under the keys of now."""
    codes.send_email_code(email=email, purpose="test", network="127.0.0.1")
    gateways.deliver_due(100)
    found = re.search(r"\b\d{6}\b", DemoMail.objects.filter(to=email).latest("id").body)
    assert found
    return found[0]


def killed(variables: dict[str, str]) -> None:
    """Begin to re-seal, one row at a time, and die in the middle."""
    words = [sys.executable, "-m", "chengxin.cli", "keys", "reseal", "--batch", "1", "--pause-ms", "40"]
    running = subprocess.Popen(words, cwd=ROOT, env={**os.environ, **variables}, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not sealed_under(2) and running.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()


@pytest.mark.slow
def test_what_is_sealed_and_indexed_moves_to_new_keys_through_a_kill_and_a_held_row(own_keys: Path) -> None:
    office = enterprises.reviewer()
    firm = enterprises.approved(by=office)
    filing = enterprises.submitted(firm)
    enterprises.decide(filing, "approved", office)
    before = read(firm, filing, office)
    prints = {bytes(each) for each in Version.objects.values_list("fingerprint", flat=True)}
    email, code = before[1], mailed_code(before[1])
    for name in ("personal-data", "blind-index"):
        keys.ring().rotate(name)
    assert read(firm, filing, office) == before, "at once after the rotation"
    codes.check_email_code(email=email, purpose="test", code=code)
    old = sealed_under(1)
    assert old > 10 and not sealed_under(2)
    variables = {**url_of_this_test(), "CHENGXIN_HOME": str(own_keys.parent)}
    killed(variables)
    assert sealed_under(2) and sealed_under(1), "it died in the middle"
    assert read(firm, filing, office) == before
    with psycopg.connect(variables["OWNER_DATABASE_URL"]) as other:
        other.execute("SELECT 1 FROM identity_account WHERE id = %s FOR UPDATE", [firm.account_id])
        held = chengxin("keys", "reseal", **variables)
    assert held.returncode == 1 and "red: 1 rows" in held.stdout, held.stdout + held.stderr
    done = chengxin("keys", "reseal", **variables)
    assert done.returncode == 0 and done.stdout.splitlines()[-1].startswith("ok: "), done.stdout + done.stderr
    for name in ("personal-data", "blind-index"):
        (own_keys / f"{name}.v1.json").unlink()
    assert not sealed_under(1) and read(firm, filing, office) == before
    assert not prints & {bytes(each) for each in Version.objects.values_list("fingerprint", flat=True)}


def test_of_a_frozen_submission_only_envelopes_may_be_exchanged_and_not_by_the_running_role() -> None:
    firm = enterprises.approved(by=enterprises.reviewer())
    filing = enterprises.submitted(firm)
    exchange = "UPDATE filings_submission SET answers = (SELECT jsonb_object_agg(key, {}) FROM jsonb_each(answers)) WHERE filing_id = %s"
    sealed = """CASE WHEN value #>> '{}' LIKE 'v1:%%' THEN '"v1:2:QUJD"'::jsonb ELSE value END"""
    with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(exchange.format(sealed), [filing])
    with psycopg.connect(url_of_this_test()["OWNER_DATABASE_URL"], autocommit=True) as owner:
        assert owner.execute(exchange.format(sealed), [filing]).rowcount == 1
        for change in (exchange.format("""'"another word"'::jsonb"""), "UPDATE filings_submission SET number = 'x' WHERE filing_id = %s"):
            with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
                owner.execute(change, [filing])
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            owner.execute("DELETE FROM filings_submission WHERE filing_id = %s", [filing])
