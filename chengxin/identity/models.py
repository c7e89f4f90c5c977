"""Tables of identity; only this app imports them."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from chengxin.identity.values import (
    ACCOUNT_KINDS,
    ACCOUNT_PROOFS,
    ACCOUNT_STATES,
    AGENCY_ACTS,
    AGENCY_KINDS,
    AGENCY_LEVELS,
    AGENCY_ROLES,
    ENTERPRISE_ROLES,
    ENTERPRISE_STATES,
    EXCLUSIVE_ROLES,
    SUBJECT_FACTS,
    UNNAMED_KIND,
)

APPEND_ONLY = ["identity_accesslog", "identity_consent", "identity_divisionload"]


class Division(models.Model):
    """GB/T 2260 and 兵团 (660000); `above` is the next division in matters of competence (D-05)."""

    code = models.CharField(max_length=6, primary_key=True)
    name = models.CharField(max_length=60)
    level = models.SmallIntegerField()
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    above = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    retired = models.BooleanField(default=False)
    successor = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    sort = models.IntegerField(default=0)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(code__regex=r"^[0-9]{6}$"), name="division_code_shape"),
            CheckConstraint(condition=Q(level__gte=1, level__lte=3), name="division_level"),
            CheckConstraint(condition=Q(successor__isnull=True) | Q(retired=True), name="division_successor_if_retired"),
        ]


class DivisionLoad(models.Model):
    """Which lists of divisions were loaded when; the newest row stamps every cached tree."""

    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()


class Account(models.Model):
    """One log-in identity. Secrets are rows of `access`; contact data are envelopes (D-41).

    `proven` is what was proved of whoever holds it, whatever way a session logs in (D-28).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=10)
    state = models.CharField(max_length=10, default="pending")
    display_name = models.CharField(max_length=200, blank=True, default="")
    email_sealed = models.TextField(blank=True, default="")
    email_blind = models.BinaryField(null=True, max_length=32)
    email_verified_at = models.DateTimeField(null=True)
    phone_sealed = models.TextField(blank=True, default="")
    phone_blind = models.BinaryField(null=True, max_length=32)
    session_epoch = models.IntegerField(default=1)
    proven = models.CharField(max_length=8, default="none")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(kind__in=ACCOUNT_KINDS), name="account_kind"),
            CheckConstraint(condition=Q(state__in=ACCOUNT_STATES), name="account_state"),
            CheckConstraint(condition=Q(proven__in=ACCOUNT_PROOFS), name="account_proven"),
        ]
        indexes = [
            Index(fields=["email_blind"], name="account_email"),
            Index(fields=["phone_blind"], name="account_phone"),
        ]


class Enterprise(models.Model):
    """One enterprise. The code never changes (D-10); a closed one frees code and name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    uscc = models.CharField(max_length=18)
    name = models.CharField(max_length=200, blank=True, default="")
    name_key = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=8, default="known")
    kind = models.CharField(max_length=2)
    division = models.ForeignKey(Division, models.PROTECT, related_name="+")
    claimed = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(uscc__regex=r"^[0-9A-HJ-NP-RTUWXY]{18}$"), name="enterprise_uscc_shape"),
            CheckConstraint(condition=Q(state__in=ENTERPRISE_STATES), name="enterprise_state"),
            CheckConstraint(condition=~Q(state="active") | Q(claimed=True), name="enterprise_active_is_claimed"),
            CheckConstraint(condition=Q(claimed=False) | Q(kind=UNNAMED_KIND) | ~Q(name_key=""), name="enterprise_name_given"),
            UniqueConstraint(fields=["uscc"], condition=~Q(state="closed"), name="enterprise_uscc_once"),
            UniqueConstraint(
                fields=["name_key"],
                condition=Q(claimed=True) & ~Q(state="closed") & ~Q(kind=UNNAMED_KIND),
                name="enterprise_name_once",
            ),
            UniqueConstraint(
                fields=["name_key", "division"],
                condition=Q(claimed=True, kind=UNNAMED_KIND) & ~Q(state="closed") & ~Q(name_key=""),
                name="enterprise_name_once_in_county",
            ),
        ]


class SubjectFact(models.Model):
    """What became of a subject: a name it had before, or that its registration ended, with day and source (D-10)."""

    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=200, blank=True, default="")
    on = models.DateField()
    source = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(kind__in=SUBJECT_FACTS), name="subjectfact_kind"),
            UniqueConstraint(fields=["enterprise"], condition=~Q(kind="former_name"), name="subjectfact_one_end"),
        ]
        indexes = [Index(fields=["enterprise"], name="subjectfact_enterprise")]


class Membership(models.Model):
    """Which account acts for which enterprise, in which role, from when to when (D-29).

    A handler (经办人) has the legal representative's authorisation: a paper by the hash of its bytes, and its term in days of
    Shanghai, both included; `told_at` says when it was told that the term ends. The administrator's paper is in the
    registration that was approved.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+")
    role = models.CharField(max_length=16)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    paper = models.CharField(max_length=64, blank=True, default="")
    paper_name = models.CharField(max_length=200, blank=True, default="")
    paper_media = models.CharField(max_length=40, blank=True, default="")
    paper_pages = models.IntegerField(default=0)
    authorised_from = models.DateField(null=True)
    authorised_until = models.DateField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(role__in=ENTERPRISE_ROLES), name="membership_role"),
            CheckConstraint(
                condition=~Q(role="handler") | Q(authorised_from__isnull=False, authorised_until__gte=F("authorised_from")) & ~Q(paper=""),
                name="membership_handler_authorised",
            ),
            CheckConstraint(condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="membership_span"),
            UniqueConstraint(fields=["account"], condition=Q(until__isnull=True), name="membership_one_per_account"),
            UniqueConstraint(
                fields=["enterprise"],
                condition=Q(until__isnull=True, role="administrator"),
                name="membership_one_administrator",
            ),
        ]
        indexes = [
            Index(fields=["paper"], condition=~Q(paper=""), name="membership_paper"),
            Index(
                fields=["authorised_until"],
                condition=Q(role="handler", until__isnull=True, told_at__isnull=True),
                name="membership_ending",
            ),
        ]


