"""Where data, sockets and binaries lie, for root and for everyone else (D-50)."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import quote, urlencode

SYSTEM_DATA = Path("/var/lib/chengxin")
SYSTEM_RUN = Path("/run/chengxin")
SOCKET_PATH_BYTES = 100
DATABASE = "chengxin"
OWNER_ROLE = "chengxin_owner"
FORMER_SCHEMA = "^before_[0-9]{8}_[0-9]{6}$"
LAST_BACKUP = "last-backup.json"
APP_ROLE = "chengxin_app"


def checkout() -> Path:
    """Return the folder the program runs from."""
    return Path(__file__).resolve().parents[2]


def short_name(path: Path) -> str:
    """Return the first 8 hex digits of the SHA-256 of a path."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:8]


def is_root() -> bool:
    """Say whether the program runs as root."""
    return os.geteuid() == 0


def home() -> Path:
    """Return CHENGXIN_HOME, or its default for this user."""
    given = os.environ.get("CHENGXIN_HOME")
    if given:
        return Path(given).expanduser().absolute()
    if is_root():
        return SYSTEM_DATA / short_name(checkout())
    return Path("~/.local/share/chengxin").expanduser()


def make_home() -> Path:
    """Make the home where missing and return it; root's must be passable by PostgreSQL's user."""
    base = home()
    base.mkdir(mode=0o711 if is_root() else 0o700, parents=True, exist_ok=True)
    return base


def data_folder(base: Path) -> Path:
    """Return PostgreSQL's data directory under a home."""
    return base / "postgres"


def socket_folder(base: Path) -> Path:
    """Return the folder of PostgreSQL's socket for a home; short enough for the kernel."""
    if is_root():
        return SYSTEM_RUN / (base.name if base.parent == SYSTEM_DATA else short_name(base))
    inside = base / "run"
    if len(str(inside / ".s.PGSQL.5432").encode()) < SOCKET_PATH_BYTES:
        return inside
    return Path(tempfile.gettempdir()) / f"chengxin-{os.geteuid()}-{short_name(base)}"


def url(*, role: str, socket: Path, database: str = DATABASE) -> str:
    """Return the URL of a database on the own server."""
    return f"postgresql://{quote(role)}@/{quote(database)}?{urlencode({'host': str(socket)})}"
