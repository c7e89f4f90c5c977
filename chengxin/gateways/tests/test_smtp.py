"""The mail gateway against a real SMTP server on this machine: TLS, log-in, refusals, a server that is away."""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from chengxin.gateways.channels import Down, Failed, Refused, SmtpChannel
from chengxin.gateways.values import Message
from tests.tls import certificate


class Postbox:
    """What the server took, and whom it turns away."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("nobody"):
            return "550 no such mailbox"
        if address.startswith("full"):
            return "452 mailbox full, later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 taken"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


Start = Callable[..., Postbox]


@pytest.fixture
def start(settings: Any) -> Iterator[Start]:
    running: list[Controller] = []

    def run(**options: Any) -> Postbox:
        box = Postbox()
        settings.SMTP_HOST, settings.SMTP_PORT = "localhost", free_port()
        server = Controller(box, hostname="127.0.0.1", port=settings.SMTP_PORT, **options)
        server.start()
        running.append(server)
        return box

    settings.DEMO, settings.SMTP_TLS, settings.SMTP_USER = False, "none", ""
    settings.MAIL_FROM, settings.SITE_NAME = "noreply@chengxin.example", "电子商务企业诚信公共服务平台"
    yield run
    for server in running:
        server.stop()


@pytest.fixture
def channel() -> Iterator[SmtpChannel]:
    opened = SmtpChannel()
    yield opened
    opened.close()


def letter(to: str = "lan@wwte.example", subject: str = "账号审核结果：审核通过") -> Message:
    return Message(to=to, subject=subject, body="杭州澜序桥：\n\n.\n审核结果为：审核通过。", message_id="<outbox-1@chengxin.example>")


def server_tls(folder: Path) -> tuple[Path, ssl.SSLContext]:
    cert, key = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return cert, context


def test_a_chinese_mail_arrives_whole(start: Start, channel: SmtpChannel) -> None:
    box = start()
    channel.send(letter())
    channel.send(letter("second@wwte.example"))
    mail = box.taken[0]
    assert len(box.taken) == 2
    assert mail["Subject"] == "账号审核结果：审核通过"
    assert mail["From"].addresses[0].display_name == "电子商务企业诚信公共服务平台"
    assert mail["Message-ID"] == "<outbox-1@chengxin.example>"
    assert mail.get_content().replace("\r\n", "\n") == "杭州澜序桥：\n\n.\n审核结果为：审核通过。\n"


def test_starttls_and_login(start: Start, channel: SmtpChannel, settings: Any, tmp_path: Path) -> None:
    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=data.password == b"right", handled=False)

    cert, context = server_tls(tmp_path)
    box = start(tls_context=context, require_starttls=True, authenticator=check, auth_required=True)
    settings.SMTP_TLS, settings.SMTP_CA_FILE = "starttls", str(cert)
    settings.SMTP_USER, settings.SMTP_PASSWORD = "platform", "right"
    channel.send(letter())
    assert len(box.taken) == 1
    settings.SMTP_PASSWORD = "wrong"
    with pytest.raises(Down, match="535"):
        SmtpChannel().send(letter())


def test_an_unknown_certificate_is_not_accepted(start: Start, channel: SmtpChannel, settings: Any, tmp_path: Path) -> None:
    _cert, context = server_tls(tmp_path)
    box = start(tls_context=context, require_starttls=True)
    settings.SMTP_TLS = "starttls"
    with pytest.raises(Down, match="CERTIFICATE_VERIFY_FAILED"):
        channel.send(letter())
    assert box.taken == []


def test_a_server_without_starttls_gets_nothing(start: Start, channel: SmtpChannel, settings: Any) -> None:
    box = start()
    settings.SMTP_TLS = "starttls"
    with pytest.raises(Down):
        channel.send(letter())
    assert box.taken == []


def test_refused_for_ever_and_refused_for_now(start: Start, channel: SmtpChannel) -> None:
    box = start()
    with pytest.raises(Refused, match="550"):
        channel.send(letter("nobody@wwte.example"))
    with pytest.raises(Failed, match="452") as later:
        channel.send(letter("full@wwte.example"))
    assert not isinstance(later.value, Refused)
    channel.send(letter())
    assert len(box.taken) == 1, "the connection still works after refusals"


def test_a_server_that_is_away_is_down(channel: SmtpChannel, start: Start, settings: Any) -> None:
    settings.SMTP_HOST, settings.SMTP_PORT = "127.0.0.1", 1
    with pytest.raises(Down, match="ConnectionRefusedError"):
        channel.send(letter())


@pytest.mark.parametrize("to", ["", "no address", "a@b.example\r\nBcc: victim@x.example", "a@b.example, c@d.example"])
def test_what_is_no_address_is_refused(to: str, start: Start, channel: SmtpChannel) -> None:
    box = start()
    with pytest.raises(Failed):
        channel.send(letter(to))
    assert box.taken == []


def test_demo_mode_never_mails_a_real_address(start: Start, channel: SmtpChannel, settings: Any) -> None:
    box = start()
    settings.DEMO = True
    with pytest.raises(Refused):
        channel.send(letter("someone@qq.com"))
    channel.send(letter())
    assert len(box.taken) == 1
