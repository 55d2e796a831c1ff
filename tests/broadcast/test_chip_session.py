"""The talk with a speech chip, on a clock: busy, idle, bad frames, silence, resets, sleep."""

from collections.abc import Sequence
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from stationmaster_base.errors import StationError
from stationmaster_broadcast.speech_chips.chip_session import ChipSession, Stopped
from stationmaster_broadcast.speech_chips.chip_text import ChipFrame, chip_frames
from stationmaster_broadcast.speech_chips.chips import ChipVoice, chip_of
from stationmaster_simulator.speech_chip import ChipSimulator, ChipWays

MODELS = ["syn6288", "xfs5152ce", "syn8086"]


class Line:
    """A chip and our end of its line, without a wire between them; answers come in the next turn."""

    def __init__(self, model: str = "xfs5152ce", **ways: Any) -> None:
        self.clock = Clock()
        self.sent: list[bytes] = []
        self.there = True
        self.chip = ChipSimulator(model, self.clock, self._answer)
        self.chip.ways = ChipWays(**ways)
        self.session = ChipSession(chip_of(model), self.clock, self._write, 9600)
        self.ends: list[str] = []

    def frames(self, *texts: str) -> list[ChipFrame]:
        kind = chip_of(self.chip._model)
        return [frame for text in texts for frame in chip_frames(kind, text, ChipVoice())]

    def speak(self, *texts: str) -> None:
        self._follow(self.session.speak(self.frames(*texts)))

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 20)):
            self.clock.advance(0.05)

    def until_end(self, most: float = 60.0) -> str:
        begun = self.clock.seconds()
        while not self.ends:
            assert self.clock.seconds() - begun < most, "it never ended"
            self.clock.advance(0.05)
        return self.ends.pop()

    def texts(self) -> Sequence[str]:
        return [text.rpartition("]")[2] for text in self.chip.said]

    def _follow(self, speaking: Deferred[None]) -> None:
        def failed(failure: Any) -> None:
            error = failure.value
            self.ends.append(error.code if isinstance(error, StationError) else type(error).__name__)

        speaking.addCallbacks(lambda _: self.ends.append("done"), failed)

    def _write(self, data: bytes) -> None:
        if not self.there:
            raise StationError("chip-line", "the line is not there")
        self.sent.append(data)
        self.clock.callLater(0, self.chip.receive, data)

    def _answer(self, data: bytes) -> None:
        self.clock.callLater(0, self.session.received, data)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("tells_idle", [True, False])
@pytest.mark.parametrize("idle_at_first", [True, False])
def test_frames_are_said_one_after_the_other(model: str, tells_idle: bool, idle_at_first: bool) -> None:
    """The next begins when the chip is idle, whether it says so or has to be asked, and none is cut off."""
    line = Line(model, tells_idle=tells_idle, idle_at_first=idle_at_first)
    line.speak("高二次列车开始检票。", "Train G two.")
    assert line.until_end() == "done"
    assert line.texts() == ["高二次列车开始检票。", "Train G two."]
    assert line.session.problem == ""
    assert not line.session.busy
    assert line.clock.getDelayedCalls() == []


def test_a_bad_frame_is_sent_again_and_given_up_after_three() -> None:
    """45 twice costs two attempts; 45 for good is an error of that text and not of the chip."""
    line = Line(refuse=2)
    line.speak("好。")
    assert line.until_end() == "done"
    assert line.texts() == ["好。"]
    line.chip.ways.refuse = 3
    line.speak("好。")
    assert line.until_end() == "chip-refused"
    line.speak("再见。")
    assert line.until_end() == "done"


def test_a_frame_that_was_lost_is_sent_again() -> None:
    """No acknowledgement, and the chip says that it is idle: it never had the frame."""
    line = Line(swallow=1)
    line.speak("好。")
    assert line.until_end() == "done"
    assert line.texts() == ["好。"]
    assert len(line.chip.heard) == 1


