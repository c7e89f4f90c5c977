"""政企交流: an enterprise asks, its agency answers within the days of the table, everyone reads it only if both agree (PUB-08)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.test import Client

from chengxin.common import clock
from chengxin.filings import queries as filings
from chengxin.flow import questions as flow
from chengxin.identity.values import Actor
from chengxin.ledger.models import Event
from chengxin.portal.tests.makers import staff
from tests.journeys import enterprises as people
from tests.journeys.enterprises import Enterprise

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "我们店的退货率是百分之三"


def ask(firm: Enterprise, *, publish: str = "1", title: str = "申报材料需要盖章吗", key: str = "") -> tuple[str, str]:
    """Ask over HTTP; the page that follows and the desk's address of the question."""
    client = firm.client()
    row, path = str(uuid4()), "question/{}/{}"
    typed = {"topic": "policy", "title": title, "text": SECRET, "publish": publish}
    data = {path.format(row, name): value for name, value in typed.items()} | {"_row": row, "submission_key": key or row}
    page = client.post("/workbench/questions/new", data).content.decode()
    found = filings.history(enterprise_id=firm.id, kind=flow.KIND, by=firm.actor)
    return page, f"/desk/questions/{found[0].id}" if found else ""


def answer(judge: Actor, at: str, **typed: str) -> tuple[int, str]:
    said = {"result": "answered", "answer": "电子签章即可，无需纸质盖章。"} | typed
    reply = people.signed_in(judge.id).post(f"{at}/answer", said, follow=True)
    return reply.status_code, reply.content.decode()


def test_a_question_is_answered_and_published_when_both_agree() -> None:
    with clock.at(datetime(2026, 3, 2, 2, tzinfo=UTC)):  # Monday, 10:00
        judge = people.reviewer()
        firm = people.approved(by=judge)
        page, at = ask(firm)
    assert "问题已提交" in page and "2026年3月9日 10:00" in page
    assert Client().get("/questions").content.decode().count("<h2>") == 0
    inbox = people.signed_in(judge.id).get("/desk?kind=question").content.decode()
    assert "政企交流" in inbox and firm.name in inbox
    opened = people.signed_in(judge.id).get(at.replace("/questions", ""), follow=True)
    assert opened.redirect_chain[-1][0] == at and SECRET in opened.content.decode()
    status, page = answer(judge, at, publish="1")
    assert status == 200 and "已答复" in page
    listed = Client().get("/questions?q=电子签章").content.decode()
    address = re.search(r"/questions/[0-9a-f-]{36}", listed)
    assert address and "申报材料需要盖章吗" in listed
    shown = Client().get(address[0]).content.decode()
    assert "电子签章即可" in shown and firm.name not in shown and firm.uscc not in shown
    own = firm.client().get("/workbench/questions").content.decode()
    assert "电子签章即可" in own and address[0] in own
    assert "政企交流" in firm.client().get("/workbench/messages").content.decode()
    assert Event.objects.filter(kind="question.published").count() == 1
    assert people.signed_in(judge.id).post(f"{at}/answer", {"result": "answered", "answer": "再答"}).status_code == 409


@pytest.mark.parametrize(("consent", "tick"), [("1", ""), ("0", "")])
def test_without_the_consent_of_both_nothing_is_public(consent: str, tick: str) -> None:
    judge = people.reviewer()
    firm = people.approved(by=judge)
    _page, at = ask(firm, publish=consent)
    assert answer(judge, at, publish=tick)[0] == 200
    assert "申报材料" not in Client().get("/questions").content.decode()
    assert "电子签章即可" in firm.client().get("/workbench/questions").content.decode()


def test_staff_cannot_publish_what_the_asker_keeps_private_and_what_was_typed_stays() -> None:
    judge = people.reviewer()
    _page, at = ask(people.approved(by=judge), publish="0")
    status, page = answer(judge, at, publish="1")
    assert status == 422 and "提问企业未同意公开" in page and "电子签章即可" in page
    assert answer(judge, at, answer=" ")[0] == 422
    assert answer(judge, at, result="declined", answer="请向税务机关咨询。")[0] == 200


def test_a_question_that_lacks_something_keeps_what_was_typed_and_one_sent_twice_is_one() -> None:
    firm = people.approved(by=people.reviewer())
    page, _at = ask(firm, title="短", publish="")
    assert SECRET in page and not filings.history(enterprise_id=firm.id, kind=flow.KIND, by=firm.actor)
    for _ in range(2):
        ask(firm, key="same")
    assert len(filings.history(enterprise_id=firm.id, kind=flow.KIND, by=firm.actor)) == 1


def test_only_its_agency_reads_a_question_and_an_editor_takes_a_published_one_away() -> None:
    judge = people.reviewer()
    firm, other = people.approved(by=judge), people.approved(by=judge)
    _page, at = ask(firm)
    for stranger in (people.reviewer("522624"), staff("editor")):
        assert people.signed_in(stranger.id).get(at).status_code in (403, 404)
    assert other.client().get(f"/workbench/cases/{at.rpartition('/')[2]}").status_code in (403, 404)
    answer(judge, at, publish="1")
    address = re.search(r"/questions/([0-9a-f-]{36})", Client().get("/questions").content.decode())
    assert address
    assert people.signed_in(staff("editor").id).post(f"/desk{address[0]}/withdraw").status_code == 302
    assert Client().get(address[0]).status_code == 404


def test_too_many_open_questions_are_refused_with_what_was_typed() -> None:
    firm = people.approved(by=people.reviewer())
    for _ in range(flow.MAX_OPEN):
        ask(firm)
    page, _at = ask(firm, title="第十一个问题要问什么")
    assert "等待答复" in page and "第十一个问题要问什么" in page
