"""Many records at once: the template, a workbook with good and bad lines, pictures by name, the corrected one, handing in."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook

from chengxin.catalogue import actions as catalogue_actions
from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.exchange import itembooks, itemkeeping, itemviews
from chengxin.exchange.itemviews import Counts
from chengxin.exchange.models import ItemRow
from chengxin.filings import queries as filings
from chengxin.flow import itembooks as flow
from chengxin.flow import voluntary as voluntary_flow
from chengxin.identity.values import Actor
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.archives import html
from tests.journeys.test_handlers import appointed, strong
from tests.journeys.voluntary import DONATION, Registrant

pytestmark = pytest.mark.django_db

BATCH = "/voluntary/items/donation/batch"


@pytest.fixture
def firm(judge: Actor) -> Registrant:
    return voluntary.registrant(by=judge)


@pytest.fixture
def client(firm: Registrant) -> Client:
    return firm.client()


def line(number: int = 1, **changes: str) -> dict[str, str]:
    """A good donation as a person writes it in a sheet."""
    said = {
        "receiver": "中国乡村发展基金会",
        "mode": "独立捐赠",
        "project": f"山区小学图书角第{number}期",
        "kind": "捐赠资金",
        "means": "银行汇款",
        "amount": "50,000",
        "directed": "是",
        "donated_on": "2026年6月1日",
        "proof": f"票据{number}.jpg",
    }
    return {**said, **changes}


def labels(form_id: str = DONATION) -> dict[str, str]:
    """The label of each column, by field code."""
    return {field.code: field.label.zh for field in itembooks.group_of(catalogue.current(form_id)).fields}


def book(*lines: Mapping[str, str], form_id: str = DONATION) -> Workbook:
    """The template of an item, filled in."""
    made = load_workbook(io.BytesIO(itembooks.template(catalogue.current(form_id))))
    for place, said in enumerate(lines, start=2):
        fill(made, place, said, form_id=form_id)
    return made


def fill(made: Workbook, place: int, said: Mapping[str, object], *, form_id: str = DONATION) -> None:
    head = [str(cell.value).lstrip("*") for cell in made["数据"][1]]
    for code, text in said.items():
        made["数据"].cell(row=place, column=head.index(labels(form_id)[code]) + 1, value=text)


def saved(made: Workbook) -> bytes:
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def jpg(name: str, text: str = "") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, voluntary.picture(text or name), "image/jpeg")


def upload(client: Client, data: bytes | Workbook, *, to: str = BATCH, pictures: Sequence[SimpleUploadedFile] = (), key: str = "") -> str:
    """Hand a workbook in; returns the address of its page."""
    answer = post(client, data, to=to, pictures=pictures, key=key)
    assert answer.status_code == 302, html(answer)
    return str(answer.headers["Location"])


def post(client: Client, data: bytes | Workbook, *, to: str = BATCH, pictures: Sequence[SimpleUploadedFile] = (), key: str = ""):  # type: ignore[no-untyped-def]
    content = data if isinstance(data, bytes) else saved(data)
    values = {"file": SimpleUploadedFile("捐赠.xlsx", content), "submission_key": key or str(uuid4()), "pictures.new": list(pictures)}
    return client.post(to, values)


def counts(firm: Registrant, at: str) -> Counts:
    view = flow.own(UUID(at.rpartition("/")[2]), by=firm.actor)
    return itemviews.counts(view.id, flow.states_of(view))


def work() -> None:
    """What the worker does until nothing waits."""
    while flow.carry_out(100):
        pass


def test_the_template_is_made_from_the_catalogue(client: Client) -> None:
    made = load_workbook(io.BytesIO(client.get(f"{BATCH}/template.xlsx").content))
    head = [cell.value for cell in made["数据"][1]]
    assert head[0] == "*捐赠接受方名称" and "捐赠金额（元）" in head and "*证明附件文件名" in head and head[-1] == "草稿编号"
    hints = {row[0].value: (row[1].value, row[2].value) for row in made["填写说明"].iter_rows(min_row=6)}
    assert hints["联合捐赠单位信息"][0] == "按条件必填" and "“捐赠方式”为“联合捐赠”时" in hints["联合捐赠单位信息"][1]
    lists = {rule.promptTitle: rule.formula1 for rule in made["数据"].data_validations.dataValidation if rule.type == "list"}
    sheet, _at, cells = lists["捐赠方式"].partition("!")
    assert sheet == "'选项'" and [cell[0].value for cell in made["选项"][cells.replace("$", "")]] == ["独立捐赠", "联合捐赠"]


def test_good_lines_become_drafts_and_bad_ones_are_told_at_their_cells(client: Client, firm: Registrant) -> None:
    bad = line(2, amount="三万", donated_on="2027-02-29", mode="联合捐赠")
    at = upload(client, book(line(1), bad, line(3)), pictures=[jpg("票据1.JPG"), jpg("票据3.jpeg")])
    assert counts(firm, at) == Counts(lines=3, drafted=2, faulty=1)
    page = html(client.get(at))
    for said in ("捐赠金额（元）", "联合捐赠单位信息", "捐赠日期", "报送 2 条就绪的记录"):
        assert said in page
    [one, _two] = [filings.draft(filing_id=filing, by=firm.actor).answers for filing in reversed(voluntary.listed(firm))]
    said = {path.rpartition("/")[2]: text for path, text in one.items()}
    assert (said["mode"], said["amount"], said["donated_on"], said["directed"]) == ("alone", "50000.00", "2026-06-01", "1")


def test_the_marked_copy_is_corrected_and_handed_in_again_without_doubling(client: Client, firm: Registrant) -> None:
    at = upload(client, book(line(1), line(2, amount="-1")), pictures=[jpg("票据1.jpg"), jpg("票据2.jpg")])
    before = voluntary.listed(firm)
    copy = load_workbook(io.BytesIO(client.get(f"{at}/marked.xlsx").content))
    head = [str(cell.value).lstrip("*") for cell in copy["数据"][1]]
    amount = copy["数据"].cell(row=3, column=head.index("捐赠金额（元）") + 1)
    assert amount.value == "-1" and "不能小于" in amount.comment.text
    assert "捐赠金额（元）：" in copy["数据"].cell(row=3, column=head.index("错误说明") + 1).value
    assert copy["数据"].cell(row=2, column=head.index("草稿编号") + 1).value == str(before[0])
    fill(copy, 3, {"amount": "800"})
    fill(copy, 2, {"project": "改名后的项目"})
    upload(client, copy, to=at)
    assert counts(firm, at) == Counts(lines=2, drafted=2)
    assert len(voluntary.listed(firm)) == 2 and before[0] in voluntary.listed(firm)
    assert "改名后的项目" in filings.draft(filing_id=before[0], by=firm.actor).answers.values()


def test_the_same_workbook_twice_makes_nothing_twice(client: Client, firm: Registrant) -> None:
    made = saved(book(line(1), line(2)))
    key = str(uuid4())
    assert upload(client, made, key=key) == upload(client, made, key=key)
    upload(client, made)
    assert len(voluntary.listed(firm)) == 2


def test_ready_drafts_are_handed_in_one_receipt_each(client: Client, firm: Registrant) -> None:
    at = upload(client, book(line(1), line(2), line(3)), pictures=[jpg("票据1.jpg"), jpg("票据2.jpg")])
    assert counts(firm, at) == Counts(lines=3, drafted=2, lacking=1)
    for _twice in range(2):
        assert client.post(f"{at}/submit").headers["Location"] == at
    assert counts(firm, at).waiting == 2
    assert "正在报送" in html(client.get(f"{at}/progress"))
    work()
    assert counts(firm, at) == Counts(lines=3, lacking=1, submitted=2)
    done = client.get(f"{at}/progress")
    assert done.headers["HX-Refresh"] == "true"
    rows = itemviews.rows(UUID(at.rpartition("/")[2]))
    receipts = [row.receipt for row in rows if row.receipt]
    assert len(set(receipts)) == 2 and all(filings.receipt(number=number).genuine for number in receipts)
    assert html(client.get(at)).count("发布中") >= 2
    work()
    assert [voluntary.one(firm, row.filing_id).round for row in rows if row.receipt] == [1, 1]


def test_a_line_that_cannot_be_handed_in_says_why_and_the_others_go_on(client: Client, firm: Registrant) -> None:
    voluntary.handed_in(firm, DONATION, project="山区小学图书角第1期", means="现场捐赠")
    at = upload(client, book(line(1), line(2)), pictures=[jpg("票据1.jpg"), jpg("票据2.jpg")])
    client.post(f"{at}/submit")
    work()
    assert counts(firm, at) == Counts(lines=2, submitted=1, asking=1)
    assert "已有内容相近的注册信息" in html(client.get(at))


def test_what_is_registered_already_is_named_and_not_made_again(client: Client, firm: Registrant) -> None:
    twin = voluntary.handed_in(firm, DONATION, project="山区小学图书角第1期", amount="50000.00")
    at = upload(client, book(line(1)))
    [row] = itemviews.rows(UUID(at.rpartition("/")[2]))
    assert row.filing_id == twin and "该信息已注册过" in html(client.get(at))
    assert voluntary.listed(firm) == [twin]


@pytest.mark.requirement("VOL-20.2")
def test_a_picture_that_will_not_do_is_named_with_its_reason(client: Client, firm: Registrant) -> None:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (200, 200), "red").save(out, format="PNG")
    at = upload(client, book(line(1)))
    false_jpg = SimpleUploadedFile("票据1.jpg", out.getvalue(), "image/jpeg")
    by_script = {"HTTP_X_REQUESTED_WITH": "fetch", "HTTP_ACCEPT": "application/json"}
    answer = client.post(f"{at}/pictures", {"file": false_jpg}, **by_script)
    assert answer.status_code == 422 and "jpg" in answer.content.decode()
    assert counts(firm, at).lacking == 1 and "仅修改扩展名不会改变文件内容" in html(client.get(at))
    assert client.post(f"{at}/pictures", {"file": jpg("票据1.jpg")}, **by_script).json()["lines"] == [2]
    client.post(f"{at}/pictures", {"pictures.new": [jpg("多余.jpg")]})
    assert counts(firm, at).drafted == 1 and "没有行填写这个文件名" in html(client.get(at))


def stranger(client: Client, judge: Actor) -> Client:
    return voluntary.registrant(by=judge, name="杭州另一家电子商务有限公司").client()


def test_a_workbook_is_seen_by_its_enterprise_only(client: Client, judge: Actor) -> None:
    at = upload(client, book(line(1)))
    other = stranger(client, judge)
    for where in (at, f"{at}/progress", f"{at}/marked.xlsx"):
        assert other.get(where).status_code == 404
    assert other.post(f"{at}/submit").status_code == 404


def renamed(made: Workbook) -> Workbook:
    made["数据"]["A1"] = "受赠人"
    return made


def hidden(made: Workbook) -> Workbook:
    made.create_sheet("底稿").sheet_state = "hidden"
    return made


def merged(made: Workbook) -> Workbook:
    made["数据"].merge_cells("A2:A3")
    return made


def older(made: Workbook) -> Workbook:
    made["填写说明"]["B1"] = "voluntary/donation@0123456789abcdef"
    return made


def another(made: Workbook) -> Workbook:
    return book(form_id="voluntary/honour")


def second(made: Workbook) -> Workbook:
    made.create_sheet("2025年").append(["捐赠"])
    return made


def empty(made: Workbook) -> Workbook:
    made["数据"].delete_rows(2, 10)
    return made


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (renamed, "本类信息没有这一列"),
        (hidden, "隐藏的工作表“底稿”"),
        (merged, "第2行有合并的单元格"),
        (older, "旧版本的模板"),
        (another, "其他事项的模板"),
        (second, "应只有一张数据表"),
        (empty, "没有数据行"),
    ],
)
def test_what_is_no_workbook_of_the_item_is_refused_in_a_sentence(client: Client, firm: Registrant, spoil, said: str) -> None:  # type: ignore[no-untyped-def]
    answer = post(client, spoil(book(line(1))))
    assert answer.status_code == 422 and said in html(answer)
    assert voluntary.listed(firm) == []


def test_formulas_are_faults_and_too_many_lines_are_refused(client: Client, firm: Registrant, monkeypatch: pytest.MonkeyPatch) -> None:
    at = upload(client, book(line(1, amount="=1+1"), line(2, receiver="=cmd|'/c calc'!A0")))
    assert counts(firm, at).faulty == 2 and "单元格内容像是公式" in html(client.get(at))
    assert "文件应为Excel工作簿" in html(post(client, b"receiver,mode\n"))
    monkeypatch.setattr(itembooks, "MAX_ROWS", 3)
    assert post(client, book(line(5), line(6), line(7))).status_code == 302
    answer = post(client, book(line(1), line(2), line(3), line(4)))
    assert answer.status_code == 422 and "一次最多3行" in html(answer)


def test_equal_lines_in_one_workbook_and_missing_names_are_faults(client: Client, firm: Registrant) -> None:
    at = upload(client, book(line(1), line(1), line(2, proof=""), line(3, proof="扫描件.pdf")))
    page = html(client.get(at))
    assert counts(firm, at) == Counts(lines=4, lacking=1, faulty=3)
    for said in ("与第2行内容完全相同", "请填写证明附件的文件名", "支持上传的文件类型为jpg"):
        assert said in page


def test_nothing_is_ready_says_so_and_a_stranger_session_is_led_to_the_log_in(client: Client, firm: Registrant) -> None:
    at = upload(client, book(line(1)))
    answer = client.post(f"{at}/submit")
    assert answer.status_code == 409 and "没有可以报送的草稿" in html(answer)
    assert "/login" in Client().get(at).headers["Location"]


def test_a_worker_that_was_killed_hands_nothing_in_twice(client: Client, firm: Registrant) -> None:
    at = upload(client, book(line(1)), pictures=[jpg("票据1.jpg")])
    client.post(f"{at}/submit")
    [due] = itemkeeping.take(limit=10)
    number = voluntary_flow.submit(filing_id=due.filing_id, key=due.key, by=firm.actor).number
    assert counts(firm, at).waiting == 1 and flow.carry_out(10) == 0, "somebody may still be at it"
    ItemRow.objects.update(next_try_at=clock.now())
    work()
    assert [row.receipt for row in itemviews.rows(UUID(at.rpartition("/")[2]))] == [number]


@pytest.mark.slow
def test_two_hundred_lines_at_once(client: Client, firm: Registrant) -> None:
    lines = [line(number, proof="总收据.jpg") for number in range(200)]
    at = upload(client, book(*lines), pictures=[jpg("总收据.jpg")])
    assert counts(firm, at) == Counts(lines=200, drafted=200)
    copy = client.get(f"{at}/marked.xlsx").content
    upload(client, copy, to=at)
    client.post(f"{at}/submit")
    work()
    assert counts(firm, at) == Counts(lines=200, submitted=200)
    receipts = {row.receipt for row in itemviews.rows(UUID(at.rpartition("/")[2]))}
    assert len(receipts - {""}) == 200
    assert "after=" in html(client.get(at)), "a page shows a part of them"


def test_a_password_session_may_not_bring_a_workbook(firm: Registrant) -> None:
    client = people.signed_in(firm.account_id)
    for answer in (client.get(BATCH), client.get(f"{BATCH}/template.xlsx"), post(client, book(line(1)))):
        assert answer.status_code == 403 and "您当前登录账号认证级别较低" in html(answer)
    assert voluntary.listed(firm) == []


def test_who_has_not_signed_is_sent_to_the_commitment(judge: Actor) -> None:
    unsigned = voluntary.registrant(by=judge, signed=False)
    assert "/voluntary/commitment" in unsigned.client().get(BATCH).headers["Location"]
    assert "/voluntary/commitment" in post(unsigned.client(), book(line(1))).headers["Location"]
    assert voluntary.listed(unsigned) == []


@pytest.mark.requirement("VOL-10.1")
def test_a_window_that_closes_meanwhile_leaves_the_drafts(client: Client, firm: Registrant) -> None:
    assert "不在注册期内" in html(client.get("/voluntary/items/leader/batch"))
    at = upload(client, book(line(1)), pictures=[jpg("票据1.jpg")])
    client.post(f"{at}/submit")
    closed = replace(voluntary.item_settings(DONATION), closes_on=clock.today() - timedelta(days=1))
    catalogue_actions.set_item(wanted=closed, by=people.SYSTEM)
    work()
    assert counts(firm, at) == Counts(lines=1, refused=1) and "不在注册期内" in html(client.get(at))
    refused = post(client, book(line(2)))
    assert refused.status_code == 409 and "不在注册期内" in html(refused)
    assert len(voluntary.listed(firm)) == 1


def test_a_handler_brings_a_workbook_for_the_enterprise(firm: Registrant) -> None:
    made = appointed(firm)
    client = strong(made)
    at = upload(client, book(line(1)), pictures=[jpg("票据1.jpg")])
    client.post(f"{at}/submit")
    work()
    assert counts(firm, at) == Counts(lines=1, submitted=1)
    [filing] = voluntary.listed(firm)
    assert voluntary.one(firm, filing).filer_id == made


def test_more_than_a_hundred_pictures_in_one_form(client: Client, firm: Registrant) -> None:
    at = upload(client, book(line(1), line(2)))
    files = [*(SimpleUploadedFile(f"空{number}.jpg", b"x") for number in range(120)), jpg("票据1.jpg"), jpg("票据2.jpg")]
    assert client.post(f"{at}/pictures", {"pictures.new": files}).status_code == 302
    page = html(client.get(at))
    assert counts(firm, at).drafted == 2 and "空0.jpg" in page and "另有 70 张" in page


def test_a_workbook_that_nobody_touches_is_forgotten_and_its_drafts_stay(client: Client, firm: Registrant) -> None:
    at = upload(client, book(line(1)), pictures=[jpg("票据1.jpg"), jpg("多余.jpg")])
    held = [each.sha256 for each in itemviews.pictures(UUID(at.rpartition("/")[2])).values()]
    assert itemkeeping.sweep() == 0 and all(itemviews.holds(sha) for sha in held)
    with clock.at(clock.now() + timedelta(days=itemkeeping.KEPT_DAYS, hours=1)):
        assert itemkeeping.sweep() == 1
    assert client.get(at).status_code == 404 and not any(itemviews.holds(sha) for sha in held)
    assert len(voluntary.listed(firm)) == 1
