"""The hub's server and clients, both ends real, joined by wires in memory."""

from __future__ import annotations

import pytest

from stationmaster_base.timekeeping import ClockQuality, ClockState
from stationmaster_base.times import Instant
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.task import Result
from stationmaster_kernel.values import FeedGrade, TaskKind, TaskState
from stationmaster_protocol import fragments as fragments_module
from stationmaster_protocol.client_session import Applicable, Whole
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import (
    Ack,
    Bye,
    ByeReason,
    Error,
    Hello,
    HubHeartbeat,
    Position,
    Received,
    Report,
    Subscribed,
    TimeAnswer,
    TimeRequest,
    Welcome,
)
from support.follower import Follower
from support.hub_side_contract import check_hub_side
from support.protocol_world import World

DISPLAY = Filter(kinds=("task",), task_kinds=(TaskKind.DISPLAY,))
SPEECH = Filter(kinds=("task",), task_kinds=(TaskKind.ANNOUNCEMENT,))


def result(number: int) -> TaskResult:
    at = Instant(1772348400)
    return TaskResult(id=f"r{number}", at=at, task="t", result=Result(target="z", state=TaskState.DONE, at=at))


def codes(follower: Follower) -> list[str]:
    """The codes with which a client was refused."""
    return [event.code for event in follower.heard_events if isinstance(event, Error)]


def test_the_fake_hub_keeps_the_contract() -> None:
    """The hub that these tests use behaves as the server's contract says."""
    world = World()
    check_hub_side(world.hub, lambda: [world.hub.commit([world.name("a"), world.task(str(len(world.hub.entries)))])])


def test_a_session_from_hello_to_whole() -> None:
    """A client says hello, subscribes, gets a snapshot, acknowledges, and all is settled."""
    world = World()
    world.commit(world.task("t1", "b1"), world.name("北京"))
    client = Follower()
    world.join(client)
    assert client.kinds_heard() == ["Welcome", "Subscribed", "Whole", "HubHeartbeat"]
    assert world.whole(client)
    assert client.held == world.hub.position()
    (info,) = world.server.subscribers
    assert (info.identity, info.acked, info.last, info.queued) == ("client-0", 1, 1, 0)


def test_an_empty_hub_gives_an_empty_snapshot() -> None:
    """A snapshot of nothing has one part, and is acknowledged like any other."""
    world = World()
    client = Follower()
    world.join(client)
    assert isinstance(client.heard_events[-2], Whole)
    assert world.whole(client)
    world.commit(world.name("a"))
    world.run()
    assert world.whole(client)


def test_updates_arrive_and_are_settled_only_when_acknowledged() -> None:
    """`settled` is false from the publication to the acknowledgement, and not a moment longer."""
    world = World()
    client = Follower()
    world.join(client)
    world.commit(world.name("a"))
    assert not world.server.settled()
    waiting = world.server.when_settled()
    assert not waiting.called
    world.run()
    assert waiting.called
    assert world.whole(client)
    client.acknowledges = False
    world.commit(world.name("b"))
    world.run()
    assert not world.server.settled()
    assert client.held is not None
    client.connection.send(Ack(epoch=client.held.epoch, sequence=client.held.sequence))
    world.run()
    assert world.whole(client)


def test_when_settled_answers_at_once_when_it_is() -> None:
    """Without subscribers everything is settled."""
    assert World().server.when_settled().called


