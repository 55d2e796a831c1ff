"""What we use of Twisted's interfaces, in a form that a type checker understands.

Twisted declares its reactor, its requests and its ports as zope interfaces, whose methods mypy takes for functions
without `self`. These protocols name the same methods; Twisted's own objects, and its test doubles
(`twisted.internet.task.Clock`, `MemoryReactorClock`), have them as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.defer import Deferred

__all__ = ["DelayedCall", "ListeningPort", "MachineTime", "Reactor", "TCPReactor", "ThreadReactor", "WebRequest"]


class DelayedCall(Protocol):
    """Something that the reactor will call (`IDelayedCall`)."""

    def cancel(self) -> None: ...
    def active(self) -> bool: ...
    def reset(self, delay: float, /) -> None: ...


class MachineTime(Protocol):
    """The machine's monotonic time (`IReactorTime`): for timeouts, heartbeats and pacing, never for the day's work."""

    def seconds(self) -> float: ...
    def callLater(  # noqa: N802 - Twisted's name
        self,
        delay: float,
        call: Callable[..., Any],
        /,
        *args: Any,
        **kw: Any,
    ) -> DelayedCall: ...


class ThreadReactor(MachineTime, Protocol):
    """A reactor that other threads can call into (`IReactorFromThreads`)."""

    def callFromThread(self, call: Callable[..., Any], /, *args: Any, **kw: Any) -> None: ...  # noqa: N802 - Twisted's name


class ListeningPort(Protocol):
    """A port that listens (`IListeningPort`)."""

    def getHost(self) -> Any: ...  # noqa: N802 - Twisted's name
    def stopListening(self) -> Deferred[None] | None: ...  # noqa: N802 - Twisted's name


class TCPReactor(MachineTime, Protocol):
    """A reactor that makes connections (`IReactorTCP`)."""

    def listenTCP(  # noqa: N802 - Twisted's name
        self, port: int, factory: Any, /, backlog: int = 50, interface: str = ""
    ) -> ListeningPort: ...
    def connectTCP(  # noqa: N802 - Twisted's name
        self,
        host: str,
        port: int,
        factory: Any,
        /,
        timeout: float = 30,
        bindAddress: Any = None,  # noqa: N803 - likewise
    ) -> Any: ...


class Reactor(ThreadReactor, TCPReactor, Protocol):
    """All that a process asks of its reactor."""

    running: bool

    def callWhenRunning(self, call: Callable[..., Any], /, *args: Any, **kw: Any) -> Any: ...  # noqa: N802 - Twisted's name
    def addSystemEventTrigger(  # noqa: N802 - Twisted's name
        self,
        phase: str,
        event: str,
        call: Callable[..., Any],
        /,
        *args: Any,
        **kw: Any,
    ) -> Any: ...
    def addReader(self, reader: Any, /) -> None: ...  # noqa: N802 - Twisted's name
    def removeReader(self, reader: Any, /) -> None: ...  # noqa: N802 - Twisted's name
    def spawnProcess(self, protocol: Any, executable: Any, /, *args: Any, **kw: Any) -> Any: ...  # noqa: N802 - Twisted's name
    def run(self) -> None: ...
    def stop(self) -> None: ...


class WebRequest(Protocol):
    """A browser's request (`IRequest`), as routes get it. Header names, header values and `args` are bytes."""

    method: bytes
    uri: bytes
    path: bytes
    args: dict[bytes, list[bytes]]
    content: Any

    def getHeader(self, key: Any, /) -> Any: ...  # noqa: N802 - Twisted's name
    def setHeader(self, name: Any, value: Any, /) -> None: ...  # noqa: N802 - Twisted's name
    def setResponseCode(self, code: int, message: bytes | None = None) -> None: ...  # noqa: N802 - Twisted's name
    def setETag(self, etag: bytes, /) -> object: ...  # noqa: N802 - Twisted's name
    def write(self, data: bytes, /) -> None: ...
    def finish(self) -> None: ...
    def redirect(self, url: bytes, /) -> None: ...
    def notifyFinish(self) -> Deferred[Any]: ...  # noqa: N802 - Twisted's name
    def registerProducer(self, producer: Any, streaming: bool, /) -> None: ...  # noqa: N802 - Twisted's name
    def unregisterProducer(self) -> None: ...  # noqa: N802 - Twisted's name
