"""What the plan desk refuses, each with a stable code, and the status that a program gets for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stationmaster_base.errors import Fault, StationError

__all__ = ["STATUS", "DeskRefusal"]

STATUS: Mapping[str, int] = {
    "bad-draft": 400,
    "no-such-file": 404,
    "no-such-version": 404,
    "nothing-drafted": 409,
    "draft-changed": 409,
    "draft-stale": 409,
    "desk-busy": 409,
    "file-needed": 409,
    "version-moved": 409,
    "file-moved": 412,
    "file-too-large": 413,
    "upload-too-large": 413,
    "not-text": 422,
    "import-refused": 422,
    "configuration": 422,
    "no-if-match": 428,
    "hub-not-up": 409,
    "reload-under-way": 409,
    "reload-refused": 500,
    "desk-damaged": 500,
    "station-not-writable": 503,
    "import-failed": 503,
}
"""By code."""


class DeskRefusal(StationError):
    """The desk does not do it; `faults` say why line by line, where there is more to say than a sentence."""

    def __init__(self, code: str, message: str, hint: str = "", faults: Iterable[Fault] = ()) -> None:
        super().__init__(code, message, hint)
        self.faults = tuple(faults)
