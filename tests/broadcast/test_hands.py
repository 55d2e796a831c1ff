"""What people do by hand, and the commands of the open protocol that do the same."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from twisted.internet.defer import Deferred

from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_broadcast.commands import ACTIONS, BroadcastCommands
from stationmaster_broadcast.emergencies import hand_volume
from stationmaster_broadcast.emergencies.control import EmergencyOrder
from stationmaster_broadcast.emergencies.hand_volume import SILENT_DB, HandVolume
from stationmaster_broadcast.zones.queue_rules import QueueRules
from stationmaster_broadcast.zones.zone_plan import ZonePlan
from stationmaster_protocol.commands import Command, CommandResult, CommandState, Parameter
from stationmaster_protocol.equipment import Condition, Device
from stationmaster_protocol.scalars import stamp_of
from support.fake_broadcast import START, announcement, works
from support.fake_urgent import UrgentHall, urgent_hall

HALL = QueueRules(plan=ZonePlan(groups=(("halls", ("a", "b")),)))


def commanded(
    held: UrgentHall, action: str, *targets: str, devices: tuple[str, ...] = (), **given: str
) -> CommandResult:
    """Give a command; what came of it at once."""
    found: list[CommandResult] = []
    result = commands(held).command(command(action, *targets, devices=devices, **given))
    if isinstance(result, Deferred):
        result.addCallback(found.append)
    else:
        found.append(result)
    held.hall.turn()
    return found[0]


def commands(held: UrgentHall) -> BroadcastCommands:
    """The performer of commands, with an amplifier of zone a and a rack of none."""
    devices = {
        name: Device(id=name, kind="amplifier", condition=Condition.OK, since=START, targets=targets)
        for name, targets in (("amplifier-1", ("a",)), ("rack", ()))
    }
    return BroadcastCommands(
        control=lambda: held.control, clock=held.hall.clock, device=devices.get, language=lambda: "zh"
    )


def command(action: str, *targets: str, devices: tuple[str, ...] = (), **given: str) -> Command:
    """One command; `text_en` is the parameter `text.en`."""
    return Command(
        id="c1",
        action=action,
        by="anna",
        expires=stamp_of(START + 60),
        targets=targets,
        devices=devices,
        parameters=tuple(Parameter(name=name.replace("_", "."), value=value) for name, value in given.items()),
    )


def test_an_emergency_is_commanded_and_ended(tmp_path: Path) -> None:
    """Zones or groups of them, a message or words of one's own; the answer names the emergency."""
    held = urgent_hall(tmp_path, rules=HALL)
    result = commanded(held, "emergency", "halls", message="evacuation")
    assert (result.state, result.detail) == (CommandState.DONE, "boot.1, a, b")
    assert held.playing() == {"a": "tone", "b": "tone"}
    commanded(held, "emergency", text="站台有烟", text_en="Smoke")
    assert held.emergencies.now[-1].texts == (("zh", "站台有烟"), ("en", "Smoke"))
    assert held.emergencies.now[-1].everywhere
    assert commanded(held, "emergency-end", id="boot.2").detail == "boot.2"
    assert [each.id for each in held.emergencies.now] == ["boot.1"]
    assert commanded(held, "emergency-end").detail == "boot.1"
    assert held.emergencies.now == ()
    assert commanded(held, "emergency-end").state is CommandState.DONE


def test_a_zone_is_stopped_held_and_released(tmp_path: Path) -> None:
    """Stop ends what plays, skip leaves out what is next, hold keeps what waits; a device stands for its zones."""
    held = urgent_hall(tmp_path)
    held.hall.offer(*works(announcement("G1", targets=("a", "b"))), *works(announcement("G2", order=1)))
    assert commanded(held, "skip", "a", task="QHD/2026-03-01/G2/1/open/1").detail == "a"
    assert commanded(held, "hold", devices=("amplifier-1",)).detail == "a"
    assert commanded(held, "stop", "a").detail == "a"
    held.hall.offer(*works(announcement("G3", order=2)))
    assert held.playing() == {"b": "G1次列"}
    assert held.control.held() == ("a",)
    assert commanded(held, "release").detail == "a"
    assert held.playing()["a"] == "G3次列"
    assert commanded(held, "stop", "c").detail == ""
    outcomes = {(entry[2].split("/")[2], entry[3]): entry[1] for entry in held.hall.agent.said if entry[1] != "begin"}
    assert outcomes == {("G2", "a"): "failed", ("G1", "a"): "interrupted"}


def test_a_held_station_is_released_zone_by_zone(tmp_path: Path) -> None:
    """Held as a whole and then let go in one zone, it stays held in the others."""
    held = urgent_hall(tmp_path)
    assert commanded(held, "hold").detail == "a, b, c"
    assert commanded(held, "release", "b").detail == "b"
    assert held.control.held() == ("a", "c")
    held.hall.offer(*works(announcement("G1", targets=("a", "b", "c"))))
    assert held.playing() == {"b": "G1次列"}


def test_an_emergency_is_not_stopped_by_the_way(tmp_path: Path) -> None:
    """Who stops its zone is told to end it; a stop of all zones leaves it alone."""
    held = urgent_hall(tmp_path)
    held.hall.offer(*works(announcement("G1", targets=("a", "b"))))
    held.call("a")
    with pytest.raises(StationError) as refused:
        held.control.stop("anna", ["a"])
    assert refused.value.code == "emergency-under-way"
    assert held.control.stop("anna") == ("b",)
    held.hall.turn()
    assert held.playing() == {"a": "tone"}


