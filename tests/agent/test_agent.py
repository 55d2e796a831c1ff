"""The agent as a whole, against a hub in memory: follows, does, reports, goes on alone, and agrees again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.making import announcement, at, call, resource
from agent.station import kernel_state, public
from agent.world import World
from stationmaster_base.errors import StationError
from stationmaster_kernel.task import Result
from stationmaster_kernel.values import FeedGrade, TaskKind, TaskState
from stationmaster_protocol.messages import Bye, ClientHeartbeat, Error, Hello, Subscribe


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    if world.agent.running:
        world.stop()


def held(world: World) -> set[str]:
    return {*world.agent.view.tasks, *world.agent.view.calls}


def test_first_start_takes_a_snapshot(world):
    """A subsystem that holds nothing gets everything, is online, and tells its listeners once."""
    world.hub.put(resource(call()), resource(announcement()))
    world.start()
    assert world.state == "online"
    assert held(world) == {"a", call().id}
    assert world.hub.acks() == [(2, "applied")]
    assert world.changes[-1] == "online"
    assert world.agent.health().keys() == {
        "state": "online",
        "since": "2026-03-01T00:00:00Z",
        "hub": "127.0.0.1:7310",
        "secure": False,
        "attempts": 0,
        "position": 2,
        "unreported": 0,
        "acts_waiting": 0,
        "acts_refused": 0,
        "devices": 0,
        "devices_not_ok": 0,
        "alarms": 0,
        "stored": True,
        "hub_stores": True,
        "clock": None,
        "fresh_at": None,
    }
    assert world.quiet()


def test_hello_says_who_and_what(world):
    """The first message carries identity, what is executed and what is held; the subscription asks for our tasks."""
    world.hub.put(resource(announcement()))
    world.start()
    hello, subscribe = world.hub.heard[:2]
    assert isinstance(hello, Hello)
    assert (hello.identity, hello.executes, hello.held) == ("broadcast", (TaskKind.ANNOUNCEMENT,), None)
    assert isinstance(subscribe, Subscribe)
    assert subscribe.filter.task_kinds == (TaskKind.ANNOUNCEMENT,)
    assert subscribe.filter.admits_kind("rule")


def test_subsystem_without_tasks_asks_for_none(tmp_path):
    """A subsystem that does nothing (a kiosk) holds everything but tasks."""
    world = World(tmp_path, kinds=())
    world.hub.put(resource(call()), resource(announcement()))
    world.start()
    assert held(world) == {call().id}
    world.stop()


def test_updates_are_followed_and_acknowledged(world):
    """Each update changes the view, is acknowledged, and listeners hear of those that come together once."""
    world.start()
    world.changes.clear()
    world.hub.put(resource(announcement()))
    world.hub.put(resource(announcement("b")), deletes=(("task", "a"),))
    assert not world.quiet()
    world.settle()
    assert world.changes == ["online"]
    assert held(world) == {"b"}
    assert world.hub.acks() == [(1, "applied"), (2, "applied"), (3, "applied")]
    assert world.quiet()


def test_view_is_a_value(world):
    """A view that was taken does not change when an update comes."""
    world.start()
    before = world.agent.view
    world.hub.put(resource(announcement()))
    world.settle()
    assert dict(before.tasks) == {}
    assert world.agent.view is world.agent.view


def test_listeners_at_each_minute(world):
    """Listeners run at each minute of station time, once after a leap, before anything is quiet."""
    world.start()
    world.changes.clear()
    world.station(1)
    world.station(1.5)
    assert len(world.changes) == 1
    world.clock.time = at(60)
    assert not world.quiet()
    world.timer.poke()
    assert world.quiet()
    assert len(world.changes) == 2


def test_listener_that_fails_stops_no_other(world, capsys):
    """A fault in one listener is logged, and the next is called all the same."""
    world.start()
    seen = []

    def fails():
        raise RuntimeError("cannot draw")

    world.agent.on_change(fails)
    world.agent.on_change(lambda: seen.append(True))
    world.station(1)
    assert seen == [True]
    assert "listener-failed" in capsys.readouterr().out


def test_task_is_done_and_reported(world):
    """A due task is offered at its second; begun and done go to the hub, which has them once."""
    world.hub.put(resource(announcement()))
    world.start()
    assert world.agent.health().next_at == at(10)
    assert world.station(9) == []
    assert world.station(10) == [("offer", "a", "hall")]
    world.begin()
    world.finish(detail="said \x00 it")
    assert world.hub.states() == [("a", "hall", "begun"), ("a", "hall", "done")]
    assert world.hub.results[-1].result.detail == "said \ufffd it"
    assert world.agent.health().unreported == 0
    assert world.agent.health().next_at is None


def test_next_at_is_the_end_of_validity_while_offered(world):
    """An offer that is not begun ends at valid_until, and until then that is what comes next."""
    world.hub.put(resource(announcement(due=10, valid=5)))
    world.start()
    world.station(10)
    assert world.agent.health().next_at == at(15)
    assert world.station(15) == [("retract", "a", "hall")]


def test_not_quiet_while_something_is_to_come(world):
    """Quiet is never claimed with a result unreported, a performer at work, or a due task not offered."""
    world.hub.put(resource(announcement()))
    world.start()
    world.station(10)
    world.hub.receives = False
    world.begin()
    assert world.agent.health().unreported == 1
    assert not world.quiet()
    world.hub.cut()
    world.hub.receives = True
    world.machine(1)
    assert world.state == "online"
    assert world.quiet()
    world.performer.is_quiet = False
    assert not world.quiet()
    world.performer.is_quiet = True
    world.clock.time = at(11)
    assert not world.quiet()


def test_report_is_sent_again_until_received(world):
    """Results that the hub has not acknowledged are sent again with the same ids after a new connection."""
    world.hub.put(resource(announcement()))
    world.start()
    world.station(10)
    world.hub.receives = False
    world.begin()
    world.finish()
    world.hub.receives = True
    world.hub.cut()
    world.machine(1)
    ids = [result.id for result in world.hub.results]
    assert len(ids) > len(set(ids)) == 2
    assert world.hub.states() == [("a", "hall", "begun"), ("a", "hall", "done")]
    assert world.agent.health().unreported == 0


def test_client_heartbeats(world):
    """The agent's own heartbeats carry its position and the digest of what it holds."""
    world.hub.put(resource(announcement()))
    world.start()
    world.machine(11, beats=True)
    beats = [item for item in world.hub.heard if isinstance(item, ClientHeartbeat)]
    assert len(beats) == 3  # one after the welcome, one every five seconds
    assert beats[-1].position == world.hub.position()
    assert beats[-1].digest == world.agent._core.follower.digest()


