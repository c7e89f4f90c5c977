"""Every setting of the platform: name, kind, default, unit and meaning, in one table.

A setting is the environment variable of the same name. `docs/reference/settings.md` is generated
from this table, and `chengxin.settings` reads its values from here and from nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})


def boolean(text: str) -> bool:
    """Read 1/true/yes/on or 0/false/no/off."""
    word = text.strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError(f"expected one of 1, 0, true, false, yes, no, on, off, got {text!r}")


def whole(text: str) -> int:
    """Read a whole number that is not negative."""
    number = int(text)
    if number < 0:
        raise ValueError(f"expected 0 or more, got {text!r}")
    return number


def words(text: str) -> list[str]:
    """Read a list separated by commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def folder(text: str) -> Path:
    """Read a path; ~ is the home directory."""
    return Path(text).expanduser().absolute()


@dataclass(frozen=True)
class Option:
    """One setting: how to read it and what it means."""

    name: str
    read: Callable[[str], Any]
    default: str
    meaning: str
    unit: str = ""
    secret: bool = False


def division_prefix(text: str) -> str:
    """Read the first two, four or six digits of a division code, or nothing."""
    if text and not (text.isascii() and text.isdigit() and len(text) in (2, 4, 6)):
        raise ValueError(f"expected 2, 4 or 6 digits of a division code, or nothing, got {text!r}")
    return text


def choice(*allowed: str) -> Callable[[str], str]:
    """Read one of the allowed words."""

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"expected one of {', '.join(allowed)}, got {text!r}")
        return text

    read.__name__ = " or ".join(word or "empty" for word in allowed)
    return read