def test_one_serialisation_serves_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resource becomes XML once for all filter classes, and members of a class get the same bytes."""
    world = World()
    clients = [Follower(number=number, wanted=wanted) for number, wanted in enumerate((DISPLAY, DISPLAY, Filter()))]
    wires = [world.join(client) for client in clients]
    made = []
    monkeypatch.setattr(
        fragments_module,
        "resource_text",
        lambda resource, real=fragments_module.resource_text: made.append(1) or real(resource),
    )
    sent = [wire.buffer for wire, _ in wires]
    world.commit(world.task("t1", "b1"))
    assert len(made) == 1
    assert bytes(sent[0]) == bytes(sent[1]) != b""
    world.run()
    assert world.whole(*clients)


def test_what_leaves_a_filter_is_deleted() -> None:
    """A task whose target is no longer asked for is removed by an update, and comes back as a put."""
    world = World()
    client = Follower(wanted=Filter(kinds=("task",), targets=("b1",)))
    world.commit(world.task("t1", "b1"), world.task("t2", "b2"))
    world.join(client)
    assert set(client.replica) == {("task", "t1")}
    world.commit(world.task("t1", "b2"))
    world.run()
    assert client.replica == {}
    world.commit(world.task("t1", "b1", "b2"))
    world.run()
    assert set(client.replica) == {("task", "t1")}
    world.commit(deletes=(("task", "t1"),))
    world.run()
    assert client.replica == {}
    assert world.whole(client)


def test_what_does_not_concern_a_class_is_not_sent_and_still_proved() -> None:
    """A client hears nothing of other changes, stays settled, and its heartbeat lets it take the head as its own."""
    world = World()
    client = Follower(wanted=SPEECH)
    wire, _ = world.join(client)
    before = wire.written
    world.commit(world.task("t1", "b1"))
    world.commit(world.name("a"))
    assert wire.written == before
    assert world.server.settled()
    world.beat(client)
    heartbeat = client.heard_events[-1]
    assert isinstance(heartbeat, HubHeartbeat)
    assert (heartbeat.position.sequence, heartbeat.last) == (2, 0)
    assert (heartbeat.grade, heartbeat.fresh_at) == (FeedGrade.FRESH, world.hub.fresh_at)
    assert client.held == world.hub.position()


def test_a_snapshot_is_proved_at_once_but_not_without_end() -> None:
    """A heartbeat follows a snapshot, once in an interval: who asks again at each does not keep the hub busy."""
    world = World()
    client = Follower()
    world.join(client)
    assert client.whole_proofs == 1
    for _ in range(3):
        client.want(DISPLAY)
        world.run()
    assert client.kinds_heard()[4:] == ["Subscribed", "Whole"] * 3
    world.beat(client)
    assert client.whole_proofs == 2
    client.want(Filter())
    world.run()
    assert client.kinds_heard()[-3:] == ["Subscribed", "Whole", "HubHeartbeat"]
    assert world.whole(client)


def test_another_grade_of_the_feed_is_told_at_once() -> None:
    """Every subscriber hears it without waiting for the next heartbeat; who does not read has it when it does."""
    world = World()
    clients = [Follower(number=number, wanted=wanted) for number, wanted in enumerate((DISPLAY, SPEECH, SPEECH))]
    wires = [world.join(client) for client in clients]
    blocked = wires[2][0]
    blocked.blocked = True
    for number in range(3000):
        world.commit(world.task(f"t{number % 50}", "z", kind=TaskKind.ANNOUNCEMENT))
        world.run()
        if len(blocked.buffer) > 64 * 1024:
            break
    for client in clients:
        client.heard_events.clear()
    world.hub.grade = FeedGrade.LATE
    world.server.feed_changed()
    assert [info.queued > 0 for info in world.server.subscribers] == [False, False, True]
    world.run()
    for client in clients[:2]:
        heartbeat = client.heard_events[-1]
        assert isinstance(heartbeat, HubHeartbeat)
        assert heartbeat.grade is FeedGrade.LATE
    assert clients[2].heard_events == []
    blocked.blocked = False
    world.run()
    heartbeat = clients[2].heard_events[-1]
    assert isinstance(heartbeat, HubHeartbeat)
    assert heartbeat.grade is FeedGrade.LATE
    assert world.whole(*clients)


def test_a_grade_is_not_told_ahead_of_what_is_committed_with_it() -> None:
    """Between the hub's adoption of an entry and its publication no heartbeat speaks for it; right after, it does."""
    world = World()
    client = Follower()
    world.join(client)
    entry = world.hub.commit([world.name("a")])
    world.hub.grade = FeedGrade.LOST
    world.server.feed_changed()
    world.server.publish([entry])
    world.run()
    assert client.kinds_heard()[4:] == ["Applicable", "HubHeartbeat"]
    assert client.held == world.hub.position()
    assert world.whole(client)


