"""Devices, boards, subscribers and local acts, from a client's connection to the hub's pages and other subscribers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.making import made_hub
from hub.watched import Watched
from stationmaster.hub.storage.database import database_url
from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.deeds import Delay, SetTrack
from stationmaster_kernel.inputs import Feed
from stationmaster_kernel.values import EventName, TaskKind
from stationmaster_protocol.commands import LocalAct
from stationmaster_protocol.equipment import AlarmSign, Condition, Device, Evidence, Readback, Severity, ShownRow
from stationmaster_protocol.messages import ClientHeartbeat, Deletion, EquipmentStatus, Received, Report
from support.small_station import at, record

CALL = "TST/2026-03-01/G1/1"
LIVE = ("task", "device", "alarm")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Watched]:
    with made_hub(database_url("sqlite:///hub.db", tmp_path)) as made:
        yield Watched(made)


def device(name: str, condition: Condition = Condition.OK, *targets: str) -> Device:
    return Device(id=name, kind="board", condition=condition, since=at("06:00"), targets=targets)


def hall(hub: Watched, *, old: bool = False) -> Readback:
    """The hall's board, as it should be or with an old revision of its row."""
    (row,) = hub.watching.boards.intent("hall-1", hub.clock.now()).rows
    shown = ShownRow(task=row.task, revision=row.revision - old)
    return Readback(target="hall-1", at=Instant(int(hub.clock.now())), evidence=Evidence.PAINTED, rows=(shown,))


def test_devices_are_listed_and_told_to_who_asked_for_them(hub: Watched) -> None:
    """They stand in the API with their subsystem, by filter; a monitor gets them whole and then what is different."""
    guidance = hub.client(0)
    guidance.say(Report(number=1, whole=True, devices=(device("led-1"), device("led-2", Condition.OFF, "hall-1"))))
    monitor = hub.client(1, kinds=LIVE)
    (whole,) = monitor.heard(EquipmentStatus)
    assert whole.whole
    assert {(each.identity, each.id, each.condition) for each in whole.devices} == {
        ("client-0", "led-1", Condition.OK),
        ("client-0", "led-2", Condition.OFF),
    }
    guidance.say(Report(number=2, devices=(device("led-1", Condition.FAULTY),)))
    (news,) = monitor.heard(EquipmentStatus)
    assert [(each.id, each.condition) for each in news.devices] == [("led-1", Condition.FAULTY)]
    assert guidance.heard(EquipmentStatus) == []

    body = hub.get("/api/v1/devices")
    assert [(each["identity"], each["id"], each["condition"]) for each in body["devices"]] == [
        ("client-0", "led-1", "faulty"),
        ("client-0", "led-2", "off"),
    ]
    assert [each["id"] for each in hub.get("/api/v1/devices?condition=off&target=hall-1")["devices"]] == ["led-2"]
    assert hub.get("/api/v1/devices?identity=nobody")["devices"] == []
    for word in ("well", ""):
        assert hub.get(f"/api/v1/devices?condition={word}", 400)["error"] == "bad-argument"


def test_alarms_are_told_to_who_asked_for_them_and_end(hub: Watched) -> None:
    """A subsystem's own with its name, the hub's without; when they are over that is told by the same name."""
    guidance, monitor = hub.client(0), hub.client(1, kinds=LIVE)
    monitor.heard(EquipmentStatus)
    hot = AlarmSign(id="hot", severity=Severity.ALARM, since=at("06:59"), cause="led-1", texts=(("en", "Too hot"),))
    guidance.say(Report(number=1, whole=True, alarms=(hot,), devices=(device("led-9", Condition.ABSENT),)))
    hub.run(5)
    told = {(each.identity, each.id): each for event in monitor.heard(EquipmentStatus) for each in event.alarms}
    assert {("client-0", "hot"), (None, "device-absent/client-0/led-9")} <= set(told)
    assert (told["client-0", "hot"].cause, dict(told["client-0", "hot"].texts)["en"]) == ("led-1", "client-0: Too hot")
    page = hub.get("/api/v1/alarms")["alarms"]
    assert [(each["identity"], each["id"], each["cause"]) for each in page][:2] == [
        ("", "device-absent/client-0/led-9", "client-0/led-9"),
        ("client-0", "hot", "led-1"),
    ]
    guidance.say(Report(number=2, gone=(Deletion(kind="alarm", id="hot"), Deletion(kind="device", id="led-9"))))
    hub.run(6)
    gone = {(each.kind, each.id) for event in monitor.heard(EquipmentStatus) for each in event.gone}
    assert gone == {
        ("alarm", "client-0/hot"),
        ("device", "client-0/led-9"),
        ("alarm", "/device-absent/client-0/led-9"),
    }


