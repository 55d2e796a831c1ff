"""Microphones and fire panels: they take and give back zones at once, are not fooled, and are missed when they go."""

from dataclasses import replace
from pathlib import Path

import pytest

from stationmaster_base.configuration import Faults, Table
from stationmaster_broadcast.emergencies.input_settings import InputKind, InputSettings, read_inputs
from stationmaster_broadcast.emergencies.urgent import UrgentSettings
from stationmaster_protocol.equipment import Condition, Severity
from support.fake_broadcast import announcement, works
from support.fake_urgent import UrgentHall, urgent_hall

LINES = frozenset({"key", "fire", "spare"})

MICROPHONE = InputSettings(
    id="desk", contact="box", line="key", kind=InputKind.MICROPHONE, yields=("a",), debounce_s=0.05, stuck_min=15
)
FIRE = InputSettings(
    id="panel", contact="box", line="fire", kind=InputKind.FIRE, yields=("c",), evacuate=("a", "b"), debounce_s=0.2
)


def seen(held: UrgentHall, *closed: str, wait: float = 1.0) -> None:
    """The box says that these are closed, and machine time goes on."""
    held.inputs.device("box").seen(frozenset(closed), LINES)
    held.machine(wait)


def test_a_microphone_has_its_zone_while_its_key_is_down(tmp_path: Path) -> None:
    """What plays there is cut within the debouncing, nothing begins, elsewhere all goes on; then it is free again."""
    held = urgent_hall(tmp_path, inputs=[MICROPHONE])
    seen(held)
    held.hall.offer(*works(announcement("G1", targets=("a", "b"))))
    held.step(1)
    held.inputs.device("box").seen(frozenset({"key"}), LINES)
    held.machine(0.04)
    assert held.playing() == {"a": "G1次列", "b": "G1次列"}
    held.machine(0.02)
    assert held.playing() == {"b": "G1次列"}
    assert held.inputs.given() == ("desk",)
    held.hall.offer(*works(announcement("G2", due=1, targets=("a",))))
    held.step(3)
    assert "a" not in held.playing()
    seen(held)
    assert held.playing()["a"] in ("G1次列", "G2次列")
    assert held.inputs.given() == ()


def test_a_contact_that_bounces_is_nothing(tmp_path: Path) -> None:
    """Closed and open again and again within the time: never given; and once it rests closed it is, once."""
    held = urgent_hall(tmp_path, inputs=[FIRE])
    for number in range(20):
        seen(held, *(("fire",) if number % 2 == 0 else ()), wait=0.15)
    assert held.inputs.given() == ()
    assert held.emergencies.now == ()
    seen(held, "fire", wait=0.19)
    assert held.inputs.given() == ()
    held.machine(0.02)
    assert held.inputs.given() == ("panel",)
    assert len(held.emergencies.now) == 1


def test_a_fire_panel_evacuates_where_it_shall_and_makes_room_where_it_shall(tmp_path: Path) -> None:
    """By its configuration, zone by zone; people are told; it goes on after the contact opens, until it is ended."""
    held = urgent_hall(tmp_path, inputs=[FIRE])
    held.hall.offer(*works(announcement("G1", targets=("c",))))
    seen(held, "fire")
    assert held.playing() == {"a": "tone", "b": "tone"}
    (now,) = held.emergencies.now
    assert (now.by, now.zones, now.message) == ("input panel", ("a", "b"), "evacuation")
    assert held.desk.alarms["fire/panel"].severity is Severity.ALARM
    seen(held)
    assert held.playing().keys() >= {"a", "b"}
    assert "fire/panel" not in held.desk.alarms
    held.control.end_emergency("anna")
    held.hall.turn()
    assert held.emergencies.now == ()


def test_an_alarm_that_a_person_has_ended_comes_back_only_when_it_is_given_anew(tmp_path: Path) -> None:
    """Also after a crash, with the contact still closed: the person's word holds."""
    held = urgent_hall(tmp_path, inputs=[FIRE])
    seen(held, "fire")
    held.control.end_emergency("anna")
    seen(held, "fire")
    assert held.emergencies.now == ()
    again = urgent_hall(tmp_path, inputs=[FIRE], at=held.hall)
    seen(again, "fire")
    assert again.inputs.given() == ("panel",)
    assert again.emergencies.now == ()
    seen(again)
    seen(again, "fire")
    assert len(again.emergencies.now) == 1


