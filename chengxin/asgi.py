"""What is served: the edge, look-ups by code in the event loop, and the pages in threads behind them (docs/adr/0017)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chengxin import wsgi  # sets Django up

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from chengxin.common.asgi import Application
    from chengxin.records.groupread import GroupReader


def build(*, pages: WSGIApplication = wsgi.application, reader: GroupReader | None = None) -> Application:
    """Return the whole application; look-ups read through `reader`, which whoever gives it closes."""
    from django.conf import settings

    from chengxin.edge import bridge
    from chengxin.records import fastpath

    return edged(fastpath.application(bridge.threaded(pages, threads=settings.WEB_THREADS), reader=reader))


def edged(inner: Application) -> Application:
    """Return an application with all layers of the edge around it."""
    from django.conf import settings

    from chengxin.edge import courtesy, logs, wrappers

    logs.configure(level=settings.LOG_LEVEL)
    return wrappers.identified(wrappers.guarded(courtesy.limited(inner)))


application = build()
