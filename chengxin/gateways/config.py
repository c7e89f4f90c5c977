"""The settings of this app, each with what it means when it is not set."""

from __future__ import annotations

from typing import Any

from django.conf import settings

DEFAULTS: dict[str, Any] = {
    "SMTP_HOST": "",  # empty: mail goes to the local gateway
    "SMTP_PORT": 587,
    "SMTP_USER": "",
    "SMTP_PASSWORD": "",
    "SMTP_TLS": "starttls",  # starttls | tls | none
    "SMTP_CA_FILE": "",  # PEM of a private authority; empty: those of the system
    "SMTP_TIMEOUT_SECONDS": 15,
    "MAIL_FROM": "noreply@chengxin.example",
    "LOCAL_MAIL_FAULT": "",  # "" | down | refuse: how the local mail gateway misbehaves
    "LOCAL_SMS_FAULT": "",
    "LOCAL_DELAY_MS": 0,  # extra time of each local delivery
    "DELIVERY_ATTEMPTS": 10,
    "REGISTER_FAULT": "",  # "" | down: the local market register
    "REGISTER_DELAY_MS": 0,
    "CLAMD_ADDRESS": "",  # host:port or unix:/path; empty: the local scan
    "CLAMD_TIMEOUT_SECONDS": 20,
    "SITE_NAME": "电子商务企业诚信公共服务平台",
    "SITE_ORIGIN": "http://127.0.0.1:8000",
    "HOTLINE": "010-00000000",
    "DEMO": False,
}


def get(name: str) -> Any:
    """The value of one setting of `DEFAULTS`."""
    return getattr(settings, name, DEFAULTS[name])
