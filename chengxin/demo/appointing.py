"""经办人 of the stories: appointed with a drawn authorisation, and in office with the demo's password (VOL-03, D-56)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from chengxin.access import actions as access
from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.demo import guards, pictures
from chengxin.demo.reading import Story
from chengxin.filings import attaching
from chengxin.flow import handlers as flow
from chengxin.flow.accounts import CONSENTS
from chengxin.identity import handlers
from chengxin.identity import queries as identity
from chengxin.identity.handlers import Term


def handler(*, story: Story, more: Mapping[str, Any], password: str) -> None:
    """Appoint the handler whom the step names, and take the invitation up; what is done already stays as it is."""
    guards.require_fictitious(dict(more))
    enterprise = identity.enterprise_by_uscc(story.uscc)
    account = identity.administrator_of(enterprise.id) if enterprise else None
    assert enterprise is not None and account is not None
    head, today = story.register["legal_representative"], clock.today()
    rows = [("单位名称", story.name), ("统一社会信用代码", story.uscc), ("负责人", head), ("经办人", more["name"])]
    drawn = io.BytesIO(pictures.authorisation(name=story.name, rows=rows, head=head))
    made = handlers.by_phone(enterprise_id=enterprise.id, phone=more["phone"]) or flow.appoint(
        new=flow.NewHandler(
            more["name"], more["login"], more["email"], more["phone"], Term(today, today + timedelta(days=int(more["days"])))
        ),
        paper=attaching.intake(stream=drawn, name="授权书.jpg", slot=flow.SLOT),
        by=identity.actor_for(account, "e_licence"),
    )
    if identity.account(made).state != "pending":
        return
    token = access.issue_link(account_id=made, purpose=flow.INVITATION)
    flow.accept(token=token, password=password, consents={code: catalogue.commitment(code).version for code in CONSENTS})
