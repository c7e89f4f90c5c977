"""Kinds of fields: one small class each, from the typed string to a value and back to what is shown.

    parse       raw string → typed value, or `Bad` with one sentence naming field and remedy (D-38)
    to_json     typed value → JSON kept in a record (decimals and dates as strings, D-17)
    from_json   the way back
    to_public   what a stranger may see: masks applied, None where nothing is shown
    display     words for a page

`KINDS` is the whole list; the loader refuses every other name. `personal` kinds are sealed at rest (D-41).
"""

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from chengxin.catalogue.codes import Codes
from chengxin.catalogue.values import Field
from chengxin.common import identifiers
from chengxin.common.text import mask_name, nfkc, street_level

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Bad(Exception):
    """A typed string that is no value of its kind; the argument is the sentence for the person."""


@dataclass(frozen=True, slots=True)
class Around:
    """What parsing may know besides the string: the day, the code tables."""

    today: date
    codes: Codes


class Kind:
    """Base: text of one line. `keys` are the catalogue keys a field of this kind may carry."""

    name: ClassVar[str] = "text"
    personal: ClassVar[bool] = False
    keys: ClassVar[frozenset[str]] = frozenset({"min_length", "max_length", "shape"})
    longest: ClassVar[int] = 200

    def parse(self, raw: str, field: Field, around: Around) -> Any:
        """Return the typed value of `raw` (not blank), or raise `Bad`."""
        return self.within_length(self.tidy(raw, field), field)

    def tidy(self, raw: str, field: Field) -> str:
        """Return `raw` in NFC without outer space; refuse characters nobody can see."""
        text = raw.strip()
        if text.isascii() and text.isprintable():
            return text
        text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
        if CONTROL.search(text):
            raise Bad(_("%(label)s含有无法显示的字符，请删除后重新填写") % {"label": field.label})
        return text

    def within_length(self, text: str, field: Field) -> str:
        """Return `text` if its length and shape keep to the limits."""
        most = field.limits.max_length or self.longest
        least = field.limits.min_length or 0
        if not least <= len(text) <= most:
            about = {"label": field.label, "most": most, "least": least, "now": len(text)}
            if len(text) > most:
                raise Bad(_("%(label)s不能超过%(most)s个字，现有%(now)s个字，请删减") % about)
            raise Bad(_("%(label)s不能少于%(least)s个字，现有%(now)s个字，请补充") % about)
        if field.limits.shape and not identifiers.matches(field.limits.shape, text):
            raise Bad(_("%(label)s的格式不正确，%(example)s") % {"label": field.label, "example": _example(field)})
        return text

    def to_json(self, value: Any) -> Any:
        """Return the JSON kept in a record."""
        return value

    def from_json(self, stored: Any) -> Any:
        """Return the typed value of what `to_json` gave."""
        return stored

    def to_public(self, value: Any, field: Field) -> Any:
        """Return what the public sees of `value`; None where the form does not say public."""
        if value is None or field.public == "never":
            return None
        if field.public == "masked":
            return mask_name(str(value))
        if field.public == "street":
            return street_level(str(value))
        return self.to_json(value)

    def display(self, value: Any, field: Field, codes: Codes) -> str:
        """Return the words for `value` on a page, without its unit."""
        return "" if value is None else str(value)

    def compose(self, parts: Sequence[str]) -> str:
        """Return the raw string of a field that a page sent as several inputs."""
        return next((p for p in parts if p.strip()), "")

    def blank(self, raw: str) -> bool:
        """Say whether nothing was typed."""
        return not raw.strip()


class TextKind(Kind):
    """One line of text."""

    def parse(self, raw: str, field: Field, around: Around) -> str:
        """Return one line; a line break is refused."""
        text = self.tidy(raw, field)
        if "\n" in text:
            raise Bad(_("%(label)s只能填写一行，请删除换行") % {"label": field.label})
        return self.within_length(text, field)


class LongTextKind(Kind):
    """Text of several lines."""

    name = "longtext"
    longest = 2000


class CodeKind(TextKind, ABC):
    """Base of codes that are levelled first (width, blanks, case) and then checked; each code brings its own `faults`."""

    keys = frozenset()

    def level(self, raw: str) -> str:
        """Return the code as stored."""
        return identifiers.normalise_code(raw)

    @abstractmethod
    def faults(self, code: str, field: Field, around: Around) -> list[str]:
        """Return what is wrong with a levelled code."""

    def parse(self, raw: str, field: Field, around: Around) -> str:
        """Return the levelled code, or the first thing wrong with it."""
        code = self.level(self.tidy(raw, field))
        for fault in self.faults(code, field, around):
            raise Bad(fault)
        return code


class UsccKind(CodeKind):
    """Unified social credit code."""

    name = "uscc"

    def faults(self, code: str, field: Field, around: Around) -> list[str]:
        """Return the faults by GB 32100."""
        return identifiers.uscc_errors(code)


