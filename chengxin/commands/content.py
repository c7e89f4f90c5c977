"""catalogue and agency: what an installation is filled with."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Callable
from pathlib import Path

from chengxin.commands import environment


def register(words: _SubParsersAction[ArgumentParser]) -> None:
    """Add the words of this module."""
    _register_catalogue(words.add_parser("catalogue", help="what may be filed, as data"))
    _register_agency(words.add_parser("agency", help="agencies and their users"))


def _register_catalogue(word: ArgumentParser) -> None:
    acts = word.add_subparsers(dest="act", metavar="ACT", required=True)
    check = acts.add_parser("check", help="read every YAML file and name all faults with file and line; no database")
    check.add_argument("folder", type=Path, nargs="?", help="without it, CATALOGUE_DIR")
    check.set_defaults(run=check_files)
    loading = acts.add_parser("load", help="load divisions, code tables and forms from the YAML files")
    loading.add_argument("folder", type=Path, nargs="?", help="load the forms of this folder instead")
    loading.set_defaults(run=_on_site(load))
    publish = acts.add_parser("publish", help="make one form's YAML file the current version, ahead of the loaded files")
    publish.add_argument("file", type=Path)
    publish.set_defaults(run=_on_site(publish_form))
    use = acts.add_parser("use", help="make a version that is already known the current one again")
    use.add_argument("version", help="its hash, as explain and load print it")
    use.set_defaults(run=_on_site(use_version))
    new = acts.add_parser("new", help="write a first file for a form that does not exist yet")
    new.add_argument("form", help="e.g. voluntary/training")
    new.set_defaults(run=new_form)
    trying = acts.add_parser("try", help="say what would be said about answers; nothing is stored")
    trying.add_argument("file", type=Path, help="the form's YAML file")
    trying.add_argument("answers", type=Path, help="answers as YAML: {group: [{field: text}]}")
    trying.set_defaults(run=try_form)
    diff = acts.add_parser("diff", help="say what a file changes of the current version of its form")
    diff.add_argument("file", type=Path)
    diff.set_defaults(run=_on_site(diff_form))
    explain = acts.add_parser("explain", help="tell a form in words")
    explain.add_argument("form")
    explain.set_defaults(run=_on_site(explain_form))
    export = acts.add_parser("export", help="write the running state as YAML files")
    export.add_argument("folder", type=Path)
    export.set_defaults(run=_on_site(export_forms))


def _register_agency(word: ArgumentParser) -> None:
    acts = word.add_subparsers(dest="act", metavar="ACT", required=True)
    create = acts.add_parser("create", help="set up an agency")
    create.add_argument("code")
    create.add_argument("name")
    create.add_argument("--division", help="code of its division; without it, the national level")
    create.set_defaults(run=_on_site(create_agency))
    user = acts.add_parser("user", help="set up a person of an agency; asks for the password, or reads it from standard input")
    user.add_argument("agency", help="code of the agency")
    user.add_argument("username")
    user.add_argument("display_name")
    user.add_argument("--role", action="append", required=True, help="reviewer, supervisor, system_admin, …; may be given again")
    user.set_defaults(run=_on_site(create_user))


def _on_site(act: Callable[[Namespace], int]) -> Callable[[Namespace], int]:
    """Run an act with a database that is up to date."""

    def run(words: Namespace) -> int:
        with environment.database():
            environment.set_up()
            environment.require_migrated()
            return act(words)

    return run


def check_files(words: Namespace) -> int:
    """Print every fault of a catalogue's files with file and line, or how many forms are good."""
    environment.set_up()
    from django.conf import settings

    from chengxin.catalogue import loader

    bodies = loader.load_folder(words.folder or settings.CATALOGUE_DIR)
    print(f"{sum('form' in body for body in bodies.values())} forms, {len(bodies)} files of data: no fault")
    return 0


def load(words: Namespace) -> int:
    """Load the catalogue's files and print what moved; what is already current stays."""
    from chengxin import install
    from chengxin.catalogue import actions

    report = actions.load(words.folder) if words.folder else install.load_reference()
    for form, version in report.moved.items():
        print(f"{form} {version}")
    for form in report.kept:
        print(f"{form} kept: its current version was published, not loaded")
    for form in report.set:
        print(f"{form} runs as the file of items says")
    for form in report.set_here:
        print(f"{form} runs on as it was set here")
    return 0


def publish_form(words: Namespace) -> int:
    """Make a form's file current and print its version; drafts move to it when they are next opened."""
    from django.conf import settings

    from chengxin.catalogue import actions
    from chengxin.identity.values import Actor

    text = words.file.read_text("utf-8")
    print(actions.publish(text=text, root=settings.CATALOGUE_DIR, by=Actor.system("command")))
    return 0


def use_version(words: Namespace) -> int:
    """Take a publication back, or forward again."""
    from chengxin.catalogue import actions
    from chengxin.identity.values import Actor

    actions.make_current(version=words.version, by=Actor.system("command"))
    return 0


def new_form(words: Namespace) -> int:
    """Write a form's first file, which loads as it is."""
    environment.set_up()
    from django.conf import settings

    from chengxin.catalogue import tools

    print(tools.new(words.form, root=settings.CATALOGUE_DIR))
    return 0


def try_form(words: Namespace) -> int:
    """Print the faults of answers to a form's file."""
    environment.set_up()
    from django.conf import settings

    from chengxin.catalogue import tools
    from chengxin.common import clock

    form = tools.read_form(words.file, root=settings.CATALOGUE_DIR)
    sys.stdout.write(tools.try_(form, words.answers.read_text("utf-8"), today=clock.today()))
    return 0


def diff_form(words: Namespace) -> int:
    """Print what a file changes of the running form."""
    from django.conf import settings

    from chengxin.catalogue import queries, tools

    new = tools.read_form(words.file, root=settings.CATALOGUE_DIR)
    for line in tools.diff(queries.current(new.id), new):
        print(line)
    return 0


def explain_form(words: Namespace) -> int:
    """Print the running form in words."""
    from chengxin.catalogue import queries, tools

    sys.stdout.write(tools.explain(queries.current(words.form)))
    return 0


def export_forms(words: Namespace) -> int:
    """Write the running state under a folder and print the files."""
    from chengxin.catalogue import tools

    for path in tools.export(words.folder):
        print(path)
    return 0


def create_agency(words: Namespace) -> int:
    """Set up an agency and print its id."""
    from chengxin.identity import actions
    from chengxin.identity.values import Actor

    print(actions.create_agency(code=words.code, name=words.name, division_code=words.division, by=Actor.system("command")))
    return 0


def create_user(words: Namespace) -> int:
    """Set up a person of an agency with a log-in name and a first password that must be changed."""
    from django.db import transaction

    from chengxin.access import actions as access
    from chengxin.common.errors import NotFound
    from chengxin.identity import actions, queries
    from chengxin.identity.values import Actor

    by = Actor.system("command")
    agency = queries.agency_by_code(words.agency)
    if agency is None:
        raise NotFound(f"没有代码为 {words.agency} 的机构")
    password = getpass.getpass("密码：") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    with transaction.atomic():
        account = actions.create_agency_user(agency_id=agency.id, display_name=words.display_name, roles=words.role, by=by)
        access.open_login(account_id=account, name=words.username, kind="username", by=by)
        access.set_password(account_id=account, password=password, by=by, must_change=True)
    print(account)
    return 0
