"""People of the enterprise journeys: enterprises that are approved, their reviewers, filled archives."""

from __future__ import annotations

import io
import itertools
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any
from uuid import UUID

from django.test import Client
from PIL import Image, ImageDraw

from chengxin.access import actions as access
from chengxin.catalogue import answers as paths
from chengxin.catalogue import queries as catalogue
from chengxin.filings import queries as filings
from chengxin.flow import archive, registration, review
from chengxin.gateways import market_register
from chengxin.identity import agencies
from chengxin.identity import queries as identity_queries
from chengxin.identity.tests.codes import uscc
from chengxin.identity.values import Actor
from chengxin.web.session import cookie_name

SYSTEM = Actor.system("test")
PASSWORD = "Qingshan#2026x"
_numbers = itertools.count(100)
INTRODUCTION = (
    "杭州澜序桥电子商务有限公司成立于二〇一八年，主要从事农产品网络零售，坚持诚信经营，服务全国消费者，重视售后服务与消费者权益保护。"
)


def reviewer(division: str | None = None) -> Actor:
    """A reviewer of a new agency; of the national level by default."""
    found = identity_queries.agency_by_code(f"test-{division}")
    agency = found.id if found else agencies.create_agency(code=f"test-{division}", name="商务主管部门", division_code=division, by=SYSTEM)
    account = agencies.create_agency_user(agency_id=agency, display_name="李审", roles=["reviewer"], by=SYSTEM)
    return identity_queries.actor_for(account, assurance="password")


