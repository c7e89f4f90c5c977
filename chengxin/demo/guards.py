"""What the demo may never do: name a real enterprise, write to a real mailbox, fill a database that is in use (D-56)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.db import connection

from chengxin.common.identifiers import uscc_errors

CODE = re.compile(r"(?<![0-9A-Z])[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Z])")
MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
HOST = re.compile(r"https?://([\w.-]+)")
SERIES = "WWTE"
FILLED = ("identity_account", "identity_agency", "identity_enterprise", "filings_filing", "records_version", "access_loginname")


class DemoRefused(Exception):
    """The demo will not do this; the argument says why."""


def filled_tables() -> list[str]:
    """Names of the tables that hold something an installation would not want mixed with invented data."""
    with connection.cursor() as cursor:
        found = []
        for table in FILLED:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {table})")
            if cursor.fetchone() == (True,):
                found.append(table)
    return found


def require_fictitious(value: Any) -> None:
    """Raise DemoRefused where anything below `value` holds a code, mailbox or host that could be somebody's."""
    for text in texts(value):
        for code in CODE.findall(text):
            if code[8:12] != SERIES or uscc_errors(code):
                raise DemoRefused(f"{code} is no code of the {SERIES} series.")
        for mail in MAIL.findall(text):
            if not mail.endswith(".example"):
                raise DemoRefused(f"{mail} does not end in .example.")
        for host in HOST.findall(text):
            if not host.endswith(".example"):
                raise DemoRefused(f"{host} does not end in .example.")


def texts(value: Any) -> Iterable[str]:
    """Every text below `value`."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts(key)
            yield from texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from texts(item)
