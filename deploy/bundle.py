"""Makes the archive an operator carries to a machine without network: `make bundle`.

In it: the wheel of the platform and of everything it needs (from requirements.lock, by hash), the catalogue, the files of
`deploy/`, the documentation, a bill of materials (CycloneDX) and the SHA-256 of every file. It is made from the committed
state, and the same commit gives the same archive. It fits the Python and the processor it is made with.
"""

from __future__ import annotations

import argparse
import email
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

ROOT = Path(__file__).resolve().parents[1]
TAKEN = (
    "LICENSE",
    "README.md",
    "README.zh-CN.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "catalogue",
    "demo",
    "deploy",
    "docs",
    "requirements.lock",
)
OURS = "chengxin (pyproject.toml)"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(.*?)\n((?:[ ]{4}.*\n?)*)", re.MULTILINE)
PARENT = re.compile(r"^    #   (?:via )?(\S.*)$|^    # via (\S.*)$", re.MULTILINE)
SHA256 = re.compile(r"--hash=sha256:([0-9a-f]{64})")
SBOM, SUMS, REQUIREMENTS = "sbom.cdx.json", "SHA256SUMS", "requirements.txt"


@dataclass
class Pin:
    """One package of the lock: its lines as they stand there, and the packages that asked for it."""

    name: str
    version: str
    text: str
    parents: set[str] = field(default_factory=set)


SAFELY: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # from Python 3.11.4 on


def pins(lock: str) -> dict[str, Pin]:
    """Every package of the lock by name; one that is pinned for several versions of Python keeps the lines of all."""
    found: dict[str, Pin] = {}
    for match in PINNED.finditer(lock):
        name, version, _marker, more = match.groups()
        parents = {one or other for one, other in PARENT.findall(more)}
        text = re.sub(r"^    #.*\n?", "", match.group(0), flags=re.MULTILINE).rstrip("\n")
        former = found.get(name)
        found[name] = (
            Pin(name, version, f"{former.text}\n{text}", parents | former.parents) if former else Pin(name, version, text, parents)
        )
    return found


def shipped(found: dict[str, Pin]) -> dict[str, Pin]:
    """Those the platform runs with; what only its builders use stays at home."""
    chosen: set[str] = set()
    while more := {name for name, pin in found.items() if name not in chosen and pin.parents & {OURS, *chosen}}:
        chosen |= more
    return {name: found[name] for name in sorted(chosen)}


def git(*words: str) -> str:
    """What git says."""
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def export(commit: str, target: Path) -> None:
    """The files of a commit, without what lies about in the checkout."""
    packed = subprocess.run(["git", "archive", "--format=tar", commit], cwd=ROOT, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(target, **SAFELY)


def own_wheel(source: Path, wheels: Path, *, moment: int) -> Path:
    """Build the wheel of the platform."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
    subprocess.run(command, cwd=source, check=True, stdout=sys.stderr, env={**os.environ, "SOURCE_DATE_EPOCH": str(moment)})
    return next(wheels.glob("chengxin-*.whl"))


def fetch(requirements: Path, wheels: Path) -> None:
    """Download the wheels of the lock; each must have a hash the lock knows."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        pip = [f"{folder}/bin/python", "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
        command = [*pip, "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(requirements), "-d", str(wheels)]
        subprocess.run(command, check=True)


def sha256(path: Path) -> str:
    """Digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def metadata(wheel: Path) -> email.message.Message:
    """What a wheel says about itself."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def purl(name: str, version: str) -> str:
    """The package's address as bills of materials write it."""
    return f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version}"


def component(wheel: Path) -> dict[str, Any]:
    """One entry of the bill of materials."""
    said = metadata(wheel)
    classifiers = [line.rsplit(" :: ", 1)[-1] for line in said.get_all("Classifier", []) if line.startswith("License :: ")]
    written = said.get("License-Expression")
    named = next(iter([*classifiers, *str(said.get("License") or "not stated").strip().splitlines()[:1]]))
    address = purl(said["Name"], said["Version"])
    return {
        "type": "library",
        "bom-ref": address,
        "name": said["Name"],
        "version": said["Version"],
        "purl": address,
        "hashes": [{"alg": "SHA-256", "content": sha256(wheel)}],
        "licenses": [{"expression": written}] if written else [{"license": {"name": named}}],
    }


def bill(wheels: Path, packages: dict[str, Pin], *, version: str, commit: str, moment: int) -> dict[str, Any]:
    """The bill of materials (CycloneDX 1.6): every wheel with version, licence, digest, and what asked for it."""
    components = [component(wheel) for wheel in sorted(wheels.glob("*.whl"))]
    refs = {each["name"].lower().replace("_", "-").replace(".", "-"): each["bom-ref"] for each in components}
    children: dict[str, set[str]] = {ref: set() for ref in refs.values()}
    for name, pin in packages.items():
        for parent in pin.parents:
            asker, asked = refs.get("chengxin" if parent == OURS else parent.lower()), refs.get(name.lower())
            if asker and asked:
                children[asker].add(asked)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, f'chengxin/{commit}')}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {"type": "application", "bom-ref": "chengxin", "name": "chengxin", "version": f"{version}+{commit[:12]}"},
        },
        "components": components,
        "dependencies": [{"ref": ref, "dependsOn": sorted(below)} for ref, below in sorted(children.items())],
    }


