"""Blank authorisations to print or to fill in, and a drawn sample of a correct one (REG-06, D-12)."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from django.conf import settings
from django.utils.translation import gettext, override

from chengxin.common.errors import NotFound
from chengxin.seals import docx, typesetting
from chengxin.seals.paper_texts import ADDRESSEE, NOTES, PARAGRAPHS, SUBTITLE, TITLE, WORDS, Kind, fields, seal_note

Format = Literal["pdf", "docx"]
Paper = tuple[bytes, str, str]
MEDIA_TYPES = {"pdf": "application/pdf", "docx": docx.MEDIA_TYPE}
_BLANK_DATE = "　　　年　　月　　日"
# Blank papers carry no moment; a fixed one keeps their bytes the same from call to call.
_EPOCH = 1_767_225_600

_SAMPLE = {
    "91": ("杭州样例电子商务有限公司", "91330110WWTE09999X", "样本一"),
    "92": ("义乌市样例针织经营部", "92330782WWTE09999X", "样本一"),
    "93": ("三穗县样例农产品专业合作社", "93522624WWTE09999X", "样本一"),
    "partnership": ("杭州样例企业管理合伙企业（有限合伙）", "91330110WWTE09998X", "样本一"),
    "sole": ("杭州样例网络工作室", "91330110WWTE09997X", "样本一"),
    "branch": ("杭州样例电子商务有限公司余杭分公司", "91330110WWTE09996X", "样本一"),
}


def kinds() -> list[tuple[str, str]]:
    """Every kind there is a template for, with its label, in the order to show."""
    return [(kind, str(words.label)) for kind, words in WORDS.items()]


def authorisation(kind: str, format: str = "pdf") -> Paper:
    """(bytes, file name, media type) of the blank authorisation for a kind of subject; raises NotFound."""
    chosen = _kind(kind)
    if format not in MEDIA_TYPES:
        raise NotFound()
    with override("zh-hans"):
        data = _blank(chosen)
        body = _pdf(chosen, _site_name()) if format == "pdf" else docx.document(data)
        name = gettext("法人代表签字授权文件模板（%(kind)s）.%(extension)s") % {
            "kind": WORDS[chosen].label,
            "extension": format,
        }
    return body, name, MEDIA_TYPES[format]


def sample_picture(kind: str = "91") -> Paper:
    """(PNG, file name, media type) of a correctly filled authorisation: invented, drawn, marked 样例."""
    chosen = _kind(kind)
    return _sample(chosen, _site_name()), f"authorisation-sample-{chosen}.png", "image/png"


def _site_name() -> str:
    return str(getattr(settings, "SITE_NAME", ""))


def _kind(kind: str) -> Kind:
    if kind not in WORDS:
        raise NotFound()
    return kind


@cache
def _pdf(kind: Kind, site_name: str) -> bytes:
    return typesetting.pdf("authorisation.typ", _blank(kind), created_at=_EPOCH)


@cache
def _sample(kind: Kind, site_name: str) -> bytes:
    with override("zh-hans"):
        return typesetting.png("authorisation.typ", _filled(kind))


def _blank(kind: Kind) -> dict[str, Any]:
    """The whole paper as texts, nothing filled in."""
    words, site = WORDS[kind], {"site": _site_name()}
    notes = [str(note) % {"head": words.head, "seal": seal_note(kind)} for note in NOTES]
    return {
        "sample": False,
        "site_name": _site_name(),
        "foot": gettext("授权书模板"),
        "title": str(TITLE),
        "subtitle": str(SUBTITLE) % {"kind": words.label},
        "addressee": str(ADDRESSEE) % site,
        "fields": [[str(label), ""] for _name, label in fields(kind)],
        "paragraphs": [str(text) % site for text in PARAGRAPHS],
        "term": [_BLANK_DATE, _BLANK_DATE],
        "signatures": [[str(words.signature), ""], [gettext("签署日期："), ""]],
        "seal_label": str(words.seal),
        "seal_name": "",
        "seal_hint": str(words.seal_hint),
        "notes": notes + [str(note) for note in words.notes],
    }


def _filled(kind: Kind) -> dict[str, Any]:
    data = _blank(kind)
    unit, uscc, head = _SAMPLE[kind]
    values = {
        "unit": unit,
        "uscc": uscc,
        "head": head,
        "agent": "样本二",
        "agent_id": "（样例，不是真实号码）",
        "agent_phone": "13800000000",
        "agent_email": "agent@wwte.example",
    }
    data["fields"] = [[str(label), values[name]] for name, label in fields(kind)]
    data["term"] = ["2026 年 11 月 20 日", "2027 年 11 月 19 日"]
    signed = [head, "2026 年 11 月 20 日"]
    data["signatures"] = [[label, value] for (label, _none), value in zip(data["signatures"], signed, strict=True)]
    return data | {"sample": True, "seal_name": unit, "foot": gettext("样例：内容均为虚构，请勿照抄")}
