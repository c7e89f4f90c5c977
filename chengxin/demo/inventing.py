"""Invents enterprises: brand syllables × trade × form, spread as today's economy, no two names alike (D-56). Pure."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from chengxin.catalogue.codes import Codes
from chengxin.common import clock
from chengxin.common.identifiers import org_check_char, uscc_check_char
from chengxin.common.text import name_key

SEED = 20260401
SERIES = "WWTE"
FIRST_NUMBER = 2000
LONGEST_AGO_DAYS = 560
LATEST_AGO_DAYS = 12
CORPS, CORPS_CITIES = "66", "6590"
ADVERSE_EVERY = 20
MUNICIPALITIES = ("北京市", "天津市", "上海市", "重庆市")
NO_CITIES = ("省直辖县级行政区划", "自治区直辖县级行政区划")
PEOPLES = "土家|布依|蒙古|哈萨克|柯尔克孜|朝鲜|景颇|傈僳|哈尼|苗|彝|藏|羌|侗|壮|瑶|回|满|傣|黎|白|维吾尔"
SELF_GOVERNED = re.compile(rf"(?:(?:{PEOPLES})族?)*自治[州县旗区]$")
NOT_TRADING = frozenset({"350527"})
REVIEW = timedelta(hours=23)
SMALL = {"92": "small_trades", "93": "farm_trades"}


@dataclass(frozen=True)
class Invented:
    """One enterprise that does not exist."""

    number: int
    uscc: str
    name: str
    division: str
    place: str
    type: str
    company_type: str
    licence_type: str
    goods: str
    brand: str
    head: str
    founded_days: int
    approved_at: datetime
    adverse: bool

    @property
    def email(self) -> str:
        """Its mailbox, which cannot exist."""
        return f"shop{self.number}@e{self.number}.example"

    @property
    def phone(self) -> str:
        """Its mobile number."""
        return f"1990001{self.number:04d}"

    @property
    def handed_in_at(self) -> datetime:
        """When its archive was handed in."""
        return self.approved_at - REVIEW

    @property
    def founded_on(self) -> date:
        """The day of its establishment."""
        return self.handed_in_at.astimezone(clock.SHANGHAI).date() - timedelta(days=self.founded_days)

    @property
    def trademark_on(self) -> date:
        """The day its trademark was registered, if it has one."""
        return self.founded_on + timedelta(days=self.dice("trademark").randint(30, 190))

    @property
    def site(self) -> str:
        """The host of its site, which cannot exist."""
        return f"www.e{self.number}.example"

    @property
    def has_site(self) -> bool:
        """Whether it trades on a site of its own."""
        return self.type in ("SELF_SITE", "PLATFORM", "SERVICE")

    def dice(self, about: str) -> random.Random:
        """Chances of its own in one matter, the same on every machine."""
        return random.Random(f"{SEED}/{self.number}/{about}")


def credit_code(*, kind: str, division: str, number: int) -> str:
    """A valid credit code of the series that nobody has."""
    body = f"{SERIES}{number:04d}"
    front = f"{kind}{division}{body}{org_check_char(body)}"
    return front + uscc_check_char(front)


def invent(
    *, count: int, words: Mapping[str, Any], shares: Sequence[tuple[str, int]], codes: Codes, start: datetime, taken: set[str]
) -> list[Invented]:
    """`count` enterprises in the order of their approval; names in `taken` are given to none of them."""
    dice = random.Random(SEED)
    leaves = _leaves(codes)
    provinces = dice.choices([p for p, _ in shares], [share for _, share in shares], k=count)
    ages = sorted((_age(dice) for _ in range(count)), reverse=True)
    names = {name_key(name) for name in taken}
    made = []
    for index in range(count):
        division = dice.choice(leaves[provinces[index][:2]])
        made.append(_one(index, division, ages[index], dice, words, codes, start, names))
    return made


def _one(
    index: int, division: str, age: float, dice: random.Random, words: Mapping[str, Any], codes: Codes, start: datetime, names: set[str]
) -> Invented:
    form = dice.choices(words["forms"], [int(f["share"]) for f in words["forms"]])[0]
    trade = dice.choice(words["trades"])
    path = codes.division_path(division)
    while True:
        brand = "".join(dice.sample(words["syllables"], dice.choice((2, 2, 3))))
        word = trade["word"] if form["trade"] == "1" else dice.choice(words[SMALL.get(form["kind"], "small_trades")])
        name = f"{_short(path)}{brand}{word}{form['form']}"
        if name_key(name) not in names:
            names.add(name_key(name))
            break
    number = FIRST_NUMBER + index
    return Invented(
        number=number,
        uscc=credit_code(kind=form["kind"], division=division, number=number),
        name=name,
        division=division,
        place="".join(path),
        type=dice.choice(trade["types"]) if form["trade"] == "1" else dice.choice(("IN_PLATFORM", "IN_PLATFORM", "OTHER_NET")),
        company_type=form["company_type"],
        licence_type=form["type"],
        goods=trade["goods"] if form["trade"] == "1" else word,
        brand=brand,
        head=dice.choice(words["people"]["surnames"]) + dice.choice(words["people"]["given"]),
        founded_days=int(age) + dice.randint(200, 3600),
        approved_at=_moment(start, age, dice),
        adverse=index % ADVERSE_EVERY == ADVERSE_EVERY // 2,
    )


def _age(dice: random.Random) -> float:
    """Days ago; more of them lately, as the platform grew."""
    return LATEST_AGO_DAYS + (LONGEST_AGO_DAYS - LATEST_AGO_DAYS) * float(dice.random() ** 1.6)


def _moment(start: datetime, age: float, dice: random.Random) -> datetime:
    """A minute of an office's day."""
    day = (start - timedelta(days=int(age))).astimezone(clock.SHANGHAI)
    return day.replace(hour=dice.randint(9, 16), minute=dice.randint(0, 59), second=dice.randint(0, 59), microsecond=0)


def _leaves(codes: Codes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code in sorted(codes.divisions):
        if codes.is_leaf(code) and not code.endswith("0000") and code not in NOT_TRADING:
            found.setdefault(CORPS if code.startswith(CORPS_CITIES) else code[:2], []).append(code)
    return found


def _short(path: Sequence[str]) -> str:
    """What a name begins with: the municipality, city or prefecture without its last signs, as licences have it."""
    place = path[0] if path[0] in MUNICIPALITIES else next(p for p in reversed(path[:2]) if p not in NO_CITIES)
    place = SELF_GOVERNED.sub("", place)
    for tail in ("地区", "市", "盟", "省", "县"):
        if place.endswith(tail) and len(place) - len(tail) >= 2:
            return place.removesuffix(tail)
    return place
