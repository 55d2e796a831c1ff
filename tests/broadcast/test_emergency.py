"""An emergency is heard at once, over everything, to the second, and until it is ended."""

import errno
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from stationmaster_base.errors import StationError
from stationmaster_broadcast.emergencies.control import EmergencyOrder, EmergencyPhase
from stationmaster_broadcast.emergencies.emergency_settings import EmergencySettings, MessageSettings
from stationmaster_broadcast.emergencies.emergency_state import EmergencyState, StateFile
from stationmaster_broadcast.emergencies.emergency_tone import emergency_tone
from stationmaster_broadcast.loudspeakers.outputs import Saying, Silent
from stationmaster_broadcast.speech.recording import Utterance
from stationmaster_broadcast.speech.sound import Sound, measure, write_wave
from stationmaster_broadcast.zones.plays import PlayLog
from stationmaster_broadcast.zones.queue_rules import QueueRules
from stationmaster_broadcast.zones.zone_plan import ZonePlan
from support.fake_broadcast import START, FakeEngine, announcement, works
from support.fake_urgent import UrgentHall, urgent_hall

SHORT = (("zh", "疏散"),)
"""Words that the fake engine speaks in a fifth of a second, so with the silence around them in one."""


def settings(folder: Path, **more: object) -> EmergencySettings:
    """Settings with one short message."""
    kept = folder / "emergency"
    message = (MessageSettings(id="fire", texts=SHORT), MessageSettings(id="attention", texts=(("zh", "注意"),)))
    return replace(EmergencySettings(state=kept / "state.json", kept=kept, messages=message), **more)


def short(folder: Path, **more: object) -> UrgentHall:
    """A hall with one short message."""
    return urgent_hall(folder, settings=settings(folder), **more)


def test_the_tone_begins_in_the_turn_of_the_call_and_speech_follows_it_at_once(tmp_path: Path) -> None:
    """Six seconds of tone, the message, two seconds of silence, the tone again: each second is exact, in every zone."""
    held = short(tmp_path)
    held.call()
    assert held.playing() == dict.fromkeys("abc", "tone")
    held.until(17)
    for zone in "abc":
        assert [entry for entry in held.heard() if entry[2] == zone] == [
            (0, 6, zone, "tone", "done"),
            (6, 7, zone, "疏散", "done"),
            (9, 15, zone, "tone", "done"),
            (15, 16, zone, "疏散", "done"),
        ]
    (now,) = held.emergencies.now
    assert (now.rounds, now.phase, now.problem) == (2, EmergencyPhase.PAUSE, "")
    assert (now.by, now.since, now.everywhere, now.message) == ("anna", START, True, "fire")


def test_it_cuts_into_what_plays_and_holds_back_what_waits_until_it_is_ended(tmp_path: Path) -> None:
    """Also in a zone that is held by hand; where nobody called it, announcements go on."""
    held = short(tmp_path)
    held.control.hold("anna", ["b"])
    held.hall.offer(*works(announcement("G1", targets=("a", "c"))))
    held.step(1)
    name = held.call("a", "b")
    assert held.playing() == {"a": "tone", "b": "tone", "c": "G1次列"}
    held.hall.offer(*works(announcement("G2", due=1)))
    held.until(8)
    assert "G2次列" not in held.playing().values()
    assert held.control.end_emergency("anna", name=name) == (name,)
    held.hall.turn()
    assert held.emergencies.now == ()
    assert held.playing()["a"] in ("G1次列", "G2次列")
    assert "b" not in held.playing()


