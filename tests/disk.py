"""Connections that wait for the disk, as they do outside of tests: the server of the tests is in a hurry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from chengxin.common import sql


@contextmanager
def waiting_for_disk() -> Iterator[None]:
    """Commits within wait for the disk unless they are told otherwise."""
    options = connection.settings_dict["OPTIONS"]
    former = options.get("options", "")
    connection.close()
    options["options"] = f"{former} -c synchronous_commit=on"
    try:
        yield
    finally:
        connection.close()
        options["options"] = former


def waits() -> bool:
    """Whether the commit of this transaction will wait for the disk."""
    found = sql.row("SHOW synchronous_commit", {})
    assert found
    return bool(found[0] == "on")
