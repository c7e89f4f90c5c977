"""The leader of a cluster dies five times while archives are handed in and decided: nothing acknowledged is lost.

Three machines in miniature (`tests/campaign/cluster.py`), and the platform with all three in DATABASE_URL. A death is kill -9
of everything on the leader's machine at once. The result is written to docs/reference/drill.md; `make drill` runs it.
"""

from __future__ import annotations

import os
import time
from itertools import pairwise

import pytest

from tests.campaign import record
from tests.campaign.cluster import Cluster, Machine, formed
from tests.campaign.house import ROOT, House, running
from tests.campaign.people import Desk
from tests.campaign.verdict import judged, proved, together

pytestmark = pytest.mark.campaign

DEATHS = int(os.environ.get("DRILL_DEATHS", "5"))
SEED = 20261122
FIRMS, DESKS = 16, 4
CALM_S, PATIENCE_S, JOIN_AGAIN_S = 6.0, 90.0, 120.0
RESUMED_WITHIN_S = 30.0
PAGE = ROOT / "docs" / "reference" / "drill.md"
TEXT = (
    "Written by `make drill` (`tests/campaign/test_drill.py`): three machines in miniature on loopback, each with etcd, Patroni and\n"
    "PostgreSQL made from `deploy/patroni/node.yml`; the platform with two web processes and a worker names all three in `DATABASE_URL`.\n"
    "While archives are handed in and decided over HTTP, everything on the leader's machine is killed at once (`kill -9`), and comes\n"
    "back when writes have resumed. Seconds count from the death to the first receipt whose request was sent after it."
)


def test_nothing_acknowledged_is_lost_however_often_the_leader_dies() -> None:
    with formed() as cluster, running(database=cluster.database) as house:
        firms = house.stock(FIRMS)
        desks = [Desk(house.origin, firms[number::DESKS], seed=SEED + number) for number in range(DESKS)]
        for desk in desks:
            desk.start()
        deaths = [death(cluster, house, desks) for _ in range(DEATHS)]
        switched = switch_over(cluster, house, desks)
        cluster.add("node4")
        joined = cluster.wait(cluster.sound, JOIN_AGAIN_S)
        promises = together(desks)
        found = judged(house, promises)
        house.wait(lambda: house.placed(2**62), PATIENCE_S)
        proofs = proved(house, promises)
        back_up(house)
    assert found["submissions"] >= 20 * DEATHS, "hardly any load"
    assert max(seconds for seconds, _, _ in deaths) <= RESUMED_WITHIN_S, deaths
    assert switched <= RESUMED_WITHIN_S
    write(deaths, switched=switched, joined=joined, repeats=promises.repeats, proofs=proofs, **found)


def test_nothing_acknowledged_is_lost_when_the_leader_stands_still() -> None:
    """Patroni and PostgreSQL of the leader are stopped (SIGSTOP) at work and go on when another leads: they must not lead again."""
    with formed() as cluster, running(database=cluster.database) as house:
        firms = house.stock(FIRMS)
        desks = [Desk(house.origin, firms[number::DESKS], seed=SEED + number) for number in range(DESKS)]
        for desk in desks:
            desk.start()
        cluster.wait(cluster.sound, JOIN_AGAIN_S)
        time.sleep(CALM_S)
        leader = cluster.leader()
        leader.freeze()
        resumed = first_receipt_after(time.monotonic(), house, desks)
        follower = cluster.leader()
        leader.thaw()
        joined = cluster.wait(cluster.sound, JOIN_AGAIN_S)
        time.sleep(CALM_S)
        promises = together(desks)
        found = judged(house, promises)
        house.wait(lambda: house.placed(2**62), PATIENCE_S)
        proofs = proved(house, promises)
    print(f"{leader.name} stood still: {follower.name} leads, writes resumed after {resumed:.1f} s, whole again {joined:.1f} s after")
    print(f"{found}, {proofs} proofs, {promises.repeats} repeats")
    assert follower is not leader and found["submissions"] >= 20, "hardly any load"
    assert resumed <= RESUMED_WITHIN_S


def death(cluster: Cluster, house: House, desks: list[Desk]) -> tuple[float, float, str]:
    """Kill the leader in the midst of work and bring it back.

    Returns the seconds until writes resumed, those until the cluster was whole again, and who took over.
    """
    cluster.wait(cluster.sound, JOIN_AGAIN_S)
    time.sleep(CALM_S)
    leader = cluster.leader()
    leader.die()
    resumed = first_receipt_after(time.monotonic(), house, desks)
    follower = cluster.leader()
    assert follower is not leader
    return resumed, whole_again(cluster, leader), f"{leader.name} → {follower.name}"


def switch_over(cluster: Cluster, house: House, desks: list[Desk]) -> float:
    """Let another node lead in the midst of work; the longest pause between two receipts."""
    time.sleep(CALM_S)
    leader, began = cluster.leader(), time.monotonic()
    cluster.switch_over()
    first_receipt_after(time.monotonic(), house, desks)
    cluster.wait(cluster.sound, JOIN_AGAIN_S)
    assert cluster.leader() is not leader
    receipts = sorted(came for desk in desks for _, came in list(desk.promises.times) if came > began)
    return max(later - earlier for earlier, later in pairwise([began, *receipts]))


def back_up(house: House) -> None:
    """A backup is taken from the leader, as from one server."""
    for words in ([], ["--check"]):
        done = house.command("backup", str(house.base / "backups"), *words)
        assert done.returncode == 0, done.stdout + done.stderr


def first_receipt_after(moment: float, house: House, desks: list[Desk]) -> float:
    """Seconds from a moment to the first receipt whose request was sent after it."""

    def came() -> list[float]:
        return [came for desk in desks for sent, came in list(desk.promises.times) if sent > moment]

    house.wait(lambda: bool(came()), PATIENCE_S)
    return min(came()) - moment


def whole_again(cluster: Cluster, machine: Machine) -> float:
    """Switch a machine on; seconds until three run again and one of them has every commit beside the leader."""
    cluster.boot(machine)
    return cluster.wait(cluster.sound, JOIN_AGAIN_S)


def write(deaths: list[tuple[float, float, str]], *, switched: float, joined: float, **counted: int) -> None:
    """Write docs/reference/drill.md."""
    resumed = [seconds for seconds, _, _ in deaths]
    rows = {
        "leader deaths": f"{len(deaths)}: " + ", ".join(who for _, _, who in deaths),
        "writes resumed after": f"{', '.join(f'{seconds:.1f}' for seconds in resumed)} s (at most {RESUMED_WITHIN_S:.0f} s each)",
        "three nodes again, after switching on": ", ".join(f"{seconds:.1f}" for _, seconds, _ in deaths) + " s",
        "planned switch-over: longest pause between receipts": f"{switched:.1f} s",
        "a fourth node follows after": f"{joined:.1f} s",
        **record.kept(**counted),
    }
    record.page(PAGE, title="Drill: the leader of the cluster dies", text=TEXT, rows=rows)
