"""The hub's web API: what programs may ask of the committed state, and a stream of what changes.

`/api/v1/events` begins with an event `whole` (a `StateBody`), unless it goes on where a reader stopped: whoever gets
it, then or later, asks for calls and tasks anew. Then come `changes` (a `ChangesBody`) for each commit that is not too
large, and `state` (a `StateBody`) when something else than the committed state is different. Each event's id is
`epoch:sequence`; `changes_stream` says how a reader goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from stationmaster.hub.openapi.document import OpenApi
from stationmaster.hub.pipeline import Committed
from stationmaster.hub.storage.store import Loaded
from stationmaster.hub.view import HubView
from stationmaster.hub.web.bodies import (
    CallBody,
    CallsBody,
    StateBody,
    SubsystemBody,
    SubsystemsBody,
    TasksBody,
    as_json,
)
from stationmaster.hub.web.changes_stream import ChangesStream, ReadBack
from stationmaster.hub.web.station_api import StationApi
from stationmaster_base.times import MINUTE, Instant, from_iso
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskState
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import MachineTime, WebRequest

__all__ = ["HubApi"]

_DUE_MINUTES = 60
_OPEN = (TaskState.PLANNED, TaskState.BEGUN)
_STATE_NOTES = 50


class HubApi:
    """The routes under `/api/v1`, and the description of all that are there.

    Args:
        view: the hub.
        face: where the routes go.
        reactor: machine time.
        read_back: reads the journal for readers of the stream; None: what is not in memory is not known.

    """

    def __init__(self, view: HubView, face: Face, reactor: MachineTime, read_back: ReadBack | None = None) -> None:
        self._view = view
        self.stream = ChangesStream(
            glance=self._glance, position=view.position, face=face, reactor=reactor, read_back=read_back
        )
        """The stream of changes."""
        for path, answer in (
            ("/api/v1/calls", self._calls),
            ("/api/v1/tasks", self._tasks),
            ("/api/v1/subsystems", self._subsystems),
            ("/api/v1/state", self._state),
        ):
            face.app.route(path, methods=["GET"], endpoint=path)(answer)
        face.app.route("/api/v1/calls/<path:call_id>", methods=["GET"])(self._call)
        StationApi(view, face)
        OpenApi(face)

    def loaded(self, loaded: Loaded) -> None:
        """The store has been read."""
        self.stream.loaded(loaded.position, loaded.tail)

    def start(self) -> None:
        """The hub is up: who waited is told, and what changes without a commit is looked at."""
        self.stream.start()

    def stop(self) -> None:
        """End every stream."""
        self.stream.stop()

    def committed(self, committed: Sequence[Committed]) -> None:
        """Tell the readers what was committed."""
        self.stream.committed(committed)

    def begun_again(self) -> None:
        """Tell the readers to ask for everything anew."""
        self.stream.loaded(self._view.position(), ())
        self.stream.begun_again()

    def _calls(self, request: WebRequest) -> bytes:
        day = _argument(request, "day")
        calls: Iterable[Any] = self._view.state.calls.values()
        if day is not None:
            try:
                wanted = date.fromisoformat(day)
            except ValueError:
                return _bad(request, "day", day, "a date such as 2026-03-01")
            calls = (call for call in calls if call.service_date == wanted)
        ordered = tuple(sorted(calls, key=lambda call: (call.planned, call.id)))
        return json_answer(request, as_json(CallsBody(position=self._view.position(), now=self._now(), calls=ordered)))

    def _call(self, request: WebRequest, call_id: str) -> bytes:
        state = self._view.state
        call = state.calls.get(call_id)
        if call is None:
            return problem_answer(request, 404, "no-such-call", f"There is no call {call_id}.")
        tasks = tuple(state.tasks[item] for item in state.tasks_of.get(call_id, ()))
        body = CallBody(position=self._view.position(), now=self._now(), call=call, tasks=tasks)
        return json_answer(request, as_json(body))

    def _tasks(self, request: WebRequest) -> bytes:
        text = _argument(request, "due_before")
        before = Instant(self._now() + _DUE_MINUTES * MINUTE)
        if text is not None:
            try:
                before = Instant(int(text)) if text.isdecimal() else from_iso(text)
            except ValueError:
                return _bad(
                    request, "due_before", text, "an instant such as 2026-03-01T07:04:00Z, or seconds since 1970"
                )
        now = self._now()
        due = [
            (moment, task)
            for task in self._view.state.tasks.values()
            if (moment := _next_moment(task, now)) is not None and moment < before
        ]
        ordered = tuple(task for _, task in sorted(due, key=lambda item: (item[0], item[1].id)))
        return json_answer(request, as_json(TasksBody(position=self._view.position(), now=now, tasks=ordered)))

    def _subsystems(self, request: WebRequest) -> bytes:
        sessions = self._view.subscribers()
        subsystems = tuple(
            SubsystemBody(
                identity=identity,
                connected=any(each.identity == identity for each in sessions),
                sessions=tuple(each for each in sessions if each.identity == identity),
            )
            for identity in self._view.identities
        )
        body = SubsystemsBody(position=self._view.position(), now=self._now(), subsystems=subsystems)
        return json_answer(request, as_json(body))

    def _state(self, request: WebRequest) -> bytes:
        return json_answer(request, as_json(self._glance()))

    def _glance(self) -> StateBody:
        view = self._view
        state = view.state
        connected = {each.identity for each in view.subscribers()}
        return StateBody(
            position=view.position(),
            now=self._now(),
            station=None if state.configuration is None else state.configuration.station,
            feed=view.feed(),
            calls=len(state.calls),
            tasks=len(state.tasks),
            connected=tuple(sorted(connected)),
            absent=tuple(identity for identity in view.identities if identity not in connected),
            executors=state.facts.present,
            planned=state.facts.planned,
            waiting=view.waiting,
            trouble=view.trouble,
            alarms=view.alarms(),
            notes=view.notes()[-_STATE_NOTES:],
            drill=view.drill,
            confirmations=view.confirmations(),
        )

    def _now(self) -> Instant:
        return Instant(int(self._view.now))


def _next_moment(task: Task, now: Instant) -> Instant | None:
    """When the task next begins or ends; None if that is over or not known."""
    if task.state not in _OPEN:
        return None
    if task.due is not None:
        return task.due
    ends = [moment for moment in (task.start, task.end, task.hard_end) if moment is not None and moment > now]
    return min(ends, default=None)


def _argument(request: WebRequest, name: str) -> str | None:
    values = request.args.get(name.encode(), [])
    return values[0].decode("utf-8", "replace") if values else None


def _bad(request: WebRequest, name: str, value: str, allowed: str) -> bytes:
    return problem_answer(request, 400, "bad-argument", f"{name}={value!r} is not possible; it may be {allowed}.")
