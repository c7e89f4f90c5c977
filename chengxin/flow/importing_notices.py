"""What enterprises are told of an import: both of a re-attribution, in the system and by mail (D-08, D-45)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from chengxin.catalogue import queries as catalogue
from chengxin.filings import messages
from chengxin.gateways import actions as gateways
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

TEMPLATE = "reassigned"
MAIL = "notice"


@dataclass(frozen=True)
class Reassigned:
    """A record that went from one enterprise's file to another's."""

    version_id: UUID
    form_id: str
    former_id: UUID
    enterprise_id: UUID
    unit: str


def reassigned(change: Reassigned, *, by: Actor) -> None:
    """Tell both enterprises, where somebody administers them, and note it in the log."""
    data = {"from": str(change.former_id), "to": str(change.enterprise_id)}
    ledger.append(kind="record.reassigned", subject=str(change.version_id), data=data, by=by)
    group = catalogue.current(change.form_id).groups[0].title.zh
    about = {"unit": change.unit, "group": group}
    lost = _("%(unit)s更正了一条“%(group)s”信息的归属，该信息不再属于贵单位，已从贵单位的诚信档案中移出。") % about
    gained = _("%(unit)s更正了一条“%(group)s”信息的归属，该信息属于贵单位，已列入贵单位的诚信档案；如有异议，可登录平台提出。") % about
    _tell(change.former_id, change, way="lost", text=lost)
    _tell(change.enterprise_id, change, way="gained", text=gained)


def _tell(enterprise_id: UUID, change: Reassigned, *, way: str, text: str) -> None:
    account_id = identity.administrator_of(enterprise_id)
    if account_id is None:
        return
    key = f"reassigned:{way}:{change.version_id}"
    params = {"way": way, "unit": change.unit, "answer": text}
    messages.post(account_id=account_id, template=TEMPLATE, params=params, key=key)
    enterprise = identity.enterprise(enterprise_id)
    mail = {
        "title": _("一条政府部门信息的归属已更正"),
        "name": enterprise.name or enterprise.uscc,
        "text": text,
        "link": f"{settings.SITE_ORIGIN}/login",
    }
    to = identity.email_of(account_id, by=Actor.system("notices"), purpose="record-reassigned")
    if to:
        gateways.enqueue(channel="mail", purpose=TEMPLATE, to=to, template=MAIL, params=mail, dedupe_key=key)
