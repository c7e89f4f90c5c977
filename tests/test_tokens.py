"""Keys that sign in a PKCS#11 token (D-40), with SoftHSM2: made there, kept there, used by log, receipts and reports."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from chengxin import checks
from chengxin.common import keys
from chengxin.common.errors import Unavailable
from chengxin.common.key_inventory import INVENTORY
from chengxin.common.keys import KeyMissing, KeyRing
from chengxin.filings import receipts
from chengxin.ledger import queries, sequencer, verify
from chengxin.ledger.tests.helpers import empty_ledger, publish, stranger_verifies
from chengxin.seals import pdf
from chengxin.seals.tests import samples
from tests import softhsm

SIGNING = [name for name, purpose in INVENTORY.items() if purpose.kind == "signing"]


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    made = KeyRing(tmp_path / "keys", token=softhsm.token())
    made.generate_missing(demo=False)
    return made


@pytest.fixture
def house(settings: Any, tmp_path: Path) -> keys.KeyRing:
    """An installation whose signing keys are in the token."""
    for name, value in softhsm.prepare().items():
        setattr(settings, name, value)
    settings.KEYS_DIR, settings.LOG_ORIGIN = tmp_path / "keys", "log.example"
    keys.ring().generate_missing(demo=False)
    sequencer.forget()
    return keys.ring()


@pytest.mark.parametrize("name", SIGNING)
def test_a_signing_key_is_in_the_token_and_only_its_public_part_in_the_file(ring: KeyRing, name: str) -> None:
    key = ring.signing_key(name)
    key.public_key().verify(key.sign(b"what is signed"), b"what is signed")
    body = json.loads((ring.directory / f"{name}.v1.json").read_text())
    assert base64.b64decode(body["material"]) == key.public_key().public_bytes_raw()
    assert body["label"].startswith(f"{name}.v1.")
    with pytest.raises(KeyMissing):
        KeyRing(ring.directory).signing_key(name)


def test_the_private_part_cannot_be_read_out(ring: KeyRing) -> None:
    from pkcs11 import Attribute, ObjectClass
    from pkcs11.exceptions import PKCS11Error

    label = json.loads((ring.directory / "receipt.v1.json").read_text())["label"]
    session = ring._token._open()  # type: ignore[union-attr]
    private = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)
    assert (private[Attribute.SENSITIVE], private[Attribute.EXTRACTABLE]) == (True, False)
    with pytest.raises(PKCS11Error):
        private[Attribute.VALUE]


def test_secrets_stay_in_files_and_a_ring_may_hold_both(tmp_path: Path) -> None:
    before = KeyRing(tmp_path)
    before.generate_missing(demo=False)
    old = before.signing_key("receipt")
    ring = KeyRing(tmp_path, token=softhsm.token())
    assert ring.rotate("receipt") == 2
    assert ring.signing_key("receipt", version=1).public_key() == old.public_key()
    assert ring.signing_key("receipt").public_key() != old.public_key()
    assert ring.secret("session") == before.secret("session")
    assert [row.problem for row in ring.rows()] == [""] * len(ring.rows())


def test_many_threads_and_a_forked_process_sign(ring: KeyRing) -> None:
    key = ring.signing_key("receipt")
    with ThreadPoolExecutor(8) as pool:
        for signature in pool.map(lambda _n: key.sign(b"x"), range(40)):
            key.public_key().verify(signature, b"x")
    child = os.fork()
    if child == 0:
        good = False
        try:
            key.public_key().verify(key.sign(b"y"), b"y")
            good = True
        finally:
            os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_another_process_finds_the_key_in_the_token(ring: KeyRing) -> None:
    code = (
        "import sys; from pathlib import Path; from chengxin.common.keys import KeyRing; from tests import softhsm;"
        "from chengxin.common.tokens import Token;"
        "token = Token(module=softhsm.LIBRARY, label=softhsm.LABEL, pin=softhsm.PIN);"
        "sys.stdout.buffer.write(KeyRing(Path(sys.argv[1]), token=token).signing_key('receipt').sign(b'z'))"
    )
    signature = subprocess.run([sys.executable, "-c", code, str(ring.directory)], check=True, capture_output=True).stdout
    ring.signing_key("receipt").public_key().verify(signature, b"z")


def test_a_device_that_does_not_let_us_in_is_a_clear_answer(ring: KeyRing) -> None:
    locked = KeyRing(ring.directory, token=softhsm.token(pin="000000"))
    with pytest.raises(Unavailable) as refused:
        locked.signing_key("receipt").sign(b"x")
    assert (refused.value.code, refused.value.retry_after) == ("token-unavailable", 5)


@pytest.mark.django_db
def test_the_log_is_signed_by_the_token_and_a_stranger_verifies_it(house: KeyRing) -> None:
    empty_ledger()
    version_id = publish()
    while sequencer.step():
        pass
    assert verify.run().ok
    assert stranger_verifies(queries.proof(version_id), queries.entry(version_id), queries.vkey())


def test_the_doctor_sees_whether_the_token_signs(house: KeyRing, settings: Any) -> None:
    assert [check.state for check in checks.token()] == ["green"]
    settings.PKCS11_PIN = "000000"
    assert [check.state for check in checks.token()] == ["red"]
    settings.PKCS11_MODULE = ""
    assert list(checks.token()) == []


def test_receipts_are_signed_by_the_token(house: KeyRing) -> None:
    receipt = {"number": "HZ20261121ABCDEFGHJK"}
    signature = receipts.sign(receipt)
    assert (
        receipts.signer(receipt=receipt, signature=signature)
        == base64.b64encode(house.signing_key("receipt").public_key().public_bytes_raw()).decode()
    )
    assert receipts.signer(receipt={"number": "HZ20261121ABCDEFGHJL"}, signature=signature) == ""


def test_reports_are_signed_by_the_token(house: KeyRing) -> None:
    identity = house.pdf_identity()
    assert identity.key_pem == b"" and identity.sign_digest is not None
    paper = pdf.receipt(samples.receipt())
    assert pdf.verify(paper)["ok"], pdf.verify(paper)
    changed = paper.replace(b"HZ", b"HX", 1) if b"HZ" in paper else paper[:900] + b"0" + paper[901:]
    assert not pdf.verify(changed)["ok"]
