"""Amplifiers fail, and zones go on being heard: asked at the loudspeakers, not at the driver."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock

from stationmaster_broadcast.loudspeakers.amplifier_line import LineAmplifier
from stationmaster_broadcast.loudspeakers.amplifier_link import AmplifierLink
from stationmaster_broadcast.loudspeakers.amplifiers import Connection
from stationmaster_broadcast.loudspeakers.feeding import Feeding
from stationmaster_broadcast.loudspeakers.routing import Route, choose_feeds
from stationmaster_simulator.amplifier_rack import AmplifierRack
from support.effort import scaled
from support.fake_racks import PipedRack


def way(amplifier: str, line: int, channel: int, source: int = 1) -> Route:
    return Route(amplifier=amplifier, connection=Connection(line=line, channel=channel, input=source))


ROUTES = {
    "hall": (way("one", 1, 1, 1), way("one", 1, 4, 1), way("two", 1, 1, 1)),
    "gate": (way("one", 2, 2, 2), way("one", 2, 4, 2), way("two", 2, 2, 2)),
}
"""Two zones of a rack with a spare amplifier, and lines of their own at a second rack."""


class Cellar:
    """Simulated racks and what feeds zones from them."""

    def __init__(self, routes: Mapping[str, Sequence[Route]] | None = None) -> None:
        self.machine = Clock()
        self.routes = dict(routes or ROUTES)
        names = dict.fromkeys(way.amplifier for ways in self.routes.values() for way in ways)
        self.racks = {name: AmplifierRack() for name in names}
        self.ports = {name: PipedRack(rack, self.machine) for name, rack in self.racks.items()}
        links = [AmplifierLink(name, LineAmplifier(), port, self.machine) for name, port in self.ports.items()]
        self.feeding = Feeding(links, self.routes, self.machine)
        self.changes = 0
        self.feeding.on_change(self._count)
        self.feeding.start()
        self.advance(1.5)

    def _count(self) -> None:
        self.changes += 1

    def advance(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.machine.advance(0.1)

    def heard(self, zone: str) -> bool:
        """Whether the zone's own sound is on one of its lines."""
        return any(
            self.racks[way.amplifier].heard(way.connection.line) == way.connection.input
            for way in self.routes[zone]
            if not self.ports[way.amplifier].problem
        )

    def fed(self, zone: str) -> tuple[str, int]:
        feed = self.feeding.feeds[zone]
        return feed.route.amplifier, feed.route.connection.channel


def test_an_amplifier_that_faults_is_replaced_within_a_second_and_comes_back_after_ten() -> None:
    """The other zone notices nothing."""
    cellar = Cellar()
    assert (cellar.fed("hall"), cellar.fed("gate")) == (("one", 1), ("one", 2))
    cellar.racks["one"].fault(channel=1)
    cellar.advance(1.0)
    assert cellar.heard("hall")
    assert (cellar.fed("hall"), cellar.fed("gate")) == (("one", 4), ("one", 2))
    cellar.racks["one"].mend()
    cellar.advance(9.5)
    assert cellar.fed("hall") == ("one", 4)
    cellar.advance(1.0)
    assert cellar.fed("hall") == ("one", 1)
    assert cellar.heard("hall")


def test_an_amplifier_that_trips_again_and_again_is_left_alone() -> None:
    """Its ten seconds begin anew each time."""
    cellar = Cellar()
    for _ in range(4):
        cellar.racks["one"].fault(channel=1)
        cellar.advance(1)
        cellar.racks["one"].mend()
        cellar.advance(4)
        assert cellar.fed("hall") == ("one", 4)


def test_one_spare_amplifier_serves_one_input_at_a_time() -> None:
    """Who has it keeps it; the other goes on to its next route."""
    cellar = Cellar()
    cellar.racks["one"].fault(channel=2)
    cellar.advance(1)
    cellar.racks["one"].fault(channel=1)
    cellar.advance(1)
    assert (cellar.fed("gate"), cellar.fed("hall")) == (("one", 4), ("two", 1))
    assert cellar.heard("hall")
    assert cellar.heard("gate")


