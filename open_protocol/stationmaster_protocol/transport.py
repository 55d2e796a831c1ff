"""What a TCP or TLS connection can do, as far as it is used here; Twisted's own interfaces are not types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

__all__ = ["StreamTransport"]


class StreamTransport(Protocol):
    """One open connection."""

    def write(self, data: bytes, /) -> None: ...
    def writeSequence(self, data: Iterable[bytes], /) -> None: ...  # noqa: N802 - Twisted's name
    def registerProducer(self, producer: object, streaming: bool, /) -> None: ...  # noqa: N802 - Twisted's name
    def unregisterProducer(self) -> None: ...  # noqa: N802 - Twisted's name
    def pauseProducing(self) -> None: ...  # noqa: N802 - Twisted's name
    def resumeProducing(self) -> None: ...  # noqa: N802 - Twisted's name
    def loseConnection(self) -> None: ...  # noqa: N802 - Twisted's name
    def abortConnection(self) -> None: ...  # noqa: N802 - Twisted's name
    def setTcpNoDelay(self, enabled: bool, /) -> None: ...  # noqa: N802 - Twisted's name
    def getPeer(self) -> object: ...  # noqa: N802 - Twisted's name
