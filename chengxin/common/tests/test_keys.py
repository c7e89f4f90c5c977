"""The key ring: made once, kept tight, never shown."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography import x509

from chengxin.common.key_inventory import INVENTORY
from chengxin.common.keys import KeyMissing, KeyRing


@pytest.fixture
def ring(tmp_path):
    made = KeyRing(tmp_path / "keys")
    made.generate_missing(demo=True)
    return made


def test_generates_every_key_of_the_inventory_once(ring):
    assert ring.missing() == []
    before = ring.secret("session")
    assert ring.generate_missing(demo=True) == []
    assert ring.secret("session") == before
    assert before[0] == 1 and len(before[1]) == 32


def test_files_are_for_the_owner_only(ring):
    assert ring.directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in ring.directory.iterdir()} == {0o600}


def test_parallel_processes_agree_on_one_key(tmp_path):
    rings = [KeyRing(tmp_path) for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda each: each.generate_missing(demo=False), rings))
    assert sorted(name for names in made for name in names) == sorted(INVENTORY)
    assert len({each.secret("token") for each in rings}) == 1
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_rotation_makes_a_new_current_version_and_keeps_the_old(ring):
    old = ring.secret("session")
    other = KeyRing(ring.directory)
    assert other.secret("session") == old
    assert ring.rotate("session") == 2
    assert other.secret("session")[0] == 2 and other.secret("session", version=1) == old
    assert other.versions("session") == [2, 1]


def test_demo_mark_is_seen_until_the_key_is_replaced(ring, tmp_path):
    assert ring.is_demo()
    own = KeyRing(tmp_path / "own")
    own.generate_missing(demo=False)
    assert not own.is_demo()
    for name in INVENTORY:
        ring.rotate(name)
    assert not ring.is_demo()


def test_doctor_rows_and_texts_never_show_material(ring):
    shown = repr(ring.rows()) + repr(ring.pdf_identity())
    for path in ring.directory.iterdir():
        material = json.loads(path.read_text())["material"]
        assert material not in shown
        assert base64.b64decode(material).hex() not in shown
    assert "PRIVATE KEY" not in shown
    assert {row.problem for row in ring.rows()} == {""}


def test_doctor_names_a_file_others_can_read(ring):
    (ring.directory / "token.v1.json").chmod(0o644)
    problems = {row.name: row.problem for row in ring.rows() if row.problem}
    assert problems == {"token": "readable by others (mode 644); run chmod 600"}


def test_environment_takes_the_place_of_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("CHENGXIN_KEY_PERSONAL_DATA_V3", base64.b64encode(b"k" * 32).decode())
    ring = KeyRing(tmp_path)
    assert ring.secret("personal-data") == (3, b"k" * 32)
    assert "personal-data" not in ring.missing()


@pytest.mark.parametrize("text", ["!!", base64.b64encode(b"short").decode()])
def test_a_broken_variable_is_refused(tmp_path, monkeypatch, text):
    monkeypatch.setenv("CHENGXIN_KEY_SESSION_V1", text)
    with pytest.raises(KeyMissing, match="CHENGXIN_KEY_SESSION_V1"):
        KeyRing(tmp_path).secret("session")


def test_missing_unknown_and_damaged_keys_say_so(tmp_path):
    ring = KeyRing(tmp_path)
    with pytest.raises(KeyMissing, match="session v1"):
        ring.secret("session")
    with pytest.raises(KeyMissing, match="nonsense"):
        ring.secret("nonsense")
    (tmp_path / "session.v1.json").write_text("{")
    with pytest.raises(KeyMissing, match=r"session\.v1\.json"):
        KeyRing(tmp_path).secret("session")


def test_kinds_are_not_mixed(ring):
    assert ring.signing_key("receipt").sign(b"x")
    with pytest.raises(TypeError):
        ring.secret("receipt")
    with pytest.raises(TypeError):
        ring.signing_key("session")


def test_pdf_certificate_is_issued_by_the_authority(ring):
    identity = ring.pdf_identity()
    leaf = x509.load_pem_x509_certificate(identity.certificate_pem)
    root = x509.load_pem_x509_certificate(identity.authority_pem)
    leaf.verify_directly_issued_by(root)
    assert leaf.extensions.get_extension_for_class(x509.KeyUsage).value.content_commitment
    assert b"PRIVATE KEY" in identity.key_pem


def test_the_inventory_is_complete_and_alphabetical():
    assert list(INVENTORY) == sorted(INVENTORY)
    for purpose in INVENTORY.values():
        assert all([purpose.purpose, purpose.rotation, purpose.lost, purpose.leaked])
