"""Django's settings. Values come from the table in `chengxin.options`; nothing here asks the disk or starts anything."""

from __future__ import annotations

import secrets
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chengxin.launcher import places
from chengxin.launcher.urls import database, session_options
from chengxin.options import value

BASE_DIR = Path(__file__).resolve().parent.parent
OWNER_DATABASE_URL: str = value("OWNER_DATABASE_URL")
PKCS11_MODULE: str = value("PKCS11_MODULE")
PKCS11_TOKEN: str = value("PKCS11_TOKEN")
PKCS11_PIN: str = value("PKCS11_PIN")
PG_BINDIR: str = value("PG_BINDIR")
STATEMENT_TIMEOUT_MS: int = value("STATEMENT_TIMEOUT_MS")
LOCK_TIMEOUT_MS: int = value("LOCK_TIMEOUT_MS")
IDLE_IN_TRANSACTION_MS: int = value("IDLE_IN_TRANSACTION_MS")
HOST: str = value("HOST")
PORT: int = value("PORT")
WEB_WORKERS: int = value("WEB_WORKERS")
WEB_THREADS: int = value("WEB_THREADS")
WEB_STOP_SECONDS: int = value("WEB_STOP_SECONDS")
TRUSTED_PROXIES: list[str] = value("TRUSTED_PROXIES")
MAX_BODY_BYTES: int = value("MAX_BODY_BYTES")
LOG_LEVEL: str = value("LOG_LEVEL")
SITE_NAME: str = value("SITE_NAME")
SITE_NAME_EN: str = value("SITE_NAME_EN")
SITE_OPERATOR: str = value("SITE_OPERATOR")
SITE_OPERATOR_EN: str = value("SITE_OPERATOR_EN")
HOTLINE: str = value("HOTLINE")
HELP_EMAIL: str = value("HELP_EMAIL")
ICP_NUMBER: str = value("ICP_NUMBER")
POLICE_NUMBER: str = value("POLICE_NUMBER")
OVERVIEW_SECONDS: int = value("OVERVIEW_SECONDS")
PUBLIC_READS_PER_MINUTE: int = value("PUBLIC_READS_PER_MINUTE")
BATCHES_PER_MINUTE: int = value("BATCHES_PER_MINUTE")
KEY_BATCHES_PER_MINUTE: int = value("KEY_BATCHES_PER_MINUTE")
SERVICE_HALLS: list[str] = value("SERVICE_HALLS")
CAPTCHA_MINUTES: int = value("CAPTCHA_MINUTES")
ACCOUNT_CHANGE_HOLD_HOURS: int = value("ACCOUNT_CHANGE_HOLD_HOURS")
SESSION_IDLE_MINUTES: int = value("SESSION_IDLE_MINUTES")
SESSION_HOURS: int = value("SESSION_HOURS")
VOLUNTARY_REGION: str = value("VOLUNTARY_REGION")
VOLUNTARY_PROOFS: str = value("VOLUNTARY_PROOFS")
AUTHORISATION_NOTICE_DAYS: int = value("AUTHORISATION_NOTICE_DAYS")
IDENTITY_PLATFORM: str = value("IDENTITY_PLATFORM")
E_LICENCE_URL: str = value("E_LICENCE_URL")
E_LICENCE_APP: str = value("E_LICENCE_APP")
E_LICENCE_SECRET: str = value("E_LICENCE_SECRET")
SECOND_LOOK_PERCENT: int = value("SECOND_LOOK_PERCENT")
PASSWORD_PROFILE: str = value("PASSWORD_PROFILE")
LEDGER_TILES_KEPT: int = value("LEDGER_TILES_KEPT")
SMTP_HOST: str = value("SMTP_HOST")
SMTP_PORT: int = value("SMTP_PORT")
SMTP_USER: str = value("SMTP_USER")
SMTP_PASSWORD: str = value("SMTP_PASSWORD")
SMTP_TLS: str = value("SMTP_TLS")
SMTP_CA_FILE: str = value("SMTP_CA_FILE")
SMTP_TIMEOUT_SECONDS: int = value("SMTP_TIMEOUT_SECONDS")
MAIL_FROM: str = value("MAIL_FROM")
CLAMD_ADDRESS: str = value("CLAMD_ADDRESS")
CLAMD_TIMEOUT_SECONDS: int = value("CLAMD_TIMEOUT_SECONDS")
LOCAL_MAIL_FAULT: str = value("LOCAL_MAIL_FAULT")
LOCAL_SMS_FAULT: str = value("LOCAL_SMS_FAULT")
LOCAL_DELAY_MS: int = value("LOCAL_DELAY_MS")
LOCAL_LICENCE_FAULT: str = value("LOCAL_LICENCE_FAULT")
LOCAL_LICENCE_DELAY_MS: int = value("LOCAL_LICENCE_DELAY_MS")
REGISTER_FAULT: str = value("REGISTER_FAULT")
REGISTER_DELAY_MS: int = value("REGISTER_DELAY_MS")
WORKER_POLL_MS: int = value("WORKER_POLL_MS")
SNAPSHOT_HOUR: int = value("SNAPSHOT_HOUR")
SNAPSHOTS_KEPT: int = value("SNAPSHOTS_KEPT")
WORKER_BATCH: int = value("WORKER_BATCH")
OCR: bool = value("OCR")
OCR_KEEP_DAYS: int = value("OCR_KEEP_DAYS")
DELIVERY_ATTEMPTS: int = value("DELIVERY_ATTEMPTS")

