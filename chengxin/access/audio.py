"""The spoken challenge: digits in Chinese, from ten short recordings, with noise and uneven time.

Pure Python over 16-bit mono samples at 8 kHz. The recordings in `static_audio` are the project's own.
"""

from __future__ import annotations

import io
import secrets
import wave
from array import array
from functools import cache
from pathlib import Path
from random import Random

RATE = 8000
FOLDER = Path(__file__).with_name("static_audio")
LOUDEST = 32767


def spoken(digits: str) -> bytes:
    """A WAV file that says `digits`, never the same twice."""
    dice = secrets.SystemRandom()
    samples = array("h", _silence(dice.uniform(0.4, 0.7)))
    for digit in digits:
        samples.extend(_varied(recording(digit), dice))
        samples.extend(_silence(dice.uniform(0.35, 0.75)))
    return _wav(_with_noise(samples, dice))


@cache
def recording(digit: str) -> tuple[int, ...]:
    """The samples of one recorded digit."""
    with wave.open(str(FOLDER / f"{digit}.wav")) as source:
        if (source.getframerate(), source.getnchannels(), source.getsampwidth()) != (RATE, 1, 2):
            raise ValueError(f"{digit}.wav is not mono, 16 bit, {RATE} Hz")
        samples = array("h")
        samples.frombytes(source.readframes(source.getnframes()))
    return tuple(samples)


def _silence(seconds: float) -> array[int]:
    return array("h", bytes(2 * int(seconds * RATE)))


def _varied(samples: tuple[int, ...], dice: Random) -> list[int]:
    """The recording a little faster or slower, louder or softer."""
    speed, loudness = dice.uniform(0.88, 1.12), dice.uniform(0.55, 0.9)
    last = len(samples) - 1
    varied = []
    for number in range(int(last / speed)):
        place = number * speed
        left = int(place)
        share = place - left
        value = samples[left] * (1 - share) + samples[min(left + 1, last)] * share
        varied.append(int(value * loudness))
    return varied


def _with_noise(samples: array[int], dice: Random) -> array[int]:
    """Hiss over everything and a few scraps of other digits, softly, underneath."""
    level = dice.randint(500, 900)
    fast = Random(dice.getrandbits(64))
    mixed = [value + int(fast.uniform(-level, level)) for value in samples]
    for _scrap in range(dice.randint(4, 7)):
        scrap = recording(str(dice.randrange(10)))
        length = dice.randint(400, 1200)
        start, at = dice.randrange(max(1, len(scrap) - length)), dice.randrange(max(1, len(mixed) - length))
        for offset, value in enumerate(scrap[start : start + length]):
            mixed[at + offset] += int(value * 0.06)
    return array("h", [max(-LOUDEST, min(LOUDEST, value)) for value in mixed])


def _wav(samples: array[int]) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(RATE)
        target.writeframes(samples.tobytes())
    return out.getvalue()