def test_a_crash_with_the_alarm_given_does_not_make_two_of_it(tmp_path: Path) -> None:
    """What goes on after the crash is what the contact called before it."""
    held = urgent_hall(tmp_path, inputs=[FIRE])
    seen(held, "fire")
    again = urgent_hall(tmp_path, inputs=[FIRE], at=held.hall)
    seen(again, "fire")
    assert [now.id for now in again.emergencies.now] == [now.id for now in held.emergencies.now]


def test_one_that_is_not_latched_ends_with_its_contact(tmp_path: Path) -> None:
    """And it is heard again when the contact closes again."""
    held = urgent_hall(tmp_path, inputs=[replace(FIRE, latched=False)])
    for _ in range(2):
        seen(held, "fire")
        assert len(held.emergencies.now) == 1
        seen(held)
        assert held.emergencies.now == ()


def test_a_lost_device_is_told_and_changes_nothing(tmp_path: Path) -> None:
    """Before and during an alarm: no false alarm, no false end; what it says when it is back counts."""
    held = urgent_hall(tmp_path, inputs=[MICROPHONE, FIRE])
    seen(held)
    held.inputs.device("box").lost("nothing comes from it")
    held.machine(60)
    sign = held.desk.alarms["contacts/box"]
    assert (sign.severity, dict(sign.texts)["en"]) == (
        Severity.ALARM,
        "Contacts box are lost, and fire alarms with them: nothing comes from it",
    )
    assert held.desk.there["contacts/box"].condition is Condition.ABSENT
    assert held.emergencies.now == ()
    seen(held, "fire", "key")
    assert "contacts/box" not in held.desk.alarms
    assert held.inputs.given() == ("desk", "panel")
    held.inputs.device("box").lost("unplugged")
    held.machine(60)
    assert held.inputs.given() == ("desk", "panel")
    assert len(held.emergencies.now) == 1
    seen(held)
    assert held.inputs.given() == ()


def test_a_contact_that_was_about_to_close_when_the_device_went_is_not_given(tmp_path: Path) -> None:
    """Half a closing is none: it has to close for its time again."""
    held = urgent_hall(tmp_path, inputs=[FIRE])
    seen(held, "fire", wait=0.1)
    held.inputs.device("box").lost("unplugged")
    held.machine(5)
    assert held.inputs.given() == ()


def test_a_line_that_the_device_has_not_is_told(tmp_path: Path) -> None:
    """A misspelt line is no silent hole: the device shows it, and the other inputs work."""
    held = urgent_hall(tmp_path, inputs=[replace(FIRE, line="fyre"), MICROPHONE])
    seen(held, "key")
    assert "it has no line fyre" in dict(held.desk.alarms["contacts/box"].texts)["en"]
    assert held.inputs.given() == ("desk",)
    assert "contacts/box" in held.desk.alarms


def test_a_loop_that_rests_closed_is_given_when_it_opens(tmp_path: Path) -> None:
    """The usual wiring of fire panels: a cut wire is an alarm."""
    held = urgent_hall(tmp_path, inputs=[replace(FIRE, rests="closed")])
    seen(held, "fire")
    assert held.inputs.given() == ()
    seen(held)
    assert held.inputs.given() == ("panel",)


def test_a_key_that_hangs_is_a_warning(tmp_path: Path) -> None:
    """After its minutes; it goes when the key is let go."""
    held = urgent_hall(tmp_path, inputs=[MICROPHONE])
    seen(held, "key")
    held.machine(15 * 60)
    assert held.desk.alarms["microphone/desk"].severity is Severity.WARNING
    seen(held)
    assert held.desk.alarms == {}


def test_an_emergency_is_heard_over_a_microphone_and_gives_it_back(tmp_path: Path) -> None:
    """The tone sounds where somebody speaks; the announcements stay out until he lets go."""
    held = urgent_hall(tmp_path, inputs=[MICROPHONE])
    seen(held, "key")
    held.call("a")
    assert held.playing() == {"a": "tone"}
    held.control.end_emergency("anna")
    held.hall.offer(*works(announcement("G1")))
    assert held.playing() == {}
    seen(held)
    assert held.playing() == {"a": "G1次列"}


