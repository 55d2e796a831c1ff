"""What people do at the subsystem's own page: checked, kept, seen at once while alone, and once with the hub."""

from __future__ import annotations

import pytest

from agent.making import at
from agent.real_hub import RealHub
from agent.station import kernel_state, public
from agent.world import World
from stationmaster_agent.acts import act_input
from stationmaster_base.errors import StationError
from stationmaster_kernel.deeds import Delay, Handle, Handling, SetTrack, Unknown
from stationmaster_kernel.inputs import Act, Tick
from stationmaster_kernel.values import EventName, Hand, TaskKind, TaskState
from stationmaster_protocol.commands import ActRefusal

CALL = "QHD/2026-03-01/G1/1"
TASK = f"{CALL}/open/1"


def late(minutes: int = 30, call: str = CALL) -> Delay:
    return Delay(call=call, event=EventName.DEPARTURE, minutes=minutes)


class Scene:
    """An agent that speaks, with a real kernel behind the hub; the train leaves at minute 60, check-in opens at 40."""

    def __init__(self, folder) -> None:
        self.hub = RealHub(60, 90)
        self.world = World(folder, hub=self.hub)
        self.hub.run(self.world.reactor)
        self.world.start()
        self.minute = 0

    def alone(self) -> None:
        self.hub.die()
        self.world.machine(17)
        assert self.world.state == "alone"

    def back(self) -> None:
        self.hub.run(self.world.reactor)
        self.world.machine(2)

    def to(self, minute: int) -> list[tuple[str, str, str]]:
        """Station time goes on; gives what was offered meanwhile."""
        offered = []
        for now in range(self.minute + 1, minute + 1):
            if self.hub.up:
                self.hub.do(Tick(id=f"tick/{now}", at=at(now)))
            offered += self.world.station(now)
        self.minute = minute
        return [item for item in offered if item[0] != "begin"]

    @property
    def agent(self):
        return self.world.agent

    def departure(self):
        return self.agent.view.calls[CALL].departure.best

    def hubs_departure(self):
        return self.hub.side.state.calls[CALL].departure.best


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path)


def test_online_it_goes_to_the_hub(scene):
    """With a hub the act is the hub's to make; what it made of it comes back as any change does."""
    scene.agent.act(by="Wang", why="signal", delays=[late()])
    assert scene.agent.health().acts_waiting == 1
    scene.world.settle()
    assert scene.agent.health().acts_waiting == 0
    assert scene.departure() == scene.hubs_departure() == at(90)
    (written,) = scene.hub.side.state.records["act"].values()
    assert (written.by, written.why) == ("Wang", "signal")


def test_alone_it_counts_at_once(scene):
    """Alone a delay is seen the same moment, by the rows too, and the announcement waits for the new time."""
    scene.alone()
    scene.agent.act(by="Wang", delays=[late()])
    assert scene.departure() == at(90)
    assert scene.agent.view.tasks[TASK].due == at(70)
    assert scene.hubs_departure() == at(60)
    assert scene.to(69) == []
    assert scene.to(70) == [("offer", f"{CALL}/open/1", "hall"), ("offer", "QHD/2026-03-01/G2/1/open/1", "hall")]


@pytest.mark.parametrize(
    ("act", "code"),
    [
        ({"delays": [late(call="nobody")]}, "no-such-call"),
        ({"tracks": [SetTrack(call=CALL, track="99")]}, "deed-impossible"),
        ({"handles": [Handle(tasks=("nothing",), how=Handling.SKIP)]}, "no-such-task"),
        ({}, "deed-impossible"),
        ({"delays": [late()], "by": ""}, "act-of-nobody"),
        ({"delays": [late()], "why": "bell \x07"}, "act-impossible"),
        ({"delays": [late(), late(call="nobody")]}, "no-such-call"),
    ],
)
@pytest.mark.parametrize("alone", [False, True])
def test_what_cannot_be_is_refused_at_once(scene, act, code, alone):
    """The embedded kernel refuses what the hub's would, in words, online and alone; nothing is kept or changed."""
    if alone:
        scene.alone()
    before = scene.agent.view.calls
    with pytest.raises(StationError) as caught:
        scene.agent.act(**{"by": "Wang", **act})
    assert caught.value.code == code
    assert scene.agent.health().acts_waiting == 0
    assert scene.agent.view.calls == before


