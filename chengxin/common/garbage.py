"""How often a long-running program looks for cycles among its objects."""

from __future__ import annotations

import gc

COLLECT_AFTER_OBJECTS = 50_000


def collect_seldom() -> None:
    """Look seldom, and never again among what is loaded by now.

    Requests and batches make many objects that go with their last name: looking for cycles among them all the time is a
    tenth to a sixth of the work. What is loaded stays: looking through it would copy every page that processes share.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, 20, 20)
