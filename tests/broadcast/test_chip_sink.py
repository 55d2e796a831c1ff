"""A speech chip behind a pseudo-terminal, as broadcast uses it: words in, speech out, trouble told."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.selectreactor import SelectReactor

from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import StationError
from stationmaster_broadcast.speech.pronunciation import Pronunciations, shipped_pronunciations
from stationmaster_broadcast.speech_chips.chip_sink import ChipSettings, ChipSink
from stationmaster_broadcast.speech_chips.chips import ChipVoice
from stationmaster_simulator.speech_chip import ChipOnPty

TEXTS = [("zh", "G2402次列车开往六安，08:05"), ("en", "Train G2402, 08:05")]


def run(model: str, scenario: Callable[[ChipOnPty, ChipSink, Any], Generator[Deferred[Any], Any, Any]]) -> Any:
    """A chip on a pty and its sink, in a reactor of their own."""
    reactor: Any = SelectReactor()
    found: list[Any] = []

    @inlineCallbacks
    def whole() -> Generator[Deferred[Any], Any, Any]:
        pty = ChipOnPty(model, reactor)
        pty.chip.ways.seconds_a_character = 0.01
        settings = ChipSettings(chip=model, device=pty.path, baud=9600)
        sink = ChipSink(reactor, settings, Pronunciations(shipped_pronunciations()))
        sink.start()
        try:
            return (yield inlineCallbacks(scenario)(pty, sink, reactor))
        finally:
            sink.stop()
            pty.close()

    def begin() -> None:
        limit = reactor.callLater(20, reactor.stop)

        def end(result: Any) -> None:
            limit.cancel()
            found.append(result)
            reactor.stop()

        whole().addBoth(end)

    reactor.callWhenRunning(begin)
    reactor.run()
    for selectable in reactor.removeAll():
        selectable.connectionLost(None)
    assert found, "it took too long"
    if hasattr(found[0], "raiseException"):
        found[0].raiseException()
    return found[0]


def said(sink: ChipSink, texts: list[tuple[str, str]]) -> Deferred[str]:
    """Fires with how it ended."""
    ended: Deferred[str] = Deferred()
    sink.say(sink.wording(texts), ended.callback)
    return ended


@pytest.mark.parametrize(
    ("model", "zh"),
    [("syn6288", "高二四零二次列车开往六安，八点零五分"), ("xfs5152ce", "高二四零二次列车开往lu4an1，八点零五分")],
)
def test_an_announcement_over_a_real_terminal(model: str, zh: str) -> None:
    """Both languages arrive whole, numbers written out, names in pinyin where the chip reads it."""

    def scenario(pty: ChipOnPty, sink: ChipSink, reactor: Any) -> Generator[Deferred[Any], Any, Any]:
        problem = yield said(sink, TEXTS)
        assert sink.problem == ""
        return problem, pty.chip.said

    problem, texts = run(model, scenario)
    assert problem == ""
    assert [text.rpartition("]")[2] for text in texts] == [zh, "Train G two four zero two, eight oh five"]


def test_an_interruption_and_a_line_that_is_unplugged() -> None:
    """Stop silences the chip and tells nobody; a line that goes away ends what is said with the reason."""

    def scenario(pty: ChipOnPty, sink: ChipSink, reactor: Any) -> Generator[Deferred[Any], Any, Any]:
        pty.chip.ways.never_ends = True
        ends: list[str] = []
        sounding = sink.say(sink.wording(TEXTS), ends.append)
        with pytest.raises(StationError, match="already"):
            sink.say(sink.wording(TEXTS), ends.append)
        while not pty.chip.speaking:
            yield _turn(reactor)
        sounding.stop()
        sounding.stop()
        while pty.chip.speaking:
            yield _turn(reactor)
        assert ends == []
        sink.session.lost()
        pty.chip.ways.silent = True
        return (yield said(sink, TEXTS))

    assert run("xfs5152ce", scenario) == "xfs5152ce does not answer"


def _turn(reactor: Any) -> Deferred[None]:
    done: Deferred[None] = Deferred()
    reactor.callLater(0.005, done.callback, None)
    return done


def test_a_device_that_is_not_there_is_an_error_of_what_is_said(tmp_path: Path) -> None:
    """The sink waits for the device; what is to be said meanwhile fails and says why."""

    def scenario(pty: ChipOnPty, sink: ChipSink, reactor: Any) -> Generator[Deferred[Any], Any, Any]:
        none = ChipSink(reactor, ChipSettings(chip="syn8086", device=tmp_path / "none", baud=9600), Pronunciations([]))
        none.start()
        problem = yield said(none, TEXTS)
        none.stop()
        return problem

    assert "not there" in run("syn8086", scenario)


def test_settings_are_read_and_faults_told(tmp_path: Path) -> None:
    """Model, line and voice; what this chip has not is a fault."""
    faults = Faults()
    body = {"chip": "syn8086", "device": "/dev/ttyS3", "encoding": "utf-8", "speed": 0.6, "pitch": 0.4, "sleep_s": 60}
    settings = ChipSettings.from_table(Table(body, "f", faults), tmp_path)
    assert settings == ChipSettings(
        chip="syn8086",
        device=Path("/dev/ttyS3"),
        baud=9600,
        encoding="utf-8",
        voice=ChipVoice(speed=0.6, pitch=0.4),
        sleep_s=60.0,
    )
    assert not list(faults)
    ChipSettings.from_table(
        Table({"chip": "syn6288", "encoding": "utf-8", "volume": 3, "loud": 1}, "f", faults), tmp_path
    )
    assert {fault.place for fault in faults} == {"encoding", "volume", "loud"}
