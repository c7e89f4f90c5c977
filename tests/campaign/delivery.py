"""Hands a delivery of penalties in, each on another code, for the worker: `python -m tests.campaign.delivery LINES`."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def main() -> None:
    """Write the file and put it in the queue."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengxin.settings")
    import django

    django.setup()
    from bench import imports
    from chengxin.flow import importing
    from chengxin.identity.values import Actor

    imports.LINES = int(sys.argv[1])
    codes = [imports.code(number) for number in range(1, imports.LINES + 1)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "delivery.csv")
        imports.write(path, codes)
        with path.open("rb") as stream:
            by = Actor.system("campaign")
            importing.hand_in(group="G06", stream=stream, name=path.name, key="campaign", wants_commit=True, by=by)


if __name__ == "__main__":
    main()
