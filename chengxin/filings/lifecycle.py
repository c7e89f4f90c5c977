"""The one table that says what can happen next (D-02, ARC-17, REG-22). Pure.

``TRANSITIONS[(kind, state, event)] -> state``. What is not in the table is refused with 409.
The same table feeds the buttons that a page shows and the diagram in the docs.
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from chengxin.common.errors import Conflict

DRAFT: Final = "draft"
SUBMITTED: Final = "submitted"
APPROVED: Final = "approved"
REJECTED: Final = "rejected"
WITHDRAWN: Final = "withdrawn"
ENDED: Final = "ended"
SUPERSEDED: Final = "superseded"
CLOSED: Final = "closed"
DELETED: Final = "deleted"

STATES: Final = (DRAFT, SUBMITTED, APPROVED, REJECTED, WITHDRAWN, ENDED, SUPERSEDED, CLOSED, DELETED)
OPEN_STATES: Final = (DRAFT, SUBMITTED, REJECTED)
EDITABLE_STATES: Final = (DRAFT, REJECTED)
UNDECIDED_STATES: Final = (*OPEN_STATES, WITHDRAWN)

_REVIEWED: Final = {
    (DRAFT, "submit"): SUBMITTED,
    (SUBMITTED, "approve"): APPROVED,
    (SUBMITTED, "reject"): REJECTED,
    (REJECTED, "edit"): DRAFT,
    (REJECTED, "submit"): SUBMITTED,
    (DRAFT, "close"): CLOSED,
    (SUBMITTED, "close"): CLOSED,
    (REJECTED, "close"): CLOSED,
}
_PUBLISHED: Final = {
    (APPROVED, "supersede"): SUPERSEDED,
    (APPROVED, "end"): ENDED,
    (APPROVED, "correct"): REJECTED,
    (SUPERSEDED, "restore"): APPROVED,
}
# Handed in from one page, decided once; somebody who has no account may be the filer (D-09 to D-11).
_CASE: Final = {
    (DRAFT, "submit"): SUBMITTED,
    (SUBMITTED, "approve"): APPROVED,
    (SUBMITTED, "reject"): REJECTED,
    (SUBMITTED, "close"): CLOSED,
}
CASES: Final = ("objection", "error_report", "impostor", "subject_change", "help", "question", "tipoff", "suggestion", "takedown")
_TABLE: Final[dict[str, dict[tuple[str, str], str]]] = {
    "registration": {**_REVIEWED, (APPROVED, "close"): CLOSED, (APPROVED, "correct"): REJECTED},
    "archive": {**_REVIEWED, **_PUBLISHED},
    "voluntary": {
        **_REVIEWED,
        **_PUBLISHED,
        (SUBMITTED, "withdraw"): WITHDRAWN,
        (WITHDRAWN, "submit"): SUBMITTED,
        (WITHDRAWN, "edit"): DRAFT,
        (WITHDRAWN, "close"): CLOSED,
        (DRAFT, "delete"): DELETED,
        (WITHDRAWN, "delete"): DELETED,
        (REJECTED, "delete"): DELETED,
    },
    "import": {(DRAFT, "submit"): SUBMITTED, (SUBMITTED, "approve"): APPROVED},
    **dict.fromkeys(CASES, _CASE),
}
TRANSITIONS: Final[dict[tuple[str, str, str], str]] = {
    (kind, state, event): target
    for kind, table in _TABLE.items()
    for (state, event), target in table.items()
}
KINDS: Final = tuple(_TABLE)
# What the enterprise is offered for a voluntary record (D-02, VOL-25): action -> event; 详情 is offered always.
# 修改 of a published record makes a revision, which supersedes it; 申请下线 ends it once a reviewer has confirmed.
OFFERED: Final[dict[str, dict[str, str]]] = {
    DRAFT: {"edit": "submit", "delete": "delete"},
    SUBMITTED: {"withdraw": "withdraw"},
    APPROVED: {"edit": "supersede", "takedown": "end"},
    REJECTED: {"edit": "edit", "delete": "delete"},
    WITHDRAWN: {"submit": "submit", "edit": "edit", "delete": "delete"},
}

LABELS: Final = {
    ("archive", DRAFT): _("草稿"),
    ("archive", SUBMITTED): _("待审核"),
    ("archive", APPROVED): _("审核通过"),
    ("archive", REJECTED): _("审核未通过"),
    ("archive", ENDED): _("已下线"),
    ("archive", SUPERSEDED): _("已替代"),
    ("archive", CLOSED): _("已终止"),
    ("registration", DRAFT): _("待上传附件"),
    ("registration", SUBMITTED): _("待审核"),
    ("registration", APPROVED): _("审核通过"),
    ("registration", REJECTED): _("审核未通过"),
    ("registration", CLOSED): _("已重置"),
    ("voluntary", DRAFT): _("草稿"),
    ("voluntary", SUBMITTED): _("发布中"),
    ("voluntary", APPROVED): _("已发布"),
    ("voluntary", REJECTED): _("未通过"),
    ("voluntary", WITHDRAWN): _("已撤销"),
    ("voluntary", ENDED): _("已下线"),
    ("voluntary", SUPERSEDED): _("已替代"),
    ("voluntary", CLOSED): _("已终止"),
    ("voluntary", DELETED): _("已删除"),
    ("import", DRAFT): _("草稿"),
    ("import", SUBMITTED): _("处理中"),
    ("import", APPROVED): _("已导入"),
    ("objection", SUBMITTED): _("处理中"),
    ("objection", APPROVED): _("已采纳"),
    ("objection", REJECTED): _("维持原信息"),
    ("objection", CLOSED): _("已终止"),
    ("error_report", SUBMITTED): _("处理中"),
    ("error_report", APPROVED): _("已采纳"),
    ("error_report", REJECTED): _("维持原信息"),
    ("error_report", CLOSED): _("已终止"),
    ("impostor", SUBMITTED): _("核实中"),
    ("impostor", APPROVED): _("申诉成立"),
    ("impostor", REJECTED): _("申诉不成立"),
    ("impostor", CLOSED): _("已终止"),
    ("subject_change", SUBMITTED): _("待审核"),
    ("subject_change", APPROVED): _("审核通过"),
    ("subject_change", REJECTED): _("审核未通过"),
    ("subject_change", CLOSED): _("已终止"),
    ("help", SUBMITTED): _("处理中"),
    ("help", APPROVED): _("已办结"),
    ("help", REJECTED): _("不予办理"),
    ("help", CLOSED): _("已终止"),
    ("question", SUBMITTED): _("待答复"),
    ("question", APPROVED): _("已答复"),
    ("question", REJECTED): _("未受理"),
    ("question", CLOSED): _("已终止"),
    ("takedown", SUBMITTED): _("处理中"),
    ("takedown", APPROVED): _("已下线"),
    ("takedown", REJECTED): _("维持公示"),
    ("takedown", CLOSED): _("已终止"),
    ("tipoff", SUBMITTED): _("处理中"),
    ("tipoff", APPROVED): _("已办结"),
    ("tipoff", REJECTED): _("不予受理"),
    ("tipoff", CLOSED): _("已终止"),
    ("suggestion", SUBMITTED): _("处理中"),
    ("suggestion", APPROVED): _("已答复"),
    ("suggestion", REJECTED): _("不予受理"),
    ("suggestion", CLOSED): _("已终止"),
}


def next_state(*, kind: str, state: str, event: str) -> str:
    """The state after ``event``; raises Conflict (409) where the table has no such row."""
    target = TRANSITIONS.get((kind, state, event))
    if target is None:
        raise Conflict(
            str(_("当前状态为“%(state)s”，不能进行此操作。") % {"state": label(kind=kind, state=state)}),
            code="illegal-transition",
        )
    return target


def can(*, kind: str, state: str, event: str) -> bool:
    """Whether the table has a row for it; feeds the buttons of a page."""
    return (kind, state, event) in TRANSITIONS


def label(*, kind: str, state: str) -> str:
    """The Chinese word for a state, by kind of filing (D-02)."""
    return str(LABELS.get((kind, state), state))


RESULTS: Final = {
    "corrected": _("更正"),
    "deleted": _("删除"),
    "kept": _("维持"),
    "upheld": _("成立"),
    "dismissed": _("不成立"),
    "approved": _("审核通过"),
    "rejected": _("审核未通过"),
    "answered": _("已答复"),
    "refused": _("不予办理"),
    "done": _("已办理"),
    "declined": _("未受理"),
    "taken_down": _("已下线"),
    "stays": _("维持公示"),
    "settled": _("已办结"),
    "turned_down": _("不予受理"),
}


def result_label(code: str) -> str:
    """The word for what came of a case (D-09); empty for none."""
    return str(RESULTS.get(code, code))
