"""信用信息自愿注册: commitment, list, the form, handing in, refusals, through the pages without scripts (VOL-07 to VOL-23, VOL-40)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from chengxin.catalogue import queries as catalogue
from chengxin.filings import queries as filings
from chengxin.identity.values import Actor
from chengxin.portal import help as centre
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.archives import change_catalogue, html
from tests.journeys.itemforms import (
    COMMITMENT,
    LIST,
    crumbs,
    donation,
    id_of,
    opened,
    picture_file,
    problem_at,
    save,
    starred,
    submit,
    typed,
    with_proof,
)
from tests.journeys.voluntary import Registrant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser(firm: Registrant) -> Client:
    """Its browser, without scripts."""
    return firm.client()


@pytest.mark.requirement("VOL-07.1")
def test_whoever_has_not_signed_is_sent_to_the_commitment(judge: Actor) -> None:
    firm = voluntary.registrant(by=judge, signed=False)
    browser = firm.client()
    for answer in (browser.get("/voluntary"), browser.get(LIST), browser.post(f"{LIST}/donation/new")):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(COMMITMENT)
    text = html(browser.get(COMMITMENT))
    assert crumbs(text) == "首页>自愿注册信用承诺" and "当前位置：" in text
    assert "北京市市场主体信用信息自愿注册承诺书" in text and "本企业自觉遵守以下承诺" in text
    pledge = text[text.index('class="clauses"') :]
    clauses = [clause.body.zh for clause in catalogue.commitment("voluntary").clauses]
    assert re.findall(r"<li>(.*?)</li>", pledge[: pledge.index("</ol>")]) == clauses and len(clauses) == 8
    for words in ("不搞不正当竞争", "同意市大数据中心对注册信息进行整合应用", "同意向社会公开自愿注册且可公开的", "阅读并同意"):
        assert words in pledge
    assert " checked" not in pledge


@pytest.mark.requirement("VOL-07.2")
def test_signing_leads_to_the_list_and_a_new_text_asks_again(judge: Actor, tmp_path: Any) -> None:
    firm = voluntary.registrant(by=judge, signed=False)
    browser = firm.client()
    values = people.fields(html(browser.get(f"{COMMITMENT}?next=/voluntary/items/donation/records")))
    refused = browser.post(COMMITMENT, values)
    assert refused.status_code == 422 and "请阅读并勾选承诺书" in html(refused)
    answer = browser.post(COMMITMENT, {**values, "commitment": "1"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/voluntary/items/donation/records")
    assert firm.client().get("/voluntary").headers["Location"] == LIST
    url = opened(browser)
    filled = with_proof(donation(html(browser.get(url))), html(browser.get(url)))
    change_catalogue(tmp_path, "commitments/voluntary.yaml", "严格履行承诺书约定内容；", "严格履行承诺书约定的全部内容；")
    assert browser.get(LIST).headers["Location"].startswith(COMMITMENT)
    stopped = submit(browser, url, filled)
    assert stopped.headers["Location"] == f"{COMMITMENT}?next={url.replace('/', '%2F')}"
    stale = browser.post(COMMITMENT, {**values, "commitment": "1"})
    assert stale.status_code == 409 and "承诺书已更新" in html(stale)
    again = people.fields(html(browser.get(stopped.headers["Location"])))
    back = browser.post(COMMITMENT, {**again, "commitment": "1"})
    assert back.headers["Location"] == url and "山区小学图书角" in html(browser.get(url))


def test_nobody_is_led_away_after_signing(judge: Actor) -> None:
    browser = voluntary.registrant(by=judge, signed=False).client()
    values = people.fields(html(browser.get(COMMITMENT)))
    answer = browser.post(COMMITMENT, {**values, "commitment": "1", "next": "//elsewhere.example/voluntary/"})
    assert answer.headers["Location"] == LIST


@pytest.mark.requirement("VOL-09.1", "VOL-11.1")
def test_the_list_has_nine_items_and_reminds_of_none(browser: Client) -> None:
    text = html(browser.get(LIST))
    rows = re.findall(r"<tr role=\"row\"><td(.*?)</tr>", text, re.S)
    cells = [re.findall(r'data-label="[^"]*">(?:<b>)?([^<]*)', row)[:4] for row in rows]
    kinds = ["信用承诺", "其他业务信息", "其他信息", "其他信息", "生产经营信息", "财务信息", "其他信息", "资质资格信息", "其他业务信息"]
    names = ["信用承诺", "荣誉表彰", "志愿服务", "媒体报道", "合同履约", "财务", "慈善捐赠", "资质证照"]
    titles = [f"{name}信息自愿注册" for name in names] + ["领跑行动"]
    assert cells == [[str(at), title, kind, "0"] for at, (title, kind) in enumerate(zip(titles, kinds, strict=True), start=1)]
    assert ["注册新数据" in row for row in rows] == [True] * 8 + [False] and "不在注册期内" in rows[8]
    assert all("我注册的信用信息" in row for row in rows)
    assert crumbs(text) == "首页>自愿注册事项清单"
    assert "重要提示：" in text and "若您的企业没有某一类信用信息，没有的类型无需注册，因为信用信息自愿注册是注册" in text
    assert "信用网站还未归集到的，且在企业正常经营过程中真实产生的信用信息" in text
    assert "请保证注册数据的真实性，不要填写您企业不存在的信息。" in text
    main = text[text.index("<main") :]
    assert "尚未完成注册" in main and 'class="problem"' not in main and 'class="notice bad"' not in main


def test_the_list_counts_what_is_published_and_says_complete(browser: Client, firm: Registrant, judge: Actor) -> None:
    voluntary.handed_in(firm, project="孤寡老人关爱")
    assert "尚未完成注册" in html(browser.get(LIST))
    voluntary.published(firm, by=judge)
    text = html(browser.get(LIST))
    row = text[text.index(">慈善捐赠信息自愿注册</th>") :]
    assert "已完成注册" in text and "<b>1</b>" in row[: row.index("</tr>")]
    assert "已完成注册" in html(browser.get("/workbench"))


@pytest.mark.requirement("VOL-40.2")
def test_every_field_is_there_without_scripts(browser: Client) -> None:
    for form_id in voluntary.ITEMS[:8]:
        text = html(browser.get(opened(browser, form_id.removeprefix("voluntary/"))))
        [group] = catalogue.current(form_id).asked_groups()
        row = people.row_of(text, group.code)
        for field in group.fields:
            assert re.search(rf'name="{row}/{field.code}(\.\w+)?"', text), f"{form_id} {field.code}"
            assert str(field.label) in text
        assert [text.count(f">{name}</button>") for name in ("提交", "返回")] == [1, 1] and ">保存</button>" in text


def test_name_and_code_are_filled_in_and_locked(browser: Client, firm: Registrant) -> None:
    text = html(browser.get(opened(browser)))
    for name, value in (("_name", firm.name), ("_uscc", firm.uscc)):
        tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', text)
        assert tag and f'value="{value}"' in tag[0] and " readonly" in tag[0]
    assert crumbs(text) == "首页>个人中心>自愿注册信息>慈善捐赠信息自愿注册"
    for words in ("填写说明：", "答疑：", "带有“*”的项为必填项", "填写的数据若完全一致，系统将会告知该信息已注册过。"):
        assert words in text
    assert text.count("data-clear=") >= 5


@pytest.mark.requirement("VOL-14.1")
def test_a_forged_code_is_not_taken(browser: Client, firm: Registrant) -> None:
    url = opened(browser)
    text = html(browser.get(url))
    forged = {**donation(text), "_uscc": people.uscc(999), "uscc": people.uscc(999), f"{people.row_of(text, 'V07')}/uscc": "forged"}
    assert submit(browser, url, with_proof(forged, text)).status_code == 302
    handed_in = filings.submission(filing_id=id_of(url), by=firm.actor)
    assert handed_in and not [value for value in handed_in.answers.values() if value in (people.uscc(999), "forged")]
    assert firm.uscc in html(browser.get(url.replace("/edit", "")))


@pytest.mark.requirement("VOL-15.1", "VOL-16.1", "VOL-16.2")
def test_saving_asks_for_nothing_and_handing_in_for_everything(browser: Client, firm: Registrant) -> None:
    url = opened(browser)
    text = html(browser.get(url))
    saved = save(browser, url, typed(text, receiver="中国乡村发展基金会"))
    assert saved.status_code == 302 and "已保存" in html(browser.get(saved.headers["Location"]))
    other = opened(browser)
    assert save(browser, other, typed(html(browser.get(other)), receiver="中国乡村发展基金会")).status_code == 302
    assert len(voluntary.listed(firm)) == 2
    mine = html(browser.get(f"{LIST}/donation/records"))
    assert mine.count(">草稿<") == 2 and mine.count(">修改<") == 2 and mine.count(">删除<") == 2
    refused = submit(browser, url, typed(html(browser.get(url))))
    told = html(refused)
    assert refused.status_code == 422
    assert problem_at(told, "project") == "请填写捐赠项目名称" and problem_at(told, "mode") == "请选择捐赠方式"
    assert "证明附件" in problem_at(told, "proof") and problem_at(told, "receiver") == ""
    assert voluntary.one(firm, id_of(url)).state == "draft"


@pytest.mark.requirement("VOL-15.2", "VOL-22.1")
def test_joint_donors_are_asked_for_only_when_giving_jointly(browser: Client) -> None:
    url = opened(browser)
    text = html(browser.get(url))
    refused = submit(browser, url, with_proof(donation(text, mode="joint"), text))
    assert refused.status_code == 422
    told = html(refused)
    assert "联合捐赠单位信息" in problem_at(told, "joint_units")
    assert [starred(page, "joint_units") for page in (text, told)] == [False, True]
    row = people.row_of(told, "V07")
    unit = {f"{row}/joint_units.name": ["杭州云栖公益促进会"], f"{row}/joint_units.uscc": ["91330110WWTE0038X0"]}
    wrong = html(submit(browser, url, {**people.fields(told), **unit}))
    assert "第1个单位" in problem_at(wrong, "joint_units") and "91330110WWTE0038X0" in wrong and "杭州云栖公益促进会" in wrong
    assert submit(browser, url, typed(wrong, mode="alone")).status_code == 302


@pytest.mark.requirement("VOL-18.1")
def test_going_back_leaves_no_record(browser: Client, firm: Registrant) -> None:
    url = opened(browser)
    assert browser.get(url).status_code == 200
    assert browser.post(url.replace("/edit", "/leave")).headers["Location"] == LIST
    assert voluntary.listed(firm) == [] and browser.get(url).status_code == 404
    url = opened(browser)
    row = people.row_of(html(browser.get(url)), "V07")
    body = {"base_rev": 1, "changes": {f"{row}/receiver": "未保存的内容"}}
    kept = browser.post(url.replace("/edit", "/autosave"), body, content_type="application/json", HTTP_ACCEPT="application/json")
    assert kept.status_code == 200
    assert "未保存的内容" in html(browser.get(f"{url}?recover=1")) and "发现尚未保存的内容" in html(browser.get(url))
    asked = html(browser.post(url.replace("/edit", "/leave")))
    assert "放弃并返回" in asked
    assert browser.post(url.replace("/edit", "/leave"), people.fields(asked)).headers["Location"] == LIST
    assert voluntary.listed(firm) == [] and "草稿" not in html(browser.get(f"{LIST}/donation/records"))


@pytest.mark.requirement("VOL-17.1", "VOL-23.1")
def test_success_is_said_once_and_a_reload_hands_nothing_in(browser: Client, firm: Registrant) -> None:
    url = opened(browser)
    text = html(browser.get(url))
    values = donation(text)
    done = submit(browser, url, with_proof(values, text))
    assert (done.status_code, done.headers["Location"]) == (302, url.replace("/edit", "/done"))
    for _reload in range(2):
        assert "注册信息提交成功" in html(browser.get(done.headers["Location"]))
    assert submit(browser, url, values).headers["Location"] == done.headers["Location"]
    assert voluntary.one(firm, id_of(url)).round == 1
    mine = html(browser.get(f"{LIST}/donation/records"))
    assert ">发布中<" in mine and voluntary.listed(firm) == [id_of(url)]


def test_identical_data_are_named_with_the_record_that_has_them(browser: Client, firm: Registrant) -> None:
    twin = voluntary.handed_in(firm)
    url = opened(browser)
    text = html(browser.get(url))
    refused = submit(browser, url, with_proof(donation(text), text))
    told = html(refused)
    assert refused.status_code == 409 and "该信息已注册过" in told and f'href="/voluntary/records/{twin}"' in told
    assert "山区小学图书角" in people.fields(told).values() and voluntary.one(firm, id_of(url)).state == "draft"


def test_nearly_identical_data_stand_side_by_side_and_the_person_decides(browser: Client, firm: Registrant) -> None:
    twin = voluntary.handed_in(firm)
    url = opened(browser)
    text = html(browser.get(url))
    asked = submit(browser, url, with_proof(donation(text, means="现场捐赠"), text))
    told = html(asked)
    assert asked.status_code == 409 and f'href="/voluntary/records/{twin}"' in told
    beside = told[told.index("beside") : told.index("</table>")]
    assert "银行汇款" in beside and "现场捐赠" in beside and beside.count(' class="differs"') == 1
    assert 'form="record" name="_save" value="submit:alike">已核对，仍要提交<' in told
    again = submit(browser, url, people.fields(told))
    assert again.status_code == 409 and "对照" in html(again)
    assert browser.post(url, {**people.fields(html(again)), "_save": "submit:alike"}).status_code == 302


def test_what_the_government_supplied_is_named_and_need_not_be_registered(browser: Client, firm: Registrant) -> None:
    voluntary.supplied(firm, "JY13301100012345")
    url = opened(browser, "licence")
    text = html(browser.get(url))
    row = people.row_of(text, "V08")
    answers = {f"{row}/{code}": value for code, value in voluntary.filled(voluntary.LICENCE).items()}
    answers |= {f"{row}/valid_until.day": "2029-01-31", f"{row}/proof.new": picture_file()}
    asked = submit(browser, url, {**people.fields(text), **answers})
    told = html(asked)
    assert asked.status_code == 409 and "该信息信用网站已经归集" in told and "余杭区市场监管局 XK-1" in told
    assert voluntary.one(firm, id_of(url)).state == "draft"
    assert browser.post(url, {**people.fields(told), "_save": "submit:held"}).status_code == 302


def test_a_password_session_is_told_the_ways_on(firm: Registrant) -> None:
    weak = people.signed_in(firm.account_id)
    for path in ("/voluntary", LIST, f"{LIST}/donation/records"):
        answer = weak.get(path)
        text = html(answer)
        assert answer.status_code == 403 and "您当前登录账号认证级别较低" in text
        assert "该登录方式无法提升认证级别，请退出后改用证书登录" in text
        assert f"next={path.replace('/', '%2F')}" in text
    assert weak.post(f"{LIST}/donation/new").status_code == 403 and voluntary.listed(firm) == []
    assert weak.get("/workbench").status_code == 200


def test_what_was_typed_waits_until_the_person_has_logged_in_well_enough(browser: Client, firm: Registrant) -> None:
    url = opened(browser)
    values = donation(html(browser.get(url)), project="登录过期时正在填写的项目")
    told = html(save(people.signed_in(firm.account_id), url, values))
    assert "您填写的内容还没有保存，已为您保留在本页" in told and f"next={url.replace('/', '%2F')}" in told
    assert voluntary.listed(firm) == []
    assert browser.post(url, people.fields(told)).status_code == 302
    assert "登录过期时正在填写的项目" in html(browser.get(url))


def test_a_draft_moves_to_the_newest_form_and_what_does_not_fit_stays_in_sight(browser: Client, firm: Registrant, tmp_path: Any) -> None:
    url = opened(browser)
    save(browser, url, donation(html(browser.get(url))))
    change_catalogue(tmp_path, "groups/V07.yaml", "field: means", "field: channel")
    text = html(browser.get(url))
    row = people.row_of(text, "V07")
    assert "未迁移内容" in text and "<li>银行汇款</li>" in text
    assert people.fields(text)[f"{row}/receiver"] == "中国乡村发展基金会" and people.fields(text)[f"{row}/channel"] == ""
    refused = submit(browser, url, with_proof(people.fields(text), text))
    assert refused.status_code == 422 and problem_at(html(refused), "channel") == "请填写资金捐赠方式"
    assert submit(browser, url, typed(html(refused), channel="银行汇款")).status_code == 302


def test_every_entry_of_the_help_centre_is_linked_from_where_it_helps() -> None:
    templates = Path(settings.BASE_DIR, "chengxin/web/templates/enterprise")
    pages = "".join(file.read_text("utf-8") for file in templates.glob("*.html"))
    linked = set(re.findall(r'href="/help#([\w-]+)"', pages))
    known = {topic.code: {entry.id for entry in topic.entries} for topic in centre.topics()}
    assert linked <= set().union(*known.values())
    assert known["voluntary"] <= linked
