"""Envelopes for personal data, blind indexes, keyed hashes (D-41).

An envelope is `v1:<key version>:<base64(salt16 ‖ nonce12 ‖ ciphertext ‖ tag16)>`: AES-256-GCM under a
key derived for this envelope alone, with `bound_to` (row and path) as associated data, so that an
envelope moved to another row or field does not open.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import unicodedata
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chengxin.common import keys
from chengxin.common.errors import ChengxinError

PERSONAL_DATA = "personal-data"
BLIND_INDEX = "blind-index"
_SALT, _NONCE = 16, 12


class BrokenEnvelope(ChengxinError):
    """An envelope that does not open: altered, moved to another place, or sealed under another key."""

    default_code = "broken-envelope"


def seal(plain: str, *, bound_to: str, ring: keys.KeyRing | None = None) -> str:
    """`plain` in an envelope that opens only with the same `bound_to` (such as `identity.account/<id>/email`)."""
    return seal_bytes(plain.encode(), bound_to=bound_to, ring=ring)


def seal_bytes(plain: bytes, *, bound_to: str, ring: keys.KeyRing | None = None) -> str:
    """The same for bytes."""
    version, key = (ring or keys.ring()).secret(PERSONAL_DATA)
    salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
    sealed = AESGCM(_envelope_key(key, salt)).encrypt(nonce, plain, _bound(version, bound_to))
    return f"v1:{version}:{base64.b64encode(salt + nonce + sealed).decode()}"


def unseal(envelope: str, *, bound_to: str, ring: keys.KeyRing | None = None) -> str:
    """The text in `envelope`; raises BrokenEnvelope, or KeyMissing when its key version is gone."""
    return unseal_bytes(envelope, bound_to=bound_to, ring=ring).decode()


def unseal_bytes(envelope: str, *, bound_to: str, ring: keys.KeyRing | None = None) -> bytes:
    """The same for bytes."""
    version, body = _parse(envelope)
    _, key = (ring or keys.ring()).secret(PERSONAL_DATA, version=version)
    salt, nonce, sealed = body[:_SALT], body[_SALT : _SALT + _NONCE], body[_SALT + _NONCE :]
    try:
        return AESGCM(_envelope_key(key, salt)).decrypt(nonce, sealed, _bound(version, bound_to))
    except InvalidTag as error:
        raise BrokenEnvelope("加密数据无法解密：内容已被改动或密钥不符。") from error


def needs_resealing(envelope: str, *, ring: keys.KeyRing | None = None) -> bool:
    """True if `envelope` is sealed under a version that is no longer the current one."""
    version, _body = _parse(envelope)
    return version != (ring or keys.ring()).secret(PERSONAL_DATA)[0]


def resealed(envelope: str, *, bound_to: str, ring: keys.KeyRing | None = None) -> str:
    """The same content sealed under the current version; the envelope itself where it is sealed under that already."""
    if not needs_resealing(envelope, ring=ring):
        return envelope
    return seal_bytes(unseal_bytes(envelope, bound_to=bound_to, ring=ring), bound_to=bound_to, ring=ring)


def is_envelope(text: object) -> bool:
    """Whether `text` has the form of an envelope; what a person typed may begin like one."""
    if not isinstance(text, str) or not text.startswith("v1:"):
        return False
    try:
        _parse(text)
    except BrokenEnvelope:
        return False
    return True


def blind(value: str, *, purpose: str, ring: keys.KeyRing | None = None) -> bytes:
    """Keyed hash by which a sealed value is found; 32 bytes, other for every `purpose`."""
    _version, key = (ring or keys.ring()).secret(BLIND_INDEX)
    return _blind(key, value, purpose)


def blinds(value: str, *, purpose: str, ring: keys.KeyRing | None = None) -> list[bytes]:
    """`blind` under every key version, newest first: what a look-up compares with after a rotation."""
    held = ring or keys.ring()
    return [_blind(held.secret(BLIND_INDEX, version=version)[1], value, purpose) for version in held.versions(BLIND_INDEX)]


def blind_versions(*, ring: keys.KeyRing | None = None) -> int:
    """How many versions of the key there are: with one, no blind index is older than another."""
    return len((ring or keys.ring()).versions(BLIND_INDEX))


def blinder(*, purpose: str, ring: keys.KeyRing | None = None) -> Callable[[str], list[bytes]]:
    """`blinds` for many values of one purpose: the keys are looked up once."""
    held = ring or keys.ring()
    known = [held.secret(BLIND_INDEX, version=version)[1] for version in held.versions(BLIND_INDEX)]
    label = _blind_label(purpose)
    return lambda value: [_hmac(key, label + _levelled(value)) for key in known]


def keyed_hash(name: str, value: bytes | str, *, purpose: str, ring: keys.KeyRing | None = None) -> bytes:
    """HMAC-SHA-256 of `value` under the current secret `name`, for what is stored only to be compared."""
    _version, key = (ring or keys.ring()).secret(name)
    data = value.encode() if isinstance(value, str) else value
    return _hmac(key, _label(name, purpose) + data)


def keyed_hashes(name: str, value: bytes, *, purpose: str, ring: keys.KeyRing | None = None) -> list[bytes]:
    """`keyed_hash` under every version of the secret, newest first: what a look-up compares with after a rotation."""
    held = ring or keys.ring()
    return [_hmac(held.secret(name, version=each)[1], _label(name, purpose) + value) for each in held.versions(name)]


def _label(name: str, purpose: str) -> bytes:
    return f"chengxin/{name}/{purpose}/v1".encode() + b"\0"


def _envelope_key(key: bytes, salt: bytes) -> bytes:
    return _hmac(key, b"chengxin/seal/v1\0" + salt)


def _blind(key: bytes, value: str, purpose: str) -> bytes:
    return _hmac(key, _blind_label(purpose) + _levelled(value))


def _blind_label(purpose: str) -> bytes:
    return f"chengxin/blind/v1/{purpose}".encode() + b"\0"


def _levelled(value: str) -> bytes:
    return value.encode() if value.isascii() else unicodedata.normalize("NFC", value).encode()


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def _bound(version: int, bound_to: str) -> bytes:
    return f"v1:{version}:{bound_to}".encode()


def _parse(envelope: str) -> tuple[int, bytes]:
    try:
        form, version, body = envelope.split(":")
        raw = base64.b64decode(body, validate=True)
        number = int(version)
    except ValueError as error:
        raise BrokenEnvelope("加密数据格式不正确。") from error
    if form != "v1" or len(raw) < _SALT + _NONCE + 16:
        raise BrokenEnvelope("加密数据格式不正确。")
    return number, raw
