"""No room left for an upload: the person is told in a sentence, nothing half is kept, and it works when there is room again."""

from __future__ import annotations

import random
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from chengxin.backups import checking, making, manifest
from chengxin.backups.programs import NoRoom
from chengxin.filings.models import Attachment
from chengxin.launcher import places
from tests import people, server

pytestmark = pytest.mark.django_db(transaction=True)
ROOM_BYTES = 64 * 1024


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """A disk of 64 KiB at `folder`; where none can be mounted, files of at most 64 KiB."""
    folder.mkdir(parents=True, exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={ROOM_BYTES},mode=700", "tmpfs", str(folder)]
    if subprocess.run(words, check=False, capture_output=True).returncode == 0:
        try:
            yield
        finally:
            subprocess.run(["umount", str(folder)], check=True)
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM_BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def noise() -> bytes:
    """A picture that no disk of 64 KiB takes."""
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.frombytes("RGB", (600, 600), random.Random(7).randbytes(600 * 600 * 3)).save(out, "JPEG", quality=90)
    assert out.tell() > 2 * ROOM_BYTES
    return out.getvalue()


def send(client: Client) -> Any:
    """Send the licence as the page's script does."""
    data = {"file": people.paper("licence.jpg", noise()), "path": "licence"}
    return client.post("/register/papers/upload", data, HTTP_ACCEPT="application/json")


def test_an_upload_on_a_full_disk_is_refused_for_now_and_leaves_nothing(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "disk"
    client = people.browser(people.registered(1))
    with full(settings.MEDIA_ROOT):
        answer = send(client)
        assert (answer.status_code, answer.json()["code"]) == (503, "storage-full")
        assert "存储空间" in answer.json()["detail"] and int(answer.headers["Retry-After"]) > 0
        assert not Attachment.objects.exists()
        assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []
        page = client.post("/register/papers", {"licence.new": people.paper("licence.jpg", noise())})
        assert page.status_code == 503 and "存储空间" in page.content.decode()
    again = send(client)
    assert again.status_code == 201
    assert Attachment.objects.count() == 1


def test_a_backup_on_a_full_disk_leaves_nothing_and_the_earlier_ones_stand(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT, settings.CHENGXIN_HOME = tmp_path / "uploads", tmp_path
    connection.ensure_connection()
    owner_url = server.url(connection.settings_dict["NAME"], role=places.OWNER_ROLE)
    target = tmp_path / "backups"
    with full(target):
        earlier = target / "chengxin-20260101T000000Z"
        earlier.mkdir()
        (earlier / manifest.NAME).write_text("{}")
        with pytest.raises(NoRoom, match=r"No room for the backup: .* earlier backups stand"):
            making.make(target, owner_url=owner_url)
        assert manifest.found(target) == [earlier]
        assert sorted(path.name for path in target.iterdir()) == [".lock", earlier.name]
    shutil.rmtree(target)
    assert checking.problems(making.make(target, owner_url=owner_url)) == [], "with room again"
