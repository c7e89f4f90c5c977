"""How a log is opened, and how a closed one is succeeded by the next (D-18, D-21)."""

from __future__ import annotations

import re

from django.db import transaction

from chengxin.common import clock

from . import guard, outside, signing, store
from .merkle import EMPTY_ROOT
from .models import Origin
from .notes import Checkpoint as Statement
from .notes import sign


def open_first(log: str) -> store.Head:
    """Open a log that has never signed: its name and the checkpoint of the empty tree."""
    guard.check_never_signed(log)
    return _open(log, number=1, size=0, root=EMPTY_ROOT, statement="")


def _open(log: str, *, number: int, size: int, root: bytes, statement: str) -> store.Head:
    origin = Origin.objects.create(
        log=log,
        number=number,
        name=signing.origin_name(log, number=number),
        statement=statement,
        opened_at=clock.now(),
    )
    note = signing.sign(log, origin_id=origin.id, statement=Statement(origin.name, size, root))
    return store.Head(log, origin.id, origin.name, size, root, note)


@transaction.atomic
def succeed(*, log: str, reason: str) -> str:
    """Close the origin of a log and start the next on the tree as the database has it.

    The signed statement names the last checkpoint the world has seen, the new origin, its first
    checkpoint and `reason` (one line); it goes into the database and the file outside, and is
    returned. For use after a restore that could not bring back all that had been published. Raises
    ValueError for a reason that is not one line, or a log that has never signed.
    """
    if not reason.strip() or re.search(r"[\x00-\x1f]", reason):
        raise ValueError("The reason is one line of text.")
    signing.lock()
    head = store.head(log)
    last = outside.newest(log) or (Statement(head.origin, head.size, head.root) if head else None)
    if last is None:
        raise ValueError(f"Log {log} has never signed: there is nothing to succeed.")
    size = head.size if head else 0
    root = store.load_edge(log, size=size).root()
    number = max(_number(log, last.origin), Origin.objects.filter(log=log).count()) + 1
    new = Statement(signing.origin_name(log, number=number), size, root)
    text = f"{guard.SUCCESSION_HEAD}\n{last.text()}{new.text()}{reason.strip()}\n"
    statement = sign(text, name=last.origin, key=signing.signing_key(log))
    transaction.on_commit(lambda: outside.append(log, [statement], what="succession"))
    _open(log, number=number, size=size, root=root, statement=statement)
    return statement


def _number(log: str, origin: str) -> int:
    """Which life of the log an origin names."""
    tail = origin.rpartition(f"/{log}")[2]
    return int(tail[1:]) if tail[1:].isdecimal() else 1