def test_suspect_after_one_alone_after_three(world):
    """One missed heartbeat makes the hub suspect, the third makes us alone; then it is looked for anew."""
    world.hub.put(*public(kernel_state(30)))
    world.start()
    world.machine(20, beats=True)
    assert world.state == "online"
    world.hub.deaf = True
    world.machine(5.5)
    assert world.state == "online"
    world.machine(0.5)
    assert world.state == "suspect"
    world.machine(9.5)
    assert world.state == "suspect"
    world.machine(0.5)
    assert world.state == "alone"
    assert world.agent.view.grade is FeedGrade.LOST


def test_a_snapshot_that_takes_long_is_a_sign_of_life(world):
    """Part by part it comes more slowly than three heartbeats; the hub that sends it is not given up."""
    world.hub.put(*public(kernel_state(30)))
    world.hub.slow = True
    world.start()
    parts = len(world.hub.coming)
    assert parts > 5
    while world.hub.coming:
        world.machine(4)
        assert world.state == "resyncing"
        world.hub.say(world.hub.coming.pop(0))
    world.hub.beat()
    assert world.state == "online"
    assert len(world.hub.tried) == 1


def test_heartbeat_ends_suspicion(world):
    """A heartbeat that comes late makes the hub trusted again."""
    world.start()
    world.machine(7)
    assert world.state == "suspect"
    world.hub.beat()
    assert world.state == "online"


def test_blip_is_no_autonomy(world):
    """A connection that is back within three heartbeats never makes the subsystem alone or resyncing."""
    world.hub.put(resource(announcement()))
    world.start()
    world.changes.clear()
    world.hub.cut()
    assert world.state == "suspect"
    world.hub.put(resource(announcement("b")))
    world.machine(1)
    assert world.state == "online"
    assert set(world.changes) == {"suspect", "online"}
    assert held(world) == {"a", "b"}
    assert [item.held is None for item in world.hub.heard if isinstance(item, Subscribe)] == [True, False]


