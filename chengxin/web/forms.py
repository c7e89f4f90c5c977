"""Rows of forms: the view of a field, its control by kind, and forms written by hand.

A page made from the catalogue builds its rows with `field_view`; a page with its own few fields uses
`PageForm`, whose messages name the field and the remedy. Both are shown by `{% field of=… %}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from chengxin.catalogue.listed_kinds import pairs_of
from chengxin.filings.file_rules import extensions
from chengxin.portal import help as centre
from chengxin.web.pickers import Divisions, DivisionTree, divisions_view

Option = tuple[str, str]
RADIO_UP_TO = 6
LONG_TERM = "长期"
SPAN = ".."


@dataclass(frozen=True, kw_only=True)
class Remark:
    """What a reviewer said about a field; `dealt` is the tick of the enterprise (D-37)."""

    text: str
    id: str = ""
    dealt: bool = False
    tickable: bool = False


@dataclass(frozen=True, kw_only=True)
class FileItem:
    """One file already taken in; `url` shows it to its owner, empty where there is nothing to show."""

    id: str
    name: str
    size: int = 0
    url: str = ""
    thumb: str = ""


@dataclass(frozen=True, kw_only=True)
class Slot:
    """What may be put in a file field (D-39); the hint is made from it."""

    types: tuple[str, ...] = ("jpg", "png", "pdf")
    max_bytes: int = 5 * 1024 * 1024
    max_files: int = 1
    upload_url: str = ""
    remove_url: str = ""

    @property
    def accept(self) -> str:
        """Value of the accept attribute."""
        return ",".join(".jpg,.jpeg" if kind == "jpg" else f".{kind}" for kind in self.types)

    @property
    def kinds(self) -> str:
        """The types alone, also what is said of a file of another type."""
        return _("支持上传的文件类型为%(types)s") % {"types": _("、").join(self.types)}

    @property
    def hint(self) -> str:
        """Types, size and number in one sentence."""
        return _("%(kinds)s，单个文件不超过 %(size)s MB，最多 %(count)s 个。") % {
            "kinds": self.kinds,
            "size": self.max_bytes // (1024 * 1024),
            "count": self.max_files,
        }


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How a kind of field is entered."""

    control: str = "input"
    type: str = "text"
    inputmode: str = ""
    autocomplete: str = ""
    code: bool = False
    unit: str | Promise = ""


KINDS: dict[str, Kind] = {
    "bank": Kind(inputmode="numeric", code=True),
    "boolean": Kind(control="boolean"),
    "choice": Kind(control="choice"),
    "date": Kind(type="date"),
    "division": Kind(control="division"),
    "domain": Kind(inputmode="url", code=True),
    "email": Kind(type="email", autocomplete="email"),
    "file": Kind(control="file"),
    "hotline": Kind(type="tel", inputmode="tel"),
    "icp": Kind(code=True),
    "id_number": Kind(code=True),
    "industry": Kind(control="choice"),
    "integer": Kind(inputmode="numeric"),
    "longtext": Kind(control="longtext"),
    "money": Kind(inputmode="decimal", unit=gettext_lazy("元")),
    "money_wan": Kind(inputmode="decimal", unit=gettext_lazy("万元")),
    "multichoice": Kind(control="multichoice"),
    "name": Kind(autocomplete="organization"),
    "number": Kind(inputmode="decimal"),
    "password": Kind(control="password"),
    "percent": Kind(inputmode="decimal", unit="%"),
    "period": Kind(control="period"),
    "person_name": Kind(autocomplete="name"),
    "phone": Kind(type="tel", inputmode="tel", autocomplete="tel"),
    "search": Kind(type="search"),
    "text": Kind(),
    "tick": Kind(control="tick"),
    "units": Kind(control="units"),
    "until": Kind(control="until"),
    "url": Kind(type="url", inputmode="url"),
    "uscc": Kind(code=True),
    "visibility": Kind(control="visibility"),
    "year": Kind(inputmode="numeric"),
}
GROUPED = {"boolean", "multichoice", "period", "until", "units", "division", "file", "visibility"}
SPARE_UNITS = 1
"""Empty rows drawn after the organisations already typed."""
BROAD = {"file", "multichoice", "units"}


