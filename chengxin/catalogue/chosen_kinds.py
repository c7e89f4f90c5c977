"""Kinds that choose or point: choices, codes from tables, addresses on the web, files; and the list of all kinds."""

import ipaddress
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from chengxin.catalogue import kinds, listed_kinds, measured_kinds
from chengxin.catalogue.codes import Codes
from chengxin.catalogue.kinds import Around, Bad, Kind, TextKind
from chengxin.catalogue.values import Field
from chengxin.common.text import name_key, nfkc

_LISTING = re.compile(r"[\n,;，；、|]+")
_FILE_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\Z|[0-9a-f]{64}\Z")


class BooleanKind(Kind):
    """Yes or no; typed as 1/0 or 是/否."""

    name = "boolean"
    keys = frozenset()

    def parse(self, raw: str, field: Field, around: Around) -> bool:
        """Return whether yes was chosen."""
        word = nfkc(raw).strip().casefold()
        if word in {"1", "true", "on", "yes", "y", "是", "有"}:
            return True
        if word in {"0", "false", "off", "no", "n", "否", "无"}:
            return False
        raise Bad(_("%(label)s请选择“是”或“否”") % {"label": field.label})

    def display(self, value: bool | None, field: Field, codes: Codes) -> str:
        """Return 是 or 否."""
        return "" if value is None else (_("是") if value else _("否"))


class ChoiceKind(Kind):
    """One of the options; typed as its code or, in imports, as its label."""

    name = "choice"
    keys = frozenset({"options"})

    def parse(self, raw: str, field: Field, around: Around) -> Any:
        """Return the code of the option."""
        return self.code_of(raw, field)

    def code_of(self, word: str, field: Field) -> str:
        """Return the code whose code or label is `word`; what a page sends is the code itself."""
        if field.option(word) is not None:
            return word
        wanted = name_key(word)
        for option in field.options:
            if wanted in (name_key(option.code), name_key(option.label.zh), name_key(option.label.en)):
                return option.code
        shown = _("、").join(str(o.label) for o in field.options[:8])
        more = _("等") if len(field.options) > 8 else ""
        about = {"label": field.label, "options": shown + more}
        raise Bad(_("%(label)s请从所列选项中选择：%(options)s") % about)

    def display(self, value: Any, field: Field, codes: Codes) -> str:
        """Return the option's label; the code where the option is gone."""
        option = field.option(value) if value is not None else None
        return str(option.label) if option else (value or "")


class MultiChoiceKind(ChoiceKind):
    """Several of the options, in the order of the form; typed with commas."""

    name = "multichoice"

    def parse(self, raw: str, field: Field, around: Around) -> tuple[str, ...]:
        """Return the codes in the form's order, each once."""
        words = [w for w in _LISTING.split(raw) if w.strip()]
        chosen = {self.code_of(w, field) for w in words}
        return tuple(o.code for o in field.options if o.code in chosen)

    def compose(self, parts: Sequence[str]) -> str:
        """Return the ticked boxes with commas."""
        return ",".join(p for p in parts if p.strip())

    def blank(self, raw: str) -> bool:
        """Say whether nothing was ticked."""
        return not _LISTING.sub("", raw).strip()

    def to_json(self, value: tuple[str, ...]) -> list[str]:
        """Return the codes."""
        return list(value)

    def from_json(self, stored: list[str]) -> tuple[str, ...]:
        """Return the codes."""
        return tuple(stored)

    def display(self, value: Any, field: Field, codes: Codes) -> str:
        """Return the labels with 、 between them."""
        labels = [super(MultiChoiceKind, self).display(v, field, codes) for v in value or ()]
        return _("、").join(labels)


class DivisionKind(Kind):
    """A division of GB/T 2260; retired codes are taken and labelled. `leaf` demands the lowest level."""

    name = "division"
    keys = frozenset({"leaf"})

    def parse(self, raw: str, field: Field, around: Around) -> str:
        """Return the six digits."""
        code = re.sub(r"\s", "", nfkc(raw))
        if code in around.codes.retired and code not in around.codes.divisions:
            return code
        if code not in around.codes.divisions:
            raise Bad(_("%(label)s不是有效的行政区划，请从列表中选择") % {"label": field.label})
        if field.limits.leaf and not around.codes.is_leaf(code):
            raise Bad(_("%(label)s请选择到最末一级（区、县）") % {"label": field.label})
        return code

    def compose(self, parts: Sequence[str]) -> str:
        """Return the lowest level that was chosen in the three selects."""
        return next((p.strip() for p in reversed(parts) if p.strip()), "")

    def display(self, value: str | None, field: Field, codes: Codes) -> str:
        """Return the names from province down."""
        return " ".join(codes.division_path(value)) if value else ""


