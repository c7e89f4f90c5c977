"""惠民惠企: the free service products that an approved enterprise may claim, and their keeping (SVC-01 to SVC-04)."""

from __future__ import annotations

from uuid import UUID

from chengxin.flow.step import step
from chengxin.identity.values import Actor
from chengxin.portal import services
from chengxin.portal.values import ClaimView, Product


@step
def claim(*, code: str, by: Actor) -> ClaimView:
    """Obtain a product; a second claim gives the first one."""
    return services.claim(code=code, by=by)


@step
def create(*, product: Product, by: Actor) -> UUID:
    """Keep a new product, not yet listed."""
    return services.create(product=product, by=by)


@step
def change(*, service_id: UUID, product: Product, by: Actor) -> None:
    """Change what a product says."""
    services.change(service_id=service_id, product=product, by=by)


@step
def list_product(*, service_id: UUID, by: Actor) -> None:
    """上架."""
    services.list_product(service_id=service_id, by=by)


@step
def take_down(*, service_id: UUID, by: Actor) -> None:
    """下架; claims stay."""
    services.take_down(service_id=service_id, by=by)
