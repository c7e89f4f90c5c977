"""Every setting stands in the table, is read somewhere, and is documented; nothing reads one that is not there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import global_settings

from chengxin import options
from tests.test_architecture import product, shown, tree

SETTINGS = Path("chengxin/settings.py")
BETWEEN_OUR_PROGRAMS = {"CHENGXIN_SUPERVISED", "DJANGO_SETTINGS_MODULE", "PROMETHEUS_MULTIPROC_DIR"}


def constants(node: ast.AST) -> Iterator[str]:
    """Yield the text constants of a tree."""
    yield from (each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str))


def derived() -> set[str]:
    """Names that chengxin.settings gives a value."""
    path = next(path for path in product() if shown(path) == str(SETTINGS))
    targets = [
        target
        for node in tree(path).body
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def names_of_settings(module: ast.Module) -> set[str]:
    """Under which names a module knows Django's settings."""
    return {
        alias.asname or alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.module == "django.conf"
        for alias in node.names
        if alias.name == "settings"
    }


def settings_read(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield what a module reads as `settings.NAME` or `getattr(settings, "NAME")`."""
    known = names_of_settings(module)
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known and node.attr.isupper():
            yield node.lineno, node.attr
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr" and ast.unparse(node.args[0]) in known:
            yield from ((node.lineno, name) for name in constants(node.args[1]))


def environment_read(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield what a module reads or sets as `os.environ["NAME"]`, `.get("NAME")`, `.setdefault("NAME", …)`."""
    for node in ast.walk(module):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            yield from ((node.lineno, name) for name in constants(node.slice))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("os.environ.get", "os.environ.setdefault", "os.getenv", "value"):
            yield from ((node.lineno, name) for name in constants(node.args[0]) if name.isupper())


def test_no_module_reads_a_setting_that_is_not_in_the_table() -> None:
    known = set(options.TABLE) | derived() | set(vars(global_settings))
    unknown = [f"{shown(path)}:{line} {name}" for path in product() for line, name in settings_read(tree(path)) if name not in known]
    assert not unknown, "add a row to chengxin/options.py"


def test_no_module_reads_an_environment_variable_that_is_not_in_the_table() -> None:
    known = set(options.TABLE) | BETWEEN_OUR_PROGRAMS
    unknown = [f"{shown(path)}:{line} {name}" for path in product() for line, name in environment_read(tree(path)) if name not in known]
    assert not unknown, "add a row to chengxin/options.py"


def test_every_setting_of_the_table_is_read() -> None:
    read = {name for path in product() for _line, name in environment_read(tree(path))}
    assert set(options.TABLE) - read == set()


@pytest.mark.parametrize(
    "code", ["from django.conf import settings\nsettings.NOT_THERE", "from django.conf import settings as s\ngetattr(s, 'NOT_THERE', 1)"]
)
def test_an_unknown_setting_would_be_found(code: str) -> None:
    assert [name for _line, name in settings_read(ast.parse(code))] == ["NOT_THERE"]


def test_an_unknown_variable_would_be_found() -> None:
    code = "os.environ['ONE']; os.environ.get('TWO'); os.environ.setdefault('THREE', '')"
    assert sorted(name for _line, name in environment_read(ast.parse(code))) == ["ONE", "THREE", "TWO"]


def test_every_default_can_be_read() -> None:
    for name in options.TABLE:
        options.value(name, environment={})
