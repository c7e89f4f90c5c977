"""The market register and the virus scan, answering and out of order."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chengxin.common import clock
from chengxin.common.errors import Unavailable
from chengxin.gateways import market_register, virus_scan

ROW: dict[str, Any] = {
    "uscc": "91330100WWTE00001X",
    "name": "杭州澜序桥电子商务有限公司",
    "type": "有限责任公司(自然人投资或控股)",
    "legal_representative": "沈澜",
    "capital_wan": Decimal("500"),
    "established_on": date(2019, 3, 12),
    "term_from": date(2019, 3, 12),
    "address": "浙江省杭州市余杭区",
    "scope": "网上销售日用百货",
    "authority": "杭州市余杭区市场监督管理局",
}


@pytest.mark.django_db
def test_the_register_answers_with_the_moment() -> None:
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    assert market_register.load_local([ROW]) == 1
    market_register.load_local([{**ROW, "address": "浙江省杭州市临平区"}])
    with clock.at(moment):
        entry = market_register.lookup(ROW["uscc"])
    assert entry is not None
    assert (entry.name, entry.address, entry.term_to) == (ROW["name"], "浙江省杭州市临平区", None)
    assert (entry.capital_wan, entry.status, entry.fetched_at) == (Decimal(500), "存续", moment)
    assert market_register.lookup("91330100WWTE000000") is None


@pytest.mark.django_db
def test_a_register_that_is_down_says_when_to_come_back(settings: Any) -> None:
    settings.REGISTER_FAULT = "down"
    with pytest.raises(Unavailable) as caught:
        market_register.lookup(ROW["uscc"])
    assert (caught.value.code, caught.value.retry_after) == ("register-unavailable", 60)


class Daemon(socketserver.BaseRequestHandler):
    """Speaks clamd's INSTREAM; finds the word `bad`, breaks down at `crash`."""

    def handle(self) -> None:
        line = self.request.makefile("rb")
        assert line.read(10) == b"zINSTREAM\0"
        body = b""
        while size := struct.unpack("!I", line.read(4))[0]:
            body += line.read(size)
        if b"crash" in body:
            return
        verdict = b"stream: Test.Bad.UNOFFICIAL FOUND\0" if b"bad" in body else b"stream: OK\0"
        self.request.sendall(verdict)


@pytest.fixture
def daemon(settings: Any) -> Iterator[None]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Daemon) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        settings.CLAMD_ADDRESS = f"127.0.0.1:{server.server_address[1]}"
        yield
        server.shutdown()
        thread.join()


def written(folder: Path, body: bytes) -> Path:
    path = folder / "upload"
    path.write_bytes(body)
    return path


@pytest.mark.usefixtures("daemon")
def test_clamd_is_asked_and_believed(tmp_path: Path) -> None:
    assert virus_scan.scan(written(tmp_path, b"x" * 200_000)) is None
    assert virus_scan.scan(written(tmp_path, b"x" * 200_000 + b"bad")) == "Test.Bad.UNOFFICIAL"
    with pytest.raises(Unavailable):
        virus_scan.scan(written(tmp_path, b"crash"))


def test_without_an_answer_nothing_is_taken(tmp_path: Path, settings: Any) -> None:
    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    with pytest.raises(Unavailable) as caught:
        virus_scan.scan(written(tmp_path, b"x"))
    assert caught.value.code == "scan-unavailable"
