"""By which outputs a zone is heard, and that none of them may silence it alone."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock

from stationmaster_broadcast.loudspeakers.amplifiers import Connection
from stationmaster_broadcast.loudspeakers.lane import Lane
from stationmaster_broadcast.loudspeakers.outputs import NoOutputs, Together, unheard
from stationmaster_broadcast.loudspeakers.redundancy import single_points
from stationmaster_broadcast.loudspeakers.routing import Route
from stationmaster_broadcast.loudspeakers.zone_outputs import EVERY, ZoneOutputs, ZoneWiring
from support.effort import scaled
from support.fake_outputs import FakeOutput, saying


class Hall:
    """Fake outputs, wired to zones."""

    def __init__(self, wiring: dict[str, ZoneWiring], cut_off: Callable[[str], bool] = lambda _zone: False) -> None:
        self.machine = Clock()
        names = dict.fromkeys(name for each in wiring.values() for name in (*each.own, *each.spare))
        self.fakes = {name: FakeOutput(name) for name in names}
        lanes = [Lane(fake, self.machine) for fake in self.fakes.values()]
        self.outputs = ZoneOutputs(reactor=self.machine, lanes=lanes, wiring=wiring, cut_off=cut_off)
        self.outputs.start()

    def heard(self, name: str) -> list[tuple[str, str, float]]:
        return self.fakes[name].heard


ONE_AND_SPARE = {"a": ZoneWiring(own=("one",), spare=("two",))}


def test_a_zone_is_heard_by_all_its_own_outputs_and_no_spare() -> None:
    """Two halves of a hall; the spare is silent while all is well."""
    hall = Hall({"a": ZoneWiring(own=("one", "two"), spare=("three",)), "b": ZoneWiring(own=("three",))})
    sounding = hall.outputs.play(saying())
    assert (hall.heard("one"), hall.heard("two"), hall.heard("three")) == ([("a", "one", 0.0)], [("a", "one", 0.0)], [])
    sounding.stop()
    assert hall.fakes["one"].stopped == hall.fakes["two"].stopped == 1


def test_zones_that_nobody_names_are_those_of_the_star_or_silent() -> None:
    """Silence is no error: the files are there."""
    hall = Hall({"a": ZoneWiring(own=("one",)), EVERY: ZoneWiring(own=("two",))})
    hall.outputs.play(saying("z"))
    assert (hall.heard("one"), hall.heard("two")) == ([], [("z", "one", 0.0)])
    Hall({"a": ZoneWiring(own=("one",))}).outputs.play(saying("z")).stop()
    NoOutputs().play(saying()).stop()


def test_a_spare_says_what_its_zone_cannot_and_no_more_when_that_is_well_again() -> None:
    """Known to be in trouble before it begins."""
    hall = Hall(ONE_AND_SPARE)
    hall.fakes["one"].has("unplugged")
    hall.outputs.play(saying(key="x"))
    hall.fakes["two"].end()
    hall.fakes["one"].has("")
    hall.machine.advance(5)
    hall.outputs.play(saying(key="y"))
    assert (hall.heard("one"), hall.heard("two")) == ([("a", "y", 0.0)], [("a", "x", 0.0)])


def test_the_rest_of_what_an_output_could_not_finish_is_said_by_the_spare() -> None:
    """From where it was, and ends with it; what was over is not begun again."""
    hall = Hall(ONE_AND_SPARE)
    sounding = hall.outputs.play(saying(offset_s=0.5))
    hall.machine.advance(1.25)
    hall.fakes["one"].end("unplugged")
    hall.fakes["one"].has("unplugged")
    assert hall.heard("two") == [("a", "one", 1.75)]
    sounding.stop()
    assert hall.fakes["two"].stopped == 1
    hall.fakes["one"].has("")
    hall.outputs.play(saying())
    hall.machine.advance(4)
    hall.fakes["one"].has("unplugged")
    assert len(hall.heard("two")) == 1


def test_an_amplifier_that_carries_nothing_counts_as_the_output_itself() -> None:
    """Also when it fails in the middle."""
    cut: set[str] = set()
    hall = Hall(ONE_AND_SPARE, cut_off=cut.__contains__)
    hall.outputs.play(saying())
    cut.add("a")
    hall.outputs.recheck()
    assert hall.heard("two") == [("a", "one", 0.0)]
    assert hall.outputs.hearing("a").heard == ("two",)
    assert "no amplifier" in hall.outputs.trouble("a")


def test_where_nothing_is_well_everything_is_tried() -> None:
    """Trouble may be over a moment later."""
    hall = Hall(ONE_AND_SPARE)
    hall.fakes["one"].has("unplugged")
    hall.fakes["two"].has("silent")
    hall.outputs.play(saying())
    assert hall.heard("one") == hall.heard("two") == [("a", "one", 0.0)]
    assert hall.outputs.hearing("a").heard == ()
    assert hall.outputs.trouble("a") == "one: unplugged"


def test_what_no_output_could_say_is_not_heard() -> None:
    """While one of them says it, or says the rest of it, it is."""
    hall = Hall(ONE_AND_SPARE)
    sounding = hall.outputs.play(saying())
    assert unheard(sounding) == ""
    hall.fakes["one"].end("unplugged")
    assert unheard(Together(hall.outputs).play(saying(key="two"))) == ""
    assert unheard(sounding) == ""
    hall.fakes["two"].end("no route")
    assert unheard(sounding) == "one: unplugged; two: no route"
    assert unheard(Hall({}).outputs.play(saying())) == ""


def test_what_was_left_out_is_not_heard_where_time_is_real() -> None:
    """In a demo, whose time runs faster than sound, that is as it must be."""
    for strict, why in ((True, "one: the output was busy"), (False, "")):
        hall = Hall({"a": ZoneWiring(own=("one",)), "b": ZoneWiring(own=("one",))})
        hall.outputs.strict = strict
        hall.outputs.play(saying("a"))
        left = hall.outputs.play(saying("b", "two"))
        assert unheard(left) == ""
        hall.machine.advance(3.1)
        assert unheard(left) == why


def test_listeners_hear_of_trouble_and_of_its_end() -> None:
    """Once each."""
    hall = Hall(ONE_AND_SPARE)
    told: list[str] = []
    hall.outputs.on_change(lambda: told.append(hall.fakes["one"].problem))
    hall.fakes["one"].has("unplugged")
    hall.fakes["one"].has("")
    assert told == ["unplugged", ""]
    hall.outputs.stop()


def test_together_plays_on_several() -> None:
    """For whoever listens in beside the zones' own loudspeakers."""
    one, two = Hall(ONE_AND_SPARE), Hall(ONE_AND_SPARE)
    Together(one.outputs, two.outputs).play(saying()).stop()
    assert one.fakes["one"].stopped == two.fakes["one"].stopped == 1


