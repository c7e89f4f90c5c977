"""The guard before every signature: no checkpoint may contradict one that has been seen (D-21)."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from chengxin.common.errors import Unavailable
from chengxin.common.keys import KeyMissing

from . import endings, outside, rules, signing, store
from .merkle import Edge
from .models import Checkpoint, Event, Origin
from .notes import Checkpoint as Statement
from .notes import open_checkpoint

SUCCESSION_HEAD = "chengxin/log-succession/v1"
_MEND = "Restore a newer backup, or close the log: chengxin log succeed {log} --reason REASON"


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
    problem = _own_problem(head, edge) or key_problem(head) or _outside_problem(head)
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
        problem = _own_problem(head, edge) or key_problem(head) or _outside_problem(head)
    except (LogHalted, LookupError) as error:
        problem = str(error)
    return [problem] if problem else []


def check_never_signed(log: str) -> None:
    """Raise LogHalted where a log without checkpoints has been seen by the world, or holds a tree."""
    for place in outside.places():
        seen = _newest_outside(log, place)
        if seen is not None:
            raise LogHalted(f"Log {log} is empty but {seen.origin} has been signed at size {seen.size}. {_MEND.format(log=log)}")
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


def key_problem(head: store.Head) -> str | None:
    """The key of the ring must be the one that signed last: another one would fork the name (D-40)."""
    try:
        open_checkpoint(head.note, verifier=signing.verifier(head.log, head.origin, key_version=head.key_version))
    except (KeyMissing, ValueError):
        name = f"{signing.key_name(head.log)} v{head.key_version}"
        return f"The key {name} is not the one that signed log {head.log}. Put back the right file of {name} into KEYS_DIR."
    return None


def _newest_outside(log: str, place: Path) -> Statement | None:
    """What was signed last by this place; a mirror that is out of reach says nothing and is noted."""
    try:
        return outside.newest(log, place=place)
    except OSError as error:
        if place != outside.folder():
            outside.note_behind(place, error)
            return None
        raise LogHalted(f"The checkpoint file of log {log} cannot be read: {error}") from error
    except ValueError as error:
        raise LogHalted(f"The checkpoint file of log {log} in {place} cannot be read: {error}") from error


def _outside_problem(head: store.Head) -> str | None:
    problems = (_problem_with(head, place) for place in outside.places())
    return next((problem for problem in problems if problem), None)


def _problem_with(head: store.Head, place: Path) -> str | None:
    seen = _newest_outside(head.log, place)
    if seen is None:
        return None
    said = _difference(head, seen)
    if said is None:
        return None
    where = "" if place == outside.folder() else f" The mirror {place} says so."
    return f"{said}{where} {_MEND.format(log=head.log)}"


def _difference(head: store.Head, seen: Statement) -> str | None:
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
    """The signed statement by which `former` was closed, if the log as it stands comes from there."""
    wanted = f"{SUCCESSION_HEAD}\n{former}\n"
    rows = Origin.objects.filter(log=head.log, statement__startswith=wanted)
    return rows.values_list("statement", flat=True).first()


def _catch_up(head: store.Head) -> None:
    """Write outside what a crash, or a mirror out of reach, kept from being written after its commit."""
    for place in outside.places():
        try:
            if place in outside.mirrors() and not place.is_dir():
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(place))
            _catch_up_at(place, head)
        except OSError as error:
            if place == outside.folder():
                raise
            outside.note_behind(place, error)


def _catch_up_at(place: Path, head: store.Head) -> None:
    seen = _newest_outside(head.log, place)
    if head.log == rules.PUBLIC:
        endings.catch_up(head, place=place)
    missing = Checkpoint.objects.filter(log=head.log, origin_id=head.origin_id).order_by("size")
    if seen is not None and seen.origin == head.origin:
        missing = missing.filter(size__gt=seen.size)
    elif seen is not None:
        statement = _succession(head, seen.origin)
        outside.append(head.log, [statement] if statement else [], what="succession", place=place)
    outside.append(head.log, list(missing.values_list("note", flat=True)), place=place)
