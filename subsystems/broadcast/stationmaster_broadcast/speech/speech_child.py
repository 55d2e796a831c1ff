"""The process in which pyttsx3 speaks. A script of its own: it imports nothing of ours, and nothing of ours imports it.

It is a process because the engine is a C library that can hang or die, that is loaded once per process by an
environment set before the start, and whose licence (GPL) shall not reach further than this border.

Protocol: one JSON object a line. First it says `{"ready": true, "voices": [...]}`. Then for each
`{"id": n, "voice": id, "rate": words a minute, "text": text, "path": file}` it answers
`{"id": n, "ok": true}` or `{"id": n, "ok": false, "problem": text}`. It ends when its input ends.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from typing import Any


def die_with_parent(parent: int) -> None:
    """Ask Linux to kill us when the parent dies: a hung engine would never notice the end of its input."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            os._exit(0)


class Speaker:
    """pyttsx3 with its traps around it."""

    def __init__(self) -> None:
        import pyttsx3  # noqa: PLC0415 - loads the library: only here, after the environment is set

        self._engine: Any = pyttsx3.init("espeak")
        self._errors: list[str] = []
        # What goes wrong in the driver reaches nobody unless it is asked for here.
        self._engine.connect("error", self._error)

    def voices(self) -> list[str]:
        """The ids of all voices, as `voice` takes them."""
        return [voice.id for voice in self._engine.getProperty("voices")]

    def speak(self, voice: str, rate: int, text: str, path: str) -> str:
        """Write `text` to `path`; what went wrong, or nothing.

        `runAndWait` returns before the file is complete and keeps only the last queued text; startLoop and endLoop,
        with one text at a time, do neither.
        """
        self._errors.clear()
        self._engine.setProperty("voice", voice)
        self._engine.setProperty("rate", rate)
        self._engine.save_to_file(text, path)
        self._engine.startLoop()
        self._engine.endLoop()
        if self._errors:
            return "; ".join(self._errors)
        spoken = self._engine.getProperty("voice")
        if spoken != voice:  # an unknown voice keeps the one before
            return f"the voice is {spoken} and not {voice}"
        return ""

    def _error(self, name: str | None = None, exception: Exception | None = None) -> None:  # noqa: ARG002 - pyttsx3's names
        self._errors.append(str(exception))


def main() -> None:
    """Speak what comes in, line by line."""
    die_with_parent(int(sys.argv[1]))
    # Ctrl-C and the supervisor's SIGTERM reach the whole group; when we end is for the parent to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # pyttsx3 prints to standard output, which is where our answers go: what it prints goes nowhere instead.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)

    def answer(body: dict[str, object]) -> None:
        answers.write(json.dumps(body, ensure_ascii=False) + "\n")
        answers.flush()

    speaker = Speaker()
    answer({"ready": True, "voices": speaker.voices()})
    for line in sys.stdin.buffer:
        job = json.loads(line)

        def lost(unraisable: Any, number: object = job["id"]) -> None:
            """An error in the driver's callback (a full disk, for one) leaves the loop below running for ever."""
            answer({"id": number, "ok": False, "problem": str(unraisable.exc_value)})
            os._exit(1)

        sys.unraisablehook = lost
        try:
            problem = speaker.speak(job["voice"], job["rate"], job["text"], job["path"])
        except Exception as error:  # whatever the library raises is an answer to this one job
            problem = f"{type(error).__name__}: {error}"
        answer({"id": job["id"], "ok": not problem, "problem": problem})


if __name__ == "__main__":
    main()
