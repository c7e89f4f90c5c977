"""惠民惠企: the free service products that an approved enterprise may use (SVC-01, SVC-02)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chengxin.catalogue import queries as catalogue
from chengxin.common.errors import Forbidden
from chengxin.identity import policy
from chengxin.identity.values import Actor


def offered(*, by: Actor) -> list[Mapping[str, Any]]:
    """Every product as the catalogue has it; Forbidden for whoever may not use services."""
    if by.enterprise_id is None:
        raise Forbidden
    policy.require(by=by, permission="service.use", enterprise_id=by.enterprise_id)
    return list(catalogue.document("services")["services"])
