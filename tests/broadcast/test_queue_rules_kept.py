"""Whatever is asked for, seized, held, stopped and withdrawn in a minute: the rules of the queue are kept."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmaster_agent.work import Work
from stationmaster_broadcast.speech.recording import Recording
from stationmaster_broadcast.speech.silent_engine import SilentEngine
from stationmaster_broadcast.speech.sound import read_wave, silence, starts, write_wave
from stationmaster_broadcast.zones.performer import BroadcastPerformer
from stationmaster_broadcast.zones.queue_rules import QueueRules
from stationmaster_broadcast.zones.zone_plan import ZonePlan
from support.effort import scaled
from support.fake_broadcast import START, Hall, announcement, hall, works
from support.queue_check import Asked, Kept, check_queue

ZONES = ("a", "b", "c", "d")
OVERLAPS = (frozenset("ab"), frozenset("bc"))
PRIORITIES = (5, 25, 35, 40, 50, 50, 55, 75, 80, 120)
WORDS = ("请注意安全。", "G1次列车开始检票。请到一检票口。", "车站禁止吸烟", "开往北京方向的列车晚点")


class Minute:
    """One minute of requests, drawn from a seed, and what was asked for in it."""

    def __init__(self, folder: Path, seed: int, requests: int, gap: int) -> None:
        self.random = random.Random(seed)
        self.rules = QueueRules(gap_s=gap, plan=ZonePlan(overlaps=OVERLAPS))
        self.hall: Hall = hall(folder, engine=SilentEngine(), rules=self.rules)
        self.asked: list[Asked] = []
        self.kept: list[Kept] = []
        self.offered: list[tuple[Asked, Work]] = []
        self.told: list[str] = []
        write_wave(folder / "tone.wav", silence(4000, 4.5))
        self.tone = Recording(key="tone", path=folder / "tone.wav", seconds=4.5, sha256="tone")
        self.requests = sorted(self.random.randint(0, 60) for _ in range(requests))

    @property
    def performer(self) -> BroadcastPerformer:
        """What is tried."""
        return self.hall.performer

    def run(self) -> None:
        """All requests at their seconds, and on until nothing plays and nothing is kept back."""
        at = 0
        while True:
            self.step(at)
            ends = self.performer.next_at()
            moments = [self.requests[0]] if self.requests else []
            moments += [] if ends is None else [ends - START]
            moments += [asked.task.valid_until - START for asked, _ in self.offered]
            if not self.requests and any(each.until > at + START for each in self.kept):
                self.let_go(at + 1)
                at += 1
                continue
            if not moments:
                return
            at = max(at + 1, min(moments))

    def step(self, at: int) -> None:
        """What is asked for at this second, then a turn of the reactor."""
        self.hall.clock.at = START + at
        self.hall.timer.poke()
        for asked, work in self.offered:  # as the agent does it
            if asked.task.valid_until <= START + at:
                self.performer.retract(work)
        self.offered = [item for item in self.offered if item[0].task.valid_until > START + at]
        while self.requests and self.requests[0] <= at:
            self.requests.pop(0)
            self.request(at)
        self.hall.turn()
        assert self.performer.quiet(), f"something could be done at {at}"

    def request(self, at: int) -> None:
        """One of the things that can be asked for."""
        what = self.random.choices(
            (self.offer, self.retract, self.seize, self.release, self.sound, self.hold, self.stop, self.skip),
            (70, 8, 5, 6, 5, 4, 3, 3),
        )[0]
        what(START + at)

    def offer(self, at: int) -> None:
        """An announcement is due in some zones."""
        number = len(self.asked)
        zones = tuple(sorted(self.random.sample(ZONES, self.random.randint(1, 3))))
        task = announcement(
            f"G{number}",
            due=at - START,
            valid=self.random.choice((5, 20, 60, 300, 2000)),
            order=self.random.randint(0, 100),
            priority=self.random.choice(PRIORITIES),
            targets=zones,
            zh=self.random.choice((*WORDS, f"第{number}次列车" * self.random.randint(1, 4))),
            en=self.random.choice(("", "Attention please.")),
        )
        for work in works(task):
            asked = Asked(task=task, zone=work.target, at=at)
            self.asked.append(asked)
            self.offered.append((asked, work))
            self.performer.offer(work)

    def retract(self, at: int) -> None:
        """One that may still wait is withdrawn."""
        if not self.offered:
            return
        asked, work = self.random.choice(self.offered)
        waits = any(item.work is work for item in self.performer.zones[asked.zone].queue.ordered())
        self.performer.retract(work)
        if waits:
            self.asked[self.asked.index(asked)] = replace(asked, gone=at)
            self.offered.remove((asked, work))

    def seize(self, at: int) -> None:
        """A microphone or an alarm takes some zones."""
        by, priority = self.random.choice((("microphone", 10), ("fire", 0)))
        for zone in self.random.sample(ZONES, self.random.randint(1, 2)):
            self.performer.seize([zone], by, why=f"{by} on", priority=priority)
            if not any((each.zone, each.who) == (zone, by) and each.until > at for each in self.kept):
                self.kept.append(Kept(zone=zone, who=by, priority=priority, at=at))

    def release(self, at: int) -> None:
        """Somebody lets a zone go."""
        mine = [each for each in self.kept if each.who and each.until > at]
        if mine:
            kept = self.random.choice(mine)
            kept.until = at
            self.performer.release([kept.zone], kept.who)

    def sound(self, at: int) -> None:
        """Whoever has a zone sounds something in all that he has."""
        mine = [each for each in self.kept if each.who and each.until > at]
        if mine:
            who = self.random.choice(mine).who
            zones = [each.zone for each in mine if each.who == who]
            if self.performer.sound_now(zones, who, self.tone, [], ended=lambda: self.told.append("ended")):
                self.told.append("begun")

    def hold(self, at: int) -> None:
        """A zone or the station is held, or let go."""
        zone = self.random.choice((*ZONES, None))
        held = [each for each in self.kept if not each.who and each.zone == (zone or "*") and each.until > at]
        self.performer.hold(zone, not held)
        if held:
            held[0].until = at
        else:
            self.kept.append(Kept(zone=zone or "*", who="", at=at))

    def stop(self, _at: int) -> None:
        """What plays in a zone is stopped by hand."""
        self.performer.stop(self.random.choice(ZONES))

    def skip(self, _at: int) -> None:
        """What comes next in a zone is not said."""
        self.performer.skip(self.random.choice(ZONES))

    def let_go(self, at: int) -> None:
        """Afterwards nothing is kept back any more."""
        for each in self.kept:
            if each.until > at + START:
                each.until = at + START
                if each.who:
                    self.performer.release([each.zone], each.who)
                else:
                    self.performer.hold(None if each.zone == "*" else each.zone, False)

    def check(self) -> None:
        """Hold the record against the rules."""
        plays = self.hall.plays.after(0)
        marks = {
            play.sha256: starts(read_wave(self.hall.folder / play.file))
            for play in plays
            if play.file and play.sha256 != "tone"
        }
        check_queue(self.asked, self.kept, plays, overlaps=OVERLAPS, gap=self.rules.gap_s, marks=marks)
        assert self.told.count("begun") == self.told.count("ended")
        said = {(play.task, play.target) for play in plays}
        unsaid = [each for each in self.asked if (each.task.id, each.zone) not in said and each.gone > 10**11]
        assert len(unsaid) == self.performer.figures.too_old
        begun = [each for each in self.hall.agent.said if each[1] == "begin"]
        assert len(begun) == len({each[2:] for each in begun})


@settings(max_examples=scaled(15), deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40), st.sampled_from((0, 0, 2)))
def test_any_minute_keeps_every_rule(
    tmp_path_factory: pytest.TempPathFactory, seed: int, requests: int, gap: int
) -> None:
    """The table in `docs/announcing.md` holds of the proof of play, whatever was asked for."""
    minute = Minute(tmp_path_factory.mktemp("minute"), seed, requests, gap)
    minute.run()
    minute.check()


def test_two_hundred_conflicting_requests_in_a_minute_keep_every_rule(tmp_path: Path) -> None:
    """As many as a big disruption brings, in four zones of which three share loudspeakers."""
    minute = Minute(tmp_path, 7, 200, 1)
    minute.run()
    minute.check()
    assert len(minute.asked) > 200
    assert minute.performer.figures.resumed > 0
