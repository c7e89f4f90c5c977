"""客服求助: pleas of those who cannot log in, answered by the help desk; changes of accounts by two people after a day's hold.

A ticket with licence and statement is the only way to another mailbox or to 重置企业信息 (REG-16, REG-17). The old mailbox
learns of it before it takes effect and can stop it by one click.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from chengxin.access import actions as access
from chengxin.access import limits
from chengxin.catalogue import rules as catalogue_rules
from chengxin.catalogue.values import Form
from chengxin.common import clock, identifiers
from chengxin.common.errors import Conflict
from chengxin.filings import account_changes, cases, tickets
from chengxin.filings import queries as filing_queries
from chengxin.filings.files import Stored
from chengxin.filings.values import AccountChangeView
from chengxin.flow import cases as telling
from chengxin.flow import closing, helpdesk_notices
from chengxin.flow.step import settled, step
from chengxin.identity import actions as identity_actions
from chengxin.identity import queries as identity
from chengxin.identity.rules import HELP_FORM
from chengxin.identity.values import NATIONAL, Actor

Files = Sequence[tuple[str, Stored]]
STOP = "stop-account-change"
STOP_PATH = "/help-desk/stop/"
BY = Actor.system("helpdesk")


def check(*, form: Form, values: Mapping[str, str], answers: Mapping[str, str]) -> dict[str, list[str]]:
    """What is wrong or missing in a plea: by path as the form says, by field what the form cannot say."""
    found = dict(catalogue_rules.clean(form, answers, today=clock.today()).errors)
    wrong, right = (identifiers.normalise_uscc(values.get(code, "")) for code in ("uscc", "right_uscc"))
    if values.get("topic") == "code" and wrong and wrong == right:
        found.setdefault("right_uscc", []).append(_("正确的代码应与填错的代码不同"))
    return found


def hand_in(*, values: Mapping[str, str], answers: Mapping[str, str], files: Files, key: str, network: str) -> cases.HandedIn:
    """Take a plea in; whoever sends it learns the same whether the code is known or not (D-27)."""
    limits.named("case.network", network)
    return _hand_in(values=values, answers=answers, files=files, key=key)


@step
def _hand_in(*, values: Mapping[str, str], answers: Mapping[str, str], files: Files, key: str) -> cases.HandedIn:
    about = identity.enterprise_by_uscc(values.get("uscc", ""))
    case = cases.NewCase(
        kind=tickets.KIND,
        form_id=HELP_FORM,
        division_code=NATIONAL,
        answers=answers,
        key=key,
        files=files,
        subject_id=about.id if about else None,
        handler_id=identity.helpdesk_agency().id,
    )
    done = cases.hand_in(case=case, by=Actor.nobody())
    tickets.note(filing_id=done.filing_id, topic=values["topic"], uscc=values.get("uscc", ""))
    return done


@step
def open_ticket(*, ticket_id: UUID, by: Actor) -> None:
    """Opening a ticket is written down: it shows what a stranger said and whose account it concerns (D-41)."""
    filing_queries.one(filing_id=ticket_id, by=by)
    identity_actions.log_access(by=by, what="ticket", subject=str(ticket_id), purpose="help-desk")


@step
def answer(*, ticket_id: UUID, outcome: str, text: str, by: Actor) -> None:
    """Answer a ticket or refuse it with the reason; not while a change of the account waits."""
    cases.require_kind(filing_id=ticket_id, kinds=(tickets.KIND,))
    ruling = cases.Ruling(outcome=outcome, result="answered" if outcome == "approved" else "refused", answer=text)
    cases.decide(filing_id=ticket_id, ruling=ruling, by=by)
    if any(change.state in ("proposed", "held") for change in account_changes.of_ticket(ticket_id=ticket_id, by=by)):
        raise Conflict(_("该求助有一项变更等待复核或生效，不能直接办结。"), code="change-open")
    what = _("已办结") if outcome == "approved" else _("不予办理")
    telling.tell(filing_id=ticket_id, what=what, answer=text.strip(), key=f"ticket:{ticket_id}")


@step
def propose(*, ticket_id: UUID, reason: str, by: Actor) -> UUID:
    """Propose the change that the ticket asks for; another person confirms or declines."""
    return account_changes.propose(ticket_id=ticket_id, reason=reason, by=by)


@step
def settle(*, change_id: UUID, confirmed: bool, by: Actor) -> None:
    """The second person's word; both mailboxes learn of a confirmed change, the old one with a link that stops it."""
    held = account_changes.settle(change_id=change_id, confirmed=confirmed, by=by)
    if held is None:
        return
    minutes = settings.ACCOUNT_CHANGE_HOLD_HOURS * 60
    token = access.issue_link(account_id=held.change.account_id, purpose=STOP, minutes=minutes)
    helpdesk_notices.held(held=held, stop_link=f"{settings.SITE_ORIGIN}{STOP_PATH}{token}")