def test_several_entries_become_one_update() -> None:
    """A batch of entries is one update in which the last state of each resource stands."""
    world = World()
    client = Follower()
    world.join(client)
    entries = [
        world.hub.commit([world.name("a"), world.name("b")]),
        world.hub.commit([world.name("a", "y")], [("name", "b")]),
        world.hub.commit([world.name("c")]),
    ]
    world.server.publish(entries)
    world.run()
    (update,) = [event for event in client.heard_events if isinstance(event, Applicable)]
    assert (update.update.since, update.update.to, len(update.update.puts)) == (0, 3, 2)
    assert world.whole(client)


def test_presence_follows_what_is_executed_and_subscribed() -> None:
    """An executor is present for the kinds of task that it both does and gets, from subscription to loss."""
    world = World()
    client = Follower(wanted=DISPLAY, executes=(TaskKind.DISPLAY, TaskKind.ANNOUNCEMENT))
    _, wire = world.join(client)
    client.want(SPEECH)
    world.run()
    wire.end(ConnectionError("cut"))
    assert world.hub.present == [
        ("client-0", ("display",), True),
        ("client-0", ("display",), False),
        ("client-0", ("announcement",), True),
        ("client-0", ("announcement",), False),
    ]
    kiosk = Follower(number=1)
    world.join(kiosk)
    assert len(world.hub.present) == 4


def test_resume_replays_what_was_missed() -> None:
    """A client that comes back with its position gets one update with what it missed, and no snapshot."""
    world = World()
    client = Follower(wanted=DISPLAY)
    world.commit(world.task("t1", "b1"), world.task("t2", "b1"), world.task("t3", "b1"))
    _, wire = world.join(client)
    wire.end(ConnectionError("cut"))
    world.commit(world.task("t1", "b2"))
    world.commit(deletes=(("task", "t2"),))
    world.commit(world.task("t3", "z", kind=TaskKind.ANNOUNCEMENT))
    world.commit(world.name("a"))
    client.heard_events.clear()
    world.join(client)
    assert client.kinds_heard() == ["Welcome", "Subscribed", "Applicable", "HubHeartbeat"]
    assert client.heard_events[1] == Subscribed(number=1, resumed=True)
    assert world.whole(client)


def test_resume_with_nothing_missed_is_only_proved() -> None:
    """A client at the head gets a heartbeat and nothing else, also after the hub has lost its filter classes."""
    world = World()
    client = Follower()
    world.commit(world.name("a"))
    _, wire = world.join(client)
    wire.end(ConnectionError("cut"))
    client.heard_events.clear()
    world.join(client)
    assert client.kinds_heard() == ["Welcome", "Subscribed", "HubHeartbeat"]
    assert world.whole(client)


def test_resume_at_a_restarted_hub_whose_entries_do_not_concern_the_client() -> None:
    """A class that is new at the hub begins at the head; a client that held less is led there and is settled."""
    world = World()
    client = Follower(wanted=SPEECH)
    world.commit(world.task("t1", "z", kind=TaskKind.ANNOUNCEMENT))
    world.join(client)
    other = World(hub=world.hub)
    world.hub.commit([world.name("a")])
    world.hub.commit([world.name("b")])
    other.join(client)
    assert client.kinds_heard()[-3:] == ["Subscribed", "Applicable", "HubHeartbeat"]
    assert other.whole(client)
    assert client.held == world.hub.position()


@pytest.mark.parametrize(
    "held",
    [
        Position(epoch="e1", sequence=1, hash="0000"),
        Position(epoch="e0", sequence=1, hash=""),
        Position(epoch="e1", sequence=99, hash="0000"),
        Position(epoch="e1", sequence=0, hash=""),
    ],
)
def test_a_history_that_is_not_the_hubs_brings_a_snapshot(held: Position) -> None:
    """Another hash, another epoch, a client ahead of the hub, or nothing held: the client gets everything anew."""
    world = World()
    for name in "abc":
        world.commit(world.name(name))
    client = Follower(held=held)
    world.join(client)
    assert client.kinds_heard() == ["Welcome", "Subscribed", "Whole", "HubHeartbeat"]
    assert world.whole(client)


