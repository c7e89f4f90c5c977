"""Free services: kept by administrators, claimed once by an enterprise, never more often than there are (SVC-03, SVC-04)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from chengxin.common import clock
from chengxin.common.errors import Conflict, Forbidden, Invalid, NotFound
from chengxin.ledger.models import Event
from chengxin.portal import services
from chengxin.portal.models import Claim, Service
from chengxin.portal.tests.makers import enterprise, product, staff


@pytest.mark.django_db
@pytest.mark.requirement("SVC-03.2")
def test_a_second_claim_shows_the_first() -> None:
    admin, firm = staff("system_admin"), enterprise()
    services.list_product(service_id=services.create(product=product(stock=5), by=admin), by=admin)
    first = services.claim(code="open-class", by=firm)
    assert services.claim(code="open-class", by=firm) == first
    assert first.number.startswith("LQ") and first.value == "https://course.example/"
    assert (Claim.objects.count(), services.product(code="open-class", by=firm).left) == (1, 4)
    assert Event.objects.filter(kind="service.claimed").count() == 1


@pytest.mark.django_db
@pytest.mark.requirement("SVC-03.1")
def test_an_expired_product_is_refused_and_not_offered() -> None:
    admin, firm = staff("system_admin"), enterprise()
    until = clock.today()
    services.list_product(service_id=services.create(product=product(valid_to=until), by=admin), by=admin)
    assert [view.product.code for view in services.offered(by=firm)] == ["open-class"]
    with clock.at(clock.now() + timedelta(days=1)):
        assert services.offered(by=firm) == []
        with pytest.raises(Conflict, match="已过有效期") as refused:
            services.claim(code="open-class", by=firm)
    assert (refused.value.code, Claim.objects.count()) == ("expired", 0)


@pytest.mark.django_db
@pytest.mark.requirement("SVC-04.1")
def test_taken_down_it_disappears_and_claims_stay() -> None:
    admin, holder, other = staff("system_admin"), enterprise(), enterprise()
    made = services.create(product=product(), by=admin)
    with pytest.raises(NotFound):
        services.claim(code="open-class", by=holder)
    services.list_product(service_id=made, by=admin)
    number = services.claim(code="open-class", by=holder).number
    services.change(service_id=made, product=product(title="公开课（新版）", value="https://new.example/"), by=admin)
    services.take_down(service_id=made, by=admin)
    assert services.offered(by=holder) == []
    kept = services.claims(by=holder)
    assert [(c.number, c.title, c.value, c.product_state) for c in kept] == [(number, "电商经营公开课", "https://course.example/", "down")]
    with pytest.raises(NotFound):
        services.product(code="open-class", by=other)
    with pytest.raises(Conflict, match="已下架"):
        services.claim(code="open-class", by=other)
    with pytest.raises(DatabaseError, match=r"append-only|permission denied"), transaction.atomic():
        Claim.objects.all().delete()


@pytest.mark.django_db
def test_the_stock_is_never_set_below_what_was_given_out() -> None:
    admin = staff("editor")
    made = services.create(product=product(), by=admin)
    services.list_product(service_id=made, by=admin)
    for _ in range(2):
        services.claim(code="open-class", by=enterprise())
    with pytest.raises(Invalid) as refused:
        services.change(service_id=made, product=product(stock=1), by=admin)
    assert "已有2家企业领取" in refused.value.fields["stock"][0]
    services.change(service_id=made, product=product(stock=2), by=admin)
    with pytest.raises(Conflict, match="已领完"):
        services.claim(code="open-class", by=enterprise())
    with pytest.raises(DatabaseError, match="service_is_free"), transaction.atomic():
        Service.objects.update(price_cny=1)


@pytest.mark.django_db
def test_what_a_product_lacks_is_said_beside_each_field() -> None:
    admin, day = staff("system_admin"), clock.today()
    wrong = replace(
        product("Bad Code!"), group="x", title=" ", way="link", value="http://a", valid_from=day, valid_to=day - timedelta(days=1), stock=-1
    )
    with pytest.raises(Invalid) as refused:
        services.create(product=wrong, by=admin)
    assert set(refused.value.fields) == {"code", "group", "title", "value", "valid_to", "stock"}
    services.create(product=product(), by=admin)
    with pytest.raises(Invalid, match="填写的内容有误") as twice:
        services.create(product=product(), by=admin)
    assert "已被使用" in twice.value.fields["code"][0]


@pytest.mark.django_db
def test_only_administrators_and_editors_keep_products_and_only_enterprises_claim() -> None:
    for stranger in (staff("reviewer"), enterprise()):
        with pytest.raises(Forbidden):
            services.create(product=product(), by=stranger)
        with pytest.raises(Forbidden):
            services.kept(by=stranger)
    with pytest.raises(Forbidden):
        services.claim(code="open-class", by=staff("editor"))
