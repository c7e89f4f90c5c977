"""Registration over HTTP: from the first form to the account that waits for its review (REG-02 to REG-09)."""

from __future__ import annotations

import pytest
from django.test import Client

from chengxin.identity.models import Account, Enterprise
from tests import people

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def office() -> people.Office:
    """The agencies that review."""
    return people.office()


def register(client: Client, data: dict[str, str]):
    """Post the form with the right captcha."""
    challenge, answer = people.challenge_of(client.get("/register").content.decode())
    return client.post("/register", data | {"captcha_id": challenge, "captcha": answer})


@pytest.mark.requirement("REG-02.1")
def test_a_registration_leads_to_the_success_page_and_waits_for_papers(client: Client) -> None:
    answer = register(client, people.typed(1))
    assert (answer.status_code, answer.url) == (302, "/register/done")
    page = client.get("/register/done").content.decode()
    assert "注册信息已提交成功" in page
    account, enterprise = Account.objects.get(kind="enterprise"), Enterprise.objects.get()
    assert (account.state, enterprise.state) == ("pending", "known")
    assert people.state(people.Person(enterprise.uscc, account.id, enterprise.id)) == "draft"


@pytest.mark.requirement("REG-07.1")
def test_both_papers_complete_the_registration(client: Client) -> None:
    register(client, people.typed(1))
    files = {"licence.new": people.paper("licence.jpg"), "authorisation.new": people.paper("authorisation.png")}
    answer = client.post("/register/papers", files | {"submission_key": "k" * 32})
    assert (answer.status_code, answer.url) == (302, "/register/pending"), answer.content.decode()
    page = client.get("/register/pending").content.decode()
    assert "待审核" in page and "请等待一个工作日由工作人员审核" in page and "前办结" in page