class Agency(models.Model):
    """One government unit. Only those of kind `commerce` review; one of them per division."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, default="commerce")
    level = models.CharField(max_length=10)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    division = models.ForeignKey(Division, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    suspended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(kind__in=AGENCY_KINDS), name="agency_kind"),
            CheckConstraint(condition=Q(level__in=AGENCY_LEVELS), name="agency_level"),
            CheckConstraint(
                condition=Q(level="national", division__isnull=True) | ~Q(level="national") & Q(division__isnull=False),
                name="agency_division_unless_national",
            ),
            CheckConstraint(condition=Q(level="national") | Q(parent__isnull=False), name="agency_parent_unless_national"),
            UniqueConstraint(fields=["division"], condition=Q(kind="commerce"), name="agency_one_per_division"),
            UniqueConstraint(fields=["level"], condition=Q(kind="commerce", level="national"), name="agency_one_national"),
        ]


class AgencyMembership(models.Model):
    """Which account works in which agency. `forms` empty: every form; else those named or `archive/*`.

    `deputy` is a colleague who does this person's part from `absent_from` to `absent_to`.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    roles = ArrayField(models.CharField(max_length=16))
    forms = ArrayField(models.CharField(max_length=80), default=list)
    absent_from = models.DateTimeField(null=True)
    absent_to = models.DateTimeField(null=True)
    deputy = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(roles__contained_by=list(AGENCY_ROLES)), name="agencymembership_roles"),
            CheckConstraint(condition=Q(roles__len__gte=1), name="agencymembership_some_role"),
            CheckConstraint(
                condition=~Q(roles__overlap=list(EXCLUSIVE_ROLES)) | Q(roles__len=1),
                name="agencymembership_exclusive_roles",
            ),
            CheckConstraint(
                condition=Q(absent_to__isnull=True) | Q(absent_from__isnull=False) & Q(absent_to__gte=F("absent_from")),
                name="agencymembership_absence",
            ),
            CheckConstraint(
                condition=Q(deputy__isnull=True) | Q(absent_from__isnull=False) & ~Q(deputy=F("account")), name="agencymembership_deputy"
            ),
            UniqueConstraint(fields=["account"], condition=Q(until__isnull=True), name="agencymembership_one_per_account"),
        ]
        indexes = [
            Index(fields=["agency"], name="agencymembership_agency"),
            Index(fields=["until"], condition=~Q(forms=[]), name="agencymembership_forms"),
        ]


class AgencyAct(models.Model):
    """A change of an agency or of its people that takes effect when a second administrator confirms it (D-30)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=10)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    roles = ArrayField(models.CharField(max_length=16), default=list)
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="proposed")
    second = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(kind__in=AGENCY_ACTS, state__in=["proposed", "confirmed", "declined"]), name="agency_act_kind"),
            CheckConstraint(
                condition=Q(state="proposed", second__isnull=True) | Q(second__isnull=False) & ~Q(state="proposed"),
                name="agency_act_settled_by_second",
            ),
            CheckConstraint(condition=~Q(reason="") & (Q(second__isnull=True) | ~Q(second=F("by"))), name="agency_act_two_people"),
            UniqueConstraint(fields=["agency", "account"], condition=Q(state="proposed"), nulls_distinct=False, name="agency_act_one_open"),
        ]


class Consent(models.Model):
    """What an account agreed to or withdrew, by document and version; only added to (D-31)."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    document = models.CharField(max_length=60)
    version = models.CharField(max_length=64)
    given = models.BooleanField(default=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [Index(fields=["account", "document", "-id"], name="consent_newest")]


class WorkDay(models.Model):
    """One day that differs from, or confirms, the built-in calendar (REG-20)."""

    date = models.DateField(primary_key=True)
    is_workday = models.BooleanField()
    name = models.CharField(max_length=40, blank=True, default="")
    source = models.CharField(max_length=200)
    provisional = models.BooleanField(default=False)


class AccessLog(models.Model):
    """Who read whose personal data for what purpose; only added to, pseudonyms only (D-41)."""

    who = models.CharField(max_length=64)
    what = models.CharField(max_length=40)
    subject = models.CharField(max_length=64)
    purpose = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        indexes = [Index(fields=["subject", "-id"], name="accesslog_subject")]