@dataclass(frozen=True, kw_only=True)
class Field:
    """Everything one row of a form shows. `name` is the posted name, in a draft the answer path; `help` names the field in help."""

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    required: bool = False
    hint: str = ""
    errors: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    options: tuple[Option, ...] = ()
    unit: str = ""
    max_length: int | None = None
    autocomplete: str = ""
    readonly: bool = False
    clearable: bool = False
    source: str = ""
    theirs: str | None = None
    files: tuple[FileItem, ...] = ()
    slot: Slot | None = None
    divisions: Divisions | None = None
    id: str = ""
    help: str = ""

    @property
    def how(self) -> Kind:
        """How this kind is entered."""
        return KINDS.get(self.kind, KINDS["text"])

    @property
    def control(self) -> str:
        """Template of the control."""
        if self.how.control != "choice":
            return self.how.control
        if not self.options:
            return "input"
        return "radios" if len(self.options) <= RADIO_UP_TO else "select"

    @property
    def grouped(self) -> bool:
        """Whether the row holds several controls and its label names the group."""
        return self.control in GROUPED or self.control == "radios"

    @property
    def broad(self) -> bool:
        """Whether the control needs the breadth of the page."""
        return self.control in BROAD

    @property
    def help_url(self) -> str:
        """Where the `?` beside the label leads: the entry of the help centre that names `help`, or nowhere."""
        anchor = centre.anchor_of(self.help) if self.help else ""
        return f"/help#{anchor}" if anchor else ""

    @property
    def html_id(self) -> str:
        """Id of the control, also the target of links in the error summary."""
        return self.id or control_id(self.name)

    @property
    def described_by(self) -> str:
        """Ids for aria-describedby, those that exist."""
        parts = (("error", self.errors), ("hint", self.hint or self.slot), ("remark", self.remarks))
        return " ".join(f"{self.html_id}_{name}" for name, there in parts if there)

    @property
    def shown_unit(self) -> str:
        """Unit behind the control."""
        return self.unit or str(self.how.unit)

    @property
    def fills(self) -> str:
        """Value of the autocomplete attribute."""
        return self.autocomplete or self.how.autocomplete or "off"

    @property
    def chosen(self) -> list[str]:
        """The values of a multichoice."""
        return [part for part in self.value.split(",") if part]

    @property
    def span(self) -> dict[str, object]:
        """The parts of a period, as typed."""
        start, _dots, end = self.value.partition(SPAN)
        return {"from": start, "to": "" if end == LONG_TERM else end, "long": end == LONG_TERM}

    @property
    def until(self) -> dict[str, object]:
        """The parts of a last day of validity, as typed."""
        long = self.value == LONG_TERM
        return {"day": "" if long else self.value, "long": long}

    @property
    def unit_rows(self) -> list[tuple[str, str]]:
        """Name and code of each organisation as typed, and room for more."""
        typed = pairs_of(self.value)
        return typed + [("", "")] * max(SPARE_UNITS, 2 - len(typed))


FieldLike = Field | forms.BoundField


def text_of(value: Any) -> str:
    """A text of the catalogue, `{zh, en}` or plain, in the language of the moment."""
    if value is None:
        return ""
    english = (get_language() or "").startswith("en")
    if isinstance(value, Mapping):
        return str((value.get("en") if english else None) or value.get("zh") or "")
    if hasattr(value, "zh"):
        return str((getattr(value, "en", "") if english else "") or value.zh)
    return str(value)


def control_id(path: str) -> str:
    """`group/<uuid>/field` as an HTML id."""
    return "f-" + path.replace("/", "-").replace(".", "-")


def options_of(options: Any) -> tuple[Option, ...]:
    """Options of a catalogue field as pairs: a mapping, pairs, or objects with `code` and `label`."""
    items: Iterable[Any] = options.items() if isinstance(options, Mapping) else options or ()
    pairs = ((item.code, item.label) if hasattr(item, "code") else item for item in items)
    return tuple((str(code), text_of(label)) for code, label in pairs)


