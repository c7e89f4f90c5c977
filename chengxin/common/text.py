"""Plain text: one normal form, keys that compare names, masks, and the two-character words of the search."""

import re
import unicodedata

_BRACKETS = str.maketrans("[{<〔【〖〈《「『]}>〕】〗〉》」』", "((((((((((" + "))))))))))")
_DOTS = str.maketrans("•‧・∙･", "·····")
_UNSEEN = re.compile(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
_WORD_RUN = re.compile(r"[^\W_]+")


def nfkc(s: str) -> str:
    """Return `s` in Unicode normal form KC: full-width letters and digits become ordinary ones."""
    return unicodedata.normalize("NFKC", s)


def name_key(s: str) -> str:
    """Return the key under which two spellings of one name are equal (REG-04).

    Width, case, kind of bracket, kind of middle dot and all white space are levelled.
    """
    levelled = nfkc(s).casefold().translate(_BRACKETS).translate(_DOTS)
    return unicodedata.normalize("NFC", _UNSEEN.sub("", levelled))


def mask_name(s: str) -> str:
    """Return a person's name with all but its first character hidden: 张三丰 becomes 张*."""
    shown = nfkc(s).strip()
    return f"{shown[0]}*" if shown else ""


def bigrams(s: str) -> list[str]:
    """Return the distinct two-character words of `s` in order of appearance.

    Words never cross a space or punctuation mark; a run of one character is its own word.
    """
    found: dict[str, None] = {}
    for run in _WORD_RUN.findall(nfkc(s).casefold()):
        pairs = [run[i : i + 2] for i in range(len(run) - 1)] or [run]
        found.update(dict.fromkeys(pairs))
    return list(found)


def street_level(address: str) -> str:
    """Return a published address cut off after its street (D-12); house numbers and rooms are left out."""
    before_number = re.split(r"[0-9]|[一二三四五六七八九十百]+(?:号|弄|幢|栋|单元|室)", nfkc(address).strip(), maxsplit=1)[0]
    match = re.match(r".*(?:街道|大道|胡同|[路街巷镇乡村])", before_number)
    return match.group(0) if match else before_number


def legible(text: str) -> str:
    """What a person typed, without outer spaces and without the one character that the database cannot hold."""
    return text.replace("\0", "").strip()
