"""A network of real packets between two network namespaces, that loses, delays and stops them as it is told.

    python -m support.fault_namespaces SEED

One process holds the hub's namespace and another that of the subsystems; a link is a pair of TUN devices, one in each,
and this process carries the packets between them. So TCP itself meets the loss, waits, sends again and gives up, and
what is unreachable does not even answer. Nothing of this has a name that could be left behind: namespaces and devices
go with the processes that hold them, however these end. It takes `/dev/net/tun` and the right to make namespaces: that
of root, or of a user who may make one of his own (`unshare --user`). It needs neither `ip` nor `tc` nor netem.

Standard input takes one JSON object a line and standard output answers with one, as in `fault_proxy`: `open` makes a
link and answers with the hub's address on it; `weather` says how it is, with the fields of `Weather`; `down` and `up`
switch the subsystem's device off and on. The first line of the output is how to enter the namespaces.
"""

from __future__ import annotations

import array
import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import signal
import socket
import struct
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

NEW_USER, NEW_NET = 0x10000000, 0x40000000
TUN_SET = 0x400454CA
TUN_NO_HEADER = 0x1001
SET_FLAGS, SET_ADDRESS, SET_MASK = 0x8914, 0x8916, 0x891C
UP, RUNNING = 0x1, 0x40
LARGEST = 65536
QUEUE_S = 0.5
SLOWEST_S = 2.0
"""What a slow link holds before it drops packets, in seconds of its rate, and how long one packet may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How a link is. `loss` is the part of packets that are lost each way; the rest as in `fault_proxy`."""

    latency_s: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    rate: int = 0
    silent_up: bool = False
    silent_down: bool = False


@dataclass(slots=True, eq=False)
class Way:
    """One direction of a link; order is kept."""

    up: bool
    source: int
    drain: int
    chance: random.Random
    latest: float = 0.0
    free: float = 0.0
    weather: Weather = field(default_factory=Weather)

    def take(self, now: float) -> tuple[float, bytes] | None:
        """A packet that has come, and when it is to go on; None if it is lost."""
        packet = os.read(self.source, LARGEST)
        weather = self.weather
        if (weather.silent_up if self.up else weather.silent_down) or self.chance.random() < weather.loss:
            return None
        due = now + weather.latency_s + self.chance.uniform(0.0, weather.jitter_s)
        if weather.rate:
            free = max(self.free, now) + len(packet) / weather.rate
            if free > now + QUEUE_S + SLOWEST_S:
                return None
            self.free = free
            due = max(due, free)
        self.latest = max(self.latest, due)
        return self.latest, packet


def switch(name: str, flags: int) -> None:
    """A device of this process's namespace, up or down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SET_FLAGS, struct.pack("16sH14x", name.encode(), flags))


def make_device(name: str, address: str) -> int:
    """A TUN device in this process's namespace, up, with an address in a network of four; its descriptor."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    fcntl.ioctl(device, TUN_SET, struct.pack("16sH22x", name.encode(), TUN_NO_HEADER))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for what, text in ((SET_ADDRESS, address), (SET_MASK, "255.255.255.252")):
            place = struct.pack("16sHH4s8x", name.encode(), socket.AF_INET, 0, socket.inet_aton(text))
            fcntl.ioctl(control, what, place)
    switch(name, UP | RUNNING)
    return device


class Holder:
    """A process that holds one namespace, and does in it what it is told."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if not self.pid:
            self._ours.close()
            try:
                self._hold(theirs)
            finally:
                os._exit(0)
        theirs.close()
        if not self._ours.recv(1):
            raise PermissionError("no network namespace can be made")

    def make_device(self, name: str, address: str) -> int:
        """A device there; its descriptor here."""
        self._ours.sendall(json.dumps({"make": name, "address": address}).encode())
        _, (found, *_), *_ = self._ours.recvmsg(1, socket.CMSG_SPACE(4))
        (device,) = array.array("i", found[2])
        return device

    def switch(self, name: str, *, on: bool) -> None:
        """Switch a device there off or on."""
        self._ours.sendall(json.dumps({"switch": name, "on": on}).encode())
        self._ours.recv(1)

    @staticmethod
    def _hold(control: socket.socket) -> None:
        """Until the other end is gone."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        unshare(NEW_NET)
        switch("lo", UP | RUNNING)
        control.sendall(b".")
        while order := control.recv(4096):
            told = json.loads(order)
            if "make" in told:
                device = make_device(told["make"], told["address"])
                control.sendmsg([b"."], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [device]))])
                os.close(device)
            else:
                switch(told["switch"], UP | RUNNING if told["on"] else 0)
                control.sendall(b".")


