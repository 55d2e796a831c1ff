"""A network that misbehaves as it is told, between processes that know nothing of it: a relay in a process of its own.

    python -m support.fault_proxy SEED

It prints the port of its control socket. There it takes one JSON object a line and answers with one: `{"do": "open",
"link": NAME, "target": PORT}` makes a link, which listens on the `port` of the answer and leads to the target;
`{"do": "weather", "link": NAME, …}` says how the link is from now on, with the fields of `Weather` that are not usual;
`reset` ends every connection of a link with RST; `sever` makes every connection of it dead without a word to either
end, as a firewall does that has forgotten it. Each answer has `at`, the wall time at which it holds.

Bytes are late, held back or gone together with the whole connection, but never other bytes: that is TCP's promise, and
losing a packet is a wait to whoever reads. What cannot be shown so, packets that are really lost and a connection that
is not even answered, is shown between network namespaces (`fault_namespaces`). All chance comes from the seed.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

RESEND_S = 0.2
"""What a lost packet costs at least: Linux' shortest retransmission timeout; it doubles with each loss in a row."""

CHUNK = 4096
BUFFER = 65536
"""Bytes read at once, and held for one direction of a connection; more stay with whoever writes them."""

SOCKET_BUFFER = 16384
SLICE_S = 0.02
LINGER_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How a link is; the usual is that it does nothing.

    `latency_s` and `jitter_s` hold for each direction, and order is kept; `loss` is the part of chunks that have to be
    sent again. `rate` is bytes a second each way, 0 for as fast as it goes. `silent_up` (from the client to the hub)
    and `silent_down` let nothing through that way, and say nothing. `refuse` answers each new connection with RST.
    `flap_s` is the mean time between resets of all connections, and `refuse` holds for as long after each.
    """

    latency_s: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    rate: int = 0
    silent_up: bool = False
    silent_down: bool = False
    refuse: bool = False
    flap_s: float = 0.0


@dataclass(slots=True, eq=False)
class Pipe:
    """One direction of one connection."""

    link: Link
    up: bool
    chance: random.Random
    held: deque[tuple[float, bytes]] = field(default_factory=deque)
    size: int = 0
    latest: float = 0.0

    async def read(self, source: socket.socket) -> None:
        """Take what comes, as long as there is room for it."""
        loop = asyncio.get_running_loop()
        while True:
            data = await loop.sock_recv(source, CHUNK)
            self.latest = max(self.latest, time.monotonic() + self._late())
            self.held.append((self.latest, data))
            self.size += len(data)
            self.link.stir()
            if not data:
                return
            while self.size >= self._room():
                await self.link.stirred()

    async def write(self, drain: socket.socket) -> None:
        """Hand it on when its time has come."""
        loop = asyncio.get_running_loop()
        while True:
            while not self.held or self._silent():
                await self.link.stirred()
            due, data = self.held[0]
            wait = due - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
                continue  # the weather may have changed meanwhile
            self.held.popleft()
            if not data:
                drain.shutdown(socket.SHUT_WR)
                return
            rate = self.link.weather.rate
            while rate and data:
                part = max(1, int(rate * SLICE_S))
                await loop.sock_sendall(drain, data[:part])
                data = data[part:]
                await asyncio.sleep(SLICE_S)
                rate = self.link.weather.rate
            await loop.sock_sendall(drain, data)
            self.size -= min(self.size, CHUNK)
            self.link.stir()

    def _late(self) -> float:
        weather = self.link.weather
        late = weather.latency_s + self.chance.uniform(0.0, weather.jitter_s)
        again = RESEND_S
        while weather.loss and self.chance.random() < weather.loss:
            late += again
            again *= 2
        return late

    def _room(self) -> int:
        rate = self.link.weather.rate
        return max(CHUNK, min(BUFFER, rate // 4)) if rate else BUFFER

    def _silent(self) -> bool:
        return self.link.weather.silent_up if self.up else self.link.weather.silent_down


class Connection:
    """One client's connection, and the one that was made for it."""

    def __init__(self, link: Link, near: socket.socket, number: int) -> None:
        self._link = link
        self._near = near
        self._far = socket.socket()
        self._number = number
        self._dead = False
        self.task = asyncio.create_task(self._run())

    def reset(self) -> None:
        """Both ends get a RST."""
        for end in (self._near, self._far):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
        self.task.cancel()

    def sever(self) -> None:
        """Neither end hears of the other again, nor that this is so."""
        self._dead = True
        self.task.cancel()

    async def _run(self) -> None:
        try:
            await self._carry()
        except OSError:
            await self._end_unheard()
        except ExceptionGroup as errors:
            _, others = errors.split(OSError)
            if others is not None:
                raise others from None
            await self._end_unheard()

    def close(self) -> None:
        """It is over; called when its task is, which may have been ended before it began."""
        if self._dead:
            self._link.dead += [self._near, self._far]
            return
        self._near.close()
        self._far.close()

    async def _carry(self) -> None:
        self._far.setblocking(False)
        self._far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
        while self._link.weather.silent_up or self._link.weather.silent_down:
            await self._link.stirred()  # a handshake needs both ways
        await asyncio.get_running_loop().sock_connect(self._far, ("127.0.0.1", self._link.target))
        for end in (self._near, self._far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with asyncio.TaskGroup() as both:
            for up, source, drain in ((True, self._near, self._far), (False, self._far, self._near)):
                pipe = Pipe(link=self._link, up=up, chance=random.Random(f"{self._link.seed}/{self._number}/{up}"))
                both.create_task(pipe.read(source))
                both.create_task(pipe.write(drain))

    async def _end_unheard(self) -> None:
        """One end is gone with a RST, or was never there: so goes the other, as soon as it can be told."""
        with suppress(asyncio.CancelledError):
            while self._link.weather.silent_up or self._link.weather.silent_down:
                await self._link.stirred()
        for end in (self._near, self._far):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)