def test_alone_the_day_goes_on(world):
    """Alone, tasks fall due as before, results are kept, and rows show what the kernel derives minute by minute."""
    world.settings = replace(world.settings, task_kinds=(TaskKind.ANNOUNCEMENT, TaskKind.DISPLAY))
    world.hub.put(*public(kernel_state(30, 60)))
    world.start()
    world.hub.die()
    world.machine(17)
    assert world.state == "alone"
    assert world.quiet()
    assert world.agent.health().next_at == at(1)
    (offer,) = world.station(10)
    assert offer[0] == "offer"
    world.begin(*offer[1:])
    world.finish(*offer[1:])
    assert world.agent.health().unreported == 2
    assert world.quiet()
    assert world.agent.view.tasks[offer[1]].state is TaskState.DONE
    for minute in range(11, 41):
        world.station(minute)
    assert sorted(item.unconfirmed for item in world.agent.view.calls.values()) == [False, True]


def test_return_reports_and_repeats_nothing(world):
    """Back online, what was done alone is reported, not done again, and the overlay gives way to the hub's truth."""
    state = kernel_state(30)
    world.hub.put(*public(state))
    world.start()
    world.hub.die()
    world.machine(17)
    (offer,) = world.station(10)
    world.begin(*offer[1:])
    world.finish(*offer[1:])
    world.station(40)
    assert [item.unconfirmed for item in world.agent.view.calls.values()] == [True]
    world.hub.up = True
    world.machine(5)
    assert world.state == "online"
    assert world.hub.states() == [(*offer[1:], "begun"), (*offer[1:], "done")]
    assert [item.unconfirmed for item in world.agent.view.calls.values()] == [False]
    assert world.performer.take() == []
    assert "resyncing" in world.changes or world.changes[-1] == "online"
    assert world.quiet()


def test_restart_alone_goes_on_from_disk(world):
    """A process that starts while no hub is there waits three heartbeats, then goes on alone from its disk."""
    world.hub.put(*public(kernel_state(30)))
    world.start()
    world.hub.up = False
    world.crash()
    world.start()
    assert world.state == "resyncing"
    assert not world.quiet()
    assert world.station(11) == []
    world.machine(17)
    assert world.state == "alone"
    assert [what for what, *_ in world.performer.take()] == ["offer"]


def test_crash_in_the_middle_of_an_announcement(world):
    """After a crash what was begun is reported as interrupted, with the base it acted on, and not done again."""
    world.hub.put(resource(announcement(base=7)))
    world.start()
    world.station(10)
    world.begin()
    world.crash()
    world.start()
    assert world.hub.states() == [("a", "hall", "begun"), ("a", "hall", "interrupted")]
    assert world.hub.results[-1].result.base == at(7)
    assert len({result.id for result in world.hub.results}) == 2
    assert world.performer.take() == []


def test_resume_after_restart(world):
    """A restarted process resumes from the position on its disk, and no snapshot is needed."""
    world.hub.put(resource(announcement()))
    world.start()
    world.hub.put(resource(announcement("b")))
    world.settle()
    world.crash()
    world.hub.put(resource(announcement("c")))
    world.hub.heard.clear()
    world.start()
    assert world.hub.heard[1].held.sequence == 3
    assert held(world) == {"a", "b", "c"}
    assert world.state == "online"


def test_new_epoch_brings_a_snapshot(world):
    """A hub with another history replaces all that was held."""
    world.hub.put(resource(announcement()))
    world.start()
    world.hub.cut()
    world.hub.epoch, world.hub.resources, world.hub.sequence = "e2", {}, 1
    world.hub.put(resource(announcement("b")))
    world.machine(1)
    assert world.state == "online"
    assert held(world) == {"b"}
    assert world.agent.view.position.epoch == "e2"


def test_differing_digest_brings_a_snapshot(world, capsys):
    """A heartbeat whose digest is not ours makes us resync at once, and what is due waits for it."""
    world.hub.put(resource(announcement()))
    world.start()
    world.hub.resources["task", "b"] = resource(announcement("b"))
    world.hub.beat()
    assert world.state == "resyncing"
    world.settle()
    assert world.state == "online"
    assert held(world) == {"a", "b"}
    assert "digest-differs" in capsys.readouterr().out


def test_heartbeat_ahead_of_updates_waits(world):
    """A heartbeat that speaks of changes still on their way neither doubts nor proves the replica."""
    world.start()
    world.machine(7)
    assert world.state == "suspect"
    world.hub.beat(last=5, position=replace(world.hub.position(), sequence=5), digest="0" * 32)
    assert world.state == "suspect"


def test_heartbeat_moves_the_position(world):
    """Changes that do not concern us move our position by heartbeat alone."""
    world.start()
    before = world.hub.sequence
    world.hub.sequence = 40
    world.hub.beat(last=before)
    assert world.agent.health().position == 40


