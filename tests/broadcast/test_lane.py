"""One output says one thing after the other, and what it cannot say in time it leaves out."""

import pytest
from twisted.internet.task import Clock

from stationmaster_broadcast.loudspeakers.lane import Lane
from support.fake_outputs import FakeOutput, saying


class Desk:
    """A lane on a fake output."""

    def __init__(self) -> None:
        self.machine = Clock()
        self.output = FakeOutput("hall")
        self.lane = Lane(self.output, self.machine)
        self.failures: list[str] = []
        self.lane.start(lambda: None)

    def play(self, *args: str, **more: object) -> object:
        return self.lane.play(saying(*args, **more), self.failures.append)  # type: ignore[arg-type]  # by keyword

    @property
    def heard(self) -> list[str]:
        return [f"{zone}:{key}" for zone, key, _ in self.output.heard]


def test_the_same_sound_for_several_zones_is_heard_once() -> None:
    """It ends when the last of them has let it go."""
    desk = Desk()
    one, two = desk.lane.play(saying("a"), print), desk.lane.play(saying("b"), print)
    assert desk.heard == ["a:one"]
    one.stop()
    assert desk.lane.busy
    two.stop()
    two.stop()
    assert (desk.lane.busy, desk.output.stopped) == (False, 1)


def test_the_same_sound_later_is_said_again() -> None:
    """Half a second apart they are two, and the second waits for the first."""
    desk = Desk()
    desk.play("a")
    desk.machine.advance(0.6)
    desk.play("b")
    assert desk.heard == ["a:one"]
    desk.output.end()
    assert desk.heard == ["a:one", "b:one"]


def test_what_comes_while_it_is_busy_waits_and_then_is_left_out() -> None:
    """Three seconds; it is counted, and is no failure of the output."""
    desk = Desk()
    desk.play("a", "one")
    desk.play("a", "two")
    desk.machine.advance(2.9)
    desk.output.end()
    desk.play("b", "three")
    desk.machine.advance(3.1)
    desk.output.end()
    assert desk.heard == ["a:one", "a:two"]
    assert (desk.lane.figures.played, desk.lane.figures.left_out, desk.failures) == (2, 1, [])
    assert not desk.machine.getDelayedCalls()


def test_zones_that_wait_for_the_same_wait_together() -> None:
    """It is said once when its turn has come."""
    desk = Desk()
    desk.play("a", "one")
    desk.play("a", "two")
    desk.play("b", "two")
    desk.output.end()
    desk.output.end()
    assert desk.heard == ["a:one", "a:two"]
    assert not desk.lane.busy


def test_what_is_more_urgent_takes_it_over_from_another_zone() -> None:
    """Within its own zone nobody is cut here: whose turn it is there has been decided."""
    desk = Desk()
    desk.play("a", "music", priority=200)
    desk.play("b", "fire", priority=1)
    assert desk.heard == ["a:music", "b:fire"]
    desk.play("b", "flood", priority=0)
    assert desk.heard == ["a:music", "b:fire"]
    assert desk.lane.figures.taken_over == 1
    desk.output.end()
    assert desk.heard[2:] == ["b:flood"]


def test_what_was_cut_goes_on_where_it_would_be_by_then() -> None:
    """Music comes back; of what is over by then nothing is said, and its zone can know."""
    desk = Desk()
    part = desk.lane.play(saying("a", "music", seconds=60.0, priority=200, offset_s=10.0), print)
    short = desk.lane.play(saying("a", "short", seconds=2.0, priority=60), print)
    desk.machine.advance(1.5)
    desk.play("b", "fire", priority=1)
    desk.machine.advance(1.0)
    desk.output.end()
    assert [key for _, key, _ in desk.output.heard] == ["music", "fire", "short"]
    desk.machine.advance(2.0)
    desk.output.end()
    assert desk.output.heard[-1] == ("a", "music", 14.5)
    desk.play("b", "fire", priority=1)
    desk.machine.advance(46.0)
    desk.output.end()
    assert (desk.lane.busy, part.missed, short.missed) == (False, "cut short by another zone", "")
    desk.play("b", "fire", priority=1)
    cut = desk.lane.play(saying("a", "music", priority=200), print)
    cut.stop()
    desk.machine.advance(10)
    assert not desk.machine.getDelayedCalls()


def test_the_most_urgent_of_those_that_wait_goes_first() -> None:
    """And then in the order in which they came."""
    desk = Desk()
    for key, priority in (("one", 10), ("two", 60), ("three", 50), ("four", 60)):
        desk.play("a", key, priority=priority)
    for _ in range(4):
        desk.output.end()
    assert desk.heard == ["a:one", "a:three", "a:two", "a:four"]


def test_what_waits_can_be_let_go() -> None:
    """It is never heard."""
    desk = Desk()
    desk.play("a", "one")
    desk.lane.play(saying("a", "two"), print).stop()
    desk.output.end()
    assert desk.heard == ["a:one"]
    assert not desk.machine.getDelayedCalls()


def test_a_failure_is_told_to_every_zone_and_the_next_is_tried() -> None:
    """Whether the output ends with a problem or refuses at once."""
    desk = Desk()
    desk.play("a")
    desk.play("b")
    desk.play("a", "two")
    desk.output.end("unplugged")
    assert desk.failures == ["unplugged", "unplugged"]
    assert desk.heard == ["a:one", "a:two"]
    desk.output.end()
    desk.output.refuses = "no such device"
    desk.play("a", "three")
    assert desk.failures[2:] == ["no such device"]
    assert (desk.lane.busy, desk.lane.figures.failed) == (False, 2)


@pytest.mark.parametrize("first", [True, False])
def test_what_the_output_has_no_words_for_is_passed_over(first: bool) -> None:
    """A chip sounds no tone: that is no failure, and nothing waits for it."""
    desk = Desk()
    if not first:
        desk.play("a", "one")
    desk.play("b", "tone", texts=())
    if not first:
        desk.output.end()
    desk.play("b", "two")
    assert (desk.heard[-1], desk.failures) == ("b:two", [])


def test_stopping_it_silences_everything() -> None:
    """What waits is gone as well."""
    desk = Desk()
    desk.play("a", "one")
    desk.play("a", "two")
    desk.lane.stop()
    assert (desk.output.stopped, desk.lane.busy, desk.machine.getDelayedCalls()) == (1, False, [])
