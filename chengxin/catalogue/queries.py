"""Reads of the catalogue. A version never changes, so it is kept in memory by its hash; `current` is asked each time."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from chengxin.catalogue import reading
from chengxin.catalogue.models import CurrentForm, FormVersion
from chengxin.catalogue.values import Commitment, Form, Option, Subject, Text
from chengxin.common import sql
from chengxin.common.errors import NotFound

_KEPT_VERSIONS = 256


def current(form_id: str) -> Form:
    """Return the current version of a form; raise NotFound."""
    return version(current_version(form_id))


def current_version(form_id: str) -> str:
    """Return the hash of the current version of a form or document; raise NotFound."""
    found = sql.row("SELECT version_id FROM catalogue_currentform WHERE form_id = %(form)s", {"form": form_id})
    if found is None:
        raise NotFound(_("没有表单“%(id)s”，请确认目录已加载") % {"id": form_id})
    return str(found[0])


def version(hash_: str) -> Form:
    """Return the form with a content hash; raise NotFound."""
    return _form(hash_)


def body(hash_: str) -> Mapping[str, Any]:
    """Return the canonical body with a content hash; raise NotFound. Not to be changed by the caller."""
    return _body(hash_)


def document(name: str) -> Mapping[str, Any]:
    """Return the current body of a document: `services`, `sla`, `states`, `subjects`."""
    return _body(current_version(name))


def forms(kind: str = "") -> list[str]:
    """Return the identifiers of all current forms, of one kind if given, sorted."""
    rows = CurrentForm.objects.select_related("version").order_by("form_id")
    return [r.form_id for r in rows if "form" in r.version.body and kind in ("", r.version.body["kind"])]


def commitment(code: str) -> Commitment:
    """Return the current text of a commitment or notice, with the version a person ticks."""
    return commitment_version(current_version(f"commitment/{code}"))


@lru_cache(maxsize=_KEPT_VERSIONS)
def commitment_version(hash_: str) -> Commitment:
    """Return a commitment or notice by its hash, as it was ticked."""
    return reading.commitment(_body(hash_), version=hash_)


def state_label(kind: str, state: str) -> Text:
    """Return the words for a state code of a kind of filing (D-02); the code itself where there are none."""
    words = document("states")["states"].get(kind, {}).get(state)
    return Text(zh=words["zh"], en=words.get("en", "")) if words else Text(zh=state, en=state)


def subjects() -> tuple[Subject, ...]:
    """Return the kinds of subjects and their words (D-12)."""
    return reading.subjects(document("subjects")["subjects"])


def service_groups() -> tuple[Option, ...]:
    """Return the four groups of free services (SVC-01)."""
    return tuple(Option(o["code"], Text(o["zh"], o.get("en", ""))) for o in document("services")["groups"])


@lru_cache(maxsize=_KEPT_VERSIONS)
def _form(hash_: str) -> Form:
    return reading.form(_body(hash_), version=hash_)


@lru_cache(maxsize=_KEPT_VERSIONS)
def _body(hash_: str) -> Mapping[str, Any]:
    found = FormVersion.objects.filter(pk=hash_).values_list("body", flat=True).first()
    if found is None:
        raise NotFound(_("没有目录版本 %(hash)s") % {"hash": hash_[:12]})
    return dict(found)
