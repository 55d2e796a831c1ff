"""The guard and the watchdog: what happens is written down, who comes to the port is seen, and what hangs dies."""

from __future__ import annotations

import pytest

from stationmaster_base.errors import StationError
from stationmaster_base.health import Health, JsonValue
from stationmaster_gateway.guard import Guard
from stationmaster_gateway.notify import Notifier
from stationmaster_gateway.port_refusals import Refusal
from stationmaster_gateway.security_log import Fact
from stationmaster_gateway.vitals import Vitals
from stationmaster_gateway.watchdog import Watchdog

LOGIN = Refusal(code="login", what="has a login", do="Take it away.")


class World:
    """A gateway as it tells of itself, its port, and the machine's two clocks."""

    def __init__(self) -> None:
        self.wall = 0.0
        self.up = 50.0
        self.found: list[Refusal] = []
        self.looks = 0
        self.records: list[tuple[str, dict[str, Fact]]] = []
        self.more: dict[str, JsonValue] = {"withheld": 0, "held": 0, "faulty": 0}
        self.set(database="starting", open=False, losses=0, stalls=0)
        self.guard = Guard(
            lambda: Health(process="gateway", more=self.more),
            port=self,
            record=self.record,
            alive=lambda: None,
            check_s=60,
            wall=lambda: self.wall,
            monotonic=lambda: self.up,
        )

    def set(self, *, database: str, **port: bool | int) -> None:
        self.more |= {"database": {"state": database}, "port": dict(port)}

    def record(self, event: str, **facts: Fact) -> None:
        self.records.append((event, facts))

    def refusals(self) -> list[Refusal]:
        self.looks += 1
        return self.found

    def unsafe(self, found: object) -> StationError:
        assert found == [LOGIN]
        return StationError("port-unsafe", "It has a login.")

    def turn(self, seconds: float = 1.0) -> list[tuple[str, dict[str, Fact]]]:
        """Time passes, the guard looks; what it wrote down."""
        self.up += seconds
        self.wall += seconds
        self.records.clear()
        self.guard.step()
        return list(self.records)


@pytest.fixture
def world() -> World:
    return World()


def test_each_change_is_written_down_once(world: World) -> None:
    """The database's states, the port's comings and goings, and what was withheld; nothing while nothing changes."""
    assert world.turn() == [("database_starting", {})]
    world.set(database="good", open=True, losses=0, stalls=0)
    assert world.turn() == [("database_good", {}), ("port_opened", {})]
    assert world.turn() == []
    world.set(database="gone", open=True, losses=2, stalls=1)
    world.more["withheld"] = 3
    assert world.turn() == [
        ("database_gone", {}),
        ("port_lost", {"times": 2}),
        ("line_stalled", {"times": 1}),
        ("calls_withheld", {"count": 3}),
    ]
    world.set(database="gone", open=False, losses=2, stalls=1)
    assert world.turn() == [("port_closed", {})]
    assert world.guard.status == "ok: database gone, port closed"


def test_a_clock_that_is_set_is_written_down(world: World) -> None:
    """A machine that started in 1970 is told the time later; by how much it changed is in the log."""
    world.turn()
    world.wall = 1_772_323_200.0
    ((event, facts),) = world.turn()
    assert (event, round(float(str(facts["by_s"])))) == ("clock_stepped", 1_772_323_199)
    world.wall -= 0.5  # a clock that is kept right is not
    assert world.turn() == []


def test_who_comes_to_the_port_later_is_found_within_the_interval(world: World) -> None:
    """A login that is set up while the gateway runs ends it, at the next look and not only at the next start."""
    for _ in range(59):
        world.turn()
    assert world.looks == 0
    world.turn()
    assert (world.looks, world.guard.refused) == (1, None)
    world.found = [LOGIN]
    world.turn(60)
    assert world.guard.refused is not None
    assert world.guard.refused.code == "port-unsafe"


class Init(Notifier):
    """An init system that remembers what it was told."""

    def __init__(self) -> None:
        super().__init__({})
        self.told: list[str] = []

    def _tell(self, text: str) -> None:
        self.told.append(text.partition("\n")[0])


def test_what_hangs_makes_the_process_die_and_the_init_system_is_no_longer_told() -> None:
    """While all parts live, the init system hears it each second; when one does not, the process perishes."""
    now = 0.0
    vitals, init, ends = Vitals(lambda: now), Init(), list[str]()
    watchdog = Watchdog(vitals, notifier=init, perish=ends.append, status=lambda: "ok")
    for part in ("reader", "transmitter"):
        vitals.expect(part, 60)
    for _ in range(100):
        now += 1
        vitals.beat("reader")
        if now <= 35:
            vitals.beat("transmitter")
        watchdog.step()
        if ends:
            break
    assert now == 96
    assert ends == ["No sign of life from transmitter for 61 s."]
    assert init.told == ["READY=1"] + ["WATCHDOG=1"] * 95
