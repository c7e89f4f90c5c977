"""我的关注: double opt-in by mail, one digest a day, one click to end it, and the followed never told (D-20, D-41, D-45)."""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from chengxin import worker
from chengxin.common import clock
from chengxin.gateways import actions as gateways
from chengxin.gateways import channels
from chengxin.gateways.models import DemoMail, Outbox
from chengxin.gateways.values import Message
from chengxin.ledger.models import Event
from chengxin.portal import watching
from chengxin.portal.models import Watch, Watcher
from chengxin.records import actions
from chengxin.records.tests import makers
from tests import people

pytestmark = pytest.mark.django_db(transaction=True)
READER = "reader@citizen.example"
NAME = "杭州澜序桥电子商务有限公司"
MORNING = datetime(2026, 12, 1, 9, tzinfo=clock.SHANGHAI)


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    with clock.at(MORNING):
        yield


@pytest.fixture
def firm() -> tuple[Any, str]:
    made = makers.published(1, NAME)
    worker.drain()
    return made


def ask(client: Client, address: str, mailbox: str = READER) -> Any:
    challenge, answer = people.challenge_of(client.get(address).content.decode())
    return client.post(address, {"email": mailbox, "captcha_id": challenge, "captcha": answer})


def mails(to: str = READER) -> list[DemoMail]:
    gateways.deliver_due(1000)
    return list(DemoMail.objects.filter(channel="mail", to=to).order_by("id"))


def digests() -> int:
    """How many digests went out so far; the demo's mailbox keeps mails for a day only."""
    worker.drain()
    return Outbox.objects.filter(purpose="watch-digest", state="sent").count()


def link(mail: DemoMail, ends: str = "") -> str:
    """The first address of the watch list in a mail that ends like this."""
    found = [each for each in re.findall(r"http://[^/]+(/watch/\S+)", mail.body) if each.endswith(ends)]
    return str(found[0])


def followed(client: Client, code: str, mailbox: str = READER) -> str:
    """Follow through the mailed link; the address of the list."""
    assert ask(client, f"/files/{code}/watch", mailbox).status_code == 200
    done = client.post(link(mails(mailbox)[-1]))
    assert done.status_code == 302
    return str(done["Location"])


def next_day(day: int) -> Any:
    return clock.at(MORNING + timedelta(days=day))


def penalise(firm: tuple[Any, str], number: str) -> None:
    makers.take_in(firm[0], makers.penalty(number, until=date(2099, 1, 1)))


def test_nothing_begins_before_the_button_behind_the_mailed_link(client: Client, firm: tuple[Any, str]) -> None:
    answer = ask(client, f"/files/{firm[1]}/watch")
    assert "请查收邮件" in answer.content.decode()
    [mail] = mails()
    assert NAME in mail.subject
    opened = client.get(link(mail))
    assert "确认关注" in opened.content.decode(), "a program that opens links confirms nothing"
    assert opened.headers["Cache-Control"] == "no-store"
    penalise(firm, "罚一")
    with next_day(1):
        assert digests() == 0, "not confirmed"
        mine = client.post(link(mail))["Location"]
        assert client.post(link(mail))["Location"] == mine, "a second press changes nothing"
        page = client.get(mine).content.decode()
        assert NAME in page
        assert READER not in page, "most of the mailbox is hidden"
        assert digests() == 0, "what was before the confirmation is not told"
    with clock.at(MORNING + timedelta(days=4)):
        assert client.get(link(mail)).status_code == 410