def picture(text: str = "演示样张", size: tuple[int, int] = (320, 240)) -> bytes:
    """A small JPEG; different texts give different bytes."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((20, 20), text.encode("ascii", "replace").decode(), fill="black")
    ImageDraw.Draw(image).rectangle((hash(text) % 200, 60, 300, 200), outline="red")
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


@dataclass
class Enterprise:
    """An enterprise with its account and the name it has."""

    account_id: UUID
    id: UUID
    uscc: str
    name: str

    @property
    def actor(self) -> Actor:
        """Who acts when it is logged in."""
        return identity_queries.actor_for(self.account_id, assurance="password")

    def client(self, **options: Any) -> Client:
        """A browser that is logged in."""
        return signed_in(self.account_id, **options)


def signed_in(account_id: UUID, **options: Any) -> Client:
    """A browser with a session of this account."""
    client = Client(**options)
    session = access.open_session(account_id=account_id, assurance="password", network="192.0.2.1")
    client.cookies[cookie_name("session")] = session.session_key
    return client


def registered(*, division: str = "330110", kind: str = "91", name: str = "") -> Enterprise:
    """An enterprise that has filled in the registration and nothing more."""
    number = next(_numbers)
    code = uscc(number, kind=kind, division=division)
    title = name or f"杭州澜序桥{number}电子商务有限公司"
    made = registration.register(
        form=registration.NewRegistration(
            name=title,
            uscc=code,
            division_code=division,
            email=f"e{number}@corp.example",
            phone="13800138000",
            password=PASSWORD,
            consents={d: catalogue.commitment(d).version for d in ("user-agreement", "privacy-notice")},
        )
    )
    market_register.load_local([entry(code, title)])
    return Enterprise(account_id=made.account_id, id=made.enterprise_id, uscc=code, name=title)


def entry(code: str, title: str) -> dict[str, Any]:
    """What the market register says."""
    return {
        "uscc": code,
        "name": title,
        "type": "有限责任公司",
        "legal_representative": "张澜",
        "capital_wan": Decimal("500.00"),
        "capital_currency": "CNY",
        "established_on": date(2018, 3, 1),
        "term_from": date(2018, 3, 1),
        "term_to": None,
        "address": "浙江省杭州市余杭区示例路1号",
        "scope": "网上销售：农产品、日用百货。",
        "authority": "杭州市余杭区市场监督管理局",
        "status": "存续",
    }


def handed_in(**options: Any) -> Enterprise:
    """An enterprise whose registration waits for review."""
    enterprise = registered(**options)
    for field in registration.FILE_FIELDS:
        body = io.BytesIO(picture(field + enterprise.uscc))
        registration.upload(field=field, stream=body, name=f"{field}.jpg", by=enterprise.actor)
    registration.submit(key=f"key-{enterprise.uscc}", by=enterprise.actor)
    return enterprise


def approved(*, by: Actor | None = None, **options: Any) -> Enterprise:
    """An enterprise that may file its archive."""
    enterprise = handed_in(**options)
    filing = registration.current(by=enterprise.actor)
    review.decide_filing(filing_id=filing.id, round=filing.round, outcome="approved", opinion="", by=by or reviewer())
    return enterprise


BASIC = {
    "company_type": "1130",
    "scale": "small",
    "industry": "F5292",
    "business_address": "浙江省杭州市余杭区示例路1号2楼",
    "introduction": INTRODUCTION,
    "listed": "0",
    "staff": "35",
}
PAGES: dict[str, dict[str, dict[str, str]]] = {
    "basic": {
        "S02": {
            "contact": "王小桥",
            "mobile": "13800138000",
            "email": "contact@corp.example",
            "postal_address": "浙江省杭州市余杭区示例路1号",
            "service_phone": "0571-88886666",
            "complaint_phone": "0571-88886667",
        },
        "S03": {"holder_type": "person", "holder_person": "张澜", "amount_wan": "500", "share": "100", "method": "cash"},
        "S05": {"total": "35", "ecommerce": "20"},
    },
    "operation": {
        "S06": {
            "kind": "shop",
            "name": "澜序桥旗舰店",
            "account_id": "lxq-001",
            "platform": "示例商城",
            "opened_on": "2019-06-01",
            "categories": "农产品",
            "licence_shown": "1",
        },
    },
    "trade": {
        "S14": {
            "seven_days": "1",
            "channels": "phone,online",
            "policy": "七日内无理由退货。",
            "response_hours": "2",
            "resolved": "98.5",
            "pays_first": "1",
        },
    },
}


def fields(html: str) -> dict[str, Any]:
    """Every value that a browser would post from the entry form of a page."""
    found: dict[str, Any] = {}

    def add(name: str, value: str) -> None:
        found.setdefault(name, []).append(unescape(value))

    form = html[html.index("data-autosave=") :] if "data-autosave=" in html else html[html.index("<main") :]
    form = form[: form.rindex("</form>")]
    for tag in re.findall(r"<input\b[^>]*>", form):
        attrs = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        kind = attrs.get("type", "text")
        if "name" not in attrs or kind in ("file", "submit") or (kind in ("radio", "checkbox") and " checked" not in tag):
            continue
        add(attrs["name"], attrs.get("value", ""))
    for attrs, body in re.findall(r"<textarea\b([^>]*)>\n?(.*?)</textarea>", form, re.S):
        add(dict(re.findall(r'([\w-]+)="([^"]*)"', attrs))["name"], body)
    for attrs, body in re.findall(r"<select\b([^>]*)>(.*?)</select>", form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', body)
        add(dict(re.findall(r'([\w-]+)="([^"]*)"', attrs))["name"], chosen[1] if chosen else "")
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def row_of(html: str, group: str, at: int = 0) -> str:
    """`group/<row>` of a record on a page."""
    rows = list(dict.fromkeys(re.findall(rf'name="_was/({group}/[0-9a-f-]{{36}})"', html)))
    return rows[at]


def put(values: dict[str, Any], row: str, answers: dict[str, str], *, public: str = "1") -> None:
    """Type answers into the posted values of one record."""
    for code, value in answers.items():
        values[f"{row}/{code}"] = value.split(",") if code in ("channels", "methods") else value
    values[f"{row}/_public"] = public


def open_draft(enterprise: Enterprise) -> UUID:
    """The open archive draft."""
    return archive.open_archive(by=enterprise.actor).id


def fill(enterprise: Enterprise, *, type_: str = "IN_PLATFORM", public: str = "1") -> UUID:
    """A complete archive, ready to hand in, filled below the pages (for journeys that start there)."""
    by = enterprise.actor
    filing_id = open_draft(enterprise)
    archive.choose_type(filing_id=filing_id, enterprise_type=type_, confirmed=True, by=by)
    archive.sign(filing_id=filing_id, ticked=True, version=catalogue.commitment("integrity").version, by=by)
    filing, draft, form = archive.draft_of(filing_id=filing_id, by=by)
    changes: dict[str, str | None] = {}
    subject = archive.subject_of(form=form, answers=draft.answers, by=by)
    from chengxin.catalogue import rules

    for group in rules.for_subject(form, subject).asked_groups():
        made = answers_for(group)
        if made is None:
            continue
        rows = paths.rows(draft.answers, group.code)
        row = rows[0].id if rows else archive.new_row()
        changes |= {f"{group.code}/{row}/{code}": value for code, value in made.items()}
        if group.visibility == "choice":
            changes[f"{group.code}/{row}/_public"] = public
    archive.save_page(filing_id=filing_id, page="", base_rev=draft.rev, changes=changes, by=by)
    cleaned = archive.check_all(filing_id=filing_id, by=by)
    assert cleaned.ok, (cleaned.errors, cleaned.missing)
    assert filing.id == filing_id
    return filing_id


SAMPLES = {
    "text": "示例",
    "longtext": "示例说明",
    "name": "示例商城有限公司",
    "date": "2024-01-01",
    "year": "2025",
    "integer": "3",
    "number": "1",
    "percent": "1",
    "money_wan": "10",
    "boolean": "1",
    "url": "https://shop.corp.example.com/",
    "person_name": "王小桥",
    "period": "2024-01-01..长期",
    "hotline": "0571-88886666",
}


def answers_for(group: Any) -> dict[str, str] | None:
    """What this enterprise answers in one record of a group; None where it has nothing to say."""
    known = BASIC if group.code == "S01" else next((p[group.code] for p in PAGES.values() if group.code in p), None)
    return known if known is not None or not group.min_records else sample(group)


def sample(group: Any) -> dict[str, str]:
    """Answers for the required fields of a group."""
    made = {}
    for f in group.fields:
        if f.required:
            made[f.code] = f.options[0].code if f.options else SAMPLES[f.kind]
    return made


def submitted(enterprise: Enterprise, **options: Any) -> UUID:
    """An archive that waits for review."""
    filing_id = fill(enterprise, **options)
    archive.submit(filing_id=filing_id, key=archive.new_row(), by=enterprise.actor)
    return filing_id


def decide(filing_id: UUID, outcome: str, by: Actor, opinion: str = "") -> None:
    """Approve or reject what was handed in last."""
    filing = filings.one(filing_id=filing_id, by=by)
    review.decide_filing(filing_id=filing_id, round=filing.round, outcome=outcome, opinion=opinion, by=by)
