"""Sound cards: what the player is given, and what becomes of a card that is not there, or fails."""

from array import array
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.selectreactor import SelectReactor
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from stationmaster_base.errors import StationError
from stationmaster_broadcast.loudspeakers.card_output import CardOutput, CardSettings
from stationmaster_broadcast.loudspeakers.outputs import Saying
from stationmaster_broadcast.loudspeakers.reel import Reels
from support.fake_outputs import recorded, tone

ONE_CARD = " 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n"


class Players(Clock):
    """A reactor whose players are written down, and take all samples at once."""

    def __init__(self) -> None:
        super().__init__()
        self.players: list[Player] = []
        self.refuse = False

    def spawnProcess(self, protocol: Any, executable: str, args: list[str], **more: Any) -> None:  # noqa: N802
        if self.refuse:
            raise OSError("Cannot allocate memory")
        self.players.append(Player(protocol, args))

    @property
    def last(self) -> "Player":
        return self.players[-1]


class Player:
    """One player."""

    def __init__(self, protocol: Any, args: list[str]) -> None:
        self.protocol = protocol
        self.args = args
        self.taken = b""
        self.closed = False
        self.signals: list[str] = []
        protocol.transport = self
        protocol.connectionMade()

    def registerProducer(self, producer: Any, streaming: bool) -> None:  # noqa: N802
        assert not streaming
        for _ in range(1000):
            if self.closed:
                return
            producer.resumeProducing()

    def unregisterProducer(self) -> None:  # noqa: N802
        """Nothing more will come."""

    def closeStdin(self) -> None:  # noqa: N802
        self.closed = True

    def write(self, data: bytes) -> None:
        self.taken += data

    def signalProcess(self, name: str) -> None:  # noqa: N802
        self.signals.append(name)

    def end(self, code: int = 0, said: bytes = b"") -> None:
        self.protocol.errReceived(said)
        self.protocol.processEnded(Failure(ProcessTerminated(code) if code else ProcessDone(None)))