def test_feed_limit_follows_heartbeats(world):
    """A task that needs a young feed waits while the hub says that the feed is old, and goes when it is fresh."""
    world.hub.grade, world.hub.fresh_at = FeedGrade.LOST, at(-20)
    world.hub.put(resource(announcement(feed_limit=15, valid=30)))
    world.start()
    assert world.station(10) == []
    assert world.quiet()
    world.hub.grade, world.hub.fresh_at = FeedGrade.FRESH, at(10)
    world.hub.beat()
    assert world.performer.take() == [("offer", "a", "hall")]
    assert world.agent.view.grade is FeedGrade.FRESH


def test_withdrawn_while_cut_off_is_not_done_after_return(world):
    """What the hub withdrew while a process was down is not done on the old replica at the start."""
    world.hub.put(resource(announcement()))
    world.start()
    world.crash()
    world.hub.put(resource(announcement(revision=9, state=TaskState.WITHDRAWN)))
    world.clock.time = at(10)
    world.start()
    assert world.state == "online"
    assert world.performer.take() == []


def test_echo_of_results(world):
    """The hub's echo of our own results changes the view and nothing else."""
    world.hub.put(resource(announcement()))
    world.start()
    world.station(10)
    world.begin()
    echo = announcement(
        revision=3, state=TaskState.BEGUN, results=(Result(target="hall", state=TaskState.BEGUN, at=at(10)),)
    )
    world.hub.put(resource(echo))
    world.settle()
    world.finish()
    assert world.performer.take() == []
    assert world.hub.states()[-1] == ("a", "hall", "done")


def test_orderly_stop(world):
    """Stopping says goodbye, closes the connection and the file, and leaves nothing in the reactor."""
    world.start()
    world.station(1)
    world.stop()
    assert isinstance(world.hub.heard[-1], Bye)
    assert world.reactor.getDelayedCalls() == []
    world.start()
    assert world.state == "online"


def test_performer_stopped_along_with_the_agent(world):
    """What a performer has to say while the process stops is on disk, and comes to the hub after the next start."""
    world.hub.put(resource(announcement()))
    world.start()
    world.hub.die()
    world.machine(17)
    world.station(10)
    world.begin()
    world.agent.stopService()
    world.agent.finish(world.performer.works["a", "hall"], TaskState.INTERRUPTED, "stopped")
    world.settle()
    assert world.reactor.getDelayedCalls() == []
    world.hub.up = True
    world.start()
    assert world.hub.states() == [("a", "hall", "begun"), ("a", "hall", "interrupted")]
    assert world.hub.results[-1].result.detail == "stopped"


def test_stop_without_a_hub(tmp_path):
    """Stopping while looking for a hub ends at once."""
    world = World(tmp_path)
    world.hub.up = False
    world.start()
    world.stop()
    assert world.reactor.getDelayedCalls() == []


