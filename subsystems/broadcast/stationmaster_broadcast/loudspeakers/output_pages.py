"""What can be asked of outputs over HTTP: how each is, how zones are heard, and the streams for players."""

from __future__ import annotations

from klein import Klein

from stationmaster_base.health import JsonValue
from stationmaster_broadcast.loudspeakers.feeding import Feeding
from stationmaster_broadcast.loudspeakers.lane import Lane
from stationmaster_broadcast.loudspeakers.output_log import OutputLog
from stationmaster_broadcast.loudspeakers.rtp_output import RtpOutput
from stationmaster_broadcast.loudspeakers.zone_outputs import ZoneOutputs
from stationmaster_service.face import json_answer
from stationmaster_service.interfaces import WebRequest

__all__ = ["OutputPages"]


class OutputPages:
    """The routes.

    - `GET /api/v1/outputs`: outputs, amplifiers, and what each zone is heard by
    - `GET /api/v1/outputs/heard`: what outputs did last, the latest last
    - `GET /api/v1/outputs/<name>.sdp`: an RTP stream, for a player
    """

    def __init__(self, app: Klein, outputs: ZoneOutputs, feeding: Feeding, log: OutputLog) -> None:
        self._outputs = outputs
        self._feeding = feeding
        self._log = log
        app.route("/api/v1/outputs", methods=["GET"])(self._get_outputs)
        app.route("/api/v1/outputs/heard", methods=["GET"])(self._get_heard)
        app.route("/api/v1/outputs/<name>.sdp", methods=["GET"])(self._get_description)

    def _get_outputs(self, request: WebRequest) -> bytes:
        zones: dict[str, JsonValue] = {}
        for zone in dict.fromkeys([*self._outputs.wiring, *self._feeding.routes]):
            zones[zone] = self._zone(zone)
        return json_answer(
            request,
            {
                "outputs": {name: _output(lane) for name, lane in self._outputs.lanes.items()},
                "amplifiers": {name: link.problem or "ok" for name, link in self._feeding.links.items()},
                "zones": zones,
            },
        )

    def _get_heard(self, request: WebRequest) -> bytes:
        return json_answer(request, [heard.body() for heard in self._log.latest])

    def _get_description(self, request: WebRequest, name: str) -> bytes:
        lane = self._outputs.lanes.get(name)
        if lane is None or not isinstance(lane.output, RtpOutput):
            return json_answer(request, {"error": "there is no such stream"}, 404)
        request.setHeader(b"Content-Type", b"application/sdp")
        return lane.output.description.encode("utf-8")

    def _zone(self, zone: str) -> JsonValue:
        feed = self._feeding.feeds.get(zone)
        found: dict[str, JsonValue] = {"heard": list(self._outputs.hearing(zone).heard)}
        if zone in self._feeding.routes:
            found["fed"] = feed is not None and feed.well
        if feed is not None:
            made = feed.route.connection
            found |= {
                "amplifier": feed.route.amplifier,
                "channel": made.channel,
                "line": made.line,
                "input": made.input,
                "usual": feed.usual,
            }
        return found


def _output(lane: Lane) -> JsonValue:
    figures = lane.figures
    return {
        "kind": lane.output.kind,
        "detail": lane.output.detail,
        "problem": lane.output.problem,
        "busy": lane.busy,
        "played": figures.played,
        "failed": figures.failed,
        "left_out": figures.left_out,
        "taken_over": figures.taken_over,
    }
