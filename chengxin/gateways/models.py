"""Tables of the outside world: what waits to go out, the demo's mailbox, the demo's market register."""

from __future__ import annotations

from django.db import models

from chengxin.gateways.rules import CHANNELS, STATES


class Outbox(models.Model):
    """One message on its way. Address and secrets are envelopes; secrets go when it is sent or out of date."""

    id = models.BigAutoField(primary_key=True)
    channel = models.CharField(max_length=8)
    purpose = models.CharField(max_length=64)
    to_sealed = models.TextField()
    to_blind = models.BinaryField(max_length=32)
    template = models.CharField(max_length=64)
    params = models.JSONField(default=dict)
    secret_sealed = models.TextField(null=True)
    secret_until = models.DateTimeField(null=True)
    dedupe_key = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=8, default="queued")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(channel__in=CHANNELS), name="outbox_channel"),
            models.CheckConstraint(condition=models.Q(state__in=STATES), name="outbox_state"),
            models.CheckConstraint(
                condition=models.Q(state="queued", next_try_at__isnull=False) | ~models.Q(state="queued"),
                name="outbox_queued_has_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="sent") | models.Q(secret_sealed__isnull=True, sent_at__isnull=False),
                name="outbox_sent_has_no_secret",
            ),
        ]
        indexes = [
            models.Index(fields=["next_try_at", "id"], condition=models.Q(state="queued"), name="outbox_due"),
            models.Index(fields=["secret_until"], condition=models.Q(secret_sealed__isnull=False), name="outbox_secret"),
            models.Index(fields=["to_blind", "-id"], name="outbox_to"),
        ]


class DemoMail(models.Model):
    """What the local gateways delivered in demo mode, readable, for 24 hours; empty everywhere else."""

    id = models.BigAutoField(primary_key=True)
    channel = models.CharField(max_length=8)
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=200, blank=True, default="")
    body = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["channel", "to", "-id"], name="demomail_box")]


class LocalRegister(models.Model):
    """The demo's market register: what the local gateway answers. Not part of the platform's own data."""

    uscc = models.CharField(max_length=18, primary_key=True)
    name = models.CharField(max_length=200, blank=True, default="")
    type = models.CharField(max_length=80)
    legal_representative = models.CharField(max_length=100)
    capital_wan = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    capital_currency = models.CharField(max_length=20, default="人民币")
    established_on = models.DateField(null=True)
    term_from = models.DateField(null=True)
    term_to = models.DateField(null=True)
    address = models.CharField(max_length=300)
    scope = models.TextField(blank=True, default="")
    authority = models.CharField(max_length=100)
    status = models.CharField(max_length=20, default="存续")
