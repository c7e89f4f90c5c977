"""Proofs and the files of the public log, as outside tools read them (C2SP; D-17 to D-19)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from chengxin.common.errors import Invalid, NotFound
from chengxin.ledger import queries as ledger
from chengxin.web.api.answers import public, sent

KINDS = ("published", "ended")
TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
FOR_EVER = 31_536_000


def _kind(request: HttpRequest) -> str:
    kind = request.GET.get("kind", "published").removeprefix("record.")
    if kind not in KINDS:
        raise Invalid({"kind": [_("kind 应为 published 或 ended。")]})
    return kind


@public
def proof(request: HttpRequest, *, version_id: str) -> HttpResponse:
    """The `tlog-proof` of a record version; 503 `not-yet-logged` until it has its place."""
    text = ledger.proof(UUID(version_id), _kind(request))
    return sent(request, text.encode(), kind=TEXT)


@public
def entry(request: HttpRequest, *, version_id: str) -> HttpResponse:
    """The exact bytes of the leaf, at once."""
    return sent(request, ledger.entry(UUID(version_id), _kind(request)), kind="application/json", max_age=FOR_EVER)


@public
def vkey(request: HttpRequest) -> HttpResponse:
    """The verifier key of the public log; `?log=audit` for the other."""
    return sent(request, (ledger.vkey(_log(request)) + "\n").encode(), kind=TEXT)


@public
def vkeys(request: HttpRequest) -> HttpResponse:
    """The verifier keys of every name the public log has had, oldest first: old proofs are checked by them (D-21)."""
    return sent(request, "".join(f"{key}\n" for key in ledger.vkeys(_log(request))).encode(), kind=TEXT)


@public
def successions(request: HttpRequest) -> HttpResponse:
    """The signed statements by which the public log was closed and succeeded, oldest first; empty where it never was (D-21)."""
    return sent(request, "\n".join(ledger.successions(_log(request))).encode(), kind=TEXT)


@public
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest signed checkpoint of the public log; `?log=audit` for the other (D-18)."""
    return sent(request, ledger.checkpoint(_log(request)).encode(), kind=TEXT)


def _log(request: HttpRequest) -> str:
    name = request.GET.get("log", "public")
    if name not in ("public", "audit"):
        raise NotFound
    return name


@public
def tile(request: HttpRequest, *, name: str) -> HttpResponse:
    """A tile or entry bundle of the public log; both never change."""
    return sent(request, ledger.file(name), kind=BYTES, max_age=FOR_EVER)
