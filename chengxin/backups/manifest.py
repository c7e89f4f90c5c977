"""What a backup says of itself: `manifest.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from chengxin.common.errors import ChengxinError

NAME = "manifest.json"
DUMP = "database.dump"
UPLOADS = "uploads"
SUMS = "uploads.sha256"
FORMAT = 1
PREFIX = "chengxin-"
STAMP = "%Y%m%dT%H%M%SZ"


class BackupRefused(ChengxinError):
    """A backup or restore cannot be done as asked; the message is the sentence that mends it."""

    default_code = "backup-refused"


@dataclass(frozen=True)
class KeyName:
    """One key that the data need: its name and version, and by what it is told from another one."""

    name: str
    version: int
    fingerprint: str


@dataclass(frozen=True)
class LogState:
    """A log at the moment of the backup: its name, its leaves, its newest signed checkpoint."""

    origin: str
    size: int
    checkpoint: str


@dataclass(frozen=True)
class FileSum:
    """One file of the backup."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Everything a restore has to know before it touches anything."""

    made_at: str
    product: str
    server: int
    dumped_by: int
    migrations: Mapping[str, str]
    position: int
    logs: Mapping[str, LogState]
    rows: Mapping[str, int]
    keys: tuple[KeyName, ...]
    files: Mapping[str, FileSum]
    uploads: FileSum
    uploaded: int
    format: int = FORMAT

    @property
    def moment(self) -> datetime:
        """When the snapshot of the database was taken."""
        return datetime.fromisoformat(self.made_at)

    def write(self, folder: Path) -> None:
        """Write the manifest into its backup."""
        (folder / NAME).write_text(json.dumps(asdict(self), indent=1, sort_keys=True) + "\n", "utf-8")


def read(folder: Path) -> Manifest:
    """Return the manifest of a backup; raises BackupRefused where there is none that can be read."""
    try:
        body: dict[str, Any] = json.loads((folder / NAME).read_text("utf-8"))
        if body["format"] != FORMAT:
            raise BackupRefused(f"{folder} has format {body['format']}; this version reads format {FORMAT}.")
        return _built(body)
    except FileNotFoundError:
        raise BackupRefused(f"{folder} is no backup: it holds no {NAME}. Name one of those that chengxin backup --list shows.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise BackupRefused(f"{folder / NAME} cannot be read: {error}. Take another backup.") from error


def _built(body: dict[str, Any]) -> Manifest:
    return Manifest(
        **{
            **body,
            "logs": {log: LogState(**state) for log, state in body["logs"].items()},
            "keys": tuple(KeyName(**key) for key in body["keys"]),
            "files": {name: FileSum(**told) for name, told in body["files"].items()},
            "uploads": FileSum(**body["uploads"]),
        }
    )


def found(target: Path) -> list[Path]:
    """Return the whole backups of a folder, oldest first."""
    return sorted(path for path in target.glob(f"{PREFIX}*") if (path / NAME).is_file())
