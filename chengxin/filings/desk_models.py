"""Tables of the reviewers' desk; `models` names them too, so that Django and the rest of the app know one place."""

from __future__ import annotations

from django.db import models
from django.db.models import Index, Q, UniqueConstraint


class Waiting(models.Model):
    """How many filings wait for review, by what decides with whom they lie; written by triggers of `Filing` alone.

    Each change adds a line with the difference, so that two people never wait for each other; `settled` lines are the
    sums of those that were taken together. The sum of all lines is exact in every snapshot. `late` counts those marked
    overdue; what fell due since then is counted by the clock.
    """

    division_code = models.CharField(max_length=6)
    form_id = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    handler = models.ForeignKey("identity.Agency", models.PROTECT, null=True, related_name="+", db_index=False)
    pending = models.IntegerField()
    late = models.IntegerField()
    settled = models.BooleanField(default=False)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["division_code", "form_id", "kind", "handler"],
                condition=Q(settled=True),
                nulls_distinct=False,
                name="waiting_settled_once",
            )
        ]
        indexes = [Index(fields=["id"], condition=Q(settled=False), name="waiting_unsettled")]