def test_one_digest_a_day_says_what_changed(client: Client, firm: tuple[Any, str]) -> None:
    other = makers.published(2, "成都稷陌优选网络科技有限公司")
    gone = makers.published(3, "北京栎舟汇数据科技有限公司")
    makers.published(4, "没人关注电子商务有限公司")
    worker.drain()
    for code in (firm[1], other[1], gone[1]):
        mine = followed(client, code)
    assert client.get(mine).content.decode().count("取消关注") == 3
    penalise(firm, "罚一")
    penalise(firm, "罚二")
    with transaction.atomic():
        actions.end_all(enterprise_id=gone[0], reason="corrected", by=makers.BY)
    assert digests() == 0, "followed today: told from tomorrow on"
    with clock.at(MORNING + timedelta(days=1, hours=-2)):
        assert digests() == 0, "not before eight"
    with next_day(1):
        assert digests() == digests() == 1
        digest = mails()[-1]
        assert "2 家" in digest.subject
        assert NAME in digest.body
        assert f"/files/{firm[1]}" in digest.body
        assert "北京栎舟汇" not in digest.body, "what left the public is named by its code only"
        assert f"{gone[1]}：诚信档案已停止公示" in digest.body
        assert "稷陌" not in digest.body
        penalise(firm, "罚三")
        assert digests() == 1, "one a day"
    with next_day(2):
        assert digests() == 2, "what came after the digest is in the next"
    with next_day(3):
        assert digests() == 2, "no mail where nothing changed"


