"""Credit codes of the synthetic WWTE series for tests."""

from chengxin.common.identifiers import org_check_char, uscc_check_char


def uscc(number: int, *, kind: str = "91", division: str = "330110") -> str:
    """The `number`-th valid code of the series."""
    digits = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    tail = ""
    for _ in range(4):
        number, rest = divmod(number, len(digits))
        tail = digits[rest] + tail
    organisation = f"WWTE{tail}"
    body = f"{kind}{division}{organisation}{org_check_char(organisation)}"
    return body + uscc_check_char(body)
