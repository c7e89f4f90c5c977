"""A page of a form as it is drawn: groups, records, fields, with what was typed, said and found wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.urls import reverse
from django.utils.translation import gettext as _

from chengxin.catalogue import answers as paths
from chengxin.catalogue import rules
from chengxin.catalogue.answers import PUBLIC
from chengxin.catalogue.values import Condition, Group
from chengxin.catalogue.values import Field as CatalogueField
from chengxin.common import clock
from chengxin.filings.values import AttachmentView, RemarkView
from chengxin.web import forms
from chengxin.web.divisions import division_tree
from chengxin.web.enterprise import posting
from chengxin.web.enterprise.outline import Part, Work
from chengxin.web.forms import Field, FileItem, Remark, control_id

NO_CLASH = "\0"


@dataclass(frozen=True)
class RecordView:
    """One record with its rows."""

    path: str
    title: str
    fields: tuple[Field, ...]
    visibility: Field | None
    remarks: tuple[Remark, ...]
    deletable: bool
    was: str


@dataclass(frozen=True)
class GroupView:
    """One group with its records."""

    code: str
    title: str
    hint: str
    needed: bool
    is_view: bool
    can_add: bool
    records: tuple[RecordView, ...]
    remarks: tuple[Remark, ...]
    errors: tuple[str, ...]
    visibility_note: str


@dataclass
class Around:
    """What a page is drawn with besides the answers; `upload_url` takes its files.

    With `clearable` each line of text has its ×, with `thumbs` each picture is shown small.
    """

    answers: Mapping[str, str]
    known: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    remarks: Mapping[str, list[Remark]] = field(default_factory=dict)
    files: Mapping[str, AttachmentView] = field(default_factory=dict)
    clashes: Mapping[str, str | None] = field(default_factory=dict)
    searches: Mapping[str, str] = field(default_factory=dict)
    upload_url: str = ""
    clearable: bool = False
    thumbs: bool = False


def groups(*, work: Work, part: Part, around: Around) -> list[GroupView]:
    """The groups of a page."""
    return [_group(work, group, around) for group in part.groups]


def _group(work: Work, group: Group, around: Around) -> GroupView:
    rows = work.rows(group, around.answers)
    single = group.max_records == 1
    records = tuple(
        _record(work, group, row, around, title=_title(group, number), deletable=not (single and group.min_records))
        for number, row in enumerate(rows, start=1)
    )
    return GroupView(
        code=group.code,
        title=str(group.title),
        hint=str(group.hint or ""),
        needed=group.min_records > 0,
        is_view=group.source != "answers",
        can_add=len(rows) < group.max_records,
        records=records,
        remarks=tuple(around.remarks.get(group.code, ())),
        errors=tuple(around.errors.get(group.code, ())),
        visibility_note={"always": _("本组信息依规对公众公示"), "never": _("本组信息仅作为平台内部信息")}.get(group.visibility, ""),
    )


def _title(group: Group, number: int) -> str:
    if group.max_records == 1:
        return str(group.title)
    return _("%(title)s 第 %(n)s 条") % {"title": group.title, "n": number}


def _record(work: Work, group: Group, row: paths.Row, around: Around, *, title: str, deletable: bool) -> RecordView:
    path = f"{group.code}/{row.id}"
    needed = rules.asked(group, row.raw, today=clock.today())
    fields = tuple(
        _field(group, replace(f, required=f.required or needed.get(f.code, False)), f"{path}/{f.code}", around) for f in group.fields
    )
    visibility = None
    if group.visibility == "choice":
        where = f"{path}/{PUBLIC}"
        visibility = forms.visibility_view(path=path, value=around.answers.get(where, ""), errors=around.errors.get(where, ()))
        visibility = _clashed(visibility, around)
    errors = around.errors.get(path, ())
    notes = tuple(Remark(text=text) for text in errors)
    return RecordView(
        path=path,
        title=title,
        fields=fields,
        visibility=visibility,
        remarks=(*notes, *around.remarks.get(path, ())),
        deletable=deletable,
        was=posting.was(group, row.id, work.draft.answers),
    )


def _field(group: Group, f: CatalogueField, path: str, around: Around) -> Field:
    files = {
        sha: FileItem(
            id=sha,
            name=held.name,
            size=held.size,
            url=(url := reverse("enterprise:attachment", args=[held.id, 1])),
            thumb=url if around.thumbs and held.media_type.startswith("image/") else "",
        )
        for key, held in around.files.items()
        if (sha := _sha_at(key, path))
    }
    view = forms.field_view(
        f,
        path=path,
        answers=around.answers,
        errors=around.errors,
        remarks=around.remarks,
        files=files,
        upload_url=around.upload_url if f.kind == "file" else "",
        tree=division_tree(),
        search=around.searches.get(path, ""),
    )
    view = replace(view, hint=_hint(group, f, view.hint), clearable=around.clearable and view.control == "input")
    return _clashed(_registered(f, view, around), around)


def _sha_at(key: str, path: str) -> str:
    where, _bar, sha = key.rpartition("|")
    return sha if where == path else ""


def _hint(group: Group, f: CatalogueField, hint: str) -> str:
    """The hint of a field that is asked, or needed, only sometimes says when; a hint that says it itself stays as it is."""
    rule, text = (f.when, _("当“%(field)s”为%(values)s时填写。")) if f.when else (f.required_when, _("当“%(field)s”为%(values)s时必填。"))
    if rule is None or (other := group.field(rule.field)) is None or f"{other.label}为" in hint:
        return hint
    labels = [str(o.label) for o in other.options if o.code in rule.values] or [_("是")]
    return f"{text % {'field': other.label, 'values': _('、').join(labels)}}{hint}"


def _registered(f: CatalogueField, view: Field, around: Around) -> Field:
    """Mark what comes from the register, and what differs from it (D-35)."""
    fact = around.known.get(f.prefill or "", "")
    if not fact:
        return view
    if f.prefill in ("name", "uscc"):
        return replace(view, value=fact, readonly=True, source=_("来自登记信息，不可修改"))
    if view.value.strip() == fact:
        return replace(view, source=_("来自登记信息"))
    if not view.value.strip() or f.prefill == "division":
        return view
    return replace(view, source=_("与登记信息不一致，登记为：%(fact)s") % {"fact": _short(fact)})


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"


def _clashed(view: Field, around: Around) -> Field:
    theirs = around.clashes.get(view.name, NO_CLASH)
    if theirs == NO_CLASH:
        return view
    return replace(view, theirs=theirs or "")


def remarks_of(found: Sequence[RemarkView], *, round: int, tickable: bool) -> dict[str, list[Remark]]:
    """The remarks of the last decided round by path, with their ticks (D-37)."""
    made: dict[str, list[Remark]] = {}
    for one in found:
        if one.round == round:
            view = Remark(id=str(one.id), text=one.text, dealt=one.dealt_with, tickable=tickable)
            made.setdefault(one.path, []).append(view)
    return made


def files_of(found: Sequence[AttachmentView]) -> dict[str, AttachmentView]:
    """Attachments by place and hash."""
    return {f"{one.path}|{one.sha256}": one for one in found}


def summary(shown: Sequence[GroupView]) -> list[tuple[str, str]]:
    """All problems of a page as (id of the control, text), in the order of the page."""
    pairs: list[tuple[str, str]] = []
    for group in shown:
        pairs += [(f"group-{group.code}", text) for text in group.errors]
        several = len(group.records) > 1
        for record in group.records:
            head = f"{record.title}{_('：')}" if several else ""
            rows = [*record.fields, *([record.visibility] if record.visibility else [])]
            pairs += [(row.html_id, f"{head}{text}") for row in rows for text in row.errors]
    return pairs


def conditions(part: Part, shown: Sequence[GroupView]) -> str:
    """JSON of the fields that are asked only while another has some value: path → [path, values]."""
    return _tied(part, shown, lambda f: f.when)


def needs(part: Part, shown: Sequence[GroupView]) -> str:
    """JSON of the fields that are needed only while another has some value: path → [path, values]."""
    return _tied(part, shown, lambda f: None if f.required else f.required_when)


def _tied(part: Part, shown: Sequence[GroupView], rule_of: Callable[[CatalogueField], Condition | None]) -> str:
    made: dict[str, list[object]] = {}
    for group, view in zip(part.groups, shown, strict=True):
        for f in group.fields:
            if (rule := rule_of(f)) is not None:
                for record in view.records:
                    made[f"{record.path}/{f.code}"] = [f"{record.path}/{rule.field}", list(rule.values)]
    return json.dumps(made)


def target_of(path: str) -> str:
    """The id on the page of a path of a record or a field."""
    return control_id(path) if path.count("/") == 2 else path.replace("/", "-")
