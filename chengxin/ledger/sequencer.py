"""Gives committed events their place, grows the trees and signs checkpoints (D-22).

One step is one transaction on one connection under one advisory lock: a crash leaves no half state,
and of several sequencers one works at a time. What a step remembers between calls is compared with
the newest checkpoint in the database and thrown away when it differs. To read and check a tree anew takes
as long as hundreds of events, so of several workers the one that placed last goes on (`turn`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from chengxin.common import sql

from . import endings, guard, origins, outside, signing, store
from .merkle import Edge, leaf_hash
from .notes import Checkpoint as Statement
from .rules import LOGS, PUBLIC

DEFAULT_LIMIT = 1_000
LIMIT_BEHIND = 5_000
"""So many that wait are placed before events that get their places at once: more than who does so may leave behind."""

QUIET_S = 1.0
"""For so long the logs stand still before a worker takes over from the one that placed last."""

PATIENCE_S = 0.3
"""For so long who places events as they are written waits for another one that places."""

diary = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Tree:
    """What is remembered of one log."""

    origin_id: UUID
    origin: str
    key_version: int
    edge: Edge
    root: bytes


_Head = tuple[UUID, int, bytes]
"""Origin, size and root."""


@dataclass
class _Elsewhere:
    """Where another sequencer had brought the logs to when we last looked, and since when they have stood there."""

    sizes: tuple[int, ...] = ()
    since: float = 0.0


_memory: dict[str, _Tree] = {}
_memory_lock = threading.Lock()
_elsewhere = _Elsewhere()
_said = [""]

# The first of what waits, by its index: EXISTS would read the whole table for it while the planner believes that much of it waits.
_WORK = """
SELECT (SELECT id FROM ledger_event WHERE position IS NULL ORDER BY id LIMIT 1) IS NOT NULL
    OR (SELECT count(DISTINCT log) FROM ledger_origin) < %s
