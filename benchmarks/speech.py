"""From an announcement that is due to the first sample that can be played: found in the cache, made anew, by a chip.

The real studio, the real engine in its child process, the real cache on disk, in a real reactor. The first sample is
there when the finished file has been opened and its first frame read, which is when a player begins. A chip begins
when the whole first frame has reached it over 9600 baud; the line's time is added, since a pseudo-terminal takes none.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from measured import Measured, hand_on, share, told
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.selectreactor import SelectReactor

from stationmaster_base.configuration import Faults, Table
from stationmaster_base.logging import configure_logging
from stationmaster_broadcast.build import thread_offload
from stationmaster_broadcast.speech.cache import SoundCache
from stationmaster_broadcast.speech.engine import EngineParts, engine_factory
from stationmaster_broadcast.speech.pronunciation import Pronunciations, shipped_pronunciations
from stationmaster_broadcast.speech.recording import Recording
from stationmaster_broadcast.speech.sound import measure, read_wave
from stationmaster_broadcast.speech.studio import Studio
from stationmaster_broadcast.speech_chips.chip_sink import ChipSettings, ChipSink
from stationmaster_simulator.speech_chip import ChipOnPty

TIMES = 30
LIMIT_MS = 300.0
BUDGET = "median < 300 ms"


def texts(number: int) -> list[tuple[str, str]]:
    """An announcement of check-in in both languages; each train is another."""
    return [
        ("zh", f"旅客们，开往北京北方向的G{2400 + number}次列车开始检票了。请到1A检票口检票，到3站台上车。"),
        ("en", f"Attention please. Check-in for train G{2400 + number} to Beijing North is now open at gate 1A."),
    ]


@inlineCallbacks
def bench(reactor: Any, folder: Path) -> Generator[Deferred[Any], Any, list[Measured]]:
    """All figures."""
    engine = engine_factory("pyttsx3")(
        EngineParts(reactor=reactor, environment=os.environ, table=Table({}, "bench", Faults()))
    )
    engine.start()

    def studio() -> Studio:
        return Studio(
            engine=engine,
            cache=SoundCache(folder / "cache", 1 << 28),
            pronunciations=Pronunciations(shipped_pronunciations()),
            reactor=reactor,
            offload=thread_offload(reactor),
        )

    made = studio()
    yield made.prepare(made.recipe(texts(-1)))  # the child is up, the chime is made
    results = []
    worked = time.process_time()
    anew = yield timed(made, TIMES)
    sys.stdout.write(f"of which this process works {1000 * (time.process_time() - worked) / TIMES:.0f} ms each\n")
    results.append(figures("due to first sample, made anew", anew))
    found = yield timed(made, TIMES)
    results.append(figures("due to first sample, made ahead", found))
    again = studio()
    reopened = yield timed(again, TIMES)
    results.append(figures("due to first sample, found on disk after a new start", reopened))
    recording = yield again.prepare(again.recipe(texts(0)))
    sound = read_wave(recording.path)
    measured = measure(sound)
    sys.stdout.write(
        f"an announcement: {measured.seconds:.1f} s at {sound.rate} Hz, {measured.tail:.2f} s of silence at its end\n"
    )
    yield engine.stop()
    chip = yield chip_times(reactor)
    results.append(figures("due to the chip's first frame, SYN6288 at 9600 baud", chip))
    return results


@inlineCallbacks
def timed(studio: Studio, times: int) -> Generator[Deferred[Any], Any, list[float]]:
    """Milliseconds for each announcement."""
    taken = []
    for number in range(times):
        begun = time.perf_counter()
        recording: Recording = yield studio.prepare(studio.recipe(texts(number)))
        with wave.open(str(recording.path), "rb") as file:
            file.readframes(1)
        taken.append(1000 * (time.perf_counter() - begun))
    return taken


@inlineCallbacks
def chip_times(reactor: Any) -> Generator[Deferred[Any], Any, list[float]]:
    """Milliseconds until the simulated chip has its first frame whole, the line's time included."""
    pty = ChipOnPty("syn6288", reactor)
    pty.chip.ways.never_ends = True
    settings = ChipSettings(chip="syn6288", device=pty.path, baud=9600)
    sink = ChipSink(reactor, settings, Pronunciations([]))
    sink.start()
    taken = []
    for number in range(TIMES):
        heard = len(pty.chip.heard)
        begun = time.perf_counter()
        utterances = sink.wording(texts(number))
        sounding = sink.say(utterances, lambda _problem: None)
        yield until(reactor, lambda heard=heard: len(pty.chip.heard) > heard)
        line = len(sink.frames(utterances)[0].data) * 10 / 9600
        taken.append(1000 * (time.perf_counter() - begun + line))
        sounding.stop()
        yield until(reactor, lambda: not pty.chip.speaking)
    sink.stop()
    pty.close()
    return taken


@inlineCallbacks
def until(reactor: Any, condition: Callable[[], bool]) -> Generator[Deferred[Any], Any, None]:
    """Turn the reactor until it is so."""
    while not condition():
        turned: Deferred[None] = Deferred()
        reactor.callLater(0, turned.callback, None)
        yield turned


def figures(name: str, taken: list[float]) -> Measured:
    """The median, with its budget; the 95th percentile is printed."""
    middle = share(taken, 0.5)
    sys.stdout.write(f"{name}: p50 {middle:.1f} ms, p95 {share(taken, 0.95):.1f} ms, most {max(taken):.1f} ms\n")
    return Measured(name=name, value=middle, unit="ms", budget=BUDGET, ok=middle < LIMIT_MS)


def main() -> None:
    """Run it in a reactor of its own."""
    configure_logging("bench", level=logging.ERROR)
    reactor: Any = SelectReactor()
    found: list[Any] = []

    def end(result: Any) -> None:
        found.append(result)
        reactor.stop()

    with tempfile.TemporaryDirectory() as folder:
        reactor.callWhenRunning(lambda: bench(reactor, Path(folder)).addBoth(end))
        reactor.run()
    if hasattr(found[0], "raiseException"):
        found[0].raiseException()
    sys.stdout.write(told(found[0]) + "\n")
    hand_on(found[0])


if __name__ == "__main__":
    main()
