"""The components in a real browser: the style guide at three sizes, with and without scripts, and the error pages."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4
from wsgiref.simple_server import make_server

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.test import override_settings
from django.urls import include, path
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from chengxin.common.errors import Conflict, Forbidden, Invalid, TooMany, Unauthenticated, Unavailable
from chengxin.edge.wrappers import POLICY
from chengxin.identity.values import Actor
from chengxin.web import pickers, styleguide
from tests.browser.live import Quiet, Server

pytestmark = pytest.mark.browser
FIRST_VISIT_BYTES = 150 * 1024
saved: list[dict[str, Any]] = []


def form_page(request: HttpRequest) -> HttpResponse:
    """The hand-written form; answers 422 with the errors beside the fields."""
    form = styleguide.Sample(request.POST or None)
    done = request.method == "POST" and form.is_valid()
    status = 422 if request.method == "POST" and not done else 200
    values = {"form": form, "rows": styleguide.fields()}
    return render(request, "tests/form.html", values, status=status)


def autosave(request: HttpRequest) -> HttpResponse:
    """Keep what the page sent."""
    saved.append(json.loads(request.body))
    return JsonResponse({"rev": 2})


def upload(request: HttpRequest) -> HttpResponse:
    """Take a file and say how it came."""
    file = request.FILES["file"]
    return JsonResponse({"id": "5b0c7a52", "name": file.name, "size": file.size}, status=201)


def refuse(request: HttpRequest, kind: str) -> HttpResponse:
    """Raise one of the errors of the tree, or a fault."""
    errors: dict[str, Callable[[], Exception]] = {
        "invalid": lambda: Invalid({"name": ["请填写企业名称"]}),
        "many": lambda: TooMany(retry_after=7),
        "login": Unauthenticated,
        "forbidden": Forbidden,
        "conflict": Conflict,
        "away": lambda: Unavailable(retry_after=30),
        "fault": lambda: RuntimeError("broken"),
    }
    raise errors[kind]()


def touch(request: HttpRequest) -> HttpResponse:
    """Say that the session has ended."""
    return HttpResponse(status=401)


def login_here(request: HttpRequest) -> HttpResponse:
    """The log-in shown inside the warning; any password but `wrong` is good."""
    if request.method == "POST" and request.POST.get("password") not in ("", "wrong"):
        return HttpResponse(status=204)
    form = styleguide.Sample(request.POST or None, auto_id="here-%s")
    for name in ("email", "agree"):
        del form.fields[name]
    if request.method == "POST":
        form.add_error("password", "用户名或密码不正确")
    return render(request, "components/login_here.html", {"form": form}, status=422 if request.POST else 200)


def member(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Take a visitor of /form?member for a logged-in enterprise."""

    def call(request: HttpRequest) -> HttpResponse:
        if "member" in request.GET:
            request.actor = Actor(account_id=uuid4(), kind="enterprise", display_name="杭州澜序桥电子商务有限公司")  # type: ignore[attr-defined]
        return get_response(request)

    return call


account = ([path("touch", touch, name="session_touch"), path("login-here", login_here, name="login_here")], "account")
urlpatterns = [
    path("account/", include(account)),
    path("styleguide", styleguide.styleguide),
    path("divisions/options", partial(pickers.options, tree=styleguide.TREE)),
    path("form", form_page),
    path("autosave", autosave),
    path("upload", upload),
    path("refuse/<kind>", refuse),
    path("api/refuse/<kind>", refuse),
]
handler404 = "chengxin.web.errors.handler404"
handler500 = "chengxin.web.errors.handler500"