def test_hubs_are_tried_in_order(tmp_path):
    """All hubs of the list are tried in order of preference, round after round, ever more slowly."""
    world = World(tmp_path, hubs=("first", "second"))
    world.hub.up = False
    world.start()
    world.machine(60)
    tried = [hub.host for hub in world.hub.tried]
    assert tried == ["first", "second"] * (len(tried) // 2)
    assert 60 <= len(tried) // 2 <= 80  # a second after each round, or a little less
    world.stop()


def test_hub_that_does_not_answer_is_given_up(world):
    """A hub that takes the connection and says nothing is left for another try."""
    world.hub.deaf = True
    world.start()
    world.machine(15)
    assert len(world.hub.tried) == 3  # given up after 3 s and after 6 s, as a hub may have much to do
    world.hub.deaf = False
    world.machine(12)
    assert world.state == "online"


def test_hub_that_refuses_is_told_of_once(world, capsys):
    """A refusal is logged once with what to do, however often it is tried."""
    welcome = world.hub.say
    world.hub.say = lambda _: welcome(Error(code="unknown-identity", text="Nobody of this name."))
    world.start()
    world.machine(20)
    assert capsys.readouterr().out.count("unknown-identity") == 1
    assert world.state == "alone"
    assert len(world.hub.tried) > 3


def test_resync_that_does_not_end_is_given_up(world):
    """A hub that keeps talking but never makes us whole is left after a while."""
    world.start()
    world.machine(2)
    snapshot, world.hub.snapshot = world.hub.snapshot, lambda: None
    world.hub.beat(digest="1" * 32)
    world.settle()
    assert world.state == "resyncing"
    world.machine(29, beats=True)
    assert world.state == "resyncing"
    world.hub.snapshot = snapshot
    world.machine(5, beats=True)
    assert world.state == "online"


def test_full_disk_is_said_and_healed(world, capsys):
    """With a disk that takes nothing the work goes on unacknowledged; when it works again all is stored and said so."""
    world.hub.put(resource(announcement()))
    world.start()
    full = "CREATE TEMP TRIGGER full_{0} BEFORE INSERT ON {0} BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    connection = world.agent._core.store._connection
    for table in ("resource", "progress"):
        connection.execute(full.format(table))
    world.hub.put(resource(announcement("b")))
    world.settle()
    world.station(10)
    world.begin()
    assert held(world) == {"a", "b"}
    assert world.hub.acks()[-1] == (2, "applied")
    assert world.hub.states() == [("a", "hall", "begun")]
    assert not world.agent.health().stored
    assert capsys.readouterr().out.count("not-stored") == 2
    for table in ("resource", "progress"):
        connection.execute(f"DROP TRIGGER full_{table}")
    world.hub.beat()
    world.settle()
    world.finish()
    assert world.hub.acks()[-1] == (3, "applied")
    assert world.agent.health().stored
    world.crash()
    world.start()
    assert held(world) == {"a", "b"}
    assert world.hub.states() == [("a", "hall", "begun"), ("a", "hall", "done")]


def test_snapshot_is_acknowledged_when_it_is_stored(world):
    """What a snapshot shows is there at once; it is written a moment later, and acknowledged only then."""
    world.start()
    world.hub.heard.clear()
    world.hub.resources["task", "b"] = resource(announcement("b"))
    world.hub.beat()
    world.settle()
    assert held(world) == {"b"}
    assert world.hub.acks() == []
    world.hub.put(resource(announcement("c")))
    world.settle()
    assert world.hub.acks() == []
    world.reactor.advance(0.05)
    world.settle()
    assert world.hub.acks() == [(2, "applied")]
    world.crash()
    world.start()
    assert held(world) == {"b", "c"}


def test_what_is_owed_is_what_was_sent(world):
    """What could not be stored is acknowledged later under its own sequence, however far heartbeats have moved us."""
    world.start()
    connection = world.agent._core.store._connection
    connection.execute("CREATE TEMP TRIGGER full BEFORE INSERT ON resource BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    world.hub.put(resource(announcement()))
    world.settle()
    world.hub.sequence = 40
    world.hub.beat(last=2)
    world.settle()
    assert world.agent.health().position == 40
    connection.execute("DROP TRIGGER full")
    world.hub.beat(last=2)
    world.settle()
    assert world.hub.acks() == [(1, "applied"), (2, "applied")]
    assert world.state == "online"


def test_stop_right_after_a_snapshot(world):
    """A snapshot that is still to be written is written while the process stops."""
    world.start()
    world.hub.resources["task", "b"] = resource(announcement("b"))
    world.hub.beat()
    world.settle()
    world.stop()
    assert world.reactor.getDelayedCalls() == []
    world.hub.up = False
    world.start()
    assert held(world) == {"b"}


def test_stale_grade_of_an_earlier_session_releases_nothing(world):
    """After a new connection the feed counts as fresh only once a heartbeat has said so."""
    world.hub.fresh_at = at(0)
    world.hub.put(resource(announcement(feed_limit=15, due=30, valid=30)))
    world.start()
    world.hub.cut()
    beat, world.hub.beat = world.hub.beat, lambda: None
    world.hub.epoch = "e2"
    world.machine(1)
    assert world.state == "online"
    assert world.station(30) == []
    beat()
    world.settle()
    assert world.performer.take() == [("offer", "a", "hall")]


def test_quiet_only_when_the_age_of_the_feed_is_known(world):
    """A snapshot does not say how old the feed is, so the agent is not quiet before the first heartbeat."""
    beat, world.hub.beat = world.hub.beat, lambda: None
    world.start()
    assert world.state == "online"
    assert not world.quiet()
    beat()
    world.settle()
    assert world.quiet()


def test_heartbeats_follow_the_hubs_interval_at_once(world):
    """An interval shorter than the default holds from the welcome on, so that the hub does not take us for silent."""
    world.hub.heartbeat_s = 0.5
    world.start()
    world.machine(2.25)
    assert len([item for item in world.hub.heard if isinstance(item, ClientHeartbeat)]) >= 3


def test_begin_of_what_is_not_offered(world):
    """A performer that begins what it may not gets an error with a code."""
    world.hub.put(resource(announcement()))
    world.start()
    world.station(10)
    work = world.performer.works["a", "hall"]
    world.begin()
    with pytest.raises(StationError) as caught:
        world.agent.begin(work)
    assert caught.value.code == "work-not-offered"
