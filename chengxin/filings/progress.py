"""查询办理进度: how a case stands, by number and query code, without log-in; a wrong number and a wrong code get one answer.

The code follows from the one-time key of the page that handed the case in, so a repeat of that page shows the same
code; the database holds only its keyed hash.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from chengxin.catalogue import queries as catalogue
from chengxin.common import crypto
from chengxin.common.errors import Invalid
from chengxin.common.text import nfkc
from chengxin.filings import lifecycle, queries, receipts
from chengxin.filings.models import Case

CODE_CHARS = 8
WRONG = _("编号或查询码不正确，请核对后重新填写。")


@dataclass(frozen=True)
class Progress:
    """What whoever holds number and code is told; no content of the case."""

    number: str
    kind: str
    title: str
    state: str
    state_label: str
    unit: str
    submitted_at: datetime
    due_at: datetime
    due_provisional: bool
    overdue: bool
    decided_at: datetime | None
    result: str
    answer: str


def code_of(*, key: str) -> str:
    """The query code of the page with this key: eight signs without look-alikes."""
    drawn = crypto.keyed_hash("token", key, purpose="query-code-of-key")
    return "".join(receipts.ALPHABET[byte % len(receipts.ALPHABET)] for byte in drawn[:CODE_CHARS])


def hashed(code: str) -> bytes:
    """What is kept of a query code."""
    return crypto.keyed_hash("token", _plain(code), purpose="query-code")


def spaced(code: str) -> str:
    """The code as it is shown: two groups of four."""
    return f"{code[:4]}-{code[4:]}"


def of(*, number: str, code: str) -> Progress:
    """How the case stands. Raises Invalid({"code": …}), the same for an unknown number and a wrong code."""
    case = Case.objects.select_related("filing").filter(number=_plain(number)).first()
    kept = bytes(case.code_hash) if case else hashed("")
    if not hmac.compare_digest(kept, hashed(code)) or case is None:
        raise Invalid({"code": [WRONG]})
    filing = case.filing
    assert filing.submitted_at and filing.due_at
    open_ = filing.state == lifecycle.SUBMITTED
    return Progress(
        number=case.number,
        kind=filing.kind,
        title=str(catalogue.version(filing.form_version).title),
        state=filing.state,
        state_label=lifecycle.label(kind=filing.kind, state=filing.state),
        unit=queries.unit(filing).name if open_ else "",
        submitted_at=filing.submitted_at,
        due_at=filing.due_at,
        due_provisional=filing.due_provisional,
        overdue=open_ and filing.overdue_at is not None,
        decided_at=filing.decided_at,
        result=case.result,
        answer=filing.opinion,
    )


def _plain(text: str) -> str:
    """Typed or pasted: width levelled, in capitals, without spaces and hyphens."""
    return "".join(sign for sign in nfkc(text).upper() if sign.isalnum())[:40]
