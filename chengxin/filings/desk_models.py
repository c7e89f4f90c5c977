"""Tables of the reviewers' desk; `models` names them too, so that Django and the rest of the app know one place."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint


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
        indexes = [
            Index(fields=["id"], condition=Q(settled=False), name="waiting_unsettled"),
            Index(fields=["form_id"], condition=Q(handler__isnull=False), name="waiting_handled"),
        ]


class HandOver(models.Model):
    """转办: one person hands an item under review to a colleague, or to another competent unit, and says why; only added to.

    It speaks of one round; the newest of the round is the one that holds.
    """

    filing = models.ForeignKey("filings.Filing", models.PROTECT, related_name="hand_overs")
    round = models.IntegerField()
    by = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    to_account = models.ForeignKey("identity.Account", models.PROTECT, null=True, related_name="+")
    to_agency = models.ForeignKey("identity.Agency", models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(to_account__isnull=True) ^ Q(to_agency__isnull=True), name="hand_over_to_one"),
            CheckConstraint(condition=~Q(reason=""), name="hand_over_has_reason"),
        ]
        indexes = [Index(fields=["filing", "-id"], name="hand_over_of_filing"), Index(fields=["to_account", "-id"], name="hand_over_to")]


class SecondLook(models.Model):
    """抽查复核: a decided version that another person looks at once more; chosen by a keyed hash, so by nobody."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    filing = models.ForeignKey("filings.Filing", models.PROTECT, related_name="second_looks")
    round = models.IntegerField()
    outcome = models.CharField(max_length=12)
    decided_by = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    agency = models.ForeignKey("identity.Agency", models.PROTECT, related_name="+")
    person = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField()
    result = models.CharField(max_length=8, blank=True, default="")
    reason = models.CharField(max_length=500, blank=True, default="")
    by = models.ForeignKey("identity.Account", models.PROTECT, null=True, related_name="+")
    looked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["filing", "round"], name="second_look_once_a_round"),
            CheckConstraint(condition=Q(result__in=["", "agrees", "differs"]), name="second_look_result"),
            CheckConstraint(condition=Q(result="") | Q(by__isnull=False, looked_at__isnull=False), name="second_look_by_somebody"),
            CheckConstraint(condition=~Q(result="differs") | ~Q(reason=""), name="second_look_says_why"),
            CheckConstraint(condition=~Q(person=F("decided_by")), name="second_look_by_another"),
            CheckConstraint(condition=Q(by__isnull=True) | ~Q(by=F("decided_by")), name="second_look_by_two"),
        ]
        indexes = [Index(fields=["person", "chosen_at"], condition=Q(result=""), name="second_look_waits")]


class Phrase(models.Model):
    """常用意见: a text that a unit or one person keeps for a kind of filing, with places such as {name} (D-37)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    agency = models.ForeignKey("identity.Agency", models.PROTECT, null=True, related_name="+")
    account = models.ForeignKey("identity.Account", models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=20)
    text = models.CharField(max_length=500)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(agency__isnull=True) ^ Q(account__isnull=True), name="phrase_of_one"),
            CheckConstraint(condition=~Q(text=""), name="phrase_says_something"),
            UniqueConstraint(fields=["agency", "kind", "text"], condition=Q(agency__isnull=False), name="phrase_of_unit_once"),
            UniqueConstraint(fields=["account", "kind", "text"], condition=Q(account__isnull=False), name="phrase_of_person_once"),
        ]
