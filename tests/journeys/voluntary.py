"""Voluntary registration for journeys: an enterprise that may register, good answers per item, records in every state.

firm = voluntary.registrant(by=judge)                         # approved, strong session, commitment signed
filing_id = voluntary.draft(firm, "voluntary/donation")       # saved, with its proof
filing_id = voluntary.handed_in(firm, "voluntary/donation")   # 发布中
filing_id = voluntary.published(firm, "voluntary/donation", by=judge)
voluntary.with_archive(firm, by=judge)                        # its public file
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from django.test import Client

from chengxin.access import actions as access
from chengxin.catalogue import items
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue import rules as catalogue_rules
from chengxin.common import clock
from chengxin.exchange import judging
from chengxin.filings import queries as filings
from chengxin.filings import voluntary_queries
from chengxin.filings.values import FilingView
from chengxin.flow import voluntary as flow
from chengxin.flow.step import step
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.records import queries as records
from chengxin.records import supplying
from chengxin.web.session import cookie_name
from tests.journeys import enterprises as people
from tests.journeys.enterprises import Enterprise

HONOUR, FINANCE, DONATION = "voluntary/honour", "voluntary/finance", "voluntary/donation"
LICENCE, LEADER = "voluntary/licence", "voluntary/leader"
ANSWERS: dict[str, dict[str, str]] = {
    "voluntary/commitment": {
        "type": "own",
        "matter": "七日无理由退货承诺",
        "content": "承诺七日内无理由退货，运费由本单位承担。",
        "made_on": "2026-03-15",
        "valid_until": "长期",
        "state": "performing",
    },
    "voluntary/honour": {
        "name": "诚信经营示范企业",
        "level": "province",
        "type": "integrity",
        "granted_by": "浙江省电子商务促进会",
        "certificate_no": "ZJEC-2025-018",
        "granted_on": "2025-12-18",
        "valid_until": "2028-12-17",
    },
    "voluntary/volunteering": {
        "project": "西湖环境清洁志愿行动",
        "category": "environment",
        "organiser": "杭州市志愿者协会",
        "people": "26",
        "hours": "4.5",
        "served_on": "2026-04-11",
    },
    "voluntary/media": {
        "title": "一家小店的诚信十年",
        "media": "钱江日报",
        "level": "city",
        "type": "newspaper",
        "reported_on": "2026-05-20",
        "url": "https://news.example.com/2026/0520.html",
    },
    "voluntary/contract": {
        "name": "农产品年度供货合同",
        "number": "GH-2025-07",
        "type": "sale",
        "counterparty": "宁波舸宸进出口有限公司",
        "amount": "1200000",
        "signed_on": "2025-01-10",
        "state": "performed",
        "performed_on": "2025-12-31",
    },
    "voluntary/finance": {
        "year": "2025",
        "statement": "year",
        "assets": "5600000",
        "liabilities": "1600000",
        "equity": "4000000",
        "revenue": "9800000",
        "net_profit": "-120000",
        "audited": "0",
    },
    "voluntary/donation": {
        "receiver": "中国乡村发展基金会",
        "mode": "alone",
        "project": "山区小学图书角",
        "kind": "money",
        "means": "银行汇款",
        "amount": "50000",
        "directed": "1",
        "donated_on": "2026-06-01",
    },
    "voluntary/licence": {
        "name": "食品经营许可证",
        "type": "permit",
        "number": "JY13301100012345",
        "issuer": "杭州市余杭区市场监督管理局",
        "issued_on": "2024-02-01",
        "valid_until": "2029-01-31",
    },
    "voluntary/leader": {"year": "2026", "area": "integrity", "benchmark": "诚信领跑网店", "content": "全年零投诉，退货一日内办结。"},
}
ITEMS = tuple(ANSWERS)
"""The nine items in their order."""


def filled(form_id: str, **changes: str) -> dict[str, str]:
    """Good answers of an item by field, without the proof."""
    return {**ANSWERS[form_id], **changes}


class Registrant(Enterprise):
    """An enterprise whose sessions are those of its electronic licence."""

    @property
    def actor(self) -> Actor:
        return identity.actor_for(self.account_id, assurance="e_licence")

    def client(self, **options: Any) -> Client:
        client = Client(**options)
        session = access.open_session(account_id=self.account_id, assurance="e_licence", network="192.0.2.1")
        client.cookies[cookie_name("session")] = session.session_key
        return client


def registrant(*, by: Actor | None = None, signed: bool = True, **options: Any) -> Registrant:
    """An approved enterprise that logs in with its electronic licence."""
    made = people.approved(by=by, **options)
    firm = Registrant(made.account_id, made.id, made.uscc, made.name)
    if signed:
        sign(firm)
    return firm


def sign(firm: Registrant) -> None:
    """Sign the commitment as it reads now."""
    flow.sign(version=catalogue.commitment(flow.COMMITMENT).version, ticked=True, by=firm.actor)


def with_archive(firm: Enterprise, *, by: Actor) -> UUID:
    """An approved archive, and with it a public file."""
    filing_id = people.submitted(firm)
    people.decide(filing_id, "approved", by)
    return filing_id


def picture(text: str = "proof") -> bytes:
    """A drawn JPEG; other text, other bytes."""
    return people.picture(text)


def group_of(form_id: str) -> str:
    """The code of an item's group."""
    return next(catalogue.current(form_id).asked_groups()).code


