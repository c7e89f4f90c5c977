"""What `chengxin doctor` looks at: each check says green, yellow or red, and what mends it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, connection

from chengxin import install
from chengxin.common import clock, keys, maintenance
from chengxin.common.errors import Unavailable
from chengxin.edge import state
from chengxin.launcher import places

LEAST_SERVER = 150000
LEAST_FREE_BYTES = 2 * 1024**3
LATE_S = 60.0
BACKUP_HOURS = 26.0
LATE_SNAPSHOT_DAYS = 2
FILES_COMPARED = 2_000
SHOWN = 5


@dataclass(frozen=True)
class Check:
    """One line of the doctor's answer."""

    name: str
    state: str
    detail: str


def server() -> Iterable[Check]:
    """Version, locale and checksums of the database server."""
    with connection.cursor() as cursor:
        names = "'server_version_num')::int, current_setting('server_version'), current_setting('data_checksums'"
        cursor.execute(f"SELECT current_setting({names})")
        number, version, checksums = cursor.fetchone()
        cursor.execute("SELECT pg_encoding_to_char(encoding), datctype FROM pg_database WHERE datname = current_database()")
        encoding, ctype = cursor.fetchone()
    yield Check("server", "green" if number >= LEAST_SERVER else "red", f"PostgreSQL {version}; 15 or newer is needed")
    yield Check("encoding", "green" if encoding == "UTF8" else "red", f"{encoding}, {ctype}")
    yield Check("checksums", "green" if checksums == "on" else "yellow", f"data_checksums {checksums}")


def running_role() -> Iterable[Check]:
    """The running role must not be able to rewrite append-only tables (D-42)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user),"
            " (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
        )
        role, owns, superuser = cursor.fetchone()
    if owns or superuser:
        yield Check(
            "roles", "yellow",
            f"{role} owns the tables it runs on. Give {places.OWNER_ROLE} in OWNER_DATABASE_URL and {places.APP_ROLE} in DATABASE_URL.",
        )  # fmt: skip
    else:
        yield Check("roles", "green", role)


def schema() -> Iterable[Check]:
    """No migration may be missing."""
    missing = install.unapplied()
    said = f"{len(missing)} migrations missing: run chengxin migrate" if missing else "up to date"
    yield Check("schema", "red" if missing else "green", said)


def key_ring() -> Iterable[Check]:
    """Every key of the inventory must be there, readable and, outside demo mode, not a demo key."""
    missing = keys.ring().missing()
    yield Check("keys", "red" if missing else "green", f"missing: {', '.join(missing)}" if missing else f"{len(keys.ring().rows())} keys")
    if keys.is_demo():
        yield Check("demo keys", "yellow" if settings.DEMO else "red", "demo keys are in use; they serve a demo only")


def token() -> Iterable[Check]:
    """The device that holds the keys must sign (D-40)."""
    if not settings.PKCS11_MODULE:
        return
    try:
        keys.ring().signing_key("receipt").sign(b"doctor")
    except Unavailable:
        yield Check("token", "red", f"{settings.PKCS11_TOKEN} of {settings.PKCS11_MODULE} does not sign: see PKCS11_PIN and the device")
    else:
        yield Check("token", "green", settings.PKCS11_TOKEN)


def ledger() -> Iterable[Check]:
    """The logs must be able to sign and not be behind."""
    from chengxin.ledger import queries

    health = queries.health()
    sizes = ", ".join(f"{log} {size}" for log, size in health.sizes.items())
    yield Check("log", "green" if health.ok else "red", "; ".join(health.problems) or sizes)
    late = health.oldest_pending_s > LATE_S
    yield Check("sequencer", "yellow" if late else "green", f"{health.pending} events wait, the oldest {health.oldest_pending_s:.0f} s")
    yield Check("followers", "red" if health.parked else "green", f"{health.parked} events parked")


def imports() -> Iterable[Check]:
    """No delivery may wait for a person because something broke again and again (D-44)."""
    from chengxin.exchange import queries

    parked = queries.parked()
    said = ", ".join(f"{group}: {count}" for group, count in sorted(parked.items()))
    yield Check("imports", "red" if parked else "green", f"parked, see 政府信息导入: {said}" if parked else "none is parked")


def public_files() -> Iterable[Check]:
    """Files must be what their records give, every record must open its leaf, and search must know every file (D-47, D-57)."""
    from chengxin.records import consistency

    wrong, unfound = consistency.differing_files(limit=FILES_COMPARED), consistency.unfound_files()
    yield Check("files", "red" if wrong else "green", f"differ from their records: {_some(wrong)}" if wrong else "as their records give")
    said = f"in files or search only: {_some(unfound)}" if unfound else "every file is found"
    yield Check("search", "red" if unfound else "green", said)


def counts() -> Iterable[Check]:
    """What the inboxes say is waiting must be what is waiting."""
    from chengxin.filings import waiting

    wrong = waiting.wrong()
    yield Check("counts", "red" if wrong else "green", f"differ from the filings: {_some(wrong)}" if wrong else "as the filings are")


def messages() -> Iterable[Check]:
    """No message may wait for a person unseen (D-44, D-45)."""
    from chengxin.gateways import queries, rules

    counted = queries.counts()
    waiting = {state: counted[state] for state in (rules.PARKED, rules.HELD) if counted[state]}
    said = ", ".join(f"{number} {state}" for state, number in waiting.items())
    yield Check(
        "messages",
        "red" if waiting else "green",
        f"{said}: see 未送达通知 of the agency's pages" if waiting else f"{counted[rules.QUEUED]} queued",
    )


def _some(codes: list[str]) -> str:
    more = f" and {len(codes) - SHOWN} more" if len(codes) > SHOWN else ""
    return ", ".join(codes[:SHOWN]) + more


def disk() -> Iterable[Check]:
    """There must be room for uploads."""
    free = shutil.disk_usage(settings.CHENGXIN_HOME).free
    yield Check("disk", "green" if free > LEAST_FREE_BYTES else "red", f"{free / 1024**3:.1f} GiB free in {settings.CHENGXIN_HOME}")


def backup() -> Iterable[Check]:
    """Yesterday's backup must be there (D-20)."""
    at, size = state.last_backup()
    hours = (clock.now().timestamp() - at) / 3600
    said = f"{size / 1024**2:.0f} MiB, {hours:.0f} hours ago" if at else "none was taken on this machine: chengxin backup TARGET"
    yield Check("backup", "green" if at and hours < BACKUP_HOURS else "yellow", said)


