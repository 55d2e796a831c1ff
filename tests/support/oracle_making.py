"""A station small enough to compute by hand, and scenarios for it, for the oracle's own tests.

Two platforms: track 1 at platform 1 (gate 1A, area A), track 2 at platform 2 (gate 2A, area B), track 3 without one.
Times are written as the station's clock shows them on 1 March 2026, which is UTC + 8 hours; "+1 00:10" is the next day.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

from support.oracle import Oracle, OracleRow

__all__ = ["DAY", "Story", "at"]

DAY = date(2026, 3, 1)
HERE = timezone(timedelta(hours=8))

STATION = """
telecode = "TST"
names = { zh = "小站", en = "Small" }
zone = "Asia/Shanghai"
languages = ["zh", "en"]
"""

PLACES = """
track = [
  { id = "1", names = { zh = "1道", en = "Track 1" }, platform = "1" },
  { id = "2", names = { zh = "2道", en = "Track 2" }, platform = "2" },
  { id = "3", names = { zh = "3道", en = "Track 3" } },
  { id = "4", names = { zh = "4道", en = "Track 4" }, platform = "2" },
]
platform = [
  { id = "1", names = { zh = "1站台", en = "Platform 1" }, gates = ["1A"], areas = ["A"], exits = ["N"] },
  { id = "2", names = { zh = "2站台", en = "Platform 2" }, gates = ["2A", "2B"], areas = ["B"], exits = ["N"] },
]
gate = [
  { id = "1A", names = { zh = "1A", en = "1A" } },
  { id = "2A", names = { zh = "2A", en = "2A" } },
  { id = "2B", names = { zh = "2B", en = "2B" } },
]
area = [{ id = "A", names = { zh = "甲", en = "A" } }, { id = "B", names = { zh = "乙", en = "B" } }]
exit = [{ id = "N", names = { zh = "北", en = "North" } }]
"""

BOARDS = """
board = [
  { id = "hall", type = "ticket_hall", names = { zh = "厅", en = "Hall" }, layout = "x", width = 1, height = 1 },
  { id = "gate-1", type = "gate", names = { zh = "1", en = "1" }, layout = "x", gates = ["1A"], width = 1, height = 1 },
  { id = "gate-2", type = "gate", names = { zh = "2", en = "2" }, layout = "x", gates = ["2A"], width = 1, height = 1 },
  { id = "arrivals", type = "arrivals", names = { zh = "到", en = "A" }, layout = "x", width = 1, height = 1 },
  { id = "staff", type = "staff_room", names = { zh = "员", en = "S" }, layout = "x", width = 1, height = 1 },
]
"""

ZONES = """
zone = [
  { id = "wait-a", type = "waiting", names = { zh = "甲", en = "A" }, areas = ["A"] },
  { id = "wait-b", type = "waiting", names = { zh = "乙", en = "B" }, areas = ["B"] },
  { id = "plat-1", type = "platform", names = { zh = "1", en = "1" }, platforms = ["1"] },
  { id = "plat-2", type = "platform", names = { zh = "2", en = "2" }, platforms = ["2"] },
  { id = "hall", type = "hall", names = { zh = "厅", en = "Hall" } },
]
"""

RULES = """
rule = [
  { id = "in-origin", does = "check_in", when = { kinds = ["origin"] },
    start = { base = "departure", offset = -20 }, end = { base = "departure", offset = -3 } },
  { id = "in-through", does = "check_in", when = { kinds = ["through"] }, after_arrival = 5,
    start = { base = "departure", offset = -15 }, end = { base = "departure", offset = -3 } },
  { id = "row-hall", does = "display", when = { kinds = ["origin", "through"] }, boards = ["ticket_hall"],
    start = { base = "departure", offset = -180, time = "earliest" }, end = { base = "departure", offset = 1 },
    awaits = "departure", hard_end = 120 },
  { id = "row-gate", does = "display", when = { kinds = ["origin", "through"] }, boards = ["gate"],
    start = { base = "departure", offset = -45 }, end = { base = "departure", offset = -1 } },
  { id = "row-arrivals", does = "display", when = { kinds = ["terminus", "through"] }, boards = ["arrivals"],
    start = { base = "arrival", offset = -60, time = "earliest" }, end = { base = "arrival", offset = 10 },
    awaits = "arrival" },
  { id = "row-old-gate", does = "display", when = { kinds = ["origin", "through"] }, boards = ["gate", "ticket_hall"],
    where = "old_platform", start = { base = "departure", offset = -60 }, end = { base = "departure" },
    awaits = "departure" },
  { id = "row-staff", does = "display", when = { kinds = ["passing"] }, boards = ["staff_room"],
    start = { base = "departure", offset = -60 }, end = { base = "departure", offset = 2 }, awaits = "departure" },
  { id = "open", does = "announcement", when = { kinds = ["origin", "through"] }, zones = ["waiting"],
    due = { base = "check_in_open" }, valid = 10, template = "open", feed_limit = 30 },
  { id = "departing", does = "announcement", when = { kinds = ["origin", "through"] }, zones = ["platform"],
    due = { base = "departure", offset = -2 }, valid = 3, template = "departing", rearm = 10 },
  { id = "arrived", does = "announcement", when = { kinds = ["terminus", "through"] }, zones = ["platform"],
    due = { base = "arrival" }, awaits = "arrival", valid = 10, template = "arrived" },
  { id = "sorry", does = "announcement", when = { kinds = ["origin", "through"] }, zones = ["hall"],
    trigger = "delay", at_least = 15, rearm = 10, valid = 15, template = "sorry" },
  { id = "unknown", does = "announcement", zones = ["hall"], trigger = "delay_unknown", valid = 15,
    template = "unknown" },
  { id = "moved", does = "announcement", zones = ["platform"], trigger = "platform_change", ahead = 60, valid = 10,
    template = "moved" },
  { id = "off", does = "announcement", zones = ["hall"], trigger = "suspension", ahead = 120, valid = 30,
    template = "off" },
]
"""

TEMPLATES = """
open = { zh = " {{ number }} {{ gates }} ", en = "{{ number }} open at {{ gates }}, {{ expected }}" }
departing = { zh = "开 {{ number }}", en = "{{ numbers }} leaves {{ platform }} for {{ destination }}" }
arrived = { zh = "到 {{ number }}", en = "{{ number }} from {{ origin }} on track {{ track }}, {{ exits }}" }
sorry = { zh = "晚 {{ minutes }}", en = "{{ number }} {{ planned }} now {{ expected }}, {{ minutes }} late" }
unknown = { zh = "未定", en = "{{ number }} {{ planned }}[{{ expected }}] unknown" }
moved = { zh = "改", en = "{{ number }} from {{ old_platform }} to {{ platform }} ({{ areas }})" }
off = { zh = "停", en = "{{ number }} {{ train_class }} off: {{ reason }}" }
"""

STATUSES = (
    "waiting",
    "on_time",
    "early",
    "late",
    "delay_unknown",
    "checking_in",
    "check_in_closed",
    "arrived",
    "suspended",
    "unconfirmed",
    "platform_changed",
)


def at(text: str, day: date = DAY) -> int:
    """`10:05`, `10:05:30` or `+1 00:10` by the station's clock, as seconds of UTC."""
    days, _, clock = text.rpartition(" ")
    moment = datetime.fromisoformat(f"{day + timedelta(days=int(days or 0))}T{clock}").replace(tzinfo=HERE)
    return int(moment.timestamp())


