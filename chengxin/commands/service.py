"""serve, worker, migrate and run: the programs of an installation."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from chengxin.commands import environment
from chengxin.common import garbage
from chengxin.launcher import places, supervisor
from chengxin.launcher.errors import LauncherError
from chengxin.launcher.postgres import Server

DEMO_MODULE = "chengxin.demo"
PROGRAMS = ("serve", "worker")


def register(words: _SubParsersAction[ArgumentParser]) -> None:
    """Add the words of this module."""
    words.add_parser("serve", help="serve the web pages and the API").set_defaults(run=serve)
    words.add_parser("worker", help="run the loops: log, followers, outbox, due rows, sweeps").set_defaults(run=worker)
    words.add_parser("migrate", help="bring the database to this version, with both roles' privileges").set_defaults(run=migrate)
    run_word = words.add_parser("run", help="start everything on this machine: database, web, worker, demo data")
    run_word.add_argument("--no-demo", action="store_true", help="do not fill an empty database with demo data")
    run_word.set_defaults(run=run)


SHARED = ("chengxin.asgi", "pypinyin")
"""What every web process needs sooner or later, loaded before they are forked."""


def serve(_words: Namespace) -> int:
    """Serve the web application until SIGTERM; refuses an unmigrated database and an unsafe demo."""
    environment.follow_supervisor()
    with environment.database():
        environment.set_up()
        from django.conf import settings
        from granian import Granian
        from granian.constants import Interfaces

        environment.require_safe(host=settings.HOST)
        environment.require_migrated()
        environment.share_secret()
        _collect_static()
        _fresh_metrics(settings.CHENGXIN_HOME)
        _load_application()
        Granian(
            "chengxin.asgi:application", address=settings.HOST, port=settings.PORT, interface=Interfaces.ASGINL,
            workers=settings.WEB_WORKERS, respawn_failed_workers=True, workers_kill_timeout=settings.WEB_STOP_SECONDS,
            websockets=False, log_enabled=False,
        ).serve()  # fmt: skip
    return 0


def _collect_static() -> None:
    from django.core.management import call_command
    from django.test import override_settings

    storages = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    with override_settings(STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0)


def _load_application() -> None:
    """Load the pages once: the web processes are forked from this one, so each serves at once and shares the memory."""
    from django.db import connections

    connections.close_all()
    for module in SHARED:
        import_module(module)
    garbage.collect_seldom()


def _fresh_metrics(home: Path) -> None:
    folder = home / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def worker(_words: Namespace) -> int:
    """Run the worker until SIGTERM."""
    environment.follow_supervisor()
    with environment.database():
        environment.set_up()
        environment.require_migrated()
        from chengxin import worker as loops

        loops.run()
    return 0


def migrate(_words: Namespace) -> int:
    """Migrate as the owning role and grant the running role its privileges."""
    with environment.database():
        environment.set_up()
        from chengxin import install

        install.migrate(owner_url=environment.owner_url())
    return 0


def run(words: Namespace) -> int:
    """Start everything, keep it running, and stop what was started on Ctrl-C."""
    os.environ.setdefault("DEMO", "1")
    stop = supervisor.stop_on_signals()
    base = places.make_home()
    server = None if environment.given_database() else Server(base)
    with supervisor.only_one(base):
        try:
            return _run(words, server=server, stop=stop)
        finally:
            if server:
                server.stop()


def _run(words: Namespace, *, server: Server | None, stop: threading.Event) -> int:
    if server:
        _say("Starting PostgreSQL …")
        environment.start_own(server.base)
    environment.set_up()
    from django.conf import settings

    supervisor.check_port(settings.HOST, settings.PORT)
    accounts = _prepare(words)
    filling = bool(accounts) and import_module(DEMO_MODULE).is_empty()
    from django.db import connections

    connections.close_all()
    command = [sys.executable, "-m", "chengxin.cli"]
    variables = {**os.environ, "CHENGXIN_SUPERVISED": "1"}
    children = [supervisor.Child(name, [*command, name], variables) for name in PROGRAMS]
    if filling:
        children.append(supervisor.Child("demo", [*command, "demo", "--quiet"], variables, once=True))
    shown = [settings.SITE_ORIGIN, settings.HOST, settings.PORT, accounts, filling, stop]
    welcome = threading.Thread(target=_welcome, args=shown, daemon=True)
    welcome.start()
    supervisor.keep_running(children, stop=stop, mend=_database_keeper(server))
    _say("Stopped.")
    return 0


def _prepare(words: Namespace) -> list[str]:
    """Everything that must stand before the address is printed; the demo's accounts, if there is one."""
    from django.conf import settings

    from chengxin import install

    _say("Migrating …")
    install.migrate(owner_url=environment.owner_url(), verbosity=0)
    install.make_keys(demo=settings.DEMO)
    environment.share_secret()
    _say("Loading divisions and catalogue …")
    install.load_reference()
    if not settings.DEMO or words.no_demo or not install.present(DEMO_MODULE):
        return []
    demo = import_module(DEMO_MODULE)
    if demo.is_empty() and not demo.is_told():
        _say("Telling the demo's stories (about a minute) …")
        try:
            demo.tell()
        except demo.DemoRefused as error:
            raise LauncherError(f"{error} Or start without: chengxin run --no-demo") from None
    return list(demo.accounts())


def _database_keeper(server: Server | None) -> Callable[[], None]:
    def mend() -> None:
        if server and server.gone():
            _say("PostgreSQL is gone; starting it again …")
            server.start()

    return mend


def _welcome(origin: str, host: str, port: int, accounts: list[str], filling: bool, stop: threading.Event) -> None:
    if not supervisor.wait_for_port(host, port, stop=stop):
        return
    meanwhile = ["", "  The generated enterprises are being filed meanwhile."] if filling else []
    lines = ["", f"  {origin}/", *(f"  {line}" for line in accounts), *meanwhile, "", "  Ctrl-C stops everything.", ""]
    _say("\n".join(lines))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
