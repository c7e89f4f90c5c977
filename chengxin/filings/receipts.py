"""Signed receipts: what was handed in, when, to whom, verifiable later by number (D-23)."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature

from chengxin.common import keys
from chengxin.common.canonical import canonical

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
RANDOM_CHARS = 10


def new_number(*, at: datetime, prefix: str = "HZ") -> str:
    """A receipt number: prefix, date, ten random characters without look-alikes."""
    tail = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARS))
    return f"{prefix}{at:%Y%m%d}{tail}"


def sign(receipt: dict[str, Any]) -> str:
    """Base64 Ed25519 signature over the canonical bytes of a receipt."""
    return base64.b64encode(keys.ring().signing_key("receipt").sign(canonical(receipt))).decode()


def signer(*, receipt: dict[str, Any], signature: str) -> str:
    """The raw Ed25519 key, in base64, that signed exactly this receipt; empty where no key of this platform did.

    Keys are rotated; a receipt stays genuine under the version it was signed with (D-40).
    """
    ring, body = keys.ring(), canonical(receipt)
    for version in ring.versions("receipt"):
        public = ring.signing_key("receipt", version=version).public_key()
        try:
            public.verify(base64.b64decode(signature), body)
        except (InvalidSignature, ValueError):
            continue
        return base64.b64encode(public.public_bytes_raw()).decode()
    return ""


def plain_json(receipt: dict[str, Any]) -> dict[str, Any]:
    """The receipt with moments as RFC 3339 text: what is stored is exactly what is signed."""
    plain: dict[str, Any] = json.loads(canonical(receipt))
    return plain
