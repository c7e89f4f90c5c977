"""申请下线 at the desk (VOL-28, D-02): a reviewer confirms that a voluntary record leaves the public, or says why it stays."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.common.errors import Invalid
from chengxin.common.text import legible
from chengxin.filings import cases, lifecycle, voluntary_queries
from chengxin.filings import queries as filing_queries
from chengxin.filings.cases import Ruling
from chengxin.flow import cases as case_flow
from chengxin.flow import voluntary
from chengxin.flow.step import step
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.records import actions as records

KIND = voluntary.TAKEDOWN
RESULTS = {"approved": "taken_down", "rejected": "stays"}


@step
def decide(*, filing_id: UUID, outcome: str, answer: str, by: Actor) -> None:
    """确认下线 takes the record out of the public at once; 维持公示 needs its reason."""
    cases.require_kind(filing_id=filing_id, kinds=(KIND,))
    if outcome not in RESULTS:
        raise Invalid({"result": [_("请选择“确认下线”或“维持公示”。")]})
    if outcome == "rejected" and not legible(answer):
        raise Invalid({"answer": [_("维持公示时请填写理由，申请人将看到。")]})
    case_filing = filing_queries.one(filing_id=filing_id, by=by)
    assert case_filing.enterprise_id is not None
    identity.lock_enterprise(case_filing.enterprise_id)
    said = legible(answer) or _("已按申请下线。")
    cases.decide(filing_id=filing_id, ruling=Ruling(outcome, RESULTS[outcome], said), by=by)
    if outcome == "approved":
        _take_down(filing_id, case_filing.enterprise_id, by)
    what = _("已办结：%(result)s") % {"result": lifecycle.result_label(RESULTS[outcome])}
    case_flow.tell(filing_id=filing_id, what=what, answer=said, key=f"case-decided:{filing_id}")


def _take_down(filing_id: UUID, enterprise_id: UUID, by: Actor) -> None:
    """The record that the case is about, in whatever version stands by now; nothing where it has left the public already."""
    about = cases.one(filing_id=filing_id, by=by).about
    published = voluntary_queries.in_force(enterprise_id=enterprise_id, record_id=about) if about else None
    if published is not None:
        voluntary.unpublish(filing_id=published, why=_("按企业申请下线。"), reason=records.TAKEN_DOWN, by=by)
