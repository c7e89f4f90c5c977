"""The nine forms of voluntary registration: what each asks, refuses and keeps from the public (VOL-22, VOL-32 to VOL-39)."""

from functools import lru_cache

import pytest

from chengxin.catalogue import codes, loader, reading, rules
from chengxin.catalogue.values import Cleaned, Form

from .helpers import SHIPPED, TODAY, answers

PROOF = "a" * 64
COMMITMENT = {"type": "own", "matter": "七日无理由退货", "content": "七日内无理由退货。", "made_on": "2026-03-15"}
HONOUR = {"name": "诚信示范企业", "level": "province", "granted_by": "浙江省电子商务促进会", "granted_on": "2025-12-18"}
SERVICE = {"project": "西湖清洁", "organiser": "杭州市志愿者协会", "people": "26", "served_on": "2026-04-11"}
REPORT = {"title": "一家小店的诚信十年", "media": "钱江日报", "reported_on": "2026-05-20"}
CONTRACT = {"name": "年度供货合同", "counterparty": "宁波舸宸进出口有限公司", "signed_on": "2025-01-10", "state": "performing"}
FINANCE = {"year": "2025", "assets": "5,600,000", "liabilities": "1600000", "revenue": "9800000", "net_profit": "80000", "audited": "否"}
DONATION = {
    "receiver": "中国乡村发展基金会", "mode": "alone", "project": "山区小学图书角", "kind": "money", "means": "银行汇款",
    "amount": "50000", "directed": "1", "donated_on": "2026-06-01",
}  # fmt: skip
LICENCE = {"name": "食品经营许可证", "number": "JY13301100012345", "issuer": "余杭区市场监督管理局", "issued_on": "2020-02-01"}
LEADER = {"content": "全年零投诉，退货一日内办结。"}
GOOD = {
    "commitment": COMMITMENT, "honour": HONOUR, "volunteering": SERVICE, "media": REPORT, "contract": CONTRACT,
    "finance": FINANCE, "donation": DONATION, "licence": LICENCE, "leader": LEADER,
}  # fmt: skip
UNIT = "深圳市屿墨跨境供应链有限公司 91440305WWTE0003XG"


@lru_cache(maxsize=1)
def forms() -> dict[str, Form]:
    bodies = loader.load_folder(SHIPPED)
    return {name: reading.form(bodies[f"voluntary/{name}"], version=name) for name in GOOD}


def clean(item: str, /, **changes: str) -> Cleaned:
    form = forms()[item]
    typed = {**GOOD[item], "proof": PROOF, **changes}
    return rules.clean(form, answers(form.groups[0].code, [typed]), today=TODAY, codes=codes.read(SHIPPED / "codes"))


def said(item: str, /, **changes: str) -> dict[str, str]:
    """What is said, by field."""
    return {path.rpartition("/")[2]: texts[0] for path, texts in clean(item, **changes).errors.items()}


@pytest.mark.parametrize("name", sorted(GOOD))
def test_good_answers_will_do_and_every_star_is_asked_for(name: str) -> None:
    assert clean(name).ok, said(name)
    starred = {f.code for f in forms()[name].groups[0].fields if f.required}
    assert set(said(name, **dict.fromkeys(starred, ""))) >= starred
    assert "proof" in starred


@pytest.mark.requirement("VOL-22.1")
def test_joint_donors_are_needed_for_a_joint_donation_only() -> None:
    assert clean("donation", joint_units="").ok
    assert said("donation", mode="joint", joint_units="") == {"joint_units": "请填写联合捐赠单位信息"}
    assert clean("donation", mode="joint", joint_units=UNIT).ok


@pytest.mark.requirement("VOL-22.2")
@pytest.mark.parametrize("amount", ["-1", "1e99", "三万", "0", "3万", "1234567890123456", "１２.３４５"])
def test_amounts_that_are_none_are_refused(amount: str) -> None:
    assert list(said("donation", amount=amount)) == ["amount"]


@pytest.mark.requirement("VOL-22.3")
def test_a_joint_donor_with_a_wrong_code_is_refused() -> None:
    wrong = said("donation", mode="joint", joint_units=f"{UNIT}\n杭州澜序桥电子商务有限公司 91330106WWTE000213")
    assert wrong["joint_units"] == "联合捐赠单位信息有误，第2个单位：统一社会信用代码校验位不正确，请核对营业执照"


def test_money_or_goods_decide_what_else_a_donation_needs() -> None:
    assert set(said("donation", kind="goods")) == {"goods", "quantity", "goods_value"}
    assert set(said("donation", kind="both")) == {"goods", "quantity", "goods_value"}
    assert set(said("donation", means="", amount="")) == {"means", "amount"}
    goods = clean("donation", kind="goods", goods="图书", quantity="1,200", goods_value="３６，０００．５")
    assert "amount" not in goods.values["V07"][0].values
    assert str(goods.values["V07"][0].values["goods_value"]) == "36000.50"
    assert said("donation", donated_on="2026-11-22") == {"donated_on": "捐赠日期不能晚于今天，请核对后重新填写"}


