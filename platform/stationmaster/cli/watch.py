"""Waits until every process answers, so that a person is told where to look only when there is something to see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web.client import Agent, HTTPConnectionPool, readBody

from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["Answer", "Watch", "http_answer"]

EVERY = 0.25
ANSWER_WITHIN = 5.0
SLOW_AFTER = 30.0

Answer = Callable[[str], Deferred[bool]]
"""Whether the process with this address answers that it is well."""


def http_answer(reactor: Any) -> Answer:
    """Asks `GET <address>` and takes status 200 for well."""
    agent = Agent(reactor, connectTimeout=ANSWER_WITHIN, pool=HTTPConnectionPool(reactor, persistent=False))

    def ask(address: str) -> Deferred[bool]:
        asked: Deferred[Any] = agent.request(b"GET", address.encode())
        asked.addCallback(lambda response: readBody(response).addCallback(lambda _: response.code == 200))
        asked.addTimeout(ANSWER_WITHIN, reactor)
        return asked.addErrback(lambda _failure: False)

    return ask


class Watch:
    """Asks again and again until all have answered once.

    Args:
        reactor: machine time.
        addresses: by process, the address of its health.
        files: by process, what is there once the process is ready, for those without a face.
        answer: asks one of them.
        say: tells the person at the terminal one line.

    """

    def __init__(
        self,
        reactor: MachineTime,
        addresses: Mapping[str, str],
        files: Mapping[str, tuple[Path, ...]],
        answer: Answer,
        say: Callable[[str], None],
    ) -> None:
        self._reactor = reactor
        self._addresses = dict(addresses)
        self._files = dict(files)
        self._answer = answer
        self._say = say
        self._began = reactor.seconds()
        self._next_word = SLOW_AFTER
        self._done: Deferred[None] = Deferred(lambda _: self._cancel())
        self._call: DelayedCall | None = None

    def until_all_answer(self) -> Deferred[None]:
        """Fires when every process has answered that it is well; cancel it to give up."""
        self._ask()
        return self._done

    def _cancel(self) -> None:
        if self._call is not None and self._call.active():
            self._call.cancel()

    def _ask(self) -> None:
        self._files = {name: files for name, files in self._files.items() if not all(file.exists() for file in files)}
        for name, address in list(self._addresses.items()):
            self._answer(address).addCallbacks(self._heard, self._lost, callbackArgs=(name,))
        if not self._addresses and not self._files:
            if not self._done.called:
                self._done.callback(None)
            return
        waited = self._reactor.seconds() - self._began
        if waited >= self._next_word:
            self._next_word += SLOW_AFTER
            missing = ", ".join([*self._addresses, *self._files])
            self._say(f"Still waiting for {missing}; their logs say why.")
        self._call = self._reactor.callLater(EVERY, self._ask)

    def _heard(self, well: bool, name: str) -> None:
        if well:
            self._addresses.pop(name, None)

    def _lost(self, failure: Failure) -> None:
        self._done.errback(failure)
