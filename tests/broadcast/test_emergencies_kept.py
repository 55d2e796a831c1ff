"""Whatever is called, ended, given and offered in whatever order: each zone says what the rules say it shall."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stationmaster_broadcast.emergencies.control import EmergencyPhase
from stationmaster_broadcast.emergencies.input_settings import InputKind, InputSettings
from stationmaster_broadcast.zones.queue_rules import QueueRules
from stationmaster_broadcast.zones.zone_plan import ZonePlan
from support.effort import scaled
from support.fake_broadcast import START, announcement, works
from support.fake_urgent import ZONES, UrgentHall, urgent_hall

NEIGHBOURS = {"a": {"a", "b"}, "b": {"a", "b"}, "c": {"c"}}
"""a and b share loudspeakers."""

RULES = QueueRules(plan=ZonePlan(overlaps=(frozenset({"a", "b"}),)))

INPUTS = (
    InputSettings(id="desk", contact="box", line="key", kind=InputKind.MICROPHONE, yields=("b",)),
    InputSettings(id="panel", contact="box", line="fire", kind=InputKind.FIRE, evacuate=("c",), latched=False),
)
LINES = frozenset({"key", "fire"})

SOME_ZONES = st.sets(st.sampled_from(ZONES))
STEP = st.one_of(
    st.tuples(st.just("call"), SOME_ZONES, st.sampled_from(["火", "烟", "水"])),
    st.tuples(st.just("end"), SOME_ZONES),
    st.tuples(st.just("one"), st.integers(0, 5)),
    st.tuples(st.just("offer"), SOME_ZONES, st.sampled_from([5, 15, 45, 65])),
    st.tuples(st.just("contacts"), st.sets(st.sampled_from(sorted(LINES)))),
    st.tuples(st.just("hold"), SOME_ZONES),
    st.tuples(st.just("wait"), st.integers(1, 12)),
    st.tuples(st.just("crash")),
)


@dataclass
class Oracle:
    """The emergencies under way by the words of `docs/emergency.md`: words and zones, the latest last."""

    under_way: list[tuple[str, set[str]]] = field(default_factory=list)

    def call(self, words: str, zones: set[str]) -> None:
        self.under_way = [each for each in self.under_way if each != (words, zones)] + [(words, zones)]

    def end(self, zones: set[str]) -> None:
        left = [(words, mine - zones) for words, mine in self.under_way]
        self.under_way = [each for each in left if each[1]]

    def heard(self) -> dict[str, str]:
        """By zone, the words of the emergency that has it; a zone beside that of a later one has none."""
        found: dict[str, str] = {}
        taken: set[str] = set()
        for words, zones in reversed(self.under_way):
            mine = zones - taken
            found.update(dict.fromkeys(mine, words))
            taken |= {near for zone in mine for near in NEIGHBOURS[zone]}
        return found


@settings(max_examples=scaled(15), deadline=None)
@given(steps=st.lists(STEP, max_size=25))
def test_each_zone_is_of_its_latest_emergency_and_of_nothing_else(tmp_path_factory: Any, steps: list[Any]) -> None:
    """An oracle of the rules beside the real performer: who has which zone; that nothing else sounds there or beside
    it; that a zone of nobody is free again; that a crash changes none of it.
    """
    folder = tmp_path_factory.mktemp("kept")
    held = urgent_hall(folder, rules=RULES, inputs=INPUTS)
    oracle = Oracle()
    closed: frozenset[str] = frozenset()
    for number, (what, *given_) in enumerate(steps):
        if what == "call":
            zones = given_[0] or set(ZONES)
            held.call(*sorted(zones), texts=(("zh", given_[1]),))
            oracle.call(given_[1], zones)
        elif what == "end":
            held.control.end_emergency("anna", sorted(given_[0]))
            oracle.end(given_[0] or set(ZONES))
        elif what == "one" and oracle.under_way:
            index = given_[0] % len(oracle.under_way)
            held.control.end_emergency("anna", name=held.emergencies.now[index].id)
            del oracle.under_way[index]
        elif what == "offer":
            task = announcement(f"G{number}", priority=given_[1], targets=tuple(sorted(given_[0])))
            held.hall.offer(*works(task))
        elif what == "contacts":
            before, closed = closed, frozenset(given_[0])
            held.inputs.device("box").seen(closed, LINES)
            held.machine(1.0)
            if "fire" in closed - before:
                oracle.call("疏散", {"c"})
            elif "fire" in before - closed:
                oracle.under_way = [each for each in oracle.under_way if each[0] != "疏散"]
        elif what == "hold":
            held.control.hold("anna", sorted(given_[0]))
        elif what == "wait":
            held.until(held.hall.clock.at - START + given_[0])
        elif what == "crash":
            held = urgent_hall(folder, rules=RULES, inputs=INPUTS, at=held.hall)
            held.inputs.device("box").seen(closed, LINES)
            held.machine(1.0)
        held.hall.turn()
        check(held, oracle)


def check(held: UrgentHall, oracle: Oracle) -> None:
    """Compare what sounds with what shall."""
    words = [each.texts[0][1] if not each.message else "疏散" for each in held.emergencies.now]
    assert words == [each[0] for each in oracle.under_way]
    phases = {(each.texts[0][1] if not each.message else "疏散"): each.phase for each in held.emergencies.now}
    shall = oracle.heard()
    for zone in ZONES:
        state = held.hall.performer.zones.get(zone)
        playing = state.playing if state is not None else None
        if zone in shall:
            if playing is None:
                assert phases[shall[zone]] is EmergencyPhase.PAUSE
            else:
                assert playing.by == "emergency"
        else:
            assert playing is None or playing.by != "emergency"
            if any(near in shall for near in NEIGHBOURS[zone]):
                assert playing is None
    assert held.emergencies.zones == frozenset(shall)
