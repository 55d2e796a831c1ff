"""`[broadcast.queue]`: what it may say, what is wrong in it, and that the document says the truth."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from stationmaster_base.configuration import Faults, Table
from stationmaster_broadcast.speech.sound import Sound, join, measure, silence, starts
from stationmaster_broadcast.zones.chimes import CHIMES, LOUDNESS, Chime, chime
from stationmaster_broadcast.zones.classes import CLASSES, Interrupted, Wrong
from stationmaster_broadcast.zones.queue_rules import QueueRules
from stationmaster_broadcast.zones.volume import Softer
from stationmaster_broadcast.zones.zone_plan import ZonePlan
from support.fake_broadcast import CONFIGURATION, announcement, hall

DOCUMENT = Path(__file__).parents[2] / "docs" / "announcing.md"


def read(body: dict[str, Any]) -> tuple[QueueRules, list[str]]:
    """The rules, and the places of all faults."""
    faults = Faults()
    rules = QueueRules.from_table(Table(body, "station.toml", faults, "queue"))
    return rules, [fault.place for fault in faults]


def test_the_settings_of_the_document_are_read_as_it_says() -> None:
    """Its example has every key, and no fault."""
    text = re.search(r"```toml\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    rules, faults = read(tomllib.loads(text.group(1))["broadcast"]["queue"])
    assert faults == []
    assert rules.gap_s == 2
    assert rules.plan == ZonePlan(
        overlaps=(frozenset({"hall", "entrance"}),), groups=(("north", ("platform-1", "platform-2")),)
    )
    assert rules.softer == (Softer(start="22:00", end="06:00", gain_db=-9.0, types=("forecourt",)),)
    courtesy = rules.kind(announcement(priority=80))
    assert (courtesy.when_interrupted, courtesy.chime, courtesy.wrong) == (
        Interrupted.DROP,
        Chime.NONE,
        (Wrong.SUSPENDED, Wrong.PLATFORM),
    )
    assert rules.kind(announcement(rule="platform-change", priority=38)).times == 2
    assert rules.kind(announcement(priority=38)) == CLASSES[3]
    assert rules.unknown(CONFIGURATION.zones) == ("entrance", "hall", "platform-1", "platform-2")


def test_the_documents_table_of_classes_is_the_data() -> None:
    """Each row: priorities, what it cuts into, what becomes of it, its chime, whether nights are softer."""
    row = r"^\| `(\w+)` \| (\d+)\D.* \| (.+) \| `(\w+)` \| `(\w+)` \| (yes|no) \|$"
    rows = re.findall(row, DOCUMENT.read_text("utf-8"), re.MULTILINE)
    said = {each[0]: (int(each[1]), each[2], each[3], each[4], each[5] == "no") for each in rows}
    names = [kind.id for kind in CLASSES]
    first = 0
    for number, kind in enumerate(CLASSES):
        below = names[number + 1 :]
        cuts = "nothing" if not kind.cuts else ", ".join(kind.cuts)
        if list(kind.cuts) == below and len(below) > 2:
            cuts = "all below"
        assert said[kind.id] == (first, cuts, kind.when_interrupted.value, kind.chime.value, kind.full_volume)
        first = kind.up_to + 1


def test_nothing_need_be_said() -> None:
    """Then it is as the document's tables have it."""
    assert read({}) == (QueueRules(), [])


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"gap_s": -1}, "queue.gap_s"),
        ({"gap": 1}, "queue.gap"),
        ({"overlap": [{"zones": ["a"]}]}, "queue.overlap[1].zones"),
        ({"overlap": {}}, "queue.overlap"),
        ({"groups": {"north": "a"}}, "queue.groups.north"),
        ({"classes": {"choir": {}}}, "queue.classes.choir"),
        ({"classes": {"traffic": {"cuts": ["disruption"]}}}, "queue.classes.traffic.cuts[0]"),
        ({"classes": {"traffic": {"chime": "gong"}}}, "queue.classes.traffic.chime"),
        ({"classes": {"traffic": {"up_to": 3}}}, "queue.classes.traffic.up_to"),
        ({"rules": {"x": {"times": 9}}}, "queue.rules.x.times"),
        ({"rules": {"x": {"wrong": ["late"]}}}, "queue.rules.x.wrong[0]"),
        ({"rules": {"x": {"when_interrupted": "cry"}}}, "queue.rules.x.when_interrupted"),
        ({"volume": [{"from": "24:00", "until": "06:00", "gain_db": -3}]}, "queue.volume[1].from"),
        ({"volume": [{"from": "22:00", "until": "06:00", "gain_db": -90}]}, "queue.volume[1].gain_db"),
        ({"volume": [{"from": "22:00", "gain_db": -9}]}, "queue.volume[1].until"),
    ],
)
def test_each_fault_is_told_at_its_place(body: dict[str, Any], place: str) -> None:
    """And only there."""
    assert read(body)[1] == [place]


def test_zones_that_the_station_has_not_are_told(tmp_path: Path) -> None:
    """The settings know no station, so it is seen when the station is there."""
    plan = ZonePlan(overlaps=(frozenset({"a", "hall"}),), groups=(("north", ("b", "roof")),))
    held = hall(tmp_path, rules=QueueRules(plan=plan, softer=(Softer(start="1", end="2", gain_db=0, zones=("c",)),)))
    assert held.performer.problem == "[broadcast.queue] names zones that the station has not: hall, roof"
    assert plan.members(["north", "c", "b"]) == ("b", "roof", "c")


def test_every_chime_begins_and_ends_softly_and_clips_nothing() -> None:
    """At the rates of engines; each is another one, and softer than speech's peaks."""
    made = {}
    for which in Chime:
        for rate in (8000, 22050):
            sound = chime(rate, which)
            assert abs(sound.seconds - CHIMES[which].seconds) < 0.001
            if which is Chime.NONE:
                continue
            assert max(map(abs, sound.samples[:10])) < LOUDNESS / 4
            assert max(map(abs, sound.samples[-10:])) < 100
            assert 2000 < measure(sound).peak < 20000
        made[which] = tuple(sound.samples)
    assert len(set(made.values())) == len(Chime)


def test_where_something_begins_after_a_pause() -> None:
    """Pauses of 0.25 s and more count, shorter ones within a sentence do not; a breath before is kept."""
    hum = Sound(rate=8000, samples=chime(8000).samples[:4000])
    parts = [hum, silence(8000, 0.5), hum, silence(8000, 0.15), hum, silence(8000, 0.27), hum]
    found = starts(join(parts))
    assert [round(each, 2) for each in found] == [0.97, 2.39]


def test_softer_over_midnight() -> None:
    """From the first to the last minute, and not one more."""
    night = Softer(start="22:00", end="06:00", gain_db=-9.0)
    assert [night.holds(clock) for clock in ("21:59", "22:00", "00:00", "05:59", "06:00")] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert Softer(start="12:00", end="13:00", gain_db=-1.0).holds("12:30")
