"""Who may register voluntarily: verified (VOL-06), authorised (VOL-03), registered in this region (VOL-01).

Asked in this order, with `assurance.require_strong` after the first. The administrator acts on the authorisation paper
that was approved with the registration, until the account is closed; a handler (经办人) on the paper of the membership,
within its term.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengxin.common import clock, sql
from chengxin.common.errors import Forbidden
from chengxin.identity import divisions, policy
from chengxin.identity.models import Enterprise, Membership
from chengxin.identity.values import Actor

NOT_AUTHORISED = gettext_lazy("由经办人代为办理的必须获得法人的授权，您目前没有该企业的有效授权。")
REGION_UNKNOWN = gettext_lazy("登记所在地区尚未核实，核实前不能注册新数据。请通过“主体信息变更”更新登记地区，或联系客服。")


@dataclass(frozen=True)
class Authorisation:
    """What an acting handler may do the enterprise's registration on: from and until which day, and how it stands today."""

    enterprise_id: UUID
    start: date
    end: date
    standing: str


def authorisation(by: Actor) -> Authorisation | None:
    """The acting handler's own authorisation; None for anybody else."""
    row = _own(by) if "handler" in by.roles else None
    if row is None or row.authorised_from is None or row.authorised_until is None:
        return None
    return Authorisation(row.enterprise_id, row.authorised_from, row.authorised_until, standing(row, today=clock.today()))


def _own(by: Actor) -> Membership | None:
    rows = Membership.objects.select_related("account")
    return rows.filter(account_id=by.id, enterprise=by.enterprise_id, role="handler", until__isnull=True).first()


_ACTIVE = "SELECT 1 FROM identity_enterprise WHERE id = %(id)s AND state = 'active'"


def require_verified(by: Actor) -> None:
    """Raise Forbidden `unverified` unless the account belongs to an enterprise whose registration was approved (VOL-06)."""
    known = by.enterprise_id if by.kind == "enterprise" and by.state == "active" else None
    if known is not None and sql.row(_ACTIVE, {"id": known}) is not None:
        return
    platform = settings.IDENTITY_PLATFORM or settings.SITE_NAME
    raise Forbidden(_("您的账号尚未通过身份认证，请咨询“%(platform)s”进行身份认证。") % {"platform": platform}, code="unverified")


def require_authorised(by: Actor) -> None:
    """Raise Forbidden `not-authorised` or `authorisation-expired` for whoever may not act for the enterprise now (VOL-03).

    While the administrator's account is frozen, as in a dispute about an impostor (D-11), nobody acts on what it gave.
    """
    if not policy.may(by=by, permission="voluntary.file", enterprise_id=by.enterprise_id):
        raise Forbidden(NOT_AUTHORISED, code="not-authorised")
    if "handler" not in by.roles:
        return
    row = _own(by)
    owner = Membership.objects.filter(enterprise=by.enterprise_id, role="administrator", until__isnull=True, account__state="active")
    if row is None or row.authorised_from is None or row.authorised_until is None or not owner.exists():
        raise Forbidden(NOT_AUTHORISED, code="not-authorised")
    today = clock.today()
    if today < row.authorised_from:
        text = _("法人的授权自 %(day)s 起生效，生效前不能办理。") % {"day": row.authorised_from}
        raise Forbidden(text, code="not-authorised")
    if today > row.authorised_until:
        text = _("法人的授权已于 %(day)s 到期，请由企业管理员续期后再办理。") % {"day": row.authorised_until}
        raise Forbidden(text, code="authorisation-expired")


def require_region(enterprise_id: UUID) -> None:
    """Raise Forbidden `outside-region` or `region-unknown` where VOLUNTARY_REGION names a region (VOL-01)."""
    prefix = settings.VOLUNTARY_REGION
    if not prefix:
        return
    row = Enterprise.objects.only("state", "division_id").get(id=enterprise_id)
    tree = divisions.tree()
    place = tree.current(row.division_id) if row.division_id in tree else ""
    if not place or row.state != "active" or tree.rows[place].retired:
        raise Forbidden(REGION_UNKNOWN, code="region-unknown")
    if not any(step.startswith(prefix) for step in tree.chain(place)):
        words = {"region": region_name(), "place": "".join(tree.path(place))}
        text = _("自愿注册对象必须为在本市（%(region)s）市场监督管理部门登记注册的市场主体；贵单位登记地区为%(place)s。")
        raise Forbidden(text % words, code="outside-region")


def region_name() -> str:
    """The region that VOLUNTARY_REGION names, such as 北京市; empty for the whole country."""
    prefix = str(settings.VOLUNTARY_REGION)
    path = divisions.tree().path(prefix.ljust(6, "0")) if prefix else ()
    return path[-1] if path else ""


def title() -> str:
    """What the entry says, such as 北京市市场信用主体信用信息自愿注册 (VOL-04)."""
    return _("%(region)s市场信用主体信用信息自愿注册") % {"region": region_name()}


def standing(row: Membership, *, today: date) -> str:
    """How the authorisation of a handler stands: invited, coming, in_force, expired or ended."""
    assert row.authorised_from is not None and row.authorised_until is not None
    if row.until is not None:
        return "ended"
    if today > row.authorised_until:
        return "expired"
    if row.account.state == "pending":
        return "invited"
    return "coming" if today < row.authorised_from else "in_force"


def holds(sha256: str) -> bool:
    """Whether these bytes are an authorisation paper of somebody, also of one whose authorisation has ended."""
    return Membership.objects.filter(paper=sha256).exists()
