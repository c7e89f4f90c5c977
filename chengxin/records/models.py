"""Tables of records; only ``records`` imports this module."""

from __future__ import annotations

import uuid

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint


class Version(models.Model):
    """One immutable version of one record; ending it empties what the public saw (D-20)."""

    version_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    record_id = models.UUIDField()
    enterprise = models.ForeignKey("identity.Enterprise", models.PROTECT, related_name="+")
    origin = models.CharField(max_length=12)
    group = models.CharField(max_length=20)
    form_version = models.CharField(max_length=64)
    filing_id = models.UUIDField(null=True)
    order = models.IntegerField(default=0)
    source_unit = models.CharField(max_length=200, blank=True, default="")
    source_no = models.CharField(max_length=120, blank=True, default="")
    inside = models.JSONField()
    fingerprint = models.BinaryField()
    fragment = models.BinaryField(null=True)
    salt = models.BinaryField(null=True)
    publicity_from = models.DateField(null=True)
    publicity_until = models.DateField(null=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(origin__in=["government", "enterprise"]), name="version_origin"),
            CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(fragment__isnull=True, salt__isnull=True),
                name="version_ended_is_closed",
            ),
            CheckConstraint(
                condition=Q(fragment__isnull=True, salt__isnull=True) | Q(fragment__isnull=False, salt__isnull=False),
                name="version_fragment_has_salt",
            ),
            UniqueConstraint(
                fields=["enterprise", "origin", "record_id"], condition=Q(ended_at__isnull=True), name="version_one_current"
            ),
            UniqueConstraint(
                fields=["source_unit", "source_no", "group"],
                condition=Q(ended_at__isnull=True, origin="government"),
                name="version_natural_key",
            ),
        ]
        indexes = [
            Index(fields=["enterprise", "group", "-created_at"], condition=Q(ended_at__isnull=True), name="version_now"),
            Index(fields=["enterprise", "-created_at"], name="version_of_enterprise"),
            Index(fields=["record_id"], condition=Q(end_reason="withdrawn"), name="version_withdrawn"),
            Index(
                fields=["publicity_until"],
                condition=Q(ended_at__isnull=True, fragment__isnull=False, publicity_until__isnull=False),
                name="version_lapses",
            ),
        ]

    @property
    def is_public(self) -> bool:
        """Whether it stands in the public file, or will on its day."""
        return self.fragment is not None


class PublicFile(models.Model):
    """One row per enterprise that has a public file: its bytes, ready to send (D-06, D-57).

    `records` counts what it shows; None where it has not been written since it stood in the row of search.
    """

    uscc = models.CharField(max_length=18, primary_key=True)
    enterprise = models.OneToOneField("identity.Enterprise", models.PROTECT, related_name="+")
    head = models.BinaryField()
    body = models.BinaryField()
    etag = models.CharField(max_length=32)
    records = models.IntegerField(null=True)
    next_change_on = models.DateField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [Index(fields=["next_change_on"], condition=Q(next_change_on__isnull=False), name="file_next_change")]


class Mark(models.Model):
    """异议中 on one record while a filing about it is open; it stands in the file, not in the version (D-09)."""

    filing_id = models.UUIDField(primary_key=True)
    enterprise = models.ForeignKey("identity.Enterprise", models.PROTECT, related_name="+")
    origin = models.CharField(max_length=12)
    record_id = models.UUIDField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["enterprise", "origin", "record_id"], condition=Q(until__isnull=True), name="mark_once"),
        ]


class WaitingChange(models.Model):
    """A change of a public file, written in its transaction; it waits for its place in the feed (ADR 0014)."""

    uscc = models.CharField(max_length=18)
    kind = models.CharField(max_length=8)
    etag = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        constraints = [CheckConstraint(condition=Q(kind__in=["changed", "removed"]), name="waiting_change_kind")]


class Change(models.Model):
    """One entry of the change feed: positions are consecutive from 1, rows are never altered (ADR 0014)."""

    position = models.BigIntegerField(primary_key=True)
    uscc = models.CharField(max_length=18)
    kind = models.CharField(max_length=8)
    etag = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(position__gte=1), name="change_position"),
            CheckConstraint(condition=Q(kind__in=["changed", "removed"]), name="change_kind"),
            CheckConstraint(condition=Q(kind="removed", etag="") | (Q(kind="changed") & ~Q(etag="")), name="change_etag"),
        ]
        indexes = [Index(fields=["uscc", "-position"], name="change_of_code")]


class Search(models.Model):
    """One row per public file: what it is found by. ``rank`` is order and cursor at once (D-47).

    How many records a file shows stands beside its bytes: here a row with all its index entries would be written anew for
    each of them. `records` is what it was before that, for files that have not been written since.
    """

    rank = models.BigIntegerField(primary_key=True)
    enterprise = models.OneToOneField("identity.Enterprise", models.PROTECT, related_name="+")
    uscc = models.CharField(max_length=18, unique=True)
    name = models.CharField(max_length=200)
    initials = models.CharField(max_length=200)
    division = models.CharField(max_length=6)
    division_name = models.CharField(max_length=120)
    type = models.CharField(max_length=20)
    records = models.IntegerField(default=0)
    text = models.TextField()
    words = SearchVectorField()
    approved_at = models.DateTimeField()

    class Meta:
        indexes = [
            GinIndex(F("words"), name="search_words"),
            Index(fields=["-approved_at", "rank"], name="search_newest"),
            Index(fields=["type", "rank"], name="search_type"),
            Index(OpClass(F("division"), "text_pattern_ops"), F("rank"), name="search_division"),
        ]


class Term(models.Model):
    """A whole word or name that a file is found by exactly or from its beginning."""

    search = models.ForeignKey(Search, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12)
    term = models.CharField(max_length=300)
    shown = models.CharField(max_length=300)

    class Meta:
        indexes = [
            Index(OpClass(F("term"), "text_pattern_ops"), F("search_id"), name="term_prefix"),
            Index(fields=["search"], name="term_search"),
        ]


class Posting(models.Model):
    """(two characters, rank): walks any pair of characters in rank order at constant cost (D-47)."""

    pk = models.CompositePrimaryKey("pair", "rank")
    pair = models.CharField(max_length=8)
    rank = models.BigIntegerField()

    class Meta:
        indexes = [Index(fields=["rank"], name="posting_rank")]


class SourceSnapshot(models.Model):
    """The last answer of the market register about an enterprise, with its date (ARC-05)."""

    uscc = models.CharField(max_length=18, primary_key=True)
    entry = models.JSONField()
    fetched_at = models.DateTimeField()


class Report(models.Model):
    """A credit report as it was issued: number, hash, and what it contained by version (D-14)."""

    number = models.CharField(max_length=32, primary_key=True)
    uscc = models.CharField(max_length=18)
    enterprise = models.ForeignKey("identity.Enterprise", models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    checkpoint_size = models.BigIntegerField()
    file_etag = models.CharField(max_length=32)
    sha256 = models.CharField(max_length=64)
    versions = models.JSONField()


APPEND_ONLY = ["records_change"]
"""Tables on which the running role gets INSERT and SELECT only."""
