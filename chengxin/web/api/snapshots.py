"""Daily snapshots for programs: the list, manifests, and the data in whole or in ranges, so that a download goes on where it broke off."""

from __future__ import annotations

import os
import re
from dataclasses import asdict
from typing import IO

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from chengxin.exchange import snapshots
from chengxin.web import errors
from chengxin.web.api.answers import data, matches, public, sent

RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
DAY = 86_400


@public
def listing(request: HttpRequest) -> HttpResponse:
    """The manifests of all snapshots, the newest first."""
    return data(request, {"items": [asdict(each) for each in snapshots.listing()]})


@public
def manifest(request: HttpRequest, *, name: str) -> HttpResponse:
    """One manifest, as it lies beside its data."""
    return sent(request, snapshots.manifest(name), kind="application/json", max_age=DAY)


@public
def download(request: HttpRequest, *, name: str) -> HttpResponseBase:
    """The data of one snapshot, or the one range that is asked for."""
    file, sha256 = snapshots.data(name)
    tag = f'"{sha256}"'
    size = os.fstat(file.fileno()).st_size
    response: HttpResponseBase
    if matches(request.headers.get("If-None-Match", ""), tag):
        file.close()
        response = HttpResponseNotModified()
    else:
        response = _part(request, file, size=size, tag=tag)
    response.headers["ETag"] = tag
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = f"public, max-age={DAY}"
    return response


def _part(request: HttpRequest, file: IO[bytes], *, size: int, tag: str) -> HttpResponseBase:
    """200 with everything, 206 with the range, 416 where there is no such range."""
    wanted = _range(request, size=size, tag=tag)
    if wanted is None:
        first, last, status = 0, size - 1, 200
    else:
        first, last = wanted
        status = 206
    if first > last:
        file.close()
        refused = errors.problem(status=416, code="no-such-range", message=_("文件没有这一段，请从头下载。"))
        refused.headers["Content-Range"] = f"bytes */{size}"
        return refused
    response = FileResponse(_Part(file, first, last - first + 1), status=status, content_type="application/zstd")
    response.headers["Content-Length"] = str(last - first + 1)
    if status == 206:
        response.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def _range(request: HttpRequest, *, size: int, tag: str) -> tuple[int, int] | None:
    """First and last byte of the one range asked for; None for everything. A range of other bytes (If-Range) is everything."""
    match = RANGE.fullmatch(request.headers.get("Range", "").strip())
    if match is None or match.groups() == ("", "") or request.headers.get("If-Range", tag).strip() != tag:
        return None
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size - 1 if int(last) else -1
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last), size - 1) if last else size - 1


class _Part:
    """A part of a file, read like a file of its own."""

    def __init__(self, file: IO[bytes], first: int, length: int) -> None:
        self._file = file
        self._left = length
        file.seek(first)

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size` of them."""
        piece = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        """Let the file go."""
        self._file.close()