FORM = """{% extends "account/layout.html" %}{% load cx %}
{% block title %}企业注册{% endblock %}
{% block page_head %}{% page_head title="企业注册" %}{% endblock %}
{% block content %}<form class="card" method="post" novalidate data-autosave="/autosave" data-autosave-after="50">{% csrf_token %}
<input type="hidden" name="base_rev" value="1">{% error_summary of=form %}
{% for row in form %}{% field of=row %}{% endfor %}{% for row in rows %}{% field of=row %}{% endfor %}
{% form_foot %}<button class="button primary">提交</button>{% endform_foot %}</form>{% endblock %}"""
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                ("django.template.loaders.locmem.Loader", {"tests/form.html": FORM}),
                "django.template.loaders.app_directories.Loader",
            ],
            "context_processors": ["django.template.context_processors.request", "chengxin.web.context.site"],
        },
    }
]
MIDDLEWARE = [
    f"{__name__}.member",
    "chengxin.web.context.PreferencesMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "chengxin.web.errors.ErrorMiddleware",
]


def guarded(app: Any) -> Any:
    """Send the house's content policy with every answer."""

    def call(environ: dict[str, Any], start: Any) -> Any:
        return app(environ, lambda status, headers, *rest: start(status, [*headers, ("Content-Security-Policy", POLICY)]))

    return call


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """The components on a server of their own, without database."""
    changes = {"ROOT_URLCONF": __name__, "TEMPLATES": TEMPLATES, "MIDDLEWARE": MIDDLEWARE, "DEMO": True, "DEBUG": False}
    changes |= {"CSRF_COOKIE_SECURE": False, "CSRF_COOKIE_NAME": "csrf", "LANGUAGE_COOKIE_NAME": "language"}
    changes |= {"SECURE": False, "COOKIE_PREFIX": "", "ALLOWED_HOSTS": ["127.0.0.1"]}
    changes |= {"CSRF_FAILURE_VIEW": "chengxin.web.errors.csrf_failure"}
    with override_settings(**changes):
        app = guarded(StaticFilesHandler(WSGIHandler()))
        with make_server("127.0.0.1", 0, app, server_class=Server, handler_class=Quiet) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of the system."""
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A fresh visitor; parametrise indirectly with options of a context."""
    options = {"viewport": {"width": 1280, "height": 900}, **getattr(request, "param", {})}
    fresh = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **options)
    yield fresh
    fresh.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails the test on errors of scripts or of the content policy."""
    troubles: list[str] = []
    fresh = context.new_page()
    fresh.on("pageerror", lambda error: troubles.append(str(error)))
    fresh.on("console", lambda said: troubles.append(said.text) if "Content Security Policy" in said.text else None)
    yield fresh
    assert not troubles


def no_violations(page: Page) -> None:
    """Axe finds nothing."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def fits(page: Page) -> bool:
    """Whether the page needs no scrolling to the side."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


SIZES = [{"viewport": {"width": 1280, "height": 900}}, {"viewport": {"width": 390, "height": 844}}]


@pytest.mark.parametrize("context", SIZES, indirect=True, ids=["desk", "phone"])
@pytest.mark.parametrize("query", ["", "?type=large", "?lang=en"], ids=["plain", "large", "english"])
def test_style_guide_has_no_violations_and_fits(page: Page, origin: str, query: str) -> None:
    page.goto(f"{origin}/styleguide{query}")
    no_violations(page)
    assert fits(page)


def test_text_at_200_percent_fits(page: Page, origin: str) -> None:
    page.goto(f"{origin}/styleguide")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert fits(page)


def test_first_visit_is_light_and_asks_nobody_else(page: Page, origin: str) -> None:
    sizes: list[int] = []
    foreign: list[str] = []
    page.on("request", lambda asked: None if asked.url.startswith(origin) else foreign.append(asked.url))
    page.on("response", lambda answer: sizes.append(len(answer.body())))
    page.goto(f"{origin}/form")
    page.wait_for_load_state("networkidle")
    assert sum(sizes) <= FIRST_VISIT_BYTES
    assert not foreign


def test_every_page_names_contact_and_demo(page: Page, origin: str) -> None:
    for address in ("/form", "/styleguide", "/nowhere", "/refuse/fault"):
        page.goto(origin + address)
        foot = page.get_by_role("contentinfo")
        expect(foot.get_by_text("客服联系方式")).to_be_visible()
        expect(foot.get_by_role("link", name="010-00000000")).to_be_visible()
        expect(page.get_by_text("演示系统，数据均为虚构")).to_be_visible()


def test_language_and_large_type_are_kept(page: Page, origin: str) -> None:
    page.goto(f"{origin}/form")
    page.get_by_role("link", name="English").click()
    page.goto(f"{origin}/form")
    assert page.locator("html").get_attribute("lang") == "en"
    expect(page.get_by_text("Customer service")).to_be_visible()
    page.get_by_role("link", name="中文").click()
    page.get_by_role("link", name="长者模式").click()
    page.goto(f"{origin}/form")
    assert page.locator("html").get_attribute("class") == "large"


@pytest.mark.parametrize("context", [{}, {"java_script_enabled": False}], indirect=True, ids=["scripts", "bare"])
def test_errors_stand_beside_the_fields_and_text_stays(page: Page, origin: str) -> None:
    page.goto(f"{origin}/form")
    page.get_by_label("企业名称").fill("杭州澜序桥电子商务有限公司")
    page.get_by_label("邮箱").fill("abc")
    page.get_by_role("button", name="提交").click()
    box = page.get_by_label("邮箱")
    expect(box).to_have_attribute("aria-invalid", "true")
    assert "_error" in (box.get_attribute("aria-describedby") or "")
    expect(page.get_by_label("企业名称")).to_have_value("杭州澜序桥电子商务有限公司")
    expect(page.get_by_role("alert").get_by_role("link", name="邮箱格式应如 name@example.com")).to_be_visible()
    assert "This field is required" not in page.content()


def test_summary_takes_focus_and_leads_to_the_field(page: Page, origin: str) -> None:
    page.goto(f"{origin}/form")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("alert")).to_be_focused()
    no_violations(page)
    page.get_by_role("link", name="请填写邮箱").click()
    expect(page.get_by_label("邮箱")).to_be_focused()


def test_changed_paths_are_saved_by_themselves(page: Page, origin: str) -> None:
    saved.clear()
    page.goto(f"{origin}/form")
    page.get_by_label("证照名称").fill("食品生产许可证")
    expect(page.get_by_role("status").filter(has_text="已自动保存")).to_be_visible()
    assert saved == [{"base_rev": 1, "changes": {f"{styleguide.ROW}/name": "食品生产许可证"}}]
    page.get_by_label("有效期 开始日期").fill("2025-01-01")
    page.wait_for_timeout(400)
    assert saved[-1] == {"base_rev": 2, "changes": {f"{styleguide.ROW}/term": "2025-01-01..长期"}}


def test_division_lists_follow_and_search_fills_them(page: Page, origin: str) -> None:
    page.goto(f"{origin}/form")
    page.get_by_label("所属地区 省级").select_option("520000")
    page.get_by_label("所属地区 市级").select_option("522600")
    page.get_by_label("所属地区 县级").select_option("522624")
    page.get_by_label("按名称或代码查找地区").fill("义乌")
    page.get_by_role("button", name="查找").click()
    page.get_by_label("浙江省 金华市 义乌市").click()
    expect(page.get_by_label("所属地区 县级")).to_have_value("330782")


def test_phone_photo_is_reduced_before_it_is_sent(page: Page, origin: str, tmp_path: Path) -> None:
    from PIL import Image

    Image.effect_noise((4000, 3000), 60).convert("RGB").save(tmp_path / "photo.jpg", quality=95)
    (tmp_path / "photo.heic").write_bytes(b"heic")
    page.goto(f"{origin}/form")
    box = page.locator("[data-files]")
    with page.expect_response("**/upload") as waiting:
        page.get_by_label("证明附件 选择文件").set_input_files(tmp_path / "photo.jpg")
    assert waiting.value.json()["size"] < (tmp_path / "photo.jpg").stat().st_size
    expect(box.get_by_text("已上传").first).to_be_visible()
    expect(box.get_by_role("button", name="旋转 photo.jpg")).to_be_visible()
    page.get_by_label("证明附件 选择文件").set_input_files(tmp_path / "photo.heic")
    expect(box.get_by_text("HEIC")).to_be_visible()


def test_keys_open_help_and_dialogs_close(page: Page, origin: str) -> None:
    page.goto(f"{origin}/styleguide")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="键盘操作")).to_be_visible()
    no_violations(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="键盘操作")).to_be_hidden()


def test_jump_can_be_stopped(page: Page, origin: str) -> None:
    page.goto(f"{origin}/styleguide")
    page.get_by_role("button", name="停留在本页").click()
    expect(page.get_by_text("已停留在本页。")).to_be_visible()


def test_errors_are_pages_for_people_and_problems_for_programs(context: BrowserContext, origin: str) -> None:
    ask = context.request
    for address, status in (("/nowhere", 404), ("/refuse/login", 401), ("/refuse/fault", 500), ("/refuse/many", 429)):
        answer = ask.get(origin + address)
        assert answer.status == status
        assert "客服联系方式" in answer.text()
    problem = ask.get(f"{origin}/api/refuse/invalid")
    assert (problem.status, problem.headers["content-type"]) == (422, "application/problem+json")
    assert problem.json()["errors"] == {"name": ["请填写企业名称"]}
    assert ask.get(f"{origin}/api/refuse/many").headers["retry-after"] == "7"
    assert ask.get(f"{origin}/api/nowhere").json()["code"] == "not-found"
    assert "Not Found" not in ask.get(f"{origin}/nowhere").text()
    refused = ask.post(f"{origin}/form", form={"name": "x"})
    assert refused.status == 403 and "页面已失效" in refused.text()


@pytest.mark.parametrize("context", [{"viewport": {"width": 390, "height": 844}}], indirect=True, ids=["phone"])
def test_error_pages_have_no_violations_and_say_what_to_do(page: Page, origin: str) -> None:
    kinds = {"login": 401, "forbidden": 403, "invalid": 422, "conflict": 409, "many": 429, "fault": 500, "away": 503}
    for kind, status in kinds.items():
        for lang in ("zh", "en"):
            answer = page.goto(f"{origin}/refuse/{kind}?lang={lang}")
            assert answer is not None and answer.status == status
            no_violations(page)
            assert fits(page)
        assert page.get_by_role("heading", level=1).inner_text().isascii(), kind
        expect(page.get_by_role("link", name="Home page")).to_be_visible()


def test_old_browser_is_told(browser: Browser, origin: str) -> None:
    context = browser.new_context(user_agent="Mozilla/5.0 (Windows NT 10.0; Trident/7.0; rv:11.0) like Gecko")
    page = context.new_page()
    page.goto(f"{origin}/form")
    expect(page.get_by_text("不支持 IE")).to_be_visible()
    context.close()


def test_session_warning_lets_log_in_in_place_and_loses_nothing(page: Page, origin: str) -> None:
    page.clock.install()
    page.goto(f"{origin}/form?member")
    page.get_by_label("证照名称").fill("正在填写的内容")
    expect(page.get_by_role("status").filter(has_text="已自动保存")).to_be_visible()
    page.clock.fast_forward("54:00")
    expect(page.get_by_role("alertdialog")).to_be_hidden()
    page.clock.fast_forward("01:30")
    warning = page.get_by_role("alertdialog", name="即将自动登出")
    expect(warning).to_be_visible()
    no_violations(page)
    page.get_by_role("button", name="继续使用").click()
    warning = page.get_by_role("alertdialog", name="请先登录")
    warning.get_by_label("密码").fill("wrong")
    warning.get_by_role("button", name="登录").click()
    expect(warning.get_by_role("link", name="用户名或密码不正确")).to_be_visible()
    warning.get_by_label("密码").fill("Right-horse-7")
    warning.get_by_role("button", name="登录").click()
    expect(warning).to_be_hidden()
    expect(page.get_by_label("证照名称")).to_have_value("正在填写的内容")


def test_lists_and_uploads_work_without_scripts(browser: Browser, origin: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{origin}/form")
    expect(page.get_by_role("button", name="更新下级地区")).to_be_visible()
    expect(page.get_by_role("button", name="看不清，换一张")).to_have_count(0)
    expect(page.get_by_label("证明附件 选择文件")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_have_count(0)
    context.close()
