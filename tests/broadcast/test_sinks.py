"""Sounds end up where they belong, whole, and for as long as they last."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from stationmaster_broadcast.loudspeakers.sinks import FileSink, Loudspeaker, loudspeaker_command, sound_name
from stationmaster_broadcast.speech.recording import Recording
from stationmaster_service.timer import StationTimer
from support.fake_broadcast import START, SteppedClock


def recording(folder: Path) -> Recording:
    """A recording whose file is there."""
    folder.mkdir(exist_ok=True)
    path = folder / "key.wav"
    path.write_bytes(b"sound")
    return Recording(key="key", path=path, seconds=2.0, sha256="00")


class Programs(Clock):
    """A reactor whose processes are written down."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[tuple[Any, list[str]]] = []
        self.signals: list[str] = []

    def spawnProcess(self, protocol: Any, executable: str, args: list[str], **more: Any) -> None:  # noqa: N802
        self.started.append((protocol, args))
        protocol.transport = self

    def signalProcess(self, name: str) -> None:  # noqa: N802
        self.signals.append(name)

    def end(self, code: int = 0) -> None:
        reason = ProcessTerminated(code) if code else ProcessDone(None)
        self.started[-1][0].processEnded(Failure(reason))


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("080500", "platform-1", "G2402", "open"), "080500-platform-1-G2402-open.wav"),
        (("080500", "a", "G2402/G2403", "../x"), "080500-a-G2402_G2403-x.wav"),
        (("080500", "区", "", "r"), "080500-_-_-r.wav"),
    ],
)
def test_names_are_safe_on_any_disk(parts: tuple[str, ...], name: str) -> None:
    """No stroke, no dot-dot, nothing empty."""
    assert sound_name(*parts) == name


def test_a_sound_is_linked_into_its_day(tmp_path: Path) -> None:
    """The same file under a second name, and never over another one."""
    sink = FileSink(tmp_path / "sounds", StationTimer(SteppedClock(), Clock()))
    sound = recording(tmp_path / "cache")
    assert sink.place(sound, "2026-03-01", "x.wav") == "2026-03-01/x.wav"
    assert sink.place(sound, "2026-03-01", "x.wav") == "2026-03-01/x-2.wav"
    assert (tmp_path / "sounds/2026-03-01/x.wav").samefile(sound.path)


def test_a_disk_without_links_gets_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another file system makes no difference but the room it takes; no half file is left."""

    def no_link(*_: Any) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", no_link)
    sink = FileSink(tmp_path / "sounds", StationTimer(SteppedClock(), Clock()))
    sound = recording(tmp_path / "cache")
    names = [sink.place(sound, "day", "x.wav"), sink.place(sound, "day", "x.wav")]
    assert names == ["day/x.wav", "day/x-2.wav"]
    assert sorted(entry.name for entry in (tmp_path / "sounds/day").iterdir()) == ["x-2.wav", "x.wav"]
    assert (tmp_path / "sounds/day/x.wav").read_bytes() == b"sound"


def test_a_recording_that_is_gone_is_an_error(tmp_path: Path) -> None:
    """Nothing is put in its place."""
    sink = FileSink(tmp_path, StationTimer(SteppedClock(), Clock()))
    sound = recording(tmp_path / "cache")
    sound.path.unlink()
    with pytest.raises(FileNotFoundError):
        sink.place(sound, "day", "x.wav")


def test_a_zone_is_busy_in_station_time(tmp_path: Path) -> None:
    """The end comes with the station's clock, not the machine's, and not at all after a stop."""
    clock, machine = SteppedClock(), Clock()
    timer = StationTimer(clock, machine)
    sink = FileSink(tmp_path, timer)
    ended: list[str] = []
    sink.play(START + 10, lambda: ended.append("one"))
    stopped = sink.play(START + 5, lambda: ended.append("two"))
    stopped.stop()
    machine.advance(100)
    clock.at = START + 9
    timer.poke()
    assert ended == []
    clock.at = START + 10
    timer.poke()
    assert ended == ["one"]


def test_the_loudspeaker_plays_one_sound_at_a_time(tmp_path: Path) -> None:
    """What comes while it is busy is left out and counted."""
    reactor = Programs()
    speaker = Loudspeaker(reactor, ["aplay", "-q"])
    sound = recording(tmp_path)
    speaker.play(sound)
    speaker.play(sound).stop()
    reactor.end()
    speaker.play(sound)
    assert [args for _, args in reactor.started] == [["aplay", "-q", str(sound.path)]] * 2
    reactor.end()
    assert (speaker.played, speaker.left_out, speaker.problem) == (2, 1, "")
    assert not reactor.getDelayedCalls()


def test_a_loudspeaker_that_fails_says_why_and_is_tried_again(tmp_path: Path) -> None:
    """Its own words are kept, and the next sound goes to it all the same."""
    reactor = Programs()
    speaker = Loudspeaker(reactor, ["aplay"])
    speaker.play(recording(tmp_path))
    reactor.started[0][0].errReceived(b"aplay: device busy\n")
    reactor.end(1)
    assert speaker.problem == "aplay: device busy"
    speaker.play(recording(tmp_path))
    reactor.end()
    assert (speaker.played, speaker.problem) == (1, "")


def test_a_loudspeaker_that_hangs_is_ended(tmp_path: Path) -> None:
    """Ten seconds after its sound should have ended the program is ended; a stop ends it at once."""
    reactor = Programs()
    speaker = Loudspeaker(reactor, ["aplay"])
    speaker.play(recording(tmp_path))
    reactor.advance(11.9)
    assert reactor.signals == []
    reactor.advance(0.2)
    assert reactor.signals == ["TERM"]
    reactor.end(1)
    speaker.play(recording(tmp_path))
    speaker.stop()
    assert reactor.signals == ["TERM", "TERM"]


def test_a_machine_without_a_card_has_no_loudspeaker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both the program and a card must be there."""
    (tmp_path / "aplay").write_text("#!/bin/sh\n")
    (tmp_path / "aplay").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    none, one = tmp_path / "none", tmp_path / "one"
    none.write_text("--- no soundcards ---\n")
    one.write_text(" 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n")
    assert loudspeaker_command("default", none) == []
    assert loudspeaker_command("default", tmp_path / "absent") == []
    assert loudspeaker_command("hw:0", one) == [str(tmp_path / "aplay"), "-q", "-D", "hw:0"]
    monkeypatch.setenv("PATH", "")
    assert loudspeaker_command("hw:0", one) == []
