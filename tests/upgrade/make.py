"""Keeps the state of a small installation of this version, so that later versions can be tried on it.

Run once for each release, in its own tree: `python -m tests.upgrade.make 1.0.0`. It writes `tests/upgrade/releases/<version>`:
the database as SQL, the files and the (demo) keys beside it, and what was promised to the outside.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from tests import server  # first: it names the private server in the environment

RELEASES = Path(__file__).parent / "releases"
ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = ("\\restrict ", "\\unrestrict ", "SET transaction_timeout ")  # what only psql or newer servers understand


def main() -> int:
    """Make an installation, let some people use it, and keep what they leave."""
    target = RELEASES / sys.argv[1]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengxin.settings")
    import django

    django.setup()
    try:
        server.prepare()
        from chengxin import install

        install.use(server.url(server.TEMPLATE))
        told = promised()
        target.mkdir(parents=True)
        (target / "database.sql.xz").write_bytes(lzma.compress(dump().encode(), preset=9))
        with tarfile.open(target / "home.tar.xz", "w:xz") as beside:
            for name in ("keys", "checkpoints", "uploads"):
                beside.add(server.BASE / name, arcname=name)
    finally:
        server.remove(server.BASE)
    (target / "promised.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


def promised() -> dict[str, Any]:
    """Let people use it; what the outside was told."""
    from django.conf import settings
    from django.test import Client

    from chengxin import worker
    from chengxin.flow import reports
    from tests.journeys import enterprises as people

    settings.ALLOWED_HOSTS = ["testserver"]
    judge = people.reviewer()
    done, waiting, drafting = (people.approved(by=judge) for _ in range(3))
    people.decide(people.submitted(done), "approved", judge)
    filings = {"waiting": people.submitted(waiting), "drafting": people.fill(drafting)}
    worker.drain()
    report = reports.issue(uscc=done.uscc, by=done.actor)
    worker.drain()
    site = Client(REMOTE_ADDR="127.0.0.1")
    document = json.loads(site.get(f"/api/v1/files/{done.uscc}").content)
    versions = [record["version_id"] for record in document["records"]]
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    return {
        "commit": commit,
        "judge": str(judge.account_id),
        "published": {"uscc": done.uscc, "name": done.name, "account": str(done.account_id), "versions": versions},
        "waiting": {"uscc": waiting.uscc, "account": str(waiting.account_id), "filing": str(filings["waiting"])},
        "drafting": {"uscc": drafting.uscc, "account": str(drafting.account_id), "filing": str(filings["drafting"])},
        "password": people.PASSWORD,
        "entries": {version: hashlib.sha256(site.get(f"/api/v1/records/{version}/entry").content).hexdigest() for version in versions},
        "checkpoint": site.get("/log/checkpoint").content.decode(),
        "vkey": site.get("/log/vkey").content.decode().strip(),
        "receipts": receipts(),
        "report": {"number": report.number, "sha256": hashlib.sha256(report.pdf).hexdigest()},
    }


def receipts() -> list[str]:
    """The number of every receipt that was given out."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM filings_submission ORDER BY number")
        return [number for (number,) in cursor.fetchall()]


def dump() -> str:
    """The database as statements that any PostgreSQL takes, whoever owns it."""
    from django.db import connections

    connections.close_all()
    assert server.SERVER.bin
    command = [str(server.SERVER.bin / "pg_dump"), "--no-owner", "--no-privileges", "--rows-per-insert=200", "--dbname"]
    made = subprocess.run([*command, server.url(server.TEMPLATE, role=server.SUPERUSER)], capture_output=True, text=True, check=True).stdout
    return "".join(line for line in made.splitlines(keepends=True) if not line.startswith(LEFT_OUT))


if __name__ == "__main__":
    sys.exit(main())
