"""The bundle on a machine without network: made, unpacked and installed as docs/how-to/deploy.md says, then started.

Making it reaches the package registry (D-51); what follows runs in a network of its own that leads nowhere.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.programs import free_port
from chengxin.launcher import places
from chengxin.launcher.postgres import Server

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = ROOT / "docs" / "how-to" / "deploy.md"
ALONE = ["unshare", "--net"] if places.is_root() else ["unshare", "--map-current-user", "--keep-caps", "--net"]
MAKE_S, INSTALL_S, START_S = 900, 300, 180
TRIAL = """
ip link set lo up
if timeout 5 bash -c '</dev/tcp/192.0.2.1/443' 2>/dev/null; then echo 'there is a network' >&2; exit 1; fi
{install}
"$OPT/venv/bin/chengxin" run --no-demo & program=$!
for _ in $(seq {tries}); do
  if curl -fsS "http://127.0.0.1:$PORT/readyz" 2>/dev/null; then break; fi
  kill -0 "$program"; sleep 1
done
curl -fsS "http://127.0.0.1:$PORT/" | grep -c '<title>'
"$OPT/venv/bin/chengxin" doctor
kill -INT "$program"; wait "$program"
"""
pytestmark = pytest.mark.campaign


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that PostgreSQL's user may pass, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="chengxin-bundle-"))
    folder.chmod(0o711)
    yield folder
    home = folder / "home"
    if (home / "postgres" / "PG_VERSION").exists():
        Server(home).stop(mode="immediate")
    shutil.rmtree(folder, ignore_errors=True)


def block(title: str) -> str:
    """The commands below a heading of the how-to."""
    found = re.search(rf"^## {title}\n(?:(?!## ).*\n)*?```sh\n([\s\S]*?)```", HOW_TO.read_text("utf-8"), re.MULTILINE)
    assert found, title
    return found[1]


def test_the_bundle_installs_and_runs_without_network(place: Path) -> None:
    command = [sys.executable, "deploy/bundle.py", "--out", str(place)]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=MAKE_S)
    assert made.returncode == 0, made.stderr[-3000:]
    install = (block("Unpack") + block("Programs")).replace("/opt/chengxin", '"$OPT"').replace("python3 ", f"{sys.executable} ")
    variables = {name: text for name, text in os.environ.items() if name in ("PATH", "LANG", "HOME")} | {
        "OPT": str(place / "opt"), "CHENGXIN_HOME": str(place / "home"), "CATALOGUE_DIR": str(place / "opt" / "catalogue"),
        "PORT": str(free_port()), "DEMO": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_CONFIG_FILE": os.devnull,
    }  # fmt: skip
    (place / "opt").mkdir()
    trial = TRIAL.format(install=install, tries=START_S)
    done = subprocess.run(
        [*ALONE, "bash", "-euo", "pipefail", "-c", trial], cwd=place, env=variables, capture_output=True, text=True, check=False,
        timeout=INSTALL_S + START_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    assert '"status":"ok"' in done.stdout
    assert "Stopped." in done.stderr
    the_bill_names_what_was_installed(place)


def the_bill_names_what_was_installed(place: Path) -> None:
    """Every package in the new environment stands in the bill of materials with its version, and nothing else does."""
    bill = json.loads((place / "opt" / "sbom.cdx.json").read_text("utf-8"))
    listed = subprocess.run(
        [place / "opt" / "venv" / "bin" / "pip", "list", "--format=json"], capture_output=True, text=True, check=True
    ).stdout
    installed = {(each["name"].lower(), each["version"]) for each in json.loads(listed) if each["name"] not in ("pip", "setuptools")}
    named = {(each["name"].lower(), each["version"]) for each in bill["components"]}
    assert {(name.replace("_", "-"), version) for name, version in installed} == {
        (name.replace("_", "-"), version) for name, version in named
    }
    assert all(each["hashes"] for each in bill["components"])
    assert not [each["name"] for each in bill["components"] if re.search(r"(?<!L)GPL|not stated", json.dumps(each["licenses"]))]
