"""Which rows hold envelopes, for the day after a rotation (D-41).

A frozen submission may have its envelopes exchanged, by the owning role and nothing else of it (migration 0016): its
SHA-256 and its receipt speak of the plain answers, so they stay what they are.
"""

from __future__ import annotations

from chengxin.common import resealing
from chengxin.common.resealing import Changes, Row, Table
from chengxin.filings import account_changes, cases


def _answers(row: Row) -> Changes:
    return resealing.values(row, "answers", bound_to=lambda path: f"{row['filing_id']}/{path}")


def _draft(row: Row) -> Changes:
    return _answers(row) | resealing.values(row, "leftover", bound_to=lambda path: f"{row['filing_id']}/{path}")


def _case(row: Row) -> Changes:
    return resealing.text(row, "changes", bound_to=cases.place(row["filing_id"]))


def _account_change(row: Row) -> Changes:
    return resealing.text(row, "email_sealed", bound_to=account_changes.place(row["id"]))


TABLES = (
    Table("filings_draft", "filing_id", ("answers", "leftover"), _draft),
    Table("filings_recoverycopy", "id", ("filing_id", "answers"), _answers),
    Table("filings_submission", "id", ("filing_id", "answers"), _answers),
    Table("filings_case", "filing_id", ("changes",), _case),
    Table("filings_accountchange", "id", ("email_sealed",), _account_change),
)
