"""Chips and folders as outputs of zones, and the settings of all kinds."""

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import StationError
from stationmaster_broadcast.loudspeakers.chip_output import ChipOutput
from stationmaster_broadcast.loudspeakers.folder_output import FolderOutput, FolderSettings
from stationmaster_broadcast.loudspeakers.output_settings import OutputSettings, read_outputs, wiring_of
from stationmaster_broadcast.loudspeakers.outputs import Saying
from stationmaster_broadcast.loudspeakers.rtp_wire import RtpSettings
from stationmaster_broadcast.loudspeakers.zone_outputs import ZoneWiring
from stationmaster_broadcast.speech.pronunciation import Pronunciations
from stationmaster_broadcast.speech.recording import Utterance
from stationmaster_broadcast.speech.sound import read_wave
from stationmaster_broadcast.speech_chips.chip_sink import ChipSettings, ChipSink
from support.fake_broadcast import START
from support.fake_outputs import FakeSounding, recorded, saying, tone


class FakeChip:
    """A speaking sink that writes down what it is to say."""

    def __init__(self) -> None:
        self.problem = "the speech chip has not been asked yet"
        self.said: list[tuple[list[str], float]] = []
        self.ended: Callable[[str], None] = lambda _: None
        self.running = False

    def wording(self, texts: Sequence[tuple[str, str]]) -> tuple[Utterance, ...]:
        return tuple(Utterance(language=language, text=text) for language, text in texts)

    def say(self, utterances: Sequence[Utterance], ended: Callable[[str], None], gain_db: float = 0.0) -> FakeSounding:
        self.said.append(([each.text for each in utterances], gain_db))
        self.ended = ended
        return FakeSounding(lambda: None)

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False


def test_a_chip_is_given_texts_and_its_trouble_is_told() -> None:
    """Within half a second, or as soon as it fails to say something; a tone it cannot say."""
    machine, chip = Clock(), FakeChip()
    output = ChipOutput("chip", chip, "syn6288 /dev/ttyS0", machine)
    told: list[str] = []
    output.start(lambda: told.append(output.problem))
    assert chip.running
    chip.problem = ""
    machine.advance(0.5)
    ended: list[str] = []
    assert output.begin(saying(texts=(("zh", "一"), ("en", "one")), gain_db=-6.0), ended.append) is not None
    assert output.begin(saying(texts=()), ended.append) is None
    assert chip.said == [(["一", "one"], -6.0)]
    chip.problem = "syn6288 does not answer"
    chip.ended(chip.problem)
    assert ended == ["syn6288 does not answer"]
    assert told == ["", "syn6288 does not answer"]
    output.stop()
    assert (chip.running, machine.getDelayedCalls()) == (False, [])


def test_night_volume_is_in_a_chips_own_command() -> None:
    """A share of what it is set to, never more than all."""
    sink = ChipSink(Clock(), ChipSettings(chip="syn6288", device=Path("/dev/none"), baud=9600), Pronunciations([]))  # type: ignore[arg-type]  # only time is asked for
    words = sink.wording([("zh", "检票")])
    volumes = [sink.frames(words, gain)[0].data[5:].split(b"]")[0] for gain in (0.0, -6.0, 12.0)]
    assert volumes == [b"[v11", b"[v6", b"[v16"]


class Shelf:
    """A folder output, with what it said."""

    def __init__(self, folder: Path, keep: int = 1000) -> None:
        self.machine = Clock()
        self.folder = folder / "taken"
        self.output = FolderOutput(
            "shelf", FolderSettings(folder=self.folder, keep=keep), reactor=self.machine, now=lambda: float(START)
        )
        self.told: list[str] = []
        self.ended: list[str] = []
        self.sound = tone(8000, 2.0)
        self.recording = recorded(folder, self.sound)
        self.output.start(lambda: self.told.append(self.output.problem))

    def play(self, zone: str = "a", **more: Any) -> Any:
        return self.output.begin(Saying(zone=zone, recording=self.recording, texts=(), **more), self.ended.append)

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


def test_each_sound_is_a_whole_file_as_it_is_to_be_heard(tmp_path: Path) -> None:
    """From its offset on, as loud as wanted; it is over when it would have been heard."""
    shelf = Shelf(tmp_path)
    shelf.play(offset_s=0.5, gain_db=-6.02)
    shelf.play()
    assert shelf.names == ["20260301T010000-a-2.wav", "20260301T010000-a.wav"]
    heard = read_wave(shelf.folder / shelf.names[1])
    assert all(abs(a - b / 2) <= 2 for a, b in zip(heard.samples, shelf.sound.samples[4000:], strict=True))
    shelf.machine.advance(1.6)
    assert shelf.ended == [""]
    shelf.play().stop()
    shelf.machine.advance(5)
    assert shelf.ended == ["", ""]


