"""Private keys that never leave a device: an HSM or card behind PKCS#11 (D-40).

The key ring keeps, in its files, which object of the token a key is and its public part; only the token can sign. One
session for each process, opened at the first signature and once more when the device was away.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.utils.translation import gettext_lazy as _

from chengxin.common.errors import Unavailable

EDWARDS25519 = b"\x13\x0cedwards25519"
P256 = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
R = TypeVar("R")


class SigningKey(Protocol):
    """What signs with Ed25519: a key in memory, or one in a token."""

    def sign(self, data: bytes, /) -> bytes:
        """The signature over `data`."""

    def public_key(self) -> Ed25519PublicKey:
        """The public part."""


class Token:
    """One token of one PKCS#11 library; safe between threads, and after a fork."""

    def __init__(self, *, module: str, label: str, pin: str) -> None:
        self._module, self._label, self._pin = module, label, pin
        self._lock = threading.RLock()
        self._session: Any = None
        self._owner = 0

    def make_ed25519(self, label: str) -> bytes:
        """Make a key pair named `label`, which can never be read out; returns the 32 bytes of the public one."""
        from pkcs11 import KeyType, Mechanism

        return self._make(label, KeyType.EC_EDWARDS, EDWARDS25519, Mechanism.EC_EDWARDS_KEY_PAIR_GEN)[-32:]

    def make_p256(self, label: str) -> EllipticCurvePublicKey:
        """Make a P-256 key pair named `label`; returns the public one."""
        from pkcs11 import KeyType, Mechanism

        point = self._make(label, KeyType.EC, P256, Mechanism.EC_KEY_PAIR_GEN)
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point[-65:])

    def sign_ed25519(self, label: str, data: bytes) -> bytes:
        """The Ed25519 signature of the key `label` over `data`."""
        from pkcs11 import Mechanism

        return self._ask(lambda session: bytes(_private(session, label).sign(data, mechanism=Mechanism.EDDSA)))

    def sign_p256(self, label: str, digest: bytes) -> bytes:
        """The ECDSA signature (DER) of the key `label` over a SHA-256 digest."""
        from pkcs11 import Mechanism
        from pkcs11.util.ec import encode_ecdsa_signature

        return self._ask(lambda session: encode_ecdsa_signature(_private(session, label).sign(digest, mechanism=Mechanism.ECDSA)))

    def _make(self, label: str, kind: Any, curve: bytes, mechanism: Any) -> bytes:
        from pkcs11 import Attribute

        def make(session: Any) -> bytes:
            parameters = session.create_domain_parameters(kind, {Attribute.EC_PARAMS: curve}, local=True)
            private = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
            public, _key = parameters.generate_keypair(mechanism=mechanism, store=True, label=label, private_template=private)
            return bytes(public[Attribute.EC_POINT])

        return self._ask(make)

    def _ask(self, question: Callable[[Any], R]) -> R:
        """Ask the token; once more over a new session where the old one is gone."""
        from pkcs11.exceptions import PKCS11Error

        with self._lock:
            try:
                return question(self._open())
            except PKCS11Error:
                self._session = None
            try:
                return question(self._open())
            except PKCS11Error as error:
                self._session = None
                raise Unavailable(_("签名设备暂时不可用，请稍后重试。"), retry_after=5, code="token-unavailable") from error

    def _open(self) -> Any:
        import pkcs11

        if self._session is None or self._owner != os.getpid():
            library = pkcs11.lib(self._module)
            if self._owner:  # after a fork, or when the device was away
                library.reinitialize()
            self._owner = os.getpid()
            token = library.get_token(token_label=self._label)
            self._session = token.open(rw=True, user_pin=self._pin)
        return self._session


@dataclass(frozen=True)
class TokenKey:
    """An Ed25519 key in a token."""

    token: Token
    label: str
    public: bytes

    def sign(self, data: bytes, /) -> bytes:
        """The signature over `data`, made in the token."""
        return self.token.sign_ed25519(self.label, data)

    def public_key(self) -> Ed25519PublicKey:
        """The public part."""
        return Ed25519PublicKey.from_public_bytes(self.public)


@cache
def token_at(module: str, label: str, pin: str) -> Token:
    """The token of these settings, one for each process."""
    return Token(module=module, label=label, pin=pin)


def _private(session: Any, label: str) -> Any:
    from pkcs11 import ObjectClass

    return session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)
