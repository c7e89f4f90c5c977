"""Names that look different and are the same; masks; two-character words."""

import pytest

from chengxin.common.text import bigrams, mask_name, name_key, nfkc, street_level


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("杭州澜序桥（中国）有限公司", "杭州澜序桥(中国)有限公司"),
        ("杭州 澜序桥 有限公司", "杭州澜序桥有限公司"),
        ("杭州　澜序桥有限公司", "杭州澜序桥有限公司"),
        ("ＡＢＣ科技有限公司", "abc科技有限公司"),
        ("澜序桥【中国】有限公司", "澜序桥〔中国〕有限公司"),
        ("澜序桥\u200b有限公司", "澜序桥有限公司"),
        ("阿里木•买买提商店", "阿里木·买买提商店"),
    ],
)
def test_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_different_names_have_different_keys() -> None:
    assert name_key("澜序桥（北京）有限公司") != name_key("澜序桥（上海）有限公司")
    assert name_key("澜序桥一厂") != name_key("澜序桥二厂")


@pytest.mark.parametrize(("name", "masked"), [("张三", "张*"), (" 李四光 ", "李*"), ("Smith", "S*"), ("", "")])
def test_mask_keeps_the_first_character_only(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_bigrams_do_not_cross_gaps_and_are_distinct() -> None:
    assert bigrams("诚信 诚信档案") == ["诚信", "信档", "档案"]
    assert bigrams("Ａ-ab") == ["a", "ab"]
    assert bigrams("，。") == []


def test_nfkc_levels_width() -> None:
    assert nfkc("１２３ＡＢ") == "123AB"


@pytest.mark.parametrize(
    ("address", "published"),
    [
        ("浙江省杭州市余杭区文一西路969号3幢201室", "浙江省杭州市余杭区文一西路"),
        ("金华市义乌市稠城街道篁园路２号", "金华市义乌市稠城街道篁园路"),
        ("贵州省三穗县八弓镇", "贵州省三穗县八弓镇"),
        ("新疆喀什市人民东路十二号", "新疆喀什市人民东路"),
    ],
)
def test_published_address_stops_at_the_street(address: str, published: str) -> None:
    assert street_level(address) == published
