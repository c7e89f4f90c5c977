"""One group of government records comes in from a file: checked as a whole, once, and into the public file."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import Client

from chengxin.commands.tests.test_words import chengxin, url_of_this_test
from chengxin.common import clock
from chengxin.common.canonical import sha256_hex
from chengxin.common.errors import Forbidden, Invalid
from chengxin.exchange.values import Report
from chengxin.filings.models import Filing, ImportedFile
from chengxin.flow import importing
from chengxin.identity import actions as identity_actions
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.ledger.models import Event
from chengxin.records.models import Version
from chengxin.records.tests import makers
from tests import people

pytestmark = pytest.mark.django_db(transaction=True)
SAMR = "市场监管总局（演示）"
BY = Actor.system("test")
ROOT = Path(__file__).resolve().parents[2]


def table(*rows: dict[str, str]) -> bytes:
    """A file with the columns these rows name."""
    columns = list(dict.fromkeys(code for row in rows for code in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def penalty(uscc: str, number: str, **more: str) -> dict[str, str]:
    """A penalty of a general grade, decided a month ago."""
    row = {
        "subject_uscc": uscc,
        "source_unit": SAMR,
        "source_record_no": number,
        "collected_on": clock.today().isoformat(),
        "document_no": f"余市监罚〔演示〕{number}号",
        "violation": "虚假宣传",
        "facts": "在网店页面宣称未经证实的功效。",
        "basis": "《中华人民共和国反不正当竞争法》第八条第一款",
        "kinds": "罚款",
        "content": "罚款人民币2万元。",
        "fine_wan": "2",
        "decided_on": (clock.today() - timedelta(days=30)).isoformat(),
        "authority": "杭州市余杭区市场监督管理局（演示）",
        "authority_uscc": makers.code(9001, kind="11"),
        "dishonesty_grade": "一般",
    }
    return row | more


def run(*rows: dict[str, str], group: str = "G06", by: Actor = BY) -> Report:
    return importing.run(group=group, data=table(*rows), by=by)


def shown(uscc: str) -> list[dict[str, str]]:
    """The penalties in the public file over HTTP."""
    body = json.loads(Client().get(f"/api/v1/files/{uscc}").content)
    return [record for record in body["records"] if record["group"] == "G06"]


def standing() -> int:
    return Version.objects.filter(origin="government", ended_at=None).count()


def test_records_land_in_the_public_file_with_source_term_and_event() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    report = run(penalty(uscc, "P-1"))
    assert (report.new, report.faults) == (1, ())
    [record] = shown(uscc)
    assert record["content"]["violation"] == "虚假宣传"
    assert record["source"]["unit"] == SAMR
    decided = clock.today() - timedelta(days=30)
    assert date.fromisoformat(record["publicity_until"]).replace(year=decided.year) == decided
    event = Event.objects.get(kind="record.published", version_id=record["version_id"])
    assert event.data["group"] == "G06"
    submitted = Event.objects.get(kind="filing.submitted", subject=str(report.filing_id))
    assert submitted.data["sha256"] == sha256_hex(table(penalty(uscc, "P-1"))) == report.sha256
    page = Client().get(f"/files/{uscc}").content.decode()
    assert "虚假宣传" in page
    assert SAMR in page


def test_one_bad_cell_and_nothing_is_taken_in() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    report = run(penalty(uscc, "P-1"), penalty(uscc, "P-2", decided_on="昨天"), penalty(uscc, "P-3", document_no=""))
    assert [(fault.line, fault.column) for fault in report.faults] == [(3, "处罚决定日期"), (4, "行政处罚决定书文号")]
    assert report.filing_id is None
    assert not shown(uscc)
    assert not Filing.objects.filter(kind="import").exists()


def test_the_same_file_is_taken_in_once() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    first, again = run(penalty(uscc, "P-1")), run(penalty(uscc, "P-1"))
    assert again.filing_id == first.filing_id
    assert again.earlier == first.summary()
    assert Filing.objects.filter(kind="import").count() == ImportedFile.objects.count() == 1
    assert Event.objects.filter(kind="record.published").count() == 1


def test_another_file_corrects_by_key_and_leaves_what_is_the_same() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    run(penalty(uscc, "P-1"), penalty(uscc, "P-2"))
    before = {record["content"]["document_no"]: record["version_id"] for record in shown(uscc)}
    report = run(penalty(uscc, "P-1"), penalty(uscc, "P-2", fine_wan="3", content="罚款人民币3万元。"), penalty(uscc, "P-3"))
    assert (report.new, report.corrected, report.unchanged) == (1, 1, 1)
    after = {record["content"]["document_no"]: record["version_id"] for record in shown(uscc)}
    assert len(after) == 3
    kept, changed = (f"余市监罚〔演示〕{number}号" for number in ("P-1", "P-2"))
    assert after[kept] == before[kept]
    assert after[changed] != before[changed]
    assert Event.objects.filter(kind="record.ended").count() == 1


def test_what_is_sent_again_another_day_is_unchanged() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    run(penalty(uscc, "P-1", decided_on="2026-03-02", collected_on="2026-03-05"))
    before = Version.objects.get(origin="government").version_id
    report = run(penalty(uscc, "P-1", decided_on="2026-03-02", collected_on="2026-04-05"))
    assert (report.unchanged, report.corrected) == (1, 0)
    assert Version.objects.get(origin="government").version_id == before


def test_the_term_follows_the_grade_and_what_is_light_stays_inside() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    too_long = (clock.today() + timedelta(days=400)).isoformat()
    refused = run(penalty(uscc, "P-1", publicity_to=too_long))
    assert [fault.column for fault in refused.faults] == ["公示截止期"]
    assert "12个月" in refused.faults[0].message
    report = run(
        penalty(uscc, "P-2", dishonesty_grade="轻微"),
        penalty(uscc, "P-3", kinds="警告", fine_wan="", content="警告。"),
        penalty(uscc, "P-4", dishonesty_grade="严重"),
    )
    assert (report.new, report.unpublished) == (3, 2)
    [record] = shown(uscc)
    assert record["content"]["document_no"] == "余市监罚〔演示〕P-4号"


def test_an_unknown_code_waits_until_it_registers_and_is_published() -> None:
    office = people.office()
    uscc = people.application(7).uscc
    report = run(penalty(uscc, "P-1"))
    assert (report.new, report.unmatched) == (1, 1)
    assert Client().get(f"/api/v1/files/{uscc}").status_code == 404
    known = identity.enterprise_by_uscc(uscc)
    assert known is not None
    assert not known.claimed
    firm = people.approved(7, by=office.county)
    assert firm.enterprise_id == known.id


def test_records_are_bound_to_the_code_when_its_enterprise_was_closed() -> None:
    enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    run(penalty(uscc, "P-1"))
    identity_actions.close_enterprise(enterprise_id=enterprise, reason="T-1", by=BY)
    again, _uscc = makers.known(1, "杭州澜序桥电子商务有限公司")
    assert again != enterprise
    rows = table(penalty(uscc, "P-1"), penalty(uscc, "P-2"))
    assert importing.rehearse(group="G06", data=rows, by=BY).new == importing.run(group="G06", data=rows, by=BY).new == 2
    assert set(Version.objects.filter(origin="government", ended_at=None).values_list("enterprise", flat=True)) == {again}


def test_a_code_of_no_place_and_a_number_of_another_enterprise_are_faults() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    _other, second = makers.published(2, "义乌市穗岚针织有限公司")
    run(penalty(uscc, "P-1"))
    report = run(penalty(second, "P-1"), penalty(makers.code(5, division="999999"), "P-5"))
    assert [(fault.line, fault.column) for fault in report.faults] == [(2, "来源记录编号"), (3, "主体统一社会信用代码")]
    assert standing() == 1


def test_a_code_of_a_retired_division_is_taken_and_stands_in_its_successor() -> None:
    uscc = makers.code(6, division="500112")
    typed = f" {uscc[:9]}".translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789"}) + uscc[9:].lower()
    assert run(penalty(typed, "P-1")).new == 1
    known = identity.enterprise_by_uscc(uscc)
    assert known is not None
    assert known.division_code == "500157"


def test_a_rehearsal_says_what_would_be_and_writes_nothing() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    rows = table(penalty(uscc, "P-1"), penalty(makers.code(8), "P-2"), penalty(uscc, "P-3", dishonesty_grade="轻微"))
    said = importing.rehearse(group="G06", data=rows, by=BY)
    assert not Event.objects.filter(kind__startswith="filing.").exists()
    assert standing() == 0
    assert importing.run(group="G06", data=rows, by=BY).counts == said.counts
    nothing = {"corrected": 0, "withdrawn": 0, "reassigned": 0, "unchanged": 0}
    assert said.counts == {"lines": 3, "new": 3, "unpublished": 1, "unmatched": 3, **nothing}
    assert importing.rehearse(group="G06", data=rows, by=BY).earlier


def test_only_importers_import_and_only_groups_of_the_government() -> None:
    office = people.office()
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    with pytest.raises(Forbidden):
        run(penalty(uscc, "P-1"), by=office.county.actor)
    source = people.officer(people.agency(None, name=SAMR, kind="source"), "daoru", roles=("importer",))
    assert run(penalty(uscc, "P-1"), by=source.actor).new == 1
    assert Filing.objects.get(kind="import").filer_id == source.account_id
    with pytest.raises(Invalid):
        run(penalty(uscc, "P-2"), group="S01")


def test_while_an_enterprise_is_held_its_chunk_waits_and_then_goes_in() -> None:
    _first, one = makers.published(1, "杭州澜序桥电子商务有限公司")
    held, two = makers.published(2, "义乌市穗岚针织有限公司")
    command = _command(table(penalty(one, "P-1"), penalty(two, "P-2")), holding=str(held))
    with command as program:
        wait_for_a_waiting_lock()
        assert standing() == 0
        command.let_go()
        out, said = program.communicate(timeout=60)
    assert program.returncode == 0, said
    assert "已导入：新增 2" in out
    assert [len(shown(uscc)) for uscc in (one, two)] == [1, 1]


def test_killed_in_the_middle_the_file_is_whole_the_next_time() -> None:
    _first, one = makers.published(1, "杭州澜序桥电子商务有限公司")
    held, two = makers.published(2, "义乌市穗岚针织有限公司")
    data = table(penalty(one, "P-1"), penalty(two, "P-2"))
    with _command(data, holding=str(held)) as program:
        wait_for_a_waiting_lock()
        program.send_signal(signal.SIGKILL)
        program.wait()
    assert standing() == 0
    assert importing.run(group="G06", data=data, by=BY).new == 2
    assert [len(shown(uscc)) for uscc in (one, two)] == [1, 1]
    assert Filing.objects.filter(kind="import").count() == 1
    assert importing.run(group="G06", data=data, by=BY).earlier
    assert Event.objects.filter(kind="record.published").count() == 2


def test_the_command_tells_faults_counts_and_the_first_line_of_a_file(tmp_path: Path) -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    variables = url_of_this_test()
    head = chengxin("import", "G06", **variables)
    assert head.stdout.startswith("操作,行政处罚决定书文号,")
    file = tmp_path / "G06.csv"
    file.write_bytes(table(penalty(uscc, "P-1", decided_on="昨天")))
    wrong = chengxin("import", "G06", str(file), **variables)
    assert wrong.returncode == 1
    assert wrong.stderr.splitlines()[0].startswith("第2行 处罚决定日期：")
    assert "未写入任何数据" in wrong.stderr
    file.write_bytes(table(penalty(uscc, "P-1")))
    for words, said in ((["--dry-run"], "试运行，未写入：新增 1，"), ([], "已导入：新增 1，"), ([], "此前已导入")):
        done = chengxin("import", "G06", str(file), *words, **variables)
        assert done.returncode == 0, done.stderr
        assert said in done.stdout
        assert f"SHA-256 {sha256_hex(file.read_bytes())}" in done.stdout


class _command:
    """`chengxin import` in a process of its own while another transaction holds one enterprise."""

    def __init__(self, data: bytes, *, holding: str) -> None:
        self.data, self.holding, self.is_free = data, holding, False

    def __enter__(self) -> subprocess.Popen[str]:
        self.hold = transaction.atomic()
        self.hold.__enter__()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM identity_enterprise WHERE id = %s FOR UPDATE", [self.holding])
        words = [sys.executable, "-m", "chengxin.cli", "import", "G06", "/dev/stdin"]
        self.program = subprocess.Popen(
            words, cwd=ROOT, env={**os.environ, **url_of_this_test()}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.program.stdin
        self.program.stdin.write(self.data.decode())
        self.program.stdin.close()
        self.program.stdin = None
        return self.program

    def let_go(self) -> None:
        """Hold the enterprise no longer."""
        if not self.is_free:
            self.hold.__exit__(None, None, None)
            self.is_free = True

    def __exit__(self, *_error: object) -> None:
        self.program.kill()
        self.program.communicate()
        self.let_go()


def wait_for_a_waiting_lock() -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("the import never came to the row that is held")
