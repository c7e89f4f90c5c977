"""Argon2id behind a keyed pre-hash, at most a few at once (D-41).

Parameters: 19 MiB, 2 passes, 1 lane. The pre-hash binds every stored hash to the key
`password-pepper`, so a copy of the database alone cannot be guessed at. An unknown name is checked
against a hash of the same cost, so time tells nothing.
"""

from __future__ import annotations

import base64
import hmac
import os
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from django.utils.translation import gettext as _

from chengxin.common import keys
from chengxin.common.errors import Unavailable

MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
AT_ONCE = max(2, os.cpu_count() or 2)
WAIT_SECONDS = 5.0
DUMMY = "$argon2id$v=19$m=19456,t=2,p=1$Y2hlbmd4aW4vbm9ib2R5$u0m7Yw3q1m0q3N5cVYtq8m2oRr0Zb5m5oY9l0pQK2bE"

_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, type=Type.ID)
_slots = threading.BoundedSemaphore(AT_ONCE)


def make(password: str) -> tuple[str, int]:
    """Hash a password; returns the hash and the version of the pepper. Raises Unavailable when too busy."""
    version, pepper = keys.ring().secret("password-pepper")
    with _slot():
        return _hasher.hash(_prehash(password, pepper)), version


def check(password: str, *, stored: str | None, pepper_version: int | None) -> bool:
    """True if `password` is the one hashed; `stored` None costs the same and is False."""
    if stored is None or pepper_version is None:
        _verify(DUMMY, _prehash(password, keys.ring().secret("password-pepper")[1]))
        return False
    _version, pepper = keys.ring().secret("password-pepper", version=pepper_version)
    return _verify(stored, _prehash(password, pepper))


def is_outdated(stored: str, *, pepper_version: int) -> bool:
    """True if the hash should be made anew at this log-in: old parameters or an old pepper."""
    current, _pepper = keys.ring().secret("password-pepper")
    return pepper_version != current or _hasher.check_needs_rehash(stored)


def _verify(stored: str, prehash: bytes) -> bool:
    with _slot():
        try:
            return _hasher.verify(stored, prehash)
        except (VerificationError, InvalidHashError):
            return False


def _prehash(password: str, pepper: bytes) -> bytes:
    text = unicodedata.normalize("NFC", password)
    return base64.b64encode(hmac.digest(pepper, b"chengxin/password/v1\0" + text.encode(), "sha256"))


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=WAIT_SECONDS):
        raise Unavailable(_("登录人数较多，请稍后重试。"), retry_after=2)
    try:
        yield
    finally:
        _slots.release()
