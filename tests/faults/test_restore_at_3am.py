"""docs/how-to/restore-at-3am.md does what it says: every command of it is run in order on a real installation."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from django.conf import settings
from django.db import connections

from bench.programs import free_port
from chengxin.commands.tests.test_words import url_of_this_test
from chengxin.launcher import places
from chengxin.records.tests.makers import code

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "restore-at-3am.md"
OURS = ("DATABASE_URL", "OWNER_DATABASE_URL", "SECRET_KEY", "CHECKPOINTS_DIR", "KEYS_DIR")


class House:
    """An installation, and places for backups, keys and a mirror that outlive it."""

    def __init__(self, name: str, *, shelf: Path, database: dict[str, str]) -> None:
        self.base = Path(tempfile.mkdtemp(prefix=f"chengxin-3am-{name}-"))
        self.base.chmod(0o711)
        self.port = free_port()
        self.site = f"http://127.0.0.1:{self.port}"
        kept = {key: value for key, value in os.environ.items() if key not in OURS}
        self.variables = kept | database | {
            "CHENGXIN_HOME": str(self.base), "PORT": str(self.port), "SITE": self.site, "WEB_WORKERS": "1", "DEMO": "1",
            "PUBLIC_READS_PER_MINUTE": "0", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "LOG_ORIGIN": "log.example",
            "BACKUPS": str(shelf / "backups"), "SAFE": str(shelf / "safe"), "MIRROR": str(shelf / "mirror"),
            "CHECKPOINT_MIRRORS": str(shelf / "mirror"),
        }  # fmt: skip

    def run(self, script: str, *, well: bool = True) -> str:
        """Run a script as the page has it; return what it says."""
        done = subprocess.run(["bash", "-euc", script], cwd=ROOT, env=self.variables, text=True, capture_output=True, check=False)
        assert (done.returncode == 0) is well, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def play(self, part: str) -> None:
        """Let a part of the scene happen."""
        self.run(f"python -m tests.faults.restore_scene {part}")

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Web and worker are started, and stopped at the end."""
        command = [sys.executable, "-m", "chengxin.cli"]
        with (self.base / "programs.log").open("ab") as out:
            started = [
                subprocess.Popen([*command, word], cwd=ROOT, env=self.variables, stdout=out, stderr=out) for word in ("serve", "worker")
            ]
        try:
            yield
        except AssertionError as error:
            error.add_note((self.base / "programs.log").read_text("utf-8")[-2000:])
            raise
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(60)

    def shops(self, number: int) -> set[str]:
        """The shops in a public file."""
        answer = httpx.get(f"{self.site}/api/v1/files/{code(number)}", timeout=30)
        return {record["content"]["name"] for record in answer.json().get("records", []) if "name" in record["content"]}

    def end(self) -> None:
        """Stop and delete everything; a database of its own went with the command that started it."""
        shutil.rmtree(places.socket_folder(self.base), ignore_errors=True)
        shutil.rmtree(self.base, ignore_errors=True)


@pytest.fixture
def shelf() -> Iterator[Path]:
    """Where backups, the safe and the mirror are: other disks and machines."""
    folder = Path(tempfile.mkdtemp(prefix="chengxin-3am-shelf-"))
    (folder / "mirror").mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def house(shelf: Path) -> Iterator[House]:
    """An installation that was backed up, lived on, and lost its database."""
    database = url_of_this_test()
    connections.close_all()
    made = House("old", shelf=shelf, database=database)
    try:
        for folder in (made.base, shelf / "safe"):
            shutil.copytree(settings.KEYS_DIR, folder / "keys")
        made.play("before")
        made.run("chengxin backup $BACKUPS")
        made.play("after")
        yield made
    finally:
        made.end()


def steps() -> dict[str, list[str]]:
    """The commands of the page by heading."""
    parts = re.split(r"^## (.+)$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    return {title: re.findall(r"```bash\n(.*?)```", text, re.DOTALL) for title, text in zip(parts[1::2], parts[2::2], strict=True)}


def test_every_command_of_the_page_does_what_it_says(house: House, shelf: Path) -> None:
    page = steps()
    assert [title for title, blocks in page.items() if not blocks] == ["1. Stop web and workers"]
    [look] = page["2. Look before you leap"]
    said = house.run(look).splitlines()
    assert said[1].startswith("ok: ") and said[2].startswith("ok: ") and said[2].endswith(" keys")
    [restore] = page["3. Restore"]
    with psycopg.connect(house.variables["DATABASE_URL"]):
        house.run(restore, well=False)
    said = house.run(restore).splitlines()
    assert said[0].startswith("restored: the backup of ")
    assert said[1].startswith("ended again: 1 publications;")
    assert [line.split()[1] for line in said if "does not go on yet" in line] == ["public", "audit"]
    logs = page["4. The logs"]
    assert "chengxin log succeed public --reason" in house.run(logs[1], well=False)
    assert house.run(logs[0]).count("chengxin/log-succession/v1\n") == 2
    assert house.run(logs[1]).startswith("ok: ")
    start, doctor = page["5. Start, and look again"]
    with house.serving():
        said = house.run(start).splitlines()
        assert '"status":"ok"' in said[0] and "chengxin/log-succession/v1" in "\n".join(said)
        assert house.shops(1) == {"留存店"}, "what was hidden after the backup stays hidden"
        assert house.shops(2) == set(), "what was published after the backup is lost"
        found = house.run(f"{doctor.strip()} || true")
        assert {line.split()[1].rstrip(":") for line in found.splitlines() if line.startswith("red")} <= {"messages"}
        [day] = page["6. When it is day"]
        assert "deleted: before_" in house.run(day)
        [papers] = [path for path in house.base.glob("uploads/??/??/*") if path.is_file()][:1]
        papers.unlink()
        [files] = page["Only files are lost"]
        assert house.run(files) == "1 files put back\n" and papers.is_file()
    moved(page, shelf)
    shutil.rmtree(house.base / "checkpoints")
    shutil.rmtree(shelf / "mirror")
    [lost] = page["Every copy of the checkpoints is lost"]
    house.run(restore, well=False)
    assert "does not go on" not in house.run(lost)
    assert house.run(logs[1]).startswith("ok: ")


def moved(page: dict[str, list[str]], shelf: Path) -> None:
    """On a new machine with a PostgreSQL of its own, with the keys of the safe and the checkpoints of the mirror."""
    other = House("new", shelf=shelf, database={})
    try:
        other.run('chengxin restore "$BACKUPS"', well=False)
        [block] = page["On a new machine"]
        assert "restored: " in other.run(block)
        assert other.run(page["4. The logs"][1]).startswith("ok: ")
    finally:
        other.end()
