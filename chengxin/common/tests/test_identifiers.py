"""Check digits and shapes, against codes that are publicly known and codes that are known to be wrong."""

from datetime import date

import pytest

from chengxin.common import identifiers as ids

TODAY = date(2026, 11, 21)

PUBLICLY_KNOWN = [
    "91350200575017604M",
    "914403001922038216",
    "9144030071526726XG",
    "91440300708461136T",
    "91440300192317458F",
    "9152000071430580XT",
    "91350900587527783P",
    "91440606722473344C",
    "91110000802100433B",
    "91330100799655058B",
    "91110108551385082Q",
]
SYNTHETIC = [
    "91110108WWTE00013E",
    "91330106WWTE000212",
    "91440305WWTE0003XG",
    "92310115WWTE00048F",
    "93510104WWTE00056N",
    "12110000WWTE000643",
    "51110000WWTE00072W",
    "N2330110WWTE00080D",
    "91650100WWTE00099P",
    "91500112WWTE00101C",
]


@pytest.mark.parametrize("code", PUBLICLY_KNOWN + SYNTHETIC)
def test_known_codes_are_good(code: str) -> None:
    assert ids.uscc_errors(code) == []
    assert ids.uscc_warnings(code) == []


@pytest.mark.parametrize(
    "code", ["91110108MA01712M9L", "91110108717809965C", "91310000324443210P", "91350200575017604N"]
)
def test_wrong_check_character_says_so(code: str) -> None:
    assert ids.uscc_errors(code) == ["统一社会信用代码校验位不正确，请核对营业执照"]


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("", "应为18位"),
        ("9135020057501760", "应为18位"),
        ("9135020O575017604M", "不得包含字母I、O、S、V、Z"),
        ("913502A0575017604M", "第3至8位应为数字"),
        ("91350200575017604汉", "只能由数字和大写字母组成"),
        ("94350200575017604M", "前两位不是有效的"),
        ("B1350200575017604M", "前两位不是有效的"),
    ],
)
def test_each_fault_has_its_own_sentence(code: str, part: str) -> None:
    [message] = ids.uscc_errors(code)
    assert part in message


@pytest.mark.parametrize("position", range(18))
def test_any_single_changed_character_is_noticed(position: int) -> None:
    good = "91330106WWTE000212"
    for c in ids.USCC_ALPHABET:
        changed = good[:position] + c + good[position + 1 :]
        assert changed == good or ids.uscc_errors(changed)


def test_every_department_and_category_of_the_standard_is_taken() -> None:
    allowed = {d + c for d, cs in ids._USCC_CATEGORIES.items() for c in cs}
    assert {"91", "92", "93", "N2", "A1", "Y1", "12", "51", "52", "53"} <= allowed
    assert not {"90", "94", "A2", "N4", "Y9", "01"} & allowed


def test_wrong_inner_organisation_code_is_only_a_warning() -> None:
    body = "91330106" + "WWTE00020"
    code = body + ids.uscc_check_char(body)
    assert ids.uscc_errors(code) == []
    assert ids.uscc_warnings(code) == ["主体标识码校验位异常，请人工核对"]


def test_typed_codes_are_levelled() -> None:
    assert ids.normalise_uscc(" ９１３３０１０６-wwte 000212　") == "91330106WWTE000212"
    assert ids.uscc_kind("n2330110wwte00080d") == "N2"


@pytest.mark.parametrize(
    "number",
    [
        "110101190001010014",
        "310101190503151121",
        "440305190712312353",
        "33010619031111089X",
        "11010519060606001X",
        "11010519060606001x",
        "810000190107080049",
        "820000190204060033",
        "830000190309090126",
    ],
)
def test_resident_numbers_that_check(number: str) -> None:
    assert ids.resident_id_errors(number, today=TODAY) == []


@pytest.mark.parametrize(
    ("number", "part"),
    [
        ("510104190202290001", "出生日期不存在"),
        ("110101190001010015", "校验位不正确"),
        ("110101000101001", "应为18位"),
        ("911840190101010014", "首位应为1至8"),
        ("110101299901010014", "不合理"),
    ],
)
def test_resident_numbers_that_do_not(number: str, part: str) -> None:
    [message] = ids.resident_id_errors(number, today=TODAY)
    assert part in message


def test_a_minor_is_named_with_the_age_that_is_needed() -> None:
    body = "11010120150101001"
    number = body + ids.resident_check_char(body)
    assert ids.resident_id_errors(number, today=TODAY) == ["证件持有人应年满18周岁，请更换人员"]
    assert ids.resident_id_errors(number, today=TODAY, min_age=0) == []


def test_permanent_residence_cards_of_both_editions() -> None:
    for good in ("911840190101010014", "931392190505050023", "USA110000000001"):
        assert ids.permanent_residence_errors(good) == []
    for wrong in ("911840190101010015", "811840190101010014", "US110000000001"):
        assert ids.permanent_residence_errors(wrong)


@pytest.mark.parametrize(
    ("shape", "good", "wrong"),
    [
        ("mobile", "13800138000", "12800138000"),
        ("landline", "0571-88886666", "0571"),
        ("landline", "400-123-4567", "4001"),
        ("postcode", "310000", "31000"),
        ("icp", "京ICP备12005222号-2", "京ICP备12005222"),
        ("psb_filing", "京公网安备11011302001653号", "京公网安备1101130200165号"),
        ("telecom_licence", "浙B2-20080224", "浙C2-20080224"),
        ("telecom_licence", "A2.B1.B2-20070004", "A2.B1.B2"),
        ("telecom_licence", "京ICP证030173号", "京ICP030173号"),
        ("passport_cn", "EA1234567", "EI1234567"),
        ("hk_macau_pass", "H12345678", "T12345678"),
        ("taiwan_pass", "12345678", "1234567"),
        ("email", "name@example.com", "name@example"),
    ],
)
def test_shapes(shape: str, good: str, wrong: str) -> None:
    assert ids.matches(shape, good)
    assert not ids.matches(shape, wrong)
    assert not ids.matches(shape, good + "\n")


def test_email_limits() -> None:
    assert ids.is_email("a.b+c@mail.example.com")
    for wrong in (".a@example.com", "a..b@example.com", "a@-x.com", "a b@example.com", "a" * 300 + "@example.com"):
        assert not ids.is_email(wrong)


def test_bank_cards_and_old_register_numbers() -> None:
    assert all(map(ids.luhn_ok, ["6222020000000000000", "6217000000000000004", "6212260000000000000"]))
    assert not ids.luhn_ok("6217000000000000005")
    assert all(map(ids.old_register_number_ok, ["440301501127941", "520000000068765", "110108012660422"]))
    assert not ids.old_register_number_ok("440301501127942")
