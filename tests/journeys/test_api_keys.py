"""接口密钥: shown once, kept as a hash, rotated with a day's grace, revoked at once; limits are higher with one (D-46)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from chengxin.access.models import ApiKey
from chengxin.common import clock
from chengxin.ledger.models import Event
from chengxin.records.tests import makers
from chengxin.web.api import limits
from tests import people

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/account/keys"


@pytest.fixture(autouse=True)
def _fresh_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_buckets", limits.courtesy.Buckets())


@pytest.fixture
def office() -> people.Office:
    return people.office()


@pytest.fixture
def holder(office: people.Office) -> Client:
    return people.browser(people.approved(1, by=office.county))


def issue(client: Client, name: str = "批量核验") -> str:
    answer = client.post(PAGE, {"name": name, "submission_key": str(uuid4())})
    assert answer.status_code == 200, answer.content.decode()
    found = re.search(r"cxk_[\w-]{43}", answer.content.decode())
    assert found
    return found[0]


def batch(client: Client, key: str = "", **more: str) -> Any:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return client.post("/api/v1/files:batch", {"codes": [makers.code(1)]}, content_type="application/json", headers=headers, **more)  # type: ignore[arg-type]


def test_a_key_is_shown_once_and_kept_as_a_hash(holder: Client, client: Client) -> None:
    key = issue(holder)
    page = holder.get(PAGE)
    assert key not in page.content.decode()
    assert key[:12] in page.content.decode() and "批量核验" in page.content.decode() and "未使用" in page.content.decode()
    assert page.headers["Cache-Control"] == "no-store"
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(k)::text FROM access_apikey k")
        assert key[12:] not in cursor.fetchone()[0]
    assert batch(client, key).status_code == 200
    assert "未使用" not in holder.get(PAGE).content.decode()
    event = Event.objects.get(kind="api_key.issued")
    assert event.data == {"prefix": key[:12]}


def test_more_batches_with_a_key_than_without(holder: Client, client: Client, settings: Any) -> None:
    settings.WEB_WORKERS, settings.BATCHES_PER_MINUTE, settings.KEY_BATCHES_PER_MINUTE = 1, 2, 5
    key = issue(holder)
    assert [batch(client).status_code for _ in range(3)] == [200, 200, 429]
    assert batch(client).headers["Retry-After"]
    assert [batch(client, key).status_code for _ in range(6)] == [200] * 5 + [429]
    assert batch(client, REMOTE_ADDR="203.0.113.9").status_code == 200, "another address has its own"


def test_several_keys_of_one_account_share_its_limit(holder: Client, client: Client, settings: Any) -> None:
    settings.WEB_WORKERS, settings.KEY_BATCHES_PER_MINUTE = 1, 3
    one, two = issue(holder), issue(holder, "对账")
    assert [batch(client, key).status_code for key in (one, two, one, two, one)] == [200] * 3 + [429] * 2


def test_a_rotated_key_is_good_for_a_day_beside_its_successor(holder: Client, client: Client) -> None:
    old = issue(holder)
    answer = holder.post(PAGE, {"rotate": str(ApiKey.objects.get().id)}).content.decode()
    new = re.search(r"cxk_[\w-]{43}", answer)
    assert new and new[0] != old
    assert [batch(client, key).status_code for key in (old, new[0])] == [200, 200]
    assert holder.post(PAGE, {"rotate": str(ApiKey.objects.get(prefix=old[:12]).id)}).status_code == 409
    with clock.at(clock.now() + timedelta(hours=25)):
        refused = batch(client, old)
        assert (refused.status_code, refused.json()["code"]) == (401, "unknown-key")
        assert batch(client, new[0]).status_code == 200
    assert Event.objects.filter(kind="api_key.rotated").count() == 1


def test_a_revoked_key_is_refused_at_once(holder: Client, client: Client) -> None:
    key = issue(holder)
    row = str(ApiKey.objects.get().id)
    assert holder.post(PAGE, {"revoke": row}).status_code == holder.post(PAGE, {"revoke": row}).status_code == 302
    assert batch(client, key).status_code == 401
    assert Event.objects.filter(kind="api_key.revoked").count() == 1, "a second time is no act"
    assert batch(client, "cxk_" + "x" * 43).status_code == 401


def test_nobody_touches_another_ones_key(holder: Client, client: Client, office: people.Office) -> None:
    issue(holder)
    row = str(ApiKey.objects.get().id)
    other = people.browser(people.approved(2, by=office.county))
    for act in ("revoke", "rotate"):
        assert other.post(PAGE, {act: row}).status_code == 404
        assert other.post(PAGE, {act: "none"}).status_code == 404
    assert client.get(PAGE).status_code == 302
    assert people.browser(people.registered(3)).get(PAGE).status_code == 403, "not before the registration is approved"
    assert ApiKey.objects.get().ends_at is None


def test_bad_names_and_too_many_are_told(holder: Client) -> None:
    for wrong in ("", "  ", "长" * 61):
        answer = holder.post(PAGE, {"name": wrong, "submission_key": str(uuid4())})
        assert (answer.status_code, ApiKey.objects.count()) == (422, 0)
        assert "请填写用途" in answer.content.decode()
    for _ in range(5):
        issue(holder)
    full = holder.post(PAGE, {"name": "第六个", "submission_key": str(uuid4())})
    assert full.status_code == 409 and "最多同时使用5个密钥" in full.content.decode()
    assert 'value="第六个"' in full.content.decode()


def test_a_double_click_makes_one_key(holder: Client) -> None:
    asked = {"name": "批量核验", "submission_key": str(uuid4())}
    answers = [holder.post(PAGE, asked).status_code for _ in range(2)]
    assert (answers, ApiKey.objects.count()) == ([200, 409], 1)


def test_people_of_agencies_have_keys_too(client: Client, office: people.Office) -> None:
    reviewer = people.browser(office.county)
    assert batch(client, issue(reviewer, "辖区核验")).status_code == 200
