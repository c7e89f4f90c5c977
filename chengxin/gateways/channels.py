"""The ways out: each sends one message or says whether trying again makes sense.

`Refused` is final for this message (the address does not exist); `Failed` is worth another try; `Down`
means that the whole channel cannot be reached now, so the rest of its queue need not be tried.
"""

from __future__ import annotations

import smtplib
import ssl
import time
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from types import TracebackType
from typing import Protocol, Self

from django.conf import settings

from chengxin.gateways.values import Message


class Failed(Exception):
    """Not delivered this time."""


class Refused(Failed):
    """Never to be delivered to this address."""


class Down(Failed):
    """The channel cannot be reached."""


class Channel(Protocol):
    """One way out, opened for a batch."""

    def send(self, message: Message) -> None:
        """Deliver, or raise Failed, Refused or Down."""

    def close(self) -> None:
        """Let go of the connection."""


class LocalChannel:
    """Delivers into the demo's mailbox; can be slow, down or refuse, like an outside one."""

    def __init__(self, name: str) -> None:
        self.name = name

    def send(self, message: Message) -> None:
        """Keep the message for `/dev/outbox`; outside demo mode there is nowhere to deliver to."""
        from chengxin.gateways.actions import demo_note

        time.sleep(settings.LOCAL_DELAY_MS / 1000)
        fault = settings.LOCAL_MAIL_FAULT if self.name == "mail" else settings.LOCAL_SMS_FAULT
        if fault == "down":
            raise Down("local gateway: set to be down")
        if fault == "refuse":
            raise Refused("local gateway: set to refuse")
        if not settings.DEMO:
            raise Down(f"no {self.name} gateway is configured")
        demo_note(channel=self.name, to=message.to, subject=message.subject, body=message.body)

    def close(self) -> None:
        """Nothing is open."""


class SmtpChannel:
    """Hands mails to a server by SMTP, one connection for a batch, opened at the first message."""

    def __init__(self) -> None:
        self._server: smtplib.SMTP | None = None

    def send(self, message: Message) -> None:
        """Deliver one mail; an answer 5xx to the address is final, all else is tried again."""
        if settings.DEMO and not message.to.lower().endswith(".example"):
            raise Refused("demo mode sends to *.example only")
        mail = _mail(message)
        try:
            self._connected().send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            self._reset()
            raise (Refused if 500 <= code < 600 else Failed)(_said(code, text)) from error
        except smtplib.SMTPServerDisconnected as error:
            self.close()
            raise Failed("connection lost") from error
        except smtplib.SMTPResponseException as error:
            self._reset()
            raise Failed(_said(error.smtp_code, error.smtp_error)) from error
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Failed(type(error).__name__) from error

    def close(self) -> None:
        """Say goodbye, whatever the server's state."""
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                server.close()

    def _reset(self) -> None:
        try:
            if self._server is not None:
                self._server.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            try:
                self._server = _open()
            except smtplib.SMTPResponseException as error:
                raise Down(_said(error.smtp_code, error.smtp_error)) from error
            except (OSError, smtplib.SMTPException) as error:
                raise Down(f"{type(error).__name__}: {error}") from error
        return self._server


def _open() -> smtplib.SMTP:
    """A connection as the settings say: protected, with a deadline, logged in where there is a user."""
    host, port, timeout = settings.SMTP_HOST, settings.SMTP_PORT, settings.SMTP_TIMEOUT_SECONDS
    mode, user = settings.SMTP_TLS, settings.SMTP_USER
    context = ssl.create_default_context(cafile=settings.SMTP_CA_FILE or None)
    if mode == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=timeout, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=timeout)
    try:
        if mode == "starttls":
            server.starttls(context=context)
        if user:
            server.login(user, settings.SMTP_PASSWORD)
    except BaseException:
        server.close()
        raise
    return server


class _Policy(EmailPolicy):
    """SMTP's, but the address that ends mails stays in one line and readable, however long: mail programs want it so (RFC 8058)."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """One header as it goes over the wire."""
        if name == UNSUBSCRIBE:
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


UNSUBSCRIBE = "List-Unsubscribe"
MAIL = _Policy(linesep=SMTP.linesep)


def _mail(message: Message) -> EmailMessage:
    """The mail as it goes over the wire; raises Refused for an address that is none."""
    mail = EmailMessage(policy=MAIL)
    try:
        mail["From"] = Address(settings.SITE_NAME, addr_spec=settings.MAIL_FROM)
        mail["To"] = Address(addr_spec=message.to)
        mail["Subject"] = message.subject
    except (ValueError, IndexError, UnicodeError) as error:
        raise Refused("not a mail address") from error
    mail["Message-ID"] = message.message_id
    mail["Auto-Submitted"] = "auto-generated"
    if message.unsubscribe:
        mail[UNSUBSCRIBE] = f"<{message.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(message.body, cte="base64")
    return mail


def _said(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return f"{code} {words}"[:200]


class Open:
    """The channels of one batch, each opened when first needed; closes them all at the end."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for channel in self._channels.values():
            channel.close()

    def get(self, name: str) -> Channel:
        """The channel of this name, as the settings choose it."""
        if name not in self._channels:
            outside = name == "mail" and settings.SMTP_HOST
            self._channels[name] = SmtpChannel() if outside else LocalChannel(name)
        return self._channels[name]
