"""Two hundred registrations of one enterprise at once, through the flow: one account, whole, and no trace of the others (REG-04)."""

from __future__ import annotations

from collections import Counter

import pytest

from chengxin.access.models import LoginName, Password
from chengxin.common.errors import Invalid
from chengxin.filings.models import Draft, Filing
from chengxin.flow import registration
from chengxin.identity.models import Account, Consent, Enterprise
from chengxin.identity.tests.test_races import ATTEMPTS, race
from tests import people

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def rows() -> Counter[str]:
    """How many rows there are of everything a registration makes."""
    tables = (Account, Enterprise, LoginName, Password, Consent, Filing, Draft)
    return Counter({table.__name__: table.objects.count() for table in tables})


@pytest.mark.requirement("REG-04.2")
def test_one_code_through_the_whole_step() -> None:
    form = people.application(1)
    found = race(lambda number: registration.register(form=form))
    assert found["done"] == 1 and sum(found.values()) == ATTEMPTS and set(found) <= {"done", "taken", "locked"}
    assert rows() == {name: 2 if name == "Consent" else 1 for name in rows()}
    with pytest.raises(Invalid) as error:
        registration.register(form=form)
    assert error.value.fields == {"uscc": ["统一社会信用代码已被注册"], "name": ["企业名称已被注册"]}
