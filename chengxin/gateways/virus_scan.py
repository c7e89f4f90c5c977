"""Virus scan of a file on disk before anything else reads it.

The local scan knows one signature, the industry's harmless test file; it proves the wiring and is no
protection. With CLAMD_ADDRESS a clamd daemon is asked over its INSTREAM command. When it does not
answer, the upload is refused for now: an unscanned file is never taken.
"""

from __future__ import annotations

import socket
import struct
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from chengxin.common.errors import Unavailable

CHUNK = 64 * 1024
# In two halves, so that scanners do not find the test signature in this file.
_TEST_SIGNATURE = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"


def scan(path: Path) -> str | None:
    """The name of what was found in the file, None when clean; raises Unavailable when nobody answers."""
    return _ask_clamd(path, settings.CLAMD_ADDRESS) if settings.CLAMD_ADDRESS else _scan_locally(path)


def _scan_locally(path: Path) -> str | None:
    tail = b""
    with path.open("rb") as handle:
        while chunk := handle.read(CHUNK):
            if _TEST_SIGNATURE in tail + chunk:
                return "EICAR-Test-File"
            tail = chunk[-len(_TEST_SIGNATURE) :]
    return None


def _ask_clamd(path: Path, address: str) -> str | None:
    try:
        with _connected(address) as line, path.open("rb") as handle:
            line.sendall(b"zINSTREAM\0")
            while chunk := handle.read(CHUNK):
                line.sendall(struct.pack("!I", len(chunk)) + chunk)
            line.sendall(struct.pack("!I", 0))
            answer = _until_zero(line)
    except OSError as error:
        raise Unavailable(_("文件安全检查服务暂时不可用，请稍后重新上传。"), retry_after=30, code="scan-unavailable") from error
    verdict = answer.removeprefix("stream: ")
    if verdict == "OK":
        return None
    if verdict.endswith(" FOUND"):
        return verdict.removesuffix(" FOUND")
    raise Unavailable(_("文件安全检查服务暂时不可用，请稍后重新上传。"), retry_after=30, code="scan-unavailable")


def _connected(address: str) -> socket.socket:
    timeout = settings.CLAMD_TIMEOUT_SECONDS
    if address.startswith("unix:"):
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(timeout)
        line.connect(address.removeprefix("unix:"))
        return line
    host, _colon, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=timeout)


def _until_zero(line: socket.socket) -> str:
    got = b""
    while not got.endswith(b"\0") and len(got) < 4096:
        piece = line.recv(1024)
        if not piece:
            break
        got += piece
    return got.rstrip(b"\0").decode("utf-8", "replace").strip()
