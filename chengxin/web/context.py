"""What every page knows: the site, the person, the language, the size of type, the menus.

Nothing here asks the database, so that error pages can be drawn when it is away.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chengxin.common import maintenance

LARGE_COOKIE = "type"
YEAR_SECONDS = 365 * 24 * 3600
LANGUAGES = {"zh": "zh-hans", "zh-hans": "zh-hans", "en": "en"}
OLDEST = {"Edg": 109, "Chrome": 109, "Firefox": 115, "Version": 15}


@dataclass(frozen=True)
class Entry:
    """One line of a menu: a text and the name of a view; left out while there is no such view.

    With `roles`, only people who hold one of them see it: those of an agency as in the view's `agency_only`, of an enterprise OWNER.
    """

    text: str | Promise
    view: str
    roles: frozenset[str] = frozenset()


# Menus by place. A face's menu shows the entries whose views exist; the first path segments mark the current one.
TOP = (
    Entry(_("首页"), "public:home"),
    Entry(_("信用共建"), "public:search"),
    Entry(_("权威信息发布"), "public:content"),
    Entry(_("企业首页"), "enterprise:home"),
    Entry(_("惠民惠企"), "enterprise:services"),
    Entry(_("审核工作台"), "agency:inbox"),
    Entry(_("数据概览"), "public:overview"),
    Entry(_("核验"), "public:verify"),
    Entry(_("常见问题"), "public:help"),
    Entry(_("企业注册"), "account:register"),
    Entry(_("登录"), "account:login"),
)
OWNER = frozenset({"administrator", "applicant"})
ENTERPRISE = (
    Entry(_("企业首页"), "enterprise:home", OWNER),
    Entry(_("诚信档案企业信息"), "enterprise:archive", OWNER),
    Entry(_("信用信息自愿注册"), "enterprise:voluntary"),
    Entry(_("异议与变更"), "enterprise:cases", OWNER),
    Entry(_("惠民惠企"), "enterprise:services", OWNER),
    Entry(_("政企交流"), "enterprise:questions", OWNER),
    Entry(_("我的关注"), "enterprise:watching", OWNER),
    Entry(_("消息"), "enterprise:messages"),
    Entry(_("经办人管理"), "account:handlers", OWNER),
    Entry(_("账号与授权"), "account:consents"),
    Entry(_("接口密钥"), "account:keys", OWNER),
)
REVIEWER = frozenset({"reviewer"})
AGENCY = (
    Entry(_("待办审核"), "agency:inbox", REVIEWER),
    Entry(_("我的今日"), "agency:today", REVIEWER),
    Entry(_("抽查复核"), "agency:looks", REVIEWER),
    Entry(_("已办审核"), "agency:mine", REVIEWER),
    Entry(_("常用意见"), "agency:phrases", REVIEWER),
    Entry(_("缺勤与代理"), "agency:absence", REVIEWER),
    Entry(_("客服求助"), "agency:helpdesk", frozenset({"helpdesk"})),
    Entry(_("政府信息导入"), "agency:imports", frozenset({"importer"})),
    Entry(_("机构管理"), "agency:units", frozenset({"supervisor", "system_admin", "security_admin", "audit_admin"})),
    Entry(_("审核情况地图"), "agency:map", frozenset({"supervisor", "system_admin"})),
    Entry(_("未送达通知"), "agency:delivery", REVIEWER | {"system_admin"}),
    Entry(_("内容管理"), "agency:content", frozenset({"editor"})),
    Entry(_("服务产品管理"), "agency:products", frozenset({"editor", "system_admin"})),
    Entry(_("自愿注册事项管理"), "agency:catalogue", frozenset({"editor", "system_admin"})),
    Entry(_("接口密钥"), "account:keys", REVIEWER | {"importer"}),
)
FOOT = (
    Entry(_("客服求助"), "public:helpdesk"),
    Entry(_("查询办理进度"), "public:progress"),
    Entry(_("异议办理统计"), "public:statistics"),
    Entry(_("我的关注"), "public:watch_lost"),
    Entry(_("无障碍说明"), "public:accessibility"),
    Entry(_("用户服务协议"), "public:terms"),
    Entry(_("个人信息处理告知"), "public:privacy"),
    Entry(_("开放接口"), "public:developers"),
)
ANONYMOUS_ONLY = {"account:register", "account:login"}
OWN = {"enterprise": {"enterprise:home", "enterprise:services"}, "agency": {"agency:inbox"}}


@dataclass(frozen=True)
class MenuItem:
    """One line of a menu as a page shows it."""

    text: str
    url: str
    current: bool


def address(view: str) -> str:
    """The path of a view without parameters, or empty where there is none."""
    try:
        return reverse(view)
    except NoReverseMatch:
        return ""


def menu(entries: tuple[Entry, ...], *, path: str, hide: set[str] = frozenset()) -> list[MenuItem]:  # type: ignore[assignment]
    """The entries that exist, the longest matching one marked as current."""
    found = [(entry.text, address(entry.view)) for entry in entries if entry.view not in hide]
    lines = [(str(text), url) for text, url in found if url]
    matches = [url for _text, url in lines if path == url or (url != "/" and path.startswith(url.rstrip("/") + "/"))]
    current = max(matches, key=len, default="")
    return [MenuItem(text=text, url=url, current=url == current) for text, url in lines]


def old_browser(agent: str) -> bool:
    """Whether a browser is too old for the pages (D-53): IE, or below the versions of the support table."""
    if re.search(r"MSIE |Trident/", agent):
        return True
    for name, oldest in OLDEST.items():
        found = re.search(rf"\b{name}/(\d+)", agent)
        if found and (name != "Version" or "Safari/" in agent):
            return int(found[1]) < oldest
    return False


def language_of(request: HttpRequest) -> str:
    """The language asked for by `?lang=`, else the cookie's, else Chinese."""
    asked = request.GET.get("lang", "") or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return LANGUAGES.get(asked, str(settings.LANGUAGE_CODE))