class Desk:
    """A card that is there, with a player that is there."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, device: str = "hw:PCH") -> None:
        program = folder / "bin/aplay"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\nexec cat > heard.raw\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent), prepend=":")
        self.cards = folder / "cards"
        self.cards.write_text(ONE_CARD)
        self.reactor = Players()
        self.ended: list[str] = []
        self.problems: list[str] = []
        self.output = CardOutput(
            "card", CardSettings(device=device), reactor=self.reactor, reels=Reels(), cards=self.cards
        )
        self.sound = tone(22050, 0.5)
        self.recording = recorded(folder, self.sound)

    def start(self) -> None:
        self.output.start(lambda: self.problems.append(self.output.problem))

    def play(self, **more: Any) -> Any:
        return self.output.begin(Saying(zone="a", recording=self.recording, texts=(), **more), self.ended.append)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


def test_the_player_gets_all_samples_at_their_rate(desk: Desk) -> None:
    """And silence to the end of the last piece; its end is the sound's."""
    desk.play()
    assert desk.reactor.last.args[1:] == ["-q", "-D", "hw:PCH", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", "22050"]
    taken = array("h", desk.reactor.last.taken)
    assert taken[: len(desk.sound.samples)] == desk.sound.samples
    assert not any(taken[len(desk.sound.samples) :])
    assert desk.reactor.last.closed
    desk.reactor.last.end()
    assert (desk.ended, desk.output.problem, desk.reactor.getDelayedCalls()) == ([""], "", [])


def test_an_offset_and_a_gain_are_in_the_samples(desk: Desk) -> None:
    """The rest of it, half as loud."""
    desk.play(offset_s=0.25, gain_db=-6.02)
    taken = array("h", desk.reactor.last.taken)
    rest = desk.sound.samples[round(0.25 * 22050) :]
    assert all(abs(a - b / 2) <= 2 for a, b in zip(taken, rest, strict=False))


def test_the_next_sound_begins_when_the_card_is_free_of_the_last(desk: Desk) -> None:
    """A card takes one player: the one that was stopped has it for a moment still, and is killed if it does not go."""
    desk.play().stop()
    first = desk.reactor.last
    desk.play()
    assert (first.signals, len(desk.reactor.players)) == (["TERM"], 1)
    desk.reactor.advance(2.1)
    assert first.signals == ["TERM", "KILL"]
    first.end(1)
    assert len(desk.reactor.players) == 2
    assert desk.ended == []


def test_what_was_stopped_before_it_began_never_begins(desk: Desk) -> None:
    """Two interruptions in a row."""
    desk.play().stop()
    desk.play().stop()
    desk.reactor.last.end(1)
    assert len(desk.reactor.players) == 1


def test_a_player_that_hangs_is_killed(desk: Desk) -> None:
    """Five seconds after its sound should have ended; that is a problem of the card."""
    desk.play()
    desk.reactor.advance(5.7)
    assert desk.reactor.last.signals == ["KILL"]
    desk.reactor.last.end(9)
    assert desk.ended == ["aplay did not come to an end"]


def test_a_card_that_fails_is_tried_with_silence_until_it_is_well(desk: Desk) -> None:
    """In the player's own words; nobody hears the trials."""
    desk.start()
    desk.reactor.last.end()
    desk.play()
    desk.reactor.last.end(1, b"aplay: device busy\n")
    assert desk.ended == ["aplay: device busy"]
    assert desk.problems == ["aplay: device busy"]
    desk.reactor.pump([2.0] * 2)
    trial = desk.reactor.last
    assert len(desk.reactor.players) == 3
    assert not any(trial.taken)
    trial.end(1, b"aplay: device busy\n")
    desk.reactor.pump([2.0] * 2)
    desk.reactor.last.end()
    assert desk.problems == ["aplay: device busy", ""]
    desk.reactor.pump([2.0] * 3)
    assert len(desk.reactor.players) == 4


def test_a_sound_goes_before_a_trial(desk: Desk) -> None:
    """The trial is ended for it."""
    desk.start()
    trial = desk.reactor.last
    desk.play()
    assert trial.signals == ["TERM"]
    trial.end(1)
    assert any(desk.reactor.last.taken)


def test_a_card_that_is_pulled_out_is_a_problem_within_two_seconds(desk: Desk) -> None:
    """By the list of cards; what is to be said then is refused with the reason."""
    desk.start()
    desk.reactor.last.end()
    desk.cards.unlink()
    desk.reactor.advance(2.0)
    assert desk.problems == ["there is no sound card PCH"]
    with pytest.raises(StationError, match="no sound card PCH"):
        desk.play()
    desk.cards.write_text(ONE_CARD)
    desk.reactor.advance(2.0)
    desk.reactor.last.end()
    assert desk.problems == ["there is no sound card PCH", ""]
    desk.output.stop()
    assert not desk.reactor.getDelayedCalls()


def test_a_player_that_cannot_be_started_or_is_not_installed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are said."""
    desk.reactor.refuse = True
    desk.play()
    desk.reactor.advance(0)
    assert desk.ended == ["aplay cannot be started: Cannot allocate memory"]
    monkeypatch.setenv("PATH", "")
    with pytest.raises(StationError, match="alsa-utils"):
        desk.play()


@pytest.mark.parametrize(
    ("device", "there"),
    [("default", True), ("hw:0", True), ("plughw:CARD=PCH,DEV=0", True), ("hw:7", False), ("loudspeakers", True)],
)
def test_which_devices_are_looked_for_in_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, there: bool
) -> None:
    """Cards by number or name; devices of ALSA's own are known by trial alone."""
    desk = Desk(tmp_path, monkeypatch, device)
    desk.start()
    assert bool(desk.reactor.players) == there


def test_a_real_process_is_given_every_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds of sound through a real pipe, at its pace."""
    desk = Desk(tmp_path, monkeypatch, "any")
    monkeypatch.chdir(tmp_path)
    sound = tone(22050, 10.0)
    recording = recorded(tmp_path, sound, "long")
    reactor: Any = SelectReactor()
    output = CardOutput("card", CardSettings(device="any"), reactor=reactor, reels=Reels(), cards=desk.cards)
    ended: list[str] = []

    def over(problem: str) -> None:
        ended.append(problem)
        reactor.stop()

    limit = reactor.callLater(10, reactor.stop)
    reactor.callWhenRunning(lambda: output.begin(Saying(zone="a", recording=recording, texts=()), over))
    reactor.run()
    limit.cancel()
    for selectable in reactor.removeAll():
        selectable.connectionLost(None)
    assert ended == [""]
    heard = array("h", (tmp_path / "heard.raw").read_bytes())
    assert heard[: len(sound.samples)] == sound.samples