class Network:
    """The links, and who holds the namespaces."""

    def __init__(self, seed: str, hub: Holder, subsystems: Holder) -> None:
        self._seed = seed
        self._hub = hub
        self._subsystems = subsystems
        self._links: dict[str, tuple[str, Way, Way]] = {}
        self._ways: dict[int, Way] = {}
        self._due: list[tuple[float, int, int, bytes]] = []
        self._count = 0

    def serve(self) -> None:
        """Carry packets, and do what standard input says, until that ends."""
        orders = b""
        while True:
            now = time.monotonic()
            while self._due and self._due[0][0] <= now:
                _, _, drain, packet = heapq.heappop(self._due)
                self._pass(drain, packet)
            wait = None if not self._due else max(0.0, self._due[0][0] - time.monotonic())
            ready, _, _ = select.select([0, *self._ways], [], [], wait)
            for source in ready:
                if source:
                    self._take(self._ways[source])
                    continue
                read = os.read(0, LARGEST)
                if not read:
                    return
                *lines, orders = (orders + read).split(b"\n")
                for line in lines:
                    say(self._told(json.loads(line)) | {"at": time.time()})

    def _take(self, way: Way) -> None:
        taken = way.take(time.monotonic())
        if taken is not None:
            self._count += 1
            heapq.heappush(self._due, (taken[0], self._count, way.drain, taken[1]))

    @staticmethod
    def _pass(drain: int, packet: bytes) -> None:
        try:
            os.write(drain, packet)
        except OSError as error:
            if error.errno != 5:  # the device is down: it takes nothing, as a cable that is out
                raise

    def _told(self, order: dict[str, Any]) -> dict[str, Any]:
        name, what = order.pop("link"), order.pop("do")
        if what == "open":
            return self._open(name)
        device, up, down = self._links[name]
        if what == "weather":
            for way in (up, down):
                way.weather, way.latest, way.free = replace(Weather(), **order), 0.0, 0.0
        elif what in ("down", "up"):
            self._subsystems.switch(device, on=what == "up")
        else:
            return {"error": f"no such order: {what}"}
        return {}

    def _open(self, name: str) -> dict[str, Any]:
        number = len(self._links)
        device = f"fault{number}"
        here = self._hub.make_device(device, f"10.77.{number}.1")
        there = self._subsystems.make_device(device, f"10.77.{number}.2")
        up, down = (
            Way(up=up, source=source, drain=drain, chance=random.Random(f"{self._seed}/{name}/{up}"))
            for up, source, drain in ((True, there, here), (False, here, there))
        )
        self._links[name] = device, up, down
        self._ways |= {there: up, here: down}
        return {"address": f"10.77.{number}.1"}


def unshare(what: int) -> None:
    """Have namespaces of one's own.

    Raises:
        PermissionError: we may not, or the kernel has none.

    """
    if ctypes.CDLL(None, use_errno=True).unshare(what):
        raise PermissionError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def enter_own_user() -> None:
    """Be root in a user's namespace of one's own."""
    user, group = os.getuid(), os.getgid()
    unshare(NEW_USER)
    for file, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        Path(f"/proc/self/{file}").write_text(text, "ascii")


def say(answer: dict[str, Any]) -> None:
    """Answer."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main(seed: str) -> int:
    """Be the network; the exit code is 3 where the machine does not let us."""
    try:
        root = os.getuid() == 0
        if not root:
            enter_own_user()
        os.close(os.open("/dev/net/tun", os.O_RDWR))
        hub, subsystems = Holder(), Holder()
        network = Network(seed, hub, subsystems)
        say({"hub": hub.pid, "subsystems": subsystems.pid, "root": root})
    except OSError as error:
        say({"error": str(error)})
        return 3
    network.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