def test_entries_no_longer_kept_bring_a_snapshot() -> None:
    """A client that was away for too long gets everything anew."""
    world = World()
    client = Follower()
    world.commit(world.name("a"))
    _, wire = world.join(client)
    wire.end(ConnectionError("cut"))
    for name in "bcdef":
        world.commit(world.name(name))
    world.hub.first_kept = 4
    world.join(client)
    assert client.kinds_heard()[-2:] == ["Whole", "HubHeartbeat"]
    assert world.whole(client)


def test_a_replay_too_long_for_one_message_brings_a_snapshot() -> None:
    """What does not fit one update comes in parts."""
    world = World(largest_out=3000, part_bytes=1000)
    client = Follower()
    world.commit(world.name("a"))
    _, wire = world.join(client)
    wire.end(ConnectionError("cut"))
    for number in range(100):
        world.commit(world.name(f"n{number}"))
    world.join(client)
    assert client.kinds_heard()[-2:] == ["Whole", "HubHeartbeat"]
    assert world.whole(client)


def test_an_update_too_long_for_one_message_brings_a_snapshot() -> None:
    """A commit that does not fit one update reaches subscribers as a snapshot in parts."""
    world = World(largest_out=3000, part_bytes=1000)
    client = Follower()
    world.join(client)
    world.commit(*(world.name(f"n{number}") for number in range(100)))
    world.run()
    assert client.kinds_heard()[-1] == "Whole"
    assert world.whole(client)


def test_what_is_published_while_the_journal_is_read_is_not_lost() -> None:
    """Entries committed between the question to the journal and its answer are led on to as well."""
    world = World()
    client = Follower()
    world.commit(world.name("a"))
    _, wire = world.join(client)
    wire.end(ConnectionError("cut"))
    world.commit(world.name("b"))
    world.hub.slow = True
    world.join(client)
    reading, world.hub.reading = world.hub.reading, []
    answer = world.hub._after(reading[0][1])
    world.commit(world.name("c"))
    assert not world.server.settled()
    reading[0][0].callback(answer)
    world.commit(world.name("d"))
    world.hub.slow = False
    world.hub.answer()
    world.run()
    assert "Whole" not in client.kinds_heard()[4:]
    assert world.whole(client)


def test_an_unreadable_journal_brings_a_snapshot() -> None:
    """When the journal cannot be read, the client gets everything anew."""
    world = World()
    client = Follower()
    world.commit(world.name("a"))
    _, wire = world.join(client)
    wire.end(ConnectionError("cut"))
    world.commit(world.name("b"))
    world.hub.slow = True
    world.join(client)
    world.hub.reading[0][0].errback(OSError("disk"))
    world.run()
    assert client.kinds_heard()[-2:] == ["Whole", "HubHeartbeat"]
    assert world.whole(client)


def test_a_snapshot_waits_for_what_the_hub_has_not_published_yet() -> None:
    """A client that subscribes between the hub's adoption of an entry and its publication is served right after."""
    world = World()
    early, late = Follower(), Follower(number=1)
    world.join(early)
    entry = world.hub.commit([world.name("a")])
    wires = world.join(late, run=False)
    for _ in range(3):
        for wire in wires:
            wire.carry()
    assert "Whole" not in late.kinds_heard()
    world.server.publish([entry])
    world.run()
    assert world.whole(early, late)


def test_a_slow_subscriber_is_bounded_and_does_not_hold_up_others() -> None:
    """Who does not read has a bounded queue and gets a fresh snapshot once it reads again; others notice nothing."""
    world = World(queue_bytes=5000)
    slow, quick = Follower(), Follower(number=1)
    wire, _ = world.join(slow)
    world.join(quick)
    wire.blocked = True
    for number in range(3000):
        world.commit(world.name(f"n{number % 50}", f"{number}"))
        if number % 100 == 0:
            world.run()
            assert quick.replica == world.expected(quick)
    assert wire.most < 64 * 1024 + 5000
    info = world.server.subscribers[0]
    assert info.queued <= 5000
    assert not world.server.settled()
    wire.blocked = False
    world.run()
    assert slow.kinds_heard()[-1] in ("Whole", "Applicable")
    assert slow.kinds_heard().count("Whole") == 2
    assert world.whole(slow, quick)


