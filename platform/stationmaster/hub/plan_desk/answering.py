"""How the desk's routes ask who may, read what is sent, and tell what was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.python.failure import Failure

from stationmaster.hub.people.askers import Asker, Askers, refusal
from stationmaster.hub.plan_desk.recording import DeskDeed, Recorder
from stationmaster.hub.plan_desk.refusals import STATUS, DeskRefusal
from stationmaster.hub.web.bodies import as_json
from stationmaster.hub.web.json_reading import plain_json
from stationmaster_base.errors import ConfigurationError, StationError
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.interfaces import WebRequest

__all__ = ["Answering", "sent_json", "sent_text"]

LONGEST_WORDS = 500


class Answering:
    """Answers requests to the desk.

    Args:
        askers: who may ask.
        recorder: has recorded what was done.

    """

    def __init__(self, askers: Askers, recorder: Recorder) -> None:
        self._askers = askers
        self._recorder = recorder

    def __call__(
        self,
        request: WebRequest,
        operation: str,
        work: Callable[[Asker], Any],
        *,
        status: Callable[[Any], int] = lambda _: 200,
        deed: Callable[[Any], DeskDeed] | None = None,
    ) -> Deferred[bytes] | bytes:
        """The answer to an operation: what comes of `work`, for whoever may have it done.

        Args:
            request: what is answered.
            operation: its id in the description of the API.
            work: does it, for who asks.
            status: of the answer, by what came of it.
            deed: what came of it as the log is to have it; None: nothing was done.

        """
        try:
            asker = self._askers.permit(request, operation)
        except StationError as error:
            return refusal(request, error)
        done: Deferred[Any] = maybeDeferred(work, asker)
        if deed is not None:
            done.addCallback(self._recorded, request, asker, deed)
        return done.addCallbacks(
            lambda value: json_answer(request, as_json(value), status(value)),
            lambda failure: _refused(request, failure),
        )

    def _recorded(self, value: Any, request: WebRequest, asker: Asker, deed: Callable[[Any], DeskDeed]) -> Any:
        self._recorder.record(request, asker, deed(value))
        return value


def sent_json(request: WebRequest, largest: int) -> dict[str, Any]:
    """The JSON object that was sent.

    Raises:
        DeskRefusal: it is too large, or is none.

    """
    body = request.content.read(largest + 1)
    if len(body) > largest:
        raise DeskRefusal("file-too-large", f"It has more than {largest} bytes.", "Send less.")
    try:
        said = plain_json(body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise DeskRefusal("bad-draft", "It is no JSON object in UTF-8.", "See the description of this API.")
    return said


def sent_text(said: dict[str, Any], key: str, *, empty: bool = False, longest: int = LONGEST_WORDS) -> str:
    """One text of what was sent.

    Raises:
        DeskRefusal: it is not there, or is none.

    """
    value = said.get(key)
    if not isinstance(value, str) or not (value.strip() or empty) or len(value) > longest or not _sayable(value):
        raise DeskRefusal("bad-draft", f"{key} is missing or no text of at most {longest} characters.")
    return value


def _sayable(text: str) -> bool:
    return all(character >= " " or character == "\n" for character in text) and text.isprintable() | ("\n" in text)


def _refused(request: WebRequest, failure: Failure) -> bytes:
    error: Any = failure.value
    if isinstance(error, OSError):
        message = f"The station's folder, or the one beside it, cannot be used: {error.strerror or error}."
        return problem_answer(request, 503, "station-not-writable", message, "See to the disk and its rights.")
    if not isinstance(error, StationError):
        failure.raiseException()
    faults = [as_json(each) for each in error.faults] if isinstance(error, (ConfigurationError, DeskRefusal)) else []
    message = error.message
    if isinstance(error, ConfigurationError):
        message = f"The station cannot be used so: {len(faults)} fault{'' if len(faults) == 1 else 's'}."
    return problem_answer(request, STATUS.get(error.code, 500), error.code, message, error.hint, faults=faults)
