"""Free service products: administrators keep and list them, an approved enterprise claims one once (SVC-01 to SVC-04).

The stock is exact because a claim holds the row of its product; who comes when nothing is left is told without waiting.
"""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from chengxin.common import clock
from chengxin.common.errors import Conflict, Invalid, NotFound
from chengxin.filings.receipts import new_number
from chengxin.identity import policy
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger
from chengxin.portal import rules, values
from chengxin.portal.models import Claim, Service
from chengxin.portal.values import ClaimView, Product, ProductView

NUMBER_PREFIX = "LQ"
COLUMNS = (
    *("group", "title", "title_en", "provider", "provider_en", "content", "content_en"),
    *("way", "value", "valid_from", "valid_to", "stock"),
)


# --- For enterprises -------------------------------------------------------------------------------------------------
def offered(*, by: Actor) -> list[ProductView]:
    """What the acting enterprise may claim today: listed and in its term (SVC-02)."""
    _require_use(by)
    today = clock.today()
    rows = Service.objects.filter(state=values.LISTED).order_by("title", "id")
    return [_view(row) for row in rows if rules.is_current(valid_from=row.valid_from, valid_to=row.valid_to, today=today)]


def product(*, code: str, by: Actor) -> ProductView:
    """One product: a listed one, or one that the acting enterprise has claimed; NotFound for any other."""
    enterprise_id = _require_use(by)
    own = Q(claims__enterprise_id=enterprise_id)
    row = Service.objects.filter(Q(state=values.LISTED) | own, code=code).distinct().first()
    if row is None:
        raise NotFound(_("未找到该服务产品，可能已下架。"))
    return _view(row)


def claim(*, code: str, by: Actor) -> ClaimView:
    """Obtain a product; a second claim gives the first one. Conflict says why not: expired, 已下架, 已领完 (SVC-03)."""
    enterprise_id = _require_use(by)
    first = claim_of(code=code, by=by)
    if first is not None:
        return first
    row = Service.objects.filter(code=code).exclude(state=values.DRAFT).first()
    if row is None:
        raise NotFound(_("未找到该服务产品，可能已下架。"))
    _require_claimable(row)
    row = Service.objects.select_for_update(no_key=True).get(id=row.id)
    _require_claimable(row)
    return _taken(row, enterprise_id=enterprise_id, by=by)


def claim_of(*, code: str, by: Actor) -> ClaimView | None:
    """The acting enterprise's claim of a product, if it has one."""
    row = Claim.objects.select_related("service").filter(service__code=code, enterprise_id=_require_use(by)).first()
    return _claim_view(row) if row else None


def claims(*, by: Actor) -> list[ClaimView]:
    """Everything that the acting enterprise has claimed, the newest first, also what was taken down since (SVC-04)."""
    rows = Claim.objects.select_related("service").filter(enterprise_id=_require_use(by)).order_by("-at", "-id")
    return [_claim_view(row) for row in rows]


def _require_use(by: Actor) -> UUID:
    policy.require(by=by, permission="service.use", enterprise_id=by.enterprise_id)
    assert by.enterprise_id is not None
    return by.enterprise_id


def _require_claimable(row: Service) -> None:
    refused = rules.claim_refusal(product=_product(row), state=row.state, taken=row.taken, today=clock.today())
    if refused:
        code, sentence = refused
        raise Conflict(sentence, code=code)


