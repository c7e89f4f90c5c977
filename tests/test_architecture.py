"""The house's conventions that no linter knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINES_PER_FILE = 400
LINES_PER_FUNCTION = 50
CLOCK = ROOT / "chengxin" / "common" / "clock.py"
ASKS_TIME = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("timezone", "now"), ("time", "time")}
PURE_ROOMS = {"values.py", "rules.py", "lifecycle.py", "policy.py", "disclosure.py"}
IMPURE = ("django.db", "django.http", "django.conf", "django.core", "psycopg")
SAME_RULE_AS_SQL = ("policy.py", "django.db.models.Q")


def sources() -> Iterator[Path]:
    """Yield every Python file of the house except migrations."""
    for folder in ("chengxin", "tests", "bench", "demo", "deploy"):
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts)


def product() -> list[Path]:
    """Return the files of what ships."""
    return [path for path in sources() if path.is_relative_to(ROOT / "chengxin") and "tests" not in path.parts]


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_files_are_short() -> None:
    long = {shown(path): count for path in sources() if (count := len(path.read_text("utf-8").splitlines())) > LINES_PER_FILE}
    assert not long, "split by meaning"


def test_functions_are_short() -> None:
    long = {
        f"{shown(path)}:{node.lineno} {node.name}": size
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and (size := (node.end_lineno or 0) - node.lineno + 1) > LINES_PER_FUNCTION
    }
    assert not long


def test_only_the_clock_asks_the_time() -> None:
    asking = [
        f"{shown(path)}:{node.lineno}"
        for path in product()
        if path != CLOCK
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr) in ASKS_TIME
    ]
    assert not asking, "ask chengxin.common.clock"


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and full name of everything a file imports while it is loaded or later."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (start, node.module or "") if part)
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def test_pure_rooms_know_neither_database_nor_request() -> None:
    impure = [
        f"{shown(path)}:{line} {name}"
        for path in product()
        if path.name in PURE_ROOMS
        for line, name in imported(path)
        if (path.name, name) != SAME_RULE_AS_SQL
        and (name.startswith(IMPURE) or name.rsplit(".", 1)[0].endswith(".models") or name.endswith(".models"))
    ]
    assert not impure


def test_no_app_imports_another_apps_models() -> None:
    strangers = []
    for path in product():
        own = path.relative_to(ROOT).parts[1]
        for line, name in imported(path):
            parts = name.split(".")
            if parts[:1] == ["chengxin"] and len(parts) > 2 and parts[2] == "models" and parts[1] != own:
                strangers.append(f"{shown(path)}:{line} {name}")
    assert not strangers, "ask the app's queries or actions"


def test_state_is_written_only_by_the_filings_actions() -> None:
    writers = [
        f"{shown(path)}:{node.lineno}"
        for path in product()
        if path != ROOT / "chengxin/filings/actions.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute) and target.attr == "state" and "filing" in ast.unparse(target.value).lower()
    ]
    assert not writers


def asked_permissions() -> set[str]:
    """Return every permission that the product asks for by name, there or in a rule that chooses it (`edit_permission`)."""
    chosen = {
        constant.value
        for path in product()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and node.name.endswith("_permission")
        for returned in ast.walk(node)
        if isinstance(returned, ast.Return)
        for constant in ast.walk(returned)
        if isinstance(constant, ast.Constant) and "." in str(constant.value)
    }
    return chosen | {
        keyword.value.value
        for path in product()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "permission" and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str)
    }


def test_the_table_of_permissions_is_what_the_product_asks() -> None:
    from chengxin.identity import policy

    assert asked_permissions() == set(policy.PERMISSIONS)


@pytest.mark.parametrize("word", ["TODO", "FIXME", "xfail", "mark.skip"])
def test_nothing_is_left_unfinished(word: str) -> None:
    here = Path(__file__).resolve()
    assert not [shown(path) for path in sources() if path.resolve() != here and word in path.read_text("utf-8")]
