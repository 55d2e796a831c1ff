"""A hub on a day of nine hundred trains, of which ten a second are changed, as in the worst hour of a year."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from console.fed_hub import TOKEN, FedHub

TRAINS = 900
FIRST_MINUTE, LAST_MINUTE = 5 * 60, 23 * 60 + 30
TRACKS = ("5", "6", "7", "8", "9", "10", "11", "12", "13", "14")
NAMES = ("北京西", "武汉", "上海虹桥", "太原", "郑州东", "兰州西", "广州", "包头", "大同", "昆明")
HEAD = "train_class,kind,train,origin,destination,arr,dep,track,gates,areas,exits,valid_from,valid_until,weekdays"
DAY = "2026-03-01"


def number_of(place: int) -> str:
    """The number of the train at this place of the day."""
    return f"G{1001 + place}"


def call_of(place: int) -> str:
    """The id of its call."""
    return f"MZN/{DAY}/{number_of(place)}/1"


def timetable(trains: int = TRAINS) -> str:
    """So many trains that stop for two minutes, spread over a day and its tracks so that none is in another's way."""
    lines = [HEAD]
    for place in range(trains):
        arrival = FIRST_MINUTE + (LAST_MINUTE - FIRST_MINUTE) * place // trains
        times = ",".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (arrival, arrival + 2))
        names = f"{NAMES[place % 10]},{NAMES[(place * 7 + 3) % 10]}"
        lines.append(f"高速动车,through,{number_of(place)},{names},{times},{TRACKS[place % 10]},,,,{DAY},{DAY},")
    return "\n".join(lines) + "\n"


class BusyHub(FedHub):
    """The hub on that day."""

    def __init__(self, folder: Path, trains: int = TRAINS) -> None:
        super().__init__(folder)
        (folder / "station" / "timetable.csv").write_text(timetable(trains), "utf-8")


class Changes:
    """Somebody who changes so many trains a second, over a connection of his own, until told to stop.

    With `places` only those trains; what he did is in `done`, as pairs of the call's id and the time before he asked.
    """

    def __init__(self, hub: FedHub, *, a_second: float, seed: int = 1, places: tuple[int, ...] = ()) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=30)
        self._pause = 1 / a_second
        self._random = random.Random(seed)
        self._places = places or tuple(range(TRAINS))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._seed = seed
        self.done: list[tuple[str, float]] = []
        self.refused: list[Any] = []

    def __enter__(self) -> Changes:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def one(self, deed: dict[str, object] | None = None) -> None:
        """Change one train."""
        made = deed or self._deed()
        body = {"id": f"busy-{self._seed}-{len(self.done)}-{len(self.refused)}", "deeds": [made]}
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        before = time.time()
        self._connection.request("POST", "/api/v1/acts", json.dumps(body), headers)
        answer = self._connection.getresponse()
        said = json.loads(answer.read())
        if answer.status == http.client.OK:
            self.done.append((str(made["call"]), before))
        else:
            self.refused.append(said)

    def _run(self) -> None:
        following = time.monotonic()
        while not self._ended.wait(max(0.0, following - time.monotonic())):
            following += self._pause
            self.one()

    def _deed(self) -> dict[str, object]:
        call = call_of(self._random.choice(self._places))
        kind = self._random.choice(("delay", "delay", "delay", "track", "formation"))
        if kind == "delay":
            event = self._random.choice(("arrival", "departure"))
            return {"do": "delay", "call": call, "event": event, "minutes": self._random.randint(-5, 90)}
        if kind == "track":
            return {"do": "track", "call": call, "track": self._random.choice(TRACKS)}
        return {"do": "formation", "call": call, "formation": f"{self._random.randint(4, 17)} cars"}
