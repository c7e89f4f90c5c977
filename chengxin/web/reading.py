"""A submission as a reviewer reads it: groups, records, answers in words, files, remarks, what changed (D-37)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from chengxin.catalogue import answers as paths
from chengxin.catalogue import codes, listed_kinds, moving
from chengxin.catalogue.chosen_kinds import kind_of
from chengxin.catalogue.values import Field, Form, Group
from chengxin.filings.values import AttachmentView, RemarkView
from chengxin.identity import queries as identity
from chengxin.web.forms import LONG_TERM, SPAN


@dataclass(frozen=True)
class Line:
    """One answer; ``was`` is what the former version said, None where nothing changed."""

    path: str
    label: str
    value: str
    was: str | None = None
    remarks: tuple[RemarkView, ...] = ()
    files: tuple[AttachmentView, ...] = ()


@dataclass(frozen=True)
class Card:
    """One record; ``public`` is None where the form leaves no choice."""

    path: str
    title: str
    lines: tuple[Line, ...]
    public: bool | None = None
    remarks: tuple[RemarkView, ...] = ()
    is_new: bool = False


@dataclass(frozen=True)
class Section:
    """One group with its records; ``changed`` is False where nothing differs from the former version."""

    code: str
    title: str
    cards: tuple[Card, ...] = ()
    remarks: tuple[RemarkView, ...] = ()
    changed: bool = True


@dataclass(frozen=True)
class Change:
    """One thing that is not as in the former version."""

    path: str
    where: str
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Reading:
    """What the page of an item is drawn from."""

    form: Form
    answers: Mapping[str, str]
    former: Mapping[str, str] | None
    remarks: Sequence[RemarkView]
    files: Sequence[AttachmentView]
    round: int = 1

    def sections(self) -> list[Section]:
        """The answers in the order of the form; groups without records are left out."""
        found = []
        for group in self.form.asked_groups():
            cards = tuple(self._card(group, row) for row in paths.rows(self.answers, group.code))
            if cards:
                found.append(
                    Section(
                        code=group.code,
                        title=str(group.title),
                        cards=cards,
                        remarks=self._said(group.code),
                        changed=self._is_changed(group),
                    )
                )
        return found

    def _is_changed(self, group: Group) -> bool:
        """Whether a group differs from the former version, or was spoken of: what did not is folded up."""
        if self.former is None or any(r.path.split("/")[0] == group.code for r in self.remarks):
            return True
        return any(change.path.split("/")[0] == group.code for change in self.changes())

    def _card(self, group: Group, row: paths.Row) -> Card:
        prefix = f"{group.code}/{row.id}"
        lines = tuple(line for f in group.fields if (line := self._line(prefix, f, row.raw.get(f.code, ""))))
        mark = row.raw.get(paths.PUBLIC, "")
        return Card(
            path=prefix,
            title=moving.summary(group, row.raw) or str(group.title),
            lines=lines,
            public={"1": True, "0": False}.get(mark),
            remarks=self._said(prefix),
            is_new=self.former is not None and not any(p.startswith(f"{prefix}/") for p in self.former),
        )

    def _line(self, prefix: str, f: Field, raw: str) -> Line | None:
        path = f"{prefix}/{f.code}"
        files = tuple(file for file in self.files if file.path == path)
        remarks = self._said(path)
        before = raw if self.former is None else self.former.get(path, "")
        if not (raw or files or remarks or before):
            return None
        was = shown(f, before) if f.kind != "file" and before != raw else None
        return Line(path=path, label=str(f.label), value=shown(f, raw), was=was, remarks=remarks, files=files)

    def _said(self, path: str) -> tuple[RemarkView, ...]:
        return tuple(r for r in self.remarks if r.path == path)

    def changes(self) -> list[Change]:
        """What changed since the former version, records that are gone included; empty for a first one."""
        if self.former is None:
            return []
        found = []
        for group in self.form.asked_groups():
            now = {row.id: row for row in paths.rows(self.answers, group.code)}
            then = {row.id: row for row in paths.rows(self.former, group.code)}
            for row_id in dict.fromkeys([*now, *then]):
                found += list(_changed(group, row_id, now.get(row_id), then.get(row_id)))
        return found


def _changed(group: Group, row_id: str, now: paths.Row | None, then: paths.Row | None) -> Iterable[Change]:
    prefix, title = f"{group.code}/{row_id}", str(group.title)
    if now is None or then is None:
        row, label = now or then, _("删除记录") if now is None else _("新增记录")
        name = moving.summary(group, row.raw) if row else ""
        yield Change(prefix, title, label, before="" if now else name, after=name if now else "")
        return
    for f in group.fields:
        old, new = then.raw.get(f.code, ""), now.raw.get(f.code, "")
        if old != new and f.kind == "file":
            yield Change(f"{prefix}/{f.code}", title, str(f.label), before=_("原附件"), after=_("已更换附件"))
        elif old != new:
            yield Change(f"{prefix}/{f.code}", title, str(f.label), before=shown(f, old), after=shown(f, new))
    old, new = then.raw.get(paths.PUBLIC, ""), now.raw.get(paths.PUBLIC, "")
    if old != new:
        words = {"1": _("公开"), "0": _("不公开")}
        yield Change(prefix, title, _("是否公开"), before=words.get(old, ""), after=words.get(new, ""))


def shown(f: Field, raw: str) -> str:
    """A raw answer in words: labels of options, names of divisions, units; files are shown as pictures instead."""
    if not raw or f.kind == "file":
        return ""
    if f.options:
        labels = [(code, f.option(code)) for code in raw.split(",")]
        return _("、").join(str(found.label) if found else code for code, found in labels)
    if f.kind == "division":
        return "".join(identity.division_path(raw)) or raw
    if f.kind == "industry":
        return kind_of(f).display(raw, f, codes.shipped())
    if f.kind == "boolean":
        return _("是") if raw == "1" else _("否")
    if f.kind == "units":
        return listed_kinds.words(raw)
    if f.kind == "period":
        start, _sep, end = raw.partition(SPAN)
        return _("%(start)s 至 %(end)s") % {"start": start, "end": _("长期") if end == LONG_TERM else end}
    return f"{raw} {f.unit}" if f.unit else raw
