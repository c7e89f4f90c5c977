"""People who ask the help desk, and its clerks."""

from __future__ import annotations

import io
import re
from uuid import UUID, uuid4

from chengxin.filings import attaching
from chengxin.filings.cases import HandedIn
from chengxin.flow import helpdesk
from chengxin.gateways import actions as gateways
from chengxin.gateways.models import DemoMail
from chengxin.identity import actions as identity
from tests import people

NEW_MAILBOX = "new@lanxu.example"
CONFIRMED = "已电话核实联系人身份，营业执照与登记信息一致。"


def desk() -> tuple[people.Person, people.Person]:
    """Two clerks of the help desk of the ministry; the ministry itself has a reviewer."""
    top = people.agency(None, name="商务部电子商务和信息化司（演示）")
    people.officer(top, "nation-li", name="部李审")
    made = identity.create_agency(code="KF", name="平台客服（演示）", division_code=None, kind="service", parent_id=top, by=people.SYSTEM)
    return (
        people.officer(made, "kefu-wang", name="王客服", roles=("helpdesk",)),
        people.officer(made, "kefu-zhao", name="赵客服", roles=("helpdesk",)),
    )


def values(firm: people.Person, **changes: str) -> dict[str, str]:
    """What somebody without a mailbox types."""
    said = {
        "topic": "mailbox",
        "uscc": firm.login,
        "name": firm.name,
        "person": "林小桥",
        "phone": "13900001111",
        "statement": "注册邮箱的域名已停用，收不到重置密码邮件，请改为新邮箱。",
        "contact": NEW_MAILBOX,
    }
    return said | changes


def handed_in(firm: people.Person, *, evidence: bool = True, key: str = "", **changes: str) -> HandedIn:
    """A plea with licence and statement, handed in."""
    said, row = values(firm, **changes), str(uuid4())
    files = [(f"help/{row}/{code}", _stored(code, firm)) for code in (("licence", "papers") if evidence else ())]
    answers = {f"help/{row}/{code}": value for code, value in said.items() if value}
    answers |= {path: stored.sha256 for path, stored in files}
    return helpdesk.hand_in(values=said, answers=answers, files=files, key=key or str(uuid4()), network="192.0.2.0/24")


def _stored(code: str, firm: people.Person) -> attaching.files.Stored:
    body = io.BytesIO(people.picture(f"{code} {firm.login}"))
    return attaching.intake(stream=body, name=f"{code}.jpg", slot="registration")


def held(ticket_id: UUID, first: people.Person, second: people.Person) -> UUID:
    """A change proposed by one clerk and confirmed by the other."""
    change_id = helpdesk.propose(ticket_id=ticket_id, reason=CONFIRMED, by=first.actor)
    helpdesk.settle(change_id=change_id, confirmed=True, by=second.actor)
    return change_id


def mails(to: str, subject: str) -> list[str]:
    """The bodies of delivered mails to an address whose subject has these words."""
    gateways.deliver_due(limit=100)
    rows = DemoMail.objects.filter(channel="mail", to=to, subject__contains=subject).order_by("id")
    return list(rows.values_list("body", flat=True))


def stop_path(firm: people.Person) -> str:
    """The path of the link that stops a change, from the old mailbox."""
    body = mails(firm.email, "请核实")[-1]
    found = re.search(r"/help-desk/stop/\S+", body)
    assert found, body
    return found[0]
