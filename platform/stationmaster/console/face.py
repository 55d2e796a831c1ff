"""Puts the console on the hub's face: one page, its files, and the names of stations.

Everything else that it shows comes from `/api/v1`.
"""

from __future__ import annotations

from importlib import resources

from stationmaster.console.track_plan.api import TrackPlanApi
from stationmaster.hub.view import HubView
from stationmaster_service.face import Face, json_answer
from stationmaster_service.interfaces import WebRequest

__all__ = ["install"]


def install(view: HubView, face: Face) -> None:
    """Add `GET /`, the files under `/console`, and `GET /console/names.json`.

    The last is `{"names": {"<name as timetables write it>": {"<language>": "<name>"}}}`; empty while the hub has no
    configuration.
    """
    page = resources.files("stationmaster.console").joinpath("static", "console.html").read_bytes()

    def get_page(request: WebRequest) -> bytes:
        request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
        request.setHeader(b"Cache-Control", b"no-cache")
        return page

    def get_names(request: WebRequest) -> bytes:
        configuration = view.state.configuration
        names = () if configuration is None else configuration.names
        return json_answer(request, {"names": {name.id: dict(name.names) for name in names}})

    face.app.route("/", methods=["GET"], endpoint="console")(get_page)
    face.app.route("/console/names.json", methods=["GET"], endpoint="console names")(get_names)
    face.static("/console", "stationmaster.console")
    TrackPlanApi(view, face)
