"""What query serves: the kiosk, the search behind it, and the stream that says when to search again."""

from __future__ import annotations

from importlib import resources

from twisted.internet.defer import Deferred

from stationmaster_base.errors import StationError
from stationmaster_query.kiosk import Kiosk
from stationmaster_service.face import Face, json_answer
from stationmaster_service.interfaces import WebRequest

__all__ = ["Pages"]

ARGUMENTS = ("q", "place", "from")


class Pages:
    """Query's routes on the process's face.

    Args:
        face: where the routes go.
        kiosk: what answers.

    """

    def __init__(self, face: Face, kiosk: Kiosk) -> None:
        self._kiosk = kiosk
        self._page = resources.files("stationmaster_query").joinpath("static", "kiosk.html").read_bytes()
        face.static("/query", "stationmaster_query")
        app = face.app
        app.route("/", methods=["GET"])(self._get_page)
        app.route("/events", methods=["GET"])(self._get_events)
        app.route("/api/v1/search", methods=["GET"])(self._get_search)

    def _get_page(self, request: WebRequest) -> bytes:
        request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
        request.setHeader(b"Cache-Control", b"no-cache")
        return self._page

    def _get_events(self, request: WebRequest) -> bytes | Deferred[None]:
        return self._kiosk.stream.subscribe(request)

    def _get_search(self, request: WebRequest) -> bytes:
        try:
            given = {key: _argument(request, key) for key in ARGUMENTS}
            return json_answer(request, self._kiosk.answer(given))
        except StationError as error:
            return json_answer(request, {"error": error.code, "message": str(error)}, 400)


def _argument(request: WebRequest, key: str) -> str:
    value = request.args.get(key.encode(), [b""])[0]
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise StationError("bad-question", f"{key!r} is not UTF-8.", "Encode the address as UTF-8.") from error
