"""What the tests of outputs share: an output that writes down what it is given, and sayings."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from pathlib import Path

from stationmaster_base.errors import StationError
from stationmaster_broadcast.loudspeakers.output import Changed, Ended
from stationmaster_broadcast.loudspeakers.outputs import Saying
from stationmaster_broadcast.speech.recording import Recording
from stationmaster_broadcast.speech.sound import Sound, write_wave


def saying(zone: str = "a", key: str = "one", *, seconds: float = 4.0, **more: object) -> Saying:
    """Something to say, whose file need not be there."""
    recording = Recording(key=key, path=Path(f"{key}.wav"), seconds=seconds, sha256=key)
    return Saying(**{"zone": zone, "recording": recording, "texts": (("en", key),), **more})  # type: ignore[arg-type]  # by keyword


def tone(rate: int, seconds: float, pitch: float = 440.0, height: int = 9000) -> Sound:
    """A sine."""
    step = 2 * math.pi * pitch / rate
    return Sound(
        rate=rate, samples=array("h", [round(height * math.sin(step * at)) for at in range(round(rate * seconds))])
    )


def recorded(folder: Path, sound: Sound, name: str = "sound") -> Recording:
    """The sound in a file."""
    path = folder / f"{name}.wav"
    write_wave(path, sound)
    return Recording(key=name, path=path, seconds=sound.seconds, sha256=name)


class FakeOutput:
    """An output that writes down what it is given; a test says how it goes on."""

    kind = "fake"
    detail = "nowhere"
    patience_s = 3.0

    def __init__(self, name: str) -> None:
        self.name = name
        self.problem = ""
        self.heard: list[tuple[str, str, float]] = []
        """Zone, sound, offset."""
        self.stopped = 0
        self.refuses = ""
        self.ended: Ended | None = None
        self._changed: Changed = lambda: None

    def start(self, changed: Changed) -> None:
        self._changed = changed

    def stop(self) -> None:
        self.hush()

    def begin(self, saying: Saying, ended: Ended) -> FakeSounding | None:
        if self.refuses:
            raise StationError("output-refused", self.refuses)
        if not saying.texts:
            return None
        assert self.ended is None, "two at once"
        self.heard.append((saying.zone, saying.recording.key, round(saying.offset_s, 3)))
        self.ended = ended
        return FakeSounding(self.hush)

    def hush(self) -> None:
        self.stopped += self.ended is not None
        self.ended = None

    def end(self, problem: str = "") -> None:
        """What sounds has ended."""
        ended, self.ended = self.ended, None
        assert ended is not None, "nothing sounds"
        ended(problem)

    def has(self, problem: str) -> None:
        """Something is wrong with it, or nothing any more."""
        self.problem = problem
        self._changed()


class FakeSounding:
    """What a fake output plays."""

    def __init__(self, hush: Callable[[], None]) -> None:
        self._hush = hush

    def stop(self) -> None:
        self._hush()
