"""`/api/v1/acts`: how operators act, and what they did.

`POST` takes one act as JSON (an `ActRequest`) from an operator, whose token stands in `Authorization: Bearer …`, and
answers when it is committed, or has been refused. The id is the client's: an act that is sent again with the same id is
not done again, and is answered as the first time. So who got no answer sends it again until he has one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster.hub.audit.confirmations import Hold, Wanted, kinds_of_deeds, nothing_held, words_of_deeds
from stationmaster.hub.batch import QUARANTINED
from stationmaster.hub.people.askers import Askers, refusal
from stationmaster.hub.people.deed_permits import check_deeds
from stationmaster.hub.pipeline import Committed, Pipeline
from stationmaster.hub.storage.store import Recorded, Stored
from stationmaster.hub.view import HubView
from stationmaster.hub.web.act_reading import ActRequest, read_act
from stationmaster.hub.web.bodies import ActBody, ActsBody, ChangedBody, as_json, told_faults
from stationmaster.hub.web.meanwhile import changed_meanwhile, with_what_was_said
from stationmaster.hub.web.recent import Recent
from stationmaster_base.configuration import Faults
from stationmaster_base.errors import StationError
from stationmaster_base.health import JsonValue
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_kernel.act import ActRecord
from stationmaster_kernel.inputs import Act, Known
from stationmaster_kernel.plain import from_plain
from stationmaster_protocol.messages import Position
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import MachineTime, WebRequest

__all__ = ["LARGEST_BODY", "PATIENCE_S", "ActsApi", "act_asked"]

_LOG = get_logger("acts")

LARGEST_BODY = 1_000_000
"""Bytes of one act."""

PATIENCE_S = 10.0
"""Machine seconds after which an act that is still waiting is answered with 202."""

MOST_ACTS = 1000
USUAL_ACTS = 200

IMPOSSIBLE = ("act-of-nobody", "deed-impossible")
"""Refusals that no other state of the day would change: 422. All others are 409."""

CHANGED = "changed-meanwhile"

_OF_THE_KERNEL = ("feed", "kernel")
"""Kinds that tell who acts nothing."""


class ActsApi:
    """The routes for acts.

    Args:
        view: the hub.
        pipeline: where acts go.
        askers: who may act.
        face: where the routes go.
        reactor: machine time.
        recent: what was committed last, in which older revisions are looked up.
        hold: asked whether a second person is needed.

    """

    def __init__(
        self,
        *,
        view: HubView,
        pipeline: Pipeline,
        askers: Askers,
        face: Face,
        reactor: MachineTime,
        recent: Recent | None = None,
        hold: Hold = nothing_held,
    ) -> None:
        self._view = view
        self._pipeline = pipeline
        self._askers = askers
        self._reactor = reactor
        self._hold = hold
        self._recent = Recent() if recent is None else recent
        self._under_way: dict[str, tuple[Act, list[Deferred[Any]]]] = {}
        face.app.route("/api/v1/acts", methods=["POST"])(self._post)
        face.app.route("/api/v1/acts", methods=["GET"])(self._get)

    def _post(self, request: WebRequest) -> bytes | Deferred[bytes]:
        try:
            asker = self._askers.permit(request, "act")
        except StationError as error:
            return refusal(request, error)
        asked = act_asked(request)
        if isinstance(asked, bytes):
            return asked
        try:
            self._askers.permit_act(request, asker, lambda who: check_deeds(who, asked.deeds, self._view.state))
        except StationError as error:
            return refusal(request, error)
        if self._pipeline.trouble:
            request.setHeader(b"Retry-After", b"5")
            return problem_answer(
                request, 503, "store-down", self._pipeline.trouble, "Send the same act again in a while."
            )
        known = with_what_was_said(asked.known, self._view.state, self._recent)
        act = asked.act(asker.name, Instant(int(self._view.now)), known)
        held = self._hold(request, asker, self._wanted(act))
        return self._put(request, act) if held is None else held

    def _wanted(self, act: Act) -> Wanted:
        """The act, as a second person is asked about it, and does it."""

        def perform() -> Deferred[Any]:
            return self._outcome(replace(act, at=Instant(int(self._view.now)))).addErrback(_failed)

        return Wanted(
            id=act.id,
            kinds=kinds_of_deeds(act.deeds),
            words=words_of_deeds(act.deeds),
            why=act.why,
            digest=repr((act.deeds, act.why, act.lock, act.lock_until)),
            check=lambda other: check_deeds(other, act.deeds, self._view.state),
            perform=perform,
        )

    def _put(self, request: WebRequest, act: Act) -> Deferred[bytes]:
        """Put the act in, once, and answer as soon as there is anything to say."""
        answer: Deferred[bytes] = Deferred()
        patience = self._reactor.callLater(PATIENCE_S, lambda: answer.callback(_waits(request, act)))

        def tell(outcome: Callable[[WebRequest], bytes]) -> None:
            if patience.active():
                patience.cancel()
                answer.callback(outcome(request))

        done = self._outcome(act)
        done.addErrback(_failed).addCallback(tell)
        return answer

    def _outcome(self, act: Act) -> Deferred[Any]:
        """Fires with what answers a request for this act: of several with one id, the first is put in."""
        done: Deferred[Any] = Deferred()
        known = self._under_way.get(act.id)
        if known is not None:
            if not _same(known[0], act):
                done.callback(_used)
            else:
                known[1].append(done)
            return done
        waiting = [done]
        self._under_way[act.id] = (act, waiting)
        self._pipeline.put(act).addCallback(lambda committed: self._committed(act, committed)).addBoth(
            lambda outcome: self._tell(act, waiting, outcome)
        )
        return done

    def _committed(self, act: Act, committed: Committed | None) -> Any:
        if committed is not None:
            position = Position(
                epoch=self._view.position().epoch, sequence=committed.stored.sequence, hash=committed.stored.hash
            )
            return self._answer(act, position, committed.stored, committed.refused)
        return self._pipeline.recorded(act.id).addCallback(lambda recorded: self._again(act, recorded))

    def _answer(self, act: Act, position: Position, entry: Stored, refused: bool) -> Callable[[WebRequest], bytes]:
        """What is said of an act that stands in the journal."""
        if refused:
            detail = {
                key: value for note in entry.changes.notes if note.code == QUARANTINED for key, value in note.detail
            }
            code = detail.get("reason", QUARANTINED)
            status = 500 if code == "kernel-failed" else 422 if code in IMPOSSIBLE else 409
            now = changed_meanwhile(act.known, self._view.state, self._recent) if code == CHANGED else ()
            more: dict[str, JsonValue] = {"changed": as_json(now)} if code == CHANGED else {}
            message, hint = detail.get("message", ""), detail.get("hint", "")
            return lambda request: problem_answer(request, status, code, message, hint, more=more)
        body = ActBody(
            id=act.id,
            position=position,
            at=entry.at,
            by=act.by,
            puts=tuple(
                ChangedBody(kind=put.kind, id=put.id, revision=put.revision)
                for put in entry.changes.puts
                if put.kind not in _OF_THE_KERNEL
            ),
            deletes=tuple(gone for gone in entry.changes.deletes if gone[0] not in _OF_THE_KERNEL),
            notes=entry.changes.notes,
        )
        return lambda request: json_answer(request, as_json(body))

    def _again(self, act: Act, recorded: Recorded | None) -> Callable[[WebRequest], bytes]:
        """What is said of an act whose id has been used before."""
        if recorded is None:
            return lambda request: problem_answer(
                request,
                409,
                "act-of-long-ago",
                f"{act.id} was done, and is no longer kept.",
                "Use a new id for a new act.",
            )
        try:
            known = from_plain(Act, json.loads(recorded.input_text))
        except (ValueError, TypeError, KeyError):  # written by another version, or not an act
            return _used
        if not _same(known, act):
            return _used
        position = Position(epoch=recorded.epoch, sequence=recorded.entry.sequence, hash=recorded.entry.hash)
        return self._answer(act, position, recorded.entry, recorded.refused)

    def _tell(self, act: Act, waiting: list[Deferred[Any]], outcome: Any) -> None:
        del self._under_way[act.id]
        for each in waiting:
            if isinstance(outcome, Failure):
                each.errback(outcome)
            else:
                each.callback(outcome)

    def _get(self, request: WebRequest) -> bytes:
        call, limit = _argument(request, "call", ""), _argument(request, "limit", str(USUAL_ACTS))
        if not (limit.isdecimal() and len(limit) < 5 and 1 <= int(limit) <= MOST_ACTS):
            return problem_answer(
                request, 400, "bad-argument", f"limit={limit!r} is not possible.", f"1 to {MOST_ACTS}."
            )
        records = (cast("ActRecord", record) for record in self._view.state.records.get("act", {}).values())
        acts = [record for record in records if not call or call in record.calls]
        acts.sort(key=lambda record: (record.at, record.revision), reverse=True)
        body = ActsBody(
            position=self._view.position(),
            now=Instant(int(self._view.now)),
            acts=tuple(acts[: int(limit)]),
        )
        return json_answer(request, as_json(body))


def act_asked(request: WebRequest) -> ActRequest | bytes:
    """The act that a request's body describes, or the answer that says why it describes none."""
    body = request.content.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        return problem_answer(
            request, 413, "act-too-large", f"The act is larger than {LARGEST_BODY} bytes.", "Split it."
        )
    faults = Faults()
    asked = read_act(body, faults)
    if asked is None:
        return problem_answer(request, 400, "bad-act", "The act cannot be read.", faults=told_faults(faults))
    return asked


