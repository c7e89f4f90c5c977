"""What `/metrics` says of the whole installation, read when it is asked: queues, ages, logs, disks, backups (D-44).

Every worker and web process sees the same state, so one answer stands for all. What cannot be read is left out, and
`chengxin_database_up` says why.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections
from prometheus_client.core import GaugeMetricFamily, Metric

from chengxin.common import clock, keys, maintenance
from chengxin.gateways import queries as gateways
from chengxin.launcher import places
from chengxin.ledger import queries as ledger
from chengxin.ledger import rules as logs


class State:
    """The collector of everything that is read, not counted."""

    def collect(self) -> Iterator[Metric]:
        """Yield every metric that can be read now."""
        yield from _house()
        try:
            found = [*_logs(), *_messages()]
        except DatabaseError:
            connections["default"].close()
            found = []
        yield _gauge("chengxin_database_up", "1 while the database answers", float(bool(found)))
        yield from found


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=value)


def _by(name: str, meaning: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    metric = GaugeMetricFamily(name, meaning, labels=[label])
    for key, value in values.items():
        metric.add_metric([key], value)
    return metric


def _house() -> Iterator[Metric]:
    """What needs no database."""
    yield _by("chengxin_build_info", "1, by the version that runs", "version", {version("chengxin"): 1})
    yield _gauge("chengxin_maintenance", "1 while the site is in maintenance", float(maintenance.current() is not None))
    yield _gauge("chengxin_keys_missing", "Keys of the inventory that are not in the ring", len(keys.ring().missing()))
    free = {name: float(shutil.disk_usage(folder).free) for name, folder in _disks().items()}
    yield _by("chengxin_disk_free_bytes", "Bytes free where data, files handed in and checkpoints are", "place", free)
    backup = last_backup()
    yield _gauge("chengxin_backup_last_timestamp_seconds", "When the newest backup was taken; 0: never from this machine", backup[0])
    yield _gauge("chengxin_backup_bytes", "Size of the newest backup", backup[1])


def _disks() -> dict[str, Path]:
    named = {"home": settings.CHENGXIN_HOME, "uploads": Path(settings.MEDIA_ROOT), "checkpoints": Path(settings.CHECKPOINTS_DIR)}
    return {name: folder for name, folder in named.items() if folder.is_dir()}


def last_backup() -> tuple[float, float]:
    """When the newest backup of this machine was taken, as seconds since 1970, and its bytes; zeros where there is none."""
    try:
        told: dict[str, Any] = json.loads((Path(settings.CHENGXIN_HOME) / places.LAST_BACKUP).read_bytes())
        return datetime.fromisoformat(told["at"]).timestamp(), float(told["bytes"])
    except (OSError, ValueError, KeyError):
        return 0.0, 0.0


def _logs() -> Iterator[Metric]:
    health = ledger.health()
    yield _gauge("chengxin_log_waiting_events", "Events without a place in the log", health.pending)
    yield _gauge("chengxin_log_oldest_waiting_seconds", "How long the oldest of them waits", health.oldest_pending_s)
    yield _by("chengxin_log_size", "Leaves under the newest checkpoint", "log", {log: float(size) for log, size in health.sizes.items()})
    yield _by("chengxin_log_checkpoint_age_seconds", "Age of the newest checkpoint; old where nothing happens", "log", _ages())
    yield _by(
        "chengxin_log_halted",
        "1 where a log may not sign; /readyz says why",
        "log",
        {log: float(not ledger.may_sign(log)) for log in logs.LOGS},
    )
    yield _by("chengxin_mirror_missing_leaves", "Leaves a mirror of checkpoints has not seen; -1: out of reach", "mirror", ledger.mirrors())
    yield _gauge("chengxin_follower_parked_events", "Events that a follower could not digest", health.parked)
    yield _by("chengxin_follower_missing_events", "Events a follower has not seen yet", "follower", ledger.followers())


def _ages() -> dict[str, float]:
    now = clock.now()
    return {log: (now - at).total_seconds() for log in logs.LOGS if (at := ledger.checkpoint_at(log)) is not None}


def _messages() -> Iterator[Metric]:
    counted = {state: float(number) for state, number in gateways.unsent().items()}
    yield _by("chengxin_outbox_messages", "Messages that have not gone out, by state", "state", counted)
    due = gateways.oldest_due()
    late = max(0.0, (clock.now() - due).total_seconds()) if due else 0.0
    yield _gauge("chengxin_outbox_oldest_due_seconds", "How long the oldest message that is due waits", late)
