"""One engine speaks for another: at once, told, and only until the first is well again."""

import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.selectreactor import SelectReactor
from twisted.internet.task import Clock

from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import StationError
from stationmaster_broadcast.speech.cache import SoundCache
from stationmaster_broadcast.speech.chain_engine import ChainEngine, chain_engine
from stationmaster_broadcast.speech.engine import EngineParts, degraded, engine_factory, engine_names
from stationmaster_broadcast.speech.pronunciation import Pronunciations
from stationmaster_broadcast.speech.pyttsx3_engine import Pyttsx3Engine, Pyttsx3Settings
from stationmaster_broadcast.speech.recording import Utterance
from stationmaster_broadcast.speech.silent_engine import SilentEngine
from stationmaster_broadcast.speech.sound import read_wave
from stationmaster_broadcast.speech.studio import Studio
from support.fake_broadcast import FakeEngine, at_once

NO_REACTOR: Any = SelectReactor
"""None is used."""
HUNG = StationError("speech-hung", "it hung")


class Other(FakeEngine):
    """Another engine."""

    signature = "other 1"


def outcome(deferred: Deferred[Any]) -> str:
    """`done`, or the code of what went wrong."""
    found: list[str] = []
    deferred.addCallbacks(lambda _: found.append("done"), lambda failure: found.append(failure.value.code))
    assert found, "it has not fired"
    return found[0]


def say(chain: ChainEngine, folder: Path, text: str = "x") -> str:
    return outcome(chain.speak(Utterance(language="en", text=text), folder / "a.wav"))


def test_the_next_takes_over_and_the_first_comes_back(tmp_path: Path) -> None:
    """What the first fails at is spoken all the same; it is left out for a minute, and that is an alarm."""
    clock, first, second = Clock(), FakeEngine(), Other()
    chain = ChainEngine(clock, [("first", first), ("second", second)])
    assert (say(chain, tmp_path), chain.signature, degraded(chain)) == ("done", "fake 1", "")
    first.failures["x"] = HUNG
    assert (say(chain, tmp_path), chain.signature, degraded(chain)) == ("done", "other 1", "first: it hung")
    assert chain.problem == ""
    first.failures.clear()
    clock.advance(59)
    assert say(chain, tmp_path) == "done"
    assert len(first.asked) == 2, "one that is out is not asked"
    clock.advance(1)
    assert (say(chain, tmp_path), chain.signature, degraded(chain)) == ("done", "fake 1", "")
    assert (len(first.asked), chain.taken_over) == (3, 2)


def test_when_none_can_the_first_says_why(tmp_path: Path) -> None:
    """All have failed: the failure is the first one's, and the problem names them all; the next text is tried again."""
    first, second = FakeEngine(), Other()
    chain = ChainEngine(Clock(), [("first", first), ("second", second)])
    first.failures["x"] = HUNG
    second.failures["x"] = StationError("speech-died", "it died")
    assert say(chain, tmp_path) == "speech-hung"
    assert chain.problem == "first: it hung; second: it died"
    assert say(chain, tmp_path, "y") == "done"
    assert chain.problem == ""


@pytest.mark.parametrize(("code", "asked"), [("speech-no-voice", 1), ("speech-no-text", 0), ("speech-file", 0)])
def test_what_is_not_the_engines_fault_leaves_it_in(tmp_path: Path, code: str, asked: int) -> None:
    """No voice for a language: the next speaks it. No text, or a full disk: another would fail as well."""
    first, second = FakeEngine(), Other()
    chain = ChainEngine(Clock(), [("first", first), ("second", second)])
    first.failures["x"] = StationError(code, "no")
    say(chain, tmp_path)
    assert len(second.asked) == asked
    assert degraded(chain) == ""


def test_what_a_stand_in_made_is_not_used_once_the_first_speaks_again(tmp_path: Path) -> None:
    """It is played while the first is out; then the text is made anew, and after a new start as well."""
    clock, first, second = Clock(), FakeEngine(), Other()
    chain = ChainEngine(clock, [("first", first), ("second", second)])

    def studio() -> Studio:
        return Studio(
            engine=chain,
            cache=SoundCache(tmp_path / "cache", 10**7),
            pronunciations=Pronunciations([]),
            reactor=clock,
            offload=at_once,
        )

    made = studio()
    recipe = made.recipe([("en", "x")])
    first.failures["x"] = HUNG
    assert outcome(made.prepare(recipe)) == "done"
    first.failures.clear()
    assert made.ready(recipe) is not None
    assert not studio().has(recipe), "after a new start it is gone"
    assert outcome(made.prepare(recipe)) == "done"
    clock.advance(60)
    assert made.ready(recipe) is None
    assert outcome(made.prepare(recipe)) == "done"
    assert first.asked[-1] == "x"
    assert studio().has(recipe)


def test_a_real_process_that_hangs_is_killed_and_spoken_for(tmp_path: Path) -> None:
    """A child that is ready and then never answers: killed at its limit, twice, and the next engine speaks."""
    hanging = 'import sys; print(\'{"ready": true, "voices": ["sit/cmn", "gmw/en-us"]}\', flush=True); sys.stdin.read()'
    reactor: Any = SelectReactor()
    pids: list[int] = []

    @inlineCallbacks
    def scenario() -> Generator[Deferred[Any], Any, str]:
        hung = Pyttsx3Engine(
            reactor, Pyttsx3Settings(limit_s=0.2), command=[sys.executable, "-c", hanging], environment=os.environ
        )
        chain = ChainEngine(reactor, [("pyttsx3", hung), ("silent", SilentEngine())])
        chain.start()
        pids.append(hung.process.pid or 0)
        yield chain.speak(Utterance(language="zh", text="好"), tmp_path / "a.wav")
        told = degraded(chain)
        yield chain.stop()
        return told

    found: list[Any] = []

    def end(result: Any) -> None:
        found.append(result)
        reactor.stop()

    reactor.callWhenRunning(lambda: scenario().addBoth(end))
    reactor.callLater(30, reactor.stop)
    reactor.run()
    for selectable in reactor.removeAll():
        selectable.connectionLost(None)
    assert "killed" in found[0]
    assert read_wave(tmp_path / "a.wav").seconds > 0.5
    assert not Path(f"/proc/{pids[0]}").exists()


def test_the_chain_is_an_engine_by_its_name() -> None:
    """Each engine has its own table within the chain's; an empty chain is a fault."""
    assert "chain" in engine_names()
    faults = Faults()
    table = Table({"engines": ["pyttsx3", "silent"], "pyttsx3": {"limit_s": 3}, "out_s": 5}, "f", faults)
    parts = EngineParts(reactor=NO_REACTOR, environment={}, table=table)
    chain = engine_factory("chain")(parts)
    assert not list(faults)
    assert chain.signature.startswith("pyttsx3 ")
    chain_engine(EngineParts(reactor=NO_REACTOR, environment={}, table=Table({"engines": ["chain"]}, "f", faults)))
    assert [fault.place for fault in faults] == ["engines[0]"]
