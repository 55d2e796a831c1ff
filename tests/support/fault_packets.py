"""The test's end of `fault_namespaces`: a network of real packets, or nothing where the machine allows none."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from support.ports import ENVIRONMENT


class PacketLink:
    """One link; each order answers with the wall time at which it holds."""

    def __init__(self, network: PacketNetwork, name: str, address: str) -> None:
        self._network = network
        self._name = name
        self.address = address

    def weather(self, **fields: object) -> float:
        """How it is from now on, with the fields of `fault_namespaces.Weather`; without any, as usual."""
        return self._network.order("weather", self._name, **fields)

    def down(self) -> float:
        """Switch the subsystem's device off."""
        return self._network.order("down", self._name)

    def up(self) -> float:
        """And on again."""
        return self._network.order("up", self._name)


class PacketNetwork:
    """The network's process. Use `packet_network`.

    `hub` and `subsystems` stand before the command of a process that is to run there.
    """

    def __init__(self, process: subprocess.Popen[str], told: dict[str, Any]) -> None:
        self._process = process
        own = ("-n",) if told["root"] else ("-U", "--preserve-credentials", "-n")
        self.hub, self.subsystems = (("nsenter", "-t", str(told[side]), *own, "--") for side in ("hub", "subsystems"))

    def open(self, name: str) -> PacketLink:
        """A new link."""
        return PacketLink(self, name, self._ask("open", name)["address"])

    def order(self, what: str, link: str, **fields: object) -> float:
        """Have something done; when it was."""
        return float(self._ask(what, link, **fields)["at"])

    def _ask(self, what: str, link: str, **fields: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": what, "link": link, **fields}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer
        return answer


@contextmanager
def packet_network(seed: int) -> Iterator[PacketNetwork | None]:
    """A network that is gone afterwards; None where this machine does not let us have namespaces or TUN devices."""
    process = subprocess.Popen(
        [sys.executable, "-m", "support.fault_namespaces", str(seed)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        yield None if "error" in told else PacketNetwork(process, told)
        process.stdin.close()
