"""Pure decisions of identity: what a registration must say, how contact data are masked."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chengxin.common import identifiers, text
from chengxin.identity.tree import DivisionTree
from chengxin.identity.values import UNNAMED_KIND

HELP_FORM = "report/help"
VOLUNTARY = "voluntary"
OF_VOLUNTARY = (VOLUNTARY, "takedown")  # kinds of filings that are about voluntary records
OPEN_KINDS = ("91", "92", "93")
MAX_NAME = 200
MAX_EMAIL = 254

NAME_TAKEN = _("企业名称已被注册")
CODE_TAKEN = _("统一社会信用代码已被注册")

Errors = dict[str, list[str | Promise]]


def form_patterns(form: str) -> list[str]:
    """What a reviewer's list of forms may say to mean `form`: itself, or its folder with a star."""
    return [form, f"{form.split('/')[0]}/*"]


def covers(forms: Collection[str], form: str) -> bool:
    """Whether a reviewer's list of forms means `form`; an empty list means every form (D-05)."""
    return not forms or any(pattern in forms for pattern in form_patterns(form))


def role_for(form: str | None) -> str:
    """The role of whoever decides `form` in the agency it lies with: people of the help desk for pleas for help, else reviewers."""
    return "helpdesk" if form == HELP_FORM else "reviewer"


def review_permission(form: str) -> str:
    """The permission that deciding `form` needs."""
    return "ticket.handle" if form == HELP_FORM else "filing.review"


def edit_permission(kind: str) -> str:
    """The permission that writing a filing of `kind` needs: handlers write voluntary records only (VOL-03)."""
    return "voluntary.file" if kind in OF_VOLUNTARY else "filing.edit"


def clean_name(name: str) -> str:
    """The name as it is kept: NFC, outer spaces gone, inner runs of spaces as one."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def clean_email(email: str) -> str:
    """The address as it is kept: width levelled, without spaces around."""
    return text.nfkc(email).strip()


def clean_phone(phone: str) -> str:
    """The number as it is kept: eleven digits without spaces, hyphens or +86."""
    digits = "".join(char for char in text.nfkc(phone) if char not in " -\u00a0")
    return digits.removeprefix("+86")


def email_key(email: str) -> str:
    """What two spellings of one mailbox share."""
    return clean_email(email).casefold()


def registration_errors(*, uscc: str, name: str, division_code: str, email: str, phone: str, tree: DivisionTree) -> Errors:
    """What is wrong with a registration, by field; empty if it can be taken (REG-02, D-12)."""
    errors: Errors = {"uscc": code_errors(uscc)}
    kind = identifiers.uscc_kind(identifiers.normalise_uscc(uscc)) if not errors["uscc"] else ""
    errors |= change_errors(kind=kind, name=name, division_code=division_code, email=email, phone=phone, tree=tree)
    return _some(errors)


def change_errors(*, kind: str, name: str, division_code: str, email: str, phone: str, tree: DivisionTree) -> Errors:
    """What is wrong with everything but the code; `kind` are the code's first two characters."""
    return _some(
        {
            "name": name_errors(name, kind=kind),
            "division": division_errors(division_code, tree=tree),
            "email": email_errors(email),
            "phone": phone_errors(phone),
        }
    )


def code_errors(uscc: str) -> list[str | Promise]:
    """What is wrong with a credit code, and whether its kind can register here."""
    if not uscc.strip():
        return [_("请填写统一社会信用代码")]
    found: list[str | Promise] = list(identifiers.uscc_errors(uscc))
    if not found and identifiers.uscc_kind(identifiers.normalise_uscc(uscc)) not in OPEN_KINDS:
        found.append(_("目前受理企业、个体工商户和农民专业合作社注册，其统一社会信用代码以91、92或93开头"))
    return found


def name_errors(name: str, *, kind: str) -> list[str | Promise]:
    """What is wrong with a name; kind 92 may have none (D-12)."""
    cleaned = clean_name(name)
    key = text.name_key(cleaned)
    if not key:
        return [] if kind == UNNAMED_KIND else [_("请填写企业名称")]
    if len(cleaned) > MAX_NAME or len(key) > MAX_NAME:
        return [_("企业名称不能超过200个字")]
    if any(unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn") for char in cleaned):
        return [_("企业名称含有无法识别的字符，请按营业执照填写")]
    return []


def division_errors(code: str, *, tree: DivisionTree) -> list[str | Promise]:
    """What is wrong with 所属地区: a current division of the lowest level is wanted."""
    if not code:
        return [_("请选择所属地区")]
    if code not in tree:
        return [_("所属地区不存在，请重新选择")]
    if tree.rows[code].retired:
        return [_("所选地区已撤并，请选择现行行政区划")]
    return [] if tree.is_leaf(code) else [_("请将所属地区选择到区县")]


def email_errors(email: str) -> list[str | Promise]:
    """What is wrong with a mailbox."""
    cleaned = clean_email(email)
    if not cleaned:
        return [_("请填写邮箱")]
    fine = len(cleaned) <= MAX_EMAIL and identifiers.is_email(cleaned)
    return [] if fine else [_("邮箱格式应如 name@example.com")]


def phone_errors(phone: str) -> list[str | Promise]:
    """What is wrong with a mobile number."""
    cleaned = clean_phone(phone)
    if not cleaned:
        return [_("请填写手机号")]
    return [] if identifiers.is_mobile(cleaned) else [_("手机号应为11位数字，如 13800000000")]


def mask_email(email: str) -> str:
    """`liming@example.com` as `li***@example.com`."""
    local, at, host = email.rpartition("@")
    return f"{local[:2] if len(local) > 2 else local[:1]}***{at}{host}" if at else ""


def mask_phone(phone: str) -> str:
    """`13800001234` as `138****1234`."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else ""


def _some(errors: Mapping[str, list[str | Promise]]) -> Errors:
    return {field: list(texts) for field, texts in errors.items() if texts}
