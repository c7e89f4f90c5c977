"""Every way a file can be wrong gets its sentence, and what is taken is only pixels (REG-07, D-39)."""

from __future__ import annotations

import io
import os
import resource
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfWriter

from chengxin.common.errors import Invalid, NotFound
from chengxin.filings import file_rules, files, raster
from chengxin.filings.file_rules import JPEG, PDF, PNG, SLOTS

EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return settings.MEDIA_ROOT


def drawn(kind: str = "JPEG", size: tuple[int, int] = (640, 480), mode: str = "RGB", **extra: Any) -> bytes:
    picture = Image.frombytes("RGB", size, os.urandom(size[0]) * size[1] * 3).convert(mode)
    out = io.BytesIO()
    picture.save(out, format=kind, **extra)
    return out.getvalue()


def paged(pages: int = 2, **encrypt: Any) -> bytes:
    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(width=595, height=842)
    if encrypt:
        writer.encrypt(**encrypt)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def refused(data: bytes, *, slot: str = "registration", name: str = "a.jpg") -> str:
    with pytest.raises(Invalid) as caught:
        files.intake(io.BytesIO(data), slot=slot, name=name)
    assert list(caught.value.fields) == [slot]
    assert left_over() == []
    return caught.value.fields[slot][0]


def left_over() -> list[Path]:
    return [path for path in files.root().rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("kind", "mode", "media_type"), [("JPEG", "RGB", JPEG), ("PNG", "RGBA", PNG), ("PNG", "P", PNG), ("JPEG", "CMYK", JPEG)]
)
def test_a_picture_is_kept_under_the_hash_of_what_is_on_disk(kind: str, mode: str, media_type: str) -> None:
    stored = files.intake(io.BytesIO(drawn(kind, mode=mode)), slot="registration", name="执照.jpeg")
    data, served = files.picture(stored.sha256, media_type=stored.media_type)
    path = files.path_of(stored.sha256)
    assert (stored.media_type, served, stored.bytes) == (media_type, media_type, len(data))
    assert file_rules.sniff(data) == media_type
    assert path.parts[-3:] == (stored.sha256[:2], stored.sha256[2:4], stored.sha256)
    assert path.stat().st_mode & 0o777 == 0o600
    assert left_over() == [path]


def test_nothing_but_pixels_survives() -> None:
    exif = Image.Exif()
    exif[0x010E] = "<?php secret ?>"
    exif[0x0112] = 6
    data = drawn(exif=exif.tobytes(), comment=b"<script>alert(1)</script>") + b"PK\x03\x04trailing archive"
    stored = files.intake(io.BytesIO(data), slot="registration", name="x.jpg")
    kept = files.path_of(stored.sha256).read_bytes()
    assert not any(word in kept for word in (b"php", b"script", b"PK\x03\x04", b"Exif"))
    with Image.open(io.BytesIO(kept)) as picture:
        assert picture.size == (480, 640), "turned upright as the camera said"


def test_a_large_photo_is_reduced_and_stays_in_proportion() -> None:
    out = io.BytesIO()
    Image.new("L", (6000, 3000), 128).save(out, format="JPEG")
    stored = files.intake(io.BytesIO(out.getvalue()), slot="registration", name="x.jpg")
    with Image.open(files.path_of(stored.sha256)) as picture:
        assert picture.size == (4096, 2048)


def test_bitmap_of_the_identity_slot_becomes_png() -> None:
    stored = files.intake(io.BytesIO(drawn("BMP")), slot="identity", name="头像.bmp")
    assert (stored.media_type, stored.name) == (PNG, "头像.png")


def test_the_same_bytes_twice_are_one_file() -> None:
    data = drawn()
    first, second = (files.intake(io.BytesIO(data), slot="archive", name=name) for name in ("a.jpg", "b.jpg"))
    assert first.sha256 == second.sha256
    assert len(left_over()) == 1