def test_a_snapshot_is_made_as_fast_as_it_is_taken() -> None:
    """Parts are written only while the connection takes them, however long the snapshot is."""
    world = World(part_bytes=2000)
    for number in range(2000):
        world.commit(world.name(f"n{number}", "x" * 100), publish=False)
    client = Follower()
    wire, _ = world.join(client, run=False)
    for _ in range(4):
        wire.carry()
        wire.peer.carry()
    assert wire.most < 64 * 1024 * 2 + 2000
    world.commit(world.name("n1", "changed on the way"))
    world.run()
    assert wire.most < 64 * 1024 * 2 + 2000
    assert client.kinds_heard()[-3:] == ["Whole", "Applicable", "HubHeartbeat"]
    assert world.whole(client)


def test_another_filter_replaces_the_first() -> None:
    """A second subscription brings a snapshot of its own, and nothing of the first is mistaken for it."""
    world = World()
    client = Follower(wanted=DISPLAY)
    world.commit(world.task("t1", "b"), world.task("t2", "z", kind=TaskKind.ANNOUNCEMENT))
    world.join(client)
    world.commit(world.task("t3", "b"))
    client.want(SPEECH)
    world.run()
    assert set(client.replica) == {("task", "t2")}
    assert [event.number for event in client.heard_events if isinstance(event, Subscribed)] == [1, 2]
    assert world.whole(client)


def test_a_new_epoch_brings_everybody_a_snapshot() -> None:
    """After a restored backup all subscribers get what the hub holds now, although its sequence went back."""
    world = World()
    clients = [Follower(number=number, wanted=wanted) for number, wanted in enumerate((Filter(), DISPLAY))]
    for client in clients:
        world.join(client)
    for name in "abcde":
        world.commit(world.name(name))
    world.hub.begin_epoch("e2", kept=2)
    world.server.new_epoch()
    world.run()
    assert world.whole(*clients)
    assert {client.held.epoch for client in clients if client.held} == {"e2"}
    world.commit(world.task("t", "b"))
    world.run()
    assert world.whole(*clients)


def test_strangers_are_refused() -> None:
    """A wrong token is refused with a code, and the connection is closed."""
    world = World()
    client = Follower(token="guess")
    wire, _ = world.join(client)
    assert codes(client) == ["not-authenticated"]
    assert not wire.connected
    assert world.server.subscribers == []


def test_a_second_connection_of_one_identity_replaces_the_first() -> None:
    """The newer connection wins; the older is told so."""
    world = World()
    first, second = Follower(executes=(TaskKind.DISPLAY,)), Follower(executes=(TaskKind.DISPLAY,))
    wire, _ = world.join(first)
    world.join(second)
    bye = first.heard_events[-1]
    assert isinstance(bye, Bye)
    assert bye.reason is ByeReason.REPLACED
    assert not wire.connected
    assert [present for _, _, present in world.hub.present] == [True, False, True]
    assert [info.identity for info in world.server.subscribers] == ["client-0"]
    assert world.whole(second)


def test_silent_clients_are_lost_after_three_heartbeats() -> None:
    """A client that says nothing for three heartbeats is no subscriber any more; one that beats stays."""
    world = World(heartbeat_s=5.0)
    silent, alive = Follower(executes=(TaskKind.DISPLAY,)), Follower(number=1)
    world.join(silent)
    world.join(alive)
    world.beat(alive)
    world.beat(alive)
    assert len(world.server.subscribers) == 2
    world.beat(alive)
    world.beat(alive)
    assert codes(silent) == ["silent"]
    assert [info.identity for info in world.server.subscribers] == ["client-1"]
    assert world.hub.present[-1] == ("client-0", ("display",), False)


def test_a_half_open_peer_is_dropped() -> None:
    """A client whose network is gone without a word is given up, though nothing can be sent to it."""
    world = World()
    client = Follower()
    wires = world.join(client)
    for wire in wires:
        wire.blocked = True
    for _ in range(5):
        world.clock.advance(world.settings.heartbeat_s)
    assert world.server.subscribers == []
    assert world.server.settled()
    world.clock.advance(world.settings.closing_s)
    assert not wires[0].connected


def test_a_handshake_that_takes_too_long_is_ended() -> None:
    """Neither silence nor a byte now and then keeps a connection that does not subscribe."""
    world = World()
    client = Follower(subscribes=False)
    world.join(client)
    for _ in range(11):
        world.clock.advance(1)
        world.run()
    assert codes(client) == ["too-slow"]


