"""The words of the authorisation (法人代表签字授权文件), by kind of subject (D-12, REG-06). Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Kind = Literal["91", "92", "93", "partnership", "sole", "branch"]
Text = str | Promise


@dataclass(frozen=True)
class Words:
    """How one kind of subject calls itself, its head and its seal."""

    label: Text
    unit: Text
    head: Text
    signature: Text
    seal: Text
    seal_hint: Text
    notes: tuple[Text, ...] = ()


_SEAL = _("单位（盖公章）：")
_SEAL_HINT = _("此处加盖公章")

WORDS: dict[Kind, Words] = {
    "91": Words(_("企业法人（公司等）"), _("企业名称"), _("法定代表人"), _("法定代表人（签字）："), _SEAL, _SEAL_HINT),
    "92": Words(
        _("个体工商户"),
        _("字号名称（没有字号的填“无”）"),
        _("经营者"),
        _("经营者（签字）："),
        _("盖章（如有）："),
        _("如有印章，\n在此处加盖"),
        (_("经营者本人办理的，不需要提交本文件。"), _("没有印章的，由经营者签字并按指印即可。")),
    ),
    "93": Words(_("农民专业合作社"), _("合作社名称"), _("法定代表人"), _("法定代表人（签字）："), _SEAL, _SEAL_HINT),
    "partnership": Words(
        _("合伙企业"),
        _("合伙企业名称"),
        _("执行事务合伙人（委派代表）"),
        _("执行事务合伙人（签字）："),
        _SEAL,
        _SEAL_HINT,
        (_("执行事务合伙人是法人或其他组织的，由其委派代表签字。"),),
    ),
    "sole": Words(_("个人独资企业"), _("企业名称"), _("投资人"), _("投资人（签字）："), _SEAL, _SEAL_HINT),
    "branch": Words(
        _("分支机构"),
        _("分支机构名称"),
        _("负责人"),
        _("负责人（签字）："),
        _SEAL,
        _SEAL_HINT,
        (_("加盖分支机构公章；没有公章的，加盖所属企业公章。"),),
    ),
}

TITLE = _("企业用户注册授权书")
SUBTITLE = _("法人代表签字授权文件 · 适用于%(kind)s")
ADDRESSEE = _("致：%(site)s")
PARAGRAPHS = (
    _(
        "本单位授权上述经办人，代表本单位在%(site)s办理企业用户注册，填写、提交和更新诚信档案企业信息，"
        "查收审核结果，以及办理与此相关的事项。经办人在授权范围内的操作，视为本单位的行为，由本单位承担责任。"
    ),
    _("本单位承诺所提交的信息和材料真实、准确、完整。授权内容变更或者提前终止的，本单位将及时在平台更新。"),
)
NOTES = (
    _("打印后填写，须由%(head)s亲笔签字，并%(seal)s，签字和印章应清晰可辨。"),
    _("拍照或扫描时保持四角完整、文字清晰，保存为 JPG、PNG 或 PDF，大小不超过 10 MB。"),
    _("“营业执照”和本文件都须上传。信息应与营业执照一致。"),
)


def seal_note(kind: Kind) -> Text:
    """What the notes say about the seal."""
    return _("加盖印章（如有）") if kind == "92" else _("加盖公章")


def fields(kind: Kind) -> list[tuple[str, Text]]:
    """Labels of the lines to fill in, each with a name by which the sample fills it."""
    words = WORDS[kind]
    return [
        ("unit", words.unit),
        ("uscc", _("统一社会信用代码")),
        ("head", words.head),
        ("agent", _("经办人姓名")),
        ("agent_id", _("经办人身份证件号码")),
        ("agent_phone", _("经办人手机号码")),
        ("agent_email", _("经办人邮箱")),
    ]