@settings(max_examples=scaled(40), deadline=None)
@given(
    own=st.integers(1, 3),
    spare=st.integers(0, 2),
    failing=st.integers(0, 4),
    when=st.sampled_from(["before", "telling", "silently"]),
)
def test_no_single_output_silences_a_zone_that_has_two(own: int, spare: int, failing: int, when: str) -> None:
    """Whichever fails, before it begins or in the middle, something of the zone sounds afterwards."""
    names = [f"output-{number}" for number in range(own + spare)]
    wiring = ZoneWiring(own=tuple(names[:own]), spare=tuple(names[own:]))
    alone = single_points(wiring, ())
    hall = Hall({"a": wiring})
    fails = hall.fakes[names[failing % len(names)]]
    if when == "before":
        fails.has("broken")
    hall.outputs.play(saying())
    hall.machine.advance(1)
    if when != "before" and fails.ended is not None:
        if when == "telling":
            fails.has("broken")
        fails.problem = "broken"
        fails.end("broken")
    sounding = [name for name, fake in hall.fakes.items() if fake.ended is not None and fake is not fails]
    assert bool(sounding) == (not alone)


def test_what_alone_would_silence_a_zone_is_known_from_the_settings() -> None:
    """A second output, or routes that share nothing, and it is nothing."""

    def route(amplifier: str, line: int, channel: int) -> Route:
        return Route(amplifier=amplifier, connection=Connection(line=line, channel=channel, input=1))

    one, two = ZoneWiring(own=("card",)), ZoneWiring(own=("card", "rtp"))
    assert single_points(one, ()) == ("output card",)
    assert single_points(two, ()) == ()
    assert single_points(two, [route("r", 1, 1)]) == ("amplifier r", "channel 1 of r", "line 1 of r")
    assert single_points(two, [route("r", 1, 1), route("r", 1, 2)]) == ("amplifier r", "line 1 of r")
    assert single_points(two, [route("r", 1, 1), route("s", 1, 1)]) == ()
    assert single_points(ZoneWiring(own=("card",), spare=("chip",)), [route("r", 1, 1)]) == ()
