"""Every key there is: what it is for, how it rotates, what breaks when it is lost or leaked (D-40).

`docs/reference/keys.md` is generated from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Purpose:
    """One line of the inventory."""

    kind: Literal["secret", "signing", "x509"]
    purpose: str
    rotation: str
    lost: str
    leaked: str


INVENTORY: dict[str, Purpose] = {
    "blind-index": Purpose(
        kind="secret",
        purpose="Keyed hash by which sealed e-mail addresses and phones are found (D-41).",
        rotation="When leaked; look-ups try all versions at once; `chengxin keys reseal` makes the indexes of older rows anew.",
        lost="Accounts cannot be found by e-mail or phone until rows are re-indexed; nothing is lost for good.",
        leaked="With a copy of the database, guessed phones and addresses can be confirmed. Rotate and re-index.",
    ),
    "captcha": Purpose(
        kind="secret",
        purpose="Keyed hash of captcha answers at rest.",
        rotation="At any time; captchas that are open at that moment must be asked again.",
        lost="Open captchas fail once; nothing else.",
        leaked="With a copy of the database, open captchas (5 minutes) can be answered. Rotate.",
    ),
    "duplicate": Purpose(
        kind="secret",
        purpose="Keyed fingerprint that recognises a duplicate record without storing its content.",
        rotation="When leaked; new fingerprints use the new version, look-ups try all versions.",
        lost="Records registered under it are not recognised when the same is registered again; nothing else is lost.",
        leaked="With a copy of the database, guessed content can be confirmed. Rotate.",
    ),
    "ledger-audit": Purpose(
        kind="signing",
        purpose="Ed25519 signature of the checkpoints of the audit log (D-18).",
        rotation="By `chengxin log succeed audit --new-key` only: the log gets a successor with its own key (D-21).",
        lost="The audit log cannot grow; close it with a signed statement and start its successor.",
        leaked="Others could sign a forged history. Close the log, publish the last honest checkpoint, succeed.",
    ),
    "ledger-public": Purpose(
        kind="signing",
        purpose="Ed25519 signature of the checkpoints of the public log (D-18).",
        rotation="By `chengxin log succeed public --new-key` only: the log gets a successor with its own key (D-21).",
        lost="The public log cannot grow; close it with a signed statement and start its successor.",
        leaked="Others could sign a forged history. Close the log, publish the last honest checkpoint, succeed.",
    ),
    "password-pepper": Purpose(
        kind="secret",
        purpose="Keyed pre-hash of passwords before Argon2id.",
        rotation="Yearly or when leaked; each password moves to the new version at its next log-in.",
        lost="No password of that version can be checked any more; every owner resets it by mail.",
        leaked="With a copy of the database, weak passwords can be guessed. Rotate, keep the old one until used up.",
    ),
    "pdf": Purpose(
        kind="x509",
        purpose="P-256 key and certificate that sign credit reports (PAdES, D-14), issued by pdf-authority.",
        rotation="Before the certificate ends, or when leaked; reports signed before stay valid.",
        lost="No new reports until the next version is made; old reports stay valid.",
        leaked="Others could sign forged reports. Rotate, publish the end of the old certificate; /verify tells them apart.",
    ),
    "pdf-authority": Purpose(
        kind="x509",
        purpose="The platform's own root that issues the certificate of `pdf`; may be kept offline.",
        rotation="Every 20 years or when leaked; readers must then trust the new root.",
        lost="The certificate of `pdf` cannot be renewed under the same root.",
        leaked="Others could issue certificates in the platform's name. Publish a new root.",
    ),
    "personal-data": Purpose(
        kind="secret",
        purpose="AES-256-GCM envelopes of personal data (D-41).",
        rotation="Yearly or when leaked; new envelopes use the new version at once; `chengxin keys reseal` seals older ones anew.",
        lost="Personal data sealed under it can never be read again. Keep a copy in a safe place.",
        leaked="With a copy of the database, personal data can be read. Rotate, re-seal, report the breach by law.",
    ),
    "receipt": Purpose(
        kind="signing",
        purpose="Ed25519 signature of submission receipts (D-23).",
        rotation="Yearly; receipts name the version, old public keys stay published.",
        lost="No new receipts until the next version is made; old ones verify with the published key.",
        leaked="Others could sign forged receipts. Rotate; the log proof of a receipt still tells them apart.",
    ),
    "session": Purpose(
        kind="secret",
        purpose="Keyed hash of session keys and device tokens at rest.",
        rotation="At any time; everyone logs in again, devices become unknown.",
        lost="Everyone logs in again.",
        leaked="Alone useless: session keys are random. Rotate with the database's other secrets.",
    ),
    "token": Purpose(
        kind="secret",
        purpose="Keyed hash of secret links and mailed codes at rest.",
        rotation="At any time; open links and codes must be asked again.",
        lost="Open links and codes (30 minutes) fail once.",
        leaked="With a copy of the database, open mailed codes can be guessed. Rotate.",
    ),
    "web": Purpose(
        kind="secret",
        purpose="Signed values of the web framework (forms' one-time marks, language cookie).",
        rotation="At any time; pages that are open must be reloaded before they can be sent.",
        lost="Open pages must be reloaded.",
        leaked="Others could forge framework marks. Rotate.",
    ),
}
