"""What guidance serves: a page for each board, its stream of states, the list of boards, and all rows as JSON."""

from __future__ import annotations

import re
from hashlib import sha256
from html import escape
from importlib import resources

from twisted.internet.defer import Deferred

from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.health import JsonValue
from stationmaster_base.times import Instant, to_iso
from stationmaster_guidance.boards import Boards, Source
from stationmaster_guidance.readings import LARGEST
from stationmaster_guidance.screens import Screens
from stationmaster_guidance.wire import api_board
from stationmaster_kernel.configuration import Words
from stationmaster_service.face import Face, json_answer
from stationmaster_service.interfaces import WebRequest

__all__ = ["Pages"]

FILES = (
    "board.html",
    "board.css",
    "board.js",
    "draw.js",
    "feed.js",
    "fit.js",
    "look.js",
    "light.js",
    "painted.js",
    "written.js",
)

PAGE = re.compile(r"[0-9A-Za-z-]{1,40}\Z")
"""How a page calls itself."""


class Pages:
    """Guidance's routes on the process's face.

    Args:
        face: where the routes go.
        boards: the pictures.
        source: the agent, for what it says of its data.
        clock: station time.
        screens: who takes what pages say of themselves; None: nobody.

    """

    def __init__(
        self, face: Face, boards: Boards, source: Source, clock: StationClock, screens: Screens | None = None
    ) -> None:
        self._screens = screens
        self._boards = boards
        self._source = source
        self._clock = clock
        self._page, self._version = _page()
        face.static("/guidance", "stationmaster_guidance")
        app = face.app
        app.route("/", methods=["GET"])(self._get_list)
        app.route("/board/<name>", methods=["GET"])(self._get_page)
        app.route("/board/<name>/head", methods=["GET"])(self._get_head)
        app.route("/board/<name>/events", methods=["GET"])(self._get_events)
        app.route("/board/<name>/painted", methods=["POST"])(self._post_painted)
        app.route("/board/<name>/left", methods=["POST"])(self._post_left)
        app.route("/api/v1/boards", methods=["GET"])(self._get_boards)

    def _get_list(self, request: WebRequest) -> bytes:
        request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
        request.setHeader(b"Cache-Control", b"no-store")
        return _list_page(self._boards).encode()

    def _get_page(self, request: WebRequest, name: str) -> bytes:  # noqa: ARG002 - the page reads it from its address
        """The page of any board: one that is not there (yet) says so, and comes up by itself when it is."""
        request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
        request.setHeader(b"Cache-Control", b"no-cache")
        return self._page

    def _get_head(self, request: WebRequest, name: str) -> bytes:
        """The id of the state that the board's page should be showing, and the version of the page itself."""
        self._boards.refresh()
        shown = self._boards.get(name)
        if shown is None:
            return self._refusal(request, name, head=True)
        return json_answer(request, {"id": shown.event_id, "version": self._version})

    def _get_events(self, request: WebRequest, name: str) -> bytes | Deferred[None]:
        self._boards.refresh()
        shown = self._boards.get(name)
        return self._refusal(request, name) if shown is None else shown.stream.subscribe(request)

    def _post_painted(self, request: WebRequest, name: str) -> bytes:
        """A page says what it shows; the answer is whether that is known now, or has to be said in full."""
        if self._screens is None:
            return json_answer(request, {"known": True})
        try:
            known = self._screens.painted(name, _page_name(request), request.content.read(LARGEST + 1))
        except StationError as error:
            return json_answer(request, {"error": error.code, "message": f"{error.message} {error.hint}"}, 400)
        return json_answer(request, {"known": known})

    def _post_left(self, request: WebRequest, name: str) -> bytes:
        if self._screens is not None:
            self._screens.left(name, _page_name(request))
        return json_answer(request, {})

    def _get_boards(self, request: WebRequest) -> bytes:
        self._boards.refresh()
        view = self._source.view
        boards: dict[str, JsonValue] = {
            shown.board.id: api_board(shown.picture, stale=shown.stale, messages=shown.messages)
            for shown in self._boards.all()
        }
        return json_answer(
            request,
            {
                "station_time": to_iso(Instant(int(self._clock.now()))),
                "as_of": None if view.fresh_at is None else to_iso(view.fresh_at),
                "state": view.state,
                "boards": boards,
            },
        )

    def _refusal(self, request: WebRequest, name: str, *, head: bool = False) -> bytes:
        """Why there is nothing; a page that only asks for the head while it waits is answered as well as one can."""
        if not self._boards.ready:
            body: dict[str, JsonValue] = {
                "error": "waiting",
                "message": "The hub has not been heard yet, so the station's boards are not known.",
            }
            return json_answer(request, body, 200 if head else 503)
        body = {
            "error": "no-such-board",
            "message": f"The station has no board {name!r}.",
            "boards": [shown.board.id for shown in self._boards.all()],
        }
        return json_answer(request, body, 404)


def _page_name(request: WebRequest) -> str:
    given = request.args.get(b"page", [b""])[0].decode("ascii", "replace")
    return given if PAGE.match(given) else "nameless"


def _page() -> tuple[bytes, str]:
    """The board page, and a version that changes when any of its files does, so that old pages load themselves anew."""
    folder = resources.files("stationmaster_guidance").joinpath("static")
    version = sha256(b"".join(folder.joinpath(name).read_bytes() for name in FILES)).hexdigest()[:16]
    page = folder.joinpath("board.html").read_text("utf-8")
    return page.replace("{{version}}", version).encode(), version


def _list_page(boards: Boards) -> str:
    page = resources.files("stationmaster_guidance").joinpath("static", "boards.html").read_text("utf-8")
    items = []
    kinds = dict.fromkeys(shown.board.type for shown in boards.all())
    for kind in kinds:
        items.append(f"<h2>{escape(kind.replace('_', ' '))}</h2><ul>")
        for shown in boards.all():
            board = shown.board
            if board.type == kind:
                size = f"{board.width} × {board.height}"
                items.append(
                    f'<li><a href="/board/{escape(board.id)}?look">{escape(_all(board.names))}</a>'
                    f" <code>{escape(board.id)}</code> <small>{size}, {escape(board.layout)}</small></li>"
                )
        items.append("</ul>")
    if not items:
        items.append("<p>车站数据尚未收到，请稍候。 The station is not known yet; its boards will be listed here.</p>")
    station = boards.station
    zone = "" if station is None else station.zone
    title = "" if station is None else _all(station.names)
    return (
        page.replace("{{boards}}", "\n".join(items))
        .replace("{{station}}", escape(title))
        .replace("{{zone}}", escape(zone))
    )


def _all(words: Words) -> str:
    return " · ".join(text for _, text in words)
