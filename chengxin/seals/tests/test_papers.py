"""What a paper says, who signed it, and that a single changed byte shows (D-14, D-23, REG-06)."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pypdfium2
import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from chengxin.common import clock, keys
from chengxin.common.errors import NotFound
from chengxin.seals import papers, pdf, typesetting, watermark
from chengxin.seals.tests import samples
from chengxin.seals.tests.samples import HOSTILE


@pytest.fixture(scope="module")
def ring_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    keys.KeyRing(folder).generate_missing(demo=True)
    return folder


@pytest.fixture(autouse=True)
def own_keys(settings: Any, ring_folder: Path) -> None:
    settings.KEYS_DIR = ring_folder


@pytest.fixture(scope="module")
def signed(ring_folder: Path) -> bytes:
    from django.test import override_settings

    with override_settings(KEYS_DIR=ring_folder):
        return pdf.report(samples.report())


def words(document: bytes) -> str:
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(document)).pages)
    return "".join(text.split())


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_a_report_says_what_it_must(signed: bytes) -> None:
    text = words(signed)
    for sentence in (
        "杭州澜序桥电子商务有限公司",
        "报告编号BG20261120K7M4Q2XW9P",
        "生成时间2026年11月20日14:30:05",
        "数据截至2026年11月20日14:30:05（公示日志第20417条）",
        "第1页，共4页",
        "本报告不能说明什么",
        "企业自行填报，未经政府核实",
        "来源：杭州市余杭区市场监督管理局",
        "异议中",
        "存证编号：00000000-0000-0000-0000-000000001ef0",
        "演示系统，数据均为虚构",
        "http://127.0.0.1:8000/verify/BG20261120K7M4Q2XW9P",
    ):
        assert sentence in text, sentence
    assert text.index("行政处罚2") < text.index("虚线以上由政府部门提供") < text.index("网络经营主体1")


def test_the_mark_of_the_demo_is_on_every_page_and_only_there(signed: bytes) -> None:
    for page in PdfReader(io.BytesIO(signed)).pages:
        text = squeezed(page.extract_text())
        assert "演示样张" in text and "演示系统，数据均为虚构" in text
    assert "演示" not in words(pdf.report(samples.report(demo=False)))


def fonts(document: bytes) -> dict[str, bool]:
    """Names of all fonts used, and whether each stands in the file."""
    found: dict[str, bool] = {}
    for page in PdfReader(io.BytesIO(document)).pages:
        for font in page["/Resources"]["/Font"].values():
            for inner in font.get_object()["/DescendantFonts"]:
                descriptor = inner.get_object()["/FontDescriptor"].get_object()
                name = str(descriptor["/FontName"]).partition("+")[2]
                found[name] = any(f"/FontFile{n}" in descriptor for n in ("", "2", "3"))
    return found


def test_fonts_are_the_shipped_ones_and_in_the_file(signed: bytes) -> None:
    used = fonts(signed)
    assert all(used.values())
    assert {name.partition("-")[0] for name in used} == {"NotoSansSC", "NotoSerifSC"}


def test_the_paper_is_tagged_and_says_its_language_and_title(signed: bytes) -> None:
    root = PdfReader(io.BytesIO(signed)).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]).startswith("zh")
    title = PdfReader(io.BytesIO(signed)).metadata.title
    assert title == "企业诚信档案报告 BG20261120K7M4Q2XW9P"


@pytest.mark.parametrize("place", ["name", "title", "label", "value", "section", "source", "banner"])
def test_texts_are_printed_and_never_run(place: str) -> None:
    document = samples.report(sections=[samples.section("企业荣誉", "enterprise", 1)])
    record = document["sections"][0]["records"][0]
    if place == "name":
        document["enterprise"]["name"] = HOSTILE
    elif place == "title":
        record["title"] = HOSTILE
    elif place == "source":
        record["source"] = HOSTILE
    elif place == "section":
        document["sections"][0]["title"] = HOSTILE
    elif place == "banner":
        document["banner"] = HOSTILE
    else:
        record["rows"] = [(HOSTILE, "x")] if place == "label" else [("x", HOSTILE)]
    assert squeezed(HOSTILE) in words(pdf.report(document))


def test_very_long_words_and_texts_stay_on_the_paper() -> None:
    document = samples.report(sections=[samples.section("企业荣誉", "enterprise", 1)])
    document["sections"][0]["records"][0]["rows"] = [("网址", "a" * 900), ("简介", "长" * 10_000)]
    made = pdf.report(document)
    assert words(made).count("长") == 10_000
    assert 5 < typesetting.pages(made) < 15
    assert within_margins(made).count("长") == 10_000
    assert within_margins(made).count("a") == 900


def within_margins(document: bytes) -> str:
    """The text that lies inside the margins of all pages."""
    with pypdfium2.PdfDocument(document) as opened:
        return "".join(page.get_textpage().get_text_bounded(left=50, bottom=60, right=545, top=790) for page in opened)


def test_a_copied_fingerprint_is_the_fingerprint() -> None:
    with pypdfium2.PdfDocument(pdf.receipt(samples.receipt())) as opened:
        text = opened[0].get_textpage().get_text_bounded()
    assert "\u200b" not in text
    assert "ef56" * 16 in text


def test_an_empty_report_says_so() -> None:
    assert "没有已公示的信息" in words(pdf.report(samples.report(sections=[])))


def test_the_same_document_gives_the_same_page_bytes() -> None:
    document = samples.report()
    assert pdf._report(document) == pdf._report(document)


def test_a_long_report_lists_groups_and_a_long_group_its_newest() -> None:
    sections = [samples.section("行政处罚信息", "government", 220), samples.section("企业荣誉", "enterprise", 240)]
    whole = pdf._report(samples.report(sections=sections))
    assert typesetting.pages(whole) <= 2
    assert "全部内容超过60页" in words(whole)
    group = pdf._report(samples.report(sections=[samples.section("企业荣誉", "enterprise", 480)], group="企业荣誉"))
    assert 50 <= typesetting.pages(group) <= pdf.MAX_PAGES
    assert "共480条，本报告列出最近" in words(group)
    assert "分组报告：企业荣誉" in words(group)


def test_the_signature_is_the_platforms_and_has_its_moment() -> None:
    moment = clock.now() + timedelta(days=400)
    with clock.at(moment):
        verdict = pdf.verify(pdf.receipt(samples.receipt()))
    assert verdict["ok"] and verdict["intact"] and verdict["trusted"]
    assert verdict["signer"] == "诚信平台报告签章"
    assert verdict["signed_at"] == moment.replace(microsecond=0)


def test_one_flipped_byte_anywhere_is_found(signed: bytes) -> None:
    chance = random.Random(5)
    for position in [chance.randrange(len(signed)) for _try in range(60)]:
        changed = bytearray(signed)
        changed[position] ^= 1 << chance.randrange(8)
        assert not pdf.verify(bytes(changed))["ok"], position


def test_an_added_page_and_an_added_note_are_found(signed: bytes) -> None:
    added = io.BytesIO()
    writer = PdfWriter(io.BytesIO(signed), incremental=True)
    writer.add_blank_page(width=595, height=842)
    writer.write(added)
    verdict = pdf.verify(added.getvalue())
    assert (verdict["ok"], verdict["signed"], verdict["reason"]) == (False, True, "changed")
    assert not pdf.verify(signed + b"\n% note")["ok"]


def test_what_is_not_ours_is_told_apart(signed: bytes, settings: Any, tmp_path: Path) -> None:
    assert pdf.verify(b"no pdf at all")["reason"] == "broken"
    assert pdf.verify(pdf._report(samples.report()))["reason"] == "unsigned"
    settings.KEYS_DIR = tmp_path / "another"
    keys.generate_missing(demo=True)
    verdict = pdf.verify(signed)
    assert (verdict["ok"], verdict["intact"], verdict["reason"]) == (False, True, "untrusted")


def test_papers_signed_before_a_change_of_keys_stay_good(settings: Any, tmp_path: Path) -> None:
    settings.KEYS_DIR = tmp_path / "ring"
    keys.generate_missing(demo=True)
    old = pdf.receipt(samples.receipt())
    keys.ring().rotate("pdf")
    assert pdf.verify(old)["ok"]
    assert pdf.verify(pdf.receipt(samples.receipt()))["ok"]


def test_a_receipt_says_what_was_received_and_nothing_of_its_content() -> None:
    text = words(pdf.receipt(samples.receipt()))
    for sentence in (
        "回执编号HZ20261120K7M4Q2XW9P",
        "受理审核单位杭州市余杭区商务局（演示）",
        "应办结时间2026年11月23日14:30:05",
        "ab12" * 16,
        "ef56" * 16,
        "营业执照.jpg",
        "生成中",
    ):
        assert sentence in text, sentence
    proved = samples.receipt(proof={"index": 417, "checkpoint": "127.0.0.1/audit 418"}, due_provisional=True)
    text = words(pdf.receipt(proved))
    assert "存证序号417" in text and "（暂定）" in text and "生成中" not in text


def test_the_parts_of_a_report_stand_apart(signed: bytes) -> None:
    text = words(signed)
    assert text.index("企业自行填报由企业填写并选择公开") < text.index("自愿注册信息企业自行注册，未经政府核实")
    assert "✚企业自行注册，未经政府核实" in text


def test_a_confirmation_says_what_holds_and_what_it_does_not_say() -> None:
    document = pdf.confirmation(samples.confirmation())
    text = words(document)
    for sentence in (
        "自愿注册信息确认书",
        "确认书编号QR20261120K7M4Q2XW9P",
        "注册事项慈善捐赠信息自愿注册",
        "提交时间2026年11月2日09:00:00",
        "发布时间2026年11月9日09:30:00",
        "存证编号00000000-0000-0000-0000-000000001ef0",
        "企业自行注册，未经政府核实",
        "本确认书不能说明什么",
        "不对外公示的字段和证明材料不在本确认书中",
        "演示系统，数据均为虚构",
    ):
        assert sentence in text, sentence
    assert pdf.verify(document)["ok"] and typesetting.pages(document) == 1
    silent = samples.confirmation(record={"title": "", "rows": [], "version_id": ""}, demo=False)
    text = words(pdf.confirmation(silent))
    assert "本事项的内容依规定不对外公示" in text and "存证编号" not in text and "演示" not in text


def test_texts_of_confirmations_and_posters_are_printed_and_never_run() -> None:
    hostile = samples.confirmation(item=HOSTILE)
    hostile["record"]["rows"] = [(HOSTILE, HOSTILE)]
    assert words(pdf.confirmation(hostile)).count(squeezed(HOSTILE)) == 3
    poster = samples.poster(lines=[(HOSTILE, HOSTILE)])
    poster["enterprise"] = {**poster["enterprise"], "name": HOSTILE}
    assert words(pdf.poster(poster)).count(squeezed(HOSTILE)) == 3


def test_the_poster_is_one_signed_page_that_says_to_scan() -> None:
    document = pdf.poster(samples.poster())
    text = words(document)
    for sentence in ("亮信用", "杭州澜序桥电子商务有限公司", "扫一扫，查看最新公示信息", "信息以扫码看到的为准", "演示系统，数据均为虚构"):
        assert sentence in text, sentence
    assert typesetting.pages(document) == 1 and pdf.verify(document)["ok"]
    longest = samples.poster(lines=[("荣誉表彰信息", "长" * 100)])
    longest["enterprise"] = {**longest["enterprise"], "name": "名" * 100}
    assert typesetting.pages(pdf.poster(longest)) == 1


HEADS = {
    "91": "法定代表人（签字）",
    "92": "经营者（签字）",
    "93": "法定代表人（签字）",
    "partnership": "执行事务合伙人（签字）",
    "sole": "投资人（签字）",
    "branch": "负责人（签字）",
}


@pytest.mark.parametrize(("kind", "head"), HEADS.items())
def test_every_kind_of_subject_has_its_own_authorisation(kind: str, head: str) -> None:
    body, name, media_type = papers.authorisation(kind)
    assert (name.startswith("法人代表签字授权文件模板"), media_type) == (True, "application/pdf")
    text = words(body)
    assert head in text and "授权期限：自" in text and "经办人姓名" in text
    assert ("盖章（如有）" in text) == (kind == "92")
    assert len(PdfReader(io.BytesIO(body)).pages) == 1
    assert papers.authorisation(kind)[0] == body


@pytest.mark.parametrize(("kind", "head"), HEADS.items())
def test_the_authorisation_can_be_typed_into(kind: str, head: str) -> None:
    body, name, media_type = papers.authorisation(kind, "docx")
    assert name.endswith(".docx") and "wordprocessingml" in media_type
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        for part in archive.namelist():
            ElementTree.fromstring(archive.read(part))
        text = "".join(ElementTree.fromstring(archive.read("word/document.xml")).itertext())
    assert head in text and "企业用户注册授权书" in text


def test_unknown_kinds_and_formats_are_not_found() -> None:
    for kind, form in (("99", "pdf"), ("91", "odt"), ("../91", "pdf")):
        with pytest.raises(NotFound):
            papers.authorisation(kind, form)
    assert [kind for kind, _label in papers.kinds()] == list(HEADS)


@pytest.mark.parametrize("kind", HEADS)
def test_the_sample_is_a_picture_of_one_page(kind: str) -> None:
    body, _name, media_type = papers.sample_picture(kind)
    with Image.open(io.BytesIO(body)) as picture:
        assert (picture.format, media_type) == ("PNG", "image/png")
        assert 0.70 < picture.width / picture.height < 0.71


def test_a_reviewers_copy_carries_the_text_and_the_original_does_not() -> None:
    out = io.BytesIO()
    Image.new("RGB", (1200, 800), "white").save(out, format="PNG")
    copy, media_type = watermark.watermarked(out.getvalue(), text="仅供审核使用 · 余杭区商务局 · 王*")
    with Image.open(io.BytesIO(copy)) as picture:
        assert (picture.size, media_type) == ((1200, 800), "image/jpeg")
        shaded = sum(1 for pixel in picture.convert("L").tobytes() if pixel < 240)
        assert 0.005 < shaded / (1200 * 800) < 0.2
        corners = [picture.crop(box).convert("L").getextrema()[0] for box in ((0, 0, 400, 270), (800, 530, 1200, 800))]
        assert max(corners) < 240, "no corner can be cut out clean"
