"""The record says what was heard, and not what was sent."""

from pathlib import Path

from twisted.internet.task import Clock

from stationmaster_broadcast.loudspeakers.lane import Lane
from stationmaster_broadcast.loudspeakers.zone_outputs import ZoneOutputs, ZoneWiring
from support.fake_broadcast import START, announcement, hall, works
from support.fake_outputs import FakeOutput


def test_an_announcement_that_no_output_could_say_has_failed(tmp_path: Path) -> None:
    """In the record and for the hub, with the outputs' reasons; the other zone's is done, and the queue goes on."""
    machine = Clock()
    fakes = {name: FakeOutput(name) for name in ("one", "two")}
    outputs = ZoneOutputs(
        reactor=machine,
        lanes=[Lane(fake, machine) for fake in fakes.values()],
        wiring={"a": ZoneWiring(own=("one",)), "b": ZoneWiring(own=("two",))},
    )
    held = hall(tmp_path, outputs=outputs)
    held.offer(*works(announcement("G1", targets=("a", "b"))))
    assert [[zone for zone, _, _ in fake.heard] for fake in fakes.values()] == [["a"], ["b"]]
    fakes["one"].end("syn6288 does not answer")
    ends = held.performer.next_at()
    assert ends is not None
    held.step(ends - START)
    found = {play.target: (play.outcome, play.detail) for play in held.plays.after(0)}
    assert found == {"a": ("failed", "not heard: one: syn6288 does not answer"), "b": ("done", "")}
    assert {(item[1], item[3]) for item in held.agent.said} == {
        ("begin", "a"),
        ("begin", "b"),
        ("failed", "a"),
        ("done", "b"),
    }
    held.offer(*works(announcement("G2", due=int(ends - START))))
    assert len(fakes["one"].heard) == 2
