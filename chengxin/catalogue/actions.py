"""Writes of the catalogue: propose versions, make one current. Each move of `current` is one public event."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from chengxin.catalogue import loader
from chengxin.catalogue.models import CurrentForm, FormVersion
from chengxin.common import clock
from chengxin.common.errors import NotFound
from chengxin.identity import policy
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger
from chengxin.ledger import rules as ledger_rules

PUBLISHED = "catalogue.version.published"
_LOCK = 0x63617461


@dataclass(slots=True)
class LoadReport:
    """What a load did, by form: `moved` to a new version, `same`, or `kept` on an uploaded one."""

    moved: dict[str, str] = field(default_factory=dict)
    same: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


@transaction.atomic
def load(path: Path | str, by: Actor | None = None) -> LoadReport:
    """Load every file under `path`; all or nothing. Raise `CatalogueInvalid` naming file and place.

    A form whose current version was uploaded stays where it is: files never move it back (D-34).
    """
    by = by or Actor.system("catalogue")
    policy.require(by=by, permission="catalogue.publish")
    bodies = loader.load_folder(Path(path))
    _lock()
    now = {row.form_id: row for row in CurrentForm.objects.all()}
    report = LoadReport()
    for form_id, body in bodies.items():
        version = loader.version_of(body)
        standing = now.get(form_id)
        if standing and standing.version_id == version:
            report.same.append(form_id)
            continue
        _keep(form_id, version, body)
        if standing and standing.origin == "upload":
            report.kept.append(form_id)
            continue
        _move(form_id, version, origin="files", by=by)
        report.moved[form_id] = version
    return report


@transaction.atomic
def publish(*, text: str, root: Path | str, by: Actor) -> str:
    """Make an uploaded form current and return its version; groups not inside it come from `root`."""
    policy.require(by=by, permission="catalogue.publish")
    body = loader.load_text(text, root=Path(root))
    version = loader.version_of(body)
    _lock()
    _keep(body["form"], version, body)
    if not CurrentForm.objects.filter(form_id=body["form"], version_id=version).exists():
        _move(body["form"], version, origin="upload", by=by)
    return version


@transaction.atomic
def make_current(*, version: str, by: Actor) -> None:
    """Make a version that is already known current again, for instance to take an upload back."""
    policy.require(by=by, permission="catalogue.publish")
    _lock()
    known = FormVersion.objects.filter(pk=version).first()
    if known is None:
        raise NotFound(_("没有目录版本 %(hash)s") % {"hash": version[:12]})
    if not CurrentForm.objects.filter(form_id=known.form_id, version_id=version).exists():
        _move(known.form_id, version, origin="upload", by=by)


def _lock() -> None:
    """One mover at a time, so that `current` and its events stand in one order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _keep(form_id: str, version: str, body: Mapping[str, Any]) -> None:
    row = FormVersion(hash=version, form_id=form_id, body=body, created_at=clock.now())
    FormVersion.objects.bulk_create([row], ignore_conflicts=True)


def _move(form_id: str, version: str, *, origin: str, by: Actor) -> None:
    at = clock.now()
    CurrentForm.objects.update_or_create(form_id=form_id, defaults={"version_id": version, "origin": origin, "changed_at": at})
    ledger.append(
        kind=PUBLISHED,
        subject=form_id,
        data={"version": version, "origin": origin},
        by=by,
        leaf=ledger_rules.catalogue_leaf(version_hash=version, at=at),
    )
