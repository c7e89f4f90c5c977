"""From the decision on: mail, completion page, correction, every step written down (REG-08, REG-10, REG-11, REG-14, REG-15, REG-22)."""

from __future__ import annotations

import re
import socket
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from chengxin.common import clock
from chengxin.common.errors import Conflict
from chengxin.filings import queries as filings
from chengxin.filings.models import Attachment, Decision, Filing, Submission
from chengxin.flow import review
from chengxin.gateways import actions as gateways
from chengxin.gateways.models import DemoMail, Outbox
from chengxin.identity.models import Account, Enterprise
from chengxin.ledger.models import Event
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


@pytest.mark.requirement("REG-10.1")
@pytest.mark.requirement("REG-10.2")
def test_a_rejection_says_why_and_only_reviewers_decide(office: people.Office) -> None:
    firm = people.handed_in(1)
    for opinion in ("", "   "):
        answer = decide(office.county, firm, "rejected", opinion=opinion)
        assert answer.status_code == 422 and "审核未通过时必须填写审核意见。" in answer.content.decode()
    filing = people.filing(firm)
    data = {"round": filing.round, "outcome": "approved"}
    for who in (firm, people.approved(2, by=office.county)):
        own = people.browser(who)
        assert own.post(f"/desk/{filing.id}/decide", data).status_code == 403
        assert own.get(f"/desk/{filing.id}").status_code == 403
    assert people.state(firm) == "submitted" and not Decision.objects.filter(filing=filing.id).exists()


@pytest.mark.requirement("REG-10.3")
def test_a_version_that_was_replaced_cannot_be_decided(office: people.Office) -> None:
    firm = people.handed_in(1)
    first = people.filing(firm).round
    decide(office.county, firm, "rejected", opinion=OPINION)
    assert people.browser(firm).post("/account/supplement", corrected()).url == "/register/pending"
    answer = decide(office.county, firm, "approved", round=first)
    assert answer.status_code == 409 and "申请人已重新提交，请审核最新版本。" in answer.content.decode()
    assert people.state(firm) == "submitted"


@pytest.mark.requirement("REG-11.1")
def test_a_decision_sends_exactly_one_mail_to_the_registered_mailbox(office: people.Office) -> None:
    firm = people.handed_in(1)
    decide(office.county, firm, "rejected", opinion=OPINION)
    gateways.deliver_due(limit=50)
    mails = DemoMail.objects.filter(channel="mail", to=firm.email)
    assert mails.count() == 1
    assert "审核未通过" in mails.get().subject and OPINION in mails.get().body and firm.name in mails.get().body
    people.browser(firm).post("/account/supplement", corrected())
    decide(office.county, firm, "approved")
    gateways.deliver_due(limit=50)
    assert mails.count() == 2 and "审核通过" in mails.latest("id").subject and OPINION not in mails.latest("id").body
    own = people.browser(firm).get("/workbench/messages").content.decode()
    assert "审核通过" in own and "审核未通过" in own and OPINION in own


@pytest.mark.requirement("REG-11.2")
def test_a_decision_stands_while_the_mail_server_is_away_and_its_mail_follows(office: people.Office, settings: Any) -> None:
    firm = people.handed_in(1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers
        settings.SMTP_HOST, settings.SMTP_PORT, settings.SMTP_TLS = "127.0.0.1", taken.getsockname()[1], "none"
        assert decide(office.county, firm, "approved").status_code == 302
        assert people.state(firm) == "approved"
        assert people.browser(firm).get("/workbench").status_code == 200
        assert gateways.deliver_due(limit=50) == 0
        row = Outbox.objects.get(purpose="review_result")
        assert (row.state, row.attempts) == ("queued", 1) and row.next_try_at and row.next_try_at > clock.now()
        assert "审核通过" in people.browser(firm).get("/workbench/messages").content.decode()
        operator = people.officer(people.agency(None, name="平台运行", kind="service"), "operator-li", roles=("system_admin",))
        assert "账号审核结果" in people.browser(operator).get("/desk/delivery").content.decode()
    settings.SMTP_HOST = ""
    with clock.at(row.next_try_at + timedelta(seconds=1)):
        assert gateways.deliver_due(limit=50) == 1
    assert DemoMail.objects.filter(channel="mail", to=firm.email).count() == 1


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


@pytest.mark.requirement("REG-22.2")
def test_every_step_is_one_entry_of_the_log_with_actor_and_time(office: people.Office) -> None:
    begun = clock.now()
    firm = people.handed_in(1)
    decide(office.county, firm, "rejected", opinion=OPINION)
    people.browser(firm).post("/account/supplement", corrected(name="宁波舸宸供应链有限公司"))
    decide(office.county, firm, "approved")
    decide(office.county, firm, "approved")
    events = Event.objects.filter(subject=str(people.filing(firm).id), kind__startswith="filing.").order_by("id")
    steps = [(one.kind, one.actor, one.data.get("round")) for one in events]
    own, judge = f"account:{firm.account_id}", f"account:{office.county.account_id}"
    assert steps == [
        ("filing.opened", own, None),
        ("filing.submitted", own, 1),
        ("filing.rejected", judge, 1),
        ("filing.reopened", own, 1),
        ("filing.submitted", own, 2),
        ("filing.approved", judge, 2),
    ]
    assert all(begun <= one.created_at <= clock.now() + timedelta(seconds=1) for one in events)
    assert Event.objects.filter(kind="enterprise.activated", subject=str(firm.enterprise_id)).count() == 1
    for state in ("draft", "rejected", "submitted"):
        Filing.objects.filter(id=people.filing(firm).id).update(state=state)
        if state != "submitted":
            assert decide(office.county, firm, "approved").status_code == 409
