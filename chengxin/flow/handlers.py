"""经办人: appointed by the enterprise's administrator on the legal representative's authorisation (VOL-03, D-29)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from chengxin.access import actions as access
from chengxin.access import queries as access_queries
from chengxin.access import rules as access_rules
from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import Conflict, Invalid, NotFound
from chengxin.filings import files
from chengxin.filings import queries as filings
from chengxin.filings.files import Stored
from chengxin.filings.values import FilingView, SubmissionView
from chengxin.flow import accounts, notices
from chengxin.flow.accounts import CONSENTS
from chengxin.flow.step import step
from chengxin.gateways import actions as gateways
from chengxin.identity import actions as identity
from chengxin.identity import assurance, handlers
from chengxin.identity import queries as identity_queries
from chengxin.identity.handlers import Term
from chengxin.identity.values import ActedOn, Actor, EnterpriseView, HandlerView, PaperView

BY = Actor.system("handlers")
INVITATION = "handler-invitation"
INVITATION_MINUTES = 3 * 24 * 60
INVITATION_PATH = "/account/invitation/"
SLOT = "registration"


@dataclass(frozen=True)
class NewHandler:
    """A 经办人 as typed, with the term of the authorisation."""

    display_name: str
    username: str
    email: str
    phone: str
    term: Term


@step
def appoint(*, new: NewHandler, paper: Stored | None, by: Actor) -> UUID:
    """Set a handler's account up and mail him the invitation; the session must be strong, as the paper is taken at its word.

    Raises Invalid by field (display_name, username, email, phone, term, paper).
    """
    assurance.require_strong(by)
    taken = _paper(paper)
    try:
        account_id = handlers.appoint(display_name=new.display_name, email=new.email, phone=new.phone, paper=taken, term=new.term, by=by)
    except Invalid as error:
        raise Invalid({**_username_errors(new.username), **error.fields}) from error
    access.open_login(account_id=account_id, name=new.username, kind="username", by=BY)
    _invite(account_id, new, by=by)
    return account_id


def _username_errors(name: str) -> dict[str, list[str]]:
    texts = [str(text) for text in access_rules.login_name_errors(name, kind="username")]
    return {"username": texts} if texts else {}


def _paper(stored: Stored | None) -> PaperView:
    if stored is None or not files.exists(stored.sha256):
        raise Invalid({"paper": [_("请上传法定代表人签署的授权文件")]})
    return PaperView(stored.sha256, stored.name, stored.media_type, stored.pages)


def _invite(account_id: UUID, new: NewHandler, *, by: Actor) -> None:
    token = access.issue_link(account_id=account_id, purpose=INVITATION, minutes=INVITATION_MINUTES)
    until = clock.now() + timedelta(minutes=INVITATION_MINUTES)
    gateways.enqueue(
        channel="mail",
        purpose=INVITATION,
        to=new.email,
        template="account_invited",
        params={"name": new.display_name, "unit": by.display_name, "login": new.username, "until": until},
        secret_params={"reset_link": f"{settings.SITE_ORIGIN}{INVITATION_PATH}{token}"},
        dedupe_key=f"{INVITATION}:{uuid.uuid4()}",
        secret_until=until,
    )


@step
def invite_again(*, account_id: UUID, by: Actor) -> None:
    """Mail the invitation once more; the former link stops working. Raises Conflict where it was accepted."""
    assurance.require_strong(by)
    found = handlers.one(account_id=account_id, by=by)
    if found.standing != "invited":
        raise Conflict(_("该经办人已启用账号或授权已结束，不需要再次邀请。"))
    email = identity_queries.email_of(account_id, BY, INVITATION)
    login = access_queries.usernames([account_id])[account_id]
    term = Term(found.authorised_from, found.authorised_until)
    _invite(account_id, NewHandler(found.display_name, login, email, "", term), by=by)


@step
def renew(*, account_id: UUID, paper: Stored | None, term: Term, by: Actor) -> None:
    """Another paper and another term. Raises Invalid by field (term, paper)."""
    assurance.require_strong(by)
    handlers.renew(account_id=account_id, paper=_paper(paper), term=term, by=by)


@step
def end(*, account_id: UUID, by: Actor) -> None:
    """Revoke an authorisation at once; any session of the enterprise's administrator may do so."""
    handlers.end(account_id=account_id, by=by)
    access.free_names(account_id=account_id, by=BY)


@step
def remind(limit: int) -> int:
    """Handlers whose authorisation ends soon, and their enterprises, are told once: time enough for another paper (VOL-03)."""
    ending = handlers.take_ending(days=settings.AUTHORISATION_NOTICE_DAYS, limit=limit)
    for each in ending:
        notices.authorisation_ends(ending=each)
    return len(ending)


def invitation(token: str) -> tuple[HandlerView, EnterpriseView]:
    """Who is invited by whom, while the link works. Raises access.LinkRefused, NotFound."""
    found, enterprise_id = handlers.invited(access.peek_link(token, INVITATION))
    return found, identity_queries.enterprise(enterprise_id)


@step
def accept(*, token: str, password: str, consents: Mapping[str, str]) -> UUID:
    """The handler sets a password and gives the consents of D-31: the account opens. Raises LinkRefused, Invalid({"password": …})."""
    account_id = access.redeem_link(token, INVITATION)
    for document in CONSENTS:
        if consents.get(document) != catalogue.commitment(document).version:
            raise Conflict(_("该文本已更新，请重新阅读并勾选"), code="document-changed")
    access.set_password(account_id=account_id, password=password, by=BY)
    handlers.accept(account_id=account_id)
    for document, version in consents.items():
        identity.give_consent(document=document, version=version, account_id=account_id, by=BY)
    return account_id


def picture(*, account_id: UUID, page: int, by: Actor) -> tuple[bytes, str]:
    """One page of a handler's authorisation paper, for the enterprise's administrator; every reading is logged (D-16)."""
    held = _read(account_id=account_id, by=by)
    return files.picture(held.sha256, media_type=held.media_type, page=page)


@step
def _read(*, account_id: UUID, by: Actor) -> PaperView:
    found = handlers.one(account_id=account_id, by=by)
    identity.log_access(by=by, what="authorisation", subject=str(account_id), purpose="view")
    return found.paper


def acted_on(*, filing: FilingView, submission: SubmissionView) -> ActedOn | None:
    """The authorisation on which a filing was handed in; None where the enterprise's administrator did so himself."""
    if submission.by_id is None or filing.enterprise_id is None:
        return None
    return handlers.acted_on(account_id=submission.by_id, enterprise_id=filing.enterprise_id, at=submission.submitted_at)


def picture_behind(*, filing_id: UUID, page: int, by: Actor) -> tuple[bytes, str]:
    """One page of the paper on which a filing was handed in, for those who may see the filing; every reading is logged (D-16)."""
    held = _read_behind(filing_id=filing_id, by=by)
    return accounts.looked_at(files.picture(held.sha256, media_type=held.media_type, page=page), by=by)


@step
def _read_behind(*, filing_id: UUID, by: Actor) -> PaperView:
    filing = filings.one(filing_id=filing_id, by=by)
    submission = filings.submission(filing_id=filing_id, by=by)
    found = acted_on(filing=filing, submission=submission) if submission else None
    if found is None:
        raise NotFound(_("未找到该附件。"))
    identity.log_access(by=by, what="authorisation", subject=str(filing_id), purpose="review")
    return found.paper
