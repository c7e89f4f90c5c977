"""Searching over HTTP, page and API alike (PUB-05, PUB-06, D-13)."""

from __future__ import annotations

import pytest
from django.test import Client

from chengxin.records.tests import makers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def files() -> None:
    hidden = makers.own_record(makers.shop("独家秘密铺"), public=False)
    makers.published(1, "甲鱼桥电子商务有限公司", [makers.own_record(makers.shop("桥头旗舰店")), hidden], shop_names=("桥头旗舰店",))
    makers.published(2, "大连甲虫网络有限公司", domains=("https://shop.jiachong.example/",))
    makers.published(3, "乙方商贸有限公司", former_names=("甲方商贸有限公司",))
    makers.known(4, "甲鱼未公示有限公司")


def found(client: Client, text: str) -> list[str]:
    page = client.get("/files", {"q": text}).content.decode()
    items = client.get("/api/v1/files", {"q": text}).json()["items"]
    for item in items:
        assert f'<a href="/files/{item["uscc"]}">{item["name"]}</a>' in page
    assert page.count('<span class="code">9133') == len(items)
    return [item["name"] for item in items]


@pytest.mark.requirement("PUB-06.1")
def test_a_part_of_a_name_finds_published_subjects_only(client: Client) -> None:
    assert found(client, "甲") == ["乙方商贸有限公司", "甲鱼桥电子商务有限公司"]
    assert found(client, "甲鱼") == ["甲鱼桥电子商务有限公司"]
    assert found(client, "甲虫") == ["大连甲虫网络有限公司"]
    assert found(client, makers.code(4)) == []


@pytest.mark.requirement("PUB-05.1")
def test_a_word_of_a_hidden_record_finds_nothing(client: Client) -> None:
    for text in ("独家秘密铺", "独家", "秘密"):
        assert found(client, text) == []
        assert "未检索到已公示的诚信档案。未建立档案不代表守信或失信。" in client.get("/files", {"q": text}).content.decode()


@pytest.mark.parametrize(
    ("text", "name", "why"),
    [
        ("甲方商贸", "乙方商贸有限公司", "曾用名：甲方商贸有限公司"),
        ("桥头旗舰", "甲鱼桥电子商务有限公司", "网店/应用名称：桥头旗舰店"),
        ("https://shop.jiachong.example/item?id=1", "大连甲虫网络有限公司", "网址：https://shop.jiachong.example/"),
        ("dljc", "大连甲虫网络有限公司", "拼音首字母"),
    ],
)
def test_it_says_why(client: Client, text: str, name: str, why: str) -> None:
    assert found(client, text) == [name]
    assert why in client.get("/files", {"q": text}).content.decode()
    assert client.get("/api/v1/files", {"q": text}).json()["items"][0]["why"] == why


def test_a_wrong_code_says_what_is_wrong_with_it(client: Client) -> None:
    wrong = makers.code(1)[:-1] + ("0" if makers.code(1)[-1] != "0" else "1")
    assert "校验位" in client.get("/files", {"q": wrong}).content.decode()