class Link:
    """A port that leads to another one, through its weather."""

    def __init__(self, name: str, target: int, seed: str) -> None:
        self.target = target
        self.weather = Weather()
        self.seed = f"{seed}/{name}"
        self.dead: list[socket.socket] = []
        self._down = False
        self._count = 0
        self._connections: set[Connection] = set()
        self._stir = asyncio.Event()
        self._door = socket.create_server(("127.0.0.1", 0))
        self._door.setblocking(False)
        self.port: int = self._door.getsockname()[1]
        self._accepting = asyncio.create_task(self._accept())
        self._flapping: asyncio.Task[None] | None = None

    def stir(self) -> None:
        """Something is different: whoever waits looks again."""
        self._stir.set()
        self._stir = asyncio.Event()

    async def stirred(self) -> None:
        """Wait until something is different."""
        await self._stir.wait()

    def set(self, weather: Weather) -> None:
        """Let the weather be this."""
        self.weather = weather
        if self._flapping is not None:
            self._flapping.cancel()
            self._flapping = None
        self._down = False
        if weather.flap_s:
            self._flapping = asyncio.create_task(self._flap(weather.flap_s))
        self.stir()

    def reset(self) -> None:
        """RST to everybody."""
        for connection in list(self._connections):
            connection.reset()

    def sever(self) -> None:
        """Forget every connection."""
        for connection in list(self._connections):
            connection.sever()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            near, _ = await loop.sock_accept(self._door)
            near.setblocking(False)
            if self.weather.refuse or self._down:
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
                near.close()
                continue
            self._count += 1
            connection = Connection(self, near, self._count)
            self._connections.add(connection)
            connection.task.add_done_callback(partial(self._over, connection))

    def _over(self, connection: Connection, _task: asyncio.Task[None]) -> None:
        self._connections.discard(connection)
        connection.close()

    async def _flap(self, mean_s: float) -> None:
        chance = random.Random(f"{self.seed}/flap")
        while True:
            self._down = True
            self.reset()
            await asyncio.sleep(chance.uniform(0.5, 1.5) * mean_s)
            self._down = False
            await asyncio.sleep(chance.uniform(0.5, 1.5) * mean_s)


class Proxy:
    """All links, and the control socket."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._links: dict[str, Link] = {}

    async def serve(self) -> None:
        """Until whoever started it closes its standard input."""
        server = await asyncio.start_server(self._control, "127.0.0.1", 0)
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

    async def _control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(json.dumps(self._told(json.loads(line)) | {"at": time.time()}).encode() + b"\n")
            await writer.drain()
        writer.close()

    def _told(self, order: dict[str, Any]) -> dict[str, Any]:
        name, what = order.pop("link"), order.pop("do")
        if what == "open":
            self._links[name] = Link(name, order["target"], self._seed)
            return {"port": self._links[name].port}
        link = self._links[name]
        if what == "weather":
            link.set(replace(Weather(), **order))
        elif what == "reset":
            link.reset()
        elif what == "sever":
            link.sever()
        else:
            return {"error": f"no such order: {what}"}
        return {}


if __name__ == "__main__":
    asyncio.run(Proxy(sys.argv[1]).serve())
    sys.exit(0)
