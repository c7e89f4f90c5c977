"""Every command of docs/how-to/integrate.md, run by a shell with curl against a live site, prints what stands there."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from chengxin import worker
from chengxin.exchange import snapshots
from chengxin.flow import api_keys
from chengxin.records.tests import makers
from tests import people
from tests.site import running

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "integrate.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


@pytest.fixture
def site(settings: Any) -> Iterator[httpx.Client]:
    settings.PUBLIC_READS_PER_MINUTE = settings.BATCHES_PER_MINUTE = settings.KEY_BATCHES_PER_MINUTE = 0
    with running() as client:
        yield client


def told() -> list[tuple[str, str]]:
    """The page's commands, each with what it prints (nothing: not said)."""
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    found: list[tuple[str, str]] = []
    for language, text in blocks:
        if language == "sh":
            found.append((text, ""))
        else:
            assert found and not found[-1][1], "an output without its command"
            found[-1] = (found[-1][0], text)
    return found


def fits(expected: str, printed: str) -> bool:
    """Whether the output is what the page says; `…` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("…"))
    return re.fullmatch(pattern, printed.strip(), re.S) is not None


def test_the_page_is_read_as_it_is_meant() -> None:
    commands = told()
    assert len(commands) > 12
    assert all("curl" in command or "sha256sum" in command or command.startswith("SITE=") for command, _output in commands)
    assert fits('{"a":…}\n200', '{"a":7,"b":[]}\n200\n')
    assert not fits('{"a":…}\n200', '{"a":7}\n404')


def test_every_command_prints_what_the_page_says(site: httpx.Client, tmp_path: Path) -> None:
    records = [makers.own_record(makers.shop("澜序旗舰店"))]
    enterprise, code = makers.published(2, "杭州澜序桥电子商务有限公司", records, division="330106")
    makers.published(3, "成都稷陌优选网络科技有限公司")
    worker.drain()
    assert code in PAGE.read_text("utf-8")
    snapshots.make()
    makers.take_in(enterprise, makers.penalty("余市监罚〔2026〕1号", until=None))
    worker.drain()
    holder = people.approved(9, by=people.office().county)
    key = api_keys.issue(name="批量核验", submission_key="docs", by=holder.actor)
    script, outputs = "set -eu\n", []
    for number, (command, output) in enumerate(told()):
        script += f"printf '\\n=== {number}\\n'\n{command}\n"
        outputs.append(output)
    script = script.replace("SITE=http://127.0.0.1:8000", f"SITE={str(site.base_url).rstrip('/')}")
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "KEY": key, "no_proxy": "*"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    printed = re.split(r"^=== \d+\n", done.stdout, flags=re.M)[1:]
    assert len(printed) == len(outputs)
    pairs = zip(told(), printed, strict=True)
    wrong = [f"{command}printed:{said}the page says:\n{text}" for (command, text), said in pairs if text and not fits(text, said)]
    assert not wrong, "\n".join(wrong)
