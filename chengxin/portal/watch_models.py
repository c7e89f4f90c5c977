"""Tables of the watch list (我的关注); only ``portal`` imports this module."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint


class Watcher(models.Model):
    """Who is told once a day: a mailbox without account, or an account. Gone with its last watch (D-41)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.OneToOneField("identity.Account", models.PROTECT, null=True, related_name="+")
    email_sealed = models.TextField(blank=True, default="")
    email_blind = models.BinaryField(max_length=32, null=True, unique=True)
    token_hash = models.BinaryField(max_length=32, unique=True)
    token_sealed = models.TextField()
    position = models.BigIntegerField(default=0)
    told_on = models.DateField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(account__isnull=True, email_blind__isnull=False) & ~Q(email_sealed="")
                | Q(account__isnull=False, email_blind__isnull=True, email_sealed=""),
                name="watcher_is_mailbox_or_account",
            ),
        ]
        indexes = [Index(fields=["told_on", "id"], name="watcher_due")]


class Watch(models.Model):
    """One enterprise that a watcher follows, by its code; of a mailbox only after the mailed link was confirmed."""

    watcher = models.ForeignKey(Watcher, models.CASCADE, related_name="+")
    uscc = models.CharField(max_length=18)
    confirm_hash = models.BinaryField(max_length=32, null=True, unique=True)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [UniqueConstraint(fields=["watcher", "uscc"], name="watch_once")]
        indexes = [Index(fields=["created_at"], condition=Q(confirmed_at__isnull=True), name="watch_unconfirmed")]