def test_one_click_ends_it_and_forgets_the_mailbox(client: Client, firm: tuple[Any, str]) -> None:
    followed(client, firm[1])
    penalise(firm, "罚一")
    with next_day(1):
        worker.drain()
        end = link(mails()[-1], "/unsubscribe")
        assert "退订全部提醒" in client.get(end).content.decode()
        assert Watcher.objects.count() == 1, "opening the page ends nothing"
        strict = Client(enforce_csrf_checks=True)
        done = strict.post(end, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
        assert (done.status_code, Watcher.objects.count(), Watch.objects.count()) == (200, 0, 0)
        assert strict.post(end).status_code == client.get(end).status_code == 200, "again is no fault"
        assert client.get(end.removesuffix("/unsubscribe")).status_code == 410
        penalise(firm, "罚二")
    with next_day(2):
        assert digests() == 1


def test_the_digest_carries_the_headers_that_mail_programs_look_for(client: Client, firm: tuple[Any, str], monkeypatch: Any) -> None:
    followed(client, firm[1])
    penalise(firm, "罚一")
    sent: list[Any] = []

    def keep(_channel: Any, message: Message) -> None:
        sent.append(email.message_from_bytes(bytes(channels._mail(message)), policy=email.policy.default))

    monkeypatch.setattr(channels.LocalChannel, "send", keep)
    with next_day(1):
        worker.drain()
    [mail] = sent
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = mail["List-Unsubscribe"]
    assert address.startswith("<http") and address.endswith("/unsubscribe>")
    assert client.post("/" + address.strip("<>").split("/", 3)[3]).status_code == 200
    assert Watcher.objects.count() == 0


def test_the_list_by_its_link(client: Client, firm: tuple[Any, str]) -> None:
    other = makers.published(2, "成都稷陌优选网络科技有限公司")
    followed(client, firm[1])
    mine = followed(client, other[1])
    page = client.post(mine, {"uscc": other[1]}).content.decode()
    assert NAME in page and "稷陌" not in page
    assert "已退订" in client.post(mine, {"uscc": firm[1]}).content.decode()
    assert Watcher.objects.count() == 0, "the last one left: the mailbox is deleted"
    for address in (mine, "/watch/none", "/watch/confirm/none"):
        assert client.get(address).status_code == 410


def test_answers_do_not_tell_who_follows(client: Client, firm: tuple[Any, str]) -> None:
    followed(client, firm[1])
    known, unknown = ask(client, f"/files/{firm[1]}/watch"), ask(client, f"/files/{firm[1]}/watch", "other@citizen.example")
    assert known.content.decode().replace(READER, "") == unknown.content.decode().replace("other@citizen.example", "")
    assert link(mails()[-1]).startswith("/watch/") and "confirm" not in link(mails()[-1]), "who follows already gets his list"
    lost = ask(client, "/watch"), ask(client, "/watch", "nobody@citizen.example")
    assert lost[0].content.decode().replace(READER, "") == lost[1].content.decode().replace("nobody@citizen.example", "")
    assert "/unsubscribe" in mails()[-1].body
    assert mails("nobody@citizen.example") == []


def test_wrong_input_stays_and_is_named(client: Client, firm: tuple[Any, str]) -> None:
    answer = ask(client, f"/files/{firm[1]}/watch", "no mailbox")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="no mailbox"' in page and "邮箱格式应如" in page
    assert client.post(f"/files/{firm[1]}/watch", {"email": READER}).status_code == 422
    assert client.get(f"/files/{makers.code(77)}/watch").status_code == 404
    assert mails() == []


def test_limits_of_a_mailbox(client: Client, firm: tuple[Any, str], monkeypatch: Any) -> None:
    monkeypatch.setattr(watching, "MOST_WATCHED", 1)
    other = makers.published(2, "成都稷陌优选网络科技有限公司")[1]
    followed(client, firm[1])
    ask(client, f"/files/{other}/watch")
    assert "confirm" not in link(mails()[-1])
    for _turn in range(8):
        assert ask(client, "/watch").status_code == 200
    assert ask(client, "/watch").status_code == 422, "ten mails a day at most"
    assert len(mails()) == 10


def test_the_mailbox_is_sealed_and_what_is_not_confirmed_is_forgotten(client: Client, firm: tuple[Any, str]) -> None:
    ask(client, f"/files/{firm[1]}/watch")
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(w)::text FROM portal_watcher w")
        [(row,)] = cursor.fetchall()
    assert "citizen" not in row
    with clock.at(MORNING + timedelta(hours=49)):
        watching.sweep()
    assert (Watcher.objects.count(), Watch.objects.count()) == (0, 0)


def test_the_followed_is_never_told(client: Client) -> None:
    office = people.office()
    followed_firm, reader = people.approved(1, by=office.county), people.approved(2, by=office.county)
    code = people.code(1)
    makers.publish(followed_firm.enterprise_id, [], makers.head(code, NAME))  # type: ignore[arg-type]
    worker.drain()
    browser = people.browser(followed_firm)
    pages = ("/workbench", "/workbench/messages", f"/files/{code}")
    for page in pages:
        browser.get(page)  # messages count as read from now on
    before = [_plain(browser.get(page)) for page in pages]
    followed(client, code)
    people.browser(reader).post("/workbench/watching", {"uscc": code})
    assert Watch.objects.filter(uscc=code, confirmed_at__isnull=False).count() == 2
    assert [_plain(browser.get(page)) for page in pages] == before
    said = json.dumps(list(Event.objects.filter(kind__startswith="watch.").values("subject", "data", "actor")), default=str)
    assert code not in said and str(followed_firm.enterprise_id) not in said and str(reader.account_id) not in said
    assert not [mail for mail in mails(followed_firm.email) if "关注" in mail.subject + mail.body]


def _plain(answer: Any) -> str:
    return re.sub(r'value="[^"]+"|content="[^"]+"|\d+', "", answer.content.decode())


def test_a_logged_in_enterprise_has_its_own_list(firm: tuple[Any, str]) -> None:
    reader = people.approved(5, by=people.office().county)
    browser = people.browser(reader)
    assert "加入本单位的关注列表" in browser.get(f"/files/{firm[1]}/watch").content.decode()
    assert browser.post("/workbench/watching", {"uscc": firm[1].lower()}).status_code == 302
    assert browser.post("/workbench/watching", {"uscc": firm[1]}).status_code == 302
    page = browser.get("/workbench/watching").content.decode()
    assert page.count(f'/files/{firm[1]}"') == 1
    wrong = browser.post("/workbench/watching", {"uscc": makers.code(77)})
    assert wrong.status_code == 422 and makers.code(77) in wrong.content.decode()
    worker.drain()
    penalise(firm, "罚一")
    with next_day(1):
        worker.drain()
        worker.drain()
        browser = people.browser(reader)
        assert browser.get("/workbench/messages").content.decode().count("您关注的 1 家企业诚信档案有变化") == 1
        assert [mail.subject for mail in mails(reader.email) if "您关注的" in mail.subject] == ["您关注的 1 家企业诚信档案有变化"]
        assert browser.post("/workbench/watching", {"leave": firm[1]}).status_code == 302
        assert NAME not in browser.get("/workbench/watching").content.decode()