"""

_HEADS = """
SELECT names.log, newest.origin_id, newest.size, newest.root FROM unnest(%(logs)s::text[]) AS names(log)
CROSS JOIN LATERAL (SELECT origin_id, size, root FROM ledger_checkpoint WHERE log = names.log ORDER BY id DESC LIMIT 1) AS newest
"""

# Only who holds the lock alters an event: so those that wait are found again by where they stand.
_PLACE = """
WITH waiting AS MATERIALIZED (
  SELECT place, log,
         row_number() OVER (ORDER BY id) AS nth,
         row_number() OVER (PARTITION BY log ORDER BY id) AS nth_of_log
  FROM (SELECT ctid AS place, id, log FROM ledger_event WHERE position IS NULL ORDER BY id LIMIT %(limit)s) AS w
), placed AS (
  UPDATE ledger_event AS e
  SET position = %(public)s::bigint + %(audit)s::bigint + w.nth,
      leaf_index = CASE w.log WHEN 'public' THEN %(public)s::bigint ELSE %(audit)s::bigint END + w.nth_of_log - 1
  FROM waiting AS w WHERE e.ctid = w.place
  RETURNING e.log, e.leaf_index, e.leaf, CASE e.kind WHEN 'record.ended' THEN coalesce(e.data->>'reason', '') END AS ended
)
SELECT log, leaf_index, leaf, ended FROM placed ORDER BY log, leaf_index
"""


def step(limit: int = DEFAULT_LIMIT) -> int:
    """Place up to `limit` waiting events; returns how many. To be called in a loop, every 200 ms when idle.

    Raises guard.LogHalted where a tree stands against the newest checkpoint outside the database:
    then nothing is placed and nothing signed until `origins.succeed` or a right restore.
    """
    return _step(limit) if _has_work() else 0


def turn(limit: int) -> int:
    """The worker's turn: a step, unless another sequencer is at it; of several workers one stays the one that places.

    Another one is at it that holds the lock, or that has grown the logs beyond what is remembered here and has not rested
    for `QUIET_S`.
    """
    return 0 if _placed_elsewhere() or not _has_work() else _step(limit, wait=False)


def _step(limit: int, *, wait: bool = True) -> int:
    with _memory_lock:
        try:
            with transaction.atomic():
                if wait:
                    signing.lock()
                elif not signing.try_lock():
                    return 0
                return _place(limit)
        except BaseException:
            _memory.clear()
            raise


def _placed_elsewhere() -> bool:
    """Whether another sequencer has gone on from where we were, and still does."""
    known, heads = dict(_memory), _heads()
    grown = [log for log, (origin, size, _root) in heads.items() if log in known and known[log].origin_id == origin]
    if not any(heads[log][1] > known[log].edge.size for log in grown):
        return False
    sizes, now = tuple(heads[log][1] for log in sorted(heads)), time.monotonic()
    if sizes != _elsewhere.sizes:
        _elsewhere.sizes, _elsewhere.since = sizes, now
    return now - _elsewhere.since < QUIET_S


class Places(NamedTuple):
    """Of the first of some events that follow one another in one log."""

    position: int
    leaf_index: int


def place_at_once(log: str, leaves: Sequence[bytes]) -> Places | None:
    """Grow a log by the leaves of events that the caller writes next, in the same transaction, with the places that they get here.

    What waits goes before them. To be called late in a transaction: the signer's lock is held to its end, and its commit waits
    for the disk. None where another one keeps placing, more waits than `LIMIT_BEHIND`, the checkpoints outside are not here, or the
    log may not sign now: then the events are written without a place, and get it later.
    """
    if not all(outside.path(each).exists() for each in LOGS):  # a program that does not see them cannot know what has been signed
        return None
    try:
        with transaction.atomic():
            places = _place_behind(log, leaves) if signing.lock_within(PATIENCE_S) else None
    except (OperationalError, InterfaceError):
        _memory.clear()
        raise
    except Exception as error:
        _memory.clear()
        _say_once(f"{type(error).__name__}: {error}")
        return None
    _say_once("")
    return places


def _say_once(why: str) -> None:
    """Note why events wait, where it is another reason than the last time."""
    if why and why != _said[0]:
        diary.warning("events wait for their place", why=why)
    _said[0] = why


def _place_behind(log: str, leaves: Sequence[bytes]) -> Places | None:
    sql.execute("SELECT set_config('ledger.covered', 'yes', true)", {})
    sql.wait_for_disk()
    trees = _trees()
    waiting = _take(LIMIT_BEHIND, trees)
    placed = sum(map(len, waiting.values()))
    if placed == LIMIT_BEHIND:
        _grow_all(trees, waiting)
        return None
    position = 1 + placed + sum(tree.edge.size for tree in trees.values())
    places = Places(position, trees[log].edge.size + len(waiting[log]))
    waiting[log] += map(leaf_hash, leaves)
    _grow_all(trees, waiting)
    return places


def forget() -> None:
    """Throw away what is remembered between steps; the next one reads and checks everything."""
    with _memory_lock:
        _memory.clear()


def _has_work() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_WORK, [len(LOGS)])
        row = cursor.fetchone()
    return bool(row and row[0])


def _place(limit: int) -> int:
    trees = _trees()
    leaves = _take(limit, trees)
    _grow_all(trees, leaves)
    return sum(map(len, leaves.values()))


def _trees() -> dict[str, _Tree]:
    """The trees as they stand, from memory where the database agrees and no mirror has to be brought up to date."""
    if outside.behind():
        outside.note_level()
        return {log: _tree(log) for log in LOGS}
    heads = _heads()
    return {log: _remembered(log, heads) or _tree(log) for log in LOGS}


def _grow_all(trees: dict[str, _Tree], leaves: dict[str, list[bytes]]) -> None:
    """Grow each log by its leaves and sign; what it is then is remembered once it is committed."""
    grown = {log: _grow(log, tree, leaves[log]) if leaves[log] else tree for log, tree in trees.items()}
    transaction.on_commit(lambda: _memory.update(grown))


def _heads() -> dict[str, _Head]:
    """Origin, size and root of the newest checkpoint of each log that has one."""
    rows = sql.rows(_HEADS, {"logs": list(LOGS)})
    return {log: (origin_id, size, bytes(root)) for log, origin_id, size, root in rows}


def _remembered(log: str, heads: dict[str, _Head]) -> _Tree | None:
    """The tree of a log from memory, if the database agrees."""
    known = _memory.get(log)
    return known if known and (known.origin_id, known.edge.size, known.root) == heads.get(log) else None


def _tree(log: str) -> _Tree:
    """The tree of a log as it stands, read and checked."""
    head = store.head(log)
    if head is None:
        head, edge = origins.open_first(log), Edge()
    else:
        edge = guard.checked_edge(head)
    return _Tree(head.origin_id, head.origin, head.key_version, edge, head.root)


def _take(limit: int, trees: dict[str, _Tree]) -> dict[str, list[bytes]]:
    """Give positions and leaf indexes; the leaf hashes by log, in order. Endings go to the journal before the checkpoint."""
    sizes = {log: tree.edge.size for log, tree in trees.items()}
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, {"limit": limit, **sizes})
        rows = cursor.fetchall()
    leaves: dict[str, list[bytes]] = {log: [] for log in LOGS}
    for log, index, leaf, _ended in rows:
        if index != sizes[log] + len(leaves[log]):
            raise RuntimeError(f"Leaf {index} of log {log} is out of order.")
        leaves[log].append(leaf_hash(bytes(leaf)))
    origin = trees[PUBLIC].origin
    ended = [endings.of_leaf(bytes(leaf), reason=why, origin=origin, index=at) for _log, at, leaf, why in rows if why is not None]
    transaction.on_commit(lambda: endings.write(ended))
    return leaves


def _grow(log: str, tree: _Tree, leaves: Sequence[bytes]) -> _Tree:
    edge, changes = tree.edge.append(leaves)
    store.write_tiles(log, changes)
    grown = replace(tree, edge=edge, root=edge.root())
    statement = Statement(tree.origin, edge.size, grown.root)
    signing.sign(log, origin_id=tree.origin_id, key_version=tree.key_version, statement=statement)
    return grown
