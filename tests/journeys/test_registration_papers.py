"""Licence and authorisation over HTTP, bad files, and the page that waits for the review (REG-06 to REG-09, REG-20)."""

from __future__ import annotations

import io
import re
import socket
import struct
import threading
import zipfile
import zlib
from datetime import datetime
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.test import Client

from chengxin.common import clock
from chengxin.filings.models import Attachment
from tests import people

pytestmark = pytest.mark.django_db(transaction=True)
FRIDAY = datetime(2026, 7, 3, 15, 0, tzinfo=clock.SHANGHAI)
JSON = {"Accept": "application/json"}


@pytest.fixture
def firm() -> people.Person:
    """An enterprise in state 待上传附件."""
    people.office()
    return people.registered(1)


@pytest.fixture
def own(firm: people.Person) -> Client:
    """Its browser."""
    return people.browser(firm)


def send(own: Client, **files: io.BytesIO) -> Any:
    """Post files with 开始上传."""
    return own.post("/register/papers", {f"{name}.new": file for name, file in files.items()} | {"submission_key": "k" * 32})


@pytest.mark.requirement("REG-06.1")
def test_a_template_for_every_kind_of_subject_downloads(own: Client) -> None:
    page = own.get("/register/papers").content.decode()
    assert "文件模板：法人代表签字授权文件模板" in page and "正确授权书样式" in page
    addresses = re.findall(r'href="(/register/template/[^"]+)"', page)
    assert len(addresses) == 12
    for address in addresses:
        answer = own.get(address)
        assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''"), address
        if address.endswith(".docx"):
            text = zipfile.ZipFile(io.BytesIO(answer.content)).read("word/document.xml").decode()
            assert "企业用户注册授权书" in text and ("签字" in text)
        else:
            assert answer.content.startswith(b"%PDF-")
    assert "经营者" in zipfile.ZipFile(io.BytesIO(own.get("/register/template/92.docx").content)).read("word/document.xml").decode()
    assert own.get("/register/template/nothing.docx").status_code == 404
    assert Client().get("/register").content.decode().count("/register/template/") == 12


@pytest.mark.requirement("REG-06.2")
def test_the_sample_of_a_correct_authorisation_is_shown_to_everyone() -> None:
    page = Client().get("/help").content.decode()
    picture = re.search(r'<img src="(/register/sample\.png[^"]*)" alt="正确授权书样式[^"]{10,}"', page)
    assert picture
    for address in (picture[1], "/register/sample.png?kind=92"):
        answer = Client().get(address)
        assert answer.headers["Content-Type"] == "image/png" and answer.content.startswith(b"\x89PNG")
    assert Client().get("/register/sample.png?kind=none").status_code == 404


@pytest.mark.requirement("REG-07.1")
def test_both_papers_complete_the_registration(firm: people.Person, own: Client) -> None:
    answer = send(own, licence=people.paper("licence.jpg"), authorisation=people.paper("authorisation.png"))
    assert (answer.status_code, answer.url) == (302, "/register/pending")
    assert people.state(firm) == "submitted"
    page = own.get("/register/pending").content.decode()
    assert "账号注册成功" in page and "待审核" in page and "请等待一个工作日由工作人员审核" in page
    due = people.filing(firm).due_at.astimezone(clock.SHANGHAI)
    assert f"{due.year}年{due.month}月{due.day}日 {due:%H:%M}" in page and "余杭区商务局（演示）" in page
    assert "审核结果会通过邮件发送至您注册的邮箱，请及时查收" in page
    number = re.search(r'href="/verify/([^"]+)"', page)
    assert number and Client().get(f"/verify/{number[1]}").status_code == 200
    again = send(own, licence=people.paper("other.jpg"))
    assert (again.status_code, again.url) == (302, "/register/pending")
    refused = own.post("/register/papers/upload", {"path": "licence", "file": people.paper("other.jpg")}, headers=JSON)
    assert refused.status_code == 409 and "待审核" in refused.json()["detail"]
    assert Attachment.objects.filter(state="bound").count() == Attachment.objects.count() == 2


