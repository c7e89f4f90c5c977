"""The forms of registration and log-in; every message names its field and the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from chengxin.access import queries as access
from chengxin.catalogue import queries as catalogue
from chengxin.common import identifiers
from chengxin.identity import rules
from chengxin.identity.handlers import Term
from chengxin.identity.values import UNNAMED_KIND
from chengxin.web.divisions import division_tree
from chengxin.web.pageforms import DivisionEntry, Entry, PageForm, Tick

Redrawn = TypeVar("Redrawn", bound=PageForm)
REDRAWS = ("_captcha", "_search")
DOCUMENTS = {"agreement": "user-agreement", "privacy": "privacy-notice"}


def wants_redraw(data: QueryDict) -> bool:
    """Whether one of the page's small buttons was pressed and nothing is handed in."""
    return any(name in data for name in REDRAWS)


def redrawn(form: Redrawn) -> Redrawn:
    """A form with what was typed and no complaints: the page was posted for another captcha or list only."""
    vars(form)["_errors"] = ErrorDict()
    return form


def problems(form: PageForm) -> list[tuple[str, str]]:
    """What is wrong, in the order of the page, each with the id of its row; what belongs to no row comes first."""
    if not form.is_bound:
        return []
    rows = [("", NON_FIELD_ERRORS), *((f"f-{name}", name) for name in form.fields)]
    return [(id_, str(text)) for id_, name in rows for text in form.errors.get(name, ())]


class AccountForm(PageForm):
    """What a registration asks for besides code and password."""

    name = Entry(label=_("企业名称"), kind="name", max_length=200, required=False)
    division = DivisionEntry(label=_("所属地区"))
    email = Entry(label=_("邮箱"), kind="email", max_length=254)
    phone = Entry(label=_("手机号"), kind="phone", max_length=20)

    subject_kind = ""

    def __init__(self, *args: Any, subject_kind: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subject_kind = subject_kind
        DivisionEntry.offer(self, "division", division_tree())
        self.fields["name"].starred = subject_kind != UNNAMED_KIND  # type: ignore[attr-defined]
        self.fields["name"].help_text = _("与营业执照一致；没有字号名称的个体工商户可不填")
        self.fields["email"].help_text = _("审核结果会通过邮件发送至此邮箱")

    def clean(self) -> dict[str, Any]:
        """Say everything that can be said of the page at once, in the words of the platform's own rules."""
        cleaned = super().clean() or {}
        self._judge("name", rules.name_errors(cleaned.get("name", ""), kind=self.subject_kind))
        self._judge("email", rules.email_errors(cleaned.get("email", "")))
        self._judge("phone", rules.phone_errors(cleaned.get("phone", "")))
        return cleaned

    def _judge(self, name: str, errors: Sequence[Any]) -> None:
        """Add what is wrong with a field that has no problem yet."""
        for text in errors if name not in self.errors else ():
            self.add_error(name, text)


class RegistrationForm(AccountForm):
    """企业用户注册 (REG-02)."""

    uscc = Entry(label=_("统一社会信用代码"), kind="uscc", max_length=40, clearable=True)
    password = Entry(label=_("密码"), kind="password", max_length=200, autocomplete="new-password")
    password_again = Entry(label=_("确认密码"), kind="password", max_length=200, autocomplete="new-password")
    agreement = Tick(label=_("用户服务协议"))
    privacy = Tick(label=_("个人信息处理告知"))
    field_order = ("name", "uscc", "division", "email", "phone", "password", "password_again")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.proof_errors: list[str] = []
        self.versions = {name: catalogue.commitment(document).version for name, document in DOCUMENTS.items()}
        for name, document in DOCUMENTS.items():
            self.fields[name].label = str(catalogue.commitment(document).tick)
        self.fields["password"].help_text = _("；").join(access.password_hints().hints)

    def clean(self) -> dict[str, Any]:
        """What the code says of the kind of subject; 确认密码 equals 密码; a text that changed meanwhile is read again (D-31)."""
        for name, version in self.versions.items():
            if self.data.get(f"{name}_version", version) != version:
                self._judge(name, [_("该文本已更新，请重新阅读并勾选")])
        typed = self.cleaned_data.get("uscc", "")
        self._judge("uscc", rules.code_errors(typed))
        self.subject_kind = "" if "uscc" in self.errors else identifiers.uscc_kind(typed)
        cleaned = super().clean()
        first, again = cleaned.get("password"), cleaned.get("password_again")
        if first and again and first != again:
            self.add_error("password_again", _("两次输入的密码不一致，请重新输入"))
        return cleaned


class LogInForm(PageForm):
    """登录 by credit code, handlers by their user name (REG-12, VOL-03)."""

    name = Entry(label=_("统一社会信用代码或用户名"), kind="uscc", max_length=40, autocomplete="username")
    password = Entry(label=_("密码"), kind="password", max_length=200, autocomplete="current-password")


class AgencyLogInForm(PageForm):
    """登录 of agencies by user name, with captcha (D-30)."""

    name = Entry(label=_("用户名"), max_length=60, autocomplete="username")
    password = Entry(label=_("密码"), kind="password", max_length=200, autocomplete="current-password")


class TermForm(PageForm):
    """The term of a handler's authorisation."""

    start = Entry(label=_("授权起日"), kind="date", max_length=10)
    end = Entry(label=_("授权止日"), kind="date", max_length=10)

    def clean(self) -> dict[str, Any]:
        """Both as days; a day that does not exist is said beside its field."""
        cleaned = super().clean() or {}
        for name in ("start", "end"):
            if cleaned.get(name):
                try:
                    cleaned[name] = date.fromisoformat(cleaned[name])
                except ValueError:
                    self.add_error(name, _("日期应如 2026-12-31"))
        return cleaned

    @property
    def term(self) -> Term:
        """The term of a valid form."""
        return Term(self.cleaned_data["start"], self.cleaned_data["end"])


class HandlerForm(TermForm):
    """新增经办人 (VOL-03)."""

    display_name = Entry(label=_("经办人姓名"), kind="person_name", max_length=50)
    username = Entry(label=_("登录用户名"), max_length=32, autocomplete="off")
    email = Entry(label=_("邮箱"), kind="email", max_length=254)
    phone = Entry(label=_("手机号"), kind="phone", max_length=20)
    field_order = ("display_name", "username", "email", "phone", "start", "end")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].help_text = _("4至32位，以字母开头，由字母、数字、点、横线或下划线组成")
        self.fields["email"].help_text = _("邀请邮件发送至此邮箱，经办人据此设置自己的密码")
        self.fields["phone"].help_text = _("与经办人在电子营业执照中登记的手机号一致")


