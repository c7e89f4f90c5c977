"""Invented forms: YAML that nobody wrote Python for, and what a person types into them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from chengxin.catalogue import tools
from tests.journeys import enterprises as people

FORM = "forms/archive/IN_PLATFORM.yaml"
PAGE = "governance"
PACKAGING: dict[str, Any] = {
    "group": "X90",
    "title": {"zh": "绿色包装", "en": "Green packaging"},
    "origin": "enterprise",
    "visibility": "choice",
    "summary": ["material"],
    "fields": [
        {"field": "material", "label": {"zh": "包装材料", "en": "Material"}, "kind": "text", "required": True, "public": "full"},
        {"field": "share", "label": {"zh": "可循环占比", "en": "Reused"}, "kind": "percent", "required": True, "public": "full"},
        {"field": "supplier", "label": {"zh": "供货单位", "en": "Supplier"}, "kind": "name"},
    ],
}


@dataclass(frozen=True)
class Sample:
    """A kind of field: its keys in YAML, what a browser posts by end of name, how the public reads it (None: not at all)."""

    posted: dict[str, Any]
    shown: str | None
    keys: dict[str, Any] = field(default_factory=lambda: {"public": "full"})


COLOURS = [
    {"code": "red", "zh": "红色", "en": "Red"},
    {"code": "blue", "zh": "蓝色", "en": "Blue"},
    {"code": "green", "zh": "绿色", "en": "Green"},
]
NEVER: dict[str, Any] = {}
SAMPLES: dict[str, Sample] = {
    "text": Sample({"": "棉布袋"}, "棉布袋"),
    "longtext": Sample({"": "第一行说明\n第二行说明"}, "第一行说明"),
    "uscc": Sample({"": "91330106wwte000212"}, "91330106WWTE000212"),
    "name": Sample({"": "杭州绿袋包装有限公司"}, "杭州绿袋包装有限公司"),
    "person_name": Sample({"": "欧阳明远"}, "欧*", {"public": "masked"}),
    "id_number": Sample({"": "11010519060606001X"}, None, NEVER),
    "phone": Sample({"": "13987654321"}, None, NEVER),
    "hotline": Sample({"": "400-123-4567"}, "400-123-4567"),
    "email": Sample({"": "canary@hidden.example"}, None, NEVER),
    "bank": Sample({"": "6222020000000000777"}, None, NEVER),
    "icp": Sample({"": "京ICP备12005222号-2"}, "京ICP备12005222号-2"),
    "date": Sample({"": "2026-01-31"}, "2026-01-31"),
    "period": Sample({".from": "2020-01-01", ".long": "1"}, "2020-01-01 至 长期"),
    "number": Sample({"": "1234.5"}, "1,234.50 吨", {"public": "full", "unit": {"zh": "吨", "en": "t"}}),
    "until": Sample({".day": "", ".long": "1"}, "长期"),
    "money": Sample({"": "30,000"}, "30,000.00 元", {"public": "full", "unit": {"zh": "元", "en": "CNY"}}),
    "money_wan": Sample({"": "500"}, "500.00 万元", {"public": "full", "unit": {"zh": "万元", "en": "CNY 10,000"}}),
    "percent": Sample({"": "98.5"}, "98.50"),
    "integer": Sample({"": "4321"}, "4,321"),
    "year": Sample({"": "2025"}, "2025"),
    "boolean": Sample({"": "1"}, "是"),
    "choice": Sample({"": "blue"}, "蓝色", {"public": "full", "options": COLOURS}),
    "multichoice": Sample({"": ["red", "green"]}, "红色、绿色", {"public": "full", "options": COLOURS}),
    "division": Sample({".1": "330000", ".2": "330100", ".3": "330110"}, "浙江省杭州市余杭区"),
    "industry": Sample({"": "F5292"}, "F5292 互联网零售"),
    "url": Sample({"": "https://bags.corp.example.com/a"}, "https://bags.corp.example.com/a"),
    "domain": Sample({"": "Bags.Corp.example.com"}, "bags.corp.example.com"),
    "units": Sample({".name": ["杭州绿袋包装有限公司"], ".uscc": ["91330106wwte000212"]}, "杭州绿袋包装有限公司（91330106WWTE000212）"),
    "file": Sample({}, None, {"slot": "archive"}),
}


def every_kind() -> dict[str, Any]:
    """A group with one field of each kind, all of them required."""
    fields = [
        {"field": f"f_{kind}", "label": {"zh": f"项目{kind}", "en": f"Item {kind}"}, "kind": kind, "required": True, **sample.keys}
        for kind, sample in SAMPLES.items()
    ]
    title = {"zh": "各类字段", "en": "Every kind"}
    return {"group": "X99", "title": title, "origin": "enterprise", "visibility": "choice", "summary": ["f_text"], "fields": fields}


def catalogue_with(folder: Path, group: dict[str, Any]) -> Path:
    """A copy of the catalogue in which one file, the form's, brings a group of its own."""
    copy = folder / "catalogue"
    shutil.copytree(settings.CATALOGUE_DIR, copy)
    path = copy / FORM
    form = yaml.safe_load(path.read_text("utf-8"))
    form["groups"] = [group]
    next(page for page in form["pages"] if page["page"] == PAGE)["groups"].append(group["group"])
    path.write_text(tools.dump(form), "utf-8")
    return copy


def typed(row: str, *, public: str = "1") -> dict[str, Any]:
    """What a browser posts for a record with every kind of field."""
    values: dict[str, Any] = {f"{row}/_public": public}
    for kind, sample in SAMPLES.items():
        values |= {f"{row}/f_{kind}{end}": value for end, value in sample.posted.items()}
    return values


def proof_paper() -> bytes:
    """The picture that goes with the record."""
    return people.picture("proof of packaging")