SECTIONS: dict[str, tuple[Option, ...]] = {
    "Place and mode": (
        Option("CHENGXIN_HOME", folder, "", "Where data, uploads and keys live. Empty: under /var/lib for root, else ~/.local/share."),
        Option("DEMO", boolean, "0", "Demo mode: demo keys and accounts, local gateways, the outbox page. Only on a loopback address."),
        Option("DEMO_ENTERPRISES", whole, "2000", "Generated enterprises in the demo data, beside the stories.", "enterprises"),
        Option("DEBUG", boolean, "0", "Django's debug pages. Only on a loopback address."),
        Option("SECRET_KEY", str, "", "Secret of short-lived signed values. Empty: derived from the key ring.", secret=True),
        Option("KEYS_DIR", folder, "", "Where the key files are. Empty: keys in CHENGXIN_HOME."),
        Option("MAINTENANCE_FILE", folder, "", "File that is there during maintenance. Empty: maintenance.json in CHENGXIN_HOME."),
        Option("CHECKPOINTS_DIR", folder, "", "Where checkpoints are kept outside the database. Empty: checkpoints in CHENGXIN_HOME."),
        Option("CHECKPOINT_MIRRORS", words, "", "Folders on other machines that get the same; they must exist."),
        Option("SNAPSHOTS_DIR", folder, "", "Where daily snapshots of the public files lie. Empty: snapshots in CHENGXIN_HOME."),
        Option("CATALOGUE_DIR", folder, "", "Where the catalogue's YAML files are. Empty: catalogue in the checkout."),
    ),
    "Keys in a token": (
        Option("PKCS11_MODULE", str, "", "PKCS#11 library in whose token keys that sign are made and stay. Empty: keys in KEYS_DIR."),
        Option("PKCS11_TOKEN", str, "chengxin", "Label of the token."),
        Option("PKCS11_PIN", str, "", "User PIN of the token.", secret=True),
    ),
    "Database": (
        Option("DATABASE_URL", str, "", "postgresql://user:password@host/name of the running role. Empty: own PostgreSQL.", secret=True),
        Option("OWNER_DATABASE_URL", str, "", "The same for the migrating role (chengxin_owner). Empty: DATABASE_URL.", secret=True),
        Option("PG_BINDIR", str, "", "Folder with initdb, pg_ctl and postgres for the own PostgreSQL. Empty: wheel, then system."),
        Option("STATEMENT_TIMEOUT_MS", whole, "5000", "Longest a statement may run; 0 = no limit.", "ms"),
        Option("LOCK_TIMEOUT_MS", whole, "2000", "Longest wait for a lock, then 409.", "ms"),
        Option("IDLE_IN_TRANSACTION_MS", whole, "10000", "Longest idle time inside a transaction.", "ms"),
    ),
    "Web": (
        Option("HOST", str, "127.0.0.1", "Address the web server listens on."),
        Option("PORT", whole, "8000", "Port the web server listens on."),
        Option("WEB_WORKERS", whole, "2", "Web processes.", "processes"),
        Option("WEB_THREADS", whole, "4", "Threads in each web process.", "threads"),
        Option("WEB_STOP_SECONDS", whole, "15", "Longest time that a web process has to finish its answers when it is stopped.", "seconds"),
        Option("SITE_ORIGIN", str, "", "Scheme, host and port of the site in links. Empty: http://HOST:PORT."),
        Option("ALLOWED_HOSTS", words, "", "Host names answered besides that of SITE_ORIGIN and the loopback names."),
        Option("TRUSTED_PROXIES", words, "", "Networks whose X-Forwarded-For and X-Forwarded-Proto are believed."),
        Option("MAX_BODY_BYTES", whole, "54525952", "Largest request body, an upload with its form.", "bytes"),
        Option("LOG_LEVEL", choice("DEBUG", "INFO", "WARNING", "ERROR"), "INFO", "Least level that is logged."),
    ),
    "Site": (
        Option("SITE_NAME", str, "电子商务企业诚信公共服务平台", "Name of the site on every page."),
        Option("SITE_NAME_EN", str, "E-commerce Enterprise Integrity Platform", "Name of the site on pages in English."),
        Option("SITE_OPERATOR", str, "商务部电子商务和信息化司（演示）", "Operator named in the foot of every page."),
        Option("SITE_OPERATOR_EN", str, "Department of Electronic Commerce (demo)", "Operator on pages in English."),
        Option("HOTLINE", str, "010-00000000", "Telephone for help."),
        Option("HELP_EMAIL", str, "help@chengxin.example", "Mail address for help."),
        Option("ICP_NUMBER", str, "", "ICP filing number in the foot; empty: not shown."),
        Option("POLICE_NUMBER", str, "", "Public security filing number in the foot; empty: not shown."),
        Option("LOG_ORIGIN", str, "", "Host part of the transparency logs' names; keep it for ever. Empty: host of SITE_ORIGIN."),
    ),
    "Voluntary registration": (
        Option("VOLUNTARY_PROOFS", choice("jpg", "jpg,png,pdf"), "jpg", "Kinds of files taken as proof of a voluntary record."),
        Option("VOLUNTARY_REGION", division_prefix, "", "Division code or its beginning (11: 北京市) whose subjects register here."),
        Option("AUTHORISATION_NOTICE_DAYS", whole, "7", "Days before a handler's authorisation ends at which both sides are told.", "days"),
        Option("IDENTITY_PLATFORM", str, "", "Name of the platform that verifies identities, in hints. Empty: SITE_NAME."),
    ),
    "Electronic business licence": (
        Option("E_LICENCE_URL", str, "", "Address that the licence's app opens. Empty: the local phone in demo mode, else no such log-in."),
        Option("E_LICENCE_APP", str, "", "Name of this site at the licence service."),
        Option("E_LICENCE_SECRET", str, "", "Secret shared with the licence service, which signs its answers.", secret=True),
    ),
    "Review": (
        Option("SECOND_LOOK_PERCENT", whole, "5", "Share of decisions that another person looks at once more; 0 = none.", "%"),
    ),
    "Limits": (
        Option("OVERVIEW_SECONDS", whole, "60", "How old the figures of the home page and the overview may be; it is shown.", "s"),
        Option("PUBLIC_READS_PER_MINUTE", whole, "120", "Public reads per address without a key; 0 = off.", "requests/min"),
        Option("BATCHES_PER_MINUTE", whole, "6", "Batch look-ups (100 codes) per address without a key; 0 = off.", "requests/min"),
        Option("KEY_BATCHES_PER_MINUTE", whole, "120", "Batch look-ups (100 codes) per key; 0 = off.", "requests/min"),
        Option("SERVICE_HALLS", words, "", "Networks of service halls, where limits per network are ten times as high."),
        Option("CAPTCHA_MINUTES", whole, "5", "How long a captcha is valid.", "min"),
        Option("ACCOUNT_CHANGE_HOLD_HOURS", whole, "24", "How long a confirmed change of mailbox or reset waits and can be stopped.", "h"),
        Option("SESSION_IDLE_MINUTES", whole, "60", "Idle time after which the server ends a session.", "min"),
        Option("SESSION_HOURS", whole, "12", "Longest life of a session.", "h"),
        Option("PASSWORD_PROFILE", choice("manual", "modern"), "manual", "Password rules: the manual's or today's."),
        Option("LEDGER_TILES_KEPT", whole, "4096", "Tiles of the logs that each process keeps in memory, 16 KiB each.", "tiles"),
    ),
    "Mail and messages": (
        Option("SMTP_HOST", str, "", "Mail server. Empty: mail is kept by the local gateway."),
        Option("SMTP_PORT", whole, "587", "Port of the mail server."),
        Option("SMTP_USER", str, "", "User at the mail server."),
        Option("SMTP_PASSWORD", str, "", "Password at the mail server.", secret=True),
        Option("SMTP_TLS", choice("starttls", "tls", "none"), "starttls", "How the mail connection is protected."),
        Option("SMTP_CA_FILE", str, "", "PEM file of a private authority for the mail server. Empty: those of the system."),
        Option("SMTP_TIMEOUT_SECONDS", whole, "15", "Longest wait for an answer of the mail server.", "s"),
        Option("MAIL_FROM", str, "noreply@chengxin.example", "Sender of mails."),
    ),
    "Virus scan": (
        Option("CLAMD_ADDRESS", str, "", "host:port or unix:/path of a clamd. Empty: the local scan, which knows a test file only."),
        Option("CLAMD_TIMEOUT_SECONDS", whole, "20", "Longest wait for clamd; without an answer the upload is refused for now.", "s"),
    ),
    "Local gateways, for trials": (
        Option("LOCAL_MAIL_FAULT", choice("", "down", "refuse"), "", "How the local mail gateway misbehaves."),
        Option("LOCAL_SMS_FAULT", choice("", "down", "refuse"), "", "How the local SMS gateway misbehaves."),
        Option("LOCAL_DELAY_MS", whole, "0", "Extra time of each local delivery.", "ms"),
        Option("LOCAL_LICENCE_FAULT", choice("", "down", "forge"), "", "How the local licence service misbehaves."),
        Option("LOCAL_LICENCE_DELAY_MS", whole, "0", "Extra time of each answer of the local licence service.", "ms"),
        Option("REGISTER_FAULT", choice("", "down"), "", "How the local market register misbehaves."),
        Option("REGISTER_DELAY_MS", whole, "0", "Extra time of each answer of the local market register.", "ms"),
    ),
    "Worker": (
        Option("WORKER_POLL_MS", whole, "200", "Time between looks for new events and due rows.", "ms"),
        Option("SNAPSHOT_HOUR", whole, "3", "Hour in Shanghai from which on the day's snapshot is made.", "h"),
        Option("SNAPSHOTS_KEPT", whole, "7", "Snapshots that are kept; 0 = none is made by itself.", "snapshots"),
        Option("WORKER_BATCH", whole, "1000", "Most events or rows taken at a time.", "rows"),
        Option("OCR", boolean, "1", "Read the text of proof pictures for the reviewer, where the reading engine is installed."),
        Option("OCR_KEEP_DAYS", whole, "30", "How long the text of a picture is kept after its record was decided.", "days"),
        Option("DELIVERY_ATTEMPTS", whole, "10", "Failures after which a row is parked for a person.", "attempts"),
    ),
}

