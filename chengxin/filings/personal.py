"""Personal values inside answers are stored as envelopes bound to filing and path (D-41)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from uuid import UUID

from chengxin.catalogue.values import Form
from chengxin.common import crypto
from chengxin.common.crypto import BrokenEnvelope
from chengxin.common.keys import KeyMissing

MARK = "v1:"
_KEPT_FORMS = 256


@lru_cache(maxsize=_KEPT_FORMS)
def personal_fields(form: Form) -> frozenset[tuple[str, str]]:
    """The (group, field) pairs of a form that hold personal data."""
    return frozenset((group.code, f.code) for group in form.groups for f in group.fields if f.personal)


def seal_answers(*, form: Form, filing_id: UUID, answers: Mapping[str, str]) -> dict[str, str]:
    """Answers with every personal value replaced by its envelope."""
    secret = personal_fields(form)
    return {path: _seal(secret, filing_id, path, value) for path, value in answers.items()}


def seal_leftover(*, filing_id: UUID, answers: Mapping[str, str]) -> dict[str, str]:
    """未迁移内容 with every value in an envelope: the form that knew which of them are personal may be long gone."""
    return {path: crypto.seal(value, bound_to=f"{filing_id}/{path}") if value else value for path, value in answers.items()}


def unseal_answers(*, form: Form, filing_id: UUID, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers in plain; only queries with an acting person call it."""
    secret = personal_fields(form)
    return {path: _unseal(secret, filing_id, path, value) for path, value in answers.items()}


def _is_secret(secret: frozenset[tuple[str, str]], path: str) -> bool:
    group, _row, field = path.split("/", 2)
    return (group, field) in secret


def _seal(secret: frozenset[tuple[str, str]], filing_id: UUID, path: str, value: str) -> str:
    if not value or not _is_secret(secret, path):
        return value
    return crypto.seal(value, bound_to=f"{filing_id}/{path}")


def _unseal(secret: frozenset[tuple[str, str]], filing_id: UUID, path: str, value: str) -> str:
    """The value in plain; text that only looks like an envelope stays what was typed."""
    if not value.startswith(MARK):
        return value
    try:
        return crypto.unseal(value, bound_to=f"{filing_id}/{path}")
    except (BrokenEnvelope, KeyMissing):
        if _is_secret(secret, path):
            raise
        return value
