"""我的信息授权: what was agreed to, in which version, and taking it back (D-31)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Commitment
from chengxin.flow import accounts
from chengxin.identity import assurance
from chengxin.identity import queries as identity
from chengxin.identity.values import ConsentView
from chengxin.web.session import Request, enterprise_itself

WAYS = {
    "password": gettext_noop("口令登录"),
    "code": gettext_noop("验证码登录"),
    "passkey": gettext_noop("通行密钥登录"),
    "card": gettext_noop("证书登录"),
    "e_licence": gettext_noop("电子营业执照登录"),
}
PROOFS = {"none": gettext_noop("未实名认证"), "medium": gettext_noop("中"), "high": gettext_noop("高")}


@dataclass(frozen=True)
class Word:
    """One document and the account's newest word on it."""

    code: str
    current: Commitment
    given: bool
    at: datetime | None
    agreed: Commitment | None

    @property
    def outdated(self) -> bool:
        """Whether the text has changed since it was agreed to."""
        return self.given and self.agreed is not None and self.agreed.version != self.current.version


@require_http_methods(["GET", "POST"])
@enterprise_itself
def consents(request: Request) -> HttpResponse:
    """Show every word given; take one back or give it again."""
    if request.method == "POST":
        document, version = request.POST.get("document", ""), request.POST.get("version", "")
        accounts.consent(document=document, version=version, given=request.POST.get("given") == "1", by=request.actor)
        return redirect("/account/consents?done=1")
    said = {one.document: one for one in identity.consents(request.actor.id, by=request.actor)}
    words = [_word(code, said.get(code)) for code in accounts.CONSENTS]
    withdrawn = any(word.agreed and not word.given for word in words)
    context = {"words": words, "done": "done" in request.GET, "withdrawn": withdrawn, "strong": assurance.strong(request.actor)}
    return render(request, "account/consents.html", {**context, **_level(request)})


def _level(request: Request) -> dict[str, str]:
    """How this session logged in, and what is proven of the account, in words (D-28)."""
    found = assurance.of(request.actor)
    return {"way": _(WAYS[found.session]), "proven": _(PROOFS[found.account])}


def _word(code: str, said: ConsentView | None) -> Word:
    current = catalogue.commitment(code)
    agreed = catalogue.commitment_version(said.version) if said else None
    return Word(code=code, current=current, given=bool(said and said.given), at=said.at if said else None, agreed=agreed)