def test_too_many_connections_are_refused() -> None:
    """Beyond the limit a connection gets an error and is closed; those that are there stay."""
    world = World(connections=2)
    clients = [Follower(number=number) for number in range(3)]
    for client in clients:
        world.join(client)
    assert codes(clients[2]) == ["too-many"]
    assert world.whole(*clients[:2])
    assert len(world.server.subscribers) == 2


def test_reports_are_received_only_when_committed() -> None:
    """`received` follows the commit, reports are settled only then, and each goes to the hub with its identity."""
    world = World()
    client = Follower()
    world.join(client)
    world.hub.slow = True
    client.connection.send(Report(number=1, results=(result(1), result(2))))
    client.connection.send(Report(number=2, results=(result(3),)))
    client.connection.send(Report(number=3))
    world.run()
    assert [event.number for event in client.heard_events if isinstance(event, Received)] == [3]
    assert not world.server.settled()
    world.hub.answer()
    world.run()
    assert [event.number for event in client.heard_events if isinstance(event, Received)] == [3, 1, 2]
    assert world.server.settled()
    assert world.hub.reported == [("client-0", (result(1), result(2))), ("client-0", (result(3),))]


def test_a_report_of_a_client_that_has_gone_still_counts() -> None:
    """What a client has reported is waited for although its connection is lost."""
    world = World()
    client = Follower()
    _, wire = world.join(client)
    world.hub.slow = True
    client.connection.send(Report(number=1, results=(result(1),)))
    world.run()
    wire.end(ConnectionError("cut"))
    assert not world.server.settled()
    world.hub.answer()
    assert world.server.settled()


def test_a_report_that_cannot_be_committed_ends_the_session() -> None:
    """The client is told, and will report again."""
    world = World()
    client = Follower()
    world.join(client)
    world.hub.slow = True
    client.connection.send(Report(number=1, results=(result(1),)))
    world.run()
    world.hub.unanswered[0].errback(OSError("disk full"))
    world.run()
    assert codes(client) == ["internal"]
    assert world.server.settled()


def test_no_more_is_read_than_can_be_committed() -> None:
    """A client whose reports wait is not read any further, is not held to be silent, and goes on afterwards."""
    world = World(pending_reports=2)
    client = Follower()
    wire, other = world.join(client)
    world.hub.slow = True
    for number in range(1, 6):
        client.connection.send(Report(number=number, results=(result(number),)))
        world.run()
    assert len(world.hub.reported) == 2
    assert not wire.reading
    for _ in range(6):
        world.clock.advance(5)
    assert codes(client) == []
    world.hub.slow = False
    world.hub.answer()
    world.run()
    assert [event.number for event in client.heard_events if isinstance(event, Received)] == [1, 2, 3, 4, 5]
    assert wire.reading
    assert other.connected


def test_a_client_that_asks_and_does_not_listen_is_not_read() -> None:
    """Answers do not pile up: while they wait, no more questions are read."""
    world = World()
    client = Follower()
    wire, other = world.join(client)
    wire.blocked = True
    for number in range(3000):
        client.connection.send(TimeRequest(sent=number))
        other.carry()
    assert not wire.reading
    assert wire.most < 70 * 1024


def test_time_is_answered_with_stamps() -> None:
    """A question for the time comes back with its own stamp and station time."""
    world = World()
    client = Follower()
    world.join(client)
    client.connection.send(TimeRequest(sent=7))
    world.run()
    assert client.heard_events[-1] == TimeAnswer(asked=7, received=1772348400250000, sent=1772348400250000)


def test_the_quality_of_the_time_is_told_with_it() -> None:
    """With masters of time, welcome, heartbeat and answer say how the time is known and how wrong it may be."""
    world = World()
    world.hub.quality = ClockQuality(state=ClockState.HOLDOVER, error_s=0.0321, source="gps")
    client = Follower()
    world.join(client)
    client.connection.send(TimeRequest(sent=7))
    world.run()
    told = [each for each in client.heard_events if isinstance(each, Welcome | HubHeartbeat | TimeAnswer)]
    assert {type(each) for each in told} == {Welcome, HubHeartbeat, TimeAnswer}
    assert {(each.clock, each.clock_error) for each in told} == {(ClockState.HOLDOVER, 33)}


