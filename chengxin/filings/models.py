"""Tables of filings; only ``filings`` imports this module."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from chengxin.filings import lifecycle

# staged: taken in; bound: handed in; replaced: handed in before and no longer part of the filing, kept with the
# decision that was made on it; dropped: never handed in, the sweep takes it away
ATTACHMENT_STATES = ["staged", "bound", "replaced", "dropped"]
PRESENT = ["staged", "bound"]
CORRECTION_STATES = ["proposed", "confirmed", "declined"]
CORRECTIONS = ["approval", "record"]
BULK_STATES = ["waiting", "done", "refused", "revoked"]
# proposed by one person; held: confirmed by another, takes effect after a day; stopped from the old mailbox; failed:
# when its time came it could not be carried out any more
CHANGE_STATES = ["proposed", "declined", "held", "stopped", "failed", "done"]
CHANGE_KINDS = ["mailbox", "reset"]
APPEND_ONLY = ["filings_submission", "filings_decision", "filings_commitment", "filings_handover", "filings_importedfile"]


class Filing(models.Model):
    """One act of handing in, with one state (D-01).

    `enterprise` is the filer's own, `subject` whom it is about where that is not the filer; with a `handler` it lies
    with that agency, else with the one that is competent for its division. What `revises` a published voluntary record
    takes its place once it is approved.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=20)
    form_id = models.CharField(max_length=80)
    form_version = models.CharField(max_length=64)
    enterprise = models.ForeignKey("identity.Enterprise", models.PROTECT, null=True, related_name="+")
    filer = models.ForeignKey("identity.Account", models.PROTECT, null=True, related_name="+")
    subject = models.ForeignKey("identity.Enterprise", models.PROTECT, null=True, related_name="+")
    handler = models.ForeignKey("identity.Agency", models.PROTECT, null=True, related_name="+")
    revises = models.ForeignKey("self", models.PROTECT, null=True, related_name="revisions", db_index=False)
    division_code = models.CharField(max_length=6)
    enterprise_type = models.CharField(max_length=20, blank=True, default="")
    commitment_version = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(max_length=12, default=lifecycle.DRAFT)
    round = models.IntegerField(default=0)
    page_done = models.JSONField(default=list)
    submitted_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    due_provisional = models.BooleanField(default=False)
    overdue_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    opinion = models.TextField(blank=True, default="")
    claimed_by = models.ForeignKey("identity.Account", models.PROTECT, null=True, related_name="+")
    claimed_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(state__in=lifecycle.STATES), name="filing_state_known"),
            CheckConstraint(condition=Q(kind__in=lifecycle.KINDS), name="filing_kind_known"),
            CheckConstraint(
                condition=~Q(state="submitted") | Q(submitted_at__isnull=False, due_at__isnull=False),
                name="filing_submitted_has_due",
            ),
            UniqueConstraint(
                fields=["enterprise", "kind"],
                condition=Q(kind__in=["archive", "registration"], state__in=lifecycle.OPEN_STATES),
                name="filing_one_open",
            ),
            UniqueConstraint(
                fields=["enterprise", "kind"],
                condition=Q(kind="archive", state="approved"),
                name="filing_one_approved_archive",
            ),
            UniqueConstraint(fields=["revises"], condition=Q(state__in=lifecycle.UNDECIDED_STATES), name="filing_one_revision"),
        ]
        indexes = [
            Index(
                fields=["due_at", "id"],
                include=["division_code", "kind", "form_id", "filer", "handler"],
                condition=Q(state="submitted"),
                name="filing_inbox",
            ),
            Index(
                fields=["division_code", "due_at"],
                include=["id", "kind", "form_id", "filer", "handler"],
                condition=Q(state="submitted"),
                name="filing_inbox_div",
            ),
            Index(fields=["due_at"], condition=Q(state="submitted", overdue_at__isnull=True), name="filing_falls_due"),
            Index(fields=["id"], condition=Q(state="submitted", due_provisional=True), name="filing_due_provisional"),
            Index(fields=["enterprise", "kind", "-created_at"], name="filing_of_enterprise"),
            Index(fields=["subject", "-created_at"], condition=Q(subject__isnull=False), name="filing_about"),
            Index(fields=["filer"], condition=Q(state="submitted"), name="filing_waits_of_filer"),
            Index(fields=["handler", "due_at"], condition=Q(state="submitted", handler__isnull=False), name="filing_inbox_handler"),
        ]


class Draft(models.Model):
    """Raw strings as typed, keyed by path, with the revision of each field (D-32)."""

    filing = models.OneToOneField(Filing, models.CASCADE, primary_key=True, related_name="draft")
    rev = models.IntegerField(default=0)
    answers = models.JSONField(default=dict)
    field_rev = models.JSONField(default=dict)
    leftover = models.JSONField(default=dict)
    updated_at = models.DateTimeField()


