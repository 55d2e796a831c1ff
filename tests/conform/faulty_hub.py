"""Hubs that are wrong in one way each: the kit's own played hub, bent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from conform.kit import PATIENT
from stationmaster_conform.hub_habits import HubHabits
from stationmaster_conform.machine import this_machine
from stationmaster_conform.options import ClientOptions
from stationmaster_conform.verdict import Broken
from stationmaster_kernel.configuration import Name
from stationmaster_protocol.messages import Subscribed


class BentHub(HubHabits):
    """As a hub ought to be: something changes every now and then. Subclasses bend it."""

    def __init__(self) -> None:
        super().__init__(
            ClientOptions(port=0, identity="kit", token="secret", heartbeat_s=0.1, patience=PATIENT), this_machine()
        )
        self._changed_at = 0.0

    def serve(self, ended: threading.Event) -> None:
        while not ended.is_set():
            now = self.machine.monotonic()
            if now - self._changed_at > 0.1 and self.link is not None and self.link.subscribed:
                self._changed_at = now
                self.change()
            try:
                self.turn(now + 0.02)
            except Broken:
                self.drop()
        self.close()

    def change(self) -> None:
        entry = self.world.commit(("name", "北京", Name(id="北京", names=(("zh", "北京"),))))
        if entry.puts:
            self.tell(entry.update)


class WrongDigest(BentHub):
    def heartbeat(self):
        return replace(super().heartbeat(), digest="0" * 32)


class ResumesAnything(BentHub):
    def answer_subscription(self, subscribe):
        if subscribe.held is None:
            super().answer_subscription(subscribe)
        else:
            self.tell(Subscribed(number=subscribe.number, resumed=True))
            self.beat()


class IgnoresFilters(BentHub):
    def _on_subscribe(self, link, subscribe):
        super()._on_subscribe(link, replace(subscribe, filter=replace(subscribe.filter, kinds=())))


class SkipsUpdates(BentHub):
    def change(self) -> None:
        self.world.commit(("name", "包头", Name(id="包头", names=(("zh", "包头"),))))
        super().change()


class NoHeartbeats(BentHub):
    def beat(self) -> None:
        if self.link is not None and self.link.count == 1 and not self.link.proved:
            super().beat()


class NeverReceives(BentHub):
    def serve(self, ended: threading.Event) -> None:
        self.manners.receives = False
        super().serve(ended)


class TellsNoTime(BentHub):
    def serve(self, ended: threading.Event) -> None:
        self.manners.answers_time = False
        super().serve(ended)


class HigherVersion(BentHub):
    def welcome_message(self, link):
        return replace(super().welcome_message(link), version="1.7")


class KnowsEverybody(BentHub):
    def __init__(self) -> None:
        super().__init__()
        self.options = replace(self.options, identity=None, token=None)


@contextmanager
def serving(kind: type[BentHub]) -> Iterator[int]:
    """The hub in a thread; its port."""
    hub = kind()
    ended = threading.Event()
    thread = threading.Thread(target=hub.serve, args=(ended,), name=kind.__name__)
    thread.start()
    try:
        yield hub.door.port
    finally:
        ended.set()
        thread.join(30)
        assert not thread.is_alive()