def test_the_later_emergency_is_heard_and_the_earlier_again_after_it(tmp_path: Path) -> None:
    """Only in the zones of both; the earlier begins with its tone."""
    held = short(tmp_path)
    first = held.call()
    held.until(7)
    second = held.call("a", texts=(("zh", "站台有烟"),))
    assert held.playing() == {"a": "tone"}
    held.until(10)
    assert held.playing() == {"a": "tone", "b": "tone", "c": "tone"}
    held.until(13)
    assert held.playing()["a"] == "站台有烟"
    held.control.end_emergency("anna", name=second)
    held.hall.turn()
    assert held.playing() == dict.fromkeys("abc", "tone")
    whole = held.call("a", "b", "c", texts=(("zh", "全站"),))
    assert [each.phase for each in held.emergencies.now] == [EmergencyPhase.COVERED, EmergencyPhase.TONE]
    assert set(held.control.end_emergency("anna")) == {first, whole}
    held.hall.turn()
    assert held.playing() == {}


def test_zones_that_share_loudspeakers_have_one_emergency(tmp_path: Path) -> None:
    """The later one takes the neighbour as well, or the two would cut each other off for ever."""
    rules = QueueRules(plan=ZonePlan(overlaps=(frozenset({"a", "b"}),)))
    held = short(tmp_path, rules=rules)
    held.call("a")
    later = held.call("b", texts=(("zh", "站台有烟"),))
    assert held.playing() == {"b": "tone"}
    held.until(30)
    assert [entry[2:4] for entry in held.heard() if entry[0] > 0] != []
    assert {entry[2] for entry in held.heard() if entry[0] > 0} == {"b"}
    held.control.end_emergency("anna", name=later)
    held.hall.turn()
    assert held.playing() == {"a": "tone"}


def test_it_can_be_ended_in_some_of_its_zones(tmp_path: Path) -> None:
    """What is ended everywhere but in one zone goes on in that one, without beginning again."""
    held = short(tmp_path)
    name = held.call()
    held.step(2)
    assert held.control.end_emergency("bo", ["a", "b"]) == (name,)
    held.hall.turn()
    (now,) = held.emergencies.now
    assert (now.zones, now.everywhere) == (("c",), False)
    held.until(8)
    assert [entry for entry in held.heard() if entry[2] == "c"] == [
        (0, 6, "c", "tone", "done"),
        (6, 7, "c", "疏散", "done"),
    ]
    assert held.control.end_emergency("bo", ["a"]) == ()
    assert held.control.end_emergency("bo", ["c"]) == (name,)
    assert held.emergencies.now == ()


def test_the_same_call_again_is_the_same_emergency(tmp_path: Path) -> None:
    """A nervous finger does not make ten, of which nine go on."""
    held = short(tmp_path)
    names = {held.call("b", "a"), held.call("a", "b"), held.call("a", "b", by="bo")}
    assert len(names) == 1
    assert len(held.emergencies.now) == 1
    held.until(8)
    assert [entry[:4] for entry in held.heard()] == [
        (0, 6, "a", "tone"),
        (0, 6, "b", "tone"),
        (6, 7, "a", "疏散"),
        (6, 7, "b", "疏散"),
    ]


def test_an_engine_that_hangs_lengthens_the_tone_to_ten_seconds_and_no_more(tmp_path: Path) -> None:
    """Then what was made ready before is said in its place, and the words themselves as soon as they are there."""
    engine = FakeEngine()
    held = short(tmp_path, engine=engine)
    engine.by_hand = True
    held.call("a", texts=(("zh", "站台有烟"),))
    held.until(12)
    assert held.heard() == [
        (0, 6, "a", "tone", "done"),
        (6, 8, "a", "tone", "done"),
        (8, 10, "a", "tone", "done"),
        (10, 11, "a", "注意", "done"),
    ]
    assert held.emergencies.now[0].problem == "the message cannot be spoken"
    assert "emergency-problem" in held.desk.alarms
    held.until(15)
    engine.go_on()
    held.hall.turn()
    held.until(22)
    assert held.heard()[4:] == [(13, 19, "a", "tone", "done"), (19, 21, "a", "站台有烟", "done")]
    assert "emergency-problem" not in held.desk.alarms


