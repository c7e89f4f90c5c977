"""Challenges: once, five minutes, any case; spoken ones are other challenges, not the picture read out."""

import io
import wave
from datetime import timedelta

import pytest
from PIL import Image

from chengxin.access import actions, audio, captchas
from chengxin.access.models import Captcha
from chengxin.access.tests.conftest import answer_of, open_captcha
from chengxin.common import clock
from chengxin.common.errors import Invalid, TooMany

pytestmark = pytest.mark.django_db


def refused(captcha, answer):
    with pytest.raises(Invalid) as error:
        actions.check_captcha(captcha, answer)
    assert list(error.value.fields) == ["captcha"]
    return error.value.fields["captcha"][0]


@pytest.mark.parametrize("spelling", [str.upper, str.lower, lambda text: f" {text[:2]} {text[2:].lower()} "])
def test_case_and_blanks_do_not_matter(spelling):
    captcha, answer = open_captcha()
    actions.check_captcha(captcha, spelling(answer))


def test_full_width_letters_are_the_same_letters():
    captcha, answer = open_captcha()
    actions.check_captcha(str(captcha), "".join(chr(ord(char) + 0xFEE0) for char in answer))


@pytest.mark.requirement("REG-03.2")
def test_a_challenge_is_used_up_by_the_first_answer_right_or_wrong():
    captcha, answer = open_captcha()
    actions.check_captcha(captcha, answer)
    assert "验证码错误或已过期" in refused(captcha, answer)
    captcha, answer = open_captcha()
    refused(captcha, "wrong")
    refused(captcha, answer)


def test_five_minutes():
    start = clock.now()
    with clock.at(start):
        (late, answer), (fine, other) = open_captcha(), open_captcha()
    with clock.at(start + timedelta(minutes=4, seconds=59)):
        actions.check_captcha(fine, other)
    with clock.at(start + timedelta(minutes=5)):
        refused(late, answer)


@pytest.mark.parametrize("captcha", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_unknown_challenges_are_refused(captcha):
    refused(captcha, "ABCDE")


def test_an_empty_answer_uses_nothing_up():
    captcha, answer = open_captcha()
    assert refused(captcha, "  ") == "请填写验证码"
    actions.check_captcha(captcha, answer)


def test_the_answer_is_not_in_the_row():
    captcha, answer = open_captcha()
    row = Captcha.objects.get(id=captcha)
    assert len(bytes(row.answer_hash)) == 32 and answer.encode() not in bytes(row.answer_hash)


def test_an_answer_fits_its_own_challenge_only():
    (one, answer), (two, _) = open_captcha(), open_captcha()
    assert one != two
    refused(two, answer if answer != _ else "AAAAA")


def test_pictures_have_signs_that_cannot_be_mixed_up():
    assert not set(captchas.ALPHABET) & set("0O1IL2Z5S")
    made = actions.new_captcha("image")
    picture = Image.open(io.BytesIO(made.body))
    assert (made.media_type, picture.format, picture.size) == ("image/png", "PNG", (200, 70))
    assert len(made.body) < 20_000
    answer = answer_of(made)
    assert len(answer) == 5 and set(answer) <= set(captchas.ALPHABET)


def test_spoken_digits_are_a_challenge_of_their_own():
    made = actions.new_captcha("audio")
    answer = answer_of(made)
    assert len(answer) == 6 and answer.isdigit() and made.media_type == "audio/wav"
    with wave.open(io.BytesIO(made.body)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
        assert 4 < sound.getnframes() / 8000 < 12
    actions.check_captcha(made.id, answer)


def test_no_two_recordings_of_one_answer_are_equal():
    assert audio.spoken("012345") != audio.spoken("012345")


def test_every_digit_has_a_recording_of_its_own():
    spoken = [audio.recording(str(digit)) for digit in range(10)]
    assert len(set(spoken)) == 10
    assert all(0.2 < len(samples) / audio.RATE < 1.0 for samples in spoken)
    assert all(max(map(abs, samples)) > 20_000 for samples in spoken)


def test_a_network_cannot_ask_for_ever():
    from chengxin.access import limits

    for _ in range(300):
        limits.named("captcha.network", "n")
    with pytest.raises(TooMany):
        actions.new_captcha("image", network="n")


def test_no_note_outside_demo_mode(settings):
    from chengxin.gateways.models import DemoMail

    settings.DEMO = False
    made = actions.new_captcha("image")
    assert not DemoMail.objects.filter(to=str(made.id)).exists()
