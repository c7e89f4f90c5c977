"""举报 and 投诉建议 of anyone, without log-in (VOL-41, POL-07c): to the agency of the region, with a clock, answered once.

Whom a report is about never learns who reported: the enterprise is the filing's subject, which gives it no sight of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.access import limits
from chengxin.common.errors import Invalid
from chengxin.common.text import legible
from chengxin.filings import cases, lifecycle
from chengxin.filings import queries as filing_queries
from chengxin.filings.cases import HandedIn, NewCase, Ruling
from chengxin.filings.files import Stored
from chengxin.flow import cases as case_flow
from chengxin.flow.step import step
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor

TIPOFF: Final = "tipoff"
SUGGESTION: Final = "suggestion"
FORMS: Final = {TIPOFF: "report/tipoff", SUGGESTION: "report/suggestion"}
KINDS: Final = tuple(FORMS)
SETTLED, TURNED_DOWN = "settled", "turned_down"
OUTCOMES: Final = {SETTLED: lifecycle.APPROVED, TURNED_DOWN: lifecycle.REJECTED}
Files = Sequence[tuple[str, Stored]]


def hand_in(*, kind: str, values: Mapping[str, str], answers: Mapping[str, str], files: Files, key: str, network: str) -> HandedIn:
    """Take a report, complaint or suggestion in; limited by network (POL-12c).

    ``values`` by field, ``answers`` by path; raises TooMany, Invalid by path.
    """
    limits.named("case.network", network)
    return _hand_in(kind=kind, values=values, answers=answers, files=files, key=key)


@step
def _hand_in(*, kind: str, values: Mapping[str, str], answers: Mapping[str, str], files: Files, key: str) -> HandedIn:
    about = identity.enterprise_by_uscc(values.get("uscc", "")) if values.get("uscc") else None
    case = NewCase(
        kind=kind,
        form_id=FORMS[kind],
        division_code=values["division"],
        answers=answers,
        key=key,
        files=files,
        subject_id=about.id if about else None,
    )
    return cases.hand_in(case=case, by=Actor.nobody())


@step
def answer(*, filing_id: UUID, result: str, text: str, by: Actor) -> None:
    """Answer it, or say why it is not taken up; whoever can be reached is told. Raises Invalid by field, Conflict."""
    cases.require_kind(filing_id=filing_id, kinds=KINDS)
    text = legible(text)
    errors: dict[str, list[str]] = {}
    if result not in OUTCOMES:
        errors["result"] = [_("请选择“答复并办结”或“不予受理”。")]
    if not text:
        errors["answer"] = [_("请填写答复内容，提交人将看到。")]
    if errors:
        raise Invalid(errors)
    cases.decide(filing_id=filing_id, ruling=Ruling(OUTCOMES[result], result, text), by=by)
    what = lifecycle.label(kind=filing_queries.one(filing_id=filing_id, by=by).kind, state=OUTCOMES[result])
    case_flow.tell(filing_id=filing_id, what=what, answer=text, key=f"voice-answered:{filing_id}")
