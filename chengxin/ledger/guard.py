"""The guard before every signature: no checkpoint may contradict one that has been seen (D-21)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from chengxin.common.errors import Unavailable

from . import outside, store
from .merkle import Edge
from .models import Checkpoint, Event, Origin
from .notes import Checkpoint as Statement

SUCCESSION_HEAD = "chengxin/log-succession/v1"


class LogHalted(Unavailable):
    """The log may not sign: its tree stands against a checkpoint outside, or against itself."""

    default_code = "log-halted"
    default_message = _("日志与已签发的检查点不一致，存证已暂停。")
    default_retry_after = 60

    def __init__(self, detail: str) -> None:
        super().__init__()
        self.detail = detail

    def __str__(self) -> str:
        return self.detail


def checked_edge(head: store.Head) -> Edge:
    """The edge of a log at its newest checkpoint, once tree, checkpoint, events and the outside agree."""
    try:
        edge = store.load_edge(head.log, size=head.size)
    except LookupError as error:
        raise LogHalted(str(error)) from error
    problem = _own_problem(head, edge) or _outside_problem(head)
    if problem:
        raise LogHalted(problem)
    _catch_up(head)
    return edge


def problems(log: str) -> list[str]:
    """What stands against signing for `log` now; nothing is written."""
    head = store.head(log)
    try:
        if head is None:
            check_never_signed(log)
            return []
        edge = store.load_edge(log, size=head.size)
        problem = _own_problem(head, edge) or _outside_problem(head)
    except (LogHalted, LookupError) as error:
        problem = str(error)
    return [problem] if problem else []


def check_never_signed(log: str) -> None:
    """Raise LogHalted where a log without checkpoints has been seen by the world, or holds a tree."""
    seen = _newest_outside(log)
    if seen is not None:
        raise LogHalted(f"Log {log} is empty but {seen.origin} has been signed at size {seen.size}.")
    if Event.objects.filter(log=log, leaf_index__isnull=False).exists():
        raise LogHalted(f"Log {log} has placed events but no checkpoint.")


def _own_problem(head: store.Head, edge: Edge) -> str | None:
    if edge.root() != head.root:
        return f"The tiles of log {head.log} do not have the root of its checkpoint at size {head.size}."
    last = Event.objects.filter(log=head.log, leaf_index__isnull=False).order_by("-leaf_index").values_list("leaf_index", flat=True).first()
    placed = 0 if last is None else last + 1
    if placed != head.size:
        return f"Log {head.log} has {placed} placed events but a checkpoint at size {head.size}."
    return None


def _newest_outside(log: str) -> Statement | None:
    try:
        return outside.newest(log)
    except (ValueError, OSError) as error:
        raise LogHalted(f"The checkpoint file of log {log} cannot be read: {error}") from error


def _outside_problem(head: store.Head) -> str | None:
    seen = _newest_outside(head.log)
    if seen is None:
        return None
    if seen.origin != head.origin:
        if _succession(head, seen.origin):
            return None
        return f"Log {head.log} is named {head.origin}, but {seen.origin} was signed last."
    if seen.size > head.size:
        return f"Log {head.log} has {head.size} leaves, but {seen.size} have been signed."
    tree = store.Tree(log=head.log, origin_id=head.origin_id, size=head.size, cache=store.TileCache(kept=64))
    if tree.root(seen.size) != seen.root:
        return f"Log {head.log} is another one at size {seen.size} than the one signed."
    return None


def _succession(head: store.Head, former: str) -> str | None:
    """The signed statement by which the present origin followed `former`, if it did."""
    wanted = f"{SUCCESSION_HEAD}\n{former}\n"
    rows = Origin.objects.filter(id=head.origin_id, statement__startswith=wanted)
    return rows.values_list("statement", flat=True).first()


def _catch_up(head: store.Head) -> None:
    """Write outside what a crash kept from being written after its commit."""
    seen = _newest_outside(head.log)
    missing = Checkpoint.objects.filter(log=head.log, origin_id=head.origin_id).order_by("size")
    if seen is not None and seen.origin == head.origin:
        missing = missing.filter(size__gt=seen.size)
    elif seen is not None:
        statement = _succession(head, seen.origin)
        outside.append(head.log, [statement] if statement else [], what="succession")
    outside.append(head.log, list(missing.values_list("note", flat=True)))