def _taken(row: Service, *, enterprise_id: UUID, by: Actor) -> ClaimView:
    now = clock.now()
    made = Claim(
        number=new_number(at=now.astimezone(clock.SHANGHAI), prefix=NUMBER_PREFIX),
        service=row,
        enterprise_id=enterprise_id,
        by_id=by.id,
        title=row.title,
        way=row.way,
        value=row.value,
        at=now,
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:  # two windows at once: the other one was first
        return _claim_view(Claim.objects.select_related("service").get(service=row, enterprise_id=enterprise_id))
    row.taken += 1
    row.save(update_fields=["taken"])
    ledger.append(kind="service.claimed", subject=str(row.id), data={"claim": str(made.id), "number": made.number}, by=by)
    return _claim_view(made)


# --- For administrators ----------------------------------------------------------------------------------------------
def kept(*, by: Actor) -> list[ProductView]:
    """All products with their state and number of claims, by group."""
    policy.require(by=by, permission="service.manage")
    return [_view(row) for row in Service.objects.order_by("group", "title", "id")]


def one(*, service_id: UUID, by: Actor) -> ProductView:
    """One product for its administrators."""
    policy.require(by=by, permission="service.manage")
    row = Service.objects.filter(id=service_id).first()
    if row is None:
        raise NotFound(_("未找到该服务产品。"))
    return _view(row)


def create(*, product: Product, by: Actor) -> UUID:
    """Keep a new product, not yet listed; Invalid says beside each field what is wrong."""
    policy.require(by=by, permission="service.manage")
    rules.check_product(product)
    now = clock.now()
    row = Service(code=product.code, created_at=now, updated_at=now, **_columns(product))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Invalid({"code": [_("产品代码 %(code)s 已被使用，请换一个。") % {"code": product.code}]}) from error
    ledger.append(kind="service.created", subject=str(row.id), data={"code": row.code}, by=by)
    return row.id


def change(*, service_id: UUID, product: Product, by: Actor) -> None:
    """Change a product; its code stays, and its stock never falls below what was claimed."""
    row = _locked(service_id, by=by)
    rules.check_product(product)
    if product.stock is not None and product.stock < row.taken:
        raise Invalid({"stock": [_("已有%(n)d家企业领取，可领数量不能少于此数。") % {"n": row.taken}]})
    for name, value in _columns(product).items():
        setattr(row, name, value)
    row.updated_at = clock.now()
    row.save()
    ledger.append(kind="service.changed", subject=str(row.id), data={"code": row.code}, by=by)


def list_product(*, service_id: UUID, by: Actor) -> None:
    """上架: enterprises see and claim it."""
    _set_state(service_id, before=(values.DRAFT, values.DOWN), after=values.LISTED, kind="service.listed", by=by)


def take_down(*, service_id: UUID, by: Actor) -> None:
    """下架: it disappears for enterprises; claims stay in their history."""
    _set_state(service_id, before=(values.LISTED,), after=values.DOWN, kind="service.taken_down", by=by)


def _set_state(service_id: UUID, *, before: tuple[str, ...], after: str, kind: str, by: Actor) -> None:
    row = _locked(service_id, by=by)
    if row.state not in before:
        raise Conflict(_("该服务产品的状态已改变，请刷新后重试。"))
    row.state, row.updated_at = after, clock.now()
    row.save(update_fields=["state", "updated_at"])
    ledger.append(kind=kind, subject=str(row.id), data={"code": row.code}, by=by)


def _locked(service_id: UUID, *, by: Actor) -> Service:
    row = Service.objects.select_for_update().filter(id=service_id).first()
    policy.require(by=by, permission="service.manage")
    if row is None:
        raise NotFound(_("未找到该服务产品。"))
    return row


# --- Rows and values -------------------------------------------------------------------------------------------------
def _columns(product: Product) -> dict[str, object]:
    return {name: _trimmed(getattr(product, name)) for name in COLUMNS}


def _trimmed(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _product(row: Service) -> Product:
    return Product(code=row.code, **{name: getattr(row, name) for name in COLUMNS})


def _view(row: Service) -> ProductView:
    return ProductView(
        id=row.id,
        product=_product(row),
        state=row.state,
        claims=row.taken,
        left=None if row.stock is None else max(row.stock - row.taken, 0),
        updated_at=row.updated_at,
    )


def _claim_view(row: Claim) -> ClaimView:
    return ClaimView(
        number=row.number,
        product_code=row.service.code,
        product_state=row.service.state,
        title=row.title,
        way=row.way,
        value=row.value,
        at=row.at,
    )