class RecoveryCopy(models.Model):
    """What autosave keeps: one per account and page, 30 days (D-32)."""

    account = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    filing = models.ForeignKey(Filing, models.CASCADE, related_name="+")
    page = models.CharField(max_length=40)
    answers = models.JSONField()
    base_rev = models.IntegerField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint(fields=["account", "filing", "page"], name="recovery_one")]


class Submission(models.Model):
    """One frozen version of a filing with its receipt; never changed (D-23)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    filing = models.ForeignKey(Filing, models.PROTECT, related_name="submissions")
    round = models.IntegerField()
    key = models.CharField(max_length=64, unique=True)
    number = models.CharField(max_length=32, unique=True)
    form_version = models.CharField(max_length=64)
    answers = models.JSONField()
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey("identity.Account", models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField()
    due_at = models.DateTimeField()
    due_provisional = models.BooleanField(default=False)
    receipt = models.JSONField()
    signature = models.TextField()

    class Meta:
        constraints = [UniqueConstraint(fields=["filing", "round"], name="submission_once_a_round")]


class Decision(models.Model):
    """One decision of one submission, immutable; never by its filer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    filing = models.ForeignKey(Filing, models.PROTECT, related_name="decisions")
    round = models.IntegerField()
    outcome = models.CharField(max_length=12)
    opinion = models.TextField(blank=True)
    by = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    filer = models.ForeignKey("identity.Account", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["filing", "round"], name="decision_once_a_round"),
            CheckConstraint(condition=Q(outcome__in=["approved", "rejected"]), name="decision_outcome"),
            CheckConstraint(condition=Q(outcome="approved") | ~Q(opinion=""), name="decision_rejection_has_opinion"),
            CheckConstraint(condition=Q(filer__isnull=True) | ~Q(by=F("filer")), name="decision_not_by_filer"),
        ]
        indexes = [Index(fields=["at"], name="decision_at")]


class BulkDecision(models.Model):
    """One decision on many filings of a kind, stored now and carried out item by item later, unless revoked (D-03)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=20)
    outcome = models.CharField(max_length=12)
    opinion = models.TextField(blank=True)
    by = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(outcome__in=["approved", "rejected"]), name="bulk_outcome"),
            CheckConstraint(condition=Q(outcome="approved") | ~Q(opinion=""), name="bulk_rejection_has_opinion"),
        ]
        indexes = [Index(fields=["by", "-created_at"], name="bulk_of_account")]


class BulkItem(models.Model):
    """One filing of a bulk decision, in the version that was chosen; a filing waits in one bulk decision at a time."""

    bulk = models.ForeignKey(BulkDecision, models.PROTECT, related_name="items")
    filing = models.ForeignKey(Filing, models.PROTECT, related_name="+")
    round = models.IntegerField()
    effective_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="waiting")
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(state__in=BULK_STATES), name="bulk_item_state"),
            UniqueConstraint(fields=["filing"], condition=Q(state="waiting"), name="bulk_item_waits_once"),
        ]
        indexes = [Index(fields=["effective_at", "id"], condition=Q(state="waiting"), name="bulk_item_due")]


class Correction(models.Model):
    """纠正审核: one person proposes to take an approval back and says why, another confirms or declines (D-03).

    `of` is what is wrong: the approval itself, or the published record, which was found false later (VOL-02).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    filing = models.ForeignKey(Filing, models.PROTECT, related_name="corrections")
    round = models.IntegerField()
    of = models.CharField(max_length=10, default="approval")
    reason = models.CharField(max_length=500)
    by = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="proposed")
    second = models.ForeignKey("identity.Account", models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(state__in=CORRECTION_STATES) & ~Q(reason=""), name="correction_state"),
            CheckConstraint(condition=Q(of__in=CORRECTIONS), name="correction_of_what"),
            CheckConstraint(
                condition=Q(state="proposed", second__isnull=True) | Q(second__isnull=False) & ~Q(state="proposed"),
                name="correction_settled_by_second",
            ),
            CheckConstraint(condition=Q(second__isnull=True) | ~Q(second=F("by")), name="correction_two_people"),
            UniqueConstraint(fields=["filing"], condition=Q(state="proposed"), name="correction_one_open"),
        ]


class Remark(models.Model):
    """A reviewer's remark on a path; the enterprise ticks it as dealt with (D-37)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    filing = models.ForeignKey(Filing, models.PROTECT, related_name="remarks")
    round = models.IntegerField()
    path = models.CharField(max_length=160)
    text = models.CharField(max_length=500)
    by = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    dealt_with = models.BooleanField(default=False)


class Attachment(models.Model):
    """An uploaded file: staged until a submission binds it; swept after 24 h unbound (D-39)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    filing = models.ForeignKey(Filing, models.PROTECT, related_name="attachments")
    path = models.CharField(max_length=160)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=60)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    pages = models.SmallIntegerField(default=1)
    state = models.CharField(max_length=10, default="staged")
    by = models.ForeignKey("identity.Account", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(state__in=ATTACHMENT_STATES), name="attachment_state"),
            UniqueConstraint(fields=["filing", "path", "sha256"], condition=Q(state__in=PRESENT), name="attachment_once"),
        ]