def is_large(request: HttpRequest) -> bool:
    """Whether 长者模式 is on, by `?type=` or the cookie."""
    name = large_cookie()
    return (request.GET.get("type") or request.COOKIES.get(name, "")) == "large"


def large_cookie() -> str:
    """Name of the cookie of 长者模式."""
    return f"{getattr(settings, 'COOKIE_PREFIX', '')}{LARGE_COOKIE}"


class PreferencesMiddleware:
    """Language and size of type from the address or a cookie; stands in for LocaleMiddleware: Chinese comes first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the language of the person."""
        language = language_of(request)
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Language", "en" if language == "en" else "zh-CN")
            patch_vary_headers(response, ["Cookie"])
        self._remember(request, response, language)
        return response

    @staticmethod
    def _remember(request: HttpRequest, response: HttpResponse, language: str) -> None:
        options: dict[str, Any] = {
            "max_age": YEAR_SECONDS,
            "secure": getattr(settings, "SECURE", False),
            "httponly": True,
            "samesite": "Lax",
        }
        if "lang" in request.GET:
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, **options)
        if "type" in request.GET and request.GET["type"] in {"large", "standard"}:
            response.set_cookie(large_cookie(), request.GET["type"], **options)


def _hidden(kind: str) -> set[str]:
    """What the top menu leaves out for this kind of person; nobody has the kind ""."""
    others = {view for of, views in OWN.items() if of != kind for view in views}
    return others | (ANONYMOUS_ONLY if kind else set())


def _for_roles(entries: tuple[Entry, ...], roles: frozenset[str]) -> tuple[Entry, ...]:
    """The entries that somebody with these roles may open."""
    return tuple(entry for entry in entries if not entry.roles or entry.roles & roles)


def agency_home(roles: frozenset[str]) -> str:
    """The first page of the desk's menu that somebody with these roles may open; the site's home where there is none."""
    return next((url for entry in _for_roles(AGENCY, roles) if (url := address(entry.view))), "/")


def _with(request: HttpRequest, **changes: str) -> str:
    query = request.GET.copy()
    for name, value in changes.items():
        query[name] = value
    return f"?{query.urlencode()}"


def site(request: HttpRequest) -> dict[str, Any]:
    """The variable `site` of every template."""
    actor = getattr(request, "actor", None)
    person = (getattr(actor, "display_name", "") or _("个体工商户")) if getattr(actor, "account_id", None) else ""
    kind = getattr(actor, "kind", "")
    english = (translation.get_language() or "").startswith("en")
    large = is_large(request)
    side = {"enterprise": ENTERPRISE, "agency": AGENCY}.get(kind, ())
    idle_minutes = int(getattr(settings, "SESSION_IDLE_MINUTES", 60))
    value = {
        "name": settings.SITE_NAME_EN if english else settings.SITE_NAME,
        "operator": settings.SITE_OPERATOR_EN if english else settings.SITE_OPERATOR,
        "hotline": getattr(settings, "HOTLINE", ""),
        "help_email": getattr(settings, "HELP_EMAIL", ""),
        "icp_number": getattr(settings, "ICP_NUMBER", ""),
        "police_number": getattr(settings, "POLICE_NUMBER", ""),
        "demo": getattr(settings, "DEMO", False),
        "face_name": _("审核工作台") if kind == "agency" else "",
        "html_lang": "en" if english else "zh-CN",
        "other_lang": "zh-CN" if english else "en",
        "other_lang_name": "中文" if english else "English",
        "other_lang_url": _with(request, lang="zh" if english else "en"),
        "large": large,
        "large_url": _with(request, type="standard" if large else "large"),
        "maintenance": maintenance.current(),
        "old_browser": old_browser(request.headers.get("User-Agent", "")),
        "nav": menu(TOP, path=request.path, hide=_hidden(kind if person else "")),
        "side": menu(_for_roles(side, getattr(actor, "roles", frozenset())), path=request.path),
        "foot": menu(FOOT, path=request.path),
        "tools": kind != "agency",
        "search_url": address("public:search") or "/files",
        "person": person,
        "logout_url": address("account:logout"),
        "touch_url": address("account:session_touch"),
        "ping_url": address("account:ping"),
        "login_here_url": address("account:login_here") + ("?face=agency" if kind == "agency" else ""),
        "idle_minutes": idle_minutes,
        "idle_seconds": idle_minutes * 60,
    }
    return {"site": value}