class ForgotForm(PageForm):
    """忘记密码 (REG-13)."""

    uscc = Entry(label=_("统一社会信用代码"), kind="uscc", max_length=40)


class ResetForm(PageForm):
    """设置新密码."""

    password = Entry(label=_("新密码"), kind="password", max_length=200, autocomplete="new-password")
    password_again = Entry(label=_("确认新密码"), kind="password", max_length=200, autocomplete="new-password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = _("；").join(access.password_hints().hints)

    def clean(self) -> dict[str, Any]:
        """Both are equal."""
        cleaned = super().clean() or {}
        if cleaned.get("password") and cleaned.get("password_again") and cleaned["password"] != cleaned["password_again"]:
            self.add_error("password_again", _("两次输入的密码不一致，请重新输入"))
        return cleaned


class InvitationForm(ResetForm):
    """接受邀请: an own password and the consents of D-31, not ticked beforehand."""

    agreement = Tick(label=_("用户服务协议"))
    privacy = Tick(label=_("个人信息处理告知"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.versions = {name: catalogue.commitment(document).version for name, document in DOCUMENTS.items()}
        for name, document in DOCUMENTS.items():
            self.fields[name].label = str(catalogue.commitment(document).tick)

    @property
    def consents(self) -> dict[str, str]:
        """The versions that the page showed, by document."""
        return {document: str(self.data.get(f"{name}_version", "")) for name, document in DOCUMENTS.items()}


class ChangeForm(ResetForm):
    """修改密码, knowing the old one."""

    old_password = Entry(label=_("原密码"), kind="password", max_length=200, autocomplete="current-password")
    field_order = ("old_password", "password", "password_again")
