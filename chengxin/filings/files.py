"""Files handed in: taken from a stream, checked, written again, kept under their hash (D-39).

Bytes come first: they are on disk, complete and synced, before any row speaks of them. Pictures are
decoded and written anew, so nothing but pixels survives; PDFs are kept as they came, never opened in
this process and never sent inline: people look at pictures of their pages.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from chengxin.common import clock
from chengxin.common.errors import Invalid, NotFound, Unavailable
from chengxin.filings import raster
from chengxin.filings.file_rules import (
    BMP,
    EXTENSIONS,
    JPEG,
    MAX_PIXELS,
    MAX_SIDE_PX,
    PDF,
    PNG,
    Slot,
    clean_name,
    refusal,
    say,
    slot_of,
    sniff,
)
from chengxin.gateways import virus_scan

CHUNK = 256 * 1024
MIN_SIDE_PX = 50
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORMATS = {JPEG: "JPEG", PNG: "PNG", BMP: "BMP"}


class Readable(Protocol):
    """Anything bytes can be read from in pieces."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Stored:
    """A file on disk: the hash is its name, `pages` how many pictures show it."""

    sha256: str
    media_type: str
    bytes: int
    name: str
    pages: int = 1


def intake(stream: Readable, *, slot: str, name: str | None = None) -> Stored:
    """Take a file from `stream` into `slot`, or leave nothing behind.

    Raises Invalid({slot: [sentence]}), and Unavailable where the disk has no room.
    """
    given = name or getattr(stream, "name", None) or gettext("文件")
    with _telling(slot):
        return _taken(stream, slot_of(slot), str(given))


def set_aside(stream: Readable, *, target: Path, max_bytes: int, slot: str) -> tuple[str, int]:
    """Keep bytes at `target` as they came, for a program to read; returns their hash and how many they are.

    Raises as `intake` does, and leaves nothing behind then.
    """
    limits = Slot(slot, max_bytes, (), 1)
    with _telling(slot), _temporary() as raw:
        if not _receive(stream, raw, limits):
            raise _Refusal(say("empty"))
        if virus_scan.scan(raw) is not None:
            raise _Refusal(say("virus"))
        with raw.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        size = raw.stat().st_size
        _settle_at(raw, target)
        return digest, size


@contextmanager
def _telling(slot: str) -> Iterator[None]:
    """Say what went wrong in the words of the slot."""
    try:
        yield
    except _Refusal as error:
        raise Invalid({slot: [str(error)]}) from error
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        message = _("平台存储空间暂时不足，文件没有保存；已填写的内容不受影响，请稍后重新上传。")
        raise Unavailable(message, retry_after=60, code="storage-full") from error


def _taken(stream: Readable, limits: Slot, given: str) -> Stored:
    with _temporary() as raw:
        head = _receive(stream, raw, limits)
        why = refusal(head, slot=limits)
        if why:
            raise _Refusal(why)
        if virus_scan.scan(raw) is not None:
            raise _Refusal(say("virus"))
        return _keep(raw, str(sniff(head)), given, limits)


class _Refusal(Exception):
    """Carries one sentence from the depth of the checks to the slot's name."""


