"""What government units say of invented enterprises: rows of the files they send, by group. Pure.

Taxes, annual reports and inspections often, permits and honours sometimes, something adverse for one in twenty (D-56).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from chengxin.demo.inventing import Invented, credit_code
from chengxin.demo.reading import UNITS

FAULTS = ("虚假宣传", "未按规定亮照", "销售不合格产品", "价格欺诈", "侵犯商标专用权")
ADVERSE = ("G06", "G06", "G07", "G10", "G08")
LIGHT_EVERY = 9

Row = dict[str, str]
Tell = Callable[[Invented, date], Row]


def rows(made: Invented, *, day: date) -> dict[str, Row]:
    """What the units send on a day about one enterprise, by group."""
    told = {group: tell(made, day) for group, (share, tell) in USUAL.items() if made.dice(group).random() < share(made)}
    if made.adverse:
        group = made.dice("adverse").choice(ADVERSE)
        told[group] = {"G06": _penalty, "G07": _abnormal, "G08": _serious, "G10": _case}[group](made, day)
    return {group: {**_seen(made, group, day), **row} for group, row in told.items()}


def _seen(made: Invented, group: str, day: date) -> Row:
    """The columns that every government record has."""
    unit = SENDERS.get(group, "A")
    return {
        "subject_uscc": made.uscc,
        "source_system": "演示数据",
        "source_unit": UNITS[unit],
        "source_record_no": f"{unit}-{made.number}-{group}",
        "collected_on": day.isoformat(),
    }


def _before(made: Invented, about: str, day: date, least: int, most: int) -> date:
    return day - timedelta(days=made.dice(about).randint(least, most))


def _office(made: Invented) -> str:
    return f"{made.place}市场监督管理局（演示）"


def _court(made: Invented) -> str:
    return f"{made.place}人民法院（演示）"


def _tax(made: Invented, day: date) -> Row:
    level = made.dice("tax level").choices("ABM", weights=(40, 45, 15))[0]
    decided = _before(made, "tax", day, 5, 28).isoformat()
    return {"kind": "level", "year": str(day.year - 1), "level": level, "authority": f"{made.place}税务局（演示）", "decided_on": decided}


def _report(made: Invented, day: date) -> Row:
    late = made.dice("late report").random() < 0.06
    return {"year": str(day.year - 1), "published_on": _before(made, "report", day, 3, 27).isoformat(), "late": "1" if late else "0"}


def _inspection(made: Invented, day: date) -> Row:
    return {"authority": _office(made), "kind": "sample", "checked_on": _before(made, "check", day, 10, 29).isoformat(), "result": "fine"}


def _sampling(made: Invented, day: date) -> Row:
    sampled = _before(made, "sampling", day, 8, 29).isoformat()
    about = {"batch": f"演示批{made.number}", "product": made.goods, "result": "pass"}
    return {**about, "sampled_on": sampled, "authority": _office(made)}


def _permit(made: Invented, day: date) -> Row:
    since = _before(made, "permit of the unit", day, 4, 25)
    return {
        "document": "准予行政许可决定书",
        "document_no": f"演示许准〔{since.year}〕{made.number}号",
        "category": "ordinary",
        "content": f"准予从事{made.goods}经营活动。",
        "decided_on": since.isoformat(),
        "valid": f"{since}..{since + timedelta(days=1826)}",
        "authority": f"{made.place}行政审批局（演示）",
        "authority_uscc": _authority_code(made),
        "status": "valid",
    }


def _trademark(made: Invented, _day: date) -> Row:
    since = made.trademark_on
    about = {"kind": "trademark", "number": f"演示标{made.number:06d}", "name": made.brand, "status": "注册"}
    return {**about, "registered_on": since.isoformat(), "valid": f"{since}..{since + timedelta(days=3652)}"}


def _customs(made: Invented, day: date) -> Row:
    about = {"level": "registered", "customs_code": f"演示关{made.number:06d}"}
    return {**about, "recognised_on": _before(made, "customs", day, 5, 29).isoformat(), "authority": "海关总署（演示）"}


def _honour(made: Invented, day: date) -> Row:
    since = _before(made, "honour", day, 5, 29)
    about = {"list_name": "放心消费示范单位（演示）", "recognised_by": _office(made), "recognised_on": since.isoformat()}
    return {**about, "valid": f"{since}..{since + timedelta(days=1095)}"}


def _filed(made: Invented, day: date) -> Row:
    approved = _before(made, "icp", day, 5, 29).isoformat()
    return {"kind": "icp", "icp": f"京ICP备0000{made.number:04d}号", "domain": made.site, "approved_on": approved}


def _authority_code(made: Invented) -> str:
    return credit_code(kind="11", division=made.division, number=9100)


def _penalty(made: Invented, day: date) -> Row:
    """Every third is serious; some are only a warning, which the law keeps inside (D-07)."""
    dice = made.dice("penalty")
    light, serious = made.number % LIGHT_EVERY == 0, made.number % 3 == 0
    fine = 30 if serious else dice.randint(1, 9)
    said = {"kinds": "warning", "content": "警告。", "dishonesty_grade": "MINOR"}
    if not light:
        said = {"kinds": "fine", "content": f"责令改正，罚款人民币{fine}万元。", "fine_wan": str(fine)}
        said["dishonesty_grade"] = "SERIOUS" if serious else "GENERAL"
    return {
        "document_no": f"市监罚〔演示〕{made.number}号",
        "violation": dice.choice(FAULTS),
        "facts": "演示数据：在网络经营活动中存在违法行为，已责令改正。",
        "basis": "《中华人民共和国电子商务法》（演示引用）",
        "decided_on": _before(made, "penalty decided", day, 1, 27).isoformat(),
        "authority": _office(made),
        "authority_uscc": _authority_code(made),
        **said,
    }


def _abnormal(made: Invented, day: date) -> Row:
    listed = {"reason": "unreachable", "listed_on": _before(made, "listed", day, 1, 27).isoformat(), "listed_by": _office(made)}
    return {**listed, "dishonesty_grade": "SERIOUS"}


def _serious(made: Invented, day: date) -> Row:
    return {
        "category": "侵害消费者权益",
        "reason": "演示数据：多次销售不合格商品，拒不改正。",
        "listed_on": _before(made, "listed", day, 1, 27).isoformat(),
        "listed_by": _office(made),
        "document_no": f"市监严列〔演示〕{made.number}号",
        "dishonesty_grade": "SERIOUS",
    }


def _case(made: Invented, day: date) -> Row:
    filed = _before(made, "case", day, 1, 27).isoformat()
    return {
        "kind": "dishonest",
        "court": _court(made),
        "case_no": f"（{day.year}）演示执{made.number}号",
        "basis_no": f"（{day.year - 1}）演示民初{made.number}号",
        "filed_on": filed,
        "published_on": filed,
        "duty": "给付货款及利息。",
        "performance": "none",
        "conduct": "有履行能力而拒不履行生效法律文书确定义务。",
    }


def _always(share: float) -> Callable[[Invented], float]:
    return lambda _made: share


USUAL: Mapping[str, tuple[Callable[[Invented], float], Tell]] = {
    "G05": (_always(0.12), _permit),
    "G09": (_always(0.25), _inspection),
    "G11": (_always(0.5), _tax),
    "G12": (lambda made: 0.7 if "进出口" in made.goods else 0.0, _customs),
    "G13": (_always(0.12), _trademark),
    "G16": (lambda made: 0.15 if made.type == "IN_PLATFORM" else 0.0, _sampling),
    "G18": (_always(0.06), _honour),
    "G20": (_always(0.6), _report),
    "G21": (lambda made: 0.8 if made.has_site else 0.0, _filed),
}
SENDERS = {"G10": "C", "G11": "T", "G12": "H"}
