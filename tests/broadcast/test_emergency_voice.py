"""The voice of an emergency beside a performer that fails: whatever happens, the next step comes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import StationError
from stationmaster_broadcast.emergencies.control import EmergencyPhase
from stationmaster_broadcast.emergencies.emergency_settings import STAND_IN_TEXTS, EmergencySettings
from stationmaster_broadcast.emergencies.emergency_sounds import EmergencySounds, Words
from stationmaster_broadcast.emergencies.emergency_tone import emergency_tone
from stationmaster_broadcast.emergencies.emergency_voice import EmergencyVoice
from stationmaster_broadcast.speech.recording import Recording
from stationmaster_broadcast.speech.sound import write_wave
from stationmaster_service.timer import StationTimer
from support.effort import scaled
from support.fake_broadcast import START, SteppedClock

WORDS = (("zh", "站台有烟"),)


class FakePerformer:
    """Notes what it shall play; says that it has ended, or nothing, or fails, as a test wants."""

    def __init__(self, clock: SteppedClock) -> None:
        self.sounded: list[tuple[float, tuple[str, ...], float, bool]] = []
        self.ended: list[Callable[[], None]] = []
        self.deaf: set[str] = set()
        self.failing = False
        self._clock = clock

    def seize(self, zones: Collection[str], by: str, *, why: str, priority: int) -> None:
        """Not asked here."""

    def release(self, zones: Collection[str], by: str) -> None:
        """Not asked here."""

    def sound_now(
        self, zones: Collection[str], by: str, recording: Recording, texts: Words, *, ended: Callable[[], None]
    ) -> tuple[str, ...]:
        assert by == "emergency"
        if self.failing:
            raise StationError("no-sound", "It does not sound.")
        heard = tuple(zone for zone in zones if zone not in self.deaf)
        self.sounded.append((self._clock.at - START, heard, recording.seconds, bool(texts)))
        if heard:
            self.ended.append(ended)
        return heard


class Voice:
    """A voice, its performer and clock; the engine never answers, the stand-in is a tone of three seconds."""

    def __init__(self, folder: Path, *, engine: bool = False) -> None:
        self.clock = SteppedClock()
        machine = Clock()
        self.timer = StationTimer(self.clock, machine)
        write_wave(folder / "shipped.wav", emergency_tone(3.0))
        kept = folder / "emergency"
        self.sounds = EmergencySounds(
            EmergencySettings(state=kept / "state.json", kept=kept),
            lambda _words, _urgency: Deferred(),
            machine,
            folder / "shipped.wav",
        )
        self.performer = FakePerformer(self.clock)
        self.voice = EmergencyVoice(
            (STAND_IN_TEXTS if engine else WORDS, ""),
            2.0,
            sounds=self.sounds,
            performer=self.performer,
            clock=self.clock,
            timer=self.timer,
            changed=lambda: None,
        )

    def step(self, seconds: float) -> None:
        """Station time goes on to so many seconds after the start, second by second."""
        while self.clock.at < START + seconds:
            self.clock.at += 1
            self.timer.poke()


def test_a_sound_whose_end_nobody_tells_is_over_three_seconds_after_its_time(tmp_path: Path) -> None:
    """A performer that hangs delays the next step and does not silence the zone."""
    held = Voice(tmp_path)
    held.voice.have(frozenset("ab"))
    held.step(60)
    assert held.performer.sounded[:5] == [
        (0, ("a", "b"), 6.0, False),
        (9, ("a", "b"), 2.0, False),
        (14, ("a", "b"), 2.0, False),
        (19, ("a", "b"), 3.0, True),
        (27, ("a", "b"), 6.0, False),
    ]


def test_an_end_that_is_told_late_or_twice_changes_nothing(tmp_path: Path) -> None:
    """Each sound ends once; what is said of an older one is nothing."""
    held = Voice(tmp_path)
    held.voice.have(frozenset("a"))
    held.step(9)
    first, second = held.performer.ended
    first()
    first()
    assert len(held.performer.sounded) == 2
    second()
    assert len(held.performer.sounded) == 3
    second()
    assert len(held.performer.sounded) == 3


def test_a_performer_that_fails_is_tried_again_at_each_step(tmp_path: Path) -> None:
    """And what is wrong is said; when it plays again it is heard, and all is well."""
    held = Voice(tmp_path)
    held.performer.failing = True
    held.voice.have(frozenset("a"))
    assert held.voice.problem == "not heard in a"
    held.step(7)
    held.performer.failing = False
    held.step(9)
    assert held.performer.sounded[0][0] == 8


def test_a_deaf_zone_does_not_silence_the_others(tmp_path: Path) -> None:
    """It is named."""
    held = Voice(tmp_path)
    held.performer.deaf = {"b"}
    held.voice.have(frozenset("abc"))
    assert held.performer.sounded == [(0, ("a", "c"), 6.0, False)]
    assert held.voice.problem == "not heard in b"


def test_a_studio_that_raises_does_not_keep_the_tone_from_sounding(tmp_path: Path) -> None:
    """Whatever the making of words comes to: it is logged, and the emergency goes its way."""

    def broken(_words: Words, _urgency: int) -> Deferred[Recording]:
        raise KeyError("voices")

    kept = tmp_path / "emergency"
    sounds = EmergencySounds(EmergencySettings(state=kept / "state.json", kept=kept), broken, Clock())
    sounds.prepare(WORDS)
    sounds.prepare(WORDS)
    assert sounds.speech(WORDS) is None


def test_the_shipped_recording_is_the_last_word(tmp_path: Path) -> None:
    """Its own texts go into the record, whatever the station's stand-in says."""
    held = Voice(tmp_path)
    found = held.sounds.stand_in()
    assert found is not None
    assert found[0] == STAND_IN_TEXTS
    assert found[1].seconds == 3.0


