"""Tables of the portal; only ``portal`` imports this module."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from chengxin.portal import values
from chengxin.portal.watch_models import Watch, Watcher

__all__ = ["Watch", "Watcher"]  # tables of their own module, known to Django from here
APPEND_ONLY = ["portal_version", "portal_step", "portal_claim"]


class Item(models.Model):
    """One page of content: its state is that of the newest version, `public` is what everyone sees."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=12)
    state = models.CharField(max_length=12, default=values.DRAFT)
    latest = models.IntegerField(default=0)
    public = models.ForeignKey("portal.Version", models.PROTECT, null=True, related_name="+")
    publish_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(kind__in=values.EDITED), name="item_kind_known"),
            CheckConstraint(condition=Q(state__in=values.STATES), name="item_state_known"),
            CheckConstraint(
                condition=~Q(state="published") | Q(public__isnull=False, published_at__isnull=False), name="item_published_has_version"
            ),
            CheckConstraint(condition=~Q(state="withdrawn") | Q(public__isnull=True), name="item_withdrawn_is_hidden"),
            CheckConstraint(
                condition=Q(state="scheduled", publish_at__isnull=False) | ~Q(state="scheduled") & Q(publish_at__isnull=True),
                name="item_scheduled_has_moment",
            ),
        ]
        indexes = [
            Index(fields=["kind", "-published_at", "-id"], condition=Q(public__isnull=False), name="item_shown"),
            Index(fields=["publish_at"], condition=Q(state="scheduled"), name="item_falls_due"),
            Index(fields=["-updated_at"], name="item_touched"),
        ]


class Place(models.Model):
    """Where a page of help stands: in place of an entry of the files, or as one of its own at the end of a topic."""

    item = models.OneToOneField(Item, models.PROTECT, primary_key=True, related_name="place")
    entry = models.CharField(max_length=40, unique=True)
    topic = models.CharField(max_length=40)


class Version(models.Model):
    """One immutable version of a page of content: as typed, and as clean HTML."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="versions")
    number = models.IntegerField()
    key = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=values.MAX_TITLE_CHARS)
    summary = models.CharField(max_length=values.MAX_SUMMARY_CHARS, blank=True)
    body = models.TextField(blank=True)
    html = models.TextField(blank=True)
    plain = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    files = models.JSONField(default=list)
    by = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint(fields=["item", "number"], name="version_number_once")]


class Step(models.Model):
    """What was done with a version: handed in, returned, scheduled, published, withdrawn; the writer never publishes."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="steps")
    number = models.IntegerField()
    event = models.CharField(max_length=12)
    by = models.ForeignKey("identity.Account", models.PROTECT, null=True, related_name="+")
    writer = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    note = models.CharField(max_length=values.MAX_NOTE_CHARS, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(
                condition=~Q(event__in=["publish", "schedule"]) | Q(by__isnull=True) | ~Q(by=F("writer")), name="step_two_people"
            )
        ]
        indexes = [Index(fields=["item", "-at"], name="step_of_item")]


class File(models.Model):
    """A file that some version of a page of content offers; its bytes stand in the store under their hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    item = models.ForeignKey(Item, models.PROTECT, related_name="stored")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=60)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    by = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    at = models.DateTimeField()


class Service(models.Model):
    """One free service product (SVC-01, SVC-03); `taken` is the number of its claims, kept with each of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    code = models.CharField(max_length=60, unique=True)
    group = models.CharField(max_length=12)
    title = models.CharField(max_length=values.MAX_TITLE_CHARS)
    title_en = models.CharField(max_length=2 * values.MAX_TITLE_CHARS, blank=True)
    provider = models.CharField(max_length=values.MAX_FACT_CHARS)
    provider_en = models.CharField(max_length=2 * values.MAX_FACT_CHARS, blank=True)
    content = models.TextField()
    content_en = models.TextField(blank=True)
    way = models.CharField(max_length=8)
    value = models.CharField(max_length=values.MAX_VALUE_CHARS)
    price_cny = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    stock = models.IntegerField(null=True)
    taken = models.IntegerField(default=0)
    state = models.CharField(max_length=8, default=values.DRAFT)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(group__in=values.GROUPS), name="service_group_known"),
            CheckConstraint(condition=Q(way__in=values.WAYS), name="service_way_known"),
            CheckConstraint(condition=Q(state__in=values.PRODUCT_STATES), name="service_state_known"),
            CheckConstraint(condition=Q(price_cny=0), name="service_is_free"),
            CheckConstraint(condition=Q(stock__isnull=True) | Q(taken__lte=F("stock")), name="service_stock_kept"),
        ]
        indexes = [Index(fields=["group", "title"], condition=Q(state="listed"), name="service_offered")]


class Claim(models.Model):
    """One enterprise has obtained one product, with what it was given; never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    number = models.CharField(max_length=32, unique=True)
    service = models.ForeignKey(Service, models.PROTECT, related_name="claims")
    enterprise = models.ForeignKey("identity.Enterprise", models.PROTECT, related_name="+")
    by = models.ForeignKey("identity.Account", models.PROTECT, related_name="+")
    title = models.CharField(max_length=values.MAX_TITLE_CHARS)
    way = models.CharField(max_length=8)
    value = models.CharField(max_length=values.MAX_VALUE_CHARS)
    at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint(fields=["service", "enterprise"], name="claim_once")]
        indexes = [Index(fields=["enterprise", "-at"], name="claim_of_enterprise")]


class PublicQuestion(models.Model):
    """One question of an enterprise with its answer, published because both agreed; it does not say who asked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    filing_id = models.UUIDField(unique=True)
    topic = models.CharField(max_length=20)
    title = models.CharField(max_length=values.MAX_TITLE_CHARS)
    text = models.TextField()
    answer = models.TextField()
    unit = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [Index(fields=["-answered_at", "-id"], condition=Q(withdrawn_at__isnull=True), name="public_question_shown")]
