"""Tables: every version for ever, and which one of each form is current."""

from typing import Any, ClassVar

from django.db import models

from chengxin.identity.values import AGENCY_LEVELS

ORIGINS = ("files", "upload")


class FormVersion(models.Model):
    """One document of the catalogue by content hash; rows are only ever added (D-34)."""

    hash = models.CharField(primary_key=True, max_length=64)
    form_id = models.CharField(max_length=100, db_index=True)
    body = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        """Constraints."""

        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(hash__regex=r"^[0-9a-f]{64}$"), name="formversion_hash"),
        ]


class CurrentForm(models.Model):
    """The version that new filings take; `origin` says whether files or an upload proposed it."""

    form_id = models.CharField(primary_key=True, max_length=100)
    version = models.ForeignKey(FormVersion, models.PROTECT, related_name="+")
    origin = models.CharField(max_length=10)
    changed_at = models.DateTimeField()

    class Meta:
        """Constraints."""

        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(origin__in=ORIGINS), name="currentform_origin"),
        ]


class ItemSetting(models.Model):
    """What an administrator set for one of the 自愿注册事项; without a row its form's own words hold (VOL-42)."""

    form_id = models.CharField(primary_key=True, max_length=100)
    place = models.PositiveSmallIntegerField()
    opens_on = models.DateField(null=True)
    closes_on = models.DateField(null=True)
    level = models.CharField(max_length=10, blank=True)
    shown = models.BooleanField()
    changed_at = models.DateTimeField()

    class Meta:
        """Constraints."""

        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(closes_on__gte=models.F("opens_on")), name="itemsetting_window"),
            models.CheckConstraint(condition=models.Q(level__in=("", *AGENCY_LEVELS)), name="itemsetting_level"),
        ]


APPEND_ONLY = ["catalogue_formversion"]
