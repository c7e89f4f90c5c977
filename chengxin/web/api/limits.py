"""How often a program may ask for batches: by the account of its key, or without one by its address (D-46)."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from chengxin.access import api_keys
from chengxin.common.errors import TooMany
from chengxin.edge import client, courtesy

_buckets = courtesy.Buckets()


def count_batch(request: HttpRequest) -> None:
    """Count one batch. Raises UnknownKey for a key that is not good, TooMany above the limit."""
    account_id = api_keys.holder(request.headers.get("Authorization", ""))
    name = f"account:{account_id}" if account_id else courtesy.bucket_of(client.address(request.META))
    per_minute = settings.KEY_BATCHES_PER_MINUTE if account_id else settings.BATCHES_PER_MINUTE
    if not per_minute:
        return
    verdict = _buckets.take(name, per_minute=per_minute / max(1, settings.WEB_WORKERS))
    if not verdict.allowed:
        text = _("批量查询过于频繁，请在 %(seconds)s 秒后重试。") % {"seconds": verdict.retry_after}
        raise TooMany(text, retry_after=verdict.retry_after)
