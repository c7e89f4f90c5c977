"""The components of the pages, each a function with named parameters that returns safe HTML.

In a template: `{% load cx %}`, then `{% steps labels=labels current=2 %}`; those with a `content`
parameter are blocks: `{% card title=title %}…{% endcard %}`. Fields of forms are in `chengxin.web.forms`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from chengxin.web import charts
from chengxin.web.forms import Field, FieldLike, problems_of, view_of
from chengxin.web.registry import component, render

TONES = {
    "draft": "",
    "submitted": "info",
    "approved": "good",
    "rejected": "bad",
    "withdrawn": "",
    "ended": "",
    "superseded": "",
    "closed": "",
    "overdue": "bad",
    "disputed": "warn",
    "verifying": "warn",
    "provisional": "warn",
}


@dataclass(frozen=True, kw_only=True)
class Link:
    """A text that leads somewhere; `url` empty means the place where the person is."""

    text: str
    url: str = ""
    count: int | None = None


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One point of a timeline; `tone` is "", good, bad or waiting."""

    title: str
    at: datetime | None = None
    text: str = ""
    tone: str = ""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table; `numeric` aligns to the right."""

    key: str
    label: str
    numeric: bool = False


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """A captcha as the page shows it; `kind` is image or audio."""

    id: str
    url: str
    kind: str = "image"


# --- Page ------------------------------------------------------------------------------------------------------------
@component(title="页头")
def page_head(*, title: str, crumbs: Sequence[Link] = (), lead: str = "", place: bool = False) -> SafeString:
    """Heading of the page with the way to it, on `place` with 当前位置 before it; the page has exactly one."""
    return render("page_head", title=title, crumbs=crumbs, lead=lead, place=place)


@component(title="步骤")
def steps(*, labels: Sequence[str], current: int) -> SafeString:
    """Where the person is in a series of pages; `current` counts from 1. On a phone only the current label shows."""
    items = [
        {"label": label, "state": "done" if at < current else "current" if at == current else "next"}
        for at, label in enumerate(labels, start=1)
    ]
    return render("steps", items=items, current=current)


@component(title="标签页")
def tabs(*, links: Sequence[Link], current: str, label: str) -> SafeString:
    """Tabs that are links, so each has an address; `current` is the url of the open one."""
    return render("tabs", links=links, current=current, label=label)


@component(title="翻页")
def pager(*, next_url: str = "", first_url: str = "", count: str = "") -> SafeString:
    """Forward by cursor and back to the start; `count` is a text such as 共 1,000+ 条."""
    return render("pager", next_url=next_url, first_url=first_url, count=count)


@component(title="无内容")
def empty_state(*, text: str, url: str = "", action: str = "") -> SafeString:
    """What stands where a list would be, and what to do next."""
    return render("empty_state", text=text, url=url, action=action)


# --- Boxes -----------------------------------------------------------------------------------------------------------
@component(title="卡片")
def card(content: str, *, title: str = "", more_url: str = "", more_text: str = "MORE+", level: int = 2) -> SafeString:
    """A box with a heading and, at the top right, a link to the whole."""
    return render("card", content=content, title=title, more_url=more_url, more_text=more_text, level=level)


@component(title="信息来源：政府部门提供 / 企业自行填报 / 企业自行注册")
def origin_card(content: str, *, origin: str, title: str = "", note: str = "", level: int = 2) -> SafeString:
    """Data by who gave it; `origin` is government, enterprise or voluntary. They differ in word, colour and shape."""
    return render("origin_card", content=content, origin=origin, title=title, note=note, level=level)


@component(title="提示")
def notice(content: str, *, tone: str = "info", title: str = "", live: bool = False) -> SafeString:
    """A message in the page; `tone` is info, good, warn or bad. `live` has it read aloud when it appears."""
    return render("notice", content=content, tone=tone, title=title, live=live)


@component(title="对话框")
def dialog(content: str, *, id: str, title: str, broad: bool = False) -> SafeString:
    """A native dialog, opened by any element with `data-open="id"`; that element's own link works without scripts."""
    return render("dialog", content=content, id=id, title=title, broad=broad)


@component(title="键盘操作说明")
def key_help(*, keys: Sequence[tuple[str, str]]) -> SafeString:
    """The dialog that `?` opens. Elements with `data-key="a"` are pressed by that key outside of entry fields."""
    return render("key_help", keys=keys)


