"""The transaction around a step: durable, retried twice on deadlock, a lock waited for too long is 409 (D-43)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from chengxin.common.errors import ChengxinError, Conflict

P = ParamSpec("P")
R = TypeVar("R")

DEADLOCK = "40P01"
LOCK_TIMEOUT = "55P03"
LOCKED = "locked"
"""The code of the Conflict that says that another one is at it: the same may succeed in a moment."""
TRIES = 3
log = structlog.get_logger()


def step(function: Callable[P, R]) -> Callable[P, R]:
    """Run a command in one durable transaction of its own."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, TRIES + 1):
            try:
                with transaction.atomic(durable=True):
                    return function(*args, **kwargs)
            except OperationalError as error:
                if _state(error) == LOCK_TIMEOUT:
                    raise Conflict(_("该内容正在被他人处理，请稍后重试。"), code=LOCKED) from error
                if _state(error) != DEADLOCK or attempt == TRIES:
                    raise
        raise AssertionError("unreachable")

    return run


def settled(work: Callable[[], None], *, refuse: Callable[[str], None], broken: str) -> bool:
    """Do one of many due things, or note why it cannot be done; False where somebody is at it, whose next turn it is.

    ``refuse`` keeps the reason for the person: what the rules say, or ``broken`` where the program failed. A database out
    of reach is no reason: it is raised, and the loop comes back.
    """
    try:
        work()
    except (OperationalError, InterfaceError):
        raise
    except ChengxinError as refused:
        if refused.code == LOCKED:
            return False
        refuse(refused.message)
    except Exception:
        log.exception("due step failed")
        refuse(broken)
    return True


def _state(error: OperationalError) -> str:
    return getattr(error.__cause__, "sqlstate", "") or ""
