"""The style guide: every component with its parameters and live examples, at /styleguide in demo mode.

Its examples are what the accessibility test looks at, and the shortest answer to "how is this written".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import engines
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from chengxin.web import components as cx
from chengxin.web import pageforms, pickers
from chengxin.web.forms import Field, FileItem, Remark, Slot, visibility_view
from chengxin.web.registry import REGISTRY

ROW = "S05/5b0c7a52-7a0e-4d4e-9d1a-6f2f0d6a7c11"
TREE = pickers.DivisionTree.of(
    [
        ("330000", "浙江省", ""),
        ("330100", "杭州市", "330000"),
        ("330110", "余杭区", "330100"),
        ("330106", "西湖区", "330100"),
        ("330700", "金华市", "330000"),
        ("330782", "义乌市", "330700"),
        ("520000", "贵州省", ""),
        ("522600", "黔东南苗族侗族自治州", "520000"),
        ("522624", "三穗县", "522600"),
    ]
)


class Sample(pageforms.PageForm):
    """A form written by hand, as the register page has one."""

    name = pageforms.Entry(label="企业名称", kind="name", clearable=True, help_text="与营业执照一致")
    email = pageforms.Entry(label="邮箱", kind="email", help_text="用于接收审核结果")
    password = pageforms.Entry(label="密码", kind="password", autocomplete="new-password")
    agree = pageforms.Tick(label="我已阅读并同意《用户服务协议》")

    def clean_email(self) -> str:
        """An address has an @."""
        email = str(self.cleaned_data["email"])
        if "@" not in email:
            raise forms.ValidationError("邮箱格式应如 name@example.com")
        return email


def fields() -> list[Field]:
    """One field of every kind."""
    kinds = (("1", "企业法人"), ("2", "合伙企业"), ("3", "个体工商户"))
    names = ("农业", "制造业", "批发业", "零售业", "运输业", "住宿业", "软件业")
    trades = tuple((f"{number:02d}", name) for number, name in enumerate(names))
    levels = pickers.divisions_view(tree=TREE, chosen="330110", search="三穗")
    held = (FileItem(id="a1", name="营业执照（演示样张）.jpg", size=412_000, url="#"),)
    slot = Slot(max_files=10, upload_url="/upload")
    return [
        Field(name=f"{ROW}/name", label="证照名称", required=True, value="食品经营许可证", hint="与证照一致"),
        Field(name=f"{ROW}/code", label="统一社会信用代码", kind="uscc", required=True, errors=("请填写统一社会信用代码",)),
        Field(name=f"{ROW}/note", label="说明", kind="longtext", max_length=500, value="面向全国销售农产品。"),
        Field(name=f"{ROW}/on", label="发证日期", kind="date", required=True),
        Field(name=f"{ROW}/term", label="有效期", kind="period", value="2024-03-01..长期", required=True),
        Field(name=f"{ROW}/until", label="有效期至", kind="until", value="长期"),
        Field(name=f"{ROW}/capital", label="注册资本", kind="money_wan", value="500.00", source="来自登记信息"),
        Field(name=f"{ROW}/amount", label="捐赠金额", kind="money", value="30000.00", hint="单位为:元"),
        Field(name=f"{ROW}/units", label="联合捐赠单位信息", kind="units", value="杭州澜序桥电子商务有限公司\t91330106WWTE000212"),
        Field(name=f"{ROW}/share", label="占比", kind="percent", value="35"),
        Field(name=f"{ROW}/type", label="主体类型", kind="choice", options=kinds, value="1"),
        Field(name=f"{ROW}/trade", label="所属行业", kind="industry", options=trades, required=True),
        Field(name=f"{ROW}/trades", label="经营范围", kind="multichoice", options=trades, value="01,03"),
        Field(name=f"{ROW}/place", label="所属地区", kind="division", required=True, divisions=levels),
        Field(name=f"{ROW}/phone", label="联系电话", kind="phone", remarks=(Remark(id="r1", text="请填写固定电话", tickable=True),)),
        Field(name=f"{ROW}/site", label="网址", kind="url", value="https://shop.example", theirs="https://www.example"),
        Field(name=f"{ROW}/listed", label="是否上市", kind="boolean", required=True),
        Field(name=f"{ROW}/papers", label="证明附件", kind="file", files=held, slot=slot, required=True),
    ]


def sample_values() -> dict[str, Any]:
    """What the examples use."""
    bound = Sample({"name": "杭州澜序桥电子商务有限公司", "email": "abc"})
    return {
        "crumbs": [cx.Link(text="首页", url="/"), cx.Link(text="企业注册")],
        "labels": ["填写信息", "上传材料", "等待审核", "完成"],
        "tab_links": [cx.Link(text="待审核", url="#a", count=12), cx.Link(text="已审核", url="#b")],
        "form": bound,
        "fields": fields(),
        "visibility": visibility_view(path=ROW, value=""),
        "row": ROW,
        "moments": [
            cx.Moment(title="待审核", at=datetime(2026, 3, 6, 1, 30, tzinfo=UTC), text="应办结时间", tone="waiting"),
            cx.Moment(title="审核未通过", at=datetime(2026, 3, 4, 7, 5, tzinfo=UTC), text="营业执照照片不清晰", tone="bad"),
            cx.Moment(title="提交", at=datetime(2026, 3, 3, 2, 0, tzinfo=UTC)),
        ],
        "columns": [
            cx.Column(key="name", label="企业名称"),
            cx.Column(key="division", label="所属地区"),
            cx.Column(key="count", label="公示记录", numeric=True),
        ],
        "rows": [
            {"name": "杭州澜序桥电子商务有限公司", "division": "浙江省 杭州市 余杭区", "count": "42"},
            {"name": "三穗县青禾坝农产品专业合作社", "division": "贵州省 黔东南苗族侗族自治州 三穗县", "count": "7"},
        ],
        "provinces": [("浙江省", 4120), ("广东省", 3688), ("贵州省", 702), ("新疆维吾尔自治区", 311), ("北京市", 1290)],
        "months": [(f"{month}月", 120 + 37 * month % 90 + month * 14) for month in range(1, 13)],
        "challenge": cx.Challenge(id="sample", url=static("chengxin/sample.svg")),
        "keys": [("a", "通过"), ("r", "不通过"), ("n", "下一件")],
        "picture": static("chengxin/sample.svg"),
    }


def entries(request: HttpRequest) -> list[dict[str, Any]]:
    """Every component with its example drawn and its source."""
    values = sample_values()
    found = []
    for item in REGISTRY.values():
        template = get_template(item.example)
        source = engines["django"].engine.get_template(item.example).source.strip()  # type: ignore[attr-defined]
        found.append({"component": item, "source": source, "shown": _safe(template.render(values, request))})
    return found


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """The page; it exists in demo mode only."""
    if not getattr(settings, "DEMO", False):
        raise Http404
    return render(request, "styleguide.html", {"entries": entries(request)})


def _safe(html: str) -> SafeString:
    return mark_safe(html)
