"""import and demo: what comes in many rows at a time."""

from __future__ import annotations

import csv
import os
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from chengxin.commands import environment
from chengxin.launcher.errors import LauncherError

if TYPE_CHECKING:
    from chengxin.exchange.values import Report
    from chengxin.identity.values import Actor

MOST_FAULTS_SHOWN = 200
NICENESS = 10


def register(words: _SubParsersAction[ArgumentParser]) -> None:
    """Add the words of this module."""
    word = words.add_parser("import", help="take in a file of one group of government records, not at all where it has a fault")
    word.add_argument("group", help="G01 … G21")
    word.add_argument("file", type=Path, nargs="?", help="the CSV or .xlsx file; without it, the first line of such a file is printed")
    word.add_argument("--dry-run", action="store_true", help="say what it would do and write nothing")
    word.add_argument("--by", metavar="NAME", help="log-in name of the importer it is filed by; without it, the command itself")
    word.set_defaults(run=take_in)
    whole = words.add_parser("snapshot", help="write all public files into SNAPSHOTS_DIR now, as the worker does once a day")
    whole.set_defaults(run=snapshot)
    demo = words.add_parser("demo", help="fill an empty database with demo data; one that was cut off goes on")
    demo.add_argument("--enterprises", type=int, metavar="N", help="how many generated ones beside the stories")
    demo.add_argument("--quiet", action="store_true", help="leave the processor to others, and do not list the accounts")
    demo.set_defaults(run=fill_demo)


def take_in(words: Namespace) -> int:
    """Import a file; return 1 where it has faults, each named by its line and column."""
    with environment.database():
        environment.set_up()
        environment.require_migrated()
        from chengxin.flow import importing

        if words.file is None:
            csv.writer(sys.stdout).writerow(importing.header(group=words.group))
            return 0
        act = importing.rehearse if words.dry_run else importing.run
        with _open(words.file) as handle:
            report = act(group=words.group, data=handle, by=_actor(words.by))
    return _tell(report, rehearsed=words.dry_run)


def snapshot(_words: Namespace) -> int:
    """Make a snapshot and name it; return 1 where another process is making one."""
    with environment.database():
        environment.set_up()
        environment.require_migrated()
        from chengxin.exchange import snapshots

        made = snapshots.make()
    if made is None:
        print("另一个进程正在生成快照。", file=sys.stderr)
        return 1
    print(f"{snapshots.folder() / made.file}\n{made.count} 份档案，{made.bytes} 字节，序列位置 {made.position}\nSHA-256 {made.sha256}")
    return 0


@contextmanager
def _open(file: Path) -> Iterator[BinaryIO]:
    try:
        handle = file.open("rb")
    except OSError as error:
        raise LauncherError(f"{file}: {error.strerror}") from error
    with handle:
        yield handle


def _actor(name: str | None) -> Actor:
    from chengxin.access import queries as access
    from chengxin.common.errors import NotFound
    from chengxin.identity import queries as identity
    from chengxin.identity.values import Actor

    if name is None:
        return Actor.system("command")
    account = access.account_by_name(name)
    if account is None:
        raise NotFound(f"没有登录名为 {name} 的账号")
    return identity.actor_for(account, "password")


def _tell(report: Report, *, rehearsed: bool) -> int:
    for fault in report.faults[:MOST_FAULTS_SHOWN]:
        print(fault, file=sys.stderr)
    hidden = report.wrong - min(len(report.faults), MOST_FAULTS_SHOWN)
    if hidden > 0:
        print(f"另有{hidden}处错误未列出。", file=sys.stderr)
    if report.wrong and not report.filing_id:
        print(f"文件有{report.wrong}处错误，未写入任何数据。", file=sys.stderr)
        return 1
    if report.earlier:
        print(f"该文件此前已导入，不再重复写入。当时：{report.earlier}")
    else:
        print(f"{'试运行，未写入：' if rehearsed else '已导入：'}{report.summary()}")
    if report.wrong:
        print(f"检查之后数据有变化，{report.wrong}处错误所在的行未导入。", file=sys.stderr)
    print(f"SHA-256 {report.sha256}")
    return 1 if report.wrong else 0


def fill_demo(words: Namespace) -> int:
    """Fill the demo in and print its accounts."""
    environment.follow_supervisor()
    if words.quiet:
        os.nice(NICENESS)
    with environment.database():
        environment.set_up()
        environment.require_migrated()
        from django.conf import settings

        from chengxin import demo

        if not settings.DEMO:
            raise LauncherError("Demo data belong in demo mode only. Set DEMO=1.")
        try:
            demo.fill(enterprises=words.enterprises)
        except demo.DemoRefused as error:
            raise LauncherError(str(error)) from error
        if words.quiet:
            print("The demo data are complete.", file=sys.stderr)
            return 0
        for line in demo.accounts():
            print(line)
    return 0
