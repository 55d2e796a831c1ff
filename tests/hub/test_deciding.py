"""What waits for a decision: how long it may, when it becomes an alarm, and what waits for a return to automatic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hub.making import made_hub
from hub.watched import Watched
from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster.hub.deciding.deciding_api import DecidingApi
from stationmaster.hub.deciding.proposal_signs import MOST_SIGNS, ProposalSigns
from stationmaster.hub.deciding.urgency import Patience, urgency
from stationmaster.hub.storage.database import database_url
from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.deeds import Decide, SetAcceptance, SetMode
from stationmaster_kernel.inputs import Act, Feed
from stationmaster_kernel.proposal import Proposal, WhyProposed
from stationmaster_kernel.state import State
from stationmaster_kernel.values import Source, TaskKind
from support.small_station import at, record

CALL = "TST/2026-03-01/G1/1"
PATIENCE = Patience(wait_min=5, before_min=10)


class Waiting:
    """A hub at seven with a train at 08:00 and 08:10, whose track the feed has changed and nobody has taken."""

    def __init__(self, hub: Watched) -> None:
        self.hub = hub
        DecidingApi(hub.view, PATIENCE, hub.face)
        acceptance = SetAcceptance(source=Source.STAGE_PLAN, field="track", automatic=False)
        self.act("1", acceptance)
        hub.put(Feed(id="feed/1", at=at("07:00"), records=(record(track="2"),)))

    @property
    def state(self) -> State:
        return self.hub.view.state

    @property
    def proposal(self) -> Proposal:
        (found,) = self.state.records["proposal"].values()
        assert isinstance(found, Proposal)
        return found

    def act(self, name: str, *deeds: Any) -> None:
        now = Instant(int(self.hub.view.now))
        self.hub.put(Act(id=f"act/{name}", at=now, by="li", deeds=deeds))

    def signs(self, clock: str) -> list[Sign]:
        """What is wrong at a time of day, as the day stands."""
        return signs_of(self.state, clock)


def signs_of(state: State, clock: str) -> list[Sign]:
    """What is wrong in a state at a time of day."""
    return list(ProposalSigns(lambda: state, lambda: float(at(clock)), PATIENCE).signs())


def read_as(**parts: object) -> State:
    """A state of which no more is there than is looked at."""
    return cast("State", SimpleNamespace(**parts))


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Waiting]:
    with made_hub(database_url("sqlite:///hub.db", tmp_path)) as hub:
        yield Waiting(Watched(hub))


def test_how_long_a_decision_may_wait(waiting: Waiting) -> None:
    """It matters already if the train stands on a board; else when something of it is first seen or heard."""
    proposal, call = waiting.proposal, waiting.state.calls[CALL]
    tasks = [waiting.state.tasks[item] for item in waiting.state.tasks_of[CALL]]
    now = at("07:00")
    how = urgency(proposal, call, tasks, now, PATIENCE)
    (row,) = [task for task in tasks if task.rule == "hall"]
    assert (how.matters_at, how.event_at) == (row.start, at("08:10"))
    assert how.warn_at == proposal.at + 5 * MINUTE
    assert how.alarm_at == proposal.at + MINUTE
    others = [task for task in tasks if task.kind is TaskKind.ANNOUNCEMENT]
    first = min(task.due for task in others if task.due is not None)
    later = urgency(proposal, call, others, now, PATIENCE)
    assert (later.matters_at, later.alarm_at) == (first, first - 10 * MINUTE)
    never = urgency(proposal, call, [], now, PATIENCE)
    assert (never.matters_at, never.alarm_at) == (None, None)
    assert urgency(replace(proposal, field="arrival.expected"), call, [], now, PATIENCE).event_at == at("08:00")


def test_nothing_waits_unseen(waiting: Waiting) -> None:
    """After a minute what matters already is an alarm, until somebody decides."""
    assert waiting.signs("07:00") == []
    (sign,) = waiting.signs("07:01")
    assert (sign.id, sign.severity, sign.since) == (f"proposals/{CALL}", Severity.ALARM, waiting.proposal.at)
    assert "G1" in sign.en
    assert "G1" in sign.zh
    waiting.act("2", Decide(proposals=(waiting.proposal.id,), accept=False))
    assert waiting.signs("07:10") == []


def test_what_matters_to_nobody_yet_is_a_warning(waiting: Waiting) -> None:
    """A train of which nothing is seen or heard has its whole time, and is then a warning."""
    state = waiting.state

    quiet = read_as(records=state.records, calls=state.calls, tasks=state.tasks, tasks_of={})
    assert signs_of(quiet, "07:04") == []
    assert [sign.severity for sign in signs_of(quiet, "07:05")] == [Severity.WARNING]


def test_a_storm_is_one_alarm(waiting: Waiting) -> None:
    """Where very many trains wait, they are told together and not one by one."""
    state, proposal, call = waiting.state, waiting.proposal, waiting.state.calls[CALL]
    names = [f"c{number}" for number in range(MOST_SIGNS + 1)]

    storm = read_as(
        records={"proposal": {name: replace(proposal, id=name, call=name) for name in names}},
        calls=dict.fromkeys(names, call),
        tasks=state.tasks,
        tasks_of=dict.fromkeys(names, state.tasks_of[CALL]),
    )
    (sign,) = signs_of(storm, "07:02")
    assert (sign.id, sign.severity) == ("proposals", Severity.ALARM)
    assert str(len(names)) in sign.en


def test_what_a_person_has_refused_does_not_wait(waiting: Waiting) -> None:
    """A proposal of the kernel's own that was rejected stays as a record, and nobody is asked again."""
    state, proposal = waiting.state, waiting.proposal
    refused = replace(proposal, why=WhyProposed.CONFLICT, rejected=True)

    records = {"proposal": {proposal.id: refused}}
    seen = read_as(records=records, calls=state.calls, tasks=state.tasks, tasks_of=state.tasks_of)
    assert signs_of(seen, "07:30") == []


def test_the_web_tells_how_long_each_may_wait(waiting: Waiting) -> None:
    """What matters first stands first, each with its moments."""
    body = waiting.hub.get("/api/v1/proposals/waiting")
    (found,) = body["waiting"]
    assert found["id"] == waiting.proposal.id
    assert (found["warn_at"], found["alarm_at"]) == (waiting.proposal.at + 300, waiting.proposal.at + 60)
    waiting.act("3", Decide(proposals=(waiting.proposal.id,), accept=True))
    assert waiting.hub.get("/api/v1/proposals/waiting")["waiting"] == []
    assert waiting.state.calls[CALL].track == "2"


def test_what_fell_due_meanwhile(waiting: Waiting) -> None:
    """While something is manual, what would have begun is told in order; a scope that is automatic has no such list."""
    hub = waiting.hub
    assert hub.get("/api/v1/modes/fallen?scope=station", 404)["error"] == "no-such-mode"
    waiting.act("4", SetMode(scope="kind.announcement", manual=True))
    assert hub.get("/api/v1/modes/fallen?scope=kind.announcement")["tasks"] == []
    hub.run(66 * 60)
    body = hub.get("/api/v1/modes/fallen?scope=kind.announcement")
    assert body["mode"]["by"] == "li"
    assert [task["rule"] for task in body["tasks"]] == ["say-check-in"]
