"""Passwords everybody tries first, recognised by their parts instead of by a long list.

A password is common when, with look-alike signs put back (`@` → a, `0` → o, …), it is one of the
words in `common_words.txt` with a run, a year or a few signs before or behind it, or nothing but a run.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

WORDS = frozenset(Path(__file__).with_name("common_words.txt").read_text(encoding="utf-8").split())
_RUNS = "01234567890987654321qwertyuiopoiuytrewqasdfghjklkjhgfdsazxcvbnmmnbvcxzabcdefghijklmnopqrstuvwxyz1qaz2wsx3edc4rfv"
_LOOKALIKES = str.maketrans("@430$51!7+8", "aaeossiittb")
_EDGE = re.compile(r"^[^a-z]*|[^a-z]*$")
_SIGNS = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=512)
def is_common(password: str) -> bool:
    """True for a password an attacker tries among the first."""
    lowered = password.casefold()
    plain = _SIGNS.sub("", lowered)
    if len(set(lowered)) <= 2 or _is_run(plain):
        return True
    core = _EDGE.sub("", lowered)
    if not core:
        return False
    said = {_SIGNS.sub("", core), core.translate(_LOOKALIKES)}
    return bool(said & WORDS) and all(_is_weak_tail(part) for part in lowered.split(core, 1))


def _is_run(text: str) -> bool:
    if not text:
        return False
    half = text[: len(text) // 2]
    doubled = text == half * 2 and (half in WORDS or half in _RUNS)
    return text in _RUNS or doubled or (len(text) == 8 and text.isdigit() and _is_year(text[:4]))


def _is_weak_tail(text: str) -> bool:
    digits = _SIGNS.sub("", text)
    few_signs = len(text) - len(digits) <= 3
    return few_signs and (len(digits) <= 3 or digits in _RUNS or len(set(digits)) == 1 or _is_year(digits))


def _is_year(digits: str) -> bool:
    return len(digits) == 4 and digits[:2] in ("19", "20")
