"""The market register (企业信用信息公示系统): what it says about one credit code.

The local implementation answers from the demo's table and can be slow or out of order by setting; one
that speaks to the outside takes its place here. Keeping a snapshot for when it is down is not its work.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from chengxin.common import clock
from chengxin.common.errors import Unavailable
from chengxin.gateways.models import LocalRegister
from chengxin.gateways.values import RegisterEntry

_COPIED = (
    "uscc",
    "name",
    "type",
    "legal_representative",
    "capital_wan",
    "capital_currency",
    "established_on",
    "term_from",
    "term_to",
    "address",
    "scope",
    "authority",
    "status",
)


def lookup(uscc: str) -> RegisterEntry | None:
    """What the register says about this code; None where it knows none; raises Unavailable (503)."""
    time.sleep(settings.REGISTER_DELAY_MS / 1000)
    if settings.REGISTER_FAULT == "down":
        raise Unavailable(_("市场主体登记信息查询服务暂时不可用，请稍后重试。"), retry_after=60, code="register-unavailable")
    row = LocalRegister.objects.filter(pk=uscc).first()
    if row is None:
        return None
    values = {name: getattr(row, name) for name in _COPIED}
    if values["capital_wan"] is not None:
        values["capital_wan"] = Decimal(f"{values['capital_wan'].normalize():f}")  # 120, not 120.000000
    return RegisterEntry(**values, fetched_at=clock.now())


def load_local(rows: Iterable[dict[str, Any]]) -> int:
    """Fill or renew the local register (demo only); fields as in `RegisterEntry`; how many rows were given."""
    made = [LocalRegister(**row) for row in rows]
    names = [name for name in _COPIED if name != "uscc"]
    LocalRegister.objects.bulk_create(made, batch_size=1000, update_conflicts=True, unique_fields=["uscc"], update_fields=names)
    return len(made)
