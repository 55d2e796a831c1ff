"""A running station held against the oracle: each board's rows at each minute, every call, every announcement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from stationmaster_base.times import MINUTE, Instant, from_iso, to_iso
from support.oracle import Oracle
from support.real_station import RealStation

MOST_SHOWN = 12
LAST_MINUTES = 10 * MINUTE


class DayCheck:
    """Compares as the day goes on, and fails with the first differences in words."""

    def __init__(self, station: RealStation, oracle: Oracle) -> None:
        self._station = station
        self._oracle = oracle
        self.minutes = 0
        self.rows = 0
        self.statuses: Counter[str] = Counter()

    def minute(self, now: Instant) -> None:
        """Every row on every board at this minute."""
        answer = self._station.processes["guidance"].web_json("/api/v1/boards")
        assert from_iso(answer["station_time"]) == now
        shown = {board: [_row(row) for row in body["rows"]] for board, body in answer["boards"].items()}
        wanted = {
            board: [
                {
                    "call": row.call,
                    "rule": row.rule,
                    "number": row.number,
                    "status": row.status,
                    "fields": row.fields,
                    "status_texts": row.status_texts,
                }
                for row in rows
            ]
            for board, rows in self._oracle.board_rows(now).items()
        }
        _same(f"boards at {to_iso(now)}", shown, wanted)
        self._kiosk(now)
        self.minutes += 1
        for rows in shown.values():
            self.rows += len(rows)
            self.statuses.update(row["status"] for row in rows)

    def _kiosk(self, now: Instant) -> None:
        """What the kiosk says of the next two hours: the trains, their times, track, check-in and marks."""
        answer = self._station.processes["query"].web_json("/api/v1/search")
        shown = {call["call"]: _kiosk_call(call) for call in answer["calls"]}
        calls = self._oracle.calls(now, seen_by="query")
        _same(
            f"kiosk at {to_iso(now)}",
            shown,
            {name: _oracle_kiosk_call(call) for name, call in calls.items() if name in shown},
        )
        soon = {name for name, call in calls.items() if call.kind != "passing" and _within_the_hour(call, now)}
        assert answer["more"] or soon <= shown.keys(), f"the kiosk lacks {sorted(soon - shown.keys())} at {to_iso(now)}"

    def calls(self, now: Instant) -> int:
        """The state of every call; their number."""
        answer = self._station.processes["hub"].web_json("/api/v1/calls")
        shown = {call["id"]: _call(call) for call in answer["calls"]}
        wanted = {name: _oracle_call(call) for name, call in self._oracle.calls(now).items()}
        _same(f"calls at {to_iso(now)}", shown, wanted)
        return len(shown)

    def announcements(self, now: Instant) -> int:
        """Every announcement that was to be made was made once, in time, with its words, and no other; their number.

        What became due in the last minutes may still be playing, or wait for its zone. What was due before the
        station was started comes all at once then, and some of it may become too old before its zone is free.
        """
        played = self._station.processes["broadcast"].web_json("/api/v1/played?after=0")
        made = Counter((item["task"], item["target"]) for item in played)
        twice = [key for key, count in made.items() if count > 1]
        assert not twice, f"made more than once: {twice[:MOST_SHOWN]}"
        badly = [item for item in played if item["outcome"] != "done" and not is_wrong(self._oracle, item)]
        assert not badly, f"not done: {badly[:MOST_SHOWN]}"
        to_the_end = [
            item
            for item in played
            if item["outcome"] == "done"
            and self._oracle.became_wrong(
                item["call"], item["texts"], from_iso(item["begun"]), Instant(from_iso(item["ended"]) - 1)
            )
        ]
        assert not to_the_end, f"said to the end though wrong by then: {to_the_end[:MOST_SHOWN]}"
        wanted = {(item.task, item.zone): item for item in self._oracle.announcements(now)}
        start = self._station.start
        open_ = {
            key
            for key, item in wanted.items()
            if key not in made and (item.due > now - LAST_MINUTES or item.due < start)
        }
        _same(
            "announcements",
            {f"{item['task']} in {item['target']}": item["texts"] for item in played},
            {f"{task} in {zone}": item.texts for (task, zone), item in wanted.items() if (task, zone) not in open_},
        )
        for item in played:
            due = wanted[item["task"], item["target"]]
            begun = from_iso(item["begun"])
            assert due.due <= begun < due.valid_until, f"{item['task']} begun at {item['begun']}"
        return len(played)


def is_wrong(oracle: Oracle, play: Mapping[str, Any]) -> bool:
    """Whether a play was rightly ended because what it said of its train had become wrong."""
    if play["outcome"] != "interrupted" or "no longer right" not in play["detail"]:
        return False
    return oracle.became_wrong(play["call"], play["texts"], from_iso(play["begun"]) - 1, from_iso(play["ended"]))


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "call": row["call"],
        "rule": row["task"].split("/")[-2],
        "number": row["number"],
        "status": row["status"],
        "fields": row["fields"],
        "status_texts": row["status_texts"],
    }


def _call(call: dict[str, Any]) -> dict[str, Any]:
    keys = (
        "numbers",
        "kind",
        "running",
        "track",
        "platform",
        "gates",
        "areas",
        "exits",
        "check_in_open",
        "check_in_close",
        "unconfirmed",
    )
    events = {name: _event(call[name]) for name in ("arrival", "departure")}
    return {key: call[key] for key in keys} | events


def _event(event: dict[str, Any] | None) -> dict[str, Any] | None:
    if event is None:
        return None
    return {key: event[key] for key in ("planned", "best", "actual", "unknown", "overdue")}


def _oracle_call(call: Any) -> dict[str, Any]:
    def event(item: Any) -> dict[str, Any] | None:
        if item is None:
            return None
        return {key: getattr(item, key) for key in ("planned", "best", "actual", "unknown", "overdue")}

    return {
        "numbers": list(call.numbers),
        "kind": call.kind,
        "running": call.running,
        "track": call.track,
        "platform": call.platform,
        "gates": list(call.gates),
        "areas": list(call.areas),
        "exits": list(call.exits),
        "check_in_open": call.check_in_open,
        "check_in_close": call.check_in_close,
        "unconfirmed": call.unconfirmed,
        "arrival": event(call.arrival),
        "departure": event(call.departure),
    }


KIOSK_KEYS = ("numbers", "kind", "running", "track", "unconfirmed")


def _kiosk_call(call: dict[str, Any]) -> dict[str, Any]:
    times = {key: _instant(call[key]) for key in ("check_in_open", "check_in_close")}
    for name in ("arrival", "departure"):
        event = call[name]
        times[name] = None if event is None else {key: _instant(event[key]) for key in ("planned", "best", "actual")}
    return {key: call[key] for key in KIOSK_KEYS} | times


def _oracle_kiosk_call(call: Any) -> dict[str, Any]:
    whole = _oracle_call(call)
    times = {key: whole[key] for key in ("check_in_open", "check_in_close")}
    for name in ("arrival", "departure"):
        event = whole[name]
        times[name] = None if event is None else {key: event[key] for key in ("planned", "best", "actual")}
    return {key: whole[key] for key in KIOSK_KEYS} | times


def _instant(text: str | None) -> Instant | None:
    return None if text is None else from_iso(text)


def _within_the_hour(call: Any, now: Instant) -> bool:
    event = call.departure or call.arrival
    return event.best is not None and now < event.best < now + 60 * MINUTE


def _same(what: str, shown: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Fails with what is missing, what is too much, and what differs."""
    lines = [f"missing: {key}: {wanted[key]}" for key in sorted(wanted.keys() - shown.keys())]
    lines += [f"too much: {key}: {shown[key]}" for key in sorted(shown.keys() - wanted.keys())]
    lines += [
        f"differs: {key}:\n   shown  {shown[key]}\n   wanted {wanted[key]}"
        for key in sorted(shown.keys() & wanted.keys())
        if shown[key] != wanted[key]
    ]
    assert not lines, f"{what}: {len(lines)} differences\n" + "\n".join(lines[:MOST_SHOWN])
