"""Where files on their way stand until they are dealt with: beside the attachments, named by their job."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from chengxin.exchange.values import MAX_BYTES
from chengxin.filings import files

SLOT = "file"


def path_of(job_id: UUID) -> Path:
    """The file of a job as it came."""
    return files.root() / "imports" / str(job_id)


def table_of(job_id: UUID) -> Path:
    """The table that was read out of a workbook."""
    return files.root() / "imports" / f"{job_id}.csv"


def readable(job_id: UUID) -> Path:
    """What the lines are read from."""
    table = table_of(job_id)
    return table if table.exists() else path_of(job_id)


def keep(stream: files.Readable, *, job_id: UUID) -> tuple[str, int]:
    """Keep what comes; returns its hash and size. Raises as `files.intake` does and leaves nothing behind then."""
    return files.set_aside(stream, target=path_of(job_id), max_bytes=MAX_BYTES, slot=SLOT)


def remove(job_id: UUID) -> None:
    """Delete the file of a job: its lines are taken in, or never will be."""
    for path in (path_of(job_id), table_of(job_id), table_of(job_id).with_suffix(".part")):
        path.unlink(missing_ok=True)
