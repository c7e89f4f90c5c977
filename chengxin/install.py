"""Brings an installation to the state the code expects: schema, privileges, keys, divisions, catalogue.

Used by the command line, by the supervisor and by the tests, so that all three agree.
Every function may be called again at any time.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from chengxin.launcher import roles
from chengxin.launcher.urls import database

if TYPE_CHECKING:
    from chengxin.catalogue.actions import LoadReport


def present(module: str) -> bool:
    """Say whether a part of the house is there."""
    try:
        found = find_spec(module)
    except ModuleNotFoundError:
        return False
    return found is not None and found.origin is not None


def use(url: str, *, options: str = "") -> None:
    """Point Django's default connection at another database or role from now on."""
    connection = connections["default"]
    connection.close()
    connection.settings_dict.update(database(url, options=options))


def migrate(*, owner_url: str, verbosity: int = 1) -> None:
    """Bring the schema up to date as the owning role, then give the running role its privileges."""
    before = dict(connections["default"].settings_dict)
    use(owner_url, options="-c lock_timeout=10000")
    try:
        call_command("migrate", interactive=False, verbosity=verbosity)
    finally:
        connections["default"].close()
        connections["default"].settings_dict.update(before)
    roles.grant(owner_url, tables=roles.append_only())


def unapplied() -> list[str]:
    """Return the names of migrations the database lacks."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["default"])
    return [f"{migration.app_label}.{migration.name}" for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def make_keys(*, demo: bool) -> None:
    """Make the keys that are missing; existing ones are never touched."""
    if present("chengxin.common.keys"):
        from chengxin.common import keys

        settings.KEYS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys.generate_missing(demo=demo)


def load_reference() -> LoadReport:
    """Load divisions and catalogue and say what moved; what is already current stays."""
    from chengxin.catalogue.actions import load
    from chengxin.identity.actions import load_divisions

    load_divisions(settings.CATALOGUE_DIR / "codes" / "divisions.csv")
    return load(settings.CATALOGUE_DIR)