class IndustryKind(Kind):
    """A class of GB/T 4754-2017: a letter, 2 digits, or up to 4 digits under a known division."""

    name = "industry"
    keys = frozenset()

    def parse(self, raw: str, field: Field, around: Around) -> str:
        """Return the code with its letter where the table has it."""
        code = re.sub(r"\s", "", nfkc(raw)).upper()
        known = around.codes.industries
        if code in known:
            return code
        match = re.match(r"([A-T])?([0-9]{2})[0-9]{0,2}\Z", code)
        section = next((k for k in known if match and len(k) == 3 and k[1:] == match.group(2)), None)
        if not match or not section or match.group(1) not in (None, section[0]):
            raise Bad(_("%(label)s应为国民经济行业分类代码，例如 F5292（互联网零售）") % {"label": field.label})
        return section[0] + code.lstrip(section[0])

    def display(self, value: str | None, field: Field, codes: Codes) -> str:
        """Return code and name; the name of the division above where the class is not in the table."""
        if not value:
            return ""
        name = codes.industries.get(value) or codes.industries.get(value[:3])
        return f"{value} {name}" if name else value


class UrlKind(TextKind):
    """An address on the open web: http or https, a host with a dot, no private address."""

    name = "url"
    keys = frozenset()
    longest = 500

    def parse(self, raw: str, field: Field, around: Around) -> str:
        """Return the address as typed."""
        text = super().parse(raw, field, around)
        try:
            parts = urlsplit(text)
            host, _port = parts.hostname or "", parts.port
        except ValueError:
            host, parts = "", urlsplit("")
        if parts.scheme not in {"http", "https"} or re.search(r"[\s<>\"]", text) or not open_host(host):
            raise Bad(_("%(label)s应为以 http:// 或 https:// 开头的公开网址") % {"label": field.label})
        if parts.username is not None:
            raise Bad(_("%(label)s不得包含用户名和密码，请删除") % {"label": field.label})
        return text


class DomainKind(TextKind):
    """A domain name in lower case; Chinese names stay readable."""

    name = "domain"
    keys = frozenset()
    longest = 253

    def parse(self, raw: str, field: Field, around: Around) -> str:
        """Return the domain without scheme and path."""
        text = super().parse(raw, field, around).lower().rstrip(".")
        bare = re.sub(r"^https?://|/+$", "", text)
        if not open_host(bare) or re.fullmatch(r"[\d.]+", bare):
            raise Bad(_("%(label)s应为域名，例如 example.com") % {"label": field.label})
        return bare


class FileKind(Kind):
    """Uploaded files by their identifiers, in order; never public (D-16)."""

    name = "file"
    keys = frozenset({"slot", "max_files"})

    def parse(self, raw: str, field: Field, around: Around) -> tuple[str, ...]:
        """Return the identifiers, each once."""
        ids = list(dict.fromkeys(w.strip().lower() for w in _LISTING.split(raw) if w.strip()))
        most = field.files.max_files if field.files else 1
        if not all(_FILE_ID.match(i) for i in ids):
            raise Bad(_("%(label)s的文件未上传成功，请重新选择文件") % {"label": field.label})
        if len(ids) > most:
            raise Bad(_("%(label)s最多上传%(most)s个文件，请删除多余的文件") % {"label": field.label, "most": most})
        return tuple(ids)

    def compose(self, parts: Sequence[str]) -> str:
        """Return the identifiers with commas."""
        return ",".join(p for p in parts if p.strip())

    def to_json(self, value: tuple[str, ...]) -> list[str]:
        """Return the identifiers."""
        return list(value)

    def from_json(self, stored: list[str]) -> tuple[str, ...]:
        """Return the identifiers."""
        return tuple(stored)

    def to_public(self, value: Any, field: Field) -> None:
        """Return nothing: proofs are for their enterprise and the competent reviewers."""

    def display(self, value: Any, field: Field, codes: Codes) -> str:
        """Return how many files there are."""
        return _("%(count)s个文件") % {"count": len(value)} if value else ""


def open_host(host: str) -> bool:
    """Say whether `host` is a public name or address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        pass
    try:
        ascii_host = host.encode("idna").decode("ascii")
    except UnicodeError:
        return False
    label = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    named = re.fullmatch(rf"(?:{label}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]+)", ascii_host.lower())
    return bool(named) and not ascii_host.lower().endswith((".local", ".internal", ".localhost", ".localdomain"))


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        TextKind(), kinds.LongTextKind(), kinds.UsccKind(), kinds.NameKind(), kinds.PersonNameKind(),
        kinds.IdNumberKind(), kinds.PhoneKind(), kinds.HotlineKind(), kinds.EmailKind(), kinds.BankKind(),
        kinds.IcpKind(), measured_kinds.DateKind(), measured_kinds.PeriodKind(), measured_kinds.NumberKind(),
        measured_kinds.MoneyKind(), measured_kinds.PercentKind(), measured_kinds.IntegerKind(),
        measured_kinds.YearKind(), measured_kinds.YuanKind(), measured_kinds.UntilKind(), BooleanKind(), ChoiceKind(),
        MultiChoiceKind(), DivisionKind(), IndustryKind(),
        UrlKind(), DomainKind(), FileKind(), listed_kinds.UnitsKind(),
    )
}  # fmt: skip


def kind_of(field: Field) -> Kind:
    """Return the kind of `field`."""
    return KINDS[field.kind]
