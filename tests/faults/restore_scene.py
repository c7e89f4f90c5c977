"""What happens at an installation before and after its backup: `python -m tests.faults.restore_scene before|after`."""

from __future__ import annotations

import os
import sys

import django

FIRM = "杭州澜序桥电子商务有限公司"
LATER = "杭州后来者电子商务有限公司"


def before() -> None:
    """An enterprise with two published shops, and another one's papers that wait for review."""
    from chengxin.records.tests import makers
    from tests import people

    people.agency(None, name="商务部电子商务和信息化司（演示）")
    people.handed_in(7)
    makers.published(1, FIRM, [makers.own_record(makers.shop("留存店")), makers.own_record(makers.shop("隐去店"))])


def after() -> None:
    """One of the shops is hidden, another enterprise publishes, and somebody logs in: the world sees more than the backup holds."""
    from chengxin.access import actions as access
    from chengxin.records.models import Version
    from chengxin.records.tests import makers
    from tests import people

    for version in Version.objects.filter(enterprise__name=FIRM, fragment__isnull=False):
        if "隐去店" in bytes(version.fragment or b"").decode():
            makers.hide(version.enterprise_id, version.record_id)
    makers.published(2, LATER, [makers.own_record(makers.shop("后来店"))])
    access.log_in(name=people.application(7).uscc, password=people.PASSWORD, network="192.0.2.7")


def main() -> None:
    """Play one part and let the sequencer place it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengxin.settings")
    django.setup()
    {"before": before, "after": after}[sys.argv[1]]()
    from chengxin.ledger import sequencer

    sequencer.step()


if __name__ == "__main__":
    main()