def test_a_fire_before_the_station_is_known_is_not_forgotten(tmp_path: Path) -> None:
    """The zones come later, and then it is called."""
    held = urgent_hall(tmp_path, inputs=[replace(FIRE, evacuate=("*",), yields=())])
    held.station.clear()
    seen(held, "fire")
    assert held.emergencies.now == ()
    held.station.extend("abc")
    held.inputs.review()
    held.hall.turn()
    assert held.playing() == dict.fromkeys("abc", "tone")
    assert held.emergencies.now[0].everywhere


def test_a_zone_that_there_is_not_is_told_and_the_others_are_served(tmp_path: Path) -> None:
    """A zone that the station has lost does not silence the rest of the alarm."""
    held = urgent_hall(tmp_path, inputs=[replace(FIRE, evacuate=("a", "gone"))])
    held.inputs.review()
    assert "there is no zone gone" in dict(held.desk.alarms["fire/panel/zones"].texts)["en"]
    seen(held, "fire")
    assert held.playing() == {"a": "tone"}


def table(**body: object) -> Table:
    """`[broadcast]` with this in it."""
    return Table(body, "station.toml", Faults(), "broadcast")


def test_settings_are_read_and_every_fault_is_told(tmp_path: Path) -> None:
    """Names, kinds, zones and times, all at once."""
    good = table(
        contacts=[{"id": "box", "driver": "text-lines", "host": "io-1", "port": 7700}],
        input=[
            {"id": "panel", "contact": "box", "line": "fire", "kind": "fire", "evacuate": ["*"], "debounce_ms": 300}
        ],
    )
    (device,), (fire,) = read_inputs(good)
    assert (device.id, device.driver) == ("box", "text-lines")
    assert (fire.kind, fire.evacuate, fire.debounce_s, fire.latched) == (InputKind.FIRE, ("*",), 0.3, True)
    assert len(good.faults) == 0
    bad = table(
        contacts=[{"id": "box", "driver": "telepathy"}, {"id": "box"}],
        input=[
            {"id": "one", "contact": "bax", "line": "1", "kind": "flood", "yield": ["a"]},
            {"id": "one", "contact": "box", "line": "2", "yield": ["a"], "evacuate": ["a"], "colour": "red"},
            {"id": "two", "contact": "box", "line": "3"},
        ],
    )
    read_inputs(bad)
    told = [f"{fault.place}: {fault.problem}" for fault in bad.faults]
    assert told == [
        "broadcast.contacts[1].driver: 'telepathy' is not known",
        "broadcast.input[1].kind: 'flood' is not known",
        "broadcast.input[1].contact: 'bax' is not known",
        "broadcast.input[2].yield: 'a' stands in evacuate as well",
        "broadcast.input[2].colour: is not a key of this table",
        "broadcast.input[3].yield: is missing, and evacuate too",
        "broadcast.contacts: 'box' stands there twice",
        "broadcast.input: 'one' stands there twice",
    ]


def test_an_input_s_message_has_to_be_one(tmp_path: Path) -> None:
    """It is told at the start and not in the fire; with the other faults of the file."""
    body = table(
        emergency={"tone_s": 30},
        contacts=[{"id": "box", "driver": "text-lines"}],
        input=[{"id": "panel", "contact": "box", "line": "1", "evacuate": ["a"], "message": "flood"}],
    )
    UrgentSettings.from_table(body, tmp_path, tmp_path / "sounds")
    assert [f"{fault.place}: {fault.problem}" for fault in body.faults] == [
        "broadcast.emergency.tone_s: 30 is not possible",
        "broadcast.input.panel.message: 'flood' is not known",
    ]


@pytest.mark.parametrize("given", [True, False])
def test_a_new_start_reads_the_contacts_as_they_are(tmp_path: Path, given: bool) -> None:
    """A key that is down at the start counts, after its time."""
    held = urgent_hall(tmp_path, inputs=[MICROPHONE])
    seen(held, *(("key",) if given else ()))
    assert bool(held.inputs.given()) is given