def test_speech_that_is_late_by_a_second_is_said_after_two_more_seconds_of_tone(tmp_path: Path) -> None:
    """The tone is lengthened by pieces, so nobody waits for the tenth second."""
    engine = FakeEngine()
    held = short(tmp_path, engine=engine)
    engine.by_hand = True
    held.call("a", texts=(("zh", "站台有烟"),))
    held.until(7)
    engine.go_on()
    held.hall.turn()
    held.until(9)
    assert [entry[:4] for entry in held.heard()] == [(0, 6, "a", "tone"), (6, 8, "a", "tone")]
    assert held.playing() == {"a": "站台有烟"}


def test_an_engine_that_never_spoke_leaves_the_tone(tmp_path: Path) -> None:
    """Not one sound is there: ten seconds of tone, a pause, and again; somebody was told of it beforehand."""
    engine = FakeEngine(by_hand=True)
    held = short(tmp_path, engine=engine)
    held.emergencies.end("anna")
    held.call("a")
    assert "emergency-not-ready" in held.desk.alarms
    held.until(25)
    assert [entry[:4] for entry in held.heard()] == [
        (0, 6, "a", "tone"),
        (6, 8, "a", "tone"),
        (8, 10, "a", "tone"),
        (12, 18, "a", "tone"),
        (18, 20, "a", "tone"),
        (20, 22, "a", "tone"),
    ]


def test_a_full_disk_costs_the_record_and_not_the_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be written any more: the tone and the message sound from memory, and the trouble is told."""
    heard: list[tuple[str, float, int]] = []

    class Ear:
        def play(self, saying: Saying) -> Silent:
            heard.append((saying.zone, saying.recording.seconds, len(saying.recording.path.read_bytes())))
            return Silent()

    held = short(tmp_path, outputs=Ear())

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    opened = Path.open

    def reading_alone(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
        return full() if set(mode) & set("wax+") else opened(path, mode, *more, **named)

    monkeypatch.setattr(Path, "open", reading_alone)
    monkeypatch.setattr(Path, "mkdir", full)
    monkeypatch.setattr(os, "link", full)
    for path in (tmp_path / "emergency").glob("*.wav"):
        path.unlink()
    held.call("a")
    held.until(8)
    assert [(zone, round(seconds, 1)) for zone, seconds, _ in heard] == [("a", 6.0), ("a", pytest.approx(1.0, abs=0.5))]
    assert all(size > 1000 for _, _, size in heard)
    assert "No space left" in held.emergencies.problem
    assert "emergency-problem" in held.desk.alarms
    monkeypatch.undo()
    held.control.end_emergency("anna")
    assert held.emergencies.problem == ""


def test_a_crash_does_not_end_it(tmp_path: Path) -> None:
    """The next start goes on with it, from the tone, with words that were made before the crash and a dead engine."""
    held = short(tmp_path)
    held.call("a", texts=(("zh", "站台有烟"),))
    held.until(8)
    engine = FakeEngine(by_hand=True)
    again = urgent_hall(tmp_path, engine=engine, settings=settings(tmp_path), at=held.hall)
    assert again.playing() == {"a": "tone"}
    again.until(16)
    (now,) = again.emergencies.now
    assert (now.by, now.since, now.texts) == ("anna", START, (("zh", "站台有烟"),))
    assert (14, 16, "a", "站台有烟", "done") in again.heard()
    again.control.end_emergency("anna")
    assert again.state() == {"emergencies": [], "answered": []}
    last = urgent_hall(tmp_path, settings=settings(tmp_path), at=again.hall)
    assert last.playing() == {}
    assert len(list((tmp_path / "emergency").glob("spoken-*.wav"))) == 2  # the messages, and not those words


def test_it_ends_by_itself_at_its_limit_and_after_a_crash_beyond_it(tmp_path: Path) -> None:
    """Also while the process is down: nobody is startled by yesterday's emergency."""
    limited = settings(tmp_path, limit_min=1)
    held = urgent_hall(tmp_path, settings=limited)
    held.call("a")
    assert held.emergencies.now[0].until == START + 60
    held.until(61)
    assert held.emergencies.now == ()
    assert held.heard()[-1][1] <= 60
    assert "ended by itself (called by anna)" in dict(held.desk.alarms["emergency-ran-out"].texts)["en"]
    held.call("a")
    assert "emergency-ran-out" not in held.desk.alarms
    held.until(70)
    later = urgent_hall(tmp_path, settings=limited)
    later.hall.clock.at = START + 122
    last = urgent_hall(tmp_path, settings=limited, at=later.hall)
    assert last.emergencies.now == ()
    assert "emergency-ran-out" in last.desk.alarms
    assert last.control.end_emergency("anna") == ()
    assert last.desk.alarms == {}


