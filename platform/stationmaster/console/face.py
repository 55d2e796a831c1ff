"""Puts the console on the hub's face: one page and its files; everything it shows comes from `/api/v1`."""

from __future__ import annotations

from importlib import resources

from stationmaster.hub.view import HubView
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["install"]


def install(_view: HubView, face: Face) -> None:
    """Add `GET /` and the files under `/console`."""
    page = resources.files("stationmaster.console").joinpath("static", "console.html").read_bytes()

    def get_page(request: WebRequest) -> bytes:
        request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
        request.setHeader(b"Cache-Control", b"no-cache")
        return page

    face.static("/console", "stationmaster.console")
    face.app.route("/", methods=["GET"], endpoint="console")(get_page)