@pytest.mark.requirement("REG-07.2")
@pytest.mark.parametrize(("sent", "missing"), [("licence", "法人代表签字授权文件"), ("authorisation", "营业执照")])
def test_one_paper_is_kept_and_the_other_named(firm: people.Person, own: Client, sent: str, missing: str) -> None:
    answer = send(own, **{sent: people.paper("first.jpg")})
    page = answer.content.decode()
    assert answer.status_code == 422 and re.search(rf"还缺少</[^>]+>\s*<p>{missing}。", page)
    assert "上传成功" in page and "first.jpg" in page
    assert people.state(firm) == "draft"
    other = "authorisation" if sent == "licence" else "licence"
    assert send(own, **{other: people.paper("second.jpg")}).url == "/register/pending"


def test_papers_sent_one_by_one_can_be_replaced_and_taken_off(firm: people.Person, own: Client) -> None:
    def upload(path: str, name: str) -> Any:
        return own.post("/register/papers/upload", {"path": path, "file": people.paper(name)}, headers=JSON)

    first, second = upload("licence", "first.jpg").json(), upload("licence", "second.jpg").json()
    shown = own.get("/register/papers").content.decode()
    assert second["id"] in shown and first["id"] not in shown
    own.post("/register/papers", {"_remove": f"licence={second['id']}"})
    assert "second.jpg" not in own.get("/register/papers").content.decode()
    page = send(own, authorisation=people.paper("authorisation.jpg")).content.decode()
    assert "<p>营业执照。" in page and people.state(firm) == "draft"
    for wrong in ("licence=nothing", "other=", "licence="):
        assert own.post("/register/papers", {"_remove": wrong}).status_code in (302, 422)
    stranger = people.browser(people.registered(2))
    held = re.search(r'name="_remove" value="authorisation=([0-9a-f-]{36})"', own.get("/register/papers").content.decode())
    assert held and stranger.post("/register/papers", {"_remove": f"authorisation={held[1]}"}).status_code == 403
    assert stranger.get(f"/files-of/{held[1]}/1.png").status_code in (403, 404)
    assert own.get(f"/files-of/{held[1]}/1.png").status_code == 200


