"""Which fields the public sees: pure; hidden unless the form says public (ARC-07, PUB-05, D-12)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from chengxin.catalogue import rules as catalogue
from chengxin.catalogue.values import Form, Group
from chengxin.common.text import mask_name


def public_content(*, group: Group, values: Mapping[str, Any], chosen_public: bool) -> dict[str, Any] | None:
    """The public part of one record, or None when nothing of it is public.

    Args:
        group: the group of the pinned form version, with the words and rules of the kind of subject.
        values: typed values by field code.
        chosen_public: the enterprise's 公开/不公开 for this record.
    """
    if group.visibility == "never" or (group.visibility == "choice" and not chosen_public):
        return None
    return catalogue.public_values(group, values) or None


def subject_name(*, name: str, uscc: str, operator: str) -> str:
    """The shown name; an unnamed sole trader is 个体工商户（经营者 张*）and the code's last four (D-12)."""
    if name:
        return name
    return f"个体工商户（经营者 {mask_name(operator)}）{uscc[-4:]}"


@lru_cache(maxsize=256)
def personal_codes(form: Form, group: str) -> frozenset[str]:
    """Field codes of a group that hold personal data (D-41)."""
    return frozenset(f.code for g in form.groups if g.code == group for f in g.fields if f.personal)
