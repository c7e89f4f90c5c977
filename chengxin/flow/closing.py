"""The end of an enterprise's account: code and name are free again, what it said of itself ends, what others said stays with the code.

Called inside a step that has decided it: a reset (REG-16) or an impostor (D-11).
"""

from __future__ import annotations

from uuid import UUID

from chengxin.access import actions as access
from chengxin.filings import closing
from chengxin.identity import actions as identity
from chengxin.identity import queries as identity_queries
from chengxin.identity.values import Actor, EnterpriseView
from chengxin.records import actions as records
from chengxin.records import rebinding


def close_enterprise(*, enterprise_id: UUID, reason: str, why: str, by: Actor) -> None:
    """Close the enterprise, its accounts, filings, records and file (REG-16, D-10).

    `reason` is a code or number for the log, `why` the sentence that stands on its filings. Government records are bound
    to the code: they wait with it for whoever registers it next (D-06).
    """
    identity_queries.lock_enterprise(enterprise_id)
    enterprise = identity_queries.enterprise(enterprise_id)
    records.end_all(enterprise_id=enterprise_id, reason=reason, by=by)
    closing.close_open(enterprise_id=enterprise_id, why=why, by=by)
    closing.end_in_force(enterprise_id=enterprise_id, why=why, by=by)
    for account_id in identity.close_enterprise(enterprise_id=enterprise_id, reason=reason, by=by):
        access.free_names(account_id=account_id, by=by)
    _keep_with_code(enterprise, by)


def _keep_with_code(enterprise: EnterpriseView, by: Actor) -> None:
    """Give the government records of the closed enterprise to the code's next holder, known from now on."""
    if not rebinding.has_government(enterprise_id=enterprise.id):
        return
    holder = identity.know_enterprise(uscc=enterprise.uscc, name="", division_code=enterprise.division_code, by=by)
    rebinding.rebind(former_id=enterprise.id, enterprise_id=holder, by=by)