TABLE: dict[str, Option] = {option.name: option for section in SECTIONS.values() for option in section}


class BadSetting(ValueError):
    """A setting cannot be read; the message names it and says what was expected."""


def value(name: str, *, environment: Mapping[str, str] | None = None) -> Any:
    """Return the typed value of a setting; raise BadSetting with the name where it cannot be read."""
    option = TABLE[name]
    text = (os.environ if environment is None else environment).get(name, "") or option.default
    if not text and option.read is folder:
        return None
    try:
        return option.read(text)
    except ValueError as error:
        raise BadSetting(f"{name}: {error}") from None


def reference() -> str:
    """Return docs/reference/settings.md."""
    lines = [
        "# Settings",
        "",
        "Generated by `chengxin settings` from `chengxin/options.py`. A setting is the environment variable of the same name.",
    ]
    for title, options in SECTIONS.items():
        lines += ["", f"## {title}", "", "| name | kind | default | unit | meaning |", "|---|---|---|---|---|"]
        for option in options:
            kind = option.read.__name__ + (", secret" if option.secret else "")
            shown = f"`{option.default}`" if option.default else "empty"
            lines.append(f"| `{option.name}` | {kind} | {shown} | {option.unit} | {option.meaning} |")
    return "\n".join(lines) + "\n"
