"""The names of the logs, their keys and their signatures."""

from __future__ import annotations

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


def lock() -> None:
    """Take the lock of the signer until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])


def signing_key(log: str) -> SigningKey:
    """The key that signs for a log."""
    return keys.ring().signing_key(f"ledger-{log}")


def origin_name(log: str, *, number: int = 1) -> str:
    """The origin of the nth life of a log: `<host>/public`, later `<host>/public/2`."""
    stem = check_key_name(f"{settings.LOG_ORIGIN}/{log}")
    return stem if number == 1 else f"{stem}/{number}"


def verifier(log: str, origin: str) -> str:
    """The verifier key of a log under one of its names."""
    return vkey(origin, signing_key(log).public_key())


def sign(log: str, *, origin_id: UUID, statement: Statement) -> str:
    """Sign a checkpoint, store it, and write it outside as soon as the transaction is committed."""
    note = sign_checkpoint(statement, key=signing_key(log))
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
