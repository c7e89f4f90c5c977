"""/metrics says what an operator needs, and the alert rules ask only for what it says."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import DatabaseError, transaction
from prometheus_client.parser import text_string_to_metric_families

from chengxin import followers
from chengxin.common import clock, maintenance
from chengxin.edge import metrics, state
from chengxin.gateways import actions as gateways
from chengxin.launcher import places
from chengxin.ledger import sequencer
from chengxin.records.tests import makers

pytestmark = pytest.mark.django_db(transaction=True)
RULES = Path(__file__).resolve().parents[3] / "deploy" / "prometheus" / "chengxin.rules.yml"


@pytest.fixture(autouse=True)
def _own_places(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.MAINTENANCE_FILE = tmp_path / "maintenance.json"
    settings.CHENGXIN_HOME = tmp_path
    (tmp_path / "mirror").mkdir()
    settings.CHECKPOINT_MIRRORS = [str(tmp_path / "mirror"), str(tmp_path / "away")]
    sequencer.forget()
    yield
    sequencer.forget()


def told() -> dict[tuple[str, ...], float]:
    """Every sample by name and label values."""
    families = text_string_to_metric_families(metrics.page().decode())
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def test_it_counts_what_waits_and_how_long(settings: Any, tmp_path: Path) -> None:
    sequencer.step()
    with clock.at(clock.now() - timedelta(minutes=3)):
        makers.published(1, "杭州澜序桥电子商务有限公司", [makers.own_record(makers.shop("澜序旗舰店"))])
        params = {"name": "澜序桥", "title": "通知", "text": "请查收。", "link": "http://127.0.0.1/"}
        with transaction.atomic():
            gateways.enqueue(channel="mail", purpose="trial", to="a@lanxu.example", template="notice", params=params, dedupe_key="trial:1")
    before = told()
    assert before["chengxin_database_up",] == 1 and before["chengxin_keys_missing",] == 0
    assert before["chengxin_log_waiting_events",] >= 1
    assert 180 <= before["chengxin_log_oldest_waiting_seconds",] < 3600
    assert before["chengxin_outbox_messages", "queued"] == 1 and 180 <= before["chengxin_outbox_oldest_due_seconds",] < 3600
    assert (before["chengxin_backup_last_timestamp_seconds",], before["chengxin_maintenance",]) == (0, 0)
    size = before["chengxin_log_size", "public"]
    sequencer.step()
    maintenance.begin()
    (tmp_path / places.LAST_BACKUP).write_text(json.dumps({"at": clock.now().isoformat(), "bytes": 4096}))
    after = told()
    assert after["chengxin_log_size", "public"] == size + 1 and after["chengxin_log_waiting_events",] == 0
    assert after["chengxin_log_checkpoint_age_seconds", "public"] < 3600
    assert (after["chengxin_mirror_missing_leaves", str(tmp_path / "mirror")], after["chengxin_maintenance",]) == (0, 1)
    assert after["chengxin_mirror_missing_leaves", str(tmp_path / "away")] == -1
    assert after["chengxin_backup_bytes",] == 4096
    assert after["chengxin_disk_free_bytes", "home"] == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.2)
    assert after["chengxin_log_halted", "public"] == 0


def test_a_log_that_may_not_sign_shows(settings: Any) -> None:
    makers.published(1, "杭州澜序桥电子商务有限公司", [makers.own_record(makers.shop("澜序旗舰店"))])
    sequencer.step()
    with (Path(settings.CHECKPOINTS_DIR) / "public.jsonl").open("a") as file:
        file.write("nonsense\n")
    assert (told()["chengxin_log_halted", "public"], told()["chengxin_log_halted", "audit"]) == (1, 0)


def test_without_the_database_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(state.ledger, "health", away)
    said = told()
    assert said["chengxin_database_up",] == 0 and said["chengxin_keys_missing",] == 0
    assert not [name for name, *_labels in said if name.startswith(("chengxin_log", "chengxin_outbox"))]


def rules() -> list[dict[str, Any]]:
    """The alert rules."""
    body = yaml.safe_load(RULES.read_text("utf-8"))
    assert [set(group) for group in body["groups"]] == [{"name", "rules"}]
    return [rule for group in body["groups"] for rule in group["rules"]]


def test_answers_counted_together_are_each_in_its_place() -> None:
    def seconds() -> dict[str, float]:
        names = {"chengxin_request_seconds_bucket", "chengxin_request_seconds_count", "chengxin_request_seconds_sum"}
        return {f"{name[0]} {''.join(name[1:])}": value for name, value in told().items() if name[0] in names}

    before = (seconds(), told())
    metrics.count([("GET", 200, 0.002), ("GET", 204, 0.0021), ("GET", 200, 7.0), ("BREW", 418, 0.3)])
    after = (seconds(), told())
    grown = {name: round(value - before[0].get(name, 0.0), 4) for name, value in after[0].items()}
    bounds = {"0.002": 1, "0.005": 2, "0.015": 2, "0.05": 2, "0.1": 2, "0.25": 2, "1.0": 3, "5.0": 3, "+Inf": 4}
    assert grown == {
        **{f"chengxin_request_seconds_bucket {bound}": times for bound, times in bounds.items()},
        "chengxin_request_seconds_count ": 4,
        "chengxin_request_seconds_sum ": 7.3041,
    }
    kinds = {("GET", "2xx"): 3, ("OTHER", "4xx"): 1}
    for kind, times in kinds.items():
        assert after[1][("chengxin_requests_total", *kind)] - before[1][("chengxin_requests_total", *kind)] == times


def test_the_alert_rules_name_only_metrics_and_labels_that_exist() -> None:
    sequencer.step()
    followers.step(100)
    metrics.count([("GET", 200, 0.01)])
    labels: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(metrics.page().decode()):
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    known = {"up", "job", "instance", "le"}
    for rule in rules():
        named = set(re.findall(r"\b(?:up|chengxin_\w+)\b", rule["expr"]))
        assert named and named <= {*labels, "up"}, rule["alert"]
        asked = {*re.findall(r"(\w+)=~?\"", rule["expr"])}
        asked |= {word for words in re.findall(r"by \(([^)]*)\)", rule["expr"]) for word in re.split(r",\s*", words)}
        asked |= set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
        assert asked <= known.union(*(labels[name] for name in named if name in labels)), rule["alert"]


def test_the_alert_rules_are_well_formed() -> None:
    found = rules()
    assert len({rule["alert"] for rule in found}) == len(found)
    for rule in found:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}, rule["alert"]
        assert re.fullmatch(r"\d+[smhd]", rule.get("for", "1m")) and rule["labels"]["severity"] in ("page", "ticket")
        assert set(rule["annotations"]) == {"summary", "description"}
        for opening, closing in ("()", "[]", "{}"):
            assert rule["expr"].count(opening) == rule["expr"].count(closing), rule["alert"]
        assert re.search(r"[<>]=? |== ", rule["expr"]), "an alert compares"
        for page in re.findall(r"docs/\S+\.md", rule["annotations"]["description"]):
            assert (RULES.parents[2] / page).is_file(), page