def test_a_board_that_shows_an_old_row_is_found(hub: Watched) -> None:
    """Should and is stand side by side in the API; after ten seconds it is an alarm, and it ends when it is right."""
    guidance = hub.client(0, TaskKind.DISPLAY)
    guidance.say(Report(number=1, whole=True, readbacks=(hall(hub),)))
    hub.run(12)
    assert [name for name in hub.ids() if name.startswith("board-differs")] == []
    assert {"board-unread/gate-1A", "board-unread/arr-1"} <= set(hub.ids())
    body = hub.get("/api/v1/boards/hall-1")
    assert [row["task"] for row in body["should"]] == [row["task"] for row in body["shown"]["rows"]]
    assert (body["board"]["read_by"], body["board"]["proved"], body["differences"]) == ("client-0", True, [])

    late = record(expected_departure=at("08:30"))
    hub.put(Feed(id="f", at=Instant(int(hub.clock.now())), records=(late,)))
    hub.run(2)
    (difference,) = hub.get("/api/v1/boards/hall-1")["differences"]
    assert (difference["difference"]["kind"], difference["lasting"]) == ("old", False)
    hub.run(10)
    assert "board-differs/hall-1" in hub.ids()
    boards = {each["id"]: each for each in hub.get("/api/v1/boards")["boards"]}
    assert (boards["hall-1"]["lasting"], boards["gate-2A"]["read_by"]) == (1, "")
    (subscriber,) = (each for each in hub.get("/api/v1/subscribers")["subscribers"] if each["identity"] == "client-0")
    assert subscriber["trouble"] == ["hall-1"]
    guidance.say(Report(number=2, readbacks=(hall(hub),)))
    hub.run(7)
    assert "board-differs/hall-1" not in hub.ids()
    assert hub.get("/api/v1/boards/nowhere", 404)["error"] == "no-such-board"


def test_when_a_subsystem_goes_its_devices_are_absent_and_it_is_missed(hub: Watched) -> None:
    """Its boards are not known any more, and no board's alarm stands beside the one that says why."""
    guidance = hub.client(0, TaskKind.DISPLAY)
    guidance.say(Report(number=1, whole=True, devices=(device("led-1"),), readbacks=(hall(hub, old=True),)))
    hub.run(12)
    assert "board-differs/hall-1" in hub.ids()
    monitor = hub.client(1, kinds=LIVE)
    monitor.heard(EquipmentStatus)
    guidance.cut()
    (news,) = monitor.heard(EquipmentStatus)
    assert [(each.id, each.condition) for each in news.devices] == [("led-1", Condition.ABSENT)]
    hub.run(32)
    assert [name for name in hub.ids() if "guidance" in name or "client" in name or "board" in name] == [
        "subsystem-absent/client-0"
    ]
    rows = {each["identity"]: each for each in hub.get("/api/v1/subscribers")["subscribers"]}
    assert (rows["client-0"]["connected"], rows["client-0"]["since"], rows["client-0"]["devices"]) == (
        False,
        at("07:00") + 13,
        1,
    )
    guidance.follower.held = None
    guidance.connect()
    guidance.say(Report(number=1, whole=True, devices=(device("led-1"),)))
    hub.run(6)
    assert "subsystem-absent/client-0" not in hub.ids()
    assert [each.condition for each in hub.watching.equipment()[0]] == [Condition.OK]


def test_the_table_of_subscribers_and_its_metrics(hub: Watched) -> None:
    """Who is whole, who is behind and by how much, for people and for Prometheus; who is away is in it too."""
    whole, slow = hub.client(0, TaskKind.DISPLAY), hub.client(1)
    whole.follower.beat()
    hub.run(1)
    slow.follower.acknowledges = False
    hub.put(Feed(id="f", at=Instant(int(hub.clock.now())), records=(record(expected_departure=at("08:30")),)))
    rows = {each["identity"]: each for each in hub.get("/api/v1/subscribers")["subscribers"]}
    assert list(rows) == ["client-0", "client-1", "client-2", "client-3"]
    first, second = rows["client-0"], rows["client-1"]
    assert (first["connected"], first["digest"], first["behind"], first["executes"]) == (True, "whole", 0, ["display"])
    assert (second["digest"], second["behind"]) == ("unproved", 1)
    assert (first["snapshots"], first["rejected"], first["secure"]) == (1, "", False)
    assert (rows["client-2"]["connected"], rows["client-2"]["since"]) == (False, None)
    metrics = hub.metrics()
    assert 'stationmaster_subscriber_behind{identity="client-1",kind="staff"} 1.0' in metrics
    assert 'stationmaster_subscriber_whole{identity="client-0",kind="guidance"} 1.0' in metrics
    assert 'stationmaster_subscriber_connected{identity="client-2",kind=""} 0.0' in metrics
    hub.run(11)
    assert "subsystem-behind/client-1" in hub.ids()
    assert "subsystem-behind/client-0" not in hub.ids()


def test_a_digest_that_differs_is_an_alarm(hub: Watched) -> None:
    """A client whose replica has lost something says so without knowing it."""
    client = hub.client(0)
    client.say(ClientHeartbeat(position=client.follower.held, digest="0" * 32))
    hub.run(4)
    assert "subsystem-differs/client-0" in hub.ids()


def test_what_was_done_at_a_page_is_part_of_the_day(hub: Watched) -> None:
    """It is committed before it is received, reaches everybody, and a refused one is told to people."""
    guidance, other = hub.client(0), hub.client(1, kinds=("call",))
    late = LocalAct(
        id="a1",
        at=at("06:58"),
        by="Wang",
        delays=(Delay(call=CALL, event=EventName.DEPARTURE, minutes=9),),
    )
    bad = LocalAct(id="a2", at=at("06:59"), by="Wang", tracks=(SetTrack(call=CALL, track="77"),))
    hub.hub.thread.at_once = False
    guidance.say(Report(number=1, acts=(late, bad)))
    assert guidance.heard(Received) == []
    hub.hub.thread.run()
    hub.carry()
    assert [each.number for each in guidance.heard(Received)] == [1]
    call = other.follower.replica["call", CALL].value
    assert isinstance(call, Call)
    assert call.departure is not None
    assert call.departure.expected == at("08:19")
    hub.hub.thread.at_once = True
    hub.run(1)
    assert hub.ids() == ["act-refused/act/client-0/a2"]
