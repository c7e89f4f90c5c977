"""When a reviewer's answer is due (D-04, REG-20): the form's working days on the loaded calendar."""

from __future__ import annotations

from datetime import datetime

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Form
from chengxin.common import workdays
from chengxin.identity import queries as identity


def due(*, form: Form, handed_in: datetime) -> workdays.Due:
    """The due moment of a filing of this form, marked provisional without a calendar."""
    rule = catalogue.document("sla")["sla"][form.review["sla"]]
    return workdays.due(
        handed_in=handed_in,
        working_days=rule["working_days"],
        end_of_day=rule.get("end_of_day", False),
        calendar=identity.work_calendar(),
    )