def outside() -> Iterable[Check]:
    """Every mirror of the checkpoints must be in reach and up to date (D-21)."""
    from chengxin.ledger import queries

    for mirror, missing in queries.mirrors().items():
        said = "out of reach: mount it again" if missing < 0 else f"{missing:.0f} leaves behind"
        yield Check("mirror", "yellow" if missing else "green", f"{mirror}: {said}")


def former() -> Iterable[Check]:
    """Data that a restore has put aside are personal data twice; they go when nobody misses anything."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ %s ORDER BY nspname", [places.FORMER_SCHEMA])
        for (name,) in cursor.fetchall():
            yield Check("former data", "yellow", f"{name}: delete them with chengxin restore --drop-former")


def copies() -> Iterable[Check]:
    """Whoever keeps a copy must hear of every change, and find a snapshot of these days (ADR 0014)."""
    from chengxin.exchange import snapshots
    from chengxin.records import changes, everything

    untold, (number, oldest_s) = changes.untold(limit=FILES_COMPARED), changes.waiting()
    state = "red" if untold else "yellow" if oldest_s > LATE_S else "green"
    yield Check("change feed", state, f"not told: {_some(untold)}" if untold else f"{number} changes wait, the oldest {oldest_s:.0f} s")
    days = snapshots.age_days()
    late = bool(settings.SNAPSHOTS_KEPT) and everything.any_there() and (days is None or days > LATE_SNAPSHOT_DAYS)
    said = "none yet" if days is None else f"the newest is {days:.1f} days old"
    yield Check("snapshots", "yellow" if late else "green", f"{said}: chengxin snapshot" if late else said)


def site() -> Iterable[Check]:
    """Maintenance is not forgotten."""
    notice = maintenance.current()
    if notice is not None:
        since = f" since {notice.since:%Y-%m-%d %H:%M} UTC" if notice.since else ""
        yield Check("maintenance", "yellow", f"on{since}: chengxin maintenance off")


CHECKS: tuple[Callable[[], Iterable[Check]], ...] = (
    server,
    running_role,
    schema,
    key_ring,
    token,
    ledger,
    imports,
    public_files,
    copies,
    counts,
    messages,
    disk,
    backup,
    outside,
    former,
    site,
)


def all_checks() -> list[Check]:
    """Return the answers of all checks; one that cannot be made is red."""
    found: list[Check] = []
    for check in CHECKS:
        try:
            found += check()
        except DatabaseError as error:
            found.append(Check(check.__name__, "red", f"could not be checked: {str(error).splitlines()[0]}"))
    return found
