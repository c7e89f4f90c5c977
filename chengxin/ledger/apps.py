"""Django's handle on the ledger."""

from __future__ import annotations

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The app `ledger`."""

    name = "chengxin.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"