def _receive(stream: Readable, raw: Path, limits: Slot) -> bytes:
    """Copy the stream to `raw`, stopping at the cap; returns the first bytes."""
    head, total = b"", 0
    with raw.open("wb") as out:
        while chunk := _read(stream):
            total += len(chunk)
            if total > limits.max_bytes:
                raise _Refusal(say("too_large", size=limits.max_bytes // (1024 * 1024)))
            head = head or chunk[:64]
            out.write(chunk)
    return head


def _read(stream: Readable) -> bytes:
    try:
        return stream.read(CHUNK)
    except OSError as error:
        raise _Refusal(say("cut")) from error


def _keep(raw: Path, kind: str, given: str, limits: Slot) -> Stored:
    if kind == PDF:
        return _keep_pdf(raw, given, limits)
    kind, data = _rewritten(raw, kind)
    digest = hashlib.sha256(data).hexdigest()
    with _temporary() as clean:
        clean.write_bytes(data)
        _settle(clean, digest)
    return Stored(digest, kind, len(data), clean_name(given, media_type=kind))


def _keep_pdf(raw: Path, given: str, limits: Slot) -> Stored:
    """A PDF must open, have few enough pages, and show its first page in the limited child."""
    with _temporary(folder=True) as pictures:
        try:
            found = raster.rasterise(raw, into=pictures)
        except raster.Refused as error:
            raise _Refusal(say(error.why)) from error
    if found.total > limits.max_pages:
        raise _Refusal(say("pdf_pages", pages=found.total, most=limits.max_pages))
    with raw.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    size = raw.stat().st_size
    _settle(raw, digest)
    return Stored(digest, PDF, size, clean_name(given, media_type=PDF), found.total)


def _rewritten(raw: Path, kind: str) -> tuple[str, bytes]:
    """The picture made anew from its pixels: turned upright, no metadata, nothing after its end."""
    try:
        with Image.open(raw, formats=[_FORMATS[kind]]) as picture:
            _check_size(picture.width, picture.height)
            picture.load()
            pixels = ImageOps.exif_transpose(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _Refusal(say("pixels", most=MAX_PIXELS // 10_000)) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise _Refusal(say("broken")) from error
    mode = "RGB" if kind == JPEG or ("transparency" not in pixels.info and "A" not in pixels.mode) else "RGBA"
    pixels = pixels.convert("L" if pixels.mode in ("L", "1", "LA") and mode == "RGB" else mode)
    pixels.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX))
    fresh = Image.frombytes(pixels.mode, pixels.size, pixels.tobytes())
    out = io.BytesIO()
    if kind == JPEG:
        fresh.save(out, format="JPEG", quality=90, optimize=True)
        return JPEG, out.getvalue()
    fresh.save(out, format="PNG", optimize=False, compress_level=6)
    return PNG, out.getvalue()


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _Refusal(say("pixels", most=MAX_PIXELS // 10_000))
    if min(width, height) < MIN_SIDE_PX:
        raise _Refusal(say("tiny", width=width, height=height))


# --- the store ------------------------------------------------------------------------------------


def root() -> Path:
    """The folder that holds every file handed in; outside anything a web server serves."""
    return Path(settings.MEDIA_ROOT)


def path_of(sha256: str) -> Path:
    """Where the bytes with this hash stand; raises NotFound for what is not a hash."""
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise NotFound()
    return root() / sha256[:2] / sha256[2:4] / sha256


def exists(sha256: str) -> bool:
    """Whether the bytes are here."""
    return path_of(sha256).is_file()


def open_original(sha256: str) -> BinaryIO:
    """The stored bytes, for a download as attachment only; raises NotFound."""
    try:
        return path_of(sha256).open("rb")
    except FileNotFoundError as error:
        raise NotFound() from error


def remove(sha256: str) -> bool:
    """Delete bytes and page pictures; False where they were not here. Only the sweep calls this."""
    target = path_of(sha256)
    shutil.rmtree(_pages_folder(sha256), ignore_errors=True)
    there = target.is_file()
    target.unlink(missing_ok=True)
    return there


def sweep(*, is_bound: Callable[[str], bool], older_than_hours: int = 24, limit: int = 1000) -> int:
    """Remove files and left-over temporaries older than the term that no row speaks of; how many went."""
    before = clock.now().timestamp() - older_than_hours * 3600
    gone = 0
    for path in _old_files(before):
        if gone >= limit:
            break
        if path.parent.name == "tmp":
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
            gone += 1
        elif not is_bound(path.name):
            gone += remove(path.name)
    return gone


def _old_files(before: float) -> Iterator[Path]:
    for pattern in ("tmp/*", "??/??/" + "[0-9a-f]" * 64):
        for path in root().glob(pattern):
            if path.stat().st_mtime < before:
                yield path


def _settle(source: Path, digest: str) -> None:
    """Sync `source`, give it its final name and sync the folder: after this a row may speak of it."""
    _settle_at(source, path_of(digest))


def _settle_at(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _sync(source)
    os.chmod(source, 0o600)
    os.utime(source)
    os.replace(source, target)
    for folder in (target.parent, target.parent.parent, root()):
        _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _temporary(*, folder: bool = False) -> Iterator[Path]:
    """A private file or folder on the disk of the store, gone at the end unless it was renamed."""
    place = root() / "tmp"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder:
        with tempfile.TemporaryDirectory(dir=place) as name:
            yield Path(name)
        return
    handle, name = tempfile.mkstemp(dir=place)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


# --- what a person looks at -----------------------------------------------------------------------


def _pages_folder(sha256: str) -> Path:
    return path_of(sha256).with_suffix(".pages")


def picture(sha256: str, *, media_type: str, page: int = 1) -> tuple[bytes, str]:
    """Page `page` (from 1) of a stored file as (bytes, media type), safe to show inline; raises NotFound."""
    return picture_path(sha256, media_type=media_type, page=page).read_bytes(), media_type if media_type == JPEG else PNG


def picture_path(sha256: str, *, media_type: str, page: int = 1) -> Path:
    """Where page `page` (from 1) of a stored file stands as a picture; raises NotFound."""
    if media_type in (JPEG, PNG):
        if page != 1 or not exists(sha256):
            raise NotFound()
        return path_of(sha256)
    if media_type not in EXTENSIONS or not exists(sha256) or not 1 <= page <= 9999:
        raise NotFound()
    target = _pages_folder(sha256) / f"{page:04d}.png"
    if not target.is_file():
        _draw_page(sha256, page)
    if not target.is_file():
        raise NotFound()
    return target


def _draw_page(sha256: str, page: int) -> None:
    folder = _pages_folder(sha256)
    folder.mkdir(exist_ok=True, mode=0o700)
    try:
        raster.rasterise(path_of(sha256), into=folder, first=page, last=page)
    except raster.Refused as error:
        raise NotFound(say(error.why)) from error
