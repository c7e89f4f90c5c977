"""The node's file and its runbook belong together; `make drill` runs a cluster made from it."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

import yaml

ROOT = Path(__file__).resolve().parents[2]
NODE = (ROOT / "deploy" / "patroni" / "node.yml").read_text("utf-8")
RUNBOOK = (ROOT / "docs" / "how-to" / "patroni.md").read_text("utf-8")


def names() -> set[str]:
    return set(re.findall(r"\$\{(\w+)\}", NODE))


def test_the_runbook_fills_in_every_name() -> None:
    exported = {name for line in re.findall(r"^export (.+)$", RUNBOOK, re.MULTILINE) for name in re.findall(r"(\w+)=", line)}
    assert exported == names()


def test_nothing_is_answered_before_a_second_machine_has_it() -> None:
    node = yaml.safe_load(Template(NODE).substitute(dict.fromkeys(names(), "1")))
    cluster = node["bootstrap"]["dcs"]
    assert cluster["synchronous_mode"] is cluster["synchronous_mode_strict"] is True
    assert "synchronous_commit" not in cluster["postgresql"]["parameters"]
    assert cluster["loop_wait"] + 2 * cluster["retry_timeout"] <= cluster["ttl"]
    assert f"| {cluster['ttl']} to " in RUNBOOK


def test_nobody_enters_without_a_password() -> None:
    node = yaml.safe_load(Template(NODE).substitute(dict.fromkeys(names(), "1")))
    assert all(line.endswith(" scram-sha-256") for line in node["postgresql"]["pg_hba"])
