"""From a canonical body to frozen values. Pure; the body is taken to be good (it was checked when loaded)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chengxin.catalogue.chosen_kinds import KINDS
from chengxin.catalogue.values import (
    Check,
    Clause,
    Commitment,
    Condition,
    Field,
    FileSlot,
    Form,
    Group,
    Held,
    Item,
    Limits,
    Option,
    Page,
    Subject,
    Text,
)

_GROUP_WORDS = ("origin", "visibility", "default_public", "min_records", "max_records", "source", "yearly", "reference")
_SUBJECT_WORDS = (
    "seal", "name_required", "name_unique", "operator_needs_authorisation", "authorisation_template",
    "address_public", "representative_public",
)  # fmt: skip
_ITEM_WORDS = ("order", "counts", "windowed", "level", "proof", "expires")
_LIMIT_WORDS = ("min_length", "max_length", "decimals", "not_before", "not_after", "shape", "leaf", "document")


def form(body: Mapping[str, Any], *, version: str) -> Form:
    """Return the form of a body."""
    return Form(
        id=body["form"],
        version=version,
        title=_text(body["title"]),
        kind=body["kind"],
        audience=body["audience"],
        pages=tuple(_page(p) for p in body["pages"]),
        groups=tuple(group(g) for g in body["groups"]),
        review=body.get("review", {}),
        commitments=tuple(body.get("commitments", [])),
        subjects=subjects(body.get("subjects", [])),
        enterprise_type=body.get("enterprise_type", ""),
        operations=_options(body.get("operations", [])),
        notes=tuple(_text(n) for n in body.get("notes", [])),
        item=_item(body["item"]) if "item" in body else None,
    )


def group(body: Mapping[str, Any]) -> Group:
    """Return the group of its part of a body."""
    return Group(
        code=body["group"],
        title=_text(body["title"]),
        fields=tuple(_field(f) for f in body["fields"]),
        checks=tuple(_check(c) for c in body.get("checks", [])),
        summary=tuple(body.get("summary", [])),
        key=tuple(body.get("key", [])),
        hint=_maybe(body.get("hint")),
        term=body.get("term", {}),
        min_records_for=body.get("min_records_for", {}),
        shows=tuple(body.get("shows", [])),
        **{word: body[word] for word in _GROUP_WORDS if word in body},
    )


def subjects(bodies: list[Mapping[str, Any]]) -> tuple[Subject, ...]:
    """Return the kinds of subjects."""
    return tuple(
        Subject(
            code=b["subject"],
            title=_text(b["title"]),
            representative=_text(b["representative"]),
            company_types=tuple(b.get("company_types", [])),
            authorisation=_maybe(b.get("authorisation")),
            named=tuple(b.get("named", [])),
            **{word: b[word] for word in _SUBJECT_WORDS if word in b},
        )
        for b in bodies
    )


def commitment(body: Mapping[str, Any], *, version: str) -> Commitment:
    """Return a commitment or notice."""
    return Commitment(
        code=body["commitment"],
        version=version,
        edition=body["edition"],
        title=_text(body["title"]),
        preamble=_text(body["preamble"]),
        clauses=tuple(Clause(title=_text(c["title"]), body=_text(c["body"])) for c in body["clauses"]),
        tick=_text(body["tick"]),
    )


def _item(body: Mapping[str, Any]) -> Item:
    return Item(
        category=_text(body["category"]),
        near=tuple(body.get("near", [])),
        columns=tuple(body.get("columns", [])),
        crumbs=tuple(_text(c) for c in body.get("crumbs", [])),
        held=tuple(Held(**h) for h in body.get("held", [])),
        **{word: body[word] for word in _ITEM_WORDS if word in body},
    )


def _page(body: Mapping[str, Any]) -> Page:
    return Page(
        code=body["page"],
        title=_text(body["title"]),
        groups=tuple(body["groups"]),
        initial=body.get("initial", False),
        hint=_maybe(body.get("hint")),
    )


def _field(body: Mapping[str, Any]) -> Field:
    files = body.get("files")
    return Field(
        code=body["field"],
        label=_text(body["label"]),
        kind=body["kind"],
        required=body.get("required", False),
        unit=_maybe(body.get("unit")),
        hint=_maybe(body.get("hint")),
        options=_options(body.get("options", [])),
        limits=_limits(body),
        files=FileSlot(files["slot"], files["max_files"], files["max_mb"], tuple(files["media"])) if files else None,
        personal=body.get("personal", False) or KINDS[body["kind"]].personal,
        public=body.get("public", "never"),
        when=_condition(body.get("when")),
        required_when=_condition(body.get("required_when")),
        prefill=body.get("prefill"),
        word=body.get("word"),
        public_basis=body.get("public_basis", ""),
    )


def _limits(body: Mapping[str, Any]) -> Limits:
    least, most = (Decimal(body[k]) if k in body else None for k in ("min", "max"))
    return Limits(min=least, max=most, **{k: body[k] for k in _LIMIT_WORDS if k in body})


def _check(body: Mapping[str, Any]) -> Check:
    bound = Decimal(str(body["bound"])) if "bound" in body else None
    return Check(kind=body["check"], fields=tuple(body["fields"]), bound=bound, message=_maybe(body.get("message")))


def _condition(body: Mapping[str, Any] | None) -> Condition | None:
    return Condition(field=body["field"], values=tuple(body["is"])) if body else None


def _options(bodies: list[Mapping[str, Any]]) -> tuple[Option, ...]:
    return tuple(Option(code=o["code"], label=Text(zh=o["zh"], en=o.get("en", ""))) for o in bodies)


def _text(body: Mapping[str, str]) -> Text:
    return Text(zh=body["zh"], en=body.get("en", ""))


def _maybe(body: Mapping[str, str] | None) -> Text | None:
    return _text(body) if body else None
