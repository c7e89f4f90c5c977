"""Challenges: a picture or spoken digits, answered once, within minutes, in any case of letters."""

from __future__ import annotations

import hmac
import io
import secrets
import uuid
from datetime import timedelta
from functools import cache
from uuid import UUID

from captcha.image import ImageCaptcha
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chengxin.access import audio, limits
from chengxin.access.models import Captcha
from chengxin.access.values import CaptchaView
from chengxin.common import clock, crypto
from chengxin.common.errors import Invalid
from chengxin.common.text import nfkc
from chengxin.gateways import actions as gateways

ALPHABET = "ABCDEFGHJKMNPQRTUVWXY346789"
PICTURE_LENGTH, SPOKEN_LENGTH = 5, 6
WIDTH, HEIGHT = 200, 70
CONTRAST = 2


def new_captcha(kind: str = "image", *, network: str = "") -> CaptchaView:
    """A fresh challenge, `image` (PNG) or `audio` (WAV); raises TooMany for a network that asks too often."""
    if network:
        limits.named("captcha.network", network)
    answer = _answer(kind)
    now = clock.now()
    row = Captcha(
        id=uuid.uuid4(),
        kind=kind,
        created_at=now,
        expires_at=now + timedelta(minutes=settings.CAPTCHA_MINUTES),
    )
    row.answer_hash = _hash(row.id, answer)
    row.save(force_insert=True)
    gateways.demo_note(channel="captcha", to=str(row.id), body=answer)
    body, media_type = (_picture(answer), "image/png") if kind == "image" else (audio.spoken(answer), "audio/wav")
    return CaptchaView(row.id, kind, media_type, body, row.expires_at)


def check_captcha(captcha_id: UUID | str, answer: str) -> None:
    """Use the challenge up and compare; raises Invalid({"captcha": …}) for wrong, used, late or unknown.

    Never inside a transaction: a wrong answer must stay used.
    """
    if not answer.strip():
        raise Invalid({"captcha": [_("请填写验证码")]})
    stored = _used_up(captcha_id)
    if stored is None or not hmac.compare_digest(stored, _hash(_uuid(captcha_id), answer)):
        raise Invalid({"captcha": [_("验证码错误或已过期，请按新图片重新填写")]})


def _used_up(captcha_id: UUID | str) -> bytes | None:
    found = _uuid(captcha_id)
    now = clock.now()
    with transaction.atomic(durable=True):
        rows = Captcha.objects.select_for_update().filter(id=found, used_at__isnull=True, expires_at__gt=now)
        row = rows.first()
        if row is None:
            return None
        row.used_at = now
        row.save(update_fields=["used_at"])
    return bytes(row.answer_hash)


def _uuid(captcha_id: UUID | str) -> UUID:
    try:
        return captcha_id if isinstance(captcha_id, UUID) else UUID(captcha_id)
    except ValueError:
        return UUID(int=0)


def _answer(kind: str) -> str:
    if kind == "image":
        return "".join(secrets.choice(ALPHABET) for _sign in range(PICTURE_LENGTH))
    if kind == "audio":
        return "".join(secrets.choice("0123456789") for _digit in range(SPOKEN_LENGTH))
    raise ValueError(f"there is no captcha of kind {kind}")


def _hash(captcha_id: UUID, answer: str) -> bytes:
    typed = "".join(nfkc(answer).split()).upper()
    return crypto.keyed_hash("captcha", captcha_id.bytes + typed.encode(), purpose="answer")


def _picture(answer: str) -> bytes:
    out = io.BytesIO()
    pale = _painter().generate_image(answer, bg_color=(255, 255, 255), fg_color=_ink()).convert("L")
    pale.point([max(0, 255 - (255 - level) * CONTRAST) for level in range(256)]).save(out, format="PNG", optimize=True)
    return out.getvalue()


def _ink() -> tuple[int, int, int]:
    level = 100 + secrets.randbelow(40)
    return level, level, level


@cache
def _painter() -> ImageCaptcha:
    return ImageCaptcha(width=WIDTH, height=HEIGHT, font_sizes=(44, 50, 56))
