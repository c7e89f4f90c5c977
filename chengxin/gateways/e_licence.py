"""The electronic business licence (电子营业执照): its app says who stands before a QR code of ours (VOL-04, VOL-05).

The code carries a `state` that only this log-in knows. Whoever opens it in the app confirms or refuses, and the licence
service answers with a call-back: the state, whom the licence names, who holds it, the moment, a number used once, and a
signature over all of it with the secret that both sides share. With E_LICENCE_URL the app of that service is opened; else
the local service stands in, in demo mode only: a "phone" on a page of its own, which can be slow, be down, or forge.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from chengxin.common import canonical, clock, crypto
from chengxin.common.errors import Forbidden, Unavailable
from chengxin.gateways.models import LocalRegister

CONFIRMED, REFUSED = "confirmed", "refused"
LEGAL, AGENT = "legal", "agent"
FIELDS = ("app", "at", "holder", "nonce", "outcome", "phone", "state", "uscc")
SIGNATURE = "signature"
MOST_CHARS = 200
ANSWER_PATH = "/login/e-licence/answer"
PHONE_PATH = "/dev/e-licence"
LOCAL_APP = "local"
HELD = 20


class Forged(Forbidden):
    """The call-back is not from the licence service, or not for this site."""

    default_code = "licence-signature"
    default_message = _("电子营业执照的返回结果签名不正确，已拒绝。请重新扫码。")


@dataclass(frozen=True)
class LicenceAnswer:
    """What the service says: `holder` is legal (法定代表人) or agent (经办人, by his mobile number)."""

    state: str
    outcome: str
    uscc: str
    holder: str
    phone: str
    nonce: str
    at: datetime


def available() -> bool:
    """Whether this installation has such a log-in."""
    return settings.DEMO or bool(settings.E_LICENCE_URL and settings.E_LICENCE_SECRET)


def is_local() -> bool:
    """Whether the local service stands in."""
    return settings.DEMO and not settings.E_LICENCE_URL


def address(*, state: str) -> str:
    """What the QR code says; raises Unavailable (503) where the service is down or there is none."""
    if not available() or (is_local() and settings.LOCAL_LICENCE_FAULT == "down"):
        raise Unavailable(_("电子营业执照登录服务暂时不可用，请稍后重试。"), retry_after=60, code="licence-unavailable")
    if is_local():
        return f"{settings.SITE_ORIGIN}{PHONE_PATH}?{urlencode({'state': state})}"
    query = {"app": settings.E_LICENCE_APP, "state": state, "answer": f"{settings.SITE_ORIGIN}{ANSWER_PATH}"}
    return f"{settings.E_LICENCE_URL}?{urlencode(query)}"


def read(params: Mapping[str, str]) -> LicenceAnswer:
    """A call-back whose signature is good; raises Forged for any other."""
    fields = {name: str(params.get(name, ""))[:MOST_CHARS] for name in FIELDS}
    if not hmac.compare_digest(signature_of(fields).encode(), str(params.get(SIGNATURE, "")).encode()):
        raise Forged()
    known = fields["app"] == _app() and fields["outcome"] in (CONFIRMED, REFUSED) and fields["holder"] in (LEGAL, AGENT)
    try:
        at = datetime.strptime(fields["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise Forged() from error
    if not known or not fields["nonce"]:
        raise Forged()
    said = {name: fields[name] for name in ("state", "outcome", "uscc", "holder", "phone", "nonce")}
    return LicenceAnswer(**said, at=at)


def signature_of(fields: Mapping[str, str]) -> str:
    """HMAC-SHA-256 over the RFC 8785 JSON of the fields, in hex."""
    return hmac.digest(_secret(), canonical.canonical({name: fields[name] for name in FIELDS}), "sha256").hex()


def _app() -> str:
    return LOCAL_APP if is_local() else str(settings.E_LICENCE_APP)


def _secret() -> bytes:
    """The shared secret; without any, one that nobody knows, so that no call-back is good."""
    if is_local():
        return crypto.keyed_hash("token", "local licence service", purpose="e-licence")
    return settings.E_LICENCE_SECRET.encode() or secrets.token_bytes(32)


# --- the local service ----------------------------------------------------------------------------
def local_answer(*, state: str, outcome: str, uscc: str, holder: str = LEGAL, phone: str = "") -> dict[str, str]:
    """The call-back that the local service sends when somebody answers on the phone; {} where it is not in use."""
    if not is_local():
        return {}
    time.sleep(settings.LOCAL_LICENCE_DELAY_MS / 1000)
    fields = {
        "app": LOCAL_APP,
        "at": clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "holder": holder,
        "nonce": secrets.token_hex(16),
        "outcome": outcome,
        "phone": phone,
        "state": state,
        "uscc": uscc,
    }
    forged = settings.LOCAL_LICENCE_FAULT == "forge"
    return {**fields, SIGNATURE: "0" * 64 if forged else signature_of(fields)}


def local_licences() -> list[tuple[str, str]]:
    """Licences that the local phone holds, by code and name: the first of the local market register."""
    return list(LocalRegister.objects.exclude(name="").order_by("uscc").values_list("uscc", "name")[:HELD])