def test_a_rejection_brings_a_snapshot_once_a_heartbeat() -> None:
    """A client that rejects an update gets everything anew, but cannot make the hub send for ever."""
    world = World()
    client = Follower()
    world.join(client)
    client.rejects = "no room"
    world.commit(world.name("a"))
    world.run()
    assert client.kinds_heard().count("Whole") == 2
    (info,) = world.server.subscribers
    assert info.rejected == "no room"
    assert not world.server.settled()
    client.rejects = ""
    client.connection.subscribe(Filter())
    world.run()
    assert world.whole(client)


def test_a_text_that_xml_cannot_carry_reaches_clients_cleaned() -> None:
    """A stray control character costs one character, and neither the update nor the session."""
    world = World()
    client = Follower()
    world.join(client)
    world.commit(world.name("a", "x\x00y"), world.name("b"))
    world.run()
    assert client.replica["name", "a"].value.names == (("zh", "x\ufffdy"),)
    assert world.server.settled()
    world.beat(client)
    assert client.whole_proofs == 2


def test_a_resource_that_cannot_be_sent_is_left_out() -> None:
    """One impossible resource stays at the hub; all others arrive, and the digest proves it."""
    world = World(part_bytes=300)
    client = Follower()
    world.join(client)
    bad = world.name("\x01")
    world.commit(world.name("a"), bad, world.name("b"))
    world.run()
    assert set(client.replica) == {("name", "a"), ("name", "b")}
    late = Follower(number=1)
    world.join(late)
    assert late.replica == client.replica
    assert world.server.settled()
    world.beat(client, late)
    assert (client.whole_proofs, late.whole_proofs) == (2, 2)


def test_a_resource_too_long_to_send_is_left_out() -> None:
    """A resource longer than any message stays at the hub and holds up nothing."""
    world = World(largest_out=2000, part_bytes=1000)
    world.commit(world.name("a"), world.name("long", "x" * 3000), world.name("b"))
    client = Follower()
    world.join(client)
    assert set(client.replica) == {("name", "a"), ("name", "b")}
    assert world.server.settled()


def test_the_hub_sees_whether_a_replica_is_whole() -> None:
    """The digest in a client's heartbeat is compared with the hub's."""
    world = World()
    client = Follower()
    world.commit(world.name("a"))
    world.join(client)
    assert world.server.subscribers[0].whole is None
    world.beat(client)
    assert world.server.subscribers[0].whole is True
    lost = client.replica.pop(("name", "a"))
    client.beat()
    world.run()
    assert world.server.subscribers[0].whole is False
    client.replica["name", "a"] = lost


def test_stopping_says_goodbye() -> None:
    """A hub that stops tells its clients so and closes."""
    world = World()
    client = Follower()
    wire, _ = world.join(client)
    world.server.stop()
    world.server.doStop()
    world.run()
    assert client.heard_events[-1] == Bye(reason=ByeReason.STOPPING, text="The hub stops.")
    assert not wire.connected
    assert world.clock.getDelayedCalls() == []


@pytest.mark.parametrize(
    ("say", "code"),
    [
        (b"\x00\x00\x00\x00", "empty-message"),
        (b"GET / HTTP/1.1\r\n\r\n", "too-large"),
        (b"\x00\x00\x00\x05<bad>", "not-xml"),
        (b"\x00\x00\x00\x02\xff\xff", "not-utf8"),
    ],
)
def test_nonsense_is_refused_and_others_are_unharmed(say: bytes, code: str) -> None:
    """What is no message ends that connection with a code, and no other."""
    world = World()
    good, bad = Follower(), Follower(number=1)
    world.join(good)
    bad.made = lambda connection: None  # type: ignore[method-assign]  # it does not say hello
    wires = world.join(bad)
    wires[1].write(say)
    world.run()
    assert codes(bad) == [code]
    assert not wires[0].connected
    world.commit(world.name("a"))
    world.run()
    assert world.whole(good)