def test_an_acknowledgement_that_was_lost_does_not_make_it_say_it_twice() -> None:
    """The chip is busy with the frame: it is waited for, and not sent again."""
    line = Line()
    line.speak("旅客们，请注意。")
    line.chip.ways.silent = True
    line.run(0.3)
    line.chip.ways.silent = False
    assert line.until_end() == "done"
    assert len(line.chip.heard) == 1


@pytest.mark.parametrize("model", MODELS)
def test_a_silent_chip_is_an_alarm_within_seconds(model: str) -> None:
    """Nothing comes back: the text fails, the problem says it, and it is over when the chip answers again."""
    line = Line(model, silent=True)
    line.speak("好。")
    assert line.until_end(most=3.0) == "chip-silent"
    assert line.session.problem == f"{model} does not answer"
    line.chip.ways.silent = False
    line.session.check()
    line.run(1)
    assert line.session.problem == ""


def test_a_chip_that_falls_silent_while_it_speaks() -> None:
    """It is asked each second; after three questions without an answer it is given up."""
    line = Line(never_ends=True)
    line.speak("旅客们，请注意。")
    line.run(1)
    line.chip.ways.silent = True
    assert line.until_end(most=8.0) == "chip-silent"


def test_a_chip_that_never_comes_to_an_end_is_stopped() -> None:
    """After several times what the text needs, a stop goes out and the text has failed."""
    line = Line(never_ends=True)
    line.speak("好。")
    assert line.until_end(most=12.0) == "chip-hung"
    line.run(0.2)
    assert line.chip.stopped == 1


def test_a_chip_that_was_switched_off_and_on_has_forgotten_its_text() -> None:
    """4A in the middle of a text: it was not said to its end, and that is told."""
    line = Line()
    line.speak("旅客们，请注意。")
    line.run(0.5)
    line.chip.switch_on()
    assert line.until_end(most=1.0) == "chip-reset"


def test_stop_is_at_once_and_what_follows_is_said() -> None:
    """An interruption: the chip is silent, the rest is not said, and the next text is."""
    line = Line()
    line.speak("旅客们，请注意。", "第二句。")
    line.run(0.5)
    line.session.stop()
    assert line.ends.pop() == Stopped.__name__
    line.run(0.1)
    assert line.chip.stopped == 1
    line.speak("紧急。")
    assert line.until_end() == "done"
    assert line.texts() == ["紧急。"]


def test_one_thing_at_a_time() -> None:
    """A second text while one is spoken is refused and does not cut it."""
    line = Line()
    line.speak("旅客们，请注意。")
    line.speak("好。")
    assert line.until_end() == "chip-busy"
    assert line.until_end() == "done"


@pytest.mark.parametrize("model", MODELS)
def test_it_sleeps_and_is_woken_by_the_next_text(model: str) -> None:
    """A sleeping chip takes no text; it is woken first, whatever its kind needs for that."""
    line = Line(model)
    line.session.check()
    line.run(1)
    line.session.sleep()
    line.run(0.2)
    assert line.chip.asleep
    line.speak("好。")
    assert line.until_end() == "done"
    assert line.texts() == ["好。"]
    assert not line.chip.asleep


def test_a_chip_that_does_not_wake_up() -> None:
    """Three attempts, then it is an alarm."""
    line = Line()
    line.session.check()
    line.run(1)
    line.session.sleep()
    line.chip.ways.silent = True
    line.speak("好。")
    assert line.until_end(most=3.0) == "chip-silent"


def test_a_line_that_is_gone_is_said_so() -> None:
    """Neither a question nor a text nor a stop fails in another way than by saying it."""
    line = Line()
    line.there = False
    line.session.check()
    assert line.session.problem == "the line is not there"
    line.speak("好。")
    assert line.until_end() == "chip-line"
    line.session.stop()
    line.session.lost()
    assert "gone" in line.session.problem


def test_noise_on_the_line_is_no_status() -> None:
    """Bytes that no chip sends change nothing."""
    line = Line()
    line.speak("好。")
    line.session.received(bytes(set(range(256)) - {0x41, 0x45, 0x4A, 0x4E, 0x4F}))
    assert line.until_end() == "done"