def test_a_rack_that_is_gone_is_replaced_by_another() -> None:
    """Within four seconds; both zones at once."""
    cellar = Cellar()
    cellar.ports["one"].problem = "unplugged"
    cellar.advance(1.5)
    assert (cellar.fed("gate"), cellar.fed("hall")) == (("two", 2), ("two", 1))
    assert cellar.heard("hall")
    assert cellar.heard("gate")
    assert not cellar.feeding.cut_off("hall")


def test_a_zone_without_any_route_that_is_well_is_cut_off() -> None:
    """What is left is tried all the same; a zone without routes is none of ours."""
    cellar = Cellar({"hall": ROUTES["hall"][:1]})
    cellar.racks["one"].fault(line=1, why="short")
    cellar.advance(1)
    assert cellar.feeding.cut_off("hall")
    assert cellar.fed("hall") == ("one", 1)
    assert not cellar.feeding.cut_off("elsewhere")
    cellar.feeding.stop()
    assert not cellar.machine.getDelayedCalls()


@pytest.mark.parametrize("zone", list(ROUTES))
@settings(max_examples=scaled(40), deadline=None)
@given(data=st.data())
def test_no_single_failure_silences_a_zone(zone: str, data: st.DataObject) -> None:
    """Any amplifier, any line, any rack, the cable to it: afterwards the zone's own sound is on one of its lines."""
    cellar = Cellar()
    name = data.draw(st.sampled_from(["one", "two"]))
    rack = cellar.racks[name]
    what = data.draw(st.sampled_from(["channel", "line", "unit", "cable", "silence", "power"]))
    number = data.draw(st.integers(1, 4))
    if what == "channel":
        rack.fault(channel=number)
    elif what == "line":
        rack.fault(line=number, why="short")
    elif what == "unit":
        rack.unit_fault = "mains"
    elif what == "cable":
        cellar.ports[name].problem = "unplugged"
    elif what == "silence":
        rack.ways.silent = True
    else:
        rack.switch_off_and_on()
    cellar.advance(5)
    assert cellar.heard(zone)


routes = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.lists(
        st.builds(way, st.sampled_from(["x", "y"]), *[st.integers(1, 3)] * 3), min_size=1, max_size=3, unique=True
    ),
    min_size=1,
)
broken = st.frozensets(st.tuples(st.sampled_from(["x", "y"]), st.integers(1, 3)))


@settings(max_examples=scaled(100), deadline=None)
@given(routes, st.lists(broken, min_size=1, max_size=4))
def test_no_amplifier_ever_gets_two_inputs_and_nobody_moves_without_need(
    routes: dict[str, list[Route]], troubles: list[frozenset[tuple[str, int]]]
) -> None:
    """Whatever fails in whatever order; a spare route that is well is left only where a usual one is taken up again."""
    current: dict[str, Route] = {}
    for trouble in troubles:

        def well(route: Route, trouble: frozenset[tuple[str, int]] = trouble) -> bool:
            return (route.amplifier, route.connection.channel) not in trouble

        feeds = choose_feeds(routes, current, well)
        inputs: dict[tuple[str, int], int] = {}
        lines: dict[tuple[str, int], Connection] = {}
        for zone, feed in feeds.items():
            made = feed.route.connection
            assert feed.route in routes[zone]
            assert feed.well == well(feed.route)
            assert feed.usual == (feed.route == routes[zone][0])
            assert inputs.setdefault((feed.route.amplifier, made.channel), made.input) == made.input
            assert lines.setdefault((feed.route.amplifier, made.line), made) == made
        for zone, feed in feeds.items():
            if current.get(zone) not in (None, feed.route) and well(current[zone]):
                assert feed.usual or any(other.usual for other in feeds.values())
        current = {zone: feed.route for zone, feed in feeds.items()}
