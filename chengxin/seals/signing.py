"""The platform's electronic signature on a PDF (PAdES), and the check of it."""

from __future__ import annotations

import hashlib
import io
import logging
from datetime import datetime
from functools import lru_cache
from typing import Any

from asn1crypto import cms, pem, x509
from asn1crypto import keys as asn1_keys
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from chengxin.common import clock, keys
from chengxin.common.certificates import PdfIdentity
from chengxin.seals.values import Verdict

FIELD = "PlatformSignature"
# What a broken file makes the library say is in the verdict already.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


def sign(document: bytes, *, reason: str, location: str = "") -> bytes:
    """The document with the platform's signature appended, certified against any change."""
    moment = clock.now()
    meta = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        reason=reason,
        location=location or None,
    )
    signer = _ClockedSigner(meta, signer=_signer(keys.ring().pdf_identity()), moment=moment)
    out = io.BytesIO()
    signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(document)), output=out)
    return out.getvalue()


class _ClockedSigner(signers.PdfSigner):
    """Signs with the moment of the one clock."""

    def __init__(self, meta: signers.PdfSignatureMetadata, *, signer: signers.Signer, moment: datetime) -> None:
        super().__init__(meta, signer=signer, new_field_spec=fields.SigFieldSpec(FIELD))
        self._moment = moment

    def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
        """As the parent, with our moment."""
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self._moment
        return session


class _TokenSigner(signers.Signer):
    """Signs with a P-256 key that stays in its token."""

    def __init__(self, identity: PdfIdentity, *, store: SimpleCertificateStore) -> None:
        mechanism = cms.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})
        super().__init__(signing_cert=_certificate(identity.certificate_pem), cert_registry=store, signature_mechanism=mechanism)
        self._identity = identity

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """The signature; for the first measure of its room a dummy."""
        assert digest_algorithm == "sha256" and self._identity.sign_digest
        return bytes(72) if dry_run else self._identity.sign_digest(hashlib.sha256(data).digest())


@lru_cache(maxsize=4)
def _signer(identity: PdfIdentity) -> signers.Signer:
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register(_certificate(identity.authority_pem))
    if identity.sign_digest:
        return _TokenSigner(identity, store=store)
    _kind, _headers, der = pem.unarmor(identity.key_pem)
    return signers.SimpleSigner(
        signing_cert=_certificate(identity.certificate_pem),
        signing_key=asn1_keys.PrivateKeyInfo.load(der),
        cert_registry=store,
    )


def _certificate(body: bytes) -> x509.Certificate:
    _kind, _headers, der = pem.unarmor(body)
    return x509.Certificate.load(der)


def verify(document: bytes) -> Verdict:
    """Whether this is a paper of this platform, with not one byte changed since it was signed."""
    verdict = Verdict(
        ok=False,
        signed=False,
        intact=False,
        trusted=False,
        signer="",
        signed_at=None,
        sha256=hashlib.sha256(document).hexdigest(),
        reason="unsigned",
    )
    try:
        found = PdfFileReader(io.BytesIO(document)).embedded_signatures
        if not found:
            return verdict
        verdict["signed"] = True
        return _judged(verdict, document, found[0], only=len(found) == 1)
    except Exception:  # a file from outside, made to break a reader, is a broken file and nothing worse
        verdict["ok"], verdict["reason"] = False, "broken"
        return verdict


def _judged(verdict: Verdict, document: bytes, signature: Any, *, only: bool) -> Verdict:
    status = validate_pdf_signature(signature, _trust())
    whole = only and status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    verdict["intact"] = bool(status.intact and status.valid and whole and _plainly_held(document, signature))
    verdict["trusted"] = bool(status.trusted and _certificates(signature) <= _known_certificates())
    verdict["ok"] = bool(status.bottom_line and verdict["intact"] and verdict["trusted"])
    verdict["signed_at"] = status.signer_reported_dt
    verdict["signer"] = status.signing_cert.subject.native.get("common_name", "")
    verdict["reason"] = "" if verdict["ok"] else ("changed" if not verdict["intact"] else "untrusted")
    return verdict


def _plainly_held(document: bytes, signature: Any) -> bool:
    """Whether the place of the signature itself, which no signature covers, is written as we write it.

    Upper-case hex, zeros to the end, the numbers around the signed part as they must be: so that a byte changed
    in there is found too.
    """
    _start, before, after, _rest = signature.byte_range
    held = document[before:after]
    digits = held[1:-1]
    raw = bytes.fromhex(digits.decode("ascii"))
    content = cms.ContentInfo.load(raw, strict=False)
    ours = content.dump(force=True)
    signed = content["content"]
    return (
        held[:1] + held[-1:] == b"<>"
        and digits == ours.hex().upper().encode().ljust(len(digits), b"0")
        and [each["algorithm"].native for each in signed["digest_algorithms"]] == ["sha256"]
        and [signed["version"].native, *(each["version"].native for each in signed["signer_infos"])] == ["v1", "v1"]
    )


def _certificates(signature: Any) -> set[bytes]:
    return {each.dump() for each in signature.signed_data["certificates"]}


def _known_certificates() -> set[bytes]:
    ring = keys.ring()
    held = [ring.pdf_identity(version=version) for version in ring.versions("pdf")]
    return {_certificate(body).dump() for each in held for body in (each.certificate_pem, each.authority_pem)}


def _trust() -> ValidationContext:
    """All roots this installation ever signed under; nothing is fetched from outside."""
    ring = keys.ring()
    roots = [_certificate(ring.pdf_identity(version=version).authority_pem) for version in ring.versions("pdf")]
    return ValidationContext(trust_roots=roots, allow_fetching=False, moment=clock.now())
