"""A small invented catalogue, and answers to it."""

import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from uuid import UUID

from chengxin.catalogue import loader, reading
from chengxin.catalogue.codes import Codes
from chengxin.catalogue.values import Form, Text

TINY = Path(__file__).parent / "tiny"
SHIPPED = Path(__file__).resolve().parents[3] / "catalogue"
TODAY = date(2026, 11, 21)
CODES = Codes(
    divisions={"330000": "浙江省", "330100": "杭州市", "330110": "余杭区"},
    parents={"330100": "330000", "330110": "330100"},
    retired={"500112": ("渝北区", "500157")},
    industries={"F": Text("批发和零售业"), "F52": Text("零售业"), "F5292": Text("互联网零售", "Internet retail")},
    branches=frozenset({"330000", "330100"}),
)


def folder(tmp_path: Path) -> Path:
    """Return a copy of the small catalogue that a test may change, with the real schema."""
    root = tmp_path / "catalogue"
    shutil.copytree(TINY, root)
    shutil.copy(SHIPPED / "schema.json", root / "schema.json")
    return root


def form(root: Path, form_id: str = "hobby/kites") -> Form:
    """Return a form of a folder, without the database."""
    body = loader.load_folder(root)[form_id]
    return reading.form(body, version=loader.version_of(body))


def row(number: int) -> str:
    """Return the identifier of a row."""
    return str(UUID(int=number, version=4))


def answers(group: str, records: Iterable[dict[str, str]], *, public: str = "1") -> dict[str, str]:
    """Return the answers of records of one group, each with its order and publicity."""
    made = {}
    for number, record in enumerate(records, start=1):
        raw = {"_public": public, "_order": str(number)} | record
        made |= {f"{group}/{row(number)}/{code}": value for code, value in raw.items()}
    return made