def bomb() -> bytes:
    """A PNG that says it is 60,000 by 60,000."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1_000_000))) + chunk(b"IEND", b"")


def bad_files() -> dict[str, tuple[str, bytes, str]]:
    """Name, bytes and the sentence that refuses them."""
    whole = people.picture("whole", size=(1600, 1200))
    return {
        "program": ("licence.jpg", b"MZ\x90\x00" + bytes(4096), "文件内容不是 JPG、PNG 或 PDF，请检查文件。仅修改扩展名不会改变文件内容。"),
        "page": ("licence.png", b"<html><script>alert(1)</script></html>", "文件内容不是 JPG、PNG 或 PDF"),
        "empty": ("licence.jpg", b"", "文件是空的（0 字节），请重新选择文件。"),
        "cut": ("licence.jpg", whole[: len(whole) * 7 // 10], "图片不完整或已损坏，请重新拍摄或导出后上传。"),
        "bomb": ("licence.png", bomb(), "图片尺寸过大，请缩小到 5000 万像素以内再上传。"),
        "large": ("licence.jpg", whole + bytes(10 * 1024 * 1024), "文件超过 10 MB，请压缩或重新拍摄后上传。"),
        "phone": ("licence.heic", b"\0\0\0\x18ftypheic" + bytes(64), "这是 HEIC 照片，暂不支持。"),
        "locked": ("licence.pdf", b"%PDF-1.7\n" + bytes(200), "PDF 文件无法打开或已损坏，请重新导出后上传。"),
    }


@pytest.mark.requirement("REG-07.3")
def test_each_bad_file_is_refused_beside_its_field_and_the_good_one_kept(firm: people.Person, own: Client) -> None:
    for case, (name, body, said) in bad_files().items():
        answer = send(own, licence=people.paper(name, body), authorisation=people.paper(f"{case}.jpg"))
        page = answer.content.decode()
        assert answer.status_code == 422, case
        beside = re.search(r'id="f-licence_error"><p class="problem">([^<]*)</p>', page)
        assert beside and said in beside[1], case
        assert f"{case}.jpg" in page and "上传成功" in page
        by_script = own.post("/register/papers/upload", {"path": "licence", "file": people.paper(name, body)}, headers=JSON)
        assert by_script.status_code == 422 and said in str(by_script.json()["errors"]), case
    assert people.state(firm) == "draft"
    assert set(Attachment.objects.exclude(state="dropped").values_list("path", flat=True).distinct()) == {
        path for path in Attachment.objects.values_list("path", flat=True) if path.endswith("/authorisation")
    }


def test_an_operator_who_files_in_person_needs_no_authorisation() -> None:
    people.office()
    firm = people.registered(1, kind="92", name="")
    own = people.browser(firm)
    page = send(own, licence=people.paper("licence.jpg")).content.decode()
    assert re.search(r"还缺少</[^>]+>\s*<p>经营者签字授权文件。", page)
    answer = own.post("/register/papers", {"operator_files": "1", "submission_key": "k" * 32})
    assert (answer.status_code, answer.url) == (302, "/register/pending")
    company = people.registered(2)
    other = people.browser(company)
    other.post("/register/papers", {"operator_files": "1", "licence.new": people.paper("licence.jpg")})
    assert people.state(company) == "draft"


@pytest.mark.requirement("REG-09.1")
def test_handed_in_on_friday_is_due_on_monday() -> None:
    with clock.at(FRIDAY):
        people.office()
        firm = people.registered(1)
        own = people.browser(firm)
        send(own, licence=people.paper("licence.jpg"), authorisation=people.paper("authorisation.jpg"))
        page = own.get("/register/pending").content.decode()
        assert "2026年7月6日 15:00" in page and "暂定" not in page
        assert people.filing(firm).due_at == datetime(2026, 7, 6, 15, 0, tzinfo=clock.SHANGHAI)


@pytest.mark.requirement("REG-20.2")
def test_a_year_without_calendar_counts_weekends_and_warns_the_desk() -> None:
    office = people.office()
    firm = people.registered(1)
    with clock.at(datetime(2031, 3, 7, 15, 0, tzinfo=clock.SHANGHAI)):  # a Friday
        people.hand_in(firm)
        page = people.browser(firm).get("/register/pending").content.decode()
        assert "2031年3月10日 15:00" in page and "暂定" in page
        desk = people.browser(office.county).get("/desk").content.decode()
        assert "2031年的工作日历尚未导入，办结时间按周末规则暂定。" in desk
    assert "工作日历尚未导入" not in people.browser(office.county).get("/desk").content.decode() or clock.today().month >= 11


def test_an_upload_cut_off_on_the_wire_leaves_nothing_and_can_be_sent_again(firm: people.Person, own: Client) -> None:
    own.get("/register/papers")
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in own.cookies.items())
    token = own.cookies[settings.CSRF_COOKIE_NAME].value
    picture = people.picture("licence", size=(1600, 1200))
    parts = [
        ("csrfmiddlewaretoken", "", token.encode()),
        ("path", "", b"licence"),
        ("file", '; filename="licence.jpg"\r\nContent-Type: image/jpeg', picture),
    ]
    body = b"".join(
        b'--cut\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (name.encode(), more.encode(), value)
        for name, more, value in parts
    )
    body += b"--cut--\r\n"
    head = (
        f"POST /register/papers/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\nAccept: application/json\r\n"
        f"Content-Type: multipart/form-data; boundary=cut\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with make_server("127.0.0.1", 0, _house, handler_class=_Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        answers = [_said(server.server_port, head.encode() + body[:size]) for size in (len(body) * 7 // 10, len(body))]
        server.shutdown()
    assert " 201 " not in answers[0].split("\r\n")[0] and " 201 " in answers[1].split("\r\n")[0], answers
    held = Attachment.objects.get()
    assert (held.name, held.state) == ("licence.jpg", "staged")


class _Quiet(WSGIRequestHandler):
    """Prints nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _house(environ: dict[str, Any], start: Any) -> Any:
    """The pages, with the thread's connection given back."""
    answer = WSGIHandler()(environ, start)
    try:
        return list(answer)
    finally:
        answer.close()
        connections.close_all()


def _said(port: int, sent: bytes) -> str:
    """What the house answers to bytes after which the line goes dead."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b"")).decode()
