"""Voluntary records: what moves a filing of this kind besides handing in and deciding (VOL-16 to VOL-30).

One filing is one record of one item. Many may be open beside each other; a revision of a published one takes its place
when it is approved.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Form, Record
from chengxin.common import clock, sql
from chengxin.common.errors import Conflict, Forbidden, NotFound
from chengxin.filings import attaching, fingerprints, lifecycle
from chengxin.filings.actions import HandingIn, advance
from chengxin.filings.drafts import own_filing
from chengxin.filings.models import PRESENT, Commitment, Draft, Filing, Fingerprint, RecoveryCopy
from chengxin.filings.opening import Opening, open_another
from chengxin.filings.queries import view
from chengxin.filings.values import FilingView
from chengxin.identity import policy
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

KIND = "voluntary"
MAX_OPEN = 1_000
"""Drafts, withdrawn and refused records of one item that an enterprise may have beside each other."""
UNTOUCHED_HOURS = 24
"""How long a form that was opened and never saved is kept."""


class Twin(Conflict):
    """The same data are registered already; `twin` is the filing that says them (VOL-19)."""

    default_code = "registered-already"
    default_message = gettext_lazy("该信息已注册过，已注册的信用信息无需重复报送。")

    def __init__(self, twin: UUID | None) -> None:
        super().__init__()
        self.twin = twin


class Alike(Conflict):
    """Nearly the same data are registered already; the person decides. `twins` are the filings that say them."""

    default_code = "alike"
    default_message = gettext_lazy("已有内容相近的注册信息，请对照确认不是同一信息后再提交。")

    def __init__(self, twins: tuple[UUID, ...]) -> None:
        super().__init__()
        self.twins = twins


@dataclass(frozen=True)
class HeldFact:
    """A government record that says the same fact."""

    version_id: UUID
    group: str
    source_unit: str
    source_no: str


class Held(Conflict):
    """The platform holds the same fact from a government unit; it need not be registered (VOL-12). `held` names it."""

    default_code = "already-held"
    default_message = gettext_lazy("该信息信用网站已经归集，无需重复注册。")

    def __init__(self, held: tuple[HeldFact, ...]) -> None:
        super().__init__()
        self.held = held


def open_new(*, opening: Opening, by: Actor) -> FilingView:
    """A new empty draft; forms of this item that were opened a day ago and never saved go."""
    identity.lock_enterprise(opening.enterprise_id)
    mine = Filing.objects.filter(enterprise_id=opening.enterprise_id, kind=KIND, form_id=opening.form_id)
    _sweep_untouched(opening.enterprise_id)
    if mine.filter(state__in=(lifecycle.DRAFT, lifecycle.REJECTED, lifecycle.WITHDRAWN)).count() >= MAX_OPEN:
        about = {"limit": MAX_OPEN}
        raise Conflict(_("该事项未提交的记录已达%(limit)d条，请先提交或删除一部分。") % about, code="too-many-drafts")
    return open_another(opening=opening, answers={}, by=by)


def untouched(filing: Filing) -> bool:
    """Whether a form was opened and never saved: it is not listed, and 返回 leaves nothing behind (VOL-18)."""
    return filing.state == lifecycle.DRAFT and filing.round == 0 and filing.revises_id is None and not filing.draft.answers


def _sweep_untouched(enterprise_id: UUID) -> None:
    old = clock.now() - timedelta(hours=UNTOUCHED_HOURS)
    rows = Filing.objects.filter(enterprise_id=enterprise_id, kind=KIND, state=lifecycle.DRAFT, round=0, revises=None)
    kept = RecoveryCopy.objects.filter(filing__enterprise_id=enterprise_id).values("filing_id")
    for filing in rows.filter(draft__answers={}, updated_at__lt=old).exclude(id__in=kept):
        _remove(filing)


def leave(*, filing_id: UUID, by: Actor) -> None:
    """返回: the recovery copy goes; of a form that was never saved nothing stays."""
    filing = _own(filing_id, by)
    RecoveryCopy.objects.filter(filing=filing, account_id=by.id).delete()
    if untouched(filing):
        _remove(filing)


def _remove(filing: Filing) -> None:
    """Forget a form that never held anything; bytes of pictures put to it are swept a day later."""
    RecoveryCopy.objects.filter(filing=filing).delete()
    filing.attachments.all().delete()
    Draft.objects.filter(filing=filing).delete()
    filing.delete()


def _own(filing_id: UUID, by: Actor) -> Filing:
    """The locked filing of the acting person's own enterprise; 404 for everyone else, and for what was deleted."""
    try:
        filing = own_filing(filing_id=filing_id, by=by)
    except Forbidden as error:
        raise NotFound(_("未找到该填报。")) from error
    if filing.kind != KIND or filing.state == lifecycle.DELETED:
        raise NotFound(_("未找到该填报。"))
    return filing