CHENGXIN_HOME: Path = places.home()
DEMO: bool = value("DEMO")
DEMO_ENTERPRISES: int = value("DEMO_ENTERPRISES")
DEBUG: bool = value("DEBUG")
KEYS_DIR: Path = value("KEYS_DIR") or CHENGXIN_HOME / "keys"
MAINTENANCE_FILE: Path = value("MAINTENANCE_FILE") or CHENGXIN_HOME / "maintenance.json"
CHECKPOINTS_DIR: Path = value("CHECKPOINTS_DIR") or CHENGXIN_HOME / "checkpoints"
CHECKPOINT_MIRRORS: list[str] = value("CHECKPOINT_MIRRORS")
SNAPSHOTS_DIR: Path = value("SNAPSHOTS_DIR") or CHENGXIN_HOME / "snapshots"
CATALOGUE_DIR: Path = value("CATALOGUE_DIR") or BASE_DIR / "catalogue"
SECRET_KEY: str = value("SECRET_KEY") or secrets.token_hex(32)
SITE_ORIGIN: str = (value("SITE_ORIGIN") or f"http://{value('HOST')}:{value('PORT')}").rstrip("/")
SITE_HOST: str = urlsplit(SITE_ORIGIN).hostname or "localhost"
LOG_ORIGIN: str = value("LOG_ORIGIN") or SITE_HOST
SECURE: bool = SITE_ORIGIN.startswith("https://") or not DEMO

# --- Application -----------------------------------------------------------------------------------------------------
APPS = ("ledger", "gateways", "identity", "access", "seals", "catalogue", "filings", "ocr", "records", "exchange", "portal")
INSTALLED_APPS = [
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django_htmx",
    *(f"chengxin.{app}" for app in APPS if find_spec(f"chengxin.{app}")),
    "chengxin.web",
]
MIDDLEWARE = [
    "chengxin.web.context.PreferencesMiddleware",
    "chengxin.web.errors.ErrorMiddleware",
    "chengxin.web.maintenance.MaintenanceMiddleware",
    *(["chengxin.web.session.SessionMiddleware"] if find_spec("chengxin.web") and find_spec("chengxin.web.session") else []),
    "django.middleware.csrf.CsrfViewMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
CSRF_FAILURE_VIEW = "chengxin.web.errors.csrf_failure"
ROOT_URLCONF = "chengxin.urls"
WSGI_APPLICATION = "chengxin.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "chengxin.web.context.site",
            ],
        },
    }
]
TEST_RUNNER = "django.test.runner.DiscoverRunner"
LOGGING_CONFIG = None

# --- Database --------------------------------------------------------------------------------------------------------
SESSION_OPTIONS = session_options(
    statement_ms=value("STATEMENT_TIMEOUT_MS"), lock_ms=value("LOCK_TIMEOUT_MS"), idle_ms=value("IDLE_IN_TRANSACTION_MS")
)
DATABASE_URL: str = value("DATABASE_URL") or places.url(role=places.APP_ROLE, socket=places.socket_folder(CHENGXIN_HOME))
DATABASES = {"default": database(DATABASE_URL, options=SESSION_OPTIONS)}

# --- Words and time --------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "chengxin" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- Edge ------------------------------------------------------------------------------------------------------------
ALLOWED_HOSTS = [*value("ALLOWED_HOSTS"), SITE_HOST, "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [SITE_ORIGIN]
COOKIE_PREFIX = "__Host-" if SECURE else ""
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrf"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}language"
LANGUAGE_COOKIE_SECURE = SECURE
LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}session"
SESSION_COOKIE_SECURE = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if value("TRUSTED_PROXIES") else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
DATA_UPLOAD_MAX_NUMBER_FILES = 2_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- Files -----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = CHENGXIN_HOME / "static"
MEDIA_ROOT = CHENGXIN_HOME / "uploads"
HASHED_STATIC = (STATIC_ROOT / "staticfiles.json").exists()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if HASHED_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}
