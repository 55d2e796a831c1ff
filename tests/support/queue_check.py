"""The rules of the queue, held against what was really said: an oracle that plans nothing and reads the record alone.

It knows the rules as the table in `docs/announcing.md` has them and nothing of how they are kept. From what was asked
for (offers, seizures, holds, …) and from the proof of play it works out, for each moment at which anything happened,
what sounded, what waited and what kept it waiting, and says which rule was broken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stationmaster_broadcast.zones.plays import Play
from stationmaster_kernel.task import Task

__all__ = ["Asked", "Kept", "check_queue"]

NEVER = 10**12

RANKS = (9, 19, 29, 49, 69, 89, 2**31)
"""Up to which priority a class goes, highest first: emergency, microphone, operator, disruption, traffic, courtesy,
music."""

CUTS = {0: {1, 2, 3, 4, 5, 6}, 1: {2, 3, 4, 5, 6}, 2: {3, 4, 5, 6}, 3: {5, 6}, 4: {5, 6}, 5: {6}, 6: set()}
"""Which class cuts into which."""

MUSIC = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One announcement in one zone, from when until when somebody wanted it."""

    task: Task
    zone: str
    at: int
    gone: int = NEVER


@dataclass(slots=True, kw_only=True)
class Kept:
    """From when until when somebody had a zone (`who`, with his priority), or held it (`who` is empty)."""

    zone: str
    who: str
    priority: int = 0
    at: int
    until: int = NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Something that was heard in a zone without a break."""

    zone: str
    at: int
    until: int
    words: str
    from_s: float
    place: tuple[object, ...]
    priority: int
    rank: int
    seizer: bool
    play: Play
    ended: str


@dataclass(slots=True, kw_only=True)
class _Record:
    overlaps: Sequence[frozenset[str]]
    gap: int
    asked: dict[tuple[str, str], Asked]
    kept: Sequence[Kept]
    stretches: list[_Stretch] = field(default_factory=list)

    def near(self, zone: str) -> set[str]:
        return {zone}.union(*(each for each in self.overlaps if zone in each))

    def sounding(self, zone: str, at: int) -> list[_Stretch]:
        return [each for each in self.stretches if each.zone == zone and each.at <= at < each.until]

    def taken(self, zone: str, at: int, priority: int) -> bool:
        """Whether somebody has it, or one near it, who need not yield to this priority."""
        having = [each for each in self.kept if each.who and each.zone in self.near(zone)]
        return any(each.priority <= priority and each.at <= at < each.until for each in having)

    def held(self, zone: str, at: int) -> bool:
        return any(not each.who and each.zone in (zone, "*") and each.at <= at < each.until for each in self.kept)

    def gap_at(self, zone: str, at: int) -> bool:
        return any(
            each.zone in self.near(zone) and each.ended == "done" and each.until <= at < each.until + self.gap
            for each in self.stretches
        )


def check_queue(
    asked: Sequence[Asked],
    kept: Sequence[Kept],
    plays: Sequence[Play],
    *,
    overlaps: Sequence[frozenset[str]],
    gap: int,
    marks: Mapping[str, Sequence[float]],
) -> None:
    """Raise an AssertionError with the rule that was broken.

    Args:
        asked: all that was offered.
        kept: seizures and holds.
        plays: the record, complete: nothing plays any more.
        overlaps: sets of zones that share loudspeakers.
        gap: seconds between two announcements.
        marks: by SHA-256 of a sound, the seconds of it at which a sentence begins.

    """
    record = _Record(overlaps=overlaps, gap=gap, asked={(each.task.id, each.zone): each for each in asked}, kept=kept)
    tasks = [play for play in plays if (play.task, play.target) in record.asked]
    keys = [(play.task, play.target) for play in tasks]
    assert len(set(keys)) == len(keys), "rule 2: said twice"
    for play in plays:
        if play.begun is not None:
            record.stretches += _stretches(play, record, marks)
    _one_at_a_time(record)
    _in_time(record, tasks)
    _cut_by_right(record)
    moments = sorted(
        {each.at for each in record.stretches}
        | {each.until for each in record.stretches}
        | {each.until + gap for each in record.stretches}
        | {each.at for each in asked}
        | {moment for each in kept for moment in (each.at, each.until) if moment != NEVER}
    )
    begun = {(play.task, play.target): play for play in tasks}
    for at in moments:
        _in_order(record, begun, at)


def _stretches(play: Play, record: _Record, marks: Mapping[str, Sequence[float]]) -> list[_Stretch]:
    begins = [(play.begun, 0.0), *((each.resumed, each.from_s) for each in play.pauses if each.resumed is not None)]
    ends = [(each.at, "cut") for each in play.pauses] + [(play.ended, play.outcome)]
    asked = record.asked.get((play.task, play.target))
    heard = 0.0
    found = []
    for number, (at, from_s) in enumerate(begins):
        until, ended = ends[number]
        if number:
            pause = play.pauses[number - 1]
            assert pause.heard_s == heard, f"rule 9: {play.task} had been heard for {heard} s, not {pause.heard_s}"
            exact = asked is not None and _rank(asked.task.priority) == MUSIC
            due = heard if exact else max((each for each in marks[play.sha256] if each <= heard), default=0.0)
            assert from_s == due, f"rule 9: {play.task} goes on from {from_s}, not from {due}"
        if ended == "done":
            left = play.seconds - from_s
            assert left <= until - at < left + 1, f"rule 10: {play.task} of {left} s was cut off after {until - at} s"
        heard = min(play.seconds, from_s + (until - at))
        place = () if asked is None else _place(asked.task, begun=number > 0)
        seizers = {each.who: each.priority for each in record.kept if each.who}
        priority = seizers[play.rule] if asked is None else asked.task.priority
        made = _Stretch(
            zone=play.target,
            at=at,
            until=until,
            words=play.sha256,
            from_s=from_s,
            place=place,
            priority=priority,
            rank=_rank(priority),
            seizer=asked is None,
            play=play,
            ended=ended,
        )
        found.append(made)
    return [each for each in found if each.until > each.at]


def _rank(priority: int) -> int:
    return next(number for number, limit in enumerate(RANKS) if priority <= limit)


def _place(task: Task, *, begun: bool) -> tuple[object, ...]:
    return (task.priority, not begun, task.due, task.order, task.id)


def _one_at_a_time(record: _Record) -> None:
    for one in record.stretches:
        for other in record.stretches:
            if other is one or other.zone not in record.near(one.zone):
                continue
            if max(one.at, other.at) < min(one.until, other.until):
                same = (one.words, one.at, one.from_s) == (other.words, other.at, other.from_s)
                assert same, f"rule 1: {one.play.task} in {one.zone} and {other.play.task} in {other.zone} at once"


def _in_time(record: _Record, plays: Sequence[Play]) -> None:
    for play in plays:
        asked = record.asked[play.task, play.target]
        if play.begun is None:
            continue
        assert asked.at <= play.begun < asked.gone, f"rule 3: {play.task} begun when nobody wanted it"
        for at in (play.begun, *(each.resumed for each in play.pauses if each.resumed is not None)):
            together = [asked, *(record.asked[each, play.target] for each in play.together)]
            assert at < max(each.task.valid_until for each in together), f"rule 3: {play.task} too old at {at}"
        assert play.begun < asked.task.valid_until, f"rule 3: {play.task} too old"


def _cut_by_right(record: _Record) -> None:
    """What was cut was cut by something that began there and then with the right to, by a seizer or by hand."""
    for one in record.stretches:
        if one.ended == "done" or one.seizer or ("by hand" in one.play.detail and one.until == one.play.ended):
            continue
        near = record.near(one.zone)
        began = [each for each in record.stretches if each.at == one.until and each.zone in near and each is not one]
        right = any(one.rank in CUTS[each.rank] for each in began)
        seized = any(
            each.who and each.zone in near and each.at == one.until and each.priority <= one.priority
            for each in record.kept
        )
        assert right or seized, f"rule 6: {one.play.task} was cut at {one.until}, and nobody had the right to"


def _waiting(record: _Record, plays: Mapping[tuple[str, str], Play], at: int) -> list[tuple[tuple[object, ...], Asked]]:
    """What waits after all that happens at `at` has happened, in order."""
    found = []
    for key, asked in record.asked.items():
        if not asked.at <= at < asked.gone:
            continue
        play = plays.get(key)
        together = [asked] + ([] if play is None else [record.asked[each, asked.zone] for each in play.together])
        if play is None or play.begun is None:
            if (play is None or at < play.ended) and at < asked.task.valid_until:
                found.append((_place(asked.task, begun=False), asked))
        elif play.begun > at:
            if at < asked.task.valid_until:
                found.append((_place(asked.task, begun=False), asked))
        elif any(
            each.at <= at < (play.ended if each.resumed is None else each.resumed) for each in play.pauses
        ) and at < max(each.task.valid_until for each in together):
            lead = min(together, key=lambda each: _place(each.task, begun=True))
            if lead is asked:
                found.append((_place(asked.task, begun=True), asked))
    return sorted(found, key=lambda item: (item[0], item[1].zone))


def _is_blocked(record: _Record, asked: Asked, at: int) -> bool:
    """Whether something sounds that it may not cut, or the gap after something is not over."""
    rank = _rank(asked.task.priority)
    sounding = [each for zone in record.near(asked.zone) for each in record.sounding(zone, at)]
    gap = rank != 0 and record.gap_at(asked.zone, at)
    return gap or any(each.rank not in CUTS[rank] for each in sounding)


def _in_order(record: _Record, plays: Mapping[tuple[str, str], Play], at: int) -> None:
    waiting = _waiting(record, plays, at)
    free = [
        (place, each)
        for place, each in waiting
        if not record.taken(each.zone, at, each.task.priority)
        and (_rank(each.task.priority) == 0 or not record.held(each.zone, at))
    ]
    firsts: dict[str, tuple[tuple[object, ...], Asked]] = {}
    for place, each in free:
        firsts.setdefault(each.zone, (place, each))
    stuck = {
        zone
        for zone, (place, each) in firsts.items()
        if _is_blocked(record, each, at)
        or any(other < place and zone in record.near(higher.zone) for other, higher in firsts.values())
    }
    spread = True
    while spread:  # an announcement that waits for one zone waits for all that hang together with it
        spread = False
        for zone, (place, _) in firsts.items():
            if zone not in stuck and any(
                other in stuck and firsts[other][0] == place for other in record.near(zone) if other in firsts
            ):
                stuck.add(zone)
                spread = True
    for zone, (_, each) in firsts.items():
        assert zone in stuck, f"rule 5: {each.task.id} could be said in {zone} at {at}"
    for one in record.stretches:
        if one.at != at or one.seizer:
            continue
        assert not record.taken(one.zone, at, one.priority), (
            f"rule 7: {one.play.task} in {one.zone}, which somebody has seized"
        )
        assert one.rank == 0 or not record.held(one.zone, at), f"rule 8: {one.play.task} in {one.zone}, which is held"
        assert one.rank == 0 or not record.gap_at(one.zone, at), f"rule 11: {one.play.task} without a gap"
        lead = min(each.place for each in _together(record, one))
        for place, each in firsts.values():
            rest = one.at > one.play.begun and each.task.id == one.play.task  # it may have been cut at another place
            assert rest or place > lead or one.zone not in record.near(each.zone), (
                f"rule 4: {one.play.task} begins in {one.zone} before {each.task.id} in {each.zone}"
            )
        late = [
            each.task.id
            for _, each in waiting
            if one.at == one.play.begun
            and (_words(each.task), _rank(each.task.priority)) == (one.play.texts, one.rank)
            and _is_fresh(each, plays, at)
            and (each.zone == one.zone or (each.zone in record.near(one.zone) and _could_join(record, each, one)))
        ]
        assert not late, f"rule 12: {late} could have been said in one with {one.play.task}"


def _together(record: _Record, one: _Stretch) -> list[_Stretch]:
    """What began with it as one: the same at the same moment, in zones that hang together by overlaps."""
    same = [
        each
        for each in record.stretches
        if not each.seizer and (each.at, each.words, each.from_s) == (one.at, one.words, one.from_s)
    ]
    zones: set[str] = set()
    reached = {one.zone}
    while reached != zones:
        zones = reached
        reached = zones | {each.zone for each in same if record.near(each.zone) & zones}
    return [each for each in same if each.zone in zones]


def _could_join(record: _Record, asked: Asked, one: _Stretch) -> bool:
    """Whether nothing but `one` and the same elsewhere sounds where it would be heard, and nobody keeps it back."""
    sounding = [each for zone in record.near(asked.zone) for each in record.sounding(zone, one.at)]
    kept = record.held(asked.zone, one.at) or record.taken(asked.zone, one.at, asked.task.priority)
    return not (kept or record.gap_at(asked.zone, one.at)) and all(
        (each.words, each.at, each.from_s) == (one.words, one.at, one.from_s) for each in sounding
    )


def _is_fresh(asked: Asked, plays: Mapping[tuple[str, str], Play], at: int) -> bool:
    """Whether it has not begun by `at`."""
    play = plays.get((asked.task.id, asked.zone))
    return play is None or play.begun is None or play.begun > at


def _words(task: Task) -> tuple[tuple[str, str], ...]:
    return tuple((text.language, text.text) for text in task.texts)