def require_offered(filing: Filing | FilingView, action: str) -> None:
    """Refuse with 409 what this state does not offer (VOL-25)."""
    if action in lifecycle.OFFERED.get(filing.state, {}):
        return
    state = lifecycle.label(kind=KIND, state=filing.state)
    raise Conflict(_("当前状态为“%(state)s”，不能进行此操作。") % {"state": state}, code="illegal-transition")


def recognise(*, read: HandingIn, record: Record, though_alike: bool) -> None:
    """Let the record stand, unless the same is there: within the submitting transaction, whoever else submits now (VOL-19)."""
    filing = read.filing
    assert filing.enterprise_id is not None
    prints = fingerprints.of(form=read.form, enterprise_id=filing.enterprise_id, record=record)
    whose = fingerprints.Whose(filing.id, filing.enterprise_id, filing.form_id)
    found = fingerprints.like(whose=whose, prints=prints)
    if found.twin is not None:
        raise Twin(found.twin)
    alike = tuple(each for each in found.alike if each != filing.revises_id)
    if alike and not though_alike:
        raise Alike(alike)
    if not fingerprints.put(whose=whose, prints=prints, again=filing.round > 0):
        raise Twin(fingerprints.like(whose=whose, prints=prints).twin)


def recognise_corrected(*, filing_id: UUID, values: Mapping[str, Any]) -> None:
    """A published record was corrected by a ruling: a twin is told by what it says now (VOL-19)."""
    prints = _prints(Filing.objects.get(id=filing_id, kind=KIND), values)
    with suppress(IntegrityError), transaction.atomic():  # the same was handed in at this very moment
        fingerprints.change(filing_id=filing_id, prints=prints)


def withdraw(*, filing_id: UUID, by: Actor) -> FilingView:
    """撤销: what waits for review leaves the queue; of a withdrawal and a decision at one moment one wins (VOL-28)."""
    filing = _own(filing_id, by)
    require_offered(filing, "withdraw")
    return _moved(filing, "withdraw", by)


def delete(*, filing_id: UUID, by: Actor) -> None:
    """删除: out of every list and page; the log keeps that it was there (VOL-30)."""
    filing = _own(filing_id, by)
    require_offered(filing, "delete")
    attaching.take_off(filing.attachments.filter(state__in=PRESENT))
    RecoveryCopy.objects.filter(filing=filing).delete()
    Draft.objects.filter(filing=filing).update(answers={}, field_rev={}, leftover={})
    _moved(filing, "delete", by)


def _moved(filing: Filing, event: str, by: Actor, *, opinion: str = "") -> FilingView:
    """Take a step of the table and write it down."""
    advance(filing, event)
    filing.opinion, filing.updated_at = opinion or filing.opinion, clock.now()
    filing.claimed_by, filing.claimed_until = None, None
    filing.save(update_fields=["state", "opinion", "updated_at", "claimed_by", "claimed_until"])
    data = {"round": filing.round, "form": filing.form_id}
    ledger.append(kind=f"filing.{filing.state}", subject=str(filing.id), data=data, by=by)
    return view(filing)


def revise(*, of: FilingView, form: Form, answers: Mapping[str, str], by: Actor) -> FilingView:
    """修改 of a published record: a draft with its data and pictures; the one that is there already is given back (VOL-29)."""
    filing = _own(of.id, by)
    require_offered(filing, "edit")
    assert filing.enterprise_id is not None
    there = filing.revisions.filter(state__in=lifecycle.UNDECIDED_STATES).first()
    if there is not None:
        return view(there)
    opening = Opening(KIND, form.id, filing.enterprise_id, filing.division_code, revises=filing.id)
    try:
        with transaction.atomic():
            made = open_another(opening=opening, answers=answers, by=by)
    except IntegrityError:  # two tabs: the other one was first
        return view(filing.revisions.get(state__in=lifecycle.UNDECIDED_STATES))
    attaching.copy_files(source_id=filing.id, target_id=made.id, by=by)
    return made


