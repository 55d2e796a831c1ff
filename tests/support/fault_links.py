"""The test's end of `fault_proxy`: links between a subsystem and its hub, and what is done to them."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from support.ports import ENVIRONMENT


class FaultLink:
    """One link of the proxy; each order answers with the wall time at which it holds.

    It does what `support.cable.Cable` does as well, so that a station may be wired with it.
    """

    def __init__(self, proxy: FaultProxy, name: str, port: int) -> None:
        self._proxy = proxy
        self._name = name
        self.port = port
        self.pulling: Callable[[FaultLink], object] = FaultLink.cut
        """What `pull` does."""

    def weather(self, **fields: object) -> float:
        """How it is from now on, with the fields of `fault_proxy.Weather`; without any, as usual."""
        return float(self._proxy.order("weather", self._name, **fields)["at"])

    def reset(self) -> float:
        """End every connection with RST."""
        return float(self._proxy.order("reset", self._name)["at"])

    def sever(self) -> float:
        """Let every connection be dead without a word."""
        return float(self._proxy.order("sever", self._name)["at"])

    def cut(self) -> float:
        """End every connection with RST, and let none come up."""
        self.weather(refuse=True)
        return self.reset()

    def pull(self) -> None:
        """Part the ends in the way that is chosen."""
        self.pulling(self)

    def plug(self) -> None:
        """Let everything through again."""
        self.weather()

    def close(self) -> None:
        """End it."""
        self.cut()


class FaultProxy:
    """The proxy's process. Use `fault_proxy`."""

    def __init__(self, seed: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.fault_proxy", str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=ENVIRONMENT,
        )
        assert self._process.stdout is not None
        self._control = socket.create_connection(("127.0.0.1", int(self._process.stdout.readline())), timeout=30)
        self._answers = self._control.makefile("rb")

    def open(self, name: str, target: int) -> FaultLink:
        """A new link to a port on this machine."""
        return FaultLink(self, name, self.order("open", name, target=target)["port"])

    def order(self, what: str, link: str, **fields: object) -> dict[str, Any]:
        """Have something done."""
        self._control.sendall(json.dumps({"do": what, "link": link, **fields}).encode() + b"\n")
        answer: dict[str, Any] = json.loads(self._answers.readline())
        assert "error" not in answer, answer
        return answer

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._answers.close()
        self._control.close()
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=30)


@contextmanager
def fault_proxy(seed: int) -> Iterator[FaultProxy]:
    """A proxy that is gone afterwards."""
    proxy = FaultProxy(seed)
    try:
        yield proxy
    finally:
        proxy.close()
