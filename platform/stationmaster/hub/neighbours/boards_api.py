"""`/api/v1/boards/{board}/picture` and `…/read`: a board as its subsystem draws it, and in words.

What a board shows row by row the hub knows itself; pictures and the words that stand in a board's page only guidance
has.
"""

from __future__ import annotations

from urllib.parse import quote

from twisted.internet.defer import Deferred

from stationmaster.hub.neighbours.asking import LARGEST_JSON, LARGEST_PICTURE, MAKE_S, Neighbour, Told, not_told
from stationmaster.hub.subsystems.board_book import BoardBook
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["BoardPicturesApi"]

_POLICY = b"default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A picture is no page: nothing that stands in it may do anything, even where it is opened by itself."""


class BoardPicturesApi:
    """The routes.

    Args:
        boards: which boards there are.
        guidance: the process that draws them.
        face: where the routes go.

    """

    def __init__(self, *, boards: BoardBook, guidance: Neighbour, face: Face) -> None:
        self._boards = boards
        self._guidance = guidance
        for path, answer in (
            ("/api/v1/boards/<path:board>/picture", self._picture),
            ("/api/v1/boards/<path:board>/read", self._read),
        ):
            face.app.route(path, methods=["GET"], endpoint=path)(answer)

    def _picture(self, request: WebRequest, board: str) -> bytes | Deferred[bytes]:
        words = {name: _word(request, name) for name in ("of", "language", "page")}
        if self._boards.board(board) is None:
            return _unknown(request, board)
        path = f"/api/v1/boards/{quote(board, safe='')}/picture"
        asking = self._guidance.get(path, words, media="image/svg+xml", largest=LARGEST_PICTURE, within=MAKE_S)
        return asking.addCallback(_seen, request).addErrback(not_told, request)

    def _read(self, request: WebRequest, board: str) -> bytes | Deferred[bytes]:
        if self._boards.board(board) is None:
            return _unknown(request, board)
        path = f"/api/v1/boards/{quote(board, safe='')}/read"
        asking = self._guidance.get(path, {}, media="application/json", largest=LARGEST_JSON)
        return asking.addCallback(lambda told: json_answer(request, told.json())).addErrback(not_told, request)


def _unknown(request: WebRequest, board: str) -> bytes:
    return problem_answer(request, 404, "no-such-board", f"There is no board {board}.")


def _seen(told: Told, request: WebRequest) -> bytes:
    request.setHeader(b"Content-Type", b"image/svg+xml")
    request.setHeader(b"Cache-Control", b"no-store")
    request.setHeader(b"Content-Security-Policy", _POLICY)
    return told.body


def _word(request: WebRequest, name: str) -> str:
    return str(request.args.get(name.encode(), [b""])[0].decode("utf-8", "replace"))
