"""How a log is opened, and how a closed one is succeeded by the next (D-18, D-21)."""

from __future__ import annotations

import re
from pathlib import Path

from django.db import transaction

from chengxin.common import clock, keys

from . import guard, outside, signing, store
from .merkle import EMPTY_ROOT
from .models import Origin
from .notes import Checkpoint as Statement
from .notes import sign


def open_first(log: str) -> store.Head:
    """Open a log that has never signed: its name and the checkpoint of the empty tree."""
    guard.check_never_signed(log)
    return _open(log, number=1, key_version=_newest_key(log), size=0, root=EMPTY_ROOT, statement="")


def _open(log: str, *, number: int, key_version: int, size: int, root: bytes, statement: str) -> store.Head:
    origin = Origin.objects.create(
        log=log,
        number=number,
        name=signing.origin_name(log, number=number),
        key_version=key_version,
        vkey=signing.verifier(log, signing.origin_name(log, number=number), key_version=key_version),
        statement=statement,
        opened_at=clock.now(),
    )
    note = signing.sign(log, origin_id=origin.id, key_version=key_version, statement=Statement(origin.name, size, root))
    return store.Head(log, origin.id, origin.name, size, root, note, key_version)


def succeed(*, log: str, reason: str, new_key: bool = False) -> str:
    """Close the origin of a log and start the next on the tree as the database has it.

    The signed statement names the last checkpoint the world has seen, the new origin, its first
    checkpoint and verifier key, and `reason` (one line); it goes into the database and the file
    outside, and is returned. For use after a restore that could not bring back all that had been
    published, and with `new_key` to give the log another key. The key of the closed origin signs,
    or where it is lost the one of the new. Raises ValueError for a reason that is not one line, or a
    log that has never signed.
    """
    if not reason.strip() or re.search(r"[\x00-\x1f]", reason):
        raise ValueError("The reason is one line of text.")
    with transaction.atomic():
        signing.lock()
        last, head = _last(log), store.head(log)
        former = head.key_version if head else _newest_key(log)
        version = keys.ring().rotate(signing.key_name(log), above=former) if new_key else former
        size = head.size if head else 0
        number = max(_number(log, last.origin), Origin.objects.filter(log=log).count()) + 1
        new = Statement(signing.origin_name(log, number=number), size, store.load_edge(log, size=size).root())
        verifier = signing.verifier(log, new.origin, key_version=version)
        text = f"{guard.SUCCESSION_HEAD}\n{last.text()}{new.text()}{verifier}\n{reason.strip()}\n"
        signer = (new.origin, version) if head and guard.key_problem(head) else (last.origin, former)
        statement = sign(text, name=signer[0], key=signing.signing_key(log, version=signer[1]))
        transaction.on_commit(lambda: outside.append(log, [statement], what="succession"))
        _open(log, number=number, key_version=version, size=size, root=new.root, statement=statement)
    return statement


def _last(log: str) -> Statement:
    """The last checkpoint the world has seen: the largest of those outside under the newest name, or the database's."""
    head = store.head(log)
    seen = [newest for place in outside.places() if (newest := _readable(log, place)) is not None]
    if head is not None:
        seen.append(Statement(head.origin, head.size, head.root))
    if not seen:
        raise ValueError(f"Log {log} has never signed: there is nothing to succeed.")
    return max(seen, key=lambda one: (_number(log, one.origin), one.size))


def _readable(log: str, place: Path) -> Statement | None:
    """What a place says; a mirror that is away says nothing, our own file must be readable."""
    try:
        return outside.newest(log, place=place)
    except OSError:
        if place == outside.folder():
            raise
        return None


def _newest_key(log: str) -> int:
    return max(keys.ring().versions(signing.key_name(log)), default=1)


def _number(log: str, origin: str) -> int:
    """Which life of the log an origin names."""
    tail = origin.rpartition(f"/{log}")[2]
    return int(tail[1:]) if tail[1:].isdecimal() else 1
