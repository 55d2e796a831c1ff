"""A second station that only thinks: what calls, boards and loudspeakers must be on a day, by `docs/kernel.md` alone.

It is written apart from the kernel and shares no line with it, so that what both say is very likely what the document
says. It is slow and plain: what is known is a list of facts with the instants from which they hold; what follows from
them is computed from nothing for each moment at which something can differ; only announcements, which depend on what
was announced before, are walked through in order.

How the world runs for it: station time moves to the first second of each minute and to each event of the scenario, and
no event is on a whole minute. At a minute the tick comes first, then the executors; at an event the hub first knows,
then the executors act. The feed is always fresh in the hub. All that the station knows when it is started, day plans
and rows of the database, it knows at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from support.oracle_announcements import Cut, OracleAnnouncement, Walk, walk_call
from support.oracle_call import Best, CallAt, derive
from support.oracle_facts import EventFacts, Facts, Known, histories
from support.oracle_rows import OracleRow, rows_at
from support.oracle_station import MINUTE, Station, read_station

__all__ = ["Cut", "Oracle", "OracleAnnouncement", "OracleCall", "OracleEvent", "OracleRow"]

SUBSYSTEMS = frozenset({"guidance", "broadcast", "query"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleEvent:
    """An arrival or a departure; instants are seconds of UTC.

    `flagged` is what the feed says, `unknown` what follows from it: also a departure that waits for an unknown arrival.
    """

    planned: int
    expected: int | None
    actual: int | None
    flagged: bool
    best: int | None
    unknown: bool
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleCall:
    """A call as it must be at a moment."""

    call: str
    numbers: tuple[str, ...]
    train_class: str
    kind: str
    origin: str
    destination: str
    running: str
    reason: str
    arrival: OracleEvent | None
    departure: OracleEvent | None
    planned_track: str
    planned_platform: str
    track: str
    platform: str
    gates: tuple[str, ...]
    areas: tuple[str, ...]
    exits: tuple[str, ...]
    check_in_open: int | None
    check_in_close: int | None
    unconfirmed: bool


class Oracle:
    """What a station must do on some days.

    Args:
        station: the station folder.
        scenario: JSON lines, everything that enters the dispatching database.
        start: station time at which the station was started; events up to it are known at once then.
        days: service dates for which the hub has day plans; records of other dates wait for ever.
        planned_at: when a date's plan comes, where that is later than `start`.
        cuts: when subsystems were cut off from the hub; those of one subsystem must not overlap.

    """

    def __init__(
        self,
        station: Path,
        scenario: Path,
        start: int,
        days: Sequence[date],
        *,
        planned_at: Mapping[date, int] | None = None,
        cuts: Sequence[Cut] = (),
    ) -> None:
        self.station: Station = read_station(station)
        self._start = start
        self._histories = histories(self.station, scenario, start, days, planned_at or {})
        self._cuts = {name: _in_order(name, cuts) for name in SUBSYSTEMS}
        if len(cuts) != sum(map(len, self._cuts.values())):
            raise ValueError(f"a cut is of one of {', '.join(sorted(SUBSYSTEMS))}")
        self._hub = _Eyes(self.station, self._histories, ())
        self._eyes = {"hub": self._hub} | {
            name: _Eyes(self.station, self._histories, each) for name, each in self._cuts.items()
        }
        self._walked: tuple[int, Walk] | None = None

    def board_rows(self, now: int) -> dict[str, list[OracleRow]]:
        """Each board's rows at `now`, in order of the planned time of the row's event, then of the call's id."""
        boards: dict[str, list[tuple[tuple[int, str, str], OracleRow]]] = {
            board.id: [] for board in self.station.boards
        }
        for call in self._eyes["guidance"].calls(now):
            for board, place, row in rows_at(call, now):
                boards[board].append((place, row))
        return {board: [row for _, row in sorted(rows, key=lambda each: each[0])] for board, rows in boards.items()}

    def announcements(self, until: int) -> list[OracleAnnouncement]:
        """Every announcement that must have begun by `until`, one for each zone, in the order in which they begin."""
        made = self._walk(until).made
        return sorted(made, key=lambda each: (each.begun, each.task, each.zone))

    def withdrawn_or_never(self, until: int) -> dict[str, str]:
        """Task id → state of the announcements that must not have been made by `until`.

        The state is `withdrawn`, `expired`, `unconfirmed`, or `planned`: its time is still to come.
        """
        walk = self._walk(until)
        made = {each.task for each in walk.made}  # alone, perhaps, so that the hub does not know yet
        return {task: state for task, state in walk.states.items() if task not in made}

    def calls(self, now: int, seen_by: str = "hub") -> dict[str, OracleCall]:
        """Each call as the hub has it at `now`, or as a subsystem sees it, which differs only while it is cut off."""
        return {call.facts.call: _oracle_call(call) for call in self._eyes[seen_by].calls(now)}

    def became_wrong(self, call: str, texts: Mapping[str, str], start: int, end: int) -> bool:
        """Whether what broadcast says of a call at `start` is wrong at `end`.

        Its train is suspended by then, or runs after all, or has left the platform or a gate that the texts name.
        """
        before, after = (self._eyes["broadcast"].look(call, moment) for moment in (start, end))
        if before is None or after is None:
            return False
        if before.facts.suspended != after.facts.suspended:
            return True
        left = [] if before.facts.platform == after.facts.platform else [("platforms", before.facts.platform)]
        left += [("gates", gate) for gate in before.facts.gates if gate not in after.facts.gates]
        return any(
            self.station.joined(kind, (place,), language) in text
            if kind == "gates"
            else bool(place) and self.station.platform_name(place, language) in text
            for kind, place in left
            for language, text in texts.items()
        )

    def _walk(self, until: int) -> Walk:
        if self._walked is None or self._walked[0] != until:
            walk = Walk(made=[], states={})
            rules = [rule for rule in self.station.rules if rule.does == "announcement"]
            cuts = self._cuts["broadcast"]
            for call, history in self._histories.items():
                walk_call(rules, self._moments(history, until), self._hub.looking_at(call), cuts, walk)
            self._walked = (until, walk)
        return self._walked[1]

    def _moments(self, history: Sequence[Known], until: int) -> list[int]:
        """When something may be said of a call: at each minute, at its news, and when broadcast returns."""
        first = history[0].at
        minutes = range(-(-first // MINUTE) * MINUTE, until + 1, MINUTE)
        news = [known.at for known in history]
        ends = [cut.end for cut in self._cuts["broadcast"] if cut.end > first]
        return sorted(each for each in {*minutes, *news, *ends} if each <= until)


class _Eyes:
    """Calls as somebody sees them who may have been cut off from the hub."""

    def __init__(self, station: Station, known: Mapping[str, Sequence[Known]], cuts: Sequence[Cut]) -> None:
        self._station = station
        self._instants = {call: [each.at for each in history] for call, history in known.items()}
        self._histories = known
        self._cuts = cuts
        self._seen: dict[str, tuple[int, Cut | None, CallAt]] = {}

    def calls(self, now: int) -> Iterator[CallAt]:
        """Every call that is there at `now`."""
        for call in self._histories:
            seen = self.look(call, now)
            if seen is not None and now < seen.dropped:
                yield seen

    def looking_at(self, call: str) -> _LookingAt:
        """One call, at moments at which it is known."""
        return _LookingAt(self, call)

    def look(self, call: str, now: int) -> CallAt | None:
        """A call at `now`, even if it is dropped by then; None before it is known."""
        cut = next((each for each in self._cuts if each.start < now < each.end), None)
        facts = self._facts(call, now if cut is None else cut.start)
        if facts is None:
            return None
        seen = self._seen.get(call)
        # The same facts give the same call until time alone changes something.
        if seen is not None and seen[1] is cut and seen[2].facts is facts and seen[0] <= now < seen[2].until:
            return seen[2]
        made = self._derived(facts, now, cut)
        self._seen[call] = (now, cut, made)
        return made

    def _derived(self, facts: Facts, now: int, cut: Cut | None) -> CallAt:
        if cut is None:
            return derive(self._station, facts, now)
        at_start = derive(self._station, facts, cut.start)
        return derive(self._station, facts, now, fresh=False, left=(at_start.arrival, at_start.departure))

    def _facts(self, call: str, now: int) -> Facts | None:
        place = bisect_right(self._instants[call], now)
        return self._histories[call][place - 1].facts if place else None


class _LookingAt:
    """A call that is surely known, as a function of the moment."""

    def __init__(self, eyes: _Eyes, call: str) -> None:
        self._eyes = eyes
        self._call = call

    def __call__(self, now: int) -> CallAt:
        seen = self._eyes.look(self._call, now)
        if seen is None:
            raise ValueError(f"{self._call} is not known yet at {now}")
        return seen


def _in_order(subsystem: str, cuts: Sequence[Cut]) -> list[Cut]:
    mine = sorted((cut for cut in cuts if cut.subsystem == subsystem), key=lambda cut: cut.start)
    if any(before.end > after.start for before, after in pairwise(mine)):
        raise ValueError(f"cuts of {subsystem} overlap")
    return mine


def _oracle_call(call: CallAt) -> OracleCall:
    facts = call.facts
    return OracleCall(
        call=facts.call,
        numbers=facts.numbers,
        train_class=facts.train_class,
        kind=facts.kind,
        origin=facts.origin,
        destination=facts.destination,
        running=facts.running,
        reason=facts.reason,
        arrival=_event(facts.arrival, call.arrival, unknown=facts.unknown("arrival")),
        departure=_event(facts.departure, call.departure, unknown=facts.unknown("departure")),
        planned_track=facts.planned_track,
        planned_platform=facts.planned_platform,
        track=facts.track,
        platform=facts.platform,
        gates=facts.gates,
        areas=facts.areas,
        exits=facts.exits,
        check_in_open=call.check_in_open,
        check_in_close=call.check_in_close,
        unconfirmed=call.unconfirmed,
    )


def _event(facts: EventFacts | None, best: Best | None, *, unknown: bool) -> OracleEvent | None:
    if facts is None or best is None:
        return None
    return OracleEvent(
        planned=facts.planned,
        expected=facts.expected,
        actual=facts.actual,
        flagged=facts.flagged,
        best=best.time,
        unknown=unknown,
        overdue=best.overdue,
    )
