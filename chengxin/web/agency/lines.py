"""Lines of the inbox: in words, and as HTML. Fifty are drawn at once, which written out takes a fraction of what a template takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.filings.values import InboxItem
from chengxin.identity import queries as identity
from chengxin.web.agency import words
from chengxin.web.components import badge
from chengxin.web.templatetags import cx

ITEMS = "voluntary"
_LINE = (
    '<tr role="row"{late}>\n<td class="desk-pick" role="cell" data-label="{picking}"><label><span class="vh">{pick}</span>'
    '<input type="checkbox" name="item" value="{id}:{round}"></label></td>\n'
    '<th scope="row" role="rowheader" data-label="{naming}">'
    '<span><a href="/desk/{id}" data-row>{name}</a><code>{uscc}</code>{marks}</span></th>\n'
    '<td role="cell" data-label="{kinds}"><span>{kind}{again}</span></td>\n'
    '<td role="cell" data-label="{places}">{division}</td>\n'
    '<td role="cell" data-label="{handed_in}">{submitted}</td>\n'
    '<td role="cell" data-label="{until}"><span>{due} {left}{provisional}</span></td>\n</tr>'
)
_SMALL = '<span class="small soft">{}</span>'


@dataclass(frozen=True)
class Row:
    """One line of the inbox in words."""

    item: InboxItem
    name: str
    pick: str
    kind: str
    division: str
    submitted: str
    due: str
    left: str


def rows_of(pending: Sequence[InboxItem]) -> list[Row]:
    """Lines of the inbox in words."""
    now, paths, pick = clock.now(), identity.division_paths(item.division_code for item in pending), _("选择 %(name)s")
    titles = {form_id: catalogue.current(form_id) for form_id in {item.form_id for item in pending if item.kind == ITEMS}}
    return [
        Row(
            item=item,
            name=(name := item.enterprise_name or item.uscc or words.kind_label(item.kind)),
            pick=pick % {"name": name},
            kind=words.item_label(item.kind, titles.get(item.form_id)),
            division="".join(paths[item.division_code]),
            submitted=cx.moment(item.submitted_at),
            due=cx.moment(item.due_at),
            left=words.time_left(item.due_at - now),
        )
        for item in pending
    ]


def draw(rows: Sequence[Row]) -> SafeString:
    """The lines as rows of the inbox's table."""
    heads = {
        "picking": conditional_escape(_("选择")),
        "naming": conditional_escape(_("企业名称")),
        "kinds": conditional_escape(_("类别")),
        "places": conditional_escape(_("所属地区")),
        "handed_in": conditional_escape(_("提交时间")),
        "until": conditional_escape(_("应于此前办结")),
    }
    return mark_safe("".join(_line(row, heads) for row in rows))


def _line(row: Row, heads: dict[str, SafeString]) -> SafeString:
    item = row.item
    return format_html(
        _LINE,
        late=mark_safe(' class="late"' if item.overdue else ""),
        pick=row.pick,
        id=item.id,
        round=item.round,
        name=row.name,
        uscc=item.uscc,
        marks=_marks(item),
        kind=row.kind,
        again=format_html(_SMALL, _("第 %(n)s 次提交") % {"n": item.round}) if item.round > 1 else "",
        division=row.division,
        submitted=row.submitted,
        due=row.due,
        left=badge(text=row.left, tone="bad") if item.overdue else format_html(_SMALL, row.left),
        provisional=format_html(" {}", badge(text=_("暂定"), tone="warn")) if item.due_provisional else "",
        **heads,
    )


def _marks(item: InboxItem) -> SafeString:
    """Who else reads it now, and to whom it was handed."""
    found = mark_safe("")
    if item.claimed_by:
        found += format_html(" {}", badge(text=_("%(name)s 正在查看") % {"name": item.claimed_by}, tone="info"))
    if item.handed_to:
        found += format_html(" {}", badge(text=_("转交 %(name)s") % {"name": item.handed_to}, tone="warn"))
    return found
