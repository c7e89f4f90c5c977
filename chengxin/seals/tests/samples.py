"""Invented documents that papers are made from in tests and benches."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from chengxin.seals.values import Confirmation, Origin, Poster, Receipt, Record, Report, Section

MOMENT = datetime(2026, 11, 20, 6, 30, 5, tzinfo=UTC)
HOSTILE = "#panic() *x* $a$ \\#{1+1} @ref <label> `raw` // 注释 [杭州]"


def record(number: int, *, origin: str, rows: int = 6) -> Record:
    values = [
        ("文书编号", f"杭余市监处〔2026〕{number:03d}号"),
        ("处罚类别", "罚款"),
        ("处罚事由", "网页宣传内容与实际商品不符，违反《电子商务法》第十七条的规定，责令改正并处罚款。"),
        ("处罚金额", "0.50 万元"),
        ("决定日期", "2026-03-12"),
        ("公示截止日期", "2027-03-12"),
    ]
    own = [
        ("平台名称", "杭州澜序桥自营商城"),
        ("网址", "https://shop.lanxuqiao.example/store/index.html?from=credit"),
        ("开始经营日期", "2020-05-18"),
        ("经营范围", "日用百货、针纺织品、工艺美术品"),
        ("年交易额", "1280.00 万元"),
        ("客户服务电话", "0571-00000000"),
    ]
    chosen = values if origin == "government" else own
    made = Record(
        title=f"{'行政处罚' if origin == 'government' else '网络经营主体'} {number}",
        rows=[chosen[index % len(chosen)] for index in range(rows)],
        version_id=str(uuid.UUID(int=number * 7919 + 1)),
    )
    if origin == "government":
        made["source"] = "杭州市余杭区市场监督管理局（2026年11月18日）"
    return made


def section(title: str, origin: Origin, count: int, **extra: Any) -> Section:
    return Section(title=title, origin=origin, records=[record(n + 1, origin=origin, **extra) for n in range(count)], total=count)


def report(**changes: Any) -> Report:
    made = Report(
        number="BG20261120K7M4Q2XW9P",
        issued_at=MOMENT,
        as_of=MOMENT,
        checkpoint_size=20_417,
        enterprise={
            "name": "杭州澜序桥电子商务有限公司",
            "uscc": "91330110WWTE00001X",
            "division": "浙江省 杭州市 余杭区",
            "type": "平台内经营企业",
        },
        sections=[
            section("行政许可信息", "government", 1),
            section("行政处罚信息", "government", 2),
            section("网络经营主体信息", "enterprise", 2),
            section("企业荣誉", "enterprise", 1),
            section("慈善捐赠信息", "voluntary", 1),
            Section(title="司法判决信息", origin="government", records=[], total=0),
        ],
        verify_url="http://127.0.0.1:8000/verify/BG20261120K7M4Q2XW9P",
        site_name="电子商务企业诚信公共服务平台",
        demo=True,
    )
    made["sections"][1]["records"][0]["marks"] = ["异议中"]
    made.update(changes)  # type: ignore[typeddict-item]
    return made


def receipt(**changes: Any) -> Receipt:
    made = Receipt(
        number="HZ20261120K7M4Q2XW9P",
        title="诚信档案企业信息",
        form="archive/IN_PLATFORM",
        form_version="3f1c" * 16,
        filer="杭州澜序桥电子商务有限公司",
        uscc="91330110WWTE00001X",
        submitted_at=MOMENT,
        answers_sha256="ab12" * 16,
        files=[
            {"name": "营业执照.jpg", "sha256": "cd34" * 16, "bytes": 1_843_200},
            {"name": "法人代表签字授权文件.pdf", "sha256": "ef56" * 16, "bytes": 412_000},
        ],
        unit="杭州市余杭区商务局（演示）",
        due_at=datetime(2026, 11, 23, 6, 30, 5, tzinfo=UTC),
        due_provisional=False,
        signature="MEUCIQDx" * 11,
        verify_url="http://127.0.0.1:8000/verify/HZ20261120K7M4Q2XW9P",
        site_name="电子商务企业诚信公共服务平台",
        demo=True,
    )
    made.update(changes)  # type: ignore[typeddict-item]
    return made


def confirmation(**changes: Any) -> Confirmation:
    made = Confirmation(
        number="QR20261120K7M4Q2XW9P",
        issued_at=MOMENT,
        as_of=MOMENT,
        checkpoint_size=20_417,
        enterprise=report()["enterprise"],
        item="慈善捐赠信息自愿注册",
        record=record(1, origin="enterprise"),
        registered_at=datetime(2026, 11, 2, 1, 0, 0, tzinfo=UTC),
        published_at=datetime(2026, 11, 9, 1, 30, 0, tzinfo=UTC),
        verify_url="http://127.0.0.1:8000/verify/QR20261120K7M4Q2XW9P",
        site_name="电子商务企业诚信公共服务平台",
        demo=True,
    )
    made.update(changes)  # type: ignore[typeddict-item]
    return made


def poster(**changes: Any) -> Poster:
    made = Poster(
        title="亮信用",
        enterprise=report()["enterprise"],
        lines=[("诚信档案", "已公示")],
        printed_at=MOMENT,
        verify_url="http://127.0.0.1:8000/show/91330110WWTE00001X",
        site_name="电子商务企业诚信公共服务平台",
        demo=True,
    )
    made.update(changes)  # type: ignore[typeddict-item]
    return made
