"""常用意见: texts that a unit or one person keeps for a kind of filing, with places for what is known of the enterprise (D-37)."""

from __future__ import annotations

import string
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from chengxin.common import clock
from chengxin.common.errors import Invalid, NotFound
from chengxin.filings import lifecycle
from chengxin.filings.models import Phrase
from chengxin.identity import policy
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

PLACES = ("name", "uscc", "division")
MAX_CHARS = 500
MOST = 20  # phrases of one person or unit for one kind


@dataclass(frozen=True)
class PhraseView:
    """One phrase; `own` is False for one of the unit."""

    id: UUID
    kind: str
    text: str
    own: bool


def kept(*, by: Actor, kind: str = "") -> list[PhraseView]:
    """One's own phrases and those of one's unit, the own ones first, each in the order in which they were added."""
    policy.require(by=by, permission="filing.review", competent_agency_id=by.agency_id)
    rows = Phrase.objects.filter(Q(account_id=by.account_id) | Q(agency_id=by.agency_id))
    rows = rows.filter(kind=kind) if kind else rows
    found = [PhraseView(row.id, row.kind, row.text, row.account_id is not None) for row in rows.order_by("created_at", "id")]
    return sorted(found, key=lambda each: not each.own)


def add(*, kind: str, text: str, own: bool, by: Actor) -> None:
    """Keep a phrase for oneself or for the unit; one that is kept already stays. Raises Invalid by field (kind, text)."""
    policy.require(by=by, permission="filing.review", competent_agency_id=by.agency_id)
    text = text.strip()
    errors: dict[str, list[str]] = {}
    if kind not in lifecycle.KINDS:
        errors["kind"] = [_("请选择类别")]
    if not text or len(text) > MAX_CHARS:
        errors["text"] = [_("请填写常用意见，1至500字")]
    elif wrong_places(text):
        errors["text"] = [_("只能使用 {name}（企业名称）、{uscc}（代码）和 {division}（所属地区），请更正花括号中的内容")]
    owner = {"account_id": by.account_id, "agency_id": None} if own else {"account_id": None, "agency_id": by.agency_id}
    if not errors and Phrase.objects.filter(kind=kind, **owner).count() >= MOST:
        errors["text"] = [_("每类最多保存%(n)d条，请先删除不用的") % {"n": MOST}]
    if errors:
        raise Invalid(errors)
    try:
        with transaction.atomic():
            row = Phrase.objects.create(kind=kind, text=text, created_at=clock.now(), **owner)
    except IntegrityError:
        return
    ledger.append(kind="phrase.added", subject=str(row.id), data={"own": own, "kind": kind}, by=by)


def wrong_places(text: str) -> bool:
    """Whether braces hold anything but the places that are known."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return True
    return any(name is not None and (name not in PLACES or spec or conversion) for _text, name, spec, conversion in parts)


def drop(*, phrase_id: UUID, by: Actor) -> None:
    """Take away one's own phrase or one of the unit."""
    policy.require(by=by, permission="filing.review", competent_agency_id=by.agency_id)
    gone, _per_table = Phrase.objects.filter(Q(account_id=by.account_id) | Q(agency_id=by.agency_id), id=phrase_id).delete()
    if not gone:
        raise NotFound(_("未找到该常用意见。"))
    ledger.append(kind="phrase.dropped", subject=str(phrase_id), data={}, by=by)
