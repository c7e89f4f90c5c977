"""Tables of access; only this app imports them."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

NAME_KINDS = ("username", "credit_code", "card", "phone")
CAPTCHA_KINDS = ("image", "audio")
LICENCE_OUTCOMES = ("waiting", "confirmed", "refused", "failed", "opened")


class LoginName(models.Model):
    """The one name space of log-in names (D-24)."""

    name_key = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=12)
    account = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(kind__in=NAME_KINDS), name="loginname_kind"),
            CheckConstraint(
                condition=~Q(kind="credit_code") | Q(name_key__regex=r"^[0-9A-HJ-NP-RTUWXY]{18}$"),
                name="loginname_credit_code_shape",
            ),
            CheckConstraint(
                condition=~Q(kind="username") | Q(name_key__regex=r"^[a-z][a-z0-9_.-]{3,31}$"),
                name="loginname_username_shape",
            ),
        ]
        indexes = [Index(fields=["account"], name="loginname_account")]


class Password(models.Model):
    """The password of an account: Argon2id over a keyed pre-hash, with the version of that key."""

    account = models.OneToOneField("identity.Account", models.PROTECT, primary_key=True, related_name="+")
    hash = models.CharField(max_length=200)
    pepper_version = models.IntegerField()
    must_change = models.BooleanField(default=False)
    changed_at = models.DateTimeField()


class Session(models.Model):
    """One log-in. Only the keyed hash of its key is here; the key is in the person's cookie."""

    key_hash = models.BinaryField(primary_key=True, max_length=32)
    account = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    epoch = models.IntegerField()
    created_at = models.DateTimeField()
    last_active_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=16, blank=True, default="")
    assurance = models.CharField(max_length=16)
    ip_network = models.CharField(max_length=64)
    device = models.BinaryField(max_length=32)

    class Meta:
        indexes = [
            Index(fields=["account"], name="session_account"),
            Index(fields=["created_at"], name="session_created"),
        ]


class Device(models.Model):
    """A browser from which an account has logged in before; its token is known by hash only (D-26)."""

    account = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    token_hash = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint(fields=["account", "token_hash"], name="device_once")]


class SecretLink(models.Model):
    """A link that opens one door once; only its hash is here."""

    token_hash = models.BinaryField(primary_key=True, max_length=32)
    purpose = models.CharField(max_length=40)
    account = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [Index(fields=["account", "purpose"], name="secretlink_account")]


class LicenceLogIn(models.Model):
    """One QR code of the electronic business licence: who may answer, what came, whose session it is; only hashes of secrets."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    state_hash = models.BinaryField(max_length=32, unique=True)
    expected = models.ForeignKey("identity.Enterprise", models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=10, default="waiting")
    reason = models.CharField(max_length=20, blank=True, default="")
    account = models.ForeignKey("identity.Account", models.PROTECT, null=True, related_name="+")
    nonce_hash = models.BinaryField(null=True, max_length=32)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(outcome__in=LICENCE_OUTCOMES), name="licencelogin_outcome"),
            CheckConstraint(
                condition=Q(account__isnull=False) | ~Q(outcome__in=["confirmed", "opened"]), name="licencelogin_confirmed_has_account"
            ),
        ]
        indexes = [Index(fields=["expires_at"], name="licencelogin_expires")]


class Captcha(models.Model):
    """A challenge that can be answered once within five minutes; the answer is here as a keyed hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=8)
    answer_hash = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [CheckConstraint(condition=Q(kind__in=CAPTCHA_KINDS), name="captcha_kind")]
        indexes = [Index(fields=["expires_at"], name="captcha_expires")]


class EmailCode(models.Model):
    """A code sent by mail instead of a captcha or to prove an address; five tries, once, ten minutes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    purpose = models.CharField(max_length=40)
    email_blind = models.BinaryField(max_length=32)
    code_hash = models.BinaryField(max_length=32)
    tries = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            Index(fields=["email_blind", "purpose", "-created_at"], name="emailcode_newest"),
            Index(fields=["expires_at"], name="emailcode_expires"),
        ]


class Attempt(models.Model):
    """One counted attempt (D-46): a bucket such as `login.pair`, and a keyed hash of whom it counts for."""

    id = models.BigAutoField(primary_key=True)
    bucket = models.CharField(max_length=40)
    key_hash = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            Index(fields=["bucket", "key_hash", "at"], name="attempt_window"),
            Index(fields=["at"], name="attempt_sweep"),
        ]


class ApiKey(models.Model):
    """A key for programs: its beginning and the hash of the rest; the whole is shown once and kept nowhere."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12)
    secret_hash = models.BinaryField(max_length=32, unique=True)
    submission_key = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [UniqueConstraint(fields=["account", "submission_key"], name="apikey_submitted_once")]
        indexes = [Index(fields=["account", "-created_at"], name="apikey_account")]
