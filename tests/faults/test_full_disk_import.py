"""No room left for a delivery: refused with a sentence at the upload, and one that is on its way waits until there is room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from chengxin.common import clock
from chengxin.exchange import store
from chengxin.exchange.models import Job
from chengxin.records.tests import makers
from tests import people
from tests.faults.test_full_disk import full
from tests.journeys.importers import book, importer, upload, work
from tests.journeys.test_import import penalty, standing, table

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_delivery_on_a_full_disk_is_refused_for_now_and_a_workbook_without_room_waits(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "disk"
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    client = people.browser(importer())
    rows = [penalty(uscc, f"P-{number}") for number in range(400)]
    with full(settings.MEDIA_ROOT):
        answer = client.post("/desk/imports", {"group": "G06", "file": SimpleUploadedFile("G06.csv", table(*rows))})
        assert answer.status_code == 503 and "存储空间" in answer.content.decode()
        assert not Job.objects.exists()
        assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []
        where = upload(client, book(rows), name="处罚.xlsx", direct="1")
        work()
        assert Job.objects.get().phase == "structure" and Job.objects.get().attempts == 1
        assert "结构检查中" in client.get(where).content.decode()
        kept = (Path(settings.MEDIA_ROOT) / "imports" / str(Job.objects.get().id)).read_bytes()
    store.path_of(Job.objects.get().id).parent.mkdir(parents=True, exist_ok=True)
    store.path_of(Job.objects.get().id).write_bytes(kept)
    Job.objects.update(next_try_at=clock.now())
    work()
    assert Job.objects.get().phase == "done" and standing() == 400