def test_only_so_many_files_stay(tmp_path: Path) -> None:
    """The oldest go; what others have put there stays."""
    shelf = Shelf(tmp_path, keep=2)
    (shelf.folder / "notes.txt").touch()
    for zone in ("a", "b", "c"):
        shelf.play(zone)
    assert shelf.names == ["20260301T010000-b.wav", "20260301T010000-c.wav", "notes.txt"]


def test_of_two_files_of_one_second_the_later_one_stays(tmp_path: Path) -> None:
    """Its name has a number, and it is not the oldest."""
    shelf = Shelf(tmp_path, keep=1)
    shelf.play()
    shelf.play()
    assert shelf.names == ["20260301T010000-a-2.wav"]


def test_a_disk_that_takes_nothing_is_a_problem_and_over_with_the_next_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sound is refused with the reason."""
    shelf = Shelf(tmp_path)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(StationError, match="No space left"):
            shelf.play()
    shelf.play()
    assert [bool(problem) for problem in shelf.told] == [True, False]


def test_a_folder_that_goes_away_is_a_problem_within_two_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while there is nothing to say: gone, full, or not ours to write in."""
    shelf = Shelf(tmp_path)
    assert shelf.told == []
    shelf.folder.rmdir()
    shelf.folder.touch()
    shelf.machine.advance(2)
    shelf.folder.unlink()
    shelf.machine.advance(2)
    with monkeypatch.context() as patched:
        patched.setattr(os, "access", lambda *_: False)
        shelf.machine.advance(2)
    shelf.machine.advance(2)
    assert [problem.rpartition("/")[2] for problem in shelf.told] == [
        "taken is not there: File exists",
        "",
        "taken cannot be written to",
        "",
    ]
    shelf.output.stop()
    assert not shelf.machine.getDelayedCalls()


def read(body: dict[str, Any]) -> tuple[tuple[OutputSettings, ...], list[str]]:
    faults = Faults()
    found = read_outputs(Table(body, "f", faults, "outputs"), Path("/station"))
    return found, [fault.place for fault in faults]


def test_outputs_of_all_kinds_and_the_zones_that_they_serve() -> None:
    """Paths count from the file's folder; every zone has its own outputs and its spare ones, in the file's order."""
    outputs, faults = read(
        {
            "hall": {"kind": "card", "zones": ["hall", "gate"], "device": "hw:1"},
            "net": {"kind": "rtp", "zones": ["gate"], "spare": ["hall"], "address": "239.192.0.1", "format": "l16"},
            "shelf": {"kind": "file", "zones": ["*"], "folder": "out"},
            "chip": {"kind": "chip", "spare": ["gate"], "chip": "syn8086", "device": "/dev/ttyS2"},
        }
    )
    assert faults == []
    assert wiring_of(outputs) == {
        "hall": ZoneWiring(own=("hall",), spare=("net",)),
        "gate": ZoneWiring(own=("hall", "net"), spare=("chip",)),
        "*": ZoneWiring(own=("shelf",)),
    }
    assert outputs[2].equipment == FolderSettings(folder=Path("/station/out"))
    assert isinstance(outputs[1].equipment, RtpSettings)
    assert (outputs[1].equipment.audio.rate, outputs[1].equipment.port) == (22050, 5004)


def test_all_that_is_wrong_with_outputs_is_said_at_once() -> None:
    """Each fault at its place, also what stands in two outputs."""
    _, faults = read(
        {
            "two words": {"kind": "card", "zones": ["a"]},
            "trumpet": {"kind": "brass", "zones": ["a"], "device": "hw:3"},
            "nowhere": {"kind": "card", "device": "hw:1", "loud": True},
            "both": {"kind": "card", "zones": ["a"], "spare": ["a"], "device": "hw:2"},
            "one": {"kind": "rtp", "zones": ["a"], "address": "239.192.0.1"},
            "again": {"kind": "rtp", "zones": ["b"], "address": "239.192.0.1"},
            "far": {"kind": "rtp", "zones": ["b"], "address": "hall"},
            "chip": {"kind": "chip", "zones": ["b"], "chip": "syn6288", "volume": 7},
            "shelf": {"kind": "file", "zones": ["b"]},
        }
    )
    assert faults == [
        "outputs.two words",
        "outputs.trumpet.kind",
        "outputs.nowhere.zones",
        "outputs.nowhere.loud",
        "outputs.both.spare",
        "outputs.again.kind",
        "outputs.far.address",
        "outputs.chip.volume",
        "outputs.shelf.folder",
    ]
