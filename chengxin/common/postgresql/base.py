"""The database backend: Django's own, but that a kept connection is asked nothing before it is used again.

A server that ends a connection says so, and nothing else comes unasked on one that lies idle. So where there is nothing to
read the connection is usable as far as anybody can know without using it: a server that went without a word answers a
question no more than a statement (`launcher.leading` and the keepalives of `launcher.urls` are for that).
"""

from __future__ import annotations

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of Django's; the rest of the backend is looked up there."""

    def is_usable(self) -> bool:
        """Whether the connection can be used again: nothing has come on it, or it still answers a question."""
        if self.connection is None or self.connection.closed:
            return False
        ear = select.poll()
        ear.register(self.connection.fileno(), select.POLLIN)
        return not ear.poll(0) or super().is_usable()
