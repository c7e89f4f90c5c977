"""Tables of files on their way; only ``exchange`` imports this module."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from chengxin.exchange.values import PHASES, ROW_STATES, ROW_WAITING, WORKING


class Job(models.Model):
    """One file that was handed in for import: how far it has come (D-08, D-44)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    key = models.CharField(max_length=64, unique=True)
    form_id = models.CharField(max_length=80)
    form_version = models.CharField(max_length=64)
    group = models.CharField(max_length=8)
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    by = models.ForeignKey("identity.Account", models.PROTECT, null=True, related_name="+")
    agency = models.ForeignKey("identity.Agency", models.PROTECT, null=True, related_name="+")
    filing = models.ForeignKey("filings.Filing", models.PROTECT, null=True, related_name="+")
    phase = models.CharField(max_length=10, default="structure")
    wants_commit = models.BooleanField(default=False)
    encoding = models.CharField(max_length=10, blank=True, default="")
    header = models.JSONField(default=list)
    columns = models.JSONField(default=dict)
    lines = models.IntegerField(default=0)
    found = models.JSONField(default=dict)
    judged_on = models.DateField(null=True)
    problem = models.CharField(max_length=500, blank=True, default="")
    attempts = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [CheckConstraint(condition=Q(phase__in=PHASES), name="job_phase")]
        indexes = [
            Index(fields=["created_at"], condition=Q(phase__in=WORKING), name="job_working"),
            Index(fields=["agency", "-created_at"], name="job_of_agency"),
            Index(fields=["form_id", "sha256"], name="job_of_file"),
        ]


class Chunk(models.Model):
    """Some lines of a file, judged in one transaction and taken in in another: each exactly once."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="chunks")
    number = models.IntegerField()
    first_line = models.IntegerField()
    lines = models.IntegerField()
    offset = models.BigIntegerField()
    payload = models.TextField(blank=True, default="")
    expected = models.JSONField(default=dict)
    judged_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    changed = models.JSONField(default=list)
    done_at = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint(fields=["job", "number"], name="chunk_once")]
        indexes = [Index(fields=["job", "number"], condition=Q(done_at__isnull=True), name="chunk_waiting")]


class FaultyLine(models.Model):
    """A line that will not do: its cells as an envelope, its faults as [column, sentence]."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="faulty_lines")
    number = models.IntegerField()
    cells = models.TextField()
    faults = models.JSONField()

    class Meta:
        constraints = [UniqueConstraint(fields=["job", "number"], name="faulty_line_once")]


class ItemBook(models.Model):
    """Many records of one voluntary item, handed in as one workbook; a corrected one takes the place of its lines."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    key = models.CharField(max_length=64, unique=True)
    enterprise = models.ForeignKey("identity.Enterprise", models.PROTECT, related_name="+")
    form_id = models.CharField(max_length=80)
    form_version = models.CharField(max_length=64)
    by = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    times = models.IntegerField(default=1)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [
            Index(fields=["enterprise", "form_id", "-created_at"], name="itembook_of_enterprise"),
            Index(fields=["changed_at"], name="itembook_changed"),
        ]


class ItemRow(models.Model):
    """One line of such a workbook: its cells as an envelope, its faults, the draft it became, how its handing in goes.

    `content` is a keyed hash of what it says: the same line again leads to the same filing. `filing_id` is no foreign key, for
    a draft may be deleted. `asks` is the code of what the person has to decide before it is taken, `though` what was decided.
    """

    book = models.ForeignKey(ItemBook, models.CASCADE, related_name="rows")
    number = models.IntegerField()
    cells = models.TextField()
    faults = models.JSONField(default=list)
    pictures = models.JSONField(default=list)
    content = models.BinaryField(max_length=32, default=b"")
    filing_id = models.UUIDField(null=True)
    state = models.CharField(max_length=10)
    why = models.CharField(max_length=300, blank=True, default="")
    asks = models.CharField(max_length=20, blank=True, default="")
    though = models.JSONField(default=list)
    receipt = models.CharField(max_length=32, blank=True, default="")
    key = models.UUIDField(null=True)
    by = models.ForeignKey("identity.Account", models.PROTECT, null=True, related_name="+")
    assurance = models.CharField(max_length=12, blank=True, default="")
    attempts = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["book", "number"], name="itemrow_once"),
            CheckConstraint(condition=Q(state__in=ROW_STATES), name="itemrow_state"),
            CheckConstraint(condition=~Q(state=ROW_WAITING) | Q(key__isnull=False, by__isnull=False), name="itemrow_waits_for_somebody"),
        ]
        indexes = [
            Index(fields=["next_try_at", "id"], condition=Q(state=ROW_WAITING), name="itemrow_waiting"),
            Index(fields=["content"], condition=Q(filing_id__isnull=False), name="itemrow_content"),
            Index(fields=["filing_id"], condition=Q(filing_id__isnull=False), name="itemrow_filing"),
        ]


class ItemPicture(models.Model):
    """A picture that came with a workbook: kept under its hash for the lines that name it; `problem` says why one was refused."""

    book = models.ForeignKey(ItemBook, models.CASCADE, related_name="pictures")
    name_key = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=40, blank=True, default="")
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    problem = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint(fields=["book", "name_key"], name="itempicture_once")]
        indexes = [Index(fields=["sha256"], name="itempicture_bytes")]
