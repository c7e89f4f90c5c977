"""catalogue, demo, agency and import: what an installation is filled with."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from chengxin.commands import environment


def register(words: _SubParsersAction[ArgumentParser]) -> None:
    """Add the words of this module."""
    catalogue = words.add_parser("catalogue", help="what may be filed, as data").add_subparsers(dest="act", metavar="ACT", required=True)
    load = catalogue.add_parser("load", help="load divisions, code tables and forms from the YAML files")
    load.set_defaults(run=catalogue_load)


def catalogue_load(_words: Namespace) -> int:
    """Load the catalogue's files; what is already current stays."""
    with environment.database():
        environment.set_up()
        environment.require_migrated()
        from chengxin import install

        install.load_reference()
    return 0


def path(text: str) -> Path:
    """Return an existing path."""
    return Path(text)