def test_nothing_is_done_about_a_station_that_is_not_known(tmp_path):
    """Before the first snapshot there is nothing that an act could be about."""
    world = World(tmp_path)
    world.hub.up = False
    world.start()
    with pytest.raises(StationError) as caught:
        world.agent.act(by="Wang", delays=[late()])
    assert caught.value.code == "no-replica"


def test_acts_come_to_the_hub_in_order_and_once(scene):
    """Ten acts of one hour alone, through a crash and lost answers, are ten acts at the hub, in their order."""
    scene.alone()
    ids = []
    for number in range(5):
        ids.append(scene.agent.act(by="Wang", delays=[late(number + 1)]))
        scene.to(number + 1)
    scene.world.crash()
    scene.world.start()
    scene.world.machine(17)
    assert scene.world.state == "alone"
    assert scene.departure() == at(65)
    for number in range(5, 10):
        ids.append(scene.agent.act(by="Wang", delays=[late(number + 1)]))
    assert scene.agent.health().acts_waiting == 10
    assert len(set(ids)) == 10
    scene.back()
    scene.hub.cut()
    scene.world.machine(3)
    records = sorted(scene.hub.side.state.records["act"].values(), key=lambda record: record.revision)
    assert [record.id for record in records] == ids
    assert [record.deeds[0].minutes for record in records] == list(range(1, 11))
    assert scene.departure() == scene.hubs_departure() == at(70)
    assert scene.world.state == "online"


def test_a_hold_and_a_skip_hold_alone(scene):
    """Alone, what a person holds is not announced until he lets it go, and what he skips is not announced at all."""
    scene.alone()
    second = "QHD/2026-03-01/G2/1/open/1"
    scene.agent.act(by="Wang", handles=[Handle(tasks=(TASK,), how=Handling.HOLD)])
    scene.agent.act(by="Wang", handles=[Handle(tasks=(second,), how=Handling.SKIP)])
    assert scene.to(42) == []
    scene.agent.act(by="Wang", handles=[Handle(tasks=(TASK,), how=Handling.RELEASE)])
    assert scene.world.performer.take() == [("offer", TASK, "hall")]
    assert scene.to(80) == [("retract", TASK, "hall")]  # too old by then; and of the second, nothing
    scene.back()
    assert scene.hub.side.state.tasks[TASK].hand is Hand.RELEASED
    assert scene.hub.side.state.tasks[second].state is TaskState.SKIPPED


def test_only_the_hub_makes_tasks(scene):
    """What the kernel here would make anew for an act, it shows, but does not do: occurrences are the hub's to give."""
    scene.to(41)
    scene.world.begin(TASK)
    scene.world.finish(TASK)
    scene.alone()
    scene.agent.act(by="Wang", delays=[late()])
    offered = scene.to(80)
    assert [item for item in offered if item[1].startswith(f"{CALL}/open")] == []


def test_no_moment_without_what_was_entered(scene):
    """Back with the hub, the delay entered alone is there at every moment, and nothing is announced in between."""
    seen = []
    scene.agent.on_change(lambda: seen.append(scene.departure()))
    scene.alone()
    scene.agent.act(by="Wang", delays=[late()])
    scene.to(44)  # check-in would have opened at 40
    seen.clear()
    scene.back()
    assert scene.world.state == "online"
    assert set(seen) == {at(90)}
    assert scene.world.performer.take() == []
    assert scene.agent.health().acts_waiting == 0


def test_a_hub_that_does_not_take_acts_in_does_not_stop_the_day(tmp_path):
    """A hub whose database is down leaves acts waiting; after two seconds the subsystem is online all the same."""
    world = World(tmp_path)
    world.hub.put(*public(kernel_state(60)))
    world.start()
    world.hub.die()
    world.machine(17)
    world.agent.act(by="Wang", delays=[late()])
    world.hub.up, world.hub.receives = True, False
    world.machine(1.25, beats=True)
    assert world.state == "resyncing"
    world.machine(2, beats=True)
    assert world.state == "online"
    assert world.agent.health().acts_waiting == 1
    assert [act.by for act in world.hub.acts] == ["Wang"]


