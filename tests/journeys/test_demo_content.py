"""What the portal of the demo shows: enough of each, real laws with where they stand, nothing that could be somebody's (D-56)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.demo import publishing, reading, setting_up
from chengxin.portal import help as centre
from chengxin.portal import queries, services
from chengxin.portal.values import KINDS

pytestmark = pytest.mark.django_db(transaction=True)
OFFICIAL = ("https://flk.npc.gov.cn/", "https://www.gov.cn/")


def test_the_portal_of_the_demo_is_full_and_filling_it_again_adds_nothing(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    start = clock.now()
    with clock.at(start - timedelta(days=100)):
        setting_up.agencies(start=start)
        setting_up.people(start=start)
    for _ in range(2):
        publishing.publish(start=start)
    told = queries.newest(kinds=KINDS, limit=100)
    counts = Counter(item.kind for item in told)
    assert counts["notice"] >= 12 and counts["policy"] >= 6 and counts["news"] >= 3 and counts["download"] >= 2
    assert len({item.title for item in told}) == len(told)
    policies = [item.version for item in told if item.kind == "policy"]
    assert all(version.fact("source_url").startswith(OFFICIAL) and version.fact("number") for version in policies)
    keeper = publishing.person(publishing.KEEPER, start=start)
    listed = services.kept(by=keeper)
    assert len(listed) >= 8 and {view.product.group for view in listed} == {group.code for group in catalogue.service_groups()}
    states = Counter(item.state for item in queries.desk(by=publishing.person(publishing.WRITER, start=start)))
    assert states["review"] and states["draft"] and states["published"] == len(told)
    assert sum(len(topic.entries) for topic in centre.topics()) >= 15
    home = Client().get("/").content.decode()
    assert "中华人民共和国电子商务法" in home and "诚信档案填报说明图示" in home
    oldest = min(item.published_at for item in told)
    assert oldest < start - timedelta(days=50) and max(item.published_at for item in told) <= start
    assert not reading.document(publishing.PAGES, start=start)["pages"][0].get("state")
