"""Offers the fixtures of `live` to every browser test; a module may have its own `context`."""

from tests.browser.live import browser, context, origin, page

__all__ = ["browser", "context", "origin", "page"]
