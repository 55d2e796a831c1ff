"""Adds to the hub what its pages show of sounds, boards and decisions: one call, so that its wiring stays a list."""

from __future__ import annotations

from typing import Any

from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.deciding.deciding_api import DecidingApi
from stationmaster.hub.deciding.proposal_signs import ProposalSigns
from stationmaster.hub.neighbours.asking import Neighbour
from stationmaster.hub.neighbours.boards_api import BoardPicturesApi
from stationmaster.hub.neighbours.broadcast_api import BroadcastApi
from stationmaster.hub.neighbours.neighbours_api import NeighboursApi, NeighboursBody
from stationmaster.hub.people.askers import Askers
from stationmaster.hub.settings import HubSettings
from stationmaster.hub.subsystems.board_book import BoardBook
from stationmaster.hub.view import HubView
from stationmaster_service.face import Face

__all__ = ["add_neighbours"]


def add_neighbours(
    settings: HubSettings,
    *,
    view: HubView,
    boards: BoardBook,
    alarms: AlarmBook,
    askers: Askers,
    face: Face,
    reactor: Any,
) -> None:
    """Add the routes, and the alarms of decisions that wait.

    Args:
        settings: where the neighbours are, and for how long a decision may wait.
        view: the hub.
        boards: which boards there are.
        alarms: gets the signs.
        askers: who asks.
        face: where the routes go.
        reactor: connections and machine time.

    """
    base, patience = settings.console, settings.watch.patience
    alarms.watch(ProposalSigns(lambda: view.state, lambda: view.now, patience).signs)
    DecidingApi(view, patience, face)
    NeighboursApi(NeighboursBody(broadcast=bool(base.broadcast), guidance=bool(base.guidance)), face)
    BroadcastApi(view=view, broadcast=Neighbour("broadcast", base.broadcast, reactor), askers=askers, face=face)
    BoardPicturesApi(boards=boards, guidance=Neighbour("guidance", base.guidance, reactor), face=face)
