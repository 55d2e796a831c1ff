"""What people did at subsystems' own pages becomes part of the day, once, or is told to be refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.making import MadeHub, begin, made_hub, tick
from stationmaster.hub.alarms.sign import Severity
from stationmaster.hub.open_protocol.local_acts import SHOWN_S, LocalActs
from stationmaster.hub.storage.database import database_url
from stationmaster_base.times import Instant
from stationmaster_kernel.deeds import Delay, Handle, Handling, SetTrack, Unknown
from stationmaster_kernel.values import EventName
from stationmaster_protocol.commands import ActRefusal, LocalAct
from support.small_station import at

CALL = "TST/2026-03-01/G1/1"
LATE = LocalAct(
    id="boot-1",
    at=at("06:55"),
    by="Wang",
    why="by telephone",
    delays=(Delay(call=CALL, event=EventName.DEPARTURE, minutes=12),),
)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[MadeHub]:
    with made_hub(database_url("sqlite:///hub.db", tmp_path)) as made:
        made.open().put(*begin(), tick(60))
        yield made


def acts_of(hub: MadeHub) -> LocalActs:
    return LocalActs(hub.pipeline, lambda: float(at("07:00")) + 0.5, hub.reactor.seconds)


def put(hub: MadeHub, acts: LocalActs, *local: LocalAct) -> list[tuple[ActRefusal, ...]]:
    done: list[tuple[ActRefusal, ...]] = []
    acts.put("guidance", local).addCallback(done.append)
    return done


def test_an_act_counts_as_if_it_had_been_done_at_the_console(hub: MadeHub) -> None:
    """As of now, in the name of who did it and where, and locked; it fires when it is committed."""
    acts = acts_of(hub)
    hub.thread.at_once = False
    done = put(hub, acts, LATE)
    assert done == []
    hub.thread.run()
    assert done == [()]
    call = hub.pipeline.state.calls[CALL]
    assert call.departure is not None
    assert call.departure.expected == at("08:22")
    origin = call.origin_of("departure.expected")
    assert origin is not None
    assert (origin.by, origin.locked, origin.at) == ("Wang at guidance", True, at("07:00"))
    record = hub.pipeline.state.records["act"]["act/guidance/boot-1"]
    assert getattr(record, "why", None) == "by telephone"


def test_an_act_is_taken_once_however_often_it_is_sent(hub: MadeHub) -> None:
    """It fires each time, and changes nothing the second time, whatever has happened since."""
    acts = acts_of(hub)
    put(hub, acts, LATE)
    put(hub, acts, LocalAct(id="boot-2", at=at("07:00"), by="Wang", tracks=(SetTrack(call=CALL, track="2"),)))
    head = hub.pipeline.position
    assert put(hub, acts, LATE) == [()]
    assert hub.pipeline.position == head
    assert hub.pipeline.state.calls[CALL].track == "2"


def test_everything_that_a_page_can_do(hub: MadeHub) -> None:
    """Delays, unknown delays, tracks and what becomes of tasks go in together, all or nothing."""
    task = next(task.id for task in hub.pipeline.state.tasks.values() if task.rule == "say-check-in")
    act = LocalAct(
        id="boot-3",
        at=at("07:00"),
        by="Wang",
        delays=(Delay(call=CALL, event=EventName.ARRIVAL, minutes=3),),
        unknowns=(Unknown(call=CALL, event=EventName.DEPARTURE),),
        tracks=(SetTrack(call=CALL, track="2"),),
        handles=(Handle(tasks=(task,), how=Handling.HOLD),),
    )
    put(hub, acts_of(hub), act)
    call = hub.pipeline.state.calls[CALL]
    assert call.arrival is not None
    assert call.departure is not None
    assert (call.track, call.departure.unknown, call.arrival.expected) == ("2", True, at("08:03"))
    assert hub.pipeline.state.tasks[task].held


def test_a_refused_act_is_committed_as_refused_and_told_for_a_while(hub: MadeHub) -> None:
    """Who sent it is not to send it again; the operator sees what was refused and why, once."""
    acts = acts_of(hub)
    bad = LocalAct(id="boot-4", at=at("07:00"), by="Wang", tracks=(SetTrack(call=CALL, track="77"),))
    ((refusal,),) = put(hub, acts, bad, LATE)
    assert (refusal.id, refusal.code) == ("boot-4", "deed-impossible")
    assert "77" in refusal.why
    assert put(hub, acts, bad) == [(refusal,)]
    assert hub.pipeline.state.calls[CALL].track == "1"
    (sign,) = acts.signs()
    assert (sign.id, sign.severity, sign.since) == ("act-refused/act/guidance/boot-4", Severity.WARNING, at("07:00"))
    assert sign.en.startswith("What Wang at guidance did was refused: ")
    assert "77" in sign.en
    notes = [note.code for each in hub.published for note in each.stored.changes.notes]
    assert notes.count("quarantined") == 1
    hub.reactor.advance(SHOWN_S + 1)
    assert list(acts.signs()) == []


@pytest.mark.parametrize(
    "act",
    [
        LocalAct(id="empty", at=at("07:00"), by="Wang"),
        LocalAct(
            id="far",
            at=at("07:00"),
            by="Wang",
            delays=(Delay(call=CALL, event=EventName.ARRIVAL, minutes=2**62),),
        ),
    ],
)
def test_an_act_that_is_none_reaches_no_kernel(hub: MadeHub, act: LocalAct) -> None:
    """Nothing to do, or a delay of centuries: refused without an entry in the journal."""
    acts, head = acts_of(hub), hub.pipeline.position
    ((refusal,),) = put(hub, acts, act)
    assert (refusal.id, refusal.code) == (act.id, "act-impossible")
    assert hub.pipeline.position == head
    assert len(list(acts.signs())) == 1


def test_no_acts_are_done_at_once(hub: MadeHub) -> None:
    """A report without any waits for nothing."""
    assert put(hub, acts_of(hub)) == [()]
    assert Instant(0) < hub.pipeline.state.facts.now
