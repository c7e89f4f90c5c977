"""The public face over HTTP: home, list, file, record, report, verification (REG-01, PUB-01 to PUB-05, ARC-05, D-13, D-14)."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.test import Client

from chengxin.common import clock
from chengxin.common.canonical import canonical
from chengxin.filings import queries as filings
from chengxin.flow import registration
from chengxin.identity.models import AccessLog
from chengxin.ledger import sequencer
from chengxin.ledger.models import Event
from chengxin.records import queries as records
from chengxin.records.tests import makers
from chengxin.seals import pdf
from tests.journeys import enterprises

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "杭州澜序桥电子商务有限公司"
SCRIPT = "<script>alert('x')</script>"


@pytest.fixture
def file() -> tuple[UUID, str]:
    enterprise, code = makers.published(1, NAME, [makers.own_record(makers.shop("澜序旗舰店", url="https://lanxu.example/a"))])
    makers.take_in(enterprise, makers.penalty("余市监罚〔2026〕1号", until=date(2099, 1, 1)))
    return enterprise, code


def text(client: Client, address: str, status: int = 200, **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


@pytest.mark.requirement("REG-01.1")
def test_home_shows_credit_building_and_ways_in(client: Client, file: tuple[UUID, str]) -> None:
    page = text(client, "/")
    wanted = ("信用共建", "企业诚信档案信息", "MORE+", NAME, "数据概览", "惠民惠企", "权威信息发布", "资源开放共享", "政企交流互动", "Q1：")
    for word in wanted:
        assert word in page, word
    for address in ("/register", "/login", "/files", f"/files/{file[1]}", "/overview", "/help"):
        assert f'href="{address}"' in page, address


@pytest.mark.requirement("REG-01.2")
def test_the_workbench_sends_a_visitor_to_log_in(client: Client) -> None:
    for address in ("/workbench", "/workbench/archive", "/workbench/messages", "/workbench/services"):
        answer = client.get(address)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/login"), address


@pytest.mark.requirement("PUB-02.1")
def test_the_column_shows_the_newest_and_more_pages_through_all(client: Client) -> None:
    for number in range(30):
        with clock.at(datetime(2026, 1, 1 + number % 28, 8, number, tzinfo=clock.SHANGHAI)):
            makers.published(number, f"杭州第{number}电子商务有限公司")
    column = re.findall(r'href="/files/([0-9A-Z]{18})"', text(client, "/"))
    assert len(column) == len(set(column)) == 10
    assert column[0] == makers.code(27)
    seen: list[str] = []
    address = "/files"
    while address:
        page = text(client, address)
        seen += re.findall(r'href="/files/([0-9A-Z]{18})"', page)
        following = re.search(r'href="(\?[^"]*)" rel="next"', page)
        address = "/files" + following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 30
    assert "共 30 条" in page


@pytest.mark.requirement("PUB-04.1", "PUB-01.1")
def test_what_was_published_is_there_with_the_next_request(client: Client) -> None:
    enterprise, uscc = makers.known(1, NAME)
    assert client.get(f"/files/{uscc}").status_code == 404
    assert NAME not in text(client, "/")
    makers.publish(enterprise, [makers.own_record(makers.shop("澜序旗舰店"))], makers.head(uscc, NAME))
    assert "澜序旗舰店" in text(client, f"/files/{uscc}")
    assert NAME in text(client, "/")
    assert NAME in text(client, "/files", q="澜序桥")


@pytest.mark.requirement("ARC-05.2")
def test_a_file_tells_government_from_own_data(client: Client, file: tuple[UUID, str]) -> None:
    page = text(client, f"/files/{file[1]}")
    above, line, below = page.partition('<hr class="origin-line">')
    assert line
    assert "余市监罚〔2026〕1号" in above
    assert "origin-government" in above
    assert "政府部门提供" in above
    assert "来源：杭州市余杭区市场监督管理局（演示）" in above
    assert re.search(r"取得时间：\d{4}年\d+月\d+日 \d\d:\d\d", above)
    assert "公示期至：2099年1月1日" in above
    assert "澜序旗舰店" in below
    assert "企业自行填报，未经政府核实" in below
    assert "origin-enterprise" in below
    assert 'class="origin origin-enterprise"' not in above
    for word in ("数据截至", "如何看懂这份档案", "行政处罚决定书文号", "罚款", "名词解释", "所属平台", "已签署诚信承诺书"):
        assert word in page, word


def test_labels_come_from_the_records_own_form(client: Client, file: tuple[UUID, str]) -> None:
    page = text(client, f"/files/{file[1]}")
    for label, value in (("所属平台", "样例平台"), ("类型", "第三方店铺"), ("是否亮照", "是"), ("违法行为类型", "虚假宣传")):
        assert f"<dt>{label}</dt><dd>{value}</dd>" in page, label
    assert '<a href="https://lanxu.example/a" rel="nofollow noopener external">' in page
    english = text(client, f"/files/{file[1]}", lang="en")
    assert "<dt>Platform</dt>" in english


def test_scripts_in_texts_stay_text(client: Client) -> None:
    bad = makers.shop(SCRIPT, url="javascript:alert(1)", categories="x" * 10_000)
    _enterprise, uscc = makers.published(1, f"杭州{SCRIPT}有限公司", [makers.own_record(bad)], shop_names=(SCRIPT,))
    version = client.get(f"/api/v1/files/{uscc}").json()["records"][0]["version_id"]
    pages = ("/", "/files", "/files?q=alert", f"/files?q={SCRIPT}", f"/files/{uscc}", f"/files/{uscc}/{version}", f"/verify/{SCRIPT}")
    for address in pages:
        page = client.get(address).content.decode()
        assert "<script>alert" not in page, address
        assert 'href="javascript' not in page, address


def test_a_group_with_many_records_pages_through_them(client: Client) -> None:
    records = [makers.own_record(makers.shop(f"第{number}店")) for number in range(105)]
    _enterprise, uscc = makers.published(1, NAME, records)
    page = text(client, f"/files/{uscc}")
    assert "共 105 条" in page
    assert f"/files/{uscc}/groups/S06" in page
    first = text(client, f"/files/{uscc}/groups/S06")
    cursor = re.search(r'\?cursor=([0-9a-f-]{36})" rel="next"', first)
    assert cursor
    rest = text(client, f"/files/{uscc}/groups/S06", cursor=cursor[1])
    assert rest.count('<article class="record"') == 5
    assert client.get(f"/files/{uscc}/groups/S99").status_code == 404


def test_a_term_past_midnight_is_gone_from_every_page(client: Client) -> None:
    with clock.at(datetime(2026, 1, 5, 8, tzinfo=clock.SHANGHAI)):
        enterprise, uscc = makers.published(1, NAME)
        makers.take_in(enterprise, makers.penalty("余市监罚〔2026〕1号", until=date(2026, 3, 31)))
        version = client.get(f"/api/v1/files/{uscc}").json()["records"][0]["version_id"]
    with clock.at(datetime(2026, 3, 31, 23, 59, tzinfo=clock.SHANGHAI)):
        assert "余市监罚" in text(client, f"/files/{uscc}")
    with clock.at(datetime(2026, 4, 1, tzinfo=clock.SHANGHAI)):
        assert "余市监罚" not in text(client, f"/files/{uscc}")
        assert client.get(f"/api/v1/files/{uscc}").json()["records"] == []
        assert client.get(f"/files/{uscc}/{version}").status_code == 404
        assert client.get(f"/files/{uscc}/groups/G06").status_code == 404


def test_overview_draws_charts_with_their_tables(client: Client, file: tuple[UUID, str]) -> None:
    makers.published(2, "北京栎舟汇数据科技有限公司", division="110108", type_="PLATFORM")
    page = text(client, "/overview")
    assert page.count('<svg role="img"') == 6
    assert page.count("查看数据表") == 6
    for cell in ("浙江省", "北京市", "电子商务平台企业"):
        assert f'<th scope="row">{cell}</th><td class="num">1</td>' in page, cell
    assert client.get("/").content.decode().count("<b>2</b>") == 2
    assert sorted(hit.records for hit in records.newest_files(limit=5)) == [0, 2]


def test_the_overview_is_counted_once_for_all_visitors_and_names_its_moment(file: tuple[UUID, str], settings: Any) -> None:
    settings.OVERVIEW_SECONDS = 60
    now = clock.now() + timedelta(days=1)  # what another test has counted is older
    with clock.at(now):
        former = records.overview()
        makers.published(2, "北京栎舟汇数据科技有限公司", division="110108", type_="PLATFORM")
        assert records.overview() is former
        assert former.at == now
    with clock.at(now + timedelta(seconds=60)):
        assert records.overview().files == former.files + 1


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({"q": "没有的企业"}, "未检索到已公示的诚信档案。未建立档案不代表守信或失信。"),
        ({"q": "91330110WWTE0001X1"}, "校验"),
        ({"division": "999999"}, "行政区划代码不存在"),
        ({"enterprise_type": "X"}, "企业类型不存在"),
        ({"cursor": "zzz"}, "请使用上一页返回的 next 值"),
        ({"division.1": "330000", "division.2": "330100"}, NAME),
        ({"division.search": "余杭", "_search": "division"}, "浙江省 杭州市 余杭区"),
        ({"q": "lanxu"}, "未检索到"),
        ({"q": "杭州", "enterprise_type": "IN_PLATFORM"}, NAME),
    ],
)
def test_the_search_page_answers_clearly(client: Client, file: tuple[UUID, str], query: dict[str, str], word: str) -> None:
    assert word in text(client, "/files", **query)


def test_a_report_is_signed_kept_and_verified_by_number(client: Client, file: tuple[UUID, str]) -> None:
    sequencer.step()
    enterprise, uscc = file
    answer = client.get(f"/files/{uscc}.pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    number = answer["X-Report-Number"]
    assert pdf.verify(answer.content)["ok"]
    middle = len(answer.content) // 2
    changed = answer.content[:middle] + bytes([answer.content[middle] ^ 1]) + answer.content[middle + 1 :]
    assert not pdf.verify(changed)["ok"]
    page = text(client, f"/verify/{number.lower()}")
    assert hashlib.sha256(answer.content).hexdigest() in page
    assert "没有变化" in page
    assert Event.objects.filter(kind="report.issued", subject=number).count() == 1
    record = client.get(f"/api/v1/files/{uscc}").json()["records"]
    assert {r["group"] for r in record} == {"G06", "S06"}
    makers.publish(enterprise, [makers.own_record(makers.shop(name)) for name in ("甲店", "乙店")], makers.head(uscc, NAME))
    page = text(client, f"/verify/{number}")
    assert '网站、网店与应用（S06）</th><td class="num">1</td><td class="num">2</td>' in page
    said = client.get(f"/verify/{number}.json").json()
    assert said["changes"] == [{"group": "S06", "gone": 1, "come": 2}]
    assert said["sha256"] == hashlib.sha256(answer.content).hexdigest()


def test_a_report_of_one_group(client: Client, file: tuple[UUID, str]) -> None:
    answer = client.get(f"/files/{file[1]}.pdf", {"group": "S06"})
    assert pdf.verify(answer.content)["ok"]
    assert client.get(f"/files/{file[1]}.pdf", {"group": "S99"}).status_code == 404
    assert client.get(f"/files/{makers.code(9)}.pdf").status_code == 404
    assert client.head(f"/files/{file[1]}.pdf").status_code == 200


def test_unknown_numbers_are_said_to_be_unknown(client: Client) -> None:
    for number in ("BG20260101ABCDEFGHJK", "HZ20260101ABCDEFGHJK", "x", "'", "%"):
        assert "没有这个编号" in text(client, f"/verify/{number}", status=404)
    assert client.get("/verify/BG1.json", headers={"Accept": "application/json"}).status_code == 404
    assert "报告编号" in text(client, "/verify")
    answer = client.get("/verify", {"number": " bg2026-0101 "})
    assert (answer.status_code, answer["Location"]) == (302, "/verify/BG20260101")


def test_standing_pages(client: Client) -> None:
    help_page = text(client, "/help")
    files = ("/register/template/91.pdf", "/register/sample.png")
    for word in ("Q1：", "Q2：", "Q3：", "Q5：", "Q6：", "注册时提示企业名称已被注册怎么办？", *files):
        assert word in help_page, word
    for code in ("integrity", "user-agreement", "privacy-notice"):
        assert "文本版本" in text(client, f"/commitments/{code}")
    assert "较早的版本" in text(client, "/commitments/integrity", version="0" * 64)
    text(client, "/commitments/unknown", status=404)
    text(client, "/accessibility")
    assert "/api/v1/openapi.json" in text(client, "/developers")


@pytest.mark.requirement("REG-18.1")
def test_every_page_has_the_contact_in_its_foot(client: Client, file: tuple[UUID, str], settings: object) -> None:
    settings.HOTLINE = "010-12345678"  # type: ignore[attr-defined]
    pages = ["/", "/files", "/overview", "/help", "/verify", "/login", "/register", "/nothing"]
    for address in [*pages, f"/files/{file[1]}", f"/files/{makers.code(9)}"]:
        assert "010-12345678" in client.get(address).content.decode().partition("<footer")[2], address


def test_only_reading_is_allowed(client: Client, file: tuple[UUID, str]) -> None:
    for address in ("/", "/files", f"/files/{file[1]}", f"/files/{file[1]}.pdf", "/overview", "/verify", f"/files/{file[1]}/{uuid4()}"):
        answer = client.post(address)
        assert answer.status_code == 405, address


def test_a_receipt_is_verified_without_showing_what_was_handed_in(client: Client) -> None:
    enterprises.reviewer()
    enterprise = enterprises.handed_in()
    filing = registration.current(by=enterprise.actor)
    submission = filings.submission(filing_id=filing.id, by=enterprise.actor)
    assert submission
    page = text(client, f"/verify/{submission.number}")
    assert "回执真实" in page
    assert submission.sha256 in page
    said = client.get(f"/verify/{submission.number}.json").json()
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(said["public_key"]))
    key.verify(base64.b64decode(said["signature"]), canonical(said["receipt"]))
    for secret in (enterprise.name, "13800138000", "corp.example", str(enterprise.id)):
        assert secret not in page
        assert secret not in str(said)


@pytest.mark.requirement("PUB-05.2")
def test_whoever_of_the_staff_opens_a_hidden_record_leaves_a_trace(client: Client) -> None:
    judge = enterprises.reviewer()
    enterprise = enterprises.approved(by=judge)
    filing = enterprises.submitted(enterprise, public="0")
    shop = enterprises.PAGES["operation"]["S06"]["name"]
    looks = AccessLog.objects.filter(what="filing", subject=str(filing))
    for stranger in (client, enterprise.client()):
        assert shop not in stranger.get(f"/desk/{filing}", follow=True).content.decode()
    assert not looks.exists()
    desk = enterprises.signed_in(judge.account_id)
    assert shop in text(desk, f"/desk/{filing}")
    assert [(look.who, look.purpose) for look in looks] == [(judge.name, "review")]
    enterprises.decide(filing, "approved", judge)
    assert shop not in text(client, f"/files/{enterprise.uscc}")
    assert shop not in client.get(f"/api/v1/files/{enterprise.uscc}").content.decode()
