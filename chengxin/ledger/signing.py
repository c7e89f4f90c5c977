"""The names of the logs, their keys and their signatures."""

from __future__ import annotations

import time
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from chengxin.common import clock, keys
from chengxin.common.tokens import SigningKey

from . import outside
from .models import Checkpoint
from .notes import Checkpoint as Statement
from .notes import check_key_name, sign_checkpoint, vkey

LOCK_KEY = 0x6C6564676572
"""Advisory lock of whoever signs: the letters `ledger`."""

LOOK_EVERY_S = 0.005


def lock() -> None:
    """Take the lock of the signer until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])


def try_lock() -> bool:
    """Take the same lock, unless somebody holds it; says whether we have it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK_KEY])
        row = cursor.fetchone()
    return bool(row and row[0])


def lock_within(patience_s: float) -> bool:
    """Take the same lock, and wait so long for who holds it; says whether we have it."""
    until = time.monotonic() + patience_s
    while not (held := try_lock()) and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)
    return held


def key_name(log: str) -> str:
    """The name in the key ring of what signs for a log."""
    return f"ledger-{log}"


def signing_key(log: str, *, version: int) -> SigningKey:
    """A key that signs for a log; each origin has one version of it for life. Raises KeyMissing."""
    return keys.ring().signing_key(key_name(log), version=version)


def origin_name(log: str, *, number: int = 1) -> str:
    """The origin of the nth life of a log: `<host>/public`, later `<host>/public/2`."""
    stem = check_key_name(f"{settings.LOG_ORIGIN}/{log}")
    return stem if number == 1 else f"{stem}/{number}"


def verifier(log: str, origin: str, *, key_version: int) -> str:
    """The verifier key of a log under one of its names."""
    return vkey(origin, signing_key(log, version=key_version).public_key())


def known_verifier(log: str, *, origin: str, key_version: int, kept: str) -> str:
    """The verifier key kept with an origin; of one that was opened before they were kept, that of the ring's key."""
    return kept or verifier(log, origin, key_version=key_version)


def sign(log: str, *, origin_id: UUID, key_version: int, statement: Statement) -> str:
    """Sign a checkpoint, store it, and write it outside as soon as the transaction is committed."""
    note = sign_checkpoint(statement, key=signing_key(log, version=key_version))
    Checkpoint.objects.create(
        log=log,
        origin_id=origin_id,
        size=statement.size,
        root=statement.root,
        note=note,
        created_at=clock.now(),
    )
    transaction.on_commit(lambda: outside.append(log, [note]))
    return note
