"""Bad input at every door of a running station: the line, the open protocol, the dispatching database.

One station of real processes stands through all of it. After each attack a change that is made in the dispatching
database must come out at the other end, with every subsystem still on the connection that it had.
"""

from __future__ import annotations

import json
import os
import random
import re
import socket
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from stationmaster_base.times import Instant, from_iso, to_iso
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.task import Result
from stationmaster_kernel.values import TaskState
from stationmaster_protocol.codec import FrameReader, decode, encode
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import (
    Ack,
    ClientHeartbeat,
    Error,
    Hello,
    Message,
    Received,
    Report,
    Snapshot,
    Subscribe,
    Update,
    Welcome,
)
from stationmaster_telegram import cobs
from stationmaster_telegram.frame import VERSION
from stationmaster_telegram.records import Calls
from support.real_station import SUBSYSTEMS, RealStation, real_station
from support.telegrams import call, frame

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
START = from_iso("2026-03-02T02:00:00Z")
DAY = "2026-03-02"
VISITOR = "a visitor's token"
LARGEST = 4 << 20
TELEGRAM = frame(Calls(records=(call(run=1),)), 7, station="MZN")


@dataclass
class Attacked:
    """The station, its dispatching database, and a train that is fine whose delay grows with every change."""

    station: RealStation
    trains: Iterator[tuple[int, str]]
    probe: tuple[int, str] = (0, "")
    minutes: int = 0
    sessions: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.probe = next(self.trains)
        self.sessions = self.connections()

    # The dispatching database

    def write(self, *statements: tuple[str, tuple[object, ...]]) -> None:
        """One commit by somebody else than the simulator; `:changed` in a statement is the new change counter."""
        with closing(sqlite3.connect(self.station.folder / "dispatching.db", timeout=30)) as database, database:
            database.execute("UPDATE change_counter SET value = value + 1")
            (counter,) = database.execute("SELECT value FROM change_counter").fetchone()
            for statement, values in statements:
                database.execute(statement.replace(":changed", str(counter)), values)

    def come_through(self) -> None:
        """Wait until the gateway has read and sent what was written, and the station is at rest on it."""
        polls = self.gateway()["polls"]

        def sent() -> tuple[int, int] | None:
            health = self.gateway()
            return (
                (health["epoch"], health["sequence"])
                if health["polls"] >= polls + 2 and not health["backlog"]
                else None
            )

        position = self.station.wait("the gateway has read and sent", sent)
        self.station.wait("the hub has received", lambda: self.received() >= position)
        self.station.settle_inside()

    def delay(self, run: int, minutes: int) -> None:
        """The stage plan has a departure so late."""
        with closing(sqlite3.connect(self.station.folder / "dispatching.db", timeout=30)) as database:
            row = database.execute("SELECT arrival, departure, track FROM base_timetable WHERE run_id = ?", (run,))
            arrival, departure, track = row.fetchone()
        late = to_iso(Instant(from_iso(departure) + minutes * 60))
        plan = (run, arrival, late, 0, 0, track, "scheduled", "")
        self.write(("INSERT OR REPLACE INTO stage_plan VALUES (?,?,?,?,?,?,?,?,:changed)", plan))

    # What the station says

    def gateway(self) -> dict[str, Any]:
        return self.station.processes["gateway"].health()

    def hub(self) -> dict[str, Any]:
        return self.station.processes["hub"].health()

    def received(self) -> tuple[int, int]:
        line = self.hub()["line"]
        return line["epoch"] or 0, line["sequence"] or 0

    def call(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = self.station.processes["hub"].web_json(f"/api/v1/calls/MZN/{DAY}/{number}/1")["call"]
        return found

    def late(self, number: str) -> int:
        """Minutes that a train's departure is expected late."""
        departure = self.call(number)["departure"]
        return int(((departure["expected"] or departure["planned"]) - departure["planned"]) / 60)

    def notes(self) -> list[tuple[str, str, dict[str, str]]]:
        state = self.station.processes["hub"].web_json("/api/v1/state")
        return [
            (item["note"]["code"], item["note"]["subject"], dict(item["note"]["detail"])) for item in state["notes"]
        ]

    def connections(self) -> list[tuple[str, str]]:
        """Who is connected, and from where: another port is another connection."""
        subsystems = self.station.processes["hub"].web_json("/api/v1/subsystems")["subsystems"]
        return [(each["identity"], session["address"]) for each in subsystems for session in each["sessions"]]

    def counter(self, name: str) -> int:
        """A counter of the line at the hub."""
        with urlopen(f"http://127.0.0.1:{self.station.ports['hub']}/metrics", timeout=30) as answer:
            text = answer.read().decode()
        found = re.search(rf"^stationmaster_line_{name}_total{{[^}}]*}} ([0-9.e+]+)$", text, re.MULTILINE)
        assert found, name
        return int(float(found[1]))

    def inject(self, data: bytes) -> None:
        """Put bytes on the line, beside what the gateway sends."""
        device = os.open(self.station.folder / "line-gateway", os.O_WRONLY | os.O_NOCTTY)
        try:
            os.write(device, data)
        finally:
            os.close(device)

    def goes_on(self) -> None:
        """A change comes through, the feed is good, everybody is on the connection that he had, and nothing was logged
        that only a programmer understands.
        """
        self.minutes += 1
        run, number = self.probe
        self.delay(run, self.minutes)
        self.come_through()
        assert self.late(number) == self.minutes
        self.station.wait("the feed is fresh", lambda: self.hub()["feed"]["state"] == "fresh")
        health = self.hub()
        assert (health["status"], health["settled"], health["trouble"]) == ("ok", True, "")
        assert self.connections() == self.sessions
        for name in SUBSYSTEMS:
            told = self.station.processes[name].health()
            assert (told["state"], told["position"]) == ("online", health["head"]), told
        for name, process in self.station.processes.items():
            assert process.running is not None
            assert process.running.poll() is None, name
            assert "Traceback" not in process.log.read_text("utf-8"), name


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    folder = tmp_path_factory.mktemp("attacked")
    tables: dict[str, dict[str, object]] = {
        "gateway": {"station": "MZN", "whole_read_s": 1.0},
        "broadcast": {"engine": "silent"},
        "hub.subsystems.visitor": {"token": VISITOR, "kind": "monitoring"},
    }
    made = RealStation(folder=folder, station=SAMPLE, start=START, tables=tables)
    with real_station(made) as station:
        with closing(sqlite3.connect(folder / "dispatching.db", timeout=30)) as database:
            with closing(sqlite3.connect(folder / "original.db")) as original:
                database.backup(original)
            # Somebody else's database need not have our constraints.
            database.execute("PRAGMA writable_schema = ON")
            database.execute(
                "UPDATE sqlite_schema SET sql = replace(sql, ' NOT NULL', '') WHERE name = 'base_timetable'"
            )
            # Who is connected already would go on by the former schema, in which no date can be missing.
            (version,) = database.execute("PRAGMA schema_version").fetchone()
            database.execute(f"PRAGMA schema_version = {version + 1}")
            database.commit()
            database.execute("PRAGMA writable_schema = RESET")
            rows = database.execute(
                "SELECT run_id, train FROM base_timetable LEFT JOIN stage_plan USING (run_id) WHERE service_date = ?"
                " AND kind = 'through' AND base_timetable.departure > '2026-03-02T05:00' AND train NOT LIKE '%/%'"
                " AND running IS NULL ORDER BY base_timetable.departure",
                (DAY,),
            ).fetchall()
        station.wait("the feed is fresh", lambda: station.processes["hub"].health()["feed"]["state"] == "fresh")
        yield Attacked(station, iter(rows))


# The line


def changed_version(whole: bytes) -> bytes:
    """The telegram as a later version would send it: all is well but the version."""
    body = bytearray(cobs.unstuff(whole[1:-1])[:-4])
    assert body[0] == VERSION
    body[0] = VERSION + 1
    return b"\0" + cobs.stuff(bytes(body) + zlib.crc32(body).to_bytes(4, "big")) + b"\0"


def malformed(whole: bytes) -> bytes:
    """The telegram with a payload that says nothing, under a good check sum."""
    body = cobs.unstuff(whole[1:-1])[:15] + b"\x03\x00nonsense"
    return b"\0" + cobs.stuff(body + zlib.crc32(body).to_bytes(4, "big")) + b"\0"


def flipped(whole: bytes) -> bytes:
    """The telegram with one bit changed within its payload."""
    place = len(whole) - 9
    byte = whole[place] ^ (1 if whole[place] != 1 else 2)
    return whole[:place] + bytes([byte]) + whole[place + 1 :]


@pytest.mark.parametrize(
    ("data", "counter", "least"),
    [
        (random.Random(1).randbytes(3000), "framing_errors", 3),
        (b"\0" + b"U" * 3000 + b"\0", "framing_errors", 1),
        (TELEGRAM[: len(TELEGRAM) // 2] + b"\0", "framing_errors|crc_errors", 1),
        (flipped(TELEGRAM) * 5, "crc_errors|framing_errors", 5),
        (changed_version(TELEGRAM) * 5, "unknown_versions", 5),
        (frame(Calls(records=(call(run=1),)), 7, station="XYZ") * 5, "unknown_stations", 5),
        (malformed(TELEGRAM) * 5, "malformed", 5),
        (b"\x13\x11\x03\x04\x1a\xff\0" * 50, "framing_errors", 40),
    ],
    ids=[
        "garbage",
        "no-end",
        "broken",
        "wrong-crc",
        "unknown-version",
        "another-station",
        "malformed",
        "control-bytes",
    ],
)
def test_what_is_no_telegram_is_counted_and_does_no_harm(
    attacked: Attacked, data: bytes, counter: str, least: int
) -> None:
    """The hub counts what it cannot use by what is wrong with it, and takes the next good telegram."""
    names = counter.split("|")
    before = sum(attacked.counter(name) for name in names)
    calls = attacked.hub()["calls"]
    attacked.inject(data)
    attacked.station.wait(
        f"the hub has counted {counter}", lambda: sum(attacked.counter(name) for name in names) >= before + least
    )
    attacked.goes_on()
    assert attacked.hub()["calls"] == calls


# The open protocol


class Visitor:
    """A plain socket to the hub's open protocol."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._reader = FrameReader(LARGEST)
        self._heard: list[Message] = []

    def send(self, *parts: Message | bytes | type) -> None:
        """Send messages and bytes; where a kind of message stands, wait for one."""
        for part in parts:
            if isinstance(part, type):
                assert self.hear(part) is not None, part
                continue
            self._socket.sendall(part if isinstance(part, bytes) else encode(part, largest=LARGEST))

    def hear(self, kind: type) -> Any:
        """The next message of a kind; None if the hub ends the connection before."""
        while True:
            while self._heard:
                message = self._heard.pop(0)
                if isinstance(message, kind):
                    return message
            data = self._socket.recv(65536)
            if not data:
                return None
            self._heard += [decode(document) for document in self._reader.documents(data)]

    def is_ended(self) -> bool:
        """Whether the hub has ended the connection, without another word."""
        return not self._heard and not self._socket.recv(1)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def visitor(attacked: Attacked) -> Iterator[Visitor]:
    made = Visitor(attacked.station.ports["protocol"])
    yield made
    made.close()


def document(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(4, "big") + data


NAMESPACE = 'xmlns="urn:stationmaster:open-protocol:1"'
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE hello [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + f"]><hello {NAMESPACE} identity='&j;' token='x' version='1.0'/>"
)
HELLO = Hello(identity="visitor", token=VISITOR)
SUBSCRIBE = Subscribe(filter=Filter(kinds=("station",)))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ((document(f"<hello {NAMESPACE} identity='visitor'"),), "not-xml"),
        ((document("<a>" * 1000 + "</a>" * 1000),), "not-xml"),
        ((document(f"<dance {NAMESPACE}/>"),), "invalid"),
        ((document(f"<hello {NAMESPACE} identity='visitor' token='t' version='1.0' colour='red'/>"),), "invalid"),
        ((document(BOMB),), "doctype"),
        ((document("<!DOCTYPE hello SYSTEM 'file:///etc/passwd'><hello/>"),), "doctype"),
        ((b"\0\0\0\2\xff\xfe",), "not-utf8"),
        ((b"\0\0\0\0",), "empty-message"),
        ((b"\xff\xff\xff\xff",), "too-large"),
        ((b"GET / HTTP/1.1\r\n\r\n",), "too-large"),
        ((Hello(identity="visitor", token="not the token"),), "not-authenticated"),
        ((Hello(identity="guidance", token=VISITOR),), "not-authenticated"),
        ((Hello(identity="nobody", token=VISITOR),), "not-authenticated"),
        ((Hello(identity="visitor", token=VISITOR, version="9.0"),), "version"),
        ((SUBSCRIBE,), "unexpected-message"),
        ((ClientHeartbeat(),), "unexpected-message"),
        ((HELLO, Welcome, HELLO), "unexpected-message"),
        ((HELLO, Welcome, Ack(epoch="e", sequence=1)), "unexpected-message"),
        ((HELLO, Welcome, SUBSCRIBE, Snapshot, Update(since=0, to=1, hash="0")), "unexpected-message"),
        ((HELLO, Welcome, SUBSCRIBE, Snapshot, Ack(epoch="e", sequence=10**6)), "unknown-sequence"),
        ((HELLO, Welcome, SUBSCRIBE, Snapshot, b"\x7f\xff\xff\xff"), "too-large"),
        ((HELLO, Welcome, SUBSCRIBE, Snapshot, document(BOMB)), "doctype"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_bad_client_is_refused_with_a_code_and_nobody_else_notices(
    attacked: Attacked, visitor: Visitor, said: tuple[Message | bytes | type, ...], code: str
) -> None:
    """Whatever breaks the protocol is answered with its code and a hint, and ends that connection alone."""
    visitor.send(*said)
    error = visitor.hear(Error)
    assert error is not None, "it was not refused"
    assert (error.code, bool(error.text), bool(error.hint)) == (code, True, True)
    assert visitor.is_ended()
    attacked.goes_on()


def test_half_a_message_and_a_cut_line_leave_nothing_behind(attacked: Attacked, visitor: Visitor) -> None:
    """A client that goes in the middle of a message is gone, and the hub is settled without it."""
    visitor.send(HELLO, Welcome, SUBSCRIBE, Snapshot)
    assert "visitor" in dict(attacked.connections())
    visitor.send((1000).to_bytes(4, "big") + b"<ack")
    visitor.close()
    attacked.station.wait("the visitor is gone", lambda: "visitor" not in dict(attacked.connections()))
    attacked.goes_on()


def test_results_of_tasks_that_do_not_exist_are_quarantined(attacked: Attacked, visitor: Visitor) -> None:
    """A report about nothing is received, so that it is not sent for ever, and noted with the reason."""
    visitor.send(HELLO, Welcome)
    task = f"MZN/{DAY}/NONE/1/no-such-rule/1"
    done = Result(target="hall-1", state=TaskState.DONE, at=START, base=START)
    result = TaskResult(id="visitor/1", at=START, task=task, result=done)
    visitor.send(Report(number=1, results=(result,)))
    assert visitor.hear(Received) == Received(number=1)
    (note,) = (note for note in attacked.notes() if note[1] == "visitor/1")
    assert note == (
        "quarantined",
        "visitor/1",
        {
            "reason": "result-of-no-task",
            "message": f"There is no task {task}.",
            "hint": "It may have been dropped with its call.",
        },
    )
    visitor.close()
    attacked.station.wait("the visitor is gone", lambda: "visitor" not in dict(attacked.connections()))
    attacked.goes_on()


# The dispatching database


Break = tuple[str, tuple[object, ...]]
BASE = "UPDATE base_timetable SET {} = ?, changed = :changed WHERE run_id = ?"


def base(column: str, value: object) -> Callable[[int], Break]:
    return lambda run: (BASE.format(column), (value, run))


def plan(**given: object) -> Callable[[int], Break]:
    values = {
        "arrival": None,
        "departure": None,
        "arrival_unknown": 0,
        "departure_unknown": 0,
        "track": None,
        "running": "scheduled",
        "reason": "",
    } | given
    return lambda run: ("INSERT OR REPLACE INTO stage_plan VALUES (?,?,?,?,?,?,?,?,:changed)", (run, *values.values()))


def report(event: object, actual: object) -> Callable[[int], Break]:
    return lambda run: ("INSERT OR REPLACE INTO report VALUES (?,?,?,:changed)", (run, event, actual))


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (base("departure", "25:99"), "departure is '25:99'; a time is YYYY-MM-DDTHH:MM:SSZ"),
        (base("departure", 17), "departure is '17'; a time is"),
        (base("departure", None), "a call of kind through has planned departure None"),
        (base("train", None), "train numbers"),
        (base("train", "G1//"), "train numbers"),
        (base("train", b"\xff\xfe"), "train is b'\\xff\\xfe'; it should be text"),
        (base("train", "G\x00\x1b1"), "holds control characters"),
        (base("kind", "flying"), "kind is 'flying'; possible are origin, terminus, through, passing"),
        (base("service_date", "2026-13-45"), "service_date is '2026-13-45'; a date is YYYY-MM-DD"),
        (base("service_date", None), "service_date is None"),
        (base("origin", "".join(map(chr, range(0x4E00, 0x4E00 + 400)))), "its texts are too long for one telegram"),
        (plan(departure="soon"), "stage_plan.departure is 'soon'"),
        (plan(departure_unknown="maybe"), "departure_unknown is 'maybe'; possible are 0 and 1"),
        (plan(running="perhaps"), "running is 'perhaps'; possible are scheduled, suspended, extra, diverted"),
        (report("landing", "2026-03-02T01:00:00Z"), "report.event is 'landing'; possible are arrival, departure"),
        (report("arrival", "yesterday"), "report.actual of the arrival is 'yesterday'"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else None,
)
def test_a_row_that_cannot_be_understood_is_told_by_the_gateway(
    attacked: Attacked, broken: Callable[[int], Break], says: str
) -> None:
    """The gateway names run, column and what is allowed; that train stays as it was, all others go on; mended, it
    comes through.
    """
    run, number = next(attacked.trains)
    before = attacked.call(number)
    assert str(run) not in attacked.gateway()["faults"]
    attacked.write(broken(run))
    faults = attacked.station.wait("the gateway tells", lambda: attacked.gateway()["faults"].get(str(run)))
    assert says in faults
    assert attacked.gateway()["status"] == "degraded"
    attacked.goes_on()
    assert attacked.call(number) == before

    mend(attacked, run)
    attacked.station.wait("the gateway is content", lambda: str(run) not in attacked.gateway()["faults"])
    attacked.delay(run, 9)
    attacked.come_through()
    assert attacked.late(number) == 9


def mend(attacked: Attacked, run: int) -> None:
    """All that the dispatching database has of a run as it was in the beginning."""
    with closing(sqlite3.connect(attacked.station.folder / "original.db")) as original:
        (row,) = original.execute("SELECT * FROM base_timetable WHERE run_id = ?", (run,)).fetchall()
    attacked.write(
        ("DELETE FROM report WHERE run_id = ?", (run,)),
        ("DELETE FROM stage_plan WHERE run_id = ?", (run,)),
        ("INSERT OR REPLACE INTO base_timetable VALUES (?,?,?,?,?,?,?,?,?,?,:changed)", row[:-1]),
    )


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (plan(track="99"), "track '99' is not one of this station's"),
        (report("arrival", "2026-03-02T09:30:00Z"), "an actual time lies in the future"),
        (report("departure", "2026-04-02T09:30:00Z"), "an actual time lies in the future"),
        (plan(departure="2026-03-09T09:30:00Z"), "the expected departure is more than 48 hours from the plan"),
    ],
    ids=["unknown-track", "actual-in-the-future", "actual-next-month", "a-week-late"],
)
def test_what_cannot_be_true_is_told_by_the_hub(attacked: Attacked, broken: Callable[[int], Break], says: str) -> None:
    """What is well formed and cannot be is quarantined with train and reason; the train stays as it was, others go on;
    once it is possible it is taken.
    """
    run, number = next(attacked.trains)
    before = attacked.call(number)
    attacked.write(broken(run))
    attacked.come_through()
    (detail,) = (detail for code, subject, detail in attacked.notes() if (code, subject) == ("quarantined", number))
    assert says in detail["reason"]
    assert detail["day"] == DAY
    attacked.goes_on()
    assert attacked.call(number) == before
    mend(attacked, run)
    attacked.delay(run, 11)
    attacked.come_through()
    assert attacked.late(number) == 11


def test_a_row_without_a_usable_run_is_told(attacked: Attacked) -> None:
    """A report whose run is text belongs to no train; it is counted and named, and nothing stops."""
    before = attacked.gateway()["faulty"]
    attacked.write(("INSERT INTO report VALUES ('abc', 'arrival', '2026-03-02T01:00:00Z', :changed)", ()))
    attacked.station.wait("the gateway counts it", lambda: attacked.gateway()["faulty"] == before + 1)
    assert "abc" in json.dumps(attacked.gateway()["strays"])
    attacked.goes_on()
    attacked.write(("DELETE FROM report WHERE run_id = 'abc'", ()))
