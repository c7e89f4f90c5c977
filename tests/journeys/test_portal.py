"""The portal from the editors' desk to everyone: two people publish, everyone reads, downloads, follows (PUB-08)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from chengxin.common import clock
from chengxin.flow import due
from chengxin.identity.values import Actor
from chengxin.portal.models import Item
from chengxin.portal.tests.makers import staff
from tests import people
from tests.journeys import enterprises

pytestmark = pytest.mark.django_db(transaction=True)
ATOM = "{http://www.w3.org/2005/Atom}"
POLICY = {
    "title": "网络交易管理办法（节选）",
    "number": "演示令〔2026〕1号",
    "issuer": "演示机关",
    "issued_on": "2026-01-05",
    "valid_from": "2026-02-01",
    "source_url": "https://policy.example/1",
    "body": "## 第一条\n\n为了规范网络交易。<script>alert(1)</script>",
}


def desk(person: Actor) -> Client:
    """A browser in which this person of an agency has logged in."""
    return enterprises.signed_in(person.id)


def begun(client: Client, kind: str = "notice", **typed: object) -> str:
    """The desk's address of a new page of content."""
    data = {"title": "关于填报诚信档案的通知", "body": "请按时填报。", "submission_key": "k"} | typed
    answer = client.post(f"/desk/content/new/{kind}", data)
    assert answer.status_code == 302, re.findall(r'class="problem">([^<]+)', answer.content.decode())
    return str(answer.url.partition("?")[0])


def step(client: Client, at: str, name: str, number: int = 1, **typed: str) -> tuple[int, str]:
    answer = client.post(f"{at}/step", {"step": name, "number": number, **typed}, follow=True)
    return answer.status_code, answer.content.decode()


@pytest.mark.requirement("PUB-08.1")
def test_a_notice_is_public_only_when_a_second_person_has_published_it() -> None:
    writer, second, reader = desk(staff(name="周编")), desk(staff(name="吴核")), Client()
    at = begun(writer)
    public = at.replace("/desk/content/", "/content/notice/")
    assert "预览" in writer.get(at).content.decode() and reader.get(public).status_code == 404
    assert "关于填报诚信档案的通知" not in reader.get("/content").content.decode()
    assert step(writer, at, "hand_in")[0] == 200
    status, page = step(writer, at, "publish")
    assert status == 409 and "须由另一人复核后发布" in page and reader.get(public).status_code == 404
    assert "发布</button>" not in writer.get(at).content.decode()
    assert step(second, at, "publish")[0] == 200
    shown = reader.get(public).content.decode()
    assert "请按时填报。" in shown and re.search(r"<time datetime=\"[^\"]+\">\d{4}年\d+月\d+日 \d\d:\d\d</time>", shown)
    listed = reader.get("/content/notice").content.decode()
    assert "关于填报诚信档案的通知" in listed and "<time datetime=" in listed


def test_a_page_is_changed_on_another_day_of_shanghai_only() -> None:
    midnight = datetime.combine(clock.today(), datetime.min.time(), tzinfo=clock.SHANGHAI)
    with clock.at(midnight + timedelta(hours=9)):
        writer, second = desk(staff(name="周编")), desk(staff(name="吴核"))
        at = begun(writer)
        step(writer, at, "hand_in")
        step(second, at, "publish")
        for minutes, told in ((-30, 1), (30, 0)):
            assert Item.objects.update(published_at=midnight + timedelta(minutes=minutes)) == 1
            page = Client().get(at.replace("/desk/content/", "/content/notice/"))
            assert page.content.decode().count("更新于") == told