def clock(instant: int | None) -> str | None:
    """The station's clock at an instant, for comparing with what was computed by hand."""
    return None if instant is None else datetime.fromtimestamp(instant, HERE).strftime("%H:%M")


class Story:
    """A folder with the station, and what happens there.

    Args:
        folder: where the files go.
        trains: rows of timetable.csv, `class,kind,train,origin,destination,arr,dep,track` and what follows.

    """

    def __init__(self, folder: Path, *trains: str) -> None:
        self.folder = folder
        self.scenario = folder / "day.jsonl"
        self._lines: list[str] = ["# a day", ""]
        statuses = "\n".join(
            f'"status.{each}" = {{ zh = "{each}", en = "{each} {_figure(each)}" }}' for each in STATUSES
        )
        header = (
            "train_class,kind,train,origin,destination,arr,dep,track,gates,areas,exits,valid_from,valid_until,weekdays"
        )
        rows = "\n".join(train + "," * (header.count(",") - train.count(",")) for train in trains)
        for name, text in {
            "station.toml": STATION,
            "places.toml": PLACES,
            "boards.toml": BOARDS,
            "zones.toml": ZONES,
            "rules.toml": _on_one_line(RULES),
            "templates.toml": TEMPLATES + statuses,
            "names.csv": "name,en\n甲城,Jia\n乙城,Yi\n",
            "timetable.csv": f"{header}\n{rows}\n",
        }.items():
            (folder / name).write_text(text, encoding="utf-8")

    def base(self, when: str, run: int, train: str, kind: str, **times: str) -> None:
        """The run enters the base timetable; `arrival`, `departure`, `track`."""
        self._add(when, "base_timetable", run, times, day=DAY.isoformat(), train=train, train_class="快速", kind=kind)

    def stage(self, when: str, run: int, *, unknown: Sequence[str] = (), **values: str) -> None:
        """The stage plan says of a run: `arrival`, `departure`, `track`, `running`, `reason`; `unknown` events."""
        self._add(when, "stage_plan", run, values, **{f"{event}_unknown": True for event in unknown})

    def report(self, when: str, run: int, event: str, actual: str) -> None:
        """An arrival or a departure is reported."""
        self._add(when, "report", run, {"actual": actual}, event=event)

    def oracle(self, start: str, **more: object) -> Oracle:
        """The oracle of the station, started at `start`, with a plan of the day."""
        self.scenario.write_text("\n".join(self._lines), encoding="utf-8")
        return Oracle(self.folder, self.scenario, at(start), [DAY], **more)  # type: ignore[arg-type]  # handed through

    def _add(self, when: str, table: str, run: int, values: Mapping[str, str], **more: object) -> None:
        times = {key: _utc(value) for key, value in values.items() if key in ("arrival", "departure", "actual")}
        ends = {"origin": "甲城", "destination": "乙城"} if table == "base_timetable" else {}
        line = {"at": _utc(when), "table": table, "run": run, **ends, **values, **times, **more}
        self._lines.append(json.dumps(line, ensure_ascii=False))


def statuses(oracle: Oracle, board: str, when: str) -> list[tuple[str, str]]:
    """Number and status of each row of a board at a time."""
    return [(row.number, row.status) for row in rows(oracle, board, when)]


def rows(oracle: Oracle, board: str, when: str) -> list[OracleRow]:
    """The rows of a board at a time."""
    return oracle.board_rows(at(when))[board]


def said(oracle: Oracle, until: str) -> list[tuple[str, str, str]]:
    """When (with seconds where there are any), which rule and occurrence, and where, of all announcements so far."""
    return [
        (
            datetime.fromtimestamp(each.begun, HERE).strftime("%H:%M:%S").removesuffix(":00"),
            f"{each.rule}/{each.occurrence}",
            each.zone,
        )
        for each in oracle.announcements(at(until))
    ]


def _figure(status: str) -> str:
    return "{{ platform }} {{ gates }}" if status == "platform_changed" else "{{ minutes }}"


def _utc(text: str) -> str:
    return datetime.fromtimestamp(at(text), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _on_one_line(text: str) -> str:
    """TOML's inline tables may not be broken; ours are, to be read."""
    return text.replace(",\n    ", ", ")
