"""The table of what was read; only this app imports it."""

from __future__ import annotations

from django.db import models
from django.db.models import CheckConstraint, Index, Q

from chengxin.ocr import values


class Reading(models.Model):
    """What was read from one picture: `lines` is an envelope, for the text may hold personal data. Goes with its file."""

    attachment = models.OneToOneField("filings.Attachment", models.CASCADE, primary_key=True, related_name="+")
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=60)
    filing = models.ForeignKey("filings.Filing", models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, default=values.WAITING)
    tries = models.SmallIntegerField(default=0)
    taken_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    lines = models.TextField(blank=True, default="")

    class Meta:
        constraints = [CheckConstraint(condition=Q(state__in=values.STATES), name="ocr_reading_state")]
        indexes = [Index(fields=["attachment"], condition=Q(state="waiting"), name="ocr_reading_waits")]