def slot_of(limits: Any) -> Slot:
    """The slot of a catalogue field from its limits: media, max_mb, max_files."""
    if limits is None:
        return Slot()
    kinds = tuple(kind.rsplit("/", 1)[-1].replace("jpeg", "jpg") for kind in limits.media)
    also = tuple(kind for kind in extensions(limits.slot) if kind not in kinds)
    return Slot(types=kinds + also, max_bytes=limits.max_mb * 1024 * 1024, max_files=limits.max_files)


def field_view(
    field: Any,
    *,
    path: str,
    answers: Mapping[str, str],
    errors: Mapping[str, Sequence[str]] | None = None,
    remarks: Mapping[str, Sequence[Remark]] | None = None,
    files: Mapping[str, FileItem] | None = None,
    upload_url: str = "",
    tree: DivisionTree | None = None,
    search: str = "",
    **more: Any,
) -> Field:
    """The row of a catalogue field at an answer path, with what was typed, said and uploaded."""
    kind, value = str(field.kind), answers.get(path, "")
    limits = getattr(field, "limits", None)
    view = Field(
        name=path,
        label=text_of(field.label),
        kind=kind,
        value=value,
        required=bool(field.required),
        hint=text_of(getattr(field, "hint", "")),
        errors=tuple((errors or {}).get(path, ())),
        remarks=tuple((remarks or {}).get(path, ())),
        options=options_of(getattr(field, "options", ())),
        unit=text_of(getattr(field, "unit", "")),
        max_length=getattr(limits, "max_length", None),
        help=f"{path.partition('/')[0]}.{field.code}" if "/" in path else "",
        **more,
    )
    if kind == "division" and tree is not None:
        view = replace(view, divisions=divisions_view(tree=tree, chosen=value, search=search))
    if kind == "file":
        held = tuple((files or {})[part] for part in value.split(",") if part in (files or {}))
        slot = view.slot or slot_of(getattr(field, "files", None))
        view = replace(view, files=held, slot=replace(slot, upload_url=upload_url or slot.upload_url))
    return view


def visibility_view(*, path: str, value: str, errors: Sequence[str] = ()) -> Field:
    """The pair 公开/不公开 of a record, without a default; `path` is `group/<row uuid>`."""
    return Field(
        name=f"{path}/_public",
        label=_("是否公开"),
        kind="visibility",
        value=value,
        required=True,
        errors=tuple(errors),
        hint=_("选择“公开”，该条信息将向公众公示；选择“不公开”，仅作为平台内部信息。"),
    )


def view_of(like: FieldLike) -> Field:
    """A Field view as it is, or made from a bound field of a form."""
    if isinstance(like, Field):
        return like
    field, value = like.field, like.value()
    return Field(
        name=like.html_name,
        id=like.auto_id or "",
        label=str(like.label),
        kind=getattr(field, "kind", "text"),
        value=_raw(value),
        required=getattr(field, "starred", field.required),
        hint=str(like.help_text),
        errors=tuple(str(text) for text in like.errors),
        options=tuple((str(code), str(label)) for code, label in getattr(field, "choices", ())),
        max_length=getattr(field, "max_length", None) or None,
        autocomplete=field.widget.attrs.get("autocomplete", ""),
        clearable=getattr(field, "clearable", False),
        readonly=field.disabled,
        divisions=getattr(field, "divisions", None),
        slot=getattr(field, "slot", None),
        remarks=getattr(field, "remarks", ()),
        help=f"{type(like.form).__name__}.{like.name}",
    )


def _raw(value: object) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def problems_of(of: object) -> list[tuple[str, str, str]]:
    """Problems as (id of the control, label, text), from a form, Field views, or (id, text) pairs."""
    if isinstance(of, forms.BaseForm):
        general = [("", "", str(text)) for text in of.non_field_errors()]
        return general + problems_of([of[name] for name in of.fields])
    found: list[tuple[str, str, str]] = []
    for item in of if isinstance(of, Iterable) else ():
        if isinstance(item, (Field, forms.BoundField)):
            view = view_of(item)
            found += [(view.html_id, view.label, text) for text in view.errors]
        else:
            found.append((item[0], "", str(item[1])))
    return found