def test_what_the_hub_did_not_take_is_told(scene):
    """What a person wished alone and the hub did not make its own is told, with whose it was and why."""
    told = []
    scene.agent.on_refused(lambda one: told.append((one.act.by, one.problem)))
    scene.alone()
    scene.agent.act(by="Wang", unknowns=[Unknown(call=CALL, event=EventName.DEPARTURE)])
    scene.agent.act(by="Li", handles=[Handle(tasks=(TASK,), how=Handling.HOLD)])
    scene.hub.do(Act(id="console", at=at(0), by="console", deeds=(Handle(tasks=(TASK,), how=Handling.SKIP),)))
    scene.hub.side.acts = lambda *_: scene.hub.side._later(None)  # this one takes nothing over
    scene.back()
    assert scene.world.state == "online"
    assert [by for by, _ in told] == ["Wang", "Li"]
    assert "departure.unknown" in told[0][1]
    assert "hold" in told[1][1]
    assert len(scene.agent.health().acts_refused) == 2
    assert scene.agent.health().keys()["acts_refused"] == 2


def test_what_the_hub_refuses_is_told_in_its_words(scene):
    """Its answer says why, so nothing has to be concluded from the replica."""
    told = []
    scene.agent.on_refused(lambda one: told.append((one.act.by, one.problem)))
    scene.alone()
    refused, kept = [scene.agent.act(by=by, delays=[late(minutes)]) for by, minutes in (("Wang", 30), ("Li", 40))]
    scene.hub.side.refusals[refused] = ActRefusal(id=refused, code="task-gone", why="It left an hour ago.")
    scene.back()
    assert refused != kept
    assert told == [("Wang", "It left an hour ago.")]


def test_an_act_without_a_right_is_given_up(tmp_path):
    """A hub that forbids our acts is not asked again with the same one; what was done at tasks is still reported."""
    world = World(tmp_path)
    world.hub.put(*public(kernel_state(60)))
    world.start()
    world.hub.forbids_acts = True
    told = []
    world.agent.on_refused(lambda one: told.append(one.problem))
    world.agent.act(by="Wang", delays=[late()])
    world.settle()
    assert told == ["No acts of yours."]
    assert world.agent.health().acts_waiting == 0
    world.machine(8, beats=True)
    assert world.state == "online"
    assert len(world.hub.acts) == 1
    world.crash()
    world.start()
    assert world.agent.health().acts_waiting == 0


def test_overlay_is_what_the_hub_makes(scene):
    """What is seen alone after an act is, field by field, what the hub's kernel makes of the same act."""
    deeds = [
        {"delays": [late(25)]},
        {"tracks": [SetTrack(call=CALL, track="1")]},
        {"unknowns": [Unknown(call="QHD/2026-03-01/G2/1", event=EventName.DEPARTURE)]},
    ]
    scene.alone()
    for given in deeds:
        scene.agent.act(by="Wang", **given)
    for act in scene.agent._core.outbox.acts:
        scene.hub.side.do(act_input(act))
    derived, truth = scene.agent.view, scene.hub.side.state
    for name, call in truth.calls.items():
        for event in ("arrival", "departure"):
            assert getattr(derived.calls[name], event) == getattr(call, event)
    for name, task in truth.tasks.items():
        if task.kind is TaskKind.ANNOUNCEMENT:
            mine = derived.tasks[name]
            assert (mine.due, mine.valid_until, mine.held) == (task.due, task.valid_until, task.held)


def test_ids_are_the_agents_own(scene):
    """An act's id is made of identity, start and a count, so that no two ever have the same."""
    first = scene.agent.act(by="Wang", delays=[late(1)])
    second = scene.agent.act(by="Wang", delays=[late(2)])
    assert [name.rsplit("/", 1) for name in (first, second)] == [["broadcast/boot1", "1"], ["broadcast/boot1", "2"]]
