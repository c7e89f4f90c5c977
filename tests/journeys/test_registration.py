"""Registration over HTTP: the first form, its captcha, what is taken already, and where it leads (REG-02 to REG-05)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from chengxin.access.models import Captcha
from chengxin.gateways import actions as gateways
from chengxin.gateways import market_register
from chengxin.gateways.models import DemoMail
from chengxin.identity import queries as identity
from chengxin.identity.models import Account, Consent, Enterprise
from tests import people
from tests.journeys.enterprises import entry

pytestmark = pytest.mark.django_db(transaction=True)
NOT_KEPT = ("password", "password_again")


def register(client: Client, data: dict[str, str], *, answer: str = "") -> Any:
    """Post the form with the right captcha, or with another answer."""
    challenge, right = people.challenge_of(client.get("/register").content.decode())
    return client.post("/register", data | {"captcha_id": challenge, "captcha": answer or right})


def problem(page: str, name: str) -> str:
    """What stands beside a field."""
    found = re.search(rf'id="{name}_error"><p class="problem">([^<]*)</p>', page)
    return found[1] if found else ""


def kept(page: str, data: dict[str, str]) -> None:
    """Everything that was typed is still in the page, passwords excepted."""
    for name, value in data.items():
        if name in NOT_KEPT:
            assert value not in page
        elif name.startswith("division."):
            assert f'<option value="{value}" selected>' in page, name
        elif name in ("agreement", "privacy"):
            assert re.search(rf'name="{name}"[^>]* checked', page), name
        else:
            assert re.search(rf'value="{re.escape(value)}"[^>]* name="{name}"', page), name


def refused(answer: HttpResponse, status: int = 422) -> str:
    """The page that says no; nobody has an account."""
    assert answer.status_code == status, answer.content.decode()[:3000]
    assert not Account.objects.filter(kind="enterprise").exists() and not Enterprise.objects.exists()
    return answer.content.decode()


@pytest.mark.requirement("REG-02.1")
@pytest.mark.requirement("REG-05.1")
def test_a_registration_leads_to_the_success_page_and_on_to_the_papers(client: Client) -> None:
    answer = register(client, people.typed(1))
    assert (answer.status_code, answer.url) == (302, "/register/done")
    page = client.get("/register/done").content.decode()
    assert "注册信息已提交成功" in page
    assert '<noscript><meta http-equiv="refresh" content="5;url=/register/papers"></noscript>' in page
    assert 'data-jump="/register/papers" data-seconds="5"' in page and '<a class="button primary" href="/register/papers">' in page
    account, enterprise = Account.objects.get(kind="enterprise"), Enterprise.objects.get()
    assert (account.state, enterprise.state) == ("pending", "known")
    assert people.state(people.Person(enterprise.uscc, account.id, enterprise.id)) == "draft"
    assert set(Consent.objects.values_list("document", "given")) == {("user-agreement", True), ("privacy-notice", True)}
    assert not identity.account(account.id).email_verified
    again = client.get("/register")
    assert (again.status_code, again.url) == (302, "/account/supplement")


@pytest.mark.requirement("REG-05.2")
def test_the_upload_page_is_for_whoever_registered(client: Client) -> None:
    for address in ("/register/papers", "/register/done", "/register/pending", "/account/supplement"):
        answer = client.get(address)
        assert (answer.status_code, answer.url) == (302, f"/login?next={address}"), address
    sent = client.post("/register/papers/upload", {"path": "licence", "file": people.paper()}, headers={"Accept": "application/json"})
    assert sent.status_code == 401


@pytest.mark.requirement("REG-02.4")
@pytest.mark.parametrize("name", ["name", "uscc", "division", "email", "phone", "password", "password_again", "agreement", "privacy"])
def test_an_empty_field_is_named_and_the_rest_is_kept(client: Client, name: str) -> None:
    typed = {key: value for key, value in people.typed(1).items() if key.split(".")[0] != name}
    page = refused(register(client, typed))
    labels = {"name": "企业名称", "uscc": "统一社会信用代码", "division": "所属地区", "email": "邮箱", "phone": "手机号"}
    said = problem(page, f"f-{name}")
    assert said and labels.get(name, "") in said
    assert f'<a href="#f-{name}">{said}</a>' in page
    kept(page, typed)


def test_the_summary_follows_the_order_of_the_page(client: Client) -> None:
    page = refused(client.post("/register", {}))
    names = ("name", "uscc", "division", "email", "phone", "password", "password_again", "agreement", "privacy")
    assert re.findall(r'<a href="#([^"]+)">请', page) == [*(f"f-{name}" for name in names), "captcha"]


@pytest.mark.requirement("REG-02.2")
@pytest.mark.requirement("REG-02.3")
def test_each_wrong_answer_is_told_beside_its_field(client: Client) -> None:
    right = people.typed(1)["uscc"]
    wrong_digit = right[:-1] + ("1" if right[-1] != "1" else "2")
    cases: list[tuple[str, dict[str, str], str]] = [
        ("password_again", {"password_again": people.PASSWORD + "x"}, "两次输入的密码不一致，请重新输入"),
        ("uscc", {"uscc": wrong_digit}, "统一社会信用代码校验位不正确，请核对营业执照"),
        ("uscc", {"uscc": right[:17]}, "统一社会信用代码应为18位，请核对营业执照后补齐"),
        ("uscc", {"uscc": "O" + right[1:]}, "统一社会信用代码不得包含字母I、O、S、V、Z，请核对是否应为数字1、0、5、2"),
        ("uscc", {"uscc": people.code(1, kind="52")}, "目前受理企业、个体工商户和农民专业合作社注册，其统一社会信用代码以91、92或93开头"),
        ("email", {"email": "owner＠"}, "邮箱格式应如 name@example.com"),
        ("phone", {"phone": "1380000000"}, "手机号应为11位数字，如 13800000000"),
        ("password", {"password": "abcdefgh", "password_again": "abcdefgh"}, "密码应包含大写字母、小写字母、数字、符号中的至少三种"),
        ("division", {"division.3": ""}, "请将所属地区选择到区县"),
        ("division", {"division.1": "999999"}, "请选择所属地区"),
        ("name", {"name": "甲" * 10_000}, "企业名称过长，请缩短后重新填写"),
        ("name", {"name": "甲\ue000有限公司"}, "企业名称含有无法识别的字符，请按营业执照填写"),
        ("email", {"email": "a" * 10_000 + "@corp.example"}, "邮箱过长，请缩短后重新填写"),
    ]
    for field, change, said in cases:
        typed = people.typed(1) | change
        page = refused(register(client, typed))
        assert problem(page, f"f-{field}") == said, change
        if field != "division":
            kept(page, typed)


def test_a_retired_division_is_refused_as_home_and_fine_in_an_old_code(client: Client) -> None:
    retired = "330104"  # 江干区, merged in 2021
    typed = {key: value for key, value in people.typed(1).items() if not key.startswith("division.")}
    page = refused(register(client, typed | {"division": retired}))
    assert problem(page, "f-division") == "所选地区已撤并，请选择现行行政区划"
    answer = register(client, people.typed(1, uscc=people.code(1, division=retired)))
    assert answer.status_code == 302
    assert Enterprise.objects.get().uscc[2:8] == retired


def test_full_width_signs_and_blanks_are_understood(client: Client) -> None:
    code = people.typed(1)["uscc"]
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code.lower())
    typed = people.typed(1, uscc=f" {wide[:6]} {wide[6:]} ", phone="＋86 138-0000 0001", email="　ｏｗｎｅｒ1@lanxu.example ")
    assert register(client, typed).status_code == 302
    made, account = Enterprise.objects.get(), Account.objects.get(kind="enterprise")
    assert made.uscc == code
    actor = identity.actor_for(account.id, "password")
    assert identity.email_of(account.id, actor, "test") == "owner1@lanxu.example"
    assert identity.phone_of(account.id, actor, "test") == "13800000001"


def test_scripts_in_texts_stay_texts(client: Client) -> None:
    evil = '"><script>alert(1)</script>'
    page = refused(register(client, people.typed(1, name=evil, phone=evil, email=evil, **{"division.search": evil})))
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page
    assert register(client, people.typed(1, name=f"杭州{evil}有限公司")).status_code == 302
    for address in ("/register/papers", "/account/supplement"):
        shown = client.get(address).content.decode()
        assert "<script>alert" not in shown and "&lt;script&gt;alert(1)" in shown


@pytest.mark.requirement("REG-03.1")
def test_a_wrong_captcha_is_told_and_a_new_picture_shown(client: Client) -> None:
    first, _answer = people.challenge_of(client.get("/register").content.decode())
    typed = people.typed(1)
    page = refused(client.post("/register", typed | {"captcha_id": first, "captcha": "wrong"}))
    assert problem(page, "captcha") == "验证码错误或已过期，请按新图片重新填写"
    second, right = people.challenge_of(page)
    assert second != first
    kept(page, typed)
    assert problem(refused(client.post("/register", typed | {"captcha_id": second})), "captcha") == "请填写验证码"
    third, right = people.challenge_of(client.get("/register").content.decode())
    assert client.post("/register", typed | {"captcha_id": third, "captcha": f" {right.lower()} "}).status_code == 302


@pytest.mark.requirement("REG-03.2")
def test_a_captcha_opens_the_form_once(client: Client) -> None:
    challenge, answer = people.challenge_of(client.get("/register").content.decode())
    proof = {"captcha_id": challenge, "captcha": answer}
    page = refused(client.post("/register", people.typed(1, email="nobody") | proof))
    assert problem(page, "f-email") and not problem(page, "captcha")
    page = refused(client.post("/register", people.typed(1) | proof))
    assert problem(page, "captcha") == "验证码错误或已过期，请按新图片重新填写"


def test_the_spoken_captcha_is_a_challenge_of_its_own(client: Client) -> None:
    typed = people.typed(1)
    page = client.post("/register", typed | {"_captcha": "audio"}).content.decode()
    kept(page, typed)
    sound = re.search(r'<audio[^>]* src="data:audio/wav;base64,', page)
    assert sound and "按语音填写播报的数字" in page and "有 1 项需要更正" not in page
    challenge, answer = people.challenge_of(page)
    assert answer.isdigit() and Captcha.objects.get(id=challenge).kind == "audio"
    fresh = client.get("/captcha/new?kind=audio").json()
    assert fresh["kind"] == "audio" and fresh["id"] != challenge
    assert client.post("/register", typed | {"captcha_id": challenge, "captcha": answer}).status_code == 302


def mailed(to: str) -> str:
    """The code in the newest mail to an address."""
    gateways.deliver_due(limit=10)
    body = DemoMail.objects.filter(channel="mail", to=to).latest("id").body
    return re.search(r"\b(\d{6})\b", body)[1]  # type: ignore[index]


def test_a_mailed_code_stands_in_for_the_captcha_and_proves_the_mailbox(client: Client) -> None:
    typed = people.typed(1)
    page = client.post("/register", typed | {"_captcha": "mail"}).content.decode()
    kept(page, typed)
    assert "验证码已发送至 owner1@lanxu.example" in page and 'name="captcha_id"' not in page and 'value="mail"' in page
    code = mailed(typed["email"])
    way = {"captcha_way": "mail"}
    assert problem(refused(client.post("/register", typed | way)), "f-mail_code") == "请填写邮箱验证码"
    page = refused(client.post("/register", typed | way | {"mail_code": "000000" if code != "000000" else "111111"}))
    assert problem(page, "f-mail_code") == "邮箱验证码错误或已过期，请重新获取"
    page = refused(client.post("/register", typed | way | {"mail_code": code, "password_again": "other"}))
    assert problem(page, "f-password_again") and f'value="{code}"' in page
    assert client.post("/register", typed | way | {"mail_code": code}).status_code == 302
    assert identity.account(Account.objects.get(kind="enterprise").id).email_verified
    other = Client().post("/register", people.typed(2, email=typed["email"]) | way | {"mail_code": code})
    assert problem(other.content.decode(), "f-mail_code") == "邮箱验证码错误或已过期，请重新获取"


def test_a_mailed_code_needs_an_address_and_patience(client: Client) -> None:
    page = client.post("/register", people.typed(1, email="nobody") | {"_captcha": "mail"}).content.decode()
    assert problem(page, "f-email") == "邮箱格式应如 name@example.com" and not problem(page, "f-name")
    client.post("/register", people.typed(1) | {"_captcha": "mail"})
    page = client.post("/register", people.typed(1) | {"_captcha": "mail"}).content.decode()
    assert "验证码已发送过，请先查收邮件" in problem(page, "f-mail_code")
    page = client.post("/register", people.typed(1) | {"_captcha": "image", "captcha_way": "mail"}).content.decode()
    kept(page, people.typed(1))
    assert 'name="captcha_id"' in page


@pytest.mark.requirement("REG-04.1")
@pytest.mark.requirement("REG-04.3")
def test_a_name_in_use_is_told_with_the_way_to_a_forgotten_password(client: Client) -> None:
    people.registered(1, name="杭州（澜序桥）电子商务有限公司")
    typed = people.typed(2, name="杭州(澜序桥) 电子商务有限公司 ")
    answer = register(client, typed)
    page = answer.content.decode()
    assert answer.status_code == 422 and problem(page, "f-name") == "企业名称已被注册"
    assert '<a href="/password/forgot">忘记密码</a>' in page and "请联系客服" in page and "冒名注册申诉" in page
    assert "lanxu.example" not in page.replace(typed["email"], "")
    assert Enterprise.objects.count() == 1
    page = register(client, people.typed(1, name="宁波舸宸进出口有限公司")).content.decode()
    assert problem(page, "f-uscc") == "统一社会信用代码已被注册" and "/password/forgot" in page


def test_a_text_that_changed_meanwhile_is_read_again(client: Client) -> None:
    page = client.get("/register").content.decode()
    shown = dict(re.findall(r'name="(agreement_version|privacy_version)" value="([^"]+)"', page))
    assert len(shown) == 2 and "我已阅读并同意《用户服务协议》" in page and not re.search(r'name="(agreement|privacy)"[^>]* checked', page)
    typed = people.typed(1) | shown
    said = problem(refused(register(client, typed | {"privacy_version": "before"})), "f-privacy")
    assert said == "该文本已更新，请重新阅读并勾选"
    assert register(client, typed).status_code == 302
    assert set(Consent.objects.values_list("version", flat=True)) == set(shown.values())


def test_answers_about_other_enterprises_are_few_and_nothing_typed_is_lost(client: Client) -> None:
    people.registered(1)
    typed = people.typed(1)
    answers = [register(client, typed) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    last = answers[-1].content.decode()
    assert "操作过于频繁，请稍后再试。" in last and "企业名称已被注册" not in last
    kept(last, typed)


def test_the_unnamed_and_the_cooperative_register_in_their_own_words(client: Client) -> None:
    assert register(client, people.typed(1, name="", uscc=people.code(1, kind="92"))).status_code == 302
    page = client.get("/register/done").content.decode()
    assert "经营者签字授权文件" in page
    page = client.get("/register/papers").content.decode()
    assert "由经营者本人办理" in page and "/register/template/92.docx" in page and "经营者签字授权文件" in page
    assert "由经营者签字（有印章的加盖印章）" in page and "退出登录" in page
    assert page.index("/register/template/92.docx") < page.index("营业执照是其他类型？") < page.index("/register/template/91.docx")
    other = Client()
    assert register(other, people.typed(2, name="三穗县青禾坝农产品专业合作社", uscc=people.code(2, kind="93"))).status_code == 302
    page = other.get("/register/papers").content.decode()
    assert "由经营者本人办理" not in page and page.index("/register/template/93.docx") < page.index("营业执照是其他类型？")


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("杭州澜序网络工作室", "sole", "投资人签字授权文件"),
        ("杭州澜序企业管理合伙企业（有限合伙）", "partnership", "执行事务合伙人签字授权文件"),
        ("杭州澜序桥电子商务有限公司余杭分公司", "branch", "负责人签字授权文件"),
        ("杭州澜序桥电子商务有限公司", "91", "法人代表签字授权文件"),
    ],
)
def test_the_template_follows_the_kind_of_subject(client: Client, name: str, kind: str, words: str) -> None:
    if kind == "sole":  # what no name tells, the market register does
        market_register.load_local([entry(people.code(1), name) | {"type": "个人独资企业"}])
    register(client, people.typed(1, name=name))
    page = client.get("/register/papers").content.decode()
    assert f"{words}" in page and page.index(f"/register/template/{kind}.docx") < page.index("营业执照是其他类型？")
    assert f"/register/sample.png?kind={kind}" in page
