"""The `chengxin` command. Each word imports what it needs only when it is used."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from chengxin.commands import bulk, content, keeping, service, trust
from chengxin.common.errors import ChengxinError
from chengxin.launcher.errors import LauncherError
from chengxin.options import BadSetting


def parser() -> argparse.ArgumentParser:
    """Return the parser of all words."""
    top = argparse.ArgumentParser(prog="chengxin", description="The e-commerce enterprise integrity platform.")
    words = top.add_subparsers(dest="word", metavar="WORD", required=True)
    for module in (service, content, bulk, keeping, trust):
        module.register(words)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one word; return 0, or 1 with one sentence on standard error."""
    words = parser().parse_args(arguments)
    try:
        return int(words.run(words))
    except (LauncherError, BadSetting) as error:
        print(f"chengxin: {error}", file=sys.stderr)
    except OSError as error:
        print(f"chengxin: {error.filename}: {error.strerror}", file=sys.stderr)
    except ChengxinError as error:
        print(f"chengxin: {error.message}", file=sys.stderr)
        for field, texts in getattr(error, "fields", {}).items():
            said = "；".join(text for text in map(str, texts) if text not in error.message)
            if said:
                print(f"  {field}: {said}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