def files(tree: Path) -> Iterator[Path]:
    """Every file below a folder, in one order."""
    yield from sorted(path for path in tree.rglob("*") if path.is_file())


def pack(tree: Path, target: Path, *, moment: int) -> None:
    """Write the archive; nothing of this machine or this hour gets into it."""
    partial = target.with_suffix(".partial")
    with tarfile.open(partial, "w") as archive:  # wheels are compressed already
        for path in files(tree):
            entry = archive.gettarinfo(path, arcname=f"{tree.name}/{path.relative_to(tree)}")
            entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = moment, 0, 0, "root", "root"
            entry.mode = 0o755 if entry.mode & 0o100 else 0o644
            with path.open("rb") as file:
                archive.addfile(entry, file)
    partial.rename(target)


def assemble(tree: Path, *, commit: str, moment: int) -> None:
    """Fill the folder that becomes the archive."""
    with tempfile.TemporaryDirectory() as folder:
        source, wheels = Path(folder), tree / "wheels"
        wheels.mkdir(parents=True)
        export(commit, source)
        for name in TAKEN:
            copy = shutil.copytree if (source / name).is_dir() else shutil.copy2
            copy(source / name, tree / name)
        packages = shipped(pins((source / "requirements.lock").read_text("utf-8")))
        needed = tree / REQUIREMENTS
        needed.write_text("\n".join(pin.text for pin in packages.values()) + "\n", "utf-8")
        fetch(needed, wheels)
        ours = own_wheel(source, wheels, moment=moment)
        version = tomllib.loads((source / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    with needed.open("a", encoding="utf-8") as file:
        file.write(f"chengxin=={version} \\\n    --hash=sha256:{sha256(ours)}\n")
    made = bill(wheels, packages, version=version, commit=commit, moment=moment)
    (tree / SBOM).write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
    sums = [f"{sha256(path)}  {path.relative_to(tree)}\n" for path in files(tree)]
    (tree / SUMS).write_text("".join(sums), "utf-8")


def main() -> int:
    """Make the archive and print where it is."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--out", type=Path, default=ROOT / "dist", help="folder of the archive")
    out: Path = words.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    commit, moment = git("rev-parse", "HEAD"), int(git("log", "-1", "--format=%ct"))
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    name = f"chengxin-{version}-{commit[:12]}-py{sys.version_info.major}{sys.version_info.minor}-{platform}"
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / name
        assemble(tree, commit=commit, moment=moment)
        target = out / f"{name}.tar"
        pack(tree, target, moment=moment)
    (out / f"{target.name}.sha256").write_text(f"{sha256(target)}  {target.name}\n")
    print(f"{target} ({target.stat().st_size / 1e6:.0f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
