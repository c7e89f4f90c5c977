"""What an invented enterprise answers, and what government units say of it: rows as a person would type them. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from chengxin.demo.inventing import Invented, credit_code
from chengxin.demo.reading import UNITS, Answers

SCALES = (("micro", 3, 12), ("micro", 5, 20), ("small", 20, 120), ("medium", 120, 400))
FAULTS = ("虚假宣传", "未按规定亮照", "销售不合格产品", "价格欺诈", "侵犯商标专用权")


def answers(made: Invented, *, words: Mapping[str, Any], day: date) -> Answers:
    """The archive's answers on the day it was handed in."""
    dice = made.dice
    scale, least, most = dice.choice(SCALES[:2] if made.uscc[:2] != "91" else SCALES)
    staff = dice.randint(least, most)
    told: Answers = {
        "S01": [_basics(made, scale=scale, staff=staff, day=day)],
        "S02": [_contacts(made)],
        "S05": [{"total": str(staff), "ecommerce": str(max(1, staff * 2 // 3))}],
        "S06": [_shop(made, words, dice, day)],
        "S13": [{"means": "third,bank", "providers": "云付通（演示）"}],
        "S14": [_service(made, dice)],
    }
    if made.uscc[:2] == "91":
        told["S03"] = [_holder(made)]
    if made.type != "SERVICE":
        told |= _trading(made, words, dice, day)
    if made.type == "PLATFORM":
        told |= _platform(made, dice)
    return told


def _basics(made: Invented, *, scale: str, staff: int, day: date) -> dict[str, str]:
    own = {"legal_representative": made.head, "name": made.name, "uscc": made.uscc, "division": made.division}
    founded = _founded(made, day).isoformat()
    return {
        **own,
        "company_type": made.company_type,
        "scale": scale,
        "industry": "F5292",
        "address": f"{made.place}{made.brand}路{made.number % 180 + 1}号",
        "business_address": f"{made.place}{made.brand}路{made.number % 180 + 1}号",
        "established_on": founded,
        "capital_wan": _capital(made),
        "term": f"{founded}..长期",
        "scope": f"互联网销售（除销售需要许可的商品）；{made.goods}销售；信息咨询服务。",
        "authority": f"{made.place}市场监督管理局（演示）",
        "introduction": (
            f"{made.name}主营{made.goods}，通过网络面向全国销售，商品逐批验收、来源可查，"
            f"客服当日回复，售出商品按承诺退换，欢迎社会各界监督。本页内容为演示数据，企业与人物均为虚构。"
        ),
        "listed": "0",
        "staff": str(staff),
    }


def _holder(made: Invented) -> dict[str, str]:
    """The only holder, who is also the head."""
    return {"holder_type": "person", "holder_person": made.head, "amount_wan": _capital(made), "share": "100", "means": "money"}


def _founded(made: Invented, day: date) -> date:
    """The day of establishment, always before the archive."""
    return day - timedelta(days=made.founded_days)


def _capital(made: Invented) -> str:
    return str((made.number * 37) % 900 + 10 if made.uscc[:2] == "91" else made.number % 40 + 2)


def _contacts(made: Invented) -> dict[str, str]:
    return {
        "contact": made.head,
        "mobile": made.phone,
        "email": made.email,
        "postal_address": f"{made.place}{made.brand}路{made.number % 180 + 1}号",
        "service_phone": f"400-000-{made.number:04d}",
        "complaint_phone": f"400-000-{made.number:04d}",
    }


def _shop(made: Invented, words: Mapping[str, Any], dice: random.Random, day: date) -> dict[str, str]:
    shared = {"opened_on": (day - timedelta(days=dice.randint(30, 199))).isoformat(), "categories": made.goods, "licence_shown": "1"}
    if made.type in ("SELF_SITE", "PLATFORM", "SERVICE"):
        site = {"kind": "own_site", "name": f"{made.brand}官网", "url": f"https://www.e{made.number}.example"}
        return {**site, "icp": f"京ICP备0000{made.number:04d}号", **shared}
    kind = "shop" if made.type == "IN_PLATFORM" else dice.choice(("live", "shop"))
    place = {"platform": dice.choice(words["platforms"]), "account_id": f"DEMO-{made.number}"}
    return {"kind": kind, "name": f"{made.brand}{made.goods}店", **place, **shared}


def _trading(made: Invented, words: Mapping[str, Any], dice: random.Random, day: date) -> Answers:
    role = "seller" if made.type in ("IN_PLATFORM", "OTHER_NET") else "own"
    platform = dice.choice(words["platforms"]) if role == "seller" else f"{made.brand}官网"
    sales = dice.randint(20, 9000)
    since = (day - timedelta(days=dice.randint(30, 199))).isoformat()
    return {
        "S10": [{"platform": platform, "role": role, "since": since, "rating": f"{dice.randint(42, 50) / 10}"}],
        "S11": [{"year": str(day.year - 1), "goods": made.goods, "sales_wan": f"{sales}.00", "orders": f"{sales / 100:.2f}"}],
        "S12": [{"means": "third", "partners": dice.choice(words["carriers"]), "hours": str(dice.randint(24, 120))}],
    }


def _service(made: Invented, dice: random.Random) -> dict[str, str]:
    return {
        "seven_days": "1",
        "channels": "phone,online",
        "policy": f"签收七日内可无理由退货；{made.goods}如有质量问题，凭照片三十日内免费退换。",
        "response_hours": str(dice.randint(1, 24)),
        "resolved": f"{dice.randint(9000, 10000) / 100:.2f}",
        "pays_first": str(dice.randint(0, 1)),
    }


def _platform(made: Invented, dice: random.Random) -> Answers:
    site = f"https://www.e{made.number}.example"
    duties = {
        "sellers": str(dice.randint(60, 9000)),
        "verification": "licence,id",
        "verify_months": "6",
        "rating_url": f"{site}/rating",
        "violations_url": f"{site}/violations",
        "report_entry": f"{site}/report",
        "retention_years": "3",
    }
    return {"S18": [{"rules_url": f"{site}/rules", "ip_rules_url": f"{site}/rules/ip"}], "S19": [duties]}


def government(made: Invented, *, told: Answers, day: date) -> Answers:
    """Records of the units: registration always, taxes and inspections often, something adverse for a few."""
    dice, basics = made.dice, told["S01"][0]
    copied = ("name", "uscc", "legal_representative", "capital_wan", "established_on", "term", "authority", "address", "scope")
    register = {code: basics[code] for code in copied}
    founded = {"type": made.licence_type, "approved_on": basics["established_on"], "status": "active", "capital_currency": "CNY"}
    rows: Answers = {"G01": [{**_seen(made, "A", 1, day), **register, **founded}]}
    if dice.random() < 0.5:
        tax = {"kind": "level", "year": str(day.year - 1), "level": dice.choice("AABM"), "authority": f"{made.place}税务局（演示）"}
        rows["G11"] = [{**_seen(made, "T", 2, day), **tax, "decided_on": (day - timedelta(days=30)).isoformat()}]
    if dice.random() < 0.25:
        checked = {"authority": basics["authority"], "kind": "sample", "result": "fine"}
        rows["G09"] = [{**_seen(made, "A", 3, day), **checked, "checked_on": (day - timedelta(days=60)).isoformat()}]
    return rows | (_adverse(made, basics, day) if made.adverse else {})


def _adverse(made: Invented, basics: Mapping[str, str], day: date) -> Answers:
    kind = made.number // 20 % 3
    decided = (day - timedelta(days=made.number % 40 + 1)).isoformat()
    if kind == 0:
        return {"G06": [{**_seen(made, "A", 4, day), **_penalty(made, basics), "decided_on": decided}]}
    if kind == 1:
        listed = {"reason": "unreachable", "listed_on": decided, "listed_by": basics["authority"], "dishonesty_grade": "SERIOUS"}
        return {"G07": [{**_seen(made, "A", 5, day), **listed}]}
    case = {
        "kind": "dishonest",
        "court": f"{made.place}人民法院（演示）",
        "case_no": f"（{day.year}）演示执{made.number}号",
        "basis_no": f"（{day.year - 1}）演示民初{made.number}号",
        "filed_on": decided,
        "published_on": decided,
        "duty": "给付货款及利息。",
        "performance": "none",
        "conduct": "有履行能力而拒不履行生效法律文书确定义务。",
    }
    return {"G10": [{**_seen(made, "C", 6, day), **case}]}


def _penalty(made: Invented, basics: Mapping[str, str]) -> dict[str, str]:
    serious = made.number % 3 == 0
    fine = 30 if serious else made.number % 9 + 1
    return {
        "document_no": f"市监罚〔演示〕{made.number}号",
        "violation": FAULTS[made.number % len(FAULTS)],
        "facts": "演示数据：在网络经营活动中存在违法行为，已责令改正。",
        "basis": "《中华人民共和国电子商务法》（演示引用）",
        "kinds": "fine",
        "content": f"责令改正，罚款人民币{fine}万元。",
        "fine_wan": str(fine),
        "authority": basics["authority"],
        "authority_uscc": credit_code(kind="11", division=made.division, number=9100),
        "dishonesty_grade": "SERIOUS" if serious else "GENERAL",
    }


def _seen(made: Invented, unit: str, number: int, day: date) -> dict[str, str]:
    """The columns that every government record has."""
    return {
        "subject_uscc": made.uscc,
        "source_system": "演示数据",
        "source_unit": UNITS[unit],
        "source_record_no": f"{unit}-{made.number}-{number}",
        "collected_on": day.isoformat(),
    }
