"""Identifiers with check digits and shapes: credit codes, resident cards, other papers, phones, filings.

Every checker returns Chinese sentences that name the fault and the remedy (D-38); an empty list means good.
Nothing here reads a clock: `today` is passed in.
"""

import re
from datetime import date
from operator import mul

from django.utils.translation import gettext as _

from chengxin.common.text import nfkc

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015: digits and capitals without I, O, S, V, Z."""

_USCC_VALUES = {sign: value for value, sign in enumerate(USCC_ALPHABET)}
_USCC_BYTES = bytes(_USCC_VALUES.get(chr(byte), 0) for byte in range(256))
_USCC_SHAPE = re.compile(rf"[{USCC_ALPHABET}]{{2}}[0-9]{{6}}[{USCC_ALPHABET}]{{10}}\Z")
_USCC_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_USCC_CATEGORIES = {
    "1": "1239", "2": "19", "3": "123459", "4": "19", "5": "1239", "6": "129",
    "7": "129", "8": "19", "9": "123", "A": "19", "N": "1239", "Y": "1",
}  # fmt: skip
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

_SHAPES = {
    "mobile": r"1[3-9]\d{9}",
    "landline": r"(0\d{2,3}-?)?[2-9]\d{6,7}(-\d{1,6})?|400-?\d{3}-?\d{4}|800-?\d{3}-?\d{4}|1\d{4}|9\d{4,5}",
    "email": r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}",
    "postcode": r"\d{6}",
    "icp": rf"[{_PROVINCES}]ICP(备|证)\d{{6,10}}号(-\d{{1,4}})?",
    "psb_filing": rf"[{_PROVINCES}]公网安备\s?\d{{14}}号",
    "telecom_licence": rf"[{_PROVINCES}]ICP证\d{{6,10}}号|([{_PROVINCES}]|合字)?[AB][12](\.[AB][12])*-\d{{8}}",
    "passport_cn": r"E[A-HJ-NP-Z]\d{7}|[EG]\d{8}|[DSP]\d{7,8}|[DSP]E\d{7}|1[45]\d{7}",
    "passport_foreign": r"[A-Z0-9]{5,17}",
    "hk_macau_pass": r"[HM]\d{8}(\d{2})?",
    "taiwan_pass": r"\d{8}|\d{10}(\([A-Z]\)|[A-Z])?",
    "cnaps": r"\d{12}",
    "stock_code": r"\d{6}|\d{4,5}\.HK|[A-Z]{1,5}",
}
_COMPILED = {name: re.compile(rf"(?:{shape})\Z", re.ASCII) for name, shape in _SHAPES.items()}


def matches(shape: str, s: str) -> bool:
    """Say whether `s` has the named shape (`postcode`, `icp`, …); see `_SHAPES`."""
    return _COMPILED[shape].match(s) is not None


def shapes() -> frozenset[str]:
    """Return the names that `matches` knows."""
    return frozenset(_COMPILED)


def normalise_code(s: str) -> str:
    """Return a typed code in ordinary width, without blanks and hyphens, in capitals."""
    if s.isascii() and s.isalnum():
        return s.upper()
    return re.sub(r"[\s\-‐‑–—]", "", nfkc(s)).upper()


def normalise_uscc(s: str) -> str:
    """Return a credit code as it is stored: ordinary width, no blanks or hyphens, capitals."""
    return normalise_code(s)


def uscc_check_char(body: str) -> str:
    """Return the 18th character for the first 17 of a credit code (GB 32100-2015)."""
    total = sum(map(mul, body.encode("ascii").translate(_USCC_BYTES), _USCC_WEIGHTS))
    return USCC_ALPHABET[(31 - total % 31) % 31]


def org_check_char(body: str) -> str:
    """Return the 9th character of an organisation code for its first 8 (GB 11714)."""
    rest = 11 - sum(int(c, 36) * w for c, w in zip(body, _ORG_WEIGHTS, strict=True)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def uscc_errors(s: str) -> list[str]:
    """Return what is wrong with a credit code; division codes that no longer exist stay good."""
    code = normalise_uscc(s)
    if _USCC_SHAPE.match(code) and code[1] in _USCC_CATEGORIES.get(code[0], "") and uscc_check_char(code[:17]) == code[17]:
        return []
    if len(code) != 18:
        return [_("统一社会信用代码应为18位，请核对营业执照后补齐")]
    if re.search("[IOSVZ]", code):
        return [_("统一社会信用代码不得包含字母I、O、S、V、Z，请核对是否应为数字1、0、5、2")]
    if not code[2:8].isascii() or not code[2:8].isdigit():
        return [_("统一社会信用代码第3至8位应为数字，请核对营业执照")]
    if not _USCC_VALUES.keys() >= set(code):
        return [_("统一社会信用代码只能由数字和大写字母组成，请核对营业执照")]
    if code[1] not in _USCC_CATEGORIES.get(code[0], ""):
        return [_("统一社会信用代码前两位不是有效的登记管理部门和机构类别代码，请核对营业执照")]
    if uscc_check_char(code[:17]) != code[17]:
        return [_("统一社会信用代码校验位不正确，请核对营业执照")]
    return []


def uscc_warnings(s: str) -> list[str]:
    """Return doubts that do not refuse a credit code: its inner organisation code has a wrong check character."""
    code = normalise_uscc(s)
    if uscc_errors(code) or org_check_char(code[8:16]) == code[16]:
        return []
    return [_("主体标识码校验位异常，请人工核对")]


def uscc_kind(uscc: str) -> str:
    """Return the first two characters: 91 company, 92 individual business, 93 cooperative, and so on."""
    return normalise_uscc(uscc)[:2]


def is_mobile(s: str) -> bool:
    """Say whether `s` is a mainland mobile number of 11 digits."""
    return matches("mobile", s)


def is_phone(s: str) -> bool:
    """Say whether `s` is a mobile, landline, 400/800 or short service number."""
    return is_mobile(s) or matches("landline", s)


def is_email(s: str) -> bool:
    """Say whether `s` has the shape of an e-mail address of at most 254 characters."""
    local = s.split("@")[0]
    dots_fine = not (local.startswith(".") or local.endswith(".") or ".." in local)
    return len(s) <= 254 and dots_fine and matches("email", s)


def resident_check_char(body: str) -> str:
    """Return the 18th character for 17 digits (GB 11643-1999, ISO 7064 MOD 11-2)."""
    return _RESIDENT_CHECKS[sum(int(c) * w for c, w in zip(body, _RESIDENT_WEIGHTS, strict=True)) % 11]


def resident_id_errors(s: str, *, today: date, min_age: int = 18) -> list[str]:
    """Return what is wrong with a resident card number; retired division codes stay good for life."""
    code = normalise_code(s)
    if not re.match(r"[0-9]{17}[0-9X]\Z", code):
        return [_("居民身份证号码应为18位，前17位为数字，末位为数字或X")]
    if code[0] in "09":
        return [_("居民身份证号码首位应为1至8，外国人永久居留身份证请选择相应证件类型")]
    try:
        born = date(int(code[6:10]), int(code[10:12]), int(code[12:14]))
    except ValueError:
        return [_("居民身份证号码中的出生日期不存在，请核对证件")]
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if born > today or age > 130:
        return [_("居民身份证号码中的出生日期不合理，请核对证件")]
    if resident_check_char(code[:17]) != code[17]:
        return [_("居民身份证号码校验位不正确，请核对证件")]
    if age < min_age:
        return [_("证件持有人应年满%(age)s周岁，请更换人员") % {"age": min_age}]
    return []


def permanent_residence_errors(s: str) -> list[str]:
    """Return what is wrong with a foreigner's permanent residence card (2023 edition, or 3 letters and 12 digits)."""
    code = normalise_code(s)
    if re.match(r"[A-Z]{3}[0-9]{12}\Z", code):
        return []
    if not re.match(r"9[0-9]{16}[0-9X]\Z", code):
        return [_("外国人永久居留身份证号码应为9开头的18位，或3位字母加12位数字")]
    if resident_check_char(code[:17]) != code[17]:
        return [_("外国人永久居留身份证号码校验位不正确，请核对证件")]
    return []


def luhn_ok(s: str) -> bool:
    """Say whether 12 to 19 digits pass the Luhn check of personal bank cards."""
    code = normalise_code(s)
    if not re.match(r"[0-9]{12,19}\Z", code):
        return False
    doubled = [int(c) * (1 + i % 2) for i, c in enumerate(reversed(code))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def old_register_number_ok(s: str) -> bool:
    """Say whether a 15-digit register number passes ISO 7064 MOD 11,10; a fault is only worth a warning."""
    code = normalise_code(s)
    if not re.match(r"[0-9]{15}\Z", code):
        return False
    product = 10
    for c in code[:14]:
        product = ((product + int(c)) % 10 or 10) * 2 % 11
    return (product + int(code[14])) % 10 == 1