@settings(max_examples=scaled(40), deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["wait", "end", "zones", "fail"]), st.integers(0, 8), st.sets(st.sampled_from("abc"))
        ),
        max_size=30,
    )
)
def test_whatever_happens_it_is_heard_again_soon(
    tmp_path_factory: object, steps: list[tuple[str, int, set[str]]]
) -> None:
    """Ends that come, come late or never, zones that come and go, a performer that fails now and then: as long as it
    has a zone it begins a sound at least every 15 seconds, and without a zone none.
    """
    folder = tmp_path_factory.mktemp("voice")  # type: ignore[attr-defined] # pytest's own type is not public
    held = Voice(folder)
    held.voice.have(frozenset("a"))
    for what, number, zones in steps:
        if what == "wait":
            held.step(held.clock.at - START + number)
        elif what == "end" and held.performer.ended:
            held.performer.ended[number % len(held.performer.ended)]()
        elif what == "zones":
            held.voice.have(frozenset(zones))
        else:
            held.performer.failing = bool(number % 2)
    held.performer.failing = False
    count = len(held.performer.sounded)
    held.step(held.clock.at - START + 15)
    if held.voice.zones:
        assert len(held.performer.sounded) > count
        assert held.performer.sounded[-1][1] == tuple(sorted(held.voice.zones))
    else:
        assert len(held.performer.sounded) == count
        assert held.voice.phase is EmergencyPhase.COVERED


def test_settings_are_read_and_every_fault_is_told(tmp_path: Path) -> None:
    """The tone's length, messages without words, recordings that are none."""
    (tmp_path / "no.wav").write_bytes(b"RIFF")
    write_wave(tmp_path / "good.wav", emergency_tone(1.0))
    bad = Table(
        {
            "tone_s": 3,
            "pause_s": 0,
            "volume": 11,
            "message": [
                {"id": "fire"},
                {"id": "fire", "texts": {"zh": "火"}, "recording": "no.wav"},
                {"id": "gas", "template": "topic.gas", "recording": "good.wav"},
            ],
        },
        "station.toml",
        Faults(),
        "broadcast.emergency",
    )
    read = EmergencySettings.from_table(bad, tmp_path, tmp_path / "sounds")
    assert [fault.place.removeprefix("broadcast.emergency.") for fault in bad.faults] == [
        "message[1].texts",
        "message[2].recording",
        "message",
        "tone_s",
        "pause_s",
        "volume",
    ]
    assert [message.id for message in read.messages] == ["fire", "fire", "gas", "evacuation", "attention"]
    usual = EmergencySettings.from_table(Table({}, "station.toml", Faults()), tmp_path, tmp_path / "sounds")
    assert (usual.tone_s, usual.limit_min, usual.messages[0].id) == (6.0, 120, "evacuation")
