"""Pure decisions of access: passwords, log-in names, networks, the end of a session."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chengxin.access.common_passwords import is_common
from chengxin.access.values import PasswordHints
from chengxin.common import identifiers
from chengxin.common.text import nfkc

Texts = list[str | Promise]
USERNAME = re.compile(r"[a-z][a-z0-9_.-]{3,31}")
CREDIT_CODE = re.compile(r"[0-9A-HJ-NP-RTUWXY]{18}")
SHORTEST_OWN_WORD = 4

CREDENTIALS_WRONG = _("用户名或密码错误，请重新输入")
SHAPE_REFUSED = _("用户名不能使用统一社会信用代码或手机号的格式")
USERNAME_TAKEN = _("用户名已被使用")


@dataclass(frozen=True)
class Profile:
    """One set of password rules (D-25)."""

    min_length: int
    max_length: int
    kinds: int


PROFILES = {"manual": Profile(8, 16, kinds=3), "modern": Profile(8, 64, kinds=0)}


def password_hints(profile: str) -> PasswordHints:
    """What the page says beside the field, from the same table as the errors."""
    rules = PROFILES[profile]
    hints = [str(_length_text(rules))]
    if rules.kinds:
        hints.append(str(_("大写字母、小写字母、数字、符号中至少包含三种")))
    hints.append(str(_("不能包含企业名称、统一社会信用代码、手机号或邮箱，也不能是常见密码")))
    return PasswordHints(rules.min_length, rules.max_length, tuple(hints))


def password_errors(password: str, *, profile: str, own_words: Iterable[str] = ()) -> Texts:
    """What is wrong with a new password; `own_words` are names, codes, phones and addresses of its owner."""
    rules = PROFILES[profile]
    if not password:
        return [_("请填写密码")]
    errors: Texts = []
    if not rules.min_length <= len(password) <= rules.max_length:
        errors.append(_length_text(rules))
    if any(unicodedata.category(char) in ("Cc", "Cs", "Cn") for char in password):
        errors.append(_("密码不能包含控制字符"))
    if rules.kinds and _kinds(password) < rules.kinds:
        errors.append(_("密码应包含大写字母、小写字母、数字、符号中的至少三种"))
    if _says_own_word(password, own_words):
        errors.append(_("密码不能包含企业名称、统一社会信用代码、手机号或邮箱"))
    if is_common(password):
        errors.append(_("该密码过于常见，容易被猜到，请换一个"))
    return errors


def _length_text(rules: Profile) -> Promise:
    if rules.kinds:
        return _("密码应为8至16个字符")
    return _("密码应为8至64个字符")


def _kinds(password: str) -> int:
    found = set()
    for char in password:
        if char.isdigit():
            found.add("digit")
        elif char.isupper():
            found.add("upper")
        elif char.islower():
            found.add("lower")
        else:
            found.add("symbol")
    return len(found)


def _says_own_word(password: str, own_words: Iterable[str]) -> bool:
    said = _plain(password)
    for word in own_words:
        for part in (_plain(word), _plain(word.split("@")[0])):
            if len(part) >= SHORTEST_OWN_WORD and (part in said or said in part):
                return True
    return False


def _plain(word: str) -> str:
    return "".join(char for char in nfkc(word).casefold() if char.isalnum())


def login_key(name: str) -> str:
    """The key of what a person typed as log-in name: a code in capitals, a phone as digits, else in lower case."""
    code = identifiers.normalise_code(name)
    if CREDIT_CODE.fullmatch(code):
        return code
    plain = nfkc(name).strip()
    digits = re.sub(r"[\s-]", "", plain).removeprefix("+86")
    return digits if identifiers.is_mobile(digits) else plain.casefold()[:64]


def login_name_errors(name: str, *, kind: str) -> Texts:
    """What is wrong with a new log-in name; a user name must not look like another kind's (D-24)."""
    key = login_key(name)
    if kind == "credit_code":
        return [] if CREDIT_CODE.fullmatch(key) else [_("请填写统一社会信用代码")]
    if kind == "phone":
        return [] if identifiers.is_mobile(key) else [_("手机号应为11位数字，如 13800000000")]
    if kind == "username":
        return _username_errors(nfkc(name).strip())
    return []


def _username_errors(name: str) -> Texts:
    if not name:
        return [_("请填写用户名")]
    code = identifiers.normalise_code(name)
    shapes = (
        CREDIT_CODE.fullmatch(code),
        re.fullmatch(r"[0-9]{11}", code.removeprefix("+86")),
        "@" in name,
        name.casefold().endswith("_admin"),
    )
    if any(shapes):
        return [SHAPE_REFUSED]
    if not USERNAME.fullmatch(name.casefold()):
        return [_("用户名须为4至32位，以字母开头，由字母、数字、点、横线或下划线组成")]
    return []


def network_of(address: str) -> str:
    """The network an address counts for: /24 of IPv4, /56 of IPv6; what is no address stays as it is."""
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return address.strip()[:64]
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    prefix = 24 if parsed.version == 4 else 56
    return str(ipaddress.ip_network((parsed, prefix), strict=False))


def session_end(
    *,
    created_at: datetime,
    last_active_at: datetime,
    epoch: int,
    account_epoch: int,
    account_open: bool,
    now: datetime,
    idle: timedelta,
    total: timedelta,
) -> str:
    """Why a session is over: `ended`, `absolute`, `idle`; empty while it lives (REG-19)."""
    if epoch != account_epoch or not account_open:
        return "ended"
    if now - created_at >= total:
        return "absolute"
    return "idle" if now - last_active_at > idle else ""