def place(filing_id: UUID, form_id: str, firm: Registrant) -> str:
    """`group/<row>` of a record's fields."""
    draft = filings.draft(filing_id=filing_id, by=firm.actor)
    return f"{group_of(form_id)}/{voluntary_queries.row_of(filing_id, draft.answers)}"


def type_in(firm: Registrant, filing_id: UUID, answers: dict[str, str]) -> None:
    """Save answers by field into an open draft."""
    filing = filings.one(filing_id=filing_id, by=firm.actor)
    draft, at = filings.draft(filing_id=filing_id, by=firm.actor), place(filing_id, filing.form_id, firm)
    changes: dict[str, str | None] = {f"{at}/{code}": value for code, value in answers.items()}
    flow.save(filing_id=filing_id, base_rev=draft.rev, changes=changes, by=firm.actor)


def prove(firm: Registrant, filing_id: UUID, text: str = "proof") -> None:
    """Upload the proof and name it in the draft."""
    filing = filings.one(filing_id=filing_id, by=firm.actor)
    path = f"{place(filing_id, filing.form_id, firm)}/proof"
    stored = flow.upload(filing_id=filing_id, path=path, stream=io.BytesIO(picture(text)), name="证明.jpg", by=firm.actor)
    type_in(firm, filing_id, {"proof": stored.sha256})


def draft(firm: Registrant, form_id: str = DONATION, *, proof: str = "proof", **changes: str) -> UUID:
    """A complete draft, ready to hand in; `proof=""` leaves the picture out."""
    filing_id = flow.open_new(form_id=form_id, by=firm.actor).id
    type_in(firm, filing_id, filled(form_id, **changes))
    if proof:
        prove(firm, filing_id, proof)
    return filing_id


def submit(firm: Registrant, filing_id: UUID, **options: Any) -> Any:
    """Hand in with a key of its own."""
    return flow.submit(filing_id=filing_id, key=options.pop("key", str(uuid4())), by=firm.actor, **options)


def handed_in(firm: Registrant, form_id: str = DONATION, **changes: str) -> UUID:
    """A record that waits for review; near-identical ones are meant."""
    filing_id = draft(firm, form_id, **changes)
    submit(firm, filing_id, though_alike=True)
    return filing_id


def published(firm: Registrant, form_id: str = DONATION, *, by: Actor, **changes: str) -> UUID:
    """A published record."""
    filing_id = handed_in(firm, form_id, **changes)
    people.decide(filing_id, "approved", by)
    return filing_id


def one(firm: Registrant, filing_id: UUID) -> FilingView:
    """The filing as it stands."""
    return filings.one(filing_id=filing_id, by=firm.actor)


def listed(firm: Registrant, form_id: str = DONATION) -> list[UUID]:
    """What 我注册的信用信息 lists of an item."""
    page = voluntary_queries.mine(enterprise_id=firm.id, form_id=form_id, by=firm.actor)
    return [row.filing.id for row in page.rows]


def shown(firm: Enterprise) -> str:
    """The public file as text."""
    return records.public_file(uscc=firm.uscc).body.decode()


def item_settings(form_id: str) -> items.ItemSettings:
    """How an item runs now."""
    return items.settings(form_id)


def supplied(firm: Registrant, number: str) -> None:
    """A licence that a department supplied."""
    form = catalogue.current("import/G05")
    group = form.groups[0]
    said = {judging.SUBJECT: firm.uscc, judging.UNIT: "余杭区市场监管局", judging.NUMBER: "XK-1", "certificate_no": number}
    asked = replace(group, fields=tuple(f for f in group.fields if f.code not in said and f.kind != "uscc"))
    raw = {**dict.fromkeys(("uscc", "authority_uscc", "source_unit_uscc"), firm.uscc), **people.sample(asked), **said}
    values, _errors = catalogue_rules.clean_record(group, raw, today=clock.today())
    record = judging.record_of(form=form, values=values, collected_at=clock.now())
    by = Actor.system("test")
    step(lambda: supplying.take_in(enterprise_id=firm.id, filing_id=None, record=record, by=by))()