def test_before_the_hello_only_a_short_message_is_taken() -> None:
    """A stranger cannot make the hub keep much: the first message has a limit of its own."""
    world = World(largest_hello=300)
    client = Follower()
    client.made = lambda connection: connection.send(  # type: ignore[method-assign]  # it says too much
        Hello(identity="client-0", token="x", capabilities=tuple(f"word-{number}" for number in range(50)))
    )
    world.join(client)
    assert codes(client) == ["too-large"]


@pytest.mark.parametrize(
    "ack", [Ack(epoch="e1", sequence=5), Ack(epoch="other", sequence=0)], ids=["sequence", "epoch"]
)
def test_an_acknowledgement_for_nothing_is_refused(ack: Ack) -> None:
    """Nobody can acknowledge what was never sent."""
    world = World()
    client = Follower()
    world.join(client)
    client.connection.send(ack)
    world.run()
    assert codes(client) == ["unknown-sequence"]


def test_another_major_version_is_refused() -> None:
    """A client of another major version is told so; a later minor version is welcome."""
    world = World()
    old, new = Follower(), Follower(number=1)
    old.made = lambda connection: connection.send(  # type: ignore[method-assign]  # of another version
        Hello(identity="client-0", token="token-0", version="2.0")
    )
    new.made = lambda connection: connection.send(  # type: ignore[method-assign]  # of another version
        Hello(identity="client-1", token="token-1", version="1.7")
    )
    world.join(old)
    world.join(new)
    assert codes(old) == ["version"]
    assert new.kinds_heard()[0] == "Welcome"


def test_idle_filter_classes_are_few() -> None:
    """Filters that nobody uses any more do not pile up."""
    world = World(idle_classes=3)
    client = Follower()
    world.join(client)
    for number in range(20):
        client.want(Filter(targets=(f"b{number}",)))
        world.run()
    assert len(world.server.publication.classes) <= 4
    assert world.whole(client)


def test_a_client_may_say_goodbye_in_the_same_breath() -> None:
    """What is asked and taken back at once is not answered, and nothing breaks, at either end."""
    world = World()
    world.commit(world.name("a"))
    first, second = Follower(), Follower()
    world.join(first, run=False)
    world.join(second, run=False)
    first.connection.send(Bye(reason=ByeReason.LEAVING))
    world.run()
    assert first.connection is None
    assert world.whole(second)
    second.connection.subscribe(Filter())
    second.connection.send(TimeRequest(sent=1))
    second.connection.send(Bye(reason=ByeReason.LEAVING))
    world.run()
    assert world.server.subscribers == []


def test_resume_replays_a_single_missed_entry() -> None:
    """Even one missed entry is led on to."""
    world = World()
    client = Follower()
    world.commit(world.name("a"))
    _, wire = world.join(client)
    wire.end(ConnectionError("cut"))
    world.commit(world.name("b"))
    world.join(client)
    assert client.kinds_heard()[-3:] == ["Subscribed", "Applicable", "HubHeartbeat"]
    assert world.whole(client)


def test_a_subscription_that_is_replaced_while_the_journal_is_read() -> None:
    """Only the latest subscription is answered, and no filter class is counted for the other."""
    world = World()
    client = Follower()
    world.commit(world.name("a"))
    _, wire = world.join(client)
    wire.end(ConnectionError("cut"))
    world.commit(world.name("b"))
    world.hub.slow = True
    world.join(client)
    client.want(DISPLAY)
    world.run()
    world.hub.slow = False
    world.hub.answer()
    world.run()
    assert [event.number for event in client.heard_events if isinstance(event, Subscribed)] == [1, 2]
    used = [(wanted, members) for wanted, members in world.server.publication.classes.items() if members]
    assert used == [(DISPLAY.normalised(), 1)]
    assert world.whole(client)


def test_resuming_amid_a_snapshot_sends_no_more_of_it() -> None:
    """A client that subscribes with what it holds while parts are on their way gets updates, and no stray part."""
    world = World(part_bytes=2000)
    client = Follower()
    world.commit(*(world.name(f"n{number}", "x" * 100) for number in range(2000)))
    wire, other = world.join(client)
    client.connection.subscribe(Filter(), None)
    for _ in range(3):
        other.carry()
        wire.carry(1000)
    client.connection.subscribe(Filter(), client.held)
    world.run()
    assert codes(client) == []
    assert world.whole(client)