def test_volume_by_hand_holds_for_announcements_and_not_for_emergencies(tmp_path: Path) -> None:
    """Half is 6 dB softer, none is silence, an emergency is as loud as ever; it holds after a new start."""
    held = urgent_hall(tmp_path)
    assert commanded(held, "volume", "a", "b", percent="50").detail == "a, b"
    assert commanded(held, "volume", "b", percent="0").state is CommandState.DONE
    assert held.volume.gain_db("a") == pytest.approx(-6.02, abs=0.01)
    assert held.volume.gain_db("b") == SILENT_DB
    assert held.volume.gain_db("c") is None
    assert HandVolume(tmp_path / "volume.json").by_zone == (("a", 50), ("b", 0))
    assert commanded(held, "volume").state is CommandState.DONE
    assert HandVolume(tmp_path / "volume.json").by_zone == ()


def test_a_volume_that_cannot_be_kept_is_set_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, and a file of nonsense: in words, and the process goes on."""
    (tmp_path / "volume.json").write_text('["loud"]', "utf-8")
    volume = HandVolume(tmp_path / "volume.json")
    assert volume.by_zone == ()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(hand_volume, "write_durably", full)
    with pytest.raises(StationError, match="No space left") as told:
        volume.set(["a"], 30)
    assert told.value.code == "not-stored"
    assert volume.by_zone == (("a", 30),)


def test_a_test_sounds_where_nothing_else_does(tmp_path: Path) -> None:
    """A free zone is well after its second; one in use is left alone and says so."""
    held = urgent_hall(tmp_path)
    held.hall.offer(*works(announcement("G1", targets=("b",))))
    result = commands(held).command(command("test", "a", "b"))
    found: list[CommandResult] = []
    assert isinstance(result, Deferred)
    result.addCallback(found.append)
    held.hall.turn()
    assert held.playing() == {"a": "tone", "b": "G1次列"}
    held.step(1)
    held.hall.turn()
    (told,) = found
    assert (told.state, told.code, told.detail) == (CommandState.FAILED, "test-failed", "a: well; b: it is in use")
    held.hall.offer(*works(announcement("G2", due=1)))
    assert held.playing()["a"] == "G2次列"


def test_a_test_that_is_cut_short_or_of_dead_loudspeakers_fails(tmp_path: Path) -> None:
    """An emergency goes before it; and a zone whose outputs are in trouble is not well because a file was written."""
    held = urgent_hall(tmp_path)
    found: list[CommandResult] = []
    result = commands(held).command(command("test", "a"))
    assert isinstance(result, Deferred)
    result.addCallback(found.append)
    held.hall.turn()
    held.call("a")
    held.hall.turn()
    assert found[0].detail == "a: it was cut short"
    assert held.playing() == {"a": "tone"}


@pytest.mark.parametrize(
    ("action", "targets", "given", "code"),
    [
        ("emergency", ("x",), {}, "no-such-zone"),
        ("emergency", (), {"message": "flood"}, "no-such-message"),
        ("emergency", (), {"massage": "evacuation"}, "bad-parameter"),
        ("emergency", (), {"message": "evacuation", "text": "火"}, "bad-parameter"),
        ("emergency", (), {"text": "火" * 501}, "bad-parameter"),
        ("emergency", (), {"text_": "火"}, "bad-parameter"),
        ("emergency", (), {"text_EN:1": "fire"}, "bad-parameter"),
        ("volume", ("a",), {"percent": "101"}, "bad-parameter"),
        ("volume", ("a",), {"percent": "½"}, "bad-parameter"),
        ("stop", ("a",), {"percent": "1"}, "bad-parameter"),
        ("hold", ("x",), {}, "no-such-zone"),
        ("skip", ("x",), {}, "no-such-zone"),
        ("release", ("x",), {}, "no-such-zone"),
        ("test", ("x",), {}, "no-such-zone"),
    ],
)
def test_what_cannot_be_is_told_in_words_and_nothing_is_done(
    tmp_path: Path, action: str, targets: tuple[str, ...], given: dict[str, str], code: str
) -> None:
    """Misspelt zones, messages and parameters."""
    held = urgent_hall(tmp_path)
    with pytest.raises(StationError) as refused:
        commands(held).command(command(action, *targets, **given))
    assert refused.value.code == code
    held.hall.turn()
    assert held.playing() == {}
    assert held.control.held() == ()


def test_unknown_actions_and_devices_are_refused(tmp_path: Path) -> None:
    """The answer names what there is; a device that serves no zone is none that can be meant."""
    held = urgent_hall(tmp_path)
    result = commanded(held, "dance")
    assert (result.state, result.code) == (CommandState.REFUSED, "unknown-action")
    assert all(action in result.detail for action in ACTIONS)
    with pytest.raises(StationError, match="serves no zone"):
        commands(held).command(command("stop", devices=("rack",)))


def test_who_called_it_is_told_without_what_could_harm_a_page(tmp_path: Path) -> None:
    """Control characters in names and words are taken out before anybody is told."""
    held = urgent_hall(tmp_path)
    held.control.emergency(EmergencyOrder(by="an\x00na", zones=("a",), texts=(("zh", "站台\x07有烟"),)))
    (now,) = held.emergencies.now
    assert "\x00" not in now.by
    assert "\x07" not in now.texts[0][1]
    assert now.since == Instant(START)