# --- Small things ----------------------------------------------------------------------------------------------------
@component(title="标记")
def badge(*, text: str, tone: str = "") -> SafeString:
    """A short word in a coloured shape; the word alone carries the meaning. `tone`: info, good, warn, bad or empty."""
    return format_html('<span class="tag{}">{}</span>', f" {tone}" if tone else "", text)


@component(title="状态")
def state_tag(*, state: str, label: str) -> SafeString:
    """State of a filing or a mark; the colour follows the code, the label comes from the catalogue."""
    return badge(text=label, tone=TONES.get(state, ""))


@component(title="时间轴")
def timeline(*, moments: Sequence[Moment]) -> SafeString:
    """What happened and what is due, newest first."""
    return render("timeline", moments=moments)


@component(title="表格")
def data_table(
    *,
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, object]],
    caption: str,
    caption_hidden: bool = False,
    empty: str = "",
) -> SafeString:
    """A table that becomes cards on a phone. A row maps column keys to texts (or to safe HTML); the first is its head."""
    cells = [[(column, row.get(column.key, "")) for column in columns] for row in rows]
    return render("data_table", columns=columns, rows=cells, caption=caption, caption_hidden=caption_hidden, empty=empty or _("暂无记录"))


@component(title="图表")
def chart(*, kind: str, title: str, points: Sequence[tuple[str, int]], unit: str = "", label_head: str = "", level: int = 3) -> SafeString:
    """A picture drawn on the server with its table behind it; `kind` is bar, column or line."""
    picture = charts.draw(kind=kind, title=title, points=points, unit=unit)
    return render("chart", picture=picture, title=title, points=points, unit=unit, label_head=label_head, level=level)


@component(title="图片查看")
def picture_viewer(*, url: str, alt: str, id: str = "viewer") -> SafeString:
    """A picture that can be enlarged and turned; without scripts its link opens it alone."""
    return render("picture_viewer", url=url, alt=alt, id=id)


# --- Forms -----------------------------------------------------------------------------------------------------------
@component(title="错误汇总")
def error_summary(*, of: object) -> SafeString:
    """All problems of a form with links to the fields; takes the focus. `of`: a form, Field views, or (id, text) pairs."""
    return render("error_summary", problems=problems_of(of))


@component(title="表单行")
def field(*, of: FieldLike) -> SafeString:
    """One row of a form: label, control, hint and problem on the right. `of`: a Field view or a bound field of a form."""
    return render("field", f=view_of(of))


@component(title="表单底部")
def form_foot(content: str, *, state: str = "") -> SafeString:
    """Buttons of a form and, below them, the state of saving (`role="status"`)."""
    return render("form_foot", content=content, state=state)


@component(title="记录")
def record(
    content: str,
    *,
    path: str,
    title: str,
    visibility: Field | None = None,
    deletable: bool = True,
    remarks: Sequence[object] = (),
    level: int = 3,
) -> SafeString:
    """One record of a group with its 公开/不公开 pair and 删除. `path` is `group/<row uuid>`."""
    return render(
        "record",
        content=content,
        path=path,
        title=title,
        visibility=visibility,
        deletable=deletable,
        remarks=remarks,
        level=level,
        id=path.replace("/", "-"),
    )


@component(title="新增记录")
def add_record(*, group: str, text: str = "", allowed: bool = True) -> SafeString:
    """The button under a group that adds a record; posts the page with `_add=<group>`."""
    return render("add_record", group=group, text=text or _("新增记录"), allowed=allowed)


@component(title="验证码")
def captcha(
    *,
    challenge: Challenge,
    name: str = "captcha",
    new_url: str = "",
    mail_code: bool = False,
    errors: Sequence[str] = (),
    id: str = "captcha",
) -> SafeString:
    """Picture or spoken digits, 看不清，换一张, and with `mail_code` the way by a mailed code.

    Posts `<name>_id` and `<name>`; the buttons post `_captcha=image|audio|mail` and work without scripts.
    """
    return render("captcha", challenge=challenge, name=name, new_url=new_url, mail_code=mail_code, errors=errors, id=id)


@component(title="自动跳转")
def jump(*, url: str, text: str, seconds: int = 5) -> SafeString:
    """Goes on by itself after some seconds, says so once, and can be stopped; without scripts it is a link."""
    return render("jump", url=url, text=text, seconds=seconds)
