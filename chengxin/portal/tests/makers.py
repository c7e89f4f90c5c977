"""Editors, enterprises and pages of content for the tests of the portal."""

from __future__ import annotations

import itertools
from uuid import UUID, uuid4

from chengxin.identity import actions as identity
from chengxin.identity import agencies
from chengxin.identity import queries as identity_queries
from chengxin.identity.tests.codes import uscc
from chengxin.identity.values import Actor
from chengxin.portal import actions
from chengxin.portal.values import LINK, NOTICE, Content, Product

SYSTEM = Actor.system("test")
_numbers = itertools.count(4000)


def staff(*roles: str, name: str = "周编") -> Actor:
    """A person of a new agency of the national level."""
    number = next(_numbers)
    agency = agencies.create_agency(code=f"portal-{number}", name="网站编辑部", division_code=None, kind="service", by=SYSTEM)
    account = agencies.create_agency_user(agency_id=agency, display_name=name, roles=list(roles or ("editor",)), by=SYSTEM)
    return identity_queries.actor_for(account, assurance="password")


def enterprise() -> Actor:
    """The administrator of an enterprise that is approved."""
    number = next(_numbers)
    account, firm = identity.open_enterprise(
        uscc=uscc(number),
        name=f"领取者{number}号有限公司",
        division_code="330110",
        email=f"e{number}@claims.example",
        phone=f"139{number:08d}",
        by=Actor.nobody(),
    )
    identity.activate(enterprise_id=firm, by=SYSTEM)
    return identity_queries.actor_for(account, assurance="password")


def written(
    *, by: Actor, kind: str = NOTICE, title: str = "关于开展诚信档案填报的通知", body: str = "请各企业按时填报。", **facts: str
) -> UUID:
    """A page of content in state 草稿."""
    return actions.create(kind=kind, content=Content(title=title, body=body, facts=facts), key=str(uuid4()), by=by)


def published(
    *, by: Actor, second: Actor, title: str = "关于开展诚信档案填报的通知", body: str = "请各企业按时填报。", kind: str = NOTICE
) -> UUID:
    """A page of content that everyone sees."""
    item = written(by=by, kind=kind, title=title, body=body)
    actions.hand_in(item_id=item, number=1, by=by)
    actions.publish(item_id=item, number=1, by=second)
    return item


def product(code: str = "open-class", **changes: object) -> Product:
    """A product that may be kept."""
    texts = {
        "group": "training",
        "title": "电商经营公开课",
        "provider": "栎舟商学社",
        "content": "六讲视频课。",
        "way": LINK,
        "value": "https://course.example/",
    }
    return Product(code=code, **{**texts, **changes})  # type: ignore[arg-type]
