"""The platform's own X.509 P-256 root and the certificate that signs reports (D-14, D-40)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

AUTHORITY_YEARS = 20
IDENTITY_YEARS = 10
ORGANISATION = "电子商务企业诚信公共服务平台"
AUTHORITY_NAME = "诚信平台根证书"
IDENTITY_NAME = "诚信平台报告签章"


@dataclass(frozen=True)
class PdfIdentity:
    """Private key and certificates, PEM each; the text form shows no key.

    A key in a token has no PEM: it signs SHA-256 digests by `sign_digest`, which gives DER.
    """

    key_pem: bytes = field(repr=False)
    certificate_pem: bytes
    authority_pem: bytes
    sign_digest: Callable[[bytes], bytes] | None = field(default=None, repr=False, compare=False)

    def to_bytes(self) -> bytes:
        """One JSON body, as the ring keeps it."""
        parts = {"key": self.key_pem, "certificate": self.certificate_pem, "authority": self.authority_pem}
        return json.dumps({name: pem.decode() for name, pem in parts.items()}).encode()

    @classmethod
    def from_bytes(cls, body: bytes) -> PdfIdentity:
        """The identity from what `to_bytes` gave."""
        parts = json.loads(body)
        return cls(parts["key"].encode(), parts["certificate"].encode(), parts["authority"].encode())


def new_authority(*, at: datetime) -> bytes:
    """A new root: key and self-signed certificate, PEM after PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(AUTHORITY_NAME)
    usage = _usage(certificate_signing=True)
    certificate = (
        _builder(subject=name, issuer=name, key=key.public_key(), at=at, years=AUTHORITY_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return _key_pem(key) + certificate.public_bytes(serialization.Encoding.PEM)


def new_identity(*, authority: bytes, at: datetime, public: ec.EllipticCurvePublicKey | None = None) -> PdfIdentity:
    """A new signing key with a certificate issued by `authority` (as `new_authority` gave it).

    With `public`, the certificate of a key that is in a token.
    """
    authority_key = serialization.load_pem_private_key(authority, password=None)
    if not isinstance(authority_key, ec.EllipticCurvePrivateKey):
        raise TypeError("The authority's key is an elliptic-curve key.")
    root = x509.load_pem_x509_certificate(authority[authority.index(b"-----BEGIN CERTIFICATE") :])
    key = None
    if public is None:
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key()
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    certificate = (
        _builder(subject=_name(IDENTITY_NAME), issuer=root.subject, key=public, at=at, years=IDENTITY_YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificate_signing=False), critical=True)
        .add_extension(issuer_id, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return PdfIdentity(_key_pem(key) if key else b"", certificate.public_bytes(pem), root.public_bytes(pem))


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _builder(
    *, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, at: datetime, years: int
) -> x509.CertificateBuilder:
    start = at - timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * years))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, certificate_signing: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificate_signing,
        content_commitment=not certificate_signing,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificate_signing,
        crl_sign=certificate_signing,
        encipher_only=False,
        decipher_only=False,
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
