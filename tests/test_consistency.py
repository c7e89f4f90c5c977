"""The doctor sees a file, a search row or an opening that is not what it should be."""

from __future__ import annotations

import pytest
from django.db import connection

from chengxin import checks
from chengxin.ledger import queries as ledger
from chengxin.records import consistency, files
from chengxin.records.models import PublicFile, Search, Version
from chengxin.records.tests.makers import own_record, published, shop

pytestmark = pytest.mark.django_db


def made(count: int) -> list[str]:
    """Codes of so many enterprises with a file of one shop each."""
    return sorted(published(number, f"杭州样例{number}有限公司", [own_record(shop(f"店{number}"))])[1] for number in range(1, count + 1))


def states() -> dict[str, str]:
    return {check.name: check.state for check in (*checks.public_files(), *checks.messages())}


def test_files_as_their_records_give_are_found_good() -> None:
    made(3)
    assert consistency.differing_files() == []
    assert consistency.unfound_files() == []
    assert states() == {"files": "green", "search": "green", "messages": "green"}


def test_a_changed_byte_is_found() -> None:
    codes = made(3)
    body = bytes(PublicFile.objects.get(uscc=codes[1]).body).replace("店".encode(), "铺".encode())
    PublicFile.objects.filter(uscc=codes[1]).update(body=body)
    assert consistency.differing_files() == [codes[1]]
    assert states()["files"] == "red"


def test_a_fragment_that_does_not_open_its_leaf_is_found() -> None:
    codes = made(2)
    version = Version.objects.get(enterprise__uscc=codes[0])
    changed = bytes(version.fragment or b"").replace("样例平台".encode(), "别的平台".encode())
    Version.objects.filter(pk=version.pk).update(fragment=changed)
    files.rewrite(enterprise_ids=[version.enterprise_id])
    assert bytes(PublicFile.objects.get(uscc=codes[0]).body).count("别的平台".encode()) == 1
    assert consistency.differing_files() == [codes[0]]
    assert ledger.leaves(version_ids=[version.version_id])


def test_all_files_are_looked_at_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = made(5)
    PublicFile.objects.filter(uscc=codes[4]).update(body=b"{}")
    monkeypatch.setattr(consistency, "BATCH", 2)
    assert consistency.differing_files() == [codes[4]]
    assert consistency.differing_files(limit=3) == []


def test_a_file_that_search_does_not_know_is_found() -> None:
    codes = made(2)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM records_posting; DELETE FROM records_term")
    Search.objects.filter(uscc=codes[0]).delete()
    assert consistency.unfound_files() == [codes[0]]
    assert states()["search"] == "red"
