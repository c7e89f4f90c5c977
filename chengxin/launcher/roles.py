"""Two roles: chengxin_owner migrates, chengxin_app runs and cannot change append-only tables (D-42).

An app names its append-only tables in its models module as `APPEND_ONLY`: models or table names, or a mapping of
them to the columns that may still be set once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import psycopg
from psycopg import sql

from chengxin.launcher import places

MIGRATIONS_TABLE = "django_migrations"


def create(admin_url: str, *, database: str = places.DATABASE) -> None:
    """Create both roles and the database where missing; needs a superuser."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        for role in (places.OWNER_ROLE, places.APP_ROLE):
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        connection.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(places.OWNER_ROLE)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
                    sql.Identifier(database), sql.Identifier(places.OWNER_ROLE)
                )
            )


def append_only() -> dict[str, tuple[str, ...]]:
    """Return every append-only table with the columns that may be set once. Django must be set up."""
    from django.conf import settings

    tables: dict[str, tuple[str, ...]] = {}
    for app in settings.INSTALLED_APPS:
        if app.startswith("chengxin.") and find_spec(f"{app}.models"):
            named: Iterable[Any] = getattr(import_module(f"{app}.models"), "APPEND_ONLY", ())
            columns = named if isinstance(named, Mapping) else {}
            for item in named:
                tables[_table(item)] = tuple(columns.get(item, ()))
    return tables


def _table(item: Any) -> str:
    return item if isinstance(item, str) else str(item._meta.db_table)


def grant(owner_url: str, *, tables: Mapping[str, Iterable[str]]) -> None:
    """Give chengxin_app its privileges on every table of the owner, afresh. Run after every migration."""
    app = sql.Identifier(places.APP_ROLE)
    with psycopg.connect(owner_url) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [places.APP_ROLE]).fetchone():
            return
        if connection.execute("SELECT current_user").fetchone() == (places.APP_ROLE,):
            return
        existing = {
            row[0]
            for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user")
        }
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(app))
        connection.execute(sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(app))
        for name in sorted(existing):
            table = sql.Identifier(name)
            connection.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(table, app))
            rights = "SELECT" if name == MIGRATIONS_TABLE else "SELECT, INSERT" if name in tables else "SELECT, INSERT, UPDATE, DELETE"
            connection.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), table, app))
            columns = sql.SQL(", ").join(map(sql.Identifier, tables.get(name, ())))
            if tables.get(name):
                connection.execute(sql.SQL("GRANT UPDATE ({}) ON {} TO {}").format(columns, table, app))
