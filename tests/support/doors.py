"""A door for tests: identities in a real store, argon2 at its cheapest, and clocks that are set by hand."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from typing import Any

from prometheus_client import CollectorRegistry
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from stationmaster.hub.open_protocol.client_certificates import ClientCertificates
from stationmaster.hub.open_protocol.door import Door
from stationmaster.hub.open_protocol.enrolment import Enrolment
from stationmaster.hub.open_protocol.identity_book import IdentityBook
from stationmaster.hub.open_protocol.refusals import Refusals
from stationmaster.hub.open_protocol.token_hashing import CHEAP, Hashing
from stationmaster.hub.settings import Subsystem
from stationmaster.hub.storage.store import Store
from stationmaster.hub.writer import InThread
from stationmaster_protocol.errors import RemoteProtocolError
from stationmaster_protocol.hub_side import Peer
from stationmaster_protocol.messages import Enrol, Enrolled, Hello

__all__ = ["MadeDoor", "code_of", "outcome"]

HERE = "10.0.0.7"

_SEEDS = itertools.count(1)
"""No two doors make the same secrets."""


def outcome(waiting: Deferred[Any]) -> Any:
    """What a Deferred that has fired gave, or the error with which it failed."""
    found: list[Any] = []
    waiting.addBoth(found.append)
    assert found, "it has not fired"
    return found[0].value if isinstance(found[0], Failure) else found[0]


def code_of(waiting: Deferred[Any]) -> str:
    """The code with which a client is refused; empty if it is not."""
    found = outcome(waiting)
    return found.code if isinstance(found, RemoteProtocolError) else ""


class MadeDoor:
    """A door, and what stands behind it. `now` is what the machine's clock says."""

    def __init__(
        self,
        store: Store,
        in_thread: InThread,
        *,
        configured: Sequence[Subsystem] = (),
        certificates: ClientCertificates | None = None,
    ) -> None:
        self.clock = Clock()
        self.now = 1_800_000_000.0
        self.registry = CollectorRegistry()
        self.closed: list[str] = []
        self._random = random.Random(next(_SEEDS))
        self.book = IdentityBook(store, in_thread)
        shared: dict[str, Any] = {
            "book": self.book,
            "hashing": Hashing(CHEAP, self._random.randbytes),
            "in_thread": in_thread,
            "wall": lambda: self.now,
            "random_bytes": self._random.randbytes,
            "certificates": certificates,
        }
        self.door = Door(
            configured=configured,
            seconds=self.clock.seconds,
            refusals=Refusals(self.clock.seconds, self.registry),
            **shared,
        )
        self.enrolment = Enrolment(door=self.door, close=lambda name: not self.closed.append(name), **shared)

    def invited(self, name: str = "guidance-2", kind: str = "guidance", **how: Any) -> str:
        """The one-time code for an identity."""
        return str(outcome(self.enrolment.invite(name, kind, "controller", **how)).secret)

    def enrol(self, code: str, name: str = "guidance-2", *, request: str = "", address: str = HERE) -> Any:
        """What comes of an enrolment: what the client gets, or the error."""
        return outcome(self.door.enrol(Enrol(identity=name, code=code, request=request), Peer(address=address)))

    def enrolled(self, name: str = "guidance-2", kind: str = "guidance") -> str:
        """A token, after an enrolment."""
        answer = self.enrol(self.invited(name, kind), name)
        assert isinstance(answer, Enrolled)
        return answer.token

    def hello(
        self, token: str, name: str = "guidance-2", *, address: str = HERE, certificate: bytes | None = None
    ) -> Any:
        """What comes of a hello: the grant, or the code of the refusal."""
        peer = Peer(address=address, secure=True, certificate=certificate)
        found = outcome(self.door.authenticate(Hello(identity=name, token=token), peer))
        return found.code if isinstance(found, RemoteProtocolError) else found

    def refused(self, reason: str) -> float:
        """How often somebody was refused for a reason."""
        return self.registry.get_sample_value("stationmaster_hub_refused_total", {"reason": reason}) or 0.0
