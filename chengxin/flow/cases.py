"""What all cases have in common as commands: taking a file in, passing on, telling whoever handed one in what came of it."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from chengxin.access import codes, limits
from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import Invalid
from chengxin.common.text import legible
from chengxin.filings import attaching, cases, messages, progress
from chengxin.filings import queries as filing_queries
from chengxin.filings.files import Readable, Stored
from chengxin.filings.values import FilingView
from chengxin.flow.step import step
from chengxin.gateways import actions as gateways
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor

BY = Actor.system("cases")
MAY_BE_PASSED_ON = ("objection", "error_report", "tipoff", "suggestion")


def take_file(*, stream: Readable, name: str, slot: str, network: str) -> Stored:
    """Check and store one file of a page that is not handed in yet; bytes nobody binds are swept after a day (D-39)."""
    limits.named("case_file.network", network)
    return attaching.intake(stream=stream, name=name, slot=slot)


def ask_progress(*, number: str, code: str, network: str) -> progress.Progress:
    """How a case stands; counted by network, so that codes cannot be tried out."""
    limits.named("case_query.network", network)
    return progress.of(number=number, code=code)


@step
def hand_in(*, case: cases.NewCase, by: Actor) -> cases.HandedIn:
    """Hand a case in that puts no mark anywhere."""
    return cases.hand_in(case=case, by=by)


@step
def pass_on(*, filing_id: UUID, agency_id: UUID | None, reason: str, by: Actor) -> None:
    """转其他单位: the case lies with the other unit from now on; whoever handed it in is told."""
    cases.require_kind(filing_id=filing_id, kinds=MAY_BE_PASSED_ON)
    if agency_id is None:
        raise Invalid({"unit": [_("请选择转往的单位。")]})
    unit = identity.agency(agency_id)
    cases.pass_on(filing_id=filing_id, agency_id=agency_id, reason=reason, by=by)
    what = _("已转%(unit)s办理") % {"unit": unit.name}
    tell(filing_id=filing_id, what=what, answer=reason, key=f"case-passed-on:{filing_id}:{clock.now():%Y%m%d%H%M%S}")


def tell(*, filing_id: UUID, what: str, answer: str, key: str) -> None:
    """Tell whoever handed a case in: a message for those with an account, else mail or SMS to the contact they proved."""
    filing = filing_queries.one(filing_id=filing_id, by=BY)
    case = cases.one(filing_id=filing_id, by=BY)
    title = str(catalogue.version(filing.form_version).title)
    params = {"title": title, "number": case.number, "what": what, "answer": legible(answer)}
    if filing.filer_id is not None:
        _tell_account(filing, params, key)
    elif contact := cases.plain_answers(filing_id=filing_id, by=BY).get("contact", ""):
        _send(contact, params, key, link=f"{settings.SITE_ORIGIN}/progress")


def tell_account(*, account_id: UUID, filing: FilingView, what: str, answer: str, key: str) -> None:
    """Tell another one whom a case concerns, such as the enterprise an error was reported of."""
    params = {"title": str(catalogue.version(filing.form_version).title), "number": "", "what": what, "answer": legible(answer)}
    _post(account_id, filing, params, key)


def _tell_account(filing: FilingView, params: dict[str, str], key: str) -> None:
    assert filing.filer_id is not None
    _post(filing.filer_id, filing, params, key)


def _post(account_id: UUID, filing: FilingView, params: dict[str, str], key: str) -> None:
    said = {**params, "kind": filing.kind, "filing": str(filing.id)}
    messages.post(account_id=account_id, template="case", params=said, key=key)
    to = identity.email_of(account_id, by=BY, purpose="case")
    if to:
        _send(to, params, key, link=f"{settings.SITE_ORIGIN}/workbench/messages")


def _send(contact: str, params: dict[str, str], key: str, *, link: str) -> None:
    mail = codes.is_mailbox(contact)
    gateways.enqueue(
        channel="mail" if mail else "sms",
        purpose="case",
        to=contact,
        template="case_told" if mail else "case_told_sms",
        params={**params, "link": link} if mail else {"title": params["title"], "number": params["number"], "what": params["what"]},
        secret_params=None,
        dedupe_key=key,
    )
