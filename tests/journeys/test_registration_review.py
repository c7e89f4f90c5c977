"""Beside the reviewers' desk: nobody in without papers, the completion page, the corrected name (REG-08, REG-14, REG-15, REG-22)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from chengxin.common import clock
from chengxin.common.errors import Conflict
from chengxin.filings import queries as filings
from chengxin.filings.models import Attachment, Decision, Submission
from chengxin.flow import review
from chengxin.identity.models import Account, Enterprise
from tests import people
from tests.journeys.test_registration import problem

pytestmark = pytest.mark.django_db(transaction=True)
OPINION = "营业执照照片不清晰，请重新拍摄。"


@pytest.fixture
def office() -> people.Office:
    """The agencies."""
    return people.office()


def decide(judge: people.Person, firm: people.Person, outcome: str, *, opinion: str = "", round: int | None = None) -> Any:
    """Decide over HTTP what the desk shows."""
    filing = people.filing(firm)
    data = {"round": filing.round if round is None else round, "outcome": outcome, "opinion": opinion}
    return people.browser(judge).post(f"/desk/{filing.id}/decide", data)


def corrected(**changes: str) -> dict[str, str]:
    """What the completion page posts."""
    typed = {name: value for name, value in people.typed(1).items() if name.split(".")[0] in ("name", "division", "email", "phone")}
    return typed | {"submission_key": "s" * 32} | changes


@pytest.mark.requirement("REG-08.1")
@pytest.mark.requirement("REG-22.1")
def test_without_both_papers_nobody_approves(office: people.Office) -> None:
    firm = people.registered(1)
    assert decide(office.county, firm, "approved").status_code == 409
    own = people.browser(firm)
    own.post("/register/papers/upload", {"path": "licence", "file": people.paper()})
    assert decide(office.county, firm, "approved").status_code == 409
    with pytest.raises(Conflict):
        people.decide(firm, by=office.county)
    assert (people.state(firm), Account.objects.get(id=firm.account_id).state) == ("draft", "pending")
    other = people.handed_in(2)
    Attachment.objects.filter(filing=people.filing(other).id, path__endswith="/authorisation").update(state="dropped")
    answer = decide(office.county, other, "approved")
    assert answer.status_code == 409 and "缺少附件：法人代表签字授权文件" in answer.content.decode()
    assert (people.state(other), Enterprise.objects.get(id=other.enterprise_id).state) == ("submitted", "known")


@pytest.mark.requirement("REG-14.1")
@pytest.mark.requirement("REG-14.2")
def test_a_rejected_account_is_led_to_the_completion_page_and_nowhere_else(office: people.Office) -> None:
    firm = people.rejected(1, by=office.county, opinion=OPINION)
    client = Client()
    answer = client.post("/login", {"name": firm.login, "password": people.PASSWORD, "next": "/"}, follow=True)
    answer = client.post("/login", {"name": firm.login, "password": people.PASSWORD}, follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain[-1][0] == "/account/supplement"
    assert "补充、修改账号信息" in page and OPINION in page and firm.login in page
    assert 'name="uscc"' not in page and firm.email in page
    for address in ("/workbench", "/workbench/archive", "/workbench/services", "/workbench/messages", "/account/consents"):
        led = client.get(address)
        assert (led.status_code, led.url) == (302, "/account/supplement"), address
    unfinished = people.registered(2)
    assert people.browser(unfinished).get("/workbench/archive").url == "/account/supplement"
    waiting = people.handed_in(3)
    answer = Client().post("/login", {"name": waiting.login, "password": people.PASSWORD})
    assert answer.url == "/register/pending"


@pytest.mark.requirement("REG-14.3")
def test_corrected_and_handed_in_again_it_waits_anew_with_its_history(office: people.Office) -> None:
    firm = people.handed_in(1)
    first = people.filing(firm)
    row = next(iter(filings.draft(filing_id=first.id, by=firm.actor).answers)).split("/")[1]
    review.remark(filing_id=first.id, path=f"registration/{row}/licence", text="右下角看不清", by=office.county.actor)
    review.remark(filing_id=first.id, path=f"registration/{row}/name", text="与执照不一致", by=office.county.actor)
    people.decide(firm, by=office.county, outcome="rejected", opinion=OPINION)
    own = people.browser(firm)
    page = own.get("/account/supplement").content.decode()
    beside = re.search(r'id="f-name_remark">(.*?)</div></div>', page, re.S)
    assert beside and "与执照不一致" in beside[1]
    assert "右下角看不清" in page and "已处理" in page
    ticks = re.findall(r'name="_dealt" value="([0-9a-f-]{36})"', page)
    shown = re.search(r'name="_remarks" value="([^"]+)"', page)
    assert len(ticks) == 2 and shown
    changes = {"phone": "13911112222", "_remarks": shown[1], "_dealt": ticks[0]}
    with clock.at(first.due_at + timedelta(days=7)):
        own = people.browser(firm)
        answer = own.post("/account/supplement", corrected(**changes) | {"licence.new": people.paper("clear.jpg")})
    assert (answer.status_code, answer.url) == (302, "/register/pending")
    again = people.filing(firm)
    assert (again.state, again.round) == ("submitted", 2) and again.id == first.id
    assert again.due_at > first.due_at
    assert Submission.objects.filter(filing=again.id).count() == 2
    assert [d.opinion for d in Decision.objects.filter(filing=again.id)] == [OPINION]
    assert sorted(r.dealt_with for r in filings.remarks(filing_id=again.id, by=firm.actor)) == [False, True]
    names = set(Attachment.objects.filter(filing=again.id, state="bound").values_list("name", flat=True))
    assert names == {"clear.jpg", "authorisation.jpg"}
    desk = people.browser(office.county).get(f"/desk/{again.id}").content.decode()
    assert "13911112222" in desk and OPINION in desk


@pytest.mark.requirement("REG-15.1")
def test_a_wrong_name_is_corrected_by_the_page_and_a_used_one_refused(office: people.Office) -> None:
    firm = people.rejected(1, by=office.county)
    people.registered(2, name="宁波舸宸进出口有限公司")
    own = people.browser(firm)
    answer = own.post("/account/supplement", corrected(name="宁波舸宸进出口 有限公司", phone="13911112222"))
    page = answer.content.decode()
    assert answer.status_code == 422 and problem(page, "f-name") == "企业名称已被注册"
    assert '<a href="/password/forgot">忘记密码</a>' in page
    assert 'value="宁波舸宸进出口 有限公司"' in page and 'value="13911112222"' in page
    assert people.state(firm) == "rejected"
    for field, wrong in (("email", "nobody"), ("phone", "123"), ("name", "")):
        answer = own.post("/account/supplement", corrected(**{field: wrong}) | {"licence.new": people.paper("kept.jpg")})
        assert answer.status_code == 422 and problem(answer.content.decode(), f"f-{field}"), field
        assert "kept.jpg" in answer.content.decode()
    assert own.post("/account/supplement", corrected(name="宁波舸宸供应链有限公司", uscc=people.code(9))).url == "/register/pending"
    made = Enterprise.objects.get(id=firm.enterprise_id)
    assert (made.name, made.uscc) == ("宁波舸宸供应链有限公司", firm.login)


@pytest.mark.requirement("REG-15.2")
def test_an_approved_name_is_not_edited_by_the_page(office: people.Office) -> None:
    firm = people.approved(1, by=office.county)
    own = people.browser(firm)
    for answer in (own.get("/account/supplement"), own.post("/account/supplement", corrected(name="另一个有限公司"))):
        assert (answer.status_code, answer.url) == (302, "/workbench")
    assert Enterprise.objects.get(id=firm.enterprise_id).name == firm.name
