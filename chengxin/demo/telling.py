"""What an invented enterprise answers in its archive: rows as a person would type them. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from chengxin.demo.inventing import Invented
from chengxin.demo.reading import Answers

SCALES = (("micro", 3, 12), ("micro", 5, 20), ("small", 20, 120), ("medium", 120, 400))
PERMITS = ("食品经营许可证", "出版物经营许可证", "第二类医疗器械经营备案凭证", "增值电信业务经营许可证")
DRAW = "draw:"
CERTIFIED = ("iso9001", "gbt27922", "gbt31950", "iso27001", "green")


def answers(made: Invented, *, words: Mapping[str, Any], day: date) -> Answers:
    """The archive's answers on the day it was handed in."""
    dice = made.dice("archive")
    scale, least, most = dice.choice(SCALES[:2] if made.uscc[:2] != "91" else SCALES)
    staff = dice.randint(least, most)
    told: Answers = {
        "S01": [_basics(made, scale=scale, staff=staff)],
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
    return told | _chosen(made, day=day)


def _basics(made: Invented, *, scale: str, staff: int) -> dict[str, str]:
    own = {"legal_representative": made.head, "name": made.name, "uscc": made.uscc, "division": made.division}
    founded = made.founded_on.isoformat()
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
    if made.has_site:
        site = {"kind": "own_site", "name": f"{made.brand}官网", "url": f"https://{made.site}"}
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
    site = f"https://{made.site}"
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


def _chosen(made: Invented, *, day: date) -> Answers:
    """Groups that nobody must fill in: some enterprises do, some do not."""
    company = made.uscc[:2] == "91"
    wanted = {
        "S04": (0.06 if company else 0, _relation),
        "S05M": (0.4 if company else 0, _manager),
        "S07": (0.3, _trademark),
        "S08": (0.12, _permit),
        "S09": (0.14, _certificate),
        "S15": (0.4 if company else 0.1, _finance),
        "S16": (0.4 if made.type != "SERVICE" else 0, _quality),
        "S17": (0.5 if made.has_site else 0, _privacy),
        "S18": (0.35 if company and made.type != "PLATFORM" else 0, _system),
    }
    return {group: [tell(made, day)] for group, (share, tell) in wanted.items() if made.dice(group).random() < share}


def _relation(made: Invented, _day: date) -> dict[str, str]:
    return {"name": f"{made.brand}控股（演示）有限公司", "relation": "parent"}


def _manager(made: Invented, _day: date) -> dict[str, str]:
    return {"name": made.head, "position": made.dice("position").choice(("执行董事兼经理", "总经理", "运营总监"))}


def _trademark(made: Invented, _day: date) -> dict[str, str]:
    since = made.trademark_on
    about = {"kind": "trademark", "number": f"演示标{made.number:06d}", "name": made.brand}
    return {**about, "obtained_on": since.isoformat(), "valid": f"{since}..{since + timedelta(days=3652)}"}


def _permit(made: Invented, day: date) -> dict[str, str]:
    since = day - timedelta(days=made.dice("permit").randint(60, 900))
    name = made.dice("permit").choice(PERMITS)
    valid = f"{since}..{since + timedelta(days=1826)}"
    number = f"演示许{made.number:06d}号"
    return {"name": name, "number": number, "authority": f"{made.place}行政审批局（演示）", "valid": valid, "files": f"{DRAW}{name}"}


def _certificate(made: Invented, day: date) -> dict[str, str]:
    since = day - timedelta(days=made.dice("certificate").randint(30, 800))
    name = made.dice("certificate").choice(CERTIFIED)
    valid = f"{since}..{since + timedelta(days=1095)}"
    return {"name": name, "number": f"演示证{made.number:06d}", "body": "演示认证中心", "valid": valid}


def _finance(made: Invented, day: date) -> dict[str, str]:
    dice = made.dice("finance")
    assets = dice.randint(30, 9000)
    debts, revenue = assets * dice.randint(10, 70) // 100, assets * dice.randint(60, 240) // 100
    profit = revenue * dice.randint(-4, 18) // 100
    return {
        "year": str(day.year - 1),
        "assets_wan": str(assets),
        "debts_wan": str(debts),
        "net_wan": str(assets - debts),
        "revenue_wan": str(revenue),
        "profit_wan": str(profit),
        "net_profit_wan": str(profit * 3 // 4),
        "audit": "none",
    }


def _quality(made: Invented, _day: date) -> dict[str, str]:
    return {"purchase_check": "1", "tracing": "扫码可查批次与来源", "sample_pass": f"{made.dice('quality').randint(960, 1000) / 10}"}


def _privacy(made: Invented, _day: date) -> dict[str, str]:
    level = made.dice("privacy").choice(("none", "l1", "l2"))
    return {"privacy_url": f"https://{made.site}/privacy", "protection_level": level}


def _system(made: Invented, _day: date) -> dict[str, str]:
    return {
        "credit_system": "建立了商品上架复核、客户投诉限时办结与供应商准入制度，每年评审一次。",
        "complaints": f"投诉由专人受理，{made.dice('system').randint(1, 3)}个工作日内答复。",
    }
