"""Pages of content: what a version keeps, who may publish, what everyone sees (PUB-08)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from chengxin.common import clock
from chengxin.common.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from chengxin.identity.values import Actor
from chengxin.ledger.models import Event
from chengxin.portal import actions, bodies, queries, rules, values
from chengxin.portal.models import Item, Step, Version
from chengxin.portal.tests.makers import SYSTEM, published, staff, written
from chengxin.portal.values import KINDS, NOTICE, POLICY, Content

pytestmark = pytest.mark.django_db
HOSTILE = """# 标题

正文<script>alert('x')</script>

<img src=x onerror=alert(1)>[链接](javascript:alert(1))
<a href='https://a.example/' onclick='x()'>好</a>"""


def test_a_body_keeps_what_is_safe_and_loses_what_is_not() -> None:
    html = bodies.rendered(HOSTILE)
    assert html.startswith("<h2>标题</h2>") and 'href="https://a.example/"' in html
    for bad in ("script", "alert(", "onerror", "onclick", "javascript:", "<img"):
        assert bad not in html.replace("[链接](javascript:alert(1))", "")
    assert bodies.rendered("一行\n二行\n\n| 甲 | 乙 |\n|---|---|\n| 1 | 2 |").count("<td>") == 2
    assert bodies.plain("<p>一</p><ul><li>二 &amp; 三</li></ul>") == "一 二 & 三"


HARMFUL = (
    "<style>*{display:none}</style>",
    "<iframe src='https://a.example/'></iframe>",
    "<svg onload=alert(1)>",
    "<a href='data:text/html,x'>a</a>",
    "<form action='/logout'><input></form>",
    "<p style='position:fixed'>x</p>",
    "<scr<script>ipt>alert(1)</script>",
)


@pytest.mark.parametrize("text", HARMFUL)
def test_no_other_way_to_put_a_program_into_a_page(text: str) -> None:
    html = bodies.rendered(text)
    for bad in ("<style", "<iframe", "<svg", "data:", "<form", "<input", "style=", "<script"):
        assert bad not in html


def test_a_draft_is_not_public_and_a_published_page_is() -> None:
    writer, second = staff(name="周编"), staff(name="吴核")
    item = written(by=writer)
    assert queries.listed(kinds=KINDS).items == ()
    with pytest.raises(NotFound):
        queries.shown(item)
    actions.hand_in(item_id=item, number=1, by=writer)
    with pytest.raises(NotFound):
        queries.shown(item)
    actions.publish(item_id=item, number=1, by=second)
    shown = queries.shown(item)
    assert (shown.title, shown.version.html) == ("关于开展诚信档案填报的通知", "<p>请各企业按时填报。</p>\n")
    assert [event.kind for event in Event.objects.filter(subject=str(item)).order_by("id")] == [
        "content.saved",
        "content.handed_in",
        "content.published",
    ]


def test_who_wrote_any_unseen_version_does_not_publish_it() -> None:
    writer, second = staff(), staff()
    item = written(by=writer)
    actions.hand_in(item_id=item, number=1, by=writer)
    with pytest.raises(Conflict, match="须由另一人复核"):
        actions.publish(item_id=item, number=1, by=writer)
    with pytest.raises(Conflict, match="须由另一人复核"):
        actions.schedule(item_id=item, number=1, publish_at=clock.now() + timedelta(days=1), by=writer)
    actions.send_back(item_id=item, number=1, note="请补充日期。", by=second)
    actions.save(item_id=item, base=1, content=Content(title="新标题", body="新正文"), files=(), key="k2", by=second)
    actions.hand_in(item_id=item, number=2, by=writer)
    for person in (writer, second):
        with pytest.raises(Conflict, match="须由另一人复核"):
            actions.publish(item_id=item, number=2, by=person)
    actions.publish(item_id=item, number=2, by=staff())
    assert queries.shown(item).title == "新标题"


def test_the_database_refuses_a_publication_by_the_writer() -> None:
    writer = staff()
    item = written(by=writer)
    with pytest.raises(DatabaseError, match="step_two_people"), transaction.atomic():
        Step.objects.create(item_id=item, number=1, event="publish", by_id=writer.id, writer_id=writer.id, at=clock.now())
    with pytest.raises(DatabaseError, match=r"append-only|permission denied"), transaction.atomic():
        Version.objects.filter(item_id=item).update(title="改")


def test_a_new_version_is_unseen_until_it_is_published_and_withdrawal_is_at_once() -> None:
    writer, second = staff(), staff()
    item = published(by=writer, second=second)
    assert actions.save(item_id=item, base=1, content=Content(title="第二版", body="二"), files=(), key="a", by=writer) == 2
    assert queries.shown(item).version.number == 1
    with pytest.raises(Invalid, match="填写的内容有误") as stale:
        actions.save(item_id=item, base=1, content=Content(title="另一版", body="三"), files=(), key="b", by=second)
    assert "他人已保存第2版" in stale.value.fields["body"][0]
    first = queries.shown(item).published_at
    actions.hand_in(item_id=item, number=2, by=writer)
    actions.publish(item_id=item, number=2, by=second)
    assert (queries.shown(item).title, queries.shown(item).published_at) == ("第二版", first)
    with pytest.raises(Invalid):
        actions.withdraw(item_id=item, note=" ", by=writer)
    actions.withdraw(item_id=item, note="文号有误", by=writer)
    with pytest.raises(NotFound):
        queries.shown(item)
    assert next(step.event for step in queries.steps(item_id=item, by=writer)) == "withdraw"


def test_a_planned_publication_happens_by_itself_and_only_then() -> None:
    writer, second = staff(), staff()
    item = written(by=writer)
    actions.hand_in(item_id=item, number=1, by=writer)
    now = datetime(2026, 3, 2, 1, tzinfo=UTC)
    with clock.at(now):
        for wrong in (None, now, now + timedelta(days=400)):
            with pytest.raises(Invalid):
                actions.schedule(item_id=item, number=1, publish_at=wrong, by=second)
        actions.schedule(item_id=item, number=1, publish_at=now + timedelta(hours=1), by=second)
        assert actions.publish_due(limit=10, by=SYSTEM) == 0
    with clock.at(now + timedelta(hours=1)):
        assert actions.publish_due(limit=10, by=SYSTEM) == 1
        assert actions.publish_due(limit=10, by=SYSTEM) == 0
    assert queries.shown(item).published_at == now + timedelta(hours=1)


def test_called_off_or_withdrawn_before_its_moment_it_is_not_published() -> None:
    writer, second = staff(), staff()
    items = [written(by=writer) for _ in range(2)]
    for item in items:
        actions.hand_in(item_id=item, number=1, by=writer)
        actions.schedule(item_id=item, number=1, publish_at=clock.now() + timedelta(hours=1), by=second)
    actions.send_back(item_id=items[0], number=1, note="推迟", by=second)
    actions.withdraw(item_id=items[1], note="不发了", by=second)
    with clock.at(clock.now() + timedelta(days=2)):
        assert actions.publish_due(limit=10, by=SYSTEM) == 0
    assert [Item.objects.get(id=item).state for item in items] == ["draft", "withdrawn"]


def test_what_a_policy_lacks_is_said_beside_each_field_when_it_is_handed_in() -> None:
    writer = staff()
    item = written(by=writer, kind=POLICY, title="办法", body="")
    with pytest.raises(Invalid) as lacking:
        actions.hand_in(item_id=item, number=1, by=writer)
    assert set(lacking.value.fields) == {"body", "number", "issuer", "issued_on", "source_url"}
    with pytest.raises(Invalid) as wrong:
        written(by=writer, title="题" * 101, issued_on="2026-13-01", source_url="http://a", valid_from="2026-02-01", valid_to="2026-01-01")
    assert set(wrong.value.fields) == {"title", "issued_on", "source_url", "valid_to"}
    download = written(by=writer, kind=values.DOWNLOAD)
    with pytest.raises(Invalid, match="填写的内容有误") as empty:
        actions.hand_in(item_id=download, number=1, by=writer)
    assert "files" in empty.value.fields


def test_a_page_sent_twice_is_one_page_and_an_unchanged_one_no_new_version() -> None:
    writer = staff()
    content = Content(title="通知", body="正文")
    first = actions.create(kind=NOTICE, content=content, key="same", by=writer)
    assert actions.create(kind=NOTICE, content=content, key="same", by=writer) == first
    assert actions.save(item_id=first, base=1, content=content, files=(), key=str(uuid4()), by=writer) == 1
    assert Version.objects.filter(item_id=first).count() == 1


def test_only_editors_write_and_nobody_else_reads_drafts() -> None:
    item = written(by=staff())
    for stranger, refusal in ((staff("reviewer"), Forbidden), (staff("system_admin"), Forbidden), (Actor.nobody(), Unauthenticated)):
        with pytest.raises(refusal):
            written(by=stranger)
        with pytest.raises(refusal):
            queries.one(item_id=item, by=stranger)
        with pytest.raises(refusal):
            actions.publish(item_id=item, number=1, by=stranger)


def test_lists_are_narrowed_by_kind_year_and_words_and_walk_page_by_page() -> None:
    writer, second = staff(), staff()
    for year in (2024, 2025):
        with clock.at(datetime(year, 12, 31, 15, tzinfo=UTC)):  # 23:00 in Shanghai
            published(by=writer, second=second, title=f"{year}年末通知", body="百分号 100% 与下划线_")
    with clock.at(datetime(2025, 12, 31, 17, tzinfo=UTC)):  # 01:00 of the new year in Shanghai
        published(by=writer, second=second, title="元旦动态", kind="news")
    assert queries.years(kinds=KINDS) == [2026, 2025, 2024]
    assert [item.title for item in queries.listed(kinds=KINDS, year=2025).items] == ["2025年末通知"]
    assert queries.listed(kinds=("news",), year=2026).total == 1
    assert queries.listed(kinds=KINDS, text="年末 100%").total == 2
    assert queries.listed(kinds=KINDS, text="100_").total == 0
    with clock.at(datetime(2026, 5, 1, tzinfo=UTC)):
        for number in range(values.PAGE):
            published(by=writer, second=second, title=f"第{number}条")
    first = queries.listed(kinds=KINDS)
    rest = queries.listed(kinds=KINDS, after=first.next)
    assert (len(first.items), len(rest.items), rest.next, first.total) == (values.PAGE, 3, "", values.PAGE + 3)
    assert not {item.id for item in first.items} & {item.id for item in rest.items}
    assert queries.listed(kinds=KINDS, after="nonsense").total == values.PAGE + 3


def test_validity_is_told_by_day() -> None:
    facts = {"valid_from": "2026-02-01", "valid_to": "2026-03-01"}
    days = [clock.today().replace(year=2026, month=month, day=day) for month, day in ((1, 31), (2, 1), (3, 1), (3, 2))]
    assert [rules.in_force(facts=facts, today=day) for day in days] == ["尚未施行", "现行有效", "现行有效", "已失效"]
    assert rules.in_force(facts={}, today=days[0]) == ""
