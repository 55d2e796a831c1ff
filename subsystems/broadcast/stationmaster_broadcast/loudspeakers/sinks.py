"""Where sound goes. A sink begins at once and says when, and how, it has ended.

The file sink plays in station time: it occupies its zone for as long as the sound lasts, so that a day at any speed,
or a stepped one, is played as a real one would be. The loudspeaker plays in machine time beside it, for whoever is in
the room.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from stationmaster_base.logging import get_logger
from stationmaster_broadcast.speech.recording import Recording
from stationmaster_service.interfaces import DelayedCall, Reactor
from stationmaster_service.timer import Handle, StationTimer

__all__ = ["FileSink", "Loudspeaker", "Sounding", "loudspeaker_command", "sound_name"]

_LOG = get_logger("sinks")


class Sounding(Protocol):
    """Something that is playing."""

    def stop(self) -> None:
        """Be silent now; its end is not told."""


def sound_name(*parts: str) -> str:
    """A file name of these parts, with `_` for whatever a file system may not like."""
    return "-".join(re.sub(r"[^A-Za-z0-9_.-]+", "_", part).strip("._-") or "_" for part in parts) + ".wav"


@dataclass(slots=True)
class _Occupied:
    handle: Handle

    def stop(self) -> None:
        self.handle.cancel()


class FileSink:
    """Puts the sound into a folder, and is busy until the station time at which it would have ended.

    Args:
        folder: sounds go to `<folder>/<day>/<name>`.
        timer: station time.

    """

    def __init__(self, folder: Path, timer: StationTimer) -> None:
        self._folder = folder
        self._timer = timer

    def place(self, recording: Recording, day: str, name: str) -> str:
        """Put the file there as a whole, a link where it can be one; its path from the folder.

        Raises:
            OSError: the disk does not take it, or the recording is gone.

        """
        folder = self._folder / day
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        for number in range(2, 1000):
            try:
                _put(recording.path, path)
            except FileExistsError:
                path = folder / f"{Path(name).stem}-{number}.wav"
            else:
                return path.relative_to(self._folder).as_posix()
        raise FileExistsError(f"{path} and a thousand like it")

    def play(self, ends: float, ended: Callable[[], None]) -> Sounding:
        """Be busy until the station time `ends`, then call `ended`."""
        return _Occupied(self._timer.call_at(ends, ended))


def _put(source: Path, path: Path) -> None:
    try:
        os.link(source, path)
    except FileExistsError:
        raise
    except FileNotFoundError:
        raise
    except OSError:  # another file system, or one without links
        if path.exists():
            raise FileExistsError(path) from None
        draft = path.with_name(f"{path.name}.part")
        try:
            shutil.copyfile(source, draft)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def loudspeaker_command(device: str, cards: Path = Path("/proc/asound/cards")) -> list[str]:
    """The command that plays a wave file on this machine (its name is put behind); empty if there is no sound card."""
    player = shutil.which("aplay")
    try:
        present = re.search(r"^\s*\d+\s+\[", cards.read_text("utf-8", "replace"), re.MULTILINE) is not None
    except OSError:
        present = False
    return [player, "-q", "-D", device] if player and present else []


class Loudspeaker:
    """A loudspeaker at this machine, by a program that plays wave files. One sound at a time.

    It is for listening in: what it cannot play is counted and logged, and changes nothing of what is recorded. What
    comes while it is busy (several zones at once, or station time that runs faster than sound) it leaves out.

    Args:
        reactor: starts the program.
        command: the program and its arguments, before the file.

    """

    def __init__(self, reactor: Reactor, command: Sequence[str]) -> None:
        self.played = 0
        self.left_out = 0
        self.problem = ""
        self._reactor = reactor
        self._command = list(command)
        self._playing: _Program | None = None

    def play(self, recording: Recording) -> Sounding:
        """Play the file, if nothing else is playing."""
        if self._playing is not None:
            self.left_out += 1
            return _Silent()
        program = _Program(self._ended)
        self._playing = program
        command = [*self._command, str(recording.path)]
        try:
            self._reactor.spawnProcess(program, command[0], command, env=None, childFDs={2: "r"})
        except OSError as error:
            self._ended(program, str(error))
            return _Silent()
        program.limit = self._reactor.callLater(recording.seconds + 10.0, program.stop)
        return program

    def stop(self) -> None:
        """Be silent."""
        if self._playing is not None:
            self._playing.stop()

    def _ended(self, program: _Program, problem: str) -> None:
        if program.limit is not None and program.limit.active():
            program.limit.cancel()
        if self._playing is program:
            self._playing = None
        self.problem = problem
        if problem:
            _LOG.warning("loudspeaker-failed", problem=problem, todo="check the sound card, or set sink to file")
        else:
            self.played += 1


class _Silent:
    def stop(self) -> None:
        """There is nothing to stop."""


class _Program(ProcessProtocol):
    """The playing program."""

    transport: Any  # Twisted declares it as a zope interface without these methods

    def __init__(self, ended: Callable[[_Program, str], None]) -> None:
        self.limit: DelayedCall | None = None
        self._ended = ended
        self._said = b""
        self._stopped = False

    def stop(self) -> None:
        """End it."""
        self._stopped = True
        try:
            self.transport.signalProcess("TERM")
        except ProcessExitedAlready:
            _LOG.debug("loudspeaker-gone-already")

    def errReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self._said = (self._said + data)[-500:]

    def processEnded(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        code = getattr(reason.value, "exitCode", None)
        failed = code != 0 and not self._stopped
        said = self._said.decode("utf-8", "replace").strip() or reason.getErrorMessage()
        self._ended(self, said if failed else "")
