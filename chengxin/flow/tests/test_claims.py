"""Fifty enterprises want the last piece of a service product at the same moment (SVC-03)."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from chengxin.common.errors import ChengxinError
from chengxin.flow import services as flow
from chengxin.identity.values import Actor
from chengxin.portal.models import Claim, Service
from chengxin.portal.tests.makers import enterprise, product, staff

AT_ONCE = 50


@pytest.mark.django_db(transaction=True)
def test_fifty_claims_at_once_on_the_last_one_give_it_out_once() -> None:
    admin = staff("system_admin")
    made = flow.create(product=product(stock=1), by=admin)
    flow.list_product(service_id=made, by=admin)
    firms = [enterprise() for _ in range(AT_ONCE)]
    start = threading.Barrier(AT_ONCE)

    def attempt(firm: Actor) -> str:
        try:
            connection.ensure_connection()
            start.wait(60)
            flow.claim(code="open-class", by=firm)
        except ChengxinError as error:
            return error.code
        finally:
            connection.close()
        return "claimed"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = Counter(pool.map(attempt, firms))
    assert outcomes["claimed"] == 1 and outcomes["claimed"] + outcomes["out-of-stock"] + outcomes["locked"] == AT_ONCE
    assert (Claim.objects.count(), Service.objects.get(id=made).taken) == (1, 1)