class NameKind(TextKind):
    """Name of an organisation."""

    name = "name"
    longest = 100

    def parse(self, raw: str, field: Field, around: Around) -> str:
        """Return a name of at least two characters that is not only digits or marks."""
        text = super().parse(raw, field, around)
        if len(text) < 2 or not re.search(r"[^\W\d_]", text):
            raise Bad(_("%(label)s应与营业执照一致，请填写完整名称") % {"label": field.label})
        return text


class PersonNameKind(TextKind):
    """Name of a person."""

    name = "person_name"
    personal = True
    keys = frozenset({"max_length"})
    longest = 50

    def parse(self, raw: str, field: Field, around: Around) -> str:
        """Return a name of letters, dots, hyphens and spaces."""
        text = super().parse(raw, field, around)
        if not re.fullmatch(r"[^\W\d_](?:[^\W\d_]|[·•．.\-' ])+", text):
            raise Bad(_("%(label)s应为真实姓名，至少2个字，不含数字和符号") % {"label": field.label})
        return text


class IdNumberKind(CodeKind):
    """Number of a personal document; `document: resident` allows only resident cards."""

    name = "id_number"
    personal = True
    keys = frozenset({"document"})
    other_papers: ClassVar[tuple[str, ...]] = ("passport_cn", "hk_macau_pass", "taiwan_pass", "passport_foreign")

    def faults(self, code: str, field: Field, around: Around) -> list[str]:
        """Return the faults by the rules of the document the number looks like."""
        if field.limits.document == "resident" or re.match(r"[1-8][0-9]{16}[0-9X]\Z", code):
            return identifiers.resident_id_errors(code, today=around.today)
        if re.match(r"(9[0-9]{17}|9[0-9]{16}X|[A-Z]{3}[0-9]{12})\Z", code):
            return identifiers.permanent_residence_errors(code)
        if any(identifiers.matches(shape, code) for shape in self.other_papers):
            return []
        return [_("%(label)s不是有效的证件号码，请核对证件后重新填写") % {"label": field.label}]


class PhoneKind(CodeKind):
    """Telephone of a person: never public."""

    name = "phone"
    personal = True
    keys = frozenset({"shape"})

    def level(self, raw: str) -> str:
        """Return digits and the hyphens between area, number and extension."""
        bare = re.sub(r"[\s()]", "", nfkc(raw)).replace("转", "-")
        return re.sub(r"^(\+?86)-?(?=1\d{10}$)", "", bare)

    def faults(self, code: str, field: Field, around: Around) -> list[str]:
        """Return the faults of a mobile number, or of any telephone."""
        if field.limits.shape == "mobile":
            good, example = identifiers.is_mobile(code), "13800138000"
        else:
            good, example = identifiers.is_phone(code), "0571-88886666"
        about = {"label": field.label, "example": example}
        return [] if good else [_("%(label)s格式不正确，应如 %(example)s") % about]


class HotlineKind(PhoneKind):
    """Telephone of an organisation that it wants to be called on."""

    name = "hotline"
    personal = False


class EmailKind(CodeKind):
    """E-mail address; its domain is kept in lower case."""

    name = "email"
    personal = True

    def level(self, raw: str) -> str:
        """Return the address with its domain in lower case."""
        local, at, domain = nfkc(raw).strip().rpartition("@")
        return f"{local}{at}{domain.lower()}"

    def faults(self, code: str, field: Field, around: Around) -> list[str]:
        """Return the fault of the address."""
        if identifiers.is_email(code):
            return []
        return [_("%(label)s格式应如 name@example.com") % {"label": field.label}]


class BankKind(CodeKind):
    """Account at a bank: 5 to 32 digits; accounts of companies have no check digit."""

    name = "bank"
    personal = True

    def faults(self, code: str, field: Field, around: Around) -> list[str]:
        """Return the fault of the number."""
        if re.match(r"[0-9]{5,32}\Z", code):
            return []
        return [_("%(label)s应为5至32位数字，请核对开户许可证或银行卡") % {"label": field.label}]


class IcpKind(CodeKind):
    """ICP filing number of a site."""

    name = "icp"

    def level(self, raw: str) -> str:
        """Return the number in ordinary width; province and 备 stay."""
        return re.sub(r"\s", "", nfkc(raw)).replace("icp", "ICP").replace("Icp", "ICP")

    def faults(self, code: str, field: Field, around: Around) -> list[str]:
        """Return the fault of the number."""
        if identifiers.matches("icp", code):
            return []
        return [_("%(label)s格式应如 京ICP备12005222号-2，可在工信部备案系统查询") % {"label": field.label}]


def _example(field: Field) -> str:
    examples = {
        "postcode": _("应为6位数字"),
        "psb_filing": _("应如 京公网安备11011302001653号"),
        "telecom_licence": _("应如 浙B2-20080224"),
        "stock_code": _("应如 600519 或 9988.HK"),
        "cnaps": _("应为12位数字"),
        "landline": _("应如 0571-88886666"),
        "mobile": _("应如 13800138000"),
    }
    return examples.get(field.limits.shape or "", _("请按提示重新填写"))
