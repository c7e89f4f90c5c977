"""What a file handed in may be: slots, kinds told by their first bytes, and the sentences that say no.

Pure: no disk, no clock. The limits of a slot are written here once; the hint beside the upload field
is made from them, so page and check cannot disagree (D-39).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

MIB = 1024 * 1024
MAX_PIXELS = 50_000_000
"""Width times height above which a picture is not decoded at all."""
MAX_SIDE_PX = 4096
"""A longer side is reduced to this when the picture is written again."""
MAX_NAME_CHARS = 100

JPEG, PNG, PDF, BMP = "image/jpeg", "image/png", "application/pdf", "image/bmp"
EXTENSIONS = {JPEG: "jpg", PNG: "png", PDF: "pdf", BMP: "bmp"}
LABELS = {JPEG: "JPG", PNG: "PNG", PDF: "PDF", BMP: "BMP"}


@dataclass(frozen=True)
class Slot:
    """One place where files are handed in, with its limits."""

    name: str
    max_bytes: int
    kinds: tuple[str, ...]
    max_files: int
    max_pages: int = 20

    @property
    def hint(self) -> str:
        """The limits in one sentence, for the page."""
        kinds = gettext("、").join(LABELS[kind] for kind in self.kinds)
        size = self.max_bytes // MIB
        if self.max_files == 1:
            return gettext("支持 %(kinds)s 格式，大小不超过 %(size)d MB。") % {"kinds": kinds, "size": size}
        return gettext("支持 %(kinds)s 格式，单个文件不超过 %(size)d MB，最多 %(count)d 个。") % {
            "kinds": kinds,
            "size": size,
            "count": self.max_files,
        }

    @property
    def accept(self) -> str:
        """The value of the `accept` attribute of the file field."""
        names = [f".{EXTENSIONS[kind]}" for kind in self.kinds]
        return ",".join([*names, *([".jpeg"] if JPEG in self.kinds else []), *self.kinds])


SLOTS = {
    "registration": Slot("registration", 10 * MIB, (JPEG, PNG, PDF), 1),
    "archive": Slot("archive", 5 * MIB, (JPEG, PNG, PDF), 10),
    "case": Slot("case", 10 * MIB, (JPEG, PNG, PDF), 5),
    "voluntary": Slot("voluntary", 5 * MIB, (JPEG,), 5),
    "identity": Slot("identity", 4 * MIB, (JPEG, PNG, BMP), 1),
    "content": Slot("content", 10 * MIB, (PDF, JPEG, PNG), 10, max_pages=500),
}

WIDER_PROOFS = "jpg,png,pdf"
"""The value of VOLUNTARY_PROOFS that also takes PNG and PDF as proof of a voluntary record (VOL-20)."""


def slot_of(name: str) -> Slot:
    """The slot with the limits in force on this site."""
    found = SLOTS[name]
    wider = name == "voluntary" and settings.VOLUNTARY_PROOFS == WIDER_PROOFS
    return replace(found, kinds=(JPEG, PNG, PDF)) if wider else found


def extensions(name: str) -> tuple[str, ...]:
    """The endings of the files that a slot takes; none for a slot that is not known here."""
    return tuple(EXTENSIONS[kind] for kind in slot_of(name).kinds) if name in SLOTS else ()


SAYS: dict[str, str | Promise] = {
    "empty": _("文件是空的（0 字节），请重新选择文件。"),
    "too_large": _("文件超过 %(size)d MB，请压缩或重新拍摄后上传。"),
    "cut": _("上传中断，文件没有传完，请重新上传。"),
    "heic": _("这是 HEIC 照片，暂不支持。请在手机“设置 › 相机 › 格式”中选择“兼容性最佳”后重新拍摄，或转换为 JPG 再上传。"),
    "content": _("文件内容不是 %(kinds)s，请检查文件。仅修改扩展名不会改变文件内容。"),
    "kind": _("这里不能上传 %(kind)s 文件，支持上传的文件类型为%(kinds)s。仅修改扩展名不会改变文件内容。"),
    "broken": _("图片不完整或已损坏，请重新拍摄或导出后上传。"),
    "pixels": _("图片尺寸过大，请缩小到 %(most)d 万像素以内再上传。"),
    "tiny": _("图片过小（%(width)d×%(height)d 像素），看不清内容，请上传清晰的照片或扫描件。"),
    "pdf_broken": _("PDF 文件无法打开或已损坏，请重新导出后上传。"),
    "pdf_locked": _("PDF 文件设有密码，请取消密码后上传。"),
    "pdf_pages": _("PDF 共 %(pages)d 页，最多 %(most)d 页。"),
    "pdf_heavy": _("PDF 文件过于复杂，无法处理，请另存为图片后上传。"),
    "virus": _("文件未通过病毒扫描，已拒绝。请用杀毒软件检查后重新上传。"),
}


def say(key: str, **values: object) -> str:
    """One of the sentences above, filled in."""
    text = str(SAYS[key])
    return text % values if values else text


def wanted(slot: Slot) -> str:
    """The kinds of a slot as a person reads them: JPG、PNG 或 PDF."""
    names = [LABELS[kind] for kind in slot.kinds]
    return names[0] if len(names) == 1 else gettext("%(some)s 或 %(last)s") % {"some": gettext("、").join(names[:-1]), "last": names[-1]}


_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"}


def sniff(head: bytes) -> str | None:
    """The kind told by the first bytes, "heic" for phone pictures in that format, None for all else."""
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"BM") and len(head) >= 18 and head[6:10] == b"\0\0\0\0":
        return BMP
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
        return "heic"
    return None


def refusal(head: bytes, *, slot: Slot) -> str | None:
    """Why a file that begins so cannot be taken in this slot; None where it can."""
    if not head:
        return say("empty")
    kind = sniff(head)
    if kind == "heic":
        return say("heic")
    if kind is None:
        return say("content", kinds=wanted(slot))
    if kind not in slot.kinds:
        return say("kind", kind=LABELS[kind], kinds=gettext("、").join(EXTENSIONS[each] for each in slot.kinds))
    return None


def clean_name(name: str, *, media_type: str) -> str:
    """The name a person gave, safe to show and to offer for download: no path, no controls, true extension."""
    base = PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
    kept = "".join(c for c in base if unicodedata.category(c)[0] != "C")
    stem = re.sub(r'[<>:"|?*/]', "_", kept).rsplit(".", 1)[0].strip(" .")
    return f"{stem[:MAX_NAME_CHARS] or gettext('文件')}.{EXTENSIONS[media_type]}"
