"""What a person is told: a message in the system first, mail as its copy (REG-11, D-45)."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from chengxin.common import clock
from chengxin.filings import messages
from chengxin.filings.cases import HandedIn
from chengxin.filings.values import DecisionView, FilingView, SubmissionView
from chengxin.flow.step import step
from chengxin.gateways import actions as gateways
from chengxin.identity import queries as identity
from chengxin.identity.handlers import Ending
from chengxin.identity.values import Actor


def handed_in(*, submission: SubmissionView, kind: str, account_id: UUID | None, by: Actor) -> None:
    """Tell the filer that the filing was handed in, with number and due moment."""
    if account_id is None:
        return
    params = {"kind": kind, "number": submission.number, "due_at": submission.due_at.isoformat()}
    messages.post(account_id=account_id, template="handed_in", params=params, key=f"handed-in:{submission.id}")


def ended(*, filing: FilingView, why: str, what: str = "") -> None:
    """Tell the filer that a filing was ended from outside (已终止, or `what`), with the reason."""
    assert filing.filer_id is not None
    params = {"kind": filing.kind, "what": what or str(_("已终止")), "answer": why, "number": "", "filing": str(filing.id)}
    messages.post(account_id=filing.filer_id, template="case", params=params, key=f"ended:{filing.id}")


def case_handed_in(*, done: HandedIn, kind: str, account_id: UUID) -> None:
    """The same for a case, which has no round."""
    params = {"kind": kind, "number": done.number, "due_at": done.due_at.isoformat()}
    messages.post(account_id=account_id, template="handed_in", params=params, key=f"handed-in:{done.number}")


RESULTS = {"approved": _("审核通过"), "rejected": _("审核未通过")}
TEMPLATES = {"archive": "archive_result", "voluntary": "voluntary_result"}


def _mail(*, params: dict[str, str], decision: DecisionView) -> dict[str, str]:
    """The places of the mail's text."""
    at = decision.at.astimezone(clock.SHANGHAI)
    return {
        "name": params["enterprise"] or params["uscc"],
        "result": str(RESULTS[decision.outcome]),
        "decided": f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}",
        "opinion": str(_("审核意见：%(opinion)s") % {"opinion": decision.opinion}) if decision.opinion else "",
        "link": f"{settings.SITE_ORIGIN}/login",
    }


def decided(*, filing: FilingView, decision: DecisionView, by: Actor, key: str = "") -> None:
    """Tell the filer the result: exactly one message and one mail (REG-11).

    Of voluntary records, which come by hundreds, only what was refused is mailed.
    """
    if filing.filer_id is None or filing.enterprise_id is None:
        return
    key = key or f"decided:{filing.id}:{decision.round}"
    enterprise = identity.enterprise(filing.enterprise_id)
    template = TEMPLATES.get(filing.kind, "review_result")
    params = {
        "kind": filing.kind,
        "filing": str(filing.id),
        "outcome": decision.outcome,
        "opinion": decision.opinion,
        "enterprise": enterprise.name,
        "uscc": enterprise.uscc,
    }
    messages.post(account_id=filing.filer_id, template=template, params=params, key=key)
    if filing.kind == "voluntary" and decision.outcome == "approved":
        return
    to = identity.email_of(filing.filer_id, by=Actor.system("notices"), purpose="review-result")
    mail = _mail(params=params, decision=decision)
    gateways.enqueue(channel="mail", purpose=template, to=to, template=template, params=mail, secret_params=None, dedupe_key=key)


AUTHORISATION_ENDS = "authorisation_ends"


def authorisation_ends(*, ending: Ending) -> None:
    """Tell a handler and the enterprise's administrator that the authorisation ends: a message and a mail to each."""
    unit, by = identity.enterprise(ending.enterprise_id).name, Actor.system("notices")
    told = {
        ending.account_id: (AUTHORISATION_ENDS, "/voluntary"),
        identity.administrator_of(ending.enterprise_id): (f"{AUTHORISATION_ENDS}_unit", f"/account/handlers/{ending.account_id}"),
    }
    for account_id, (template, path) in told.items():
        if account_id is None:
            continue
        key = f"authorisation-ends:{ending.id}:{account_id}"
        messages.post(account_id=account_id, template=template, params=_ending(ending) | {"page": path}, key=key)
        to = identity.email_of(account_id, by=by, purpose="authorisation-ends")
        params = {"name": ending.display_name, "unit": unit, "day": ending.end, "link": f"{settings.SITE_ORIGIN}{path}"}
        gateways.enqueue(channel="mail", purpose=template, to=to, template=template, params=params, secret_params=None, dedupe_key=key)


def _ending(ending: Ending) -> dict[str, str]:
    return {"handler": ending.display_name, "day": ending.end.isoformat()}


@step
def mark_read(*, by: Actor) -> None:
    """The acting person has seen the messages."""
    messages.mark_read(by=by)
