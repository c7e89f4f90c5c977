"""Envelopes open in their own place only; blind indexes find without telling."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.common import crypto
from chengxin.common.keys import KeyRing


@pytest.fixture(scope="module")
def ring(tmp_path_factory):
    made = KeyRing(tmp_path_factory.mktemp("keys"))
    made.generate_missing(demo=False)
    return made


@given(plain=st.text(max_size=200))
def test_an_envelope_gives_back_what_was_sealed(ring, plain):
    envelope = crypto.seal(plain, bound_to="a/1/email", ring=ring)
    assert crypto.unseal(envelope, bound_to="a/1/email", ring=ring) == plain


def test_an_envelope_does_not_open_elsewhere(ring):
    envelope = crypto.seal("li@example.com", bound_to="a/1/email", ring=ring)
    for place in ("a/2/email", "a/1/phone", ""):
        with pytest.raises(crypto.BrokenEnvelope):
            crypto.unseal(envelope, bound_to=place, ring=ring)


def test_every_changed_byte_is_noticed(ring):
    envelope = crypto.seal("13800000000", bound_to="p", ring=ring)
    head, body = envelope.rsplit(":", 1)
    raw = bytearray(base64.b64decode(body))
    for place in range(len(raw)):
        raw[place] ^= 1
        with pytest.raises(crypto.BrokenEnvelope):
            crypto.unseal(f"{head}:{base64.b64encode(raw).decode()}", bound_to="p", ring=ring)
        raw[place] ^= 1


@pytest.mark.parametrize("envelope", ["", "x", "v1:1:", "v1:1:AAAA", "v2:1:" + "A" * 80, "v1:one:" + "A" * 80])
def test_what_is_no_envelope_is_refused(ring, envelope):
    with pytest.raises(crypto.BrokenEnvelope):
        crypto.unseal(envelope, bound_to="p", ring=ring)


def test_old_versions_open_after_rotation(tmp_path):
    ring = KeyRing(tmp_path)
    ring.generate_missing(demo=False)
    old = crypto.seal("张三", bound_to="p", ring=ring)
    found = crypto.blind("张三", purpose="name", ring=ring)
    ring.rotate("personal-data")
    ring.rotate("blind-index")
    assert crypto.unseal(old, bound_to="p", ring=ring) == "张三"
    assert crypto.needs_resealing(old, ring=ring)
    assert not crypto.needs_resealing(crypto.seal("张三", bound_to="p", ring=ring), ring=ring)
    assert crypto.blind("张三", purpose="name", ring=ring) != found
    assert found in crypto.blinds("张三", purpose="name", ring=ring)


def test_equal_texts_seal_differently_and_blind_equally(ring):
    assert crypto.seal("a", bound_to="p", ring=ring) != crypto.seal("a", bound_to="p", ring=ring)
    assert crypto.blind("é", purpose="name", ring=ring) == crypto.blind("e\u0301", purpose="name", ring=ring)
    assert crypto.blind("a", purpose="email", ring=ring) != crypto.blind("a", purpose="phone", ring=ring)
    assert crypto.keyed_hash("token", "a", purpose="x", ring=ring) != crypto.keyed_hash(
        "token", "a", purpose="y", ring=ring
    )
