"""Fields, answers, divisions, charts and words, as pure functions."""

from __future__ import annotations

import gettext
import io

import pytest
from django import forms
from django.http import QueryDict
from django.template import Context, Template
from django.utils import translation

from chengxin.catalogue.values import Field as CatalogueField
from chengxin.catalogue.values import FileSlot, Limits, Option, Text
from chengxin.web import answers, charts, context, pageforms, words
from chengxin.web.forms import field_view, visibility_view
from chengxin.web.pickers import DivisionTree, divisions_view
from chengxin.web.registry import REGISTRY
from chengxin.web.styleguide import ROW, TREE


def draw(source: str, **values: object) -> str:
    return Template("{% load cx %}" + source).render(Context(values))


def test_a_catalogue_field_becomes_a_row() -> None:
    kinds = (Option("a", Text("甲", "Alpha")), Option("b", Text("乙", "Beta")))
    field = CatalogueField(code="kind", label=Text("类别", "Kind"), kind="choice", required=True, options=kinds)
    row = field_view(field, path=f"{ROW}/kind", answers={f"{ROW}/kind": "b"}, errors={f"{ROW}/kind": ["请选择类别"]})
    html = draw("{% field of=row %}", row=row)
    assert 'value="b" id="' in html and "checked" in html
    assert "（必填）" in html and "请选择类别" in html and 'role="radiogroup"' in html
    with translation.override("en"):
        assert field_view(field, path="x", answers={}).options == (("a", "Alpha"), ("b", "Beta"))


def test_a_file_field_tells_its_limits() -> None:
    field = CatalogueField(
        code="papers", label=Text("附件"), kind="file", files=FileSlot("archive", 10, 5, ("image/jpeg", "png", "application/pdf"))
    )
    row = field_view(field, path="p", answers={}, upload_url="/up")
    assert row.slot is not None
    assert row.slot.hint == "支持上传的文件类型为jpg、png、pdf，单个文件不超过 5 MB，最多 10 个。"
    assert row.slot.accept == ".jpg,.jpeg,.png,.pdf"


def test_what_was_typed_is_escaped() -> None:
    field = CatalogueField(code="n", label=Text("<b>名称</b>"), kind="longtext", limits=Limits(max_length=20))
    html = draw("{% field of=row %}", row=field_view(field, path="n", answers={"n": "</textarea><script>x</script>"}))
    assert "<script>" not in html and "<b>" not in html


def test_visibility_has_no_default() -> None:
    html = draw("{% field of=row %}", row=visibility_view(path=ROW, value=""))
    assert "checked" not in html and html.count('type="radio"') == 2


def test_parts_are_put_together() -> None:
    post = QueryDict("t.from=2024-01-01&t.long=1&m=a&m=b&d.1=330000&d.2=330100&d.3=522624&s=x")
    kinds = {"t": "period", "m": "multichoice", "d": "division", "s": "text", "none": "boolean"}
    read = answers.read(post, kinds=kinds, tree=TREE)
    assert read == {"t": "2024-01-01..长期", "m": "a,b", "d": "330100", "s": "x", "none": ""}
    assert answers.changed(before={"s": "y", "m": "a,b"}, after=read).keys() == {"t", "d", "s"}
    assert answers.pressed(QueryDict("_delete=S05/1")) == ("_delete", "S05/1")


def test_divisions_are_found_by_words_and_codes() -> None:
    assert TREE.search("浙江 余杭") == [("330110", "浙江省 杭州市 余杭区")]
    assert TREE.search("522624") == [("522624", "贵州省 黔东南苗族侗族自治州 三穗县")]
    assert TREE.search("  ") == []
    view = divisions_view(tree=TREE, chosen="330100")
    assert [len(level.options) for level in view.levels] == [2, 2, 2]
    assert DivisionTree.of([]).read({"x": "330000"}, "x") == "330000"


class _Entry(pageforms.PageForm):
    name = pageforms.Entry(label="企业名称", max_length=4)
    kind = pageforms.Choice(label="类型", choices=[("a", "甲")])
    count = forms.IntegerField(label="数量", min_value=3)


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        ({}, {"请填写企业名称", "请选择类型", "请填写数量"}),
        (
            {"name": "一二三四五", "kind": "z", "count": "1"},
            {"企业名称过长，请缩短后重新填写", "请从列出的选项中选择类型", "数量过小，请检查后重新填写"},
        ),
        ({"name": "一", "kind": "a", "count": "x"}, {"数量的格式不正确，请检查后重新填写"}),
    ],
)
def test_messages_name_field_and_remedy(data: dict[str, str], texts: set[str]) -> None:
    form = _Entry(data)
    assert {str(text) for errors in form.errors.values() for text in errors} == texts


@pytest.mark.parametrize("kind", ["bar", "column", "line"])
@pytest.mark.parametrize("points", [[], [("<甲>", 0)], [("一月", 7), ("二月", 12_345)]])
def test_charts_are_safe_and_named(kind: str, points: list[tuple[str, int]]) -> None:
    picture = charts.draw(kind=kind, title='档案"数', points=points, unit="份")
    assert picture.startswith('<svg role="img" aria-label="档案&quot;数"')
    assert "<甲>" not in picture and "style=" not in picture and "nan" not in picture


@pytest.mark.parametrize(
    ("agent", "old"),
    [
        ("Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1)", True),
        ("Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/90.0 Safari/537.36", True),
        ("Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/109.0 Safari/537.36", False),
        ("Mozilla/5.0 (Mac) AppleWebKit/605 Version/14.1 Safari/605", True),
        ("Mozilla/5.0 (Mac) AppleWebKit/605 Version/17.0 Safari/605", False),
        ("Mozilla/5.0 (X11; rv:128.0) Gecko/20100101 Firefox/128.0", False),
        ("curl/8", False),
    ],
)
def test_old_browsers_are_known(agent: str, old: bool) -> None:
    assert context.old_browser(agent) is old


def test_every_component_has_parameters_with_types() -> None:
    assert len(REGISTRY) >= 15
    for item in REGISTRY.values():
        assert item.text and all(parameter.type for parameter in item.parameters), item.name


def test_compiled_english_is_up_to_date_and_readable() -> None:
    compiled = words.PO.with_suffix(".mo").read_bytes()
    assert compiled == words.compiled(words.read())
    catalogue = gettext.GNUTranslations(io.BytesIO(compiled))
    assert catalogue.gettext("客服联系方式") == "Customer service"
    assert catalogue.ngettext("有 %(n)s 项需要更正", "有 %(n)s 项需要更正", 2) == "%(n)s items need correction"


def test_every_text_of_the_components_has_english() -> None:
    assert [gap for gap in words.missing() if gap[0].startswith(("chengxin/web/templates/components", "chengxin/web/templates/base"))] == []
