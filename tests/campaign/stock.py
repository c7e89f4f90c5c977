"""Fills a house that runs with enterprises whose archives are ready, and prints who may hand in and who decides.

Run with the variables of the house: `python -m tests.campaign.stock 24`.
"""

from __future__ import annotations

import json
import os
import sys
from uuid import UUID

import django


def stocked(count: int) -> list[dict[str, str]]:
    """A reviewer, `count` enterprises with a complete draft each, and a session for everyone who acts."""
    from chengxin.access import actions as access
    from tests.journeys import enterprises as people

    def session(account_id: UUID) -> str:
        return access.open_session(account_id=account_id, assurance="password", network="127.0.0.1").session_key

    judge = people.reviewer()
    assert judge.account_id
    desk, made = session(judge.account_id), []
    for _ in range(count):
        firm = people.approved(by=judge)
        made.append({"filing": str(people.fill(firm)), "uscc": firm.uscc, "filer": session(firm.account_id), "reviewer": desk})
    return made


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengxin.settings")
    django.setup()
    print(json.dumps(stocked(int(sys.argv[1]))))
