"""Lines of a workbook that a person has to decide: near to other records, held already; all of a kind by one word (VOL-12, VOL-19)."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from chengxin.exchange.itemviews import Counts
from chengxin.flow import itembooks as flow
from chengxin.identity.values import Actor
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.archives import html
from tests.journeys.test_voluntary_batch import BATCH, book, counts, jpg, line, upload, work
from tests.journeys.voluntary import DONATION, LICENCE, Registrant

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm(judge: Actor) -> Registrant:
    return voluntary.registrant(by=judge)


@pytest.fixture
def client(firm: Registrant) -> Client:
    return firm.client()


def asked(page: str, kind: str) -> dict[str, str]:
    """What the button 以上 N 条仍要提交 of a kind sends."""
    rows = re.search(rf'name="asks" value="{kind}"><input type="hidden" name="rows" value="([\d,]+)"', page)
    assert rows, page[-3000:]
    return {"asks": kind, "rows": rows[1]}


def test_lines_that_are_near_to_others_are_listed_and_handed_in_by_one_word(client: Client, firm: Registrant) -> None:
    for n in (1, 2):
        voluntary.handed_in(firm, DONATION, project=f"山区小学图书角第{n}期", means="现场捐赠")
    at = upload(client, book(line(1), line(2), line(3)), pictures=[jpg(f"票据{n}.jpg") for n in (1, 2, 3)])
    client.post(f"{at}/submit")
    work()
    page = html(client.get(at))
    assert counts(firm, at) == Counts(lines=3, submitted=1, asking=2) and "以上 2 条仍要提交" in page
    said = asked(page, "alike")
    client.post(f"{at}/submit")
    work()
    assert counts(firm, at) == Counts(lines=3, submitted=1, asking=2)
    assert client.post(f"{at}/confirm", said | {"asks": "already-held"}).status_code == 302 and flow.carry_out(100) == 0
    for _press in range(2):
        assert client.post(f"{at}/confirm", said).url == at
    work()
    assert client.post(f"{at}/confirm", said).url == at and flow.carry_out(100) == 0
    assert counts(firm, at) == Counts(lines=3, submitted=3) and len(voluntary.listed(firm)) == 5
    assert "仍要提交" not in html(client.get(at))


def test_lines_that_the_platform_holds_already_are_handed_in_by_one_word(client: Client, firm: Registrant) -> None:
    said = voluntary.filled(LICENCE, type="行政许可证", proof="许可证.jpg")
    voluntary.supplied(firm, said["number"])
    at = upload(client, book(said, form_id=LICENCE), to=BATCH.replace("donation", "licence"), pictures=[jpg("许可证.jpg")])
    client.post(f"{at}/submit")
    work()
    page = html(client.get(at))
    assert "信用网站已经归集，请确认" in page and "以上 1 条仍要提交" in page
    client.post(f"{at}/confirm", asked(page, "already-held"))
    work()
    assert counts(firm, at) == Counts(lines=1, submitted=1)
    stranger = voluntary.registrant(by=people.reviewer()).client()
    assert stranger.post(f"{at}/confirm", asked(page, "already-held")).status_code == 404
