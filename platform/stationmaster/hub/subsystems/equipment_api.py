"""`/api/v1/subscribers`, `/api/v1/devices` and `/api/v1/boards`: who is connected, what there is, and how it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from stationmaster.hub.subsystems.board_book import BoardBook
from stationmaster.hub.subsystems.board_watch import BoardWatch
from stationmaster.hub.subsystems.equipment import EquipmentBook
from stationmaster.hub.subsystems.equipment_bodies import (
    BoardBody,
    BoardGlance,
    BoardsBody,
    DevicesBody,
    SubscriberBody,
    SubscribersBody,
)
from stationmaster.hub.subsystems.subscriber_watch import SubscriberWatch
from stationmaster.hub.view import HubView
from stationmaster.hub.web.bodies import as_json
from stationmaster_base.times import Instant
from stationmaster_kernel.configuration import Board
from stationmaster_protocol.equipment import Condition, Device, Evidence, Readback
from stationmaster_protocol.hub_side import SubscriberInfo
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["LAST_REVISION", "EquipmentApi"]

LAST_REVISION = 2**53
"""No revision comes so far; what is larger no program that reads JSON could tell from its neighbour."""

_WELL = (Condition.OK, Condition.OFF)
_MOST_TROUBLE = 20
"""Names of devices and boards that are told of one subsystem."""


class EquipmentApi:
    """The routes.

    Args:
        view: the hub.
        equipment: what subsystems say.
        boards: what boards should show.
        watch: in what they differ.
        subscribers: who has been there.
        since: when a subsystem came or went.
        face: where the routes go.

    """

    def __init__(
        self,
        *,
        view: HubView,
        equipment: EquipmentBook,
        boards: BoardBook,
        watch: BoardWatch,
        subscribers: SubscriberWatch,
        since: Callable[[str], Instant | None],
        face: Face,
    ) -> None:
        self._view = view
        self._equipment = equipment
        self._boards = boards
        self._watch = watch
        self._seen = subscribers
        self._since = since
        for path, answer in (
            ("/api/v1/subscribers", self._subscribers),
            ("/api/v1/devices", self._devices),
            ("/api/v1/boards", self._all_boards),
        ):
            face.app.route(path, methods=["GET"], endpoint=path)(answer)
        face.app.route("/api/v1/boards/<path:board>", methods=["GET"])(self._board)

    def subscribers(self) -> tuple[SubscriberBody, ...]:
        """Everyone who may connect or is connected, by identity."""
        sessions = {info.identity: info for info in self._view.subscribers()}
        trouble = self._troubled_boards()
        return tuple(
            self._subscriber(identity, sessions.get(identity), trouble.get(identity, ()))
            for identity in sorted({*self._view.identities, *sessions})
        )

    def _subscribers(self, request: WebRequest) -> bytes:
        return json_answer(request, as_json(SubscribersBody(now=self._now(), subscribers=self.subscribers())))

    def _devices(self, request: WebRequest) -> bytes:
        wanted = {name: _argument(request, name) for name in ("identity", "kind", "condition", "target")}
        if wanted["condition"] not in (None, *Condition):
            message = f"condition={wanted['condition']!r} is not possible; it may be {', '.join(Condition)}."
            return problem_answer(request, 400, "bad-argument", message)
        after = _argument(request, "after") or ""
        if after and not (after.isascii() and after.isdecimal() and len(after) < 17 and int(after) <= LAST_REVISION):
            return problem_answer(
                request, 400, "bad-argument", f"after={after!r:.80} is not possible; it is a revision."
            )
        since = self._equipment.devices_since(int(after) if after else -1)
        body = DevicesBody(
            now=self._now(),
            revision=self._equipment.revision,
            whole=since.whole,
            devices=tuple(device for device in since.devices if _is(device, wanted)),
            gone=since.gone,
        )
        return json_answer(request, as_json(body))

    def _all_boards(self, request: WebRequest) -> bytes:
        read = self._read()
        boards = tuple(self._glance(board, *read.get(board.id, ("", None))) for board in self._boards.boards())
        return json_answer(request, as_json(BoardsBody(now=self._now(), boards=boards)))

    def _board(self, request: WebRequest, board: str) -> bytes:
        found = self._boards.board(board)
        if found is None:
            return problem_answer(request, 404, "no-such-board", f"There is no board {board}.")
        identity, readback = self._read().get(board, ("", None))
        intent = self._boards.intent(board, self._view.now)
        body = BoardBody(
            now=self._now(),
            board=self._glance(found, identity, readback),
            should=intent.rows,
            texts=(*intent.whole, *intent.texts),
            shown=readback,
            differences=self._watch.noticed(identity, board),
        )
        return json_answer(request, as_json(body))

    def _read(self) -> dict[str, tuple[str, Readback | None]]:
        """What was read back, by board; of several the latest."""
        found: dict[str, tuple[str, Readback | None]] = {}
        for identity, readback in sorted(self._equipment.readbacks(), key=lambda each: each[1].at):
            found[readback.target] = (identity, readback)
        return found

    def _glance(self, board: Board, identity: str, readback: Readback | None) -> BoardGlance:
        noticed = self._watch.noticed(identity, board.id)
        return BoardGlance(
            id=board.id,
            names=board.names,
            read_by=identity,
            at=None if readback is None else readback.at,
            proved=readback is not None and readback.evidence is not Evidence.SENT,
            due=len(self._boards.intent(board.id, self._view.now).rows),
            shown=0 if readback is None else len(readback.rows),
            differences=len(noticed),
            lasting=sum(each.lasting for each in noticed),
        )

    def _troubled_boards(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for identity, readback in self._equipment.readbacks():
            if any(each.lasting for each in self._watch.noticed(identity, readback.target)):
                found.setdefault(identity, []).append(readback.target)
        return found

    def _subscriber(self, identity: str, info: SubscriberInfo | None, boards: Iterable[str]) -> SubscriberBody:
        devices = self._equipment.devices_of(identity)
        ill = [device.id for device in devices if device.condition not in _WELL]
        trouble = tuple(dict.fromkeys([*boards, *ill]))[:_MOST_TROUBLE]
        if info is None:
            gone = self._seen.gone(identity)
            return SubscriberBody(
                identity=identity,
                connected=False,
                since=self._since(identity) if gone is None else gone.since,
                kind="" if gone is None else gone.kind,
                executes=() if gone is None else gone.executes,
                devices=len(devices),
                trouble=trouble,
            )
        return SubscriberBody(
            identity=identity,
            connected=True,
            since=self._since(identity),
            kind=info.kind,
            version=info.version,
            level=info.level,
            executes=info.executes,
            address=info.address,
            secure=info.secure,
            behind=info.behind,
            queued=info.queued,
            ack_ms=info.ack_ms,
            digest={None: "unproved", True: "whole", False: "differs"}[info.whole],
            snapshots=info.snapshots,
            heard_s=round(info.heard_s, 3),
            rejected=info.rejected,
            devices=len(devices),
            trouble=trouble,
        )

    def _now(self) -> Instant:
        return Instant(int(self._view.now))


def _is(device: Device, wanted: dict[str, str | None]) -> bool:
    """Whether a device is among those that were asked for; None asks for all, and so does an empty word."""
    return (
        wanted["identity"] in (None, "", device.identity)
        and wanted["kind"] in (None, "", device.kind)
        and wanted["condition"] in (None, device.condition.value)
        and (not wanted["target"] or wanted["target"] in device.targets)
    )


def _argument(request: WebRequest, name: str) -> str | None:
    values = request.args.get(name.encode(), [])
    return values[0].decode("utf-8", "replace") if values else None