def to_stop(*, token: str) -> AccountChangeView:
    """The change that a link can stop, for the page with the button; raises LinkRefused, nothing is used up."""
    change = account_changes.held_of(account_id=access.peek_link(token, STOP))
    if change is None:
        raise access.LinkRefused()
    return change


def kind_name(kind: str) -> str:
    """What a change of this kind is called; empty for none."""
    return str(helpdesk_notices.WHAT.get(kind, ""))


@step
def stop(*, token: str) -> None:
    """Whoever holds the old mailbox stops the change; the desk has the ticket back and both mailboxes are told."""
    account_id = access.redeem_link(token, STOP)
    held = account_changes.stop(account_id=account_id, by=BY)
    helpdesk_notices.stopped(held=held)


def carry_out(limit: int) -> int:
    """Carry out changes whose day is over, each in a transaction of its own; returns how many. Who is busy has the next turn."""
    return sum(_settled(change_id) for change_id in account_changes.due(limit=limit))


def _settled(change_id: UUID) -> bool:
    broken = str(_("系统暂时无法办理，请重新办理。"))
    return settled(lambda: _carry_out(change_id=change_id), refuse=lambda why: _fail(change_id=change_id, why=why), broken=broken)


@step
def _carry_out(*, change_id: UUID) -> None:
    enterprise_id = account_changes.one(change_id=change_id).enterprise_id
    identity.lock_enterprise(enterprise_id)
    held = account_changes.hold(change_id=change_id)
    if held is None:
        return
    if identity.administrator_of(enterprise_id) != held.change.account_id:
        raise Conflict(_("该账号已不再管理此企业，请重新核实。"), code="account-gone")
    account_changes.require_free(account_id=held.change.account_id)
    told = CARRY_OUT[held.change.kind](held)
    account_changes.finish(change_id=change_id, by=BY)
    assert held.change.second_id is not None
    second = identity.actor_for(held.change.second_id, "none")
    ruling = cases.Ruling(outcome="approved", result="done", answer=told)
    cases.carry_out(filing_id=held.change.ticket_id, ruling=ruling, by=second)
    telling.tell(filing_id=held.change.ticket_id, what=_("已办结"), answer=told, key=f"ticket:{held.change.ticket_id}")


def _change_mailbox(held: account_changes.Held) -> str:
    """Old and new address get a notice; the new one was proved by a code when the ticket was handed in (REG-17)."""
    old = identity.email_of(held.change.account_id, BY, STOP)
    identity_actions.change_email(account_id=held.change.account_id, email=held.new_email, by=BY)
    helpdesk_notices.mailbox_changed(held=held, old=old)
    return _("注册邮箱已变更为本次联系邮箱。如忘记密码，请在登录页点击“忘记密码”重设。")


def _reset(held: account_changes.Held) -> str:
    """重置企业信息: the account ends, name and code are free (REG-16)."""
    helpdesk_notices.reset(held=held)
    closing.close_enterprise(
        enterprise_id=held.change.enterprise_id,
        reason=cases.number_of(filing_id=held.change.ticket_id),
        why=_("经客服核实，企业信息已重置（%(number)s）。") % {"number": cases.number_of(filing_id=held.change.ticket_id)},
        by=BY,
    )
    return _("企业信息已重置，原账号已终止。请使用正确的统一社会信用代码重新注册。")


CARRY_OUT = {"mailbox": _change_mailbox, "reset": _reset}


@step
def _fail(*, change_id: UUID, why: str) -> None:
    """Keep why a change was not carried out; the ticket is still at the desk."""
    if account_changes.hold(change_id=change_id) is not None:
        account_changes.finish(change_id=change_id, why=why, by=BY)