@pytest.mark.requirement("PUB-08.2")
def test_a_script_in_a_body_is_stripped_everywhere() -> None:
    writer, second, reader = desk(staff()), desk(staff()), Client()
    at = begun(writer, "policy", **POLICY)
    step(writer, at, "hand_in")
    step(second, at, "publish")
    public = at.replace("/desk/content/", "/content/policy/")
    for page in (writer.get(at), second.get(at), reader.get(public), reader.get("/content"), reader.get("/content/feed.xml")):
        assert "alert(1)" not in page.content.decode()
    shown = reader.get(public).content.decode()
    for part in (
        "<h2>第一条</h2>",
        "演示令〔2026〕1号",
        "演示机关",
        "2026年1月5日",
        "2026年2月1日",
        'href="https://policy.example/1"',
        "现行有效",
    ):
        assert part in shown


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost() -> None:
    writer = desk(staff())
    wrong = {**POLICY, "title": "题" * 101, "issued_on": "去年", "source_url": "policy.example"}
    answer = writer.post("/desk/content/new/policy", wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    for part in ("标题最多100字，现有101字", "成文日期格式应如", "原文链接应以 https:// 开头", "去年", "题" * 101, "演示令〔2026〕1号"):
        assert part in page
    at = begun(writer, "policy", **{**POLICY, "number": "", "submission_key": "other"})
    status, page = step(writer, at, "hand_in")
    assert status == 422 and "政策法规须填写文号" in page
    assert "填写撤回理由" in step(writer, at, "withdraw")[1]


def test_two_editors_do_not_overwrite_each_other() -> None:
    first, other = desk(staff()), desk(staff())
    at = begun(first)
    base = {"base": "1", "title": "标题", "files": []}
    assert other.post(f"{at}/edit", base | {"body": "他人的新版", "submission_key": "o"}).status_code == 302
    late = first.post(f"{at}/edit", base | {"body": "我的新版", "submission_key": "m"})
    page = late.content.decode()
    assert late.status_code == 422 and "他人已保存第2版" in page and "我的新版" in page
    assert first.post(f"{at}/edit", base | {"base": "2", "body": "我的新版", "submission_key": "m2"}).status_code == 302
    compared = first.get(f"{at}/versions").content.decode()
    assert "<del>他人的新版</del>" in compared and "<ins>我的新版</ins>" in compared


def test_files_are_offered_with_the_version_that_names_them_and_survive_a_refusal() -> None:
    writer, second, reader = desk(staff()), desk(staff()), Client()
    made = writer.post("/desk/content/new/download", {"title": "授权书模板", "body": "请下载。", "submission_key": "k"}).url
    at, public = made.partition("/edit")[0], made.partition("/edit")[0].replace("/desk/content/", "/content/download/")
    picture = SimpleUploadedFile("模板.jpg", people.picture("template"), content_type="image/jpeg")
    typed = {"base": "1", "title": "题" * 101, "body": "请下载附件。", "submission_key": "e"}
    refused = writer.post(f"{at}/edit", typed | {"files.new": picture})
    file = re.search(r'name="files" value="([0-9a-f-]{36})"', refused.content.decode())
    assert refused.status_code == 422 and file and "模板.jpg" in refused.content.decode()
    text = SimpleUploadedFile("a.pdf", b"not a pdf", content_type="application/pdf")
    refused = writer.post(f"{at}/edit", typed | {"title": "模板", "files": [file[1]], "files.new": text})
    assert refused.status_code == 422 and "a.pdf：文件内容不是" in refused.content.decode()
    assert reader.get(f"{public}/files/{file[1]}").status_code == 404
    assert "已有更新的版本" in step(writer, at, "hand_in")[1]
    step(writer, at, "hand_in", 2)
    step(second, at, "publish", 2)
    answer = reader.get(f"{public}/files/{file[1]}")
    assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.content[:2] == b"\xff\xd8"
    dropped = typed | {"base": "2", "title": "模板", "files": [file[1]], "_remove": f"files={file[1]}", "submission_key": "d"}
    assert writer.post(f"{at}/edit", dropped).status_code == 302
    assert file[1] not in writer.get(at).content.decode() and reader.get(f"{public}/files/{file[1]}").status_code == 200


def test_a_planned_publication_is_carried_out_by_the_worker() -> None:
    writer, second, reader = desk(staff()), desk(staff()), Client()
    at = begun(writer)
    step(writer, at, "hand_in")
    assert "发布时间须晚于现在" in step(second, at, "schedule", publish_at="2020-01-01T09:00")[1]
    tomorrow = clock.now().astimezone(clock.SHANGHAI) + timedelta(days=1)
    assert "将于" in step(second, at, "schedule", publish_at=f"{tomorrow:%Y-%m-%dT%H:%M}")[1]
    public = at.replace("/desk/content/", "/content/notice/")
    due.run(50)
    assert reader.get(public).status_code == 404
    with clock.at(tomorrow):
        due.run(50)
    assert reader.get(public).status_code == 200
    assert "定时发布" in writer.get(at).content.decode()


def test_the_feed_is_atom_and_lists_are_found_by_kind_year_and_word() -> None:
    writer, second, reader = desk(staff()), desk(staff()), Client()
    for kind, typed in (("notice", {"submission_key": "n"}), ("policy", {**POLICY, "submission_key": "p"})):
        at = begun(writer, kind, **typed)
        step(writer, at, "hand_in")
        step(second, at, "publish")
    answer = reader.get("/content/feed.xml")
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    root = ET.fromstring(answer.content)
    assert [entry.findtext(f"{ATOM}title") for entry in root.iter(f"{ATOM}entry")] == [POLICY["title"], "关于填报诚信档案的通知"]
    assert ET.fromstring(reader.get("/content/policy/feed.xml").content).find(f"{ATOM}entry/{ATOM}updated") is not None
    year = clock.today().year

    def titles(address: str) -> int:
        return reader.get(address).content.decode().count("<h2><a href=")

    assert [titles(f"/content?year={at}") for at in (year, year - 1)] == [2, 0]
    assert [titles(f"/content?q={word}") for word in ("规范网络交易", "演示令", "按时", "没有的词", "%")] == [1, 1, 1, 0, 0]
    assert titles("/content/policy") == 1 and reader.get("/content/anything").status_code == 404
    wrong_kind = re.search(r"/content/policy/[0-9a-f-]{36}", reader.get("/content/policy").content.decode())
    assert wrong_kind and reader.get(wrong_kind[0].replace("policy", "notice")).status_code == 404


def test_products_are_kept_listed_and_taken_down_on_the_desk() -> None:
    admin = desk(staff("system_admin"))
    typed = {
        "code": "open-class",
        "group": "training",
        "title": "公开课",
        "provider": "商学社",
        "content": "六讲",
        "way": "code",
        "value": "LQ-1",
    }
    bad = admin.post("/desk/services/new", typed | {"way": "link", "valid_to": "x", "stock": "-1"})
    page = bad.content.decode()
    assert (
        bad.status_code == 422
        and "服务链接应以 https:// 开头" in page
        and "日期格式应如" in page
        and "可领数量为整数" in page
        and "公开课" in page
    )
    assert admin.post("/desk/services/new", typed).url == "/desk/services"
    line = admin.get("/desk/services").content.decode()
    at = re.search(r"/desk/services/[0-9a-f-]{36}", line)
    assert at and "未上架" in line
    assert admin.post(f"{at[0]}/state", {"step": "list"}).status_code == 302
    assert admin.post(at[0], typed | {"title": "公开课（二）", "stock": "10"}).status_code == 302
    firm = enterprises.approved(by=enterprises.reviewer()).client()
    assert "公开课（二）" in firm.get("/workbench/services").content.decode()
    admin.post(f"{at[0]}/state", {"step": "down"})
    assert "公开课（二）" not in firm.get("/workbench/services").content.decode()
    assert "已下架" in admin.get("/desk/services").content.decode()
    assert desk(staff("reviewer")).get("/desk/services").status_code == 403


def test_an_entry_of_the_help_centre_is_changed_by_two_editors_and_comes_back_when_withdrawn() -> None:
    writer, second, reader = desk(staff(name="周编")), desk(staff(name="吴核")), Client()
    assert "/desk/content/new/help?entry=Q5" in writer.get("/desk/content/help").content.decode()
    form = writer.get("/desk/content/new/help?entry=Q5").content.decode()
    assert "邮箱已作废" in form and "no longer exists" in form and 'name="entry" value="Q5"' in form
    typed = {"entry": "Q5", "title": "邮箱作废了怎么办？", "title_en": "My mailbox is gone", "body_en": "Ask us."}
    at = begun(writer, "help", **typed, body="请拨打**热线**。<script>alert(1)</script>")
    twice = second.post("/desk/content/new/help", {**typed, "body": "另一种说法", "submission_key": "s"})
    assert twice.status_code == 422 and "已有人开始编写" in twice.content.decode() and "另一种说法" in twice.content.decode()
    preview = second.get(at).content.decode()
    assert "邮箱作废了怎么办？" in preview and "My mailbox is gone" in preview and "alert(1)" not in preview
    step(writer, at, "hand_in")
    assert "邮箱作废了怎么办？" not in reader.get("/help").content.decode()
    assert step(writer, at, "publish")[0] == 409 and step(second, at, "publish")[0] == 200
    shown = reader.get("/help").content.decode()
    assert '<details id="Q5" open><summary>Q5：邮箱作废了怎么办？' in shown and "<strong>热线</strong>" in shown and "/help-desk" in shown
    assert "My mailbox is gone" in reader.get("/help?lang=en").content.decode()
    assert "/help#Q5" in writer.get(at).content.decode() and reader.get(at.replace("/desk", "")).status_code == 404
    assert "邮箱作废了怎么办？" not in reader.get("/content?lang=zh-hans").content.decode()
    step(second, at, "withdraw", note="说法有误")
    assert "注册时使用的邮箱已作废" in reader.get("/help?lang=zh-hans").content.decode()


def test_a_new_entry_of_help_needs_both_languages_and_stands_at_the_end_of_its_topic() -> None:
    writer, second, reader = desk(staff(name="周编")), desk(staff(name="吴核")), Client()
    at = begun(writer, "help", topic="registration", title="周末也审核吗？", body="工作日审核。")
    status, page = step(writer, at, "hand_in")
    assert status == 422 and "请填写问题（英文）" in page and "请填写解答（英文）" in page
    typed = {
        "base": "1",
        "title": "周末也审核吗？",
        "title_en": "At weekends?",
        "body": "工作日审核。",
        "body_en": "No.",
        "submission_key": "e",
    }
    assert writer.post(f"{at}/edit", typed).status_code == 302
    step(writer, at, "hand_in", 2)
    step(second, at, "publish", 2)
    shown = reader.get("/help?lang=zh-hans").content.decode()
    assert shown.index("周末也审核吗？") < shown.index('<h2 id="account">')
    assert writer.post("/desk/content/new/help", {"topic": "none", "title": "题", "body": "文"}).status_code == 404
