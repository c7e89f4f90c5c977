"""The pages: static files, health and Django, as one WSGI application. `chengxin.asgi` stands around it and is what is served."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

STATIC_MAX_AGE_S = 3600


def build() -> WSGIApplication:
    """Return the pages, all loaded."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengxin.settings")
    inner: WSGIApplication = get_wsgi_application()
    from django.urls import get_resolver

    from chengxin.edge import health, refusals
    from chengxin.launcher import leading

    leading.watch()
    _ = get_resolver().url_patterns  # all pages are loaded before the first request, not by it
    return refusals.paged(health.serving(_with_static(inner)))


def _with_static(inner: WSGIApplication) -> WSGIApplication:
    """Serve the collected, hashed static files; before they are collected, those in the apps."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from whitenoise import WhiteNoise

    if settings.HASHED_STATIC:
        hashed: WSGIApplication = WhiteNoise(
            inner, root=str(settings.STATIC_ROOT), prefix="static/", max_age=STATIC_MAX_AGE_S, immutable_file_test=_hashed
        )
        return hashed
    white = WhiteNoise(inner, max_age=0)
    for finder in get_finders():
        for storage in getattr(finder, "storages", {}).values():
            white.add_files(storage.location, prefix="static/")
    served: WSGIApplication = white
    return served


def _hashed(_path: str, url: str) -> bool:
    parts = url.rsplit("/", 1)[-1].split(".")
    return len(parts) > 2 and len(parts[-2]) == 12


application = build()
