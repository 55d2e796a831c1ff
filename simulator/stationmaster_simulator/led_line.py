"""Simulated LED cards on TCP ports: one card a connection, slow if it is to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol

from stationmaster_service.interfaces import MachineTime
from stationmaster_simulator.led_cards import Card

__all__ = ["CardFactory", "CardWire"]


class CardWire(Protocol):
    """A card at the other end of a connection.

    Args:
        card: the card.
        reactor: machine time.
        delay_s: how long it takes to answer.

    """

    def __init__(self, card: Card, reactor: MachineTime, delay_s: float = 0.0) -> None:
        self._card = card
        self._reactor = reactor
        self._delay_s = delay_s

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        self._card.held.clear()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        answer = self._card.receive(data)
        if answer and self._delay_s:
            self._reactor.callLater(self._delay_s, self._answer, answer)
        elif answer:
            self._answer(answer)

    def _answer(self, answer: bytes) -> None:
        if self.transport is not None and self.connected:
            cast("Any", self.transport).write(answer)


class CardFactory(Factory):
    """Listens for one card; `card` gives it, the same for each connection or another."""

    noisy = False

    def __init__(self, card: Callable[[], Card], reactor: MachineTime, delay_s: float = 0.0) -> None:
        self._card = card
        self._reactor = reactor
        self._delay_s = delay_s

    def buildProtocol(self, addr: IAddress | None) -> CardWire:  # noqa: ARG002, N802 - Twisted's name
        return CardWire(self._card(), self._reactor, self._delay_s)
