"""The generated pages of docs/reference: `make docs`. `tests/test_docs.py` fails where one is out of date."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from bench import record
from chengxin import options
from chengxin.common.key_inventory import INVENTORY
from tests import reference_pages as pages

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"


def keys() -> str:
    """Return docs/reference/keys.md."""
    rows = [
        f"| `{name}` | {one.kind} | {one.purpose} | {one.rotation} | {one.lost} | {one.leaked} |" for name, one in sorted(INVENTORY.items())
    ]
    head = ["# Keys", "", "Generated from `chengxin/common/key_inventory.py` (D-40).", ""]
    return "\n".join([*head, "| name | kind | purpose | rotation | when lost | when leaked |", "|---|---|---|---|---|---|", *rows, ""])


PAGES: dict[str, Callable[[], str]] = {
    "api.md": pages.api,
    "cli.md": pages.cli,
    "data-dictionary.md": pages.dictionary,
    "figures.md": record.page,
    "keys.md": keys,
    "lifecycle.md": pages.lifecycle,
    "permissions.md": pages.permissions,
    "settings.md": options.reference,
}


def main() -> int:
    """Write every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, write in PAGES.items():
        (FOLDER / name).write_text(write(), "utf-8")
        print(f"docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