class Case(models.Model):
    """What a filing handed in from one page has besides (D-09 to D-11): its query code, what it is about, what came of it.

    `about` is the record, `version_id` the version that was complained of. `changes` is an envelope: what a correction
    changed, before and after. `proposed_*` is the first of two people's word.
    """

    filing = models.OneToOneField(Filing, models.PROTECT, primary_key=True, related_name="case")
    number = models.CharField(max_length=32, unique=True)
    code_hash = models.BinaryField(max_length=32)
    about = models.UUIDField(null=True)
    version_id = models.UUIDField(null=True)
    origin = models.CharField(max_length=12, blank=True, default="")
    group = models.CharField(max_length=20, blank=True, default="")
    source_unit = models.CharField(max_length=200, blank=True, default="")
    result = models.CharField(max_length=12, blank=True, default="")
    changes = models.TextField(blank=True, default="")
    accepted_at = models.DateTimeField(null=True)
    proposed_result = models.CharField(max_length=12, blank=True, default="")
    proposed_reason = models.TextField(blank=True, default="")
    proposed_by = models.ForeignKey("identity.Account", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(proposed_by__isnull=True, proposed_result="") | Q(proposed_by__isnull=False) & ~Q(proposed_result=""),
                name="case_proposed_by_somebody",
            ),
        ]
        indexes = [Index(fields=["about"], condition=Q(about__isnull=False), name="case_about_record")]


class HelpTicket(models.Model):
    """What a plea for help is found by: its topic and the credit code that was typed, known to us or not (REG-17)."""

    filing = models.OneToOneField(Filing, models.PROTECT, primary_key=True, related_name="ticket")
    topic = models.CharField(max_length=12)
    uscc = models.CharField(max_length=18)

    class Meta:
        indexes = [Index(fields=["uscc"], name="helpticket_of_code")]


class AccountChange(models.Model):
    """A mailbox changed or an enterprise reset for somebody who cannot log in: two people, then a day's hold (REG-16, REG-17).

    `email_sealed` is the mailbox that the ticket names: the new one of the account, or where the filer of a reset is told.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    ticket = models.ForeignKey(Filing, models.PROTECT, related_name="account_changes")
    kind = models.CharField(max_length=8)
    account = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    enterprise = models.ForeignKey("identity.Enterprise", models.PROTECT, related_name="+")
    email_sealed = models.TextField()
    reason = models.CharField(max_length=500)
    by = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="proposed")
    second = models.ForeignKey("identity.Account", models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    effective_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(state__in=CHANGE_STATES, kind__in=CHANGE_KINDS) & ~Q(reason=""), name="account_change_state"),
            CheckConstraint(condition=Q(second__isnull=True) | ~Q(second=F("by")), name="account_change_two_people"),
            CheckConstraint(
                condition=Q(state__in=["proposed", "declined"]) | Q(second__isnull=False, effective_at__isnull=False),
                name="account_change_confirmed",
            ),
            UniqueConstraint(fields=["account"], condition=Q(state__in=["proposed", "held"]), name="account_change_one_open"),
        ]
        indexes = [Index(fields=["effective_at", "id"], condition=Q(state="held"), name="account_change_due")]


class ImportedFile(models.Model):
    """The file of an import by its hash: the same bytes are taken in once for a form (D-08)."""

    filing = models.OneToOneField(Filing, models.PROTECT, primary_key=True, related_name="imported_file")
    form_id = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [UniqueConstraint(fields=["form_id", "sha256"], name="imported_file_once")]


class Commitment(models.Model):
    """A signed commitment: which text, which version, who, when (ARC-03, POL-09)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    enterprise = models.ForeignKey("identity.Enterprise", models.PROTECT, related_name="+")
    filing = models.ForeignKey(Filing, models.PROTECT, null=True, related_name="+")
    document = models.CharField(max_length=60)
    version = models.CharField(max_length=64)
    by = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    at = models.DateTimeField()


class Message(models.Model):
    """站内消息: every notice is one of these first; mail and SMS are copies (D-45)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    template = models.CharField(max_length=40)
    params = models.JSONField()
    key = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [Index(fields=["account", "-created_at"], name="message_of_account")]


# The tables of the desk stand in a file of their own.
from chengxin.filings.desk_models import HandOver as HandOver  # noqa: E402
from chengxin.filings.desk_models import Phrase as Phrase  # noqa: E402
from chengxin.filings.desk_models import SecondLook as SecondLook  # noqa: E402
from chengxin.filings.desk_models import Waiting as Waiting  # noqa: E402

# Those of voluntary records too.
from chengxin.filings.voluntary_models import Fingerprint as Fingerprint  # noqa: E402