def supersede_revised(*, filing_id: UUID, by: Actor) -> None:
    """A revision was approved: what it revises is 已替代."""
    filing = Filing.objects.get(id=filing_id)
    former = _revised(filing, lifecycle.APPROVED)
    if former is not None:
        _moved(former, "supersede", by)


def _revised(filing: Filing, state: str) -> Filing | None:
    """What a filing revises, locked, where it is in a state."""
    if filing.revises_id is None:
        return None
    return Filing.objects.select_for_update().filter(id=filing.revises_id, state=state).first()


def revised_by(*, filing_id: UUID) -> FilingView | None:
    """What a published revision had replaced, locked; None where it replaced nothing."""
    former = _revised(Filing.objects.get(id=filing_id), lifecycle.SUPERSEDED)
    return view(former) if former else None


def restore_revised(*, former: FilingView, values: Mapping[str, Any], by: Actor) -> FilingView | None:
    """The approval of a revision was taken back: what it had revised is in force again, unless the same stands elsewhere by now.

    `values` are what it says, by which it is told from others under the newest key, whatever key was in use when it came.
    """
    assert former.enterprise_id is not None
    prints = _prints(former, values)
    whose = fingerprints.Whose(former.id, former.enterprise_id, former.form_id)
    if fingerprints.like(whose=whose, prints=prints).twin is not None:
        return None
    Fingerprint.objects.filter(filing_id=former.id).update(whole=prints.whole[0], near=prints.near[0])
    return _moved(Filing.objects.get(id=former.id), "restore", by)


def _prints(filing: FilingView | Filing, values: Mapping[str, Any]) -> fingerprints.Prints:
    """The fingerprints of a record that says this."""
    assert filing.enterprise_id is not None
    record = Record(row="", public=None, values=values)
    return fingerprints.of(form=catalogue.version(filing.form_version), enterprise_id=filing.enterprise_id, record=record)


def end(*, filing_id: UUID, why: str, by: Actor) -> FilingView:
    """Take a published record's filing out of force (已下线), and with it the revision that is being written or reviewed."""
    filing = Filing.objects.select_for_update().get(id=filing_id, kind=KIND)
    ended = _moved(filing, "end", by, opinion=why)
    for revision in filing.revisions.select_for_update().filter(state__in=lifecycle.UNDECIDED_STATES):
        _moved(revision, "close", by, opinion=why)
    return ended


def require_revocable(*, filing_id: UUID, by: Actor) -> None:
    """Raise unless it is a voluntary record that the acting person may find false: of their division and forms, not their own."""
    filing = Filing.objects.filter(id=filing_id, kind=KIND).exclude(state=lifecycle.DELETED).first()
    if filing is None:
        raise NotFound(_("未找到该填报。"))
    policy.require(by=by, permission="filing.correct", division_code=filing.division_code)
    if filing.filer_id == by.account_id or not identity.covers(by.forms, filing.form_id):
        raise Forbidden(_("您无权撤销此项信息。"))


def note_breach(*, filing: FilingView, by: Actor) -> None:
    """A false record was revoked: the breach of the commitment stands in the log (VOL-02, POL-09)."""
    data = {"enterprise": str(filing.enterprise_id), "form": filing.form_id, "commitment": filing.commitment_version}
    ledger.append(kind="commitment.breached", subject=str(filing.id), data=data, by=by)


_SIGNED = """
SELECT 1 FROM filings_commitment WHERE enterprise_id = %(enterprise)s AND document = %(document)s AND version = %(version)s LIMIT 1
"""


def has_signed(*, enterprise_id: UUID, document: str, version: str) -> bool:
    """Whether the enterprise has signed this version of a commitment."""
    return sql.row(_SIGNED, {"enterprise": enterprise_id, "document": document, "version": version}) is not None


def sign(*, enterprise_id: UUID, document: str, version: str, by: Actor) -> None:
    """Keep text version, time, account and enterprise of a commitment ticked by itself (VOL-07); once per version."""
    identity.lock_enterprise(enterprise_id)
    if has_signed(enterprise_id=enterprise_id, document=document, version=version):
        return
    Commitment.objects.create(enterprise_id=enterprise_id, document=document, version=version, by_id=by.id, at=clock.now())
    ledger.append(kind="commitment.signed", subject=str(enterprise_id), data={"document": document, "version": version}, by=by)
