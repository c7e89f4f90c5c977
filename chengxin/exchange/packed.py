"""One judged line as it is taken in."""

from __future__ import annotations

from typing import NamedTuple

from chengxin.records.supplying import Supply


class Packed(NamedTuple):
    """A line that will do, with its record made ready."""

    number: int
    uscc: str
    name: str
    supply: Supply
    is_unpublished: bool