def _same(one: Act, other: Act) -> bool:
    """Whether two acts ask for the same thing, whenever they were asked for."""
    return replace(one, at=other.at, known=_bare(one)) == replace(other, known=_bare(other))


def _bare(act: Act) -> tuple[Known, ...]:
    """What was known, without what the hub added."""
    return tuple(replace(each, said="") for each in act.known)


def _used(request: WebRequest) -> bytes:
    return problem_answer(request, 409, "act-id-used", "Another act has this id.", "Use a new id for each new act.")


def _failed(failure: Failure) -> Callable[[WebRequest], bytes]:
    """What is said when nobody knows what came of an act."""
    error = failure.value
    if isinstance(error, StationError):
        text = str(error)
        return lambda request: problem_answer(request, 503, "store-down", text, "Send the same act again in a while.")
    _LOG.error("act-not-answered", problem=failure.getTraceback())
    return lambda request: problem_answer(
        request, 500, "hub-fault", f"The hub failed: {error!r}.", "Report this with the log."
    )


def _waits(request: WebRequest, act: Act) -> bytes:
    message = "The act waits and will be done. Send it again, with the same id, to hear what came of it."
    body: JsonValue = {"id": act.id, "waits": True, "message": message}
    return json_answer(request, body, 202)


def _argument(request: WebRequest, name: str, default: str) -> str:
    values = request.args.get(name.encode(), [])
    return values[0].decode("utf-8", "replace") if values else default