@pytest.mark.requirement("REG-07.3")
def test_renamed_program_is_refused() -> None:
    assert refused(b"MZ\x90\x00" + os.urandom(5000), name="执照.jpg").startswith("文件内容不是 JPG、PNG 或 PDF")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "0 字节"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 500, "HEIC"),
        (b"GIF89a" + b"\0" * 50 + b"<script>alert(1)</script>", "文件内容不是"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "文件内容不是"),
        (b"PK\x03\x04" + b"\0" * 100, "文件内容不是"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 200, "不完整或已损坏"),
        (b"%PDF-1.7\n" + b"\0" * 200, "PDF 文件无法打开"),
        (b"BM" + b"\0" * 200, "不能上传 BMP"),
        (drawn(size=(20, 20)), "过小"),
    ],
    ids=["empty", "heic", "gif polyglot", "svg", "zip", "jpeg head only", "pdf head only", "kind of another slot", "tiny"],
)
def test_each_wrong_file_gets_its_sentence(data: bytes, says: str) -> None:
    assert says in refused(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
def test_a_picture_cut_short_is_refused(kind: str, share: float) -> None:
    data = drawn(kind, size=(800, 600))
    assert "不完整或已损坏" in refused(data[: int(len(data) * share)])


def bomb(width: int, height: int) -> bytes:
    """A PNG head that promises many pixels, and almost no data."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)

    size = width.to_bytes(4) + height.to_bytes(4) + bytes([8, 2, 0, 0, 0])
    rows = zlib.compress(b"\0" * 1_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8_000, 10_000, 20_000, 60_000])
def test_a_picture_bomb_is_refused_before_it_is_decoded(side: int) -> None:
    assert "图片尺寸过大" in refused(bomb(side, side))


def test_the_cap_stops_the_stream() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b"\xff\xd8\xff" + b"\0" * (size - 3)

    stream = Endless()
    with pytest.raises(Invalid) as caught:
        files.intake(stream, slot="archive", name="50MB.jpg")
    assert caught.value.fields == {"archive": ["文件超过 5 MB，请压缩或重新拍摄后上传。"]}
    assert stream.given < 6 * 1024 * 1024


def test_a_broken_connection_has_its_own_sentence() -> None:
    class Cut(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            data = super().read(1000)
            if not data:
                raise OSError("connection reset")
            return data

    with pytest.raises(Invalid) as caught:
        files.intake(Cut(drawn()[:3000]), slot="archive", name="x.jpg")
    assert "上传中断" in caught.value.fields["archive"][0]
    assert left_over() == []


def test_the_test_virus_is_found_wherever_it_stands() -> None:
    split = b"%PDF-1.7\n" + b"a" * (64 * 1024 - 30) + EICAR.encode() + b"b" * 100
    assert "病毒" in refused(split, name="x.pdf")


def test_a_pdf_is_kept_as_it_came_and_shown_as_pictures() -> None:
    data = paged(3)
    stored = files.intake(io.BytesIO(data), slot="archive", name="证明.PDF")
    assert (stored.media_type, stored.pages, stored.name) == (PDF, 3, "证明.pdf")
    with files.open_original(stored.sha256) as handle:
        assert handle.read() == data
    for page in (1, 3, 3):
        shown, media_type = files.picture(stored.sha256, media_type=PDF, page=page)
        assert (file_rules.sniff(shown), media_type) == (PNG, PNG)
    for page in (0, 4, 99_999):
        with pytest.raises(NotFound):
            files.picture(stored.sha256, media_type=PDF, page=page)
    assert files.remove(stored.sha256)
    assert left_over() == []


def test_locked_long_and_wrong_slot_pdfs() -> None:
    assert "密码" in refused(paged(1, user_password="x"), name="x.pdf")
    assert "PDF 共 21 页，最多 20 页" in refused(paged(21), name="x.pdf")
    assert "不能上传 PDF 文件，支持上传的文件类型为jpg。" in refused(paged(1), slot="voluntary", name="x.pdf")


def test_a_huge_page_is_drawn_within_bounds() -> None:
    writer = PdfWriter()
    writer.add_blank_page(width=14400, height=200)
    out = io.BytesIO()
    writer.write(out)
    stored = files.intake(io.BytesIO(out.getvalue()), slot="archive", name="x.pdf")
    shown, _type = files.picture(stored.sha256, media_type=PDF)
    with Image.open(io.BytesIO(shown)) as picture:
        assert max(picture.size) == 2000


def swollen(mebibytes: int) -> bytes:
    """A small PDF whose page is one picture that unpacks to so many MiB."""
    packer = zlib.compressobj(9)
    head = packer.compress(b"\0" * 1024 * 1024) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b"\0" * 1024 * 1024) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = head + block * (mebibytes - 1) + packer.flush()
    side = int((mebibytes * 1024 * 1024 / 3) ** 0.5)
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</I 5 0 R>>>>/Contents 4 0 R>>",
        b"<</Length 24>>stream\n500 0 0 500 0 0 cm /I Do\nendstream",
        b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8" % (side, side)
        + b"/Filter/FlateDecode/Length %d>>stream\n" % len(packed)
        + packed
        + b"\nendstream",
    ]
    body, places = b"%PDF-1.7\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(body))
        body += b"%d 0 obj%s\nendobj\n" % (number, part)
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + table + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)


def test_a_pdf_that_swells_never_takes_this_process_along() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    data = swollen(3000)
    assert len(data) < 4 * 1024 * 1024
    try:
        files.intake(io.BytesIO(data), slot="archive", name="x.pdf")
    except Invalid as error:
        assert "PDF" in error.fields["archive"][0]
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    assert children < raster.MEMORY_BYTES
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_a_pdf_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster, "WALL_SECONDS", 0.02)
    assert "过于复杂" in refused(paged(1), name="x.pdf")


def test_names_of_hashes_cannot_walk() -> None:
    for name in ("../../etc/passwd", "a" * 63, "A" * 64, "a" * 63 + "/"):
        with pytest.raises(NotFound):
            files.path_of(name)


def test_the_sweep_takes_old_unbound_files_and_temporaries_only() -> None:
    bound, loose, fresh = (files.intake(io.BytesIO(drawn()), slot="archive", name="x.jpg").sha256 for _n in range(3))
    stray = files.root() / "tmp" / "stray"
    stray.write_bytes(b"x")
    for path in (files.path_of(bound), files.path_of(loose), stray):
        os.utime(path, (0, 0))
    assert files.sweep(is_bound=lambda sha256: sha256 == bound) == 2
    assert (files.exists(bound), files.exists(loose), files.exists(fresh), stray.exists()) == (True, False, True, False)


def test_hints_are_made_from_the_limits() -> None:
    assert SLOTS["registration"].hint == "支持 JPG、PNG、PDF 格式，大小不超过 10 MB。"
    assert SLOTS["archive"].hint == "支持 JPG、PNG、PDF 格式，单个文件不超过 5 MB，最多 10 个。"
    assert SLOTS["voluntary"].accept == ".jpg,.jpeg,image/jpeg"


@given(st.text(max_size=300))
def test_a_shown_name_has_no_path_no_controls_and_the_true_extension(name: str) -> None:
    shown = file_rules.clean_name(name, media_type=PNG)
    assert shown.endswith(".png") and 5 <= len(shown) <= 104
    assert shown.isprintable() or all(c.isspace() or c.isprintable() for c in shown)
    assert not set(shown) & set("/\\\0\r\n")


@given(data=st.binary(max_size=3000), head=st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"RIFF"]))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_ever_cause_anything_but_a_sentence(data: bytes, head: bytes) -> None:
    try:
        files.intake(io.BytesIO(head + data), slot="identity", name="x.jpg")
    except Invalid as error:
        assert error.fields["identity"][0]
    assert not any(path.is_file() for path in (files.root() / "tmp").glob("*"))


@given(position=st.integers(min_value=0, max_value=10_000), value=st.integers(min_value=0, max_value=255))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_picture_with_one_wrong_byte_is_rewritten_or_refused(position: int, value: int) -> None:
    data = bytearray(_SAMPLE)
    data[position % len(data)] = value
    try:
        stored = files.intake(io.BytesIO(bytes(data)), slot="identity", name="x.jpg")
    except Invalid:
        return
    with Image.open(files.path_of(stored.sha256)) as picture:
        picture.load()


_SAMPLE = drawn("PNG", size=(60, 60))