def test_a_state_that_cannot_be_read_is_told_and_stops_nothing(tmp_path: Path) -> None:
    """A file of nonsense: the process starts, and the next emergency is called as ever."""
    (tmp_path / "emergency").mkdir()
    for nonsense in ("{", "[]", '{"emergencies": [{}], "answered": []}', '{"emergencies": 3}'):
        (tmp_path / "emergency" / "state.json").write_text(nonsense, "utf-8")
        held = short(tmp_path)
        assert held.emergencies.now == ()
        held.call("a")
        assert held.playing() == {"a": "tone"}
        held.control.end_emergency("anna")


def test_the_record_holds_what_was_heard(tmp_path: Path) -> None:
    """Each tone and each saying is an entry with its zone, length, words and hash, also for the next start."""
    held = short(tmp_path)
    held.call("a")
    held.until(8)
    again = PlayLog(tmp_path)
    tone, speech = again.after(0)
    assert (tone.texts, tone.seconds, len(tone.sha256)) == ((), 6.0, 64)
    assert (speech.texts, speech.outcome) == (SHORT, "done")
    assert (tmp_path / speech.file).is_file()


def test_the_hub_is_told_while_it_lasts(tmp_path: Path) -> None:
    """The alarm names where, what and who; it goes with the emergency."""
    held = short(tmp_path)
    held.call("a", "b")
    (sign,) = [sign for sign in held.desk.alarms.values() if sign.id == "emergency"]
    assert dict(sign.texts)["en"] == "Emergency announcement in a, b: fire (called by anna)"
    assert sign.since == START
    held.control.end_emergency("anna")
    assert held.desk.alarms == {}


def test_a_new_zone_of_the_station_is_taken_in(tmp_path: Path) -> None:
    """An emergency that is everywhere is there as well, and all zones begin together again."""
    held = short(tmp_path)
    held.call()
    held.until(8)
    held.station.append("d")
    held.emergencies.zones_changed()
    held.hall.turn()
    assert held.playing() == dict.fromkeys("abcd", "tone")


def test_what_cannot_be_is_refused_in_words_and_nothing_sounds(tmp_path: Path) -> None:
    """A zone or message that there is not, words without words."""
    held = short(tmp_path)
    for order, code in [
        (EmergencyOrder(by="anna", zones=("x",)), "no-such-zone"),
        (EmergencyOrder(by="anna", message="flood"), "no-such-message"),
        (EmergencyOrder(by="anna", texts=(("zh", "  "),)), "bad-parameter"),
        (EmergencyOrder(by="anna", texts=(("zh", "火" * 501),)), "bad-parameter"),
    ]:
        with pytest.raises(StationError) as refused:
            held.control.emergency(order)
        assert refused.value.code == code
    with pytest.raises(StationError):
        held.control.end_emergency("anna", ["x"])
    held.hall.turn()
    assert held.playing() == {}