@pytest.mark.requirement("VOL-32.1")
def test_a_commitment_does_not_end_before_it_was_made() -> None:
    assert said("commitment", valid_until="2026-03-14") == {"valid_until": "承诺有效期至不能早于承诺作出日期，请核对"}
    assert clean("commitment", valid_until="2026-03-15").ok
    assert clean("commitment", valid_until="长期").ok


@pytest.mark.requirement("VOL-33.1")
def test_an_honour_is_not_granted_tomorrow() -> None:
    assert said("honour", granted_on="2026-11-22") == {"granted_on": "授予日期不能晚于今天，请核对后重新填写"}


@pytest.mark.requirement("VOL-34.1")
def test_somebody_took_part() -> None:
    assert said("volunteering", people="0") == {"people": "参与人数不能小于1，请核对后重新填写"}
    assert said("volunteering", hours="0") == {"hours": "服务时长不能小于0.1，请核对后重新填写"}


@pytest.mark.requirement("VOL-35.1")
def test_a_link_leads_to_the_open_web() -> None:
    assert said("media", url="javascript:alert(1)") == {"url": "报道链接应为以 http:// 或 https:// 开头的公开网址"}


@pytest.mark.requirement("VOL-36.1")
def test_a_contract_performed_has_its_day() -> None:
    assert said("contract", state="performed") == {"performed_on": "请填写履约完成日期"}
    assert list(said("contract", state="performed", performed_on="2025-01-09")) == ["performed_on"]
    assert clean("contract", state="performed", performed_on="2025-12-31").ok


@pytest.mark.requirement("VOL-37.1")
def test_a_loss_is_a_figure_but_negative_revenue_is_none() -> None:
    assert clean("finance", net_profit="-120,000.50").ok
    assert list(said("finance", revenue="-1")) == ["revenue"]
    assert said("finance", year="2027") == {"year": "会计年度应为1949至2026之间的四位年份"}
    assert said("finance", equity="3999998") == {"equity": "所有者权益应等于资产总额减负债总额，请核对"}
    assert clean("finance", equity="3999999").ok


def test_an_expired_licence_is_taken_and_known_as_expired() -> None:
    form, cleaned = forms()["licence"], clean("licence", valid_until="2025-01-31")
    assert cleaned.ok
    values = cleaned.values["V08"][0].values
    assert rules.expired(form, values, today=TODAY)
    assert rules.expired_json(form, rules.to_json(form.groups[0], values), today=TODAY)
    assert not rules.expired(form, clean("licence", valid_until="长期").values["V08"][0].values, today=TODAY)
    assert not rules.expired(form, clean("licence", valid_until="2026-11-21").values["V08"][0].values, today=TODAY)
    assert not rules.expired(form, clean("licence").values["V08"][0].values, today=TODAY)
    assert list(said("licence", valid_until="2020-01-31")) == ["valid_until"]


def test_the_forms_say_what_is_never_public() -> None:
    closed = {name: {f.code for f in form.groups[0].fields if f.public == "never"} for name, form in forms().items()}
    assert closed["contract"] == {"number", "counterparty", "counterparty_uscc", "amount", "proof"}
    assert closed["finance"] == {f.code for f in forms()["finance"].groups[0].fields}
    assert all(group.visibility == ("never" if name == "finance" else "always") for name, f in forms().items() for group in f.groups)
    assert all("proof" in never for never in closed.values())


def test_the_commitment_has_the_eight_clauses_of_the_manual() -> None:
    text = reading.commitment(loader.load_folder(SHIPPED)["commitment/voluntary"], version="x")
    assert (text.title.zh, text.preamble.zh, text.tick.zh) == (
        "北京市市场主体信用信息自愿注册承诺书", "本企业自觉遵守以下承诺：", "阅读并同意",
    )  # fmt: skip
    assert [clause.title.zh for clause in text.clauses] == list("一二三四五六七八")
    assert "同意市大数据中心对注册信息进行整合应用，并纳入信用档案" in text.clauses[4].body.zh
    assert text.clauses[6].body.zh == "同意向社会公开自愿注册且可公开的信用信息内容；"


def test_every_text_of_the_items_is_in_english_too() -> None:
    bodies = loader.load_folder(SHIPPED)
    names = [*(f"voluntary/{name}" for name in GOOD), "commitment/voluntary"]
    assert [place for name in names for place in without_english(bodies[name], name)] == []


def without_english(value: object, place: str) -> list[str]:
    if isinstance(value, dict):
        own = [place] if "zh" in value and not value.get("en") else []
        return own + [found for key, inner in value.items() for found in without_english(inner, f"{place}.{key}")]
    return [found for at, inner in enumerate(value) for found in without_english(inner, f"{place}.{at}")] if isinstance(value, list) else []
