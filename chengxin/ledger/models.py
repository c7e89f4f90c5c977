"""Tables of the ledger. Append-only: a trigger refuses every other change, whoever asks (D-42)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

_LOG = Q(log__in=["public", "audit"])


class Event(models.Model):
    """One thing that happened; without `position` and `leaf_index` until the sequencer gives both."""

    position = models.BigIntegerField(null=True)
    log = models.CharField(max_length=8)
    leaf_index = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=64)
    subject = models.CharField(max_length=256)
    data = models.JSONField()
    leaf = models.BinaryField()
    salt = models.BinaryField(null=True)
    actor = models.CharField(max_length=256)
    version_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="ledger_event_pending", condition=Q(position__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(name="ledger_event_log", condition=_LOG),
            models.CheckConstraint(
                name="ledger_event_placed_wholly",
                condition=Q(position__isnull=True, leaf_index__isnull=True) | Q(position__gte=1, leaf_index__gte=0),
            ),
            models.CheckConstraint(
                name="ledger_event_salted_when_audit",
                condition=Q(log="public", salt__isnull=True) | Q(log="audit", salt__isnull=False),
            ),
            models.UniqueConstraint(name="ledger_event_position", fields=["position"], condition=Q(position__isnull=False)),
            models.UniqueConstraint(name="ledger_event_leaf_index", fields=["log", "leaf_index"], condition=Q(leaf_index__isnull=False)),
            models.UniqueConstraint(name="ledger_event_version", fields=["version_id", "kind"], condition=Q(log="public")),
        ]


class Tile(models.Model):
    """Up to 256 node hashes; one row per tile, `data` only ever grows."""

    pk = models.CompositePrimaryKey("log", "level", "n")
    log = models.CharField(max_length=8)
    level = models.SmallIntegerField()
    n = models.BigIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.CheckConstraint(name="ledger_tile_log", condition=_LOG)]


class Origin(models.Model):
    """One life of a log under one name and one version of its key; a new one begins only by a signed succession (D-21)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    log = models.CharField(max_length=8)
    number = models.IntegerField()
    name = models.CharField(max_length=255, unique=True)
    key_version = models.IntegerField(default=1, db_default=1)
    vkey = models.CharField(max_length=400, default="", db_default="")
    statement = models.TextField()
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="ledger_origin_log", condition=_LOG),
            models.UniqueConstraint(name="ledger_origin_number", fields=["log", "number"]),
        ]


class Checkpoint(models.Model):
    """A signed checkpoint; the newest of a log stands for good, older ones may be pruned."""

    log = models.CharField(max_length=8)
    origin = models.ForeignKey(Origin, on_delete=models.PROTECT, related_name="+")
    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="ledger_checkpoint_log", condition=_LOG),
            models.UniqueConstraint(name="ledger_checkpoint_size", fields=["origin", "size"]),
        ]
        indexes = [models.Index(F("log"), F("id").desc(), name="ledger_checkpoint_newest")]


class FollowerPosition(models.Model):
    """How far a follower has come; `failures` counts the tries of the event after `position`."""

    name = models.CharField(max_length=64, primary_key=True)
    position = models.BigIntegerField(default=0)
    failures = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)


class ParkedEvent(models.Model):
    """An event a follower could not digest in ten tries; a person looks at it."""

    follower = models.CharField(max_length=64)
    position = models.BigIntegerField()
    error = models.CharField(max_length=200)
    parked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="ledger_parked_once", fields=["follower", "position"]),
        ]


APPEND_ONLY: dict[str, tuple[str, ...]] = {
    "ledger_event": ("position", "leaf_index"),
    "ledger_tile": ("data",),
    "ledger_origin": (),
}
"""Tables on which the running role gets INSERT and SELECT only, with the columns it may update (triggers guard them)."""
