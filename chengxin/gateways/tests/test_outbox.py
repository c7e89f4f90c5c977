"""A message is never lost, never doubled by its sender, and its secrets do not outlive it (REG-11, D-45)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from chengxin.common import clock, keys
from chengxin.common.errors import Conflict
from chengxin.gateways import actions, dev, queries
from chengxin.gateways.models import DemoMail, Outbox

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def place(settings: Any, tmp_path: Any) -> Iterator[Any]:
    settings.DEMO, settings.SMTP_HOST, settings.KEYS_DIR = True, "", tmp_path / "keys"
    keys.generate_missing(demo=True)
    with clock.at(START):
        yield settings


def reset_mail(key: str = "reset/1", to: str = "lan@wwte.example") -> None:
    actions.enqueue(
        channel="mail",
        purpose="password_reset",
        to=to,
        template="password_reset",
        params={"until": START + timedelta(minutes=30)},
        secret_params={"reset_link": "https://x.example/reset/TOKEN-1"},
        dedupe_key=key,
    )


def result_mail(key: str = "decision/1") -> None:
    actions.enqueue(
        channel="mail",
        purpose="review_result",
        to="lan@wwte.example",
        template="review_result",
        params={"name": "{澜序桥} %s", "result": "审核未通过", "decided": START, "opinion": "请补传执照", "link": "https://x"},
        dedupe_key=key,
    )


def row(key: str) -> Outbox:
    return Outbox.objects.get(dedupe_key=key)


def test_a_message_reaches_the_demo_mailbox_and_its_secret_is_wiped() -> None:
    reset_mail()
    waiting = row("reset/1")
    stored = f"{waiting.to_sealed}{waiting.secret_sealed}{waiting.params}{bytes(waiting.to_blind)!r}"
    assert "TOKEN-1" not in stored and "lan@" not in stored
    assert actions.deliver_due(10) == 1
    assert actions.deliver_due(10) == 0
    (mail,) = dev.mailbox(to="LAN@wwte.example", channel="mail")
    assert "TOKEN-1" in mail["body"] and "2026年11月20日 15:30" in mail["body"]
    assert mail["subject"] == "重置密码"
    sent = row("reset/1")
    assert (sent.state, sent.secret_sealed, sent.secret_until) == ("sent", None, None)


def test_values_are_never_read_as_templates() -> None:
    result_mail()
    actions.deliver_due(1)
    assert "{澜序桥} %s：" in dev.mailbox()[0]["body"]


def test_one_key_is_one_message() -> None:
    for _time in range(3):
        result_mail()
    assert Outbox.objects.count() == 1


def test_a_rolled_back_action_sends_nothing() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        result_mail()
        raise RuntimeError
    assert Outbox.objects.count() == 0


@pytest.mark.parametrize("wrong", [{"template": "unknown"}, {"channel": "pigeon"}, {"params": {}}, {"params": {"until": object()}}])
def test_our_own_mistakes_are_found_when_queueing(wrong: dict[str, Any]) -> None:
    call: dict[str, Any] = {
        "channel": "mail",
        "purpose": "x",
        "to": "a@b.example",
        "template": "password_reset",
        "params": {"until": START},
        "secret_params": {"reset_link": "x"},
        "dedupe_key": "x",
    }
    with pytest.raises((ValueError, KeyError, TypeError)):
        actions.enqueue(**(call | wrong))


def test_mail_down_stays_queued_and_goes_out_when_it_is_back(place: Any) -> None:
    place.LOCAL_MAIL_FAULT = "down"
    for number in range(3):
        result_mail(f"decision/{number}")
    assert actions.deliver_due(10) == 0
    assert [row(f"decision/{n}").attempts for n in range(3)] == [1, 0, 0], "the channel was asked once"
    state = queries.delivery_state("decision/0")
    assert state is not None and (state.state, state.label) == ("queued", "等待发送")
    assert actions.deliver_due(10) == 0, "nothing is due yet"
    place.LOCAL_MAIL_FAULT = ""
    with clock.at(START + timedelta(seconds=31)):
        assert actions.deliver_due(10) == 3
        delivered = queries.delivery_state("decision/0")
        assert delivered is not None and (delivered.state, delivered.attempts) == ("sent", 2)
    assert len(dev.mailbox()) == 3


def test_ten_failures_park_a_message_in_sight_of_staff(place: Any) -> None:
    place.LOCAL_MAIL_FAULT = "down"
    result_mail()
    moment = START
    for _try in range(10):
        with clock.at(moment):
            actions.deliver_due(1)
        moment += timedelta(hours=7)
    (trouble,) = queries.failed()
    assert (trouble.state, trouble.attempts, trouble.to_masked) == ("parked", 10, "l***@wwte.example")
    assert "down" in trouble.last_error
    assert queries.counts()["parked"] == 1
    place.LOCAL_MAIL_FAULT = ""
    with clock.at(moment):
        assert actions.deliver_due(1) == 0
        actions.retry(outbox_id=trouble.id)
        assert actions.deliver_due(1) == 1
    with pytest.raises(Conflict):
        actions.retry(outbox_id=trouble.id)


def test_a_refused_address_is_final_and_its_secret_goes(place: Any) -> None:
    place.LOCAL_MAIL_FAULT = "refuse"
    reset_mail()
    actions.deliver_due(1)
    refused = row("reset/1")
    assert (refused.state, refused.secret_sealed) == ("failed", None)
    with pytest.raises(Conflict):
        actions.retry(outbox_id=refused.pk)


def test_a_link_out_of_date_is_not_sent_and_is_wiped(place: Any) -> None:
    place.LOCAL_MAIL_FAULT = "down"
    reset_mail()
    actions.deliver_due(1)
    place.LOCAL_MAIL_FAULT = ""
    with clock.at(START + timedelta(minutes=31)):
        assert actions.deliver_due(5) == 0
    late = row("reset/1")
    assert (late.state, late.last_error, late.secret_sealed) == ("failed", "expired", None)


def test_the_sweep_wipes_parked_secrets_and_old_demo_mail() -> None:
    reset_mail()
    Outbox.objects.update(state="parked", next_try_at=None)
    actions.demo_note(channel="captcha", to="captcha-1", body="7KXM")
    assert dev.mailbox(channel="captcha", to="captcha-1")[0]["body"] == "7KXM"
    with clock.at(START + timedelta(hours=25)):
        swept = actions.sweep()
    assert (swept.secrets, swept.demo_mails) == (1, 1)
    assert row("reset/1").secret_sealed is None
    assert dev.mailbox() == []


def test_what_was_sent_or_failed_for_good_goes_after_half_a_year_and_the_rest_waits_for_a_person() -> None:
    for key in ("sent", "failed", "parked", "held"):
        result_mail(key)
        Outbox.objects.filter(dedupe_key=key).update(state=key, next_try_at=None, sent_at=START if key == "sent" else None)
    for days, left in ((179, {"sent", "failed", "parked", "held"}), (181, {"parked", "held"})):
        with clock.at(START + timedelta(days=days)):
            actions.sweep()
        assert set(Outbox.objects.values_list("state", flat=True)) == left


def test_outside_demo_mode_nothing_is_kept_readable(place: Any) -> None:
    place.DEMO = False
    reset_mail()
    actions.demo_note(channel="captcha", to="c", body="7KXM")
    assert actions.deliver_due(1) == 0
    assert (DemoMail.objects.count(), dev.mailbox()) == (0, [])
    waiting = row("reset/1")
    assert (waiting.state, waiting.last_error) == ("queued", "no mail gateway is configured")


def test_after_a_restore_messages_that_may_have_gone_out_wait_for_a_person() -> None:
    result_mail("old")
    assert actions.deliver_due(10) == 1
    with clock.at(START + timedelta(minutes=5)):
        result_mail("new")
        assert actions.hold_queued() == 1
        assert actions.deliver_due(10) == 0
    assert (row("old").state, row("new").state) == ("sent", "held")
    actions.retry(outbox_id=row("new").pk)
    assert actions.deliver_due(10) == 1


def test_a_sender_that_dies_leaves_the_message_for_another() -> None:
    result_mail()
    claimed = actions._claim(set())
    assert claimed is not None
    assert actions.deliver_due(1) == 0, "another worker does not take it meanwhile"
    with clock.at(START + timedelta(seconds=actions.CLAIM_SECONDS)):
        assert actions.deliver_due(1) == 1


def test_the_database_refuses_what_must_not_be() -> None:
    reset_mail()
    for change in ({"state": "lost"}, {"channel": "pigeon"}, {"next_try_at": None}, {"state": "sent", "sent_at": START}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Outbox.objects.update(**change)
