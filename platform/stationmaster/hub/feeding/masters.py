"""The hub's masters of time: made if they are configured, shown, and asked by a person to take a step."""

from __future__ import annotations

import secrets
from typing import cast

from stationmaster.hub.feeding.leaps import LeapWatch
from stationmaster.hub.people.askers import Askers, refusal
from stationmaster_base.errors import StationError
from stationmaster_base.health import JsonValue
from stationmaster_base.steering import SteeredClock
from stationmaster_base.timekeeping import ClockState
from stationmaster_base.times import MINUTE
from stationmaster_clock.judge import Judged
from stationmaster_clock.masters import ClockMasters, ClockReactor, Machine
from stationmaster_clock.metrics import ClockCollector
from stationmaster_clock.settings import ClockSettings
from stationmaster_kernel.step import LEAP
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest
from stationmaster_service.process import Running

__all__ = ["ClockApi", "clock_health", "hub_masters", "vouched"]


def hub_masters(running: Running) -> ClockMasters | None:
    """What `[clock]` asks for; None if that is nothing, or if the clock is a demo's or a drill's.

    Faults go to the table.
    """
    settings = ClockSettings.from_table(running.table.table("clock"), running.folder)
    clock = running.clock
    if not settings.used or not isinstance(clock, SteeredClock):
        return None
    masters = ClockMasters(
        settings,
        clock=clock,
        reactor=cast("ClockReactor", running.reactor),
        machine=Machine(wall=clock.wall, monotonic=clock.monotonic, nonce=lambda: secrets.randbits(64) | 1),
        stepped=running.timer.poke,
    )
    running.registry.register(ClockCollector(masters))
    return masters


def clock_health(masters: ClockMasters | None) -> JsonValue:
    """How the time is known, for `/healthz` and `/api/v1/clock`; null without masters of time."""
    if masters is None:
        return None
    quality = masters.quality()
    return {
        "state": quality.state.value,
        "error_s": _rounded(quality.error_s),
        "source": quality.source,
        "trouble": masters.verdict.trouble.value,
        "sources": [_source(each) for each in masters.verdict.sources],
    }


def vouched(masters: ClockMasters) -> bool:
    """Whether masters of time vouch for what the clock shows, to within what counts as a leap."""
    quality = masters.quality()
    known = quality.state in (ClockState.LOCKED, ClockState.HOLDOVER)
    return known and quality.error_s is not None and quality.error_s <= LEAP * MINUTE


class ClockApi:
    """The routes: `GET /api/v1/clock`, and `POST /api/v1/clock/accept`.

    What is accepted is the step that was refused, or the leap that is doubted.

    The second answers 401 and 403 to those who may not, and 409 if there is nothing to accept.

    Args:
        face: where the routes go.
        masters: the masters of time, if there are any.
        leaps: whether the clock is to be believed.
        askers: who may accept a step.

    """

    def __init__(self, face: Face, masters: ClockMasters | None, leaps: LeapWatch, askers: Askers) -> None:
        self._masters = masters
        self._leaps = leaps
        self._askers = askers
        face.app.route("/api/v1/clock", methods=["GET"])(self._show)
        face.app.route("/api/v1/clock/accept", methods=["POST"])(self._accept)

    def _show(self, request: WebRequest) -> bytes:
        return json_answer(request, {"clock": clock_health(self._masters)})

    def _accept(self, request: WebRequest) -> bytes:
        try:
            self._askers.permit(request, "acceptTime")
        except StationError as error:
            return refusal(request, error)
        stepped = self._masters is not None and self._masters.accept_step()
        if not (self._leaps.accept() or stepped):
            message = "No step of the clock was refused, and no leap is doubted."
            return problem_answer(request, 409, "nothing-to-accept", message)
        return json_answer(request, {"clock": clock_health(self._masters)})


def _source(judged: Judged) -> JsonValue:
    return {
        "name": judged.name,
        "condition": judged.condition.value,
        "ahead_s": _rounded(judged.ahead_s),
        "error_s": _rounded(judged.error_s),
        "eras": judged.eras,
        "gps_time": judged.gps_time,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 4)
