"""Proof that a person without an account can be reached: a captcha sends a code to a phone or mailbox, the code proves it (D-09, D-11)."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from chengxin.access import codes
from chengxin.common.errors import Invalid, TooMany
from chengxin.web import challenges
from chengxin.web.casepage import CasePage
from chengxin.web.components import Challenge
from chengxin.web.forms import Field
from chengxin.web.session import Request

CONTACT = "contact"


@dataclass
class Visitor:
    """The rows 手机号或邮箱, 验证码 and 收到的验证码 of a page; `where` names the field of the contact in its form."""

    request: Request
    page: CasePage
    purpose: str
    use: str
    where: str = CONTACT
    sent_to: str = ""
    captcha_errors: list[str] = field(default_factory=list)
    code_errors: list[str] = field(default_factory=list)
    _challenge: Challenge | None = None

    @property
    def contact(self) -> Field:
        """The row of the phone number or mailbox."""
        return self.page.one(self.where)

    @property
    def challenge(self) -> Challenge | None:
        """A captcha for the next code; None for a network that asked for too many."""
        if self._challenge is None:
            self._challenge = challenges.fresh_or_none(self.request)
        return self._challenge

    @property
    def code(self) -> Field:
        """The row for the code that was sent."""
        return Field(
            name="contact_code",
            id="f-contact_code",
            label=_("收到的验证码"),
            value=self.request.POST.get("contact_code", "")[:12],
            required=True,
            autocomplete="one-time-code",
            hint=_("填写短信或邮件中的6位数字，10分钟内有效"),
            errors=tuple(self.code_errors),
        )

    @property
    def problems(self) -> list[tuple[str, str]]:
        """What is wrong with captcha and code, with the ids of their rows."""
        return [("captcha", text) for text in self.captcha_errors] + [("f-contact_code", text) for text in self.code_errors]

    def send(self) -> None:
        """获取验证码: the captcha is used up, then the code goes to what was typed; what is wrong is said beside its row."""
        contact = self.page.value(self.where)
        wrong = codes.contact_errors(contact)
        if wrong:
            self.page.refuse({self.where: wrong})
            return
        try:
            challenges.check(self.request)
        except Invalid as error:
            self.captcha_errors = error.fields.get("captcha", [error.message])
            return
        try:
            codes.send_contact_code(contact=contact, purpose=self.purpose, network=challenges.network(self.request), use=self.use)
        except TooMany as error:
            wait = -(-error.retry_after // 60)
            self.code_errors = [_("验证码已发送过，请先查收；如未收到，请 %(minutes)d 分钟后重新获取。") % {"minutes": wait}]
            return
        self.sent_to = contact.strip()

    def prove(self, *, spend: bool) -> bool:
        """Whether the typed code fits; it is spent only when the page has nothing else to mend."""
        contact, typed = self.page.value(self.where), self.request.POST.get("contact_code", "")
        if codes.contact_errors(contact):
            return False
        try:
            codes.check_contact_code(contact=contact, purpose=self.purpose, code=typed, spend=spend)
        except Invalid as error:
            self.code_errors = [text for texts in error.fields.values() for text in texts]
            return False
        return True


@dataclass
class Nameless:
    """The row 验证码 of a page handed in by somebody who stays unknown: the captcha goes with the page itself (POL-12c)."""

    request: Request
    captcha_errors: list[str] = field(default_factory=list)
    _challenge: Challenge | None = None

    @property
    def challenge(self) -> Challenge | None:
        """A captcha for the next try; None for a network that asked for too many."""
        if self._challenge is None:
            self._challenge = challenges.fresh_or_none(self.request)
        return self._challenge

    @property
    def problems(self) -> list[tuple[str, str]]:
        """What is wrong with the captcha, with the id of its row."""
        return [("captcha", text) for text in self.captcha_errors]

    def send(self) -> None:
        """Nobody is sent a code."""

    def prove(self, *, spend: bool) -> bool:
        """Whether the captcha was solved; it is used up only when the page has nothing else to mend."""
        if not spend:
            return True
        try:
            challenges.check(self.request)
        except Invalid as error:
            self.captcha_errors = error.fields.get("captcha", [error.message])
            return False
        return True
