"""Tables of voluntary records besides their filings; only ``filings`` imports this module."""

from __future__ import annotations

from django.db import models
from django.db.models import Index, Q, UniqueConstraint

from chengxin.filings.models import Filing


class Fingerprint(models.Model):
    """What a voluntary record says, as two keyed hashes: `whole` of all its business fields, `near` of the few that tell facts apart.

    `standing` while the filing is 发布中 or 已发布, kept so by a trigger: of two equal ones of one enterprise and item only one
    can stand, whoever asks at the same moment (VOL-19).
    """

    filing = models.OneToOneField(Filing, models.PROTECT, primary_key=True, related_name="fingerprint")
    enterprise = models.ForeignKey("identity.Enterprise", models.PROTECT, related_name="+", db_index=False)
    form_id = models.CharField(max_length=80)
    whole = models.BinaryField(max_length=32)
    near = models.BinaryField(max_length=32)
    standing = models.BooleanField(default=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["enterprise", "form_id", "whole"], condition=Q(standing=True), name="fingerprint_stands_once"),
        ]
        indexes = [Index(fields=["enterprise", "form_id", "near"], condition=Q(standing=True), name="fingerprint_near")]