def test_the_tone_is_as_long_as_it_says_and_is_heard_from_its_first_moment(tmp_path: Path) -> None:
    """Four to ten seconds, audible within a hundredth of a second, louder than speech, never clipped."""
    for seconds in (4.0, 6.0, 10.0):
        tone = emergency_tone(seconds)
        measured = measure(tone)
        assert tone.seconds == seconds
        assert measured.lead == 0.0
        assert measured.rms > 6000
        assert measured.peak < 20000
        assert max(tone.samples[: tone.rate // 50]) > 3000


def test_a_recording_of_people_is_said_instead_of_the_engine(tmp_path: Path) -> None:
    """The message's own file, with an engine that has never spoken; its texts stand in the record."""
    path = tmp_path / "evacuation.wav"
    write_wave(path, Sound(rate=8000, samples=emergency_tone(4.0).samples[:24000]))
    message = MessageSettings(id="fire", texts=SHORT, recording=path)
    chosen = settings(tmp_path)
    chosen = replace(chosen, messages=(message, chosen.messages[1]))
    held = urgent_hall(tmp_path, settings=chosen, engine=FakeEngine(by_hand=True))
    held.call("a")
    held.until(10)
    assert held.heard() == [(0, 6, "a", "tone", "done"), (6, 9, "a", "疏散", "done")]


def test_words_of_ones_own_are_kept_as_long_as_their_emergency(tmp_path: Path) -> None:
    """In a file while it lasts, and nowhere afterwards; the messages stay."""
    held = short(tmp_path)
    names = [held.call("a", texts=(("zh", f"第{number}号"),)) for number in range(3)]

    def files() -> int:
        return len(list((tmp_path / "emergency").glob("spoken-*.wav")))

    assert files() == 5
    held.control.end_emergency("anna", name=names[1])
    assert files() == 4
    held.control.end_emergency("anna")
    assert files() == 2
    assert held.sounds.not_ready == ()


class Voiced(FakeEngine):
    """An engine whose voice has a pitch, and that can be another one."""

    def __init__(self, signature: str, length: int) -> None:
        super().__init__()
        self.signature = signature
        self.length = length

    def speak(self, utterance: Utterance, path: Path) -> Deferred[None]:
        return super().speak(replace(utterance, text="字" * self.length), path)


def seconds(held: UrgentHall) -> float:
    """How long the message is as it would be said now."""
    made = held.sounds.speech(SHORT, "fire")
    assert made is not None
    return made.seconds


def test_messages_are_spoken_anew_by_another_engine(tmp_path: Path) -> None:
    """A drill's hum, or another voice, that was made ready before is not what passengers hear for ever."""
    first = seconds(urgent_hall(tmp_path, settings=settings(tmp_path), engine=Voiced("hum 1", 2)))
    second = seconds(urgent_hall(tmp_path, settings=settings(tmp_path), engine=Voiced("voice 1", 12)))
    assert second == pytest.approx(first + 1.0)
    dead = FakeEngine(by_hand=True)
    assert seconds(urgent_hall(tmp_path, settings=settings(tmp_path), engine=dead)) == second


def test_what_a_stand_in_has_spoken_is_spoken_anew_once_the_first_engine_is_back(tmp_path: Path) -> None:
    """A minute later at the latest; until then the stand-in's is better than nothing."""
    engine = Voiced("first", 2)
    engine.by_hand = True
    held = urgent_hall(tmp_path, settings=settings(tmp_path), engine=engine)
    engine.signature, engine.by_hand = "second", False
    engine.go_on()
    held.hall.turn()
    before = seconds(held)
    engine.signature, engine.length = "first", 12
    held.machine(61)
    assert seconds(held) == pytest.approx(before + 1.0)


def test_the_state_is_the_same_when_read_again(tmp_path: Path) -> None:
    """Everything that is needed to go on comes back."""
    held = short(tmp_path)
    held.call("a", "b")
    held.call(texts=(("zh", "站台有烟"), ("en", "Smoke")))
    file = StateFile(tmp_path / "emergency" / "state.json")
    state = file.read()
    assert [called.everywhere for called in state.called] == [False, True]
    assert EmergencyState.from_body(state.body()) == state
