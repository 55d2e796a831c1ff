"""Alarms over the web: what people do about them, what was, since when things are so, and all of it over a restart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.engine import URL

from hub.making import made_hub
from hub.watched import LI, Watched
from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster.station.wiring import Supply
from stationmaster_base.times import Instant
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.equipment import AlarmSign, Condition, Device
from stationmaster_protocol.messages import Deletion, Report
from support.small_station import at

EVIL = '<img src=x onerror="alert(1)">'


def device(name: str, condition: Condition = Condition.OK, **more: Any) -> Device:
    return Device(id=name, kind="board", condition=condition, since=at("06:50"), **more)


@pytest.fixture
def hub(sqlite_database: URL) -> Iterator[Watched]:
    with made_hub(sqlite_database) as made:
        yield Watched(made)


def alarms(hub: Watched) -> dict[str, dict[str, Any]]:
    return {alarm["id"]: alarm for alarm in hub.get("/api/v1/alarms")["alarms"]}


def test_a_cable_with_forty_devices(hub: Watched) -> None:
    """One alarm with forty parts; acknowledged once it is known of all; the stream is told each time."""
    hub.wiring = (Supply(id="west", kind="cable", names=(("zh", "西"), ("en", "West")), devices=("client-0/led-*",)),)
    guidance = hub.client(0)
    devices = tuple(device(f"led-{number}") for number in range(40))
    guidance.say(Report(number=1, whole=True, devices=(*devices, *(device(f"lamp-{number}") for number in range(40)))))
    hub.run(2)
    assert alarms(hub) == {}
    guidance.say(Report(number=2, devices=tuple(device(each.id, Condition.ABSENT) for each in devices)))
    hub.run(5)
    body = hub.get("/api/v1/alarms")
    (alarm,) = body["alarms"]
    assert (alarm["id"], alarm["code"], alarm["parts_total"]) == ("supply-lost/west", "supply-lost", 40)
    assert len(alarm["parts"]) == 40
    assert (alarm["name_zh"], alarm["name_en"]) == ("同源故障", "Common cause")
    assert alarm["do_en"].startswith("See the cable")
    assert body["counts"] == {
        "unacknowledged": 1,
        "grave": 1,
        "acknowledged": 0,
        "returned": 0,
        "shelved": 0,
        "suppressed": 0,
        "within_ten_minutes": 1,
        "flood": False,
    }
    assert hub.told[-1]["counts"] == body["counts"]
    before = len(hub.told)
    done = hub.post(f"/api/v1/alarms/{alarm['key']}/acknowledge", {"number": alarm["number"], "why": EVIL})
    assert done["acknowledged"] == {"by": LI.name, "at": int(hub.view.now), "why": EVIL}
    (alarm,) = hub.get("/api/v1/alarms")["alarms"]
    assert {part["state"] for part in (alarm, *alarm["parts"])} == {"acknowledged"}
    assert len(hub.told) == before + 1
    assert hub.told[-1]["counts"]["acknowledged"] == 1
    hub.run(2)
    assert [each["id"] for each in hub.get("/api/v1/alarms/history?heads=yes")["alarms"]] == ["supply-lost/west"]
    parts = hub.get(f"/api/v1/alarms/history?part_of={alarm['number']}")["alarms"]
    assert len(parts) == 40


def test_what_people_may_not_do(hub: Watched) -> None:
    """No token, no such alarm, one that has come again, for too long, without a reason, with odd bodies."""
    sign = Sign(id="bad", severity=Severity.ALARM, zh="坏", en="Bad")
    hub.alarms.watch(lambda: [sign])
    hub.run(5)
    path = f"/api/v1/alarms/{alarms(hub)['bad']['key']}"
    for what, body in (("acknowledge", {}), ("shelve", {"minutes": 5, "why": "x"}), ("unshelve", {})):
        assert hub.post(f"{path}/{what}", body, 401, token="")["error"] == "not-logged-in"
        missing = hub.post(f"/api/v1/alarms/0123456789abcdef/{what}", body, 409 if what == "unshelve" else 404)
        assert missing["error"] == ("not-shelved" if what == "unshelve" else "no-such-alarm")
    assert hub.post(f"{path}/acknowledge", {"number": 99}, 409)["error"] == "alarm-changed"
    assert hub.post(f"{path}/shelve", {"minutes": 61, "why": "x"}, 409)["error"] == "shelved-too-long"
    for body in (
        b"no json",
        b"[]",
        b'{"minutes": 5}',
        b'{"minutes": 5, "why": "  "}',
        b'{"minutes": 0, "why": "x"}',
        b'{"minutes": 100000, "why": "x"}',
        b'{"minutes": 5, "why": null}',
        b'{"minutes": 5, "why": "x", "more": 1}',
        b'{"minutes": 5, "why": "\\u0007"}',
        b'{"minutes": 5, "why": "\\ud800"}',
        b'{"minutes": 5, "why": "' + b"x" * 501 + b'"}',
        b" " * 9000,
    ):
        assert hub.post(f"{path}/shelve", body, 400)["error"] == "bad-request", body
    assert hub.post(f"{path}/acknowledge", b"")["acknowledged"]["why"] == ""
    assert hub.post(f"{path}/acknowledge", {"why": "again"})["acknowledged"]["why"] == ""


def test_a_shelf_and_back(hub: Watched) -> None:
    """What is put aside is in its own list until then, in no other; taken back it is new."""
    sign = Sign(id="bad", severity=Severity.WARNING, zh="坏", en="Bad")
    hub.alarms.watch(lambda: [sign])
    hub.run(5)
    path = f"/api/v1/alarms/{alarms(hub)['bad']['key']}"
    hub.post(f"{path}/acknowledge", {})
    shelf = hub.post(f"{path}/shelve", {"minutes": 30, "why": "Works"})["shelf"]
    assert shelf["until"] - shelf["at"] == 1800
    body = hub.get("/api/v1/alarms")
    assert (body["alarms"], body["counts"]["shelved"]) == ([], 1)
    (shelved,) = body["shelved"]
    assert (shelved["shelf"]["why"], shelved["shelf"]["by"], shelved["alarm"]["state"]) == ("Works", LI.name, "shelved")
    assert hub.view.alarms() == ()
    hub.post(f"{path}/unshelve", {})
    assert alarms(hub)["bad"]["state"] == "unacknowledged"
    hub.post(f"{path}/shelve", {"minutes": 1, "why": "Works"})
    assert [(kind, said["who"], said["subject"], said["why"]) for kind, said in hub.logged] == [
        ("alarm-acknowledged", LI.name, "bad", ""),
        ("alarm-shelved", LI.name, "bad", "Works"),
        ("alarm-unshelved", LI.name, "bad", ""),
        ("alarm-shelved", LI.name, "bad", "Works"),
    ]
    hub.run(61)
    assert alarms(hub)["bad"]["state"] == "unacknowledged"


def test_history(hub: Watched) -> None:
    """Every standing, the newest first, by time, words, severity and number, in pages; with who knew of it."""
    guidance = hub.client(0)
    guidance.say(Report(number=1, whole=True))
    for number in range(3):
        hot = AlarmSign(
            id=f"hot/{number}", severity=Severity.WARNING, since=at("06:59"), texts=(("en", f"Hot {EVIL}"),)
        )
        guidance.say(Report(number=2 + 2 * number, alarms=(hot,)))
        hub.run(5)
        key = alarms(hub)[f"hot/{number}"]["key"]
        hub.post(f"/api/v1/alarms/{key}/acknowledge", {"why": f"seen {number}"})
        guidance.say(Report(number=3 + 2 * number, gone=(Deletion(kind="alarm", id=f"hot/{number}"),)))
        hub.run(10)

    def past(query: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = hub.get(f"/api/v1/alarms/history?identity=client-0{query}")["alarms"]
        return found

    found = past()
    assert [each["id"] for each in found] == ["hot/2", "hot/1", "hot/0"]
    assert [each["acknowledged"]["why"] for each in found] == ["seen 2", "seen 1", "seen 0"]
    assert all(each["ended"] > each["raised"] >= each["since"] for each in found)
    assert found[0]["code"] == "told"
    assert [each["id"] for each in past(f"&from={found[1]['ended'] + 1}")] == ["hot/2"]
    assert [each["id"] for each in past(f"&to={found[2]['raised']}")] == ["hot/0"]
    assert [each["id"] for each in past("&text=ONERROR&severity=warning&code=hot")] == ["hot/2", "hot/1", "hot/0"]
    assert past("&text=%25") == []
    assert past("&severity=alarm") == past("&code=ho") == past("&part_of=7") == []
    assert [each["id"] for each in past(f"&key={found[1]['key']}")] == ["hot/1"]
    page = hub.get("/api/v1/alarms/history?identity=client-0&limit=2")
    assert (len(page["alarms"]), page["before"]) == (2, found[1]["number"])
    assert [each["id"] for each in past(f"&limit=2&before={page['before']}")] == ["hot/0"]
    for query in ("from=yesterday", "severity=worst", "limit=0", "limit=1001", "before=x", "to=9999999999", "heads=no"):
        assert hub.get(f"/api/v1/alarms/history?{query}", 400)["error"] == "bad-argument", query


def test_all_of_it_survives_a_restart(database: URL) -> None:
    """What stands is the same alarm with its number, who knew of it and its shelf; who was there is missed."""
    sign = Sign(id="bad", severity=Severity.WARNING, zh="坏", en="Bad")
    with made_hub(database) as made:
        hub = Watched(made)
        hub.alarms.watch(lambda: [sign])
        guidance = hub.client(0, TaskKind.DISPLAY)
        hot = AlarmSign(id="hot", severity=Severity.ALARM, since=at("06:59"), texts=(("en", "Hot"),))
        guidance.say(Report(number=1, whole=True, alarms=(hot,)))
        hub.run(5)
        before = alarms(hub)
        hub.post(f"/api/v1/alarms/{before['hot']['key']}/acknowledge", {"why": "Known"})
        hub.post(f"/api/v1/alarms/{before['bad']['key']}/shelve", {"minutes": 600, "why": "Works"})
        conditions = hub.get("/api/v1/conditions")["conditions"]
        hub.alarming.stop()
    with made_hub(database) as made:
        hub = Watched(made)
        hub.alarms.watch(lambda: [sign])
        hub.run(5)
        body = hub.get("/api/v1/alarms")
        (suppressed,) = body["suppressed"]
        assert (suppressed["id"], suppressed["number"]) == ("hot", before["hot"]["number"])
        assert body["shelved"][0]["alarm"]["number"] == before["bad"]["number"]
        hub.run(30)
        away = alarms(hub)["subsystem-absent/client-0"]
        assert (away["severity"], [part["id"] for part in away["parts"]]) == ("alarm", ["hot"])
        after = {(each["kind"], each["id"]): each for each in hub.get("/api/v1/conditions")["conditions"]}
        assert after["subsystem", "client-0"]["state"] == "absent"
        assert after["subsystem", "client-1"]["since"] is None
        assert ("subsystem", "client-0") in {(each["kind"], each["id"]) for each in conditions}
        guidance = hub.client(0, TaskKind.DISPLAY)
        guidance.say(Report(number=1, whole=True, alarms=(hot,)))
        hub.run(10)
        again = alarms(hub)["hot"]
        assert (again["number"], again["state"]) == (before["hot"]["number"], "acknowledged")
        assert again["acknowledged"]["why"] == "Known"
        (back,) = (each for each in hub.get("/api/v1/subscribers")["subscribers"] if each["identity"] == "client-0")
        assert back["since"] >= after["subsystem", "client-0"]["since"] + 35


def test_devices_since_a_change(hub: Watched) -> None:
    """Who has seen everything up to a change is told what is different since; who was too long away, everything."""
    guidance = hub.client(0)
    guidance.say(Report(number=1, whole=True, devices=(device("a"), device("b"))))
    first = hub.get("/api/v1/devices")
    assert (first["whole"], [each["id"] for each in first["devices"]]) == (True, ["a", "b"])

    def since(revision: int) -> dict[str, Any]:
        body: dict[str, Any] = hub.get(f"/api/v1/devices?after={revision}")
        return body

    nothing = since(first["revision"])
    assert (nothing["whole"], nothing["devices"], nothing["gone"]) == (False, [], [])
    guidance.say(Report(number=2, devices=(device("b", Condition.OFF),), gone=(Deletion(kind="device", id="a"),)))
    later = since(first["revision"])
    assert [each["id"] for each in later["devices"]] == ["b"]
    assert later["gone"] == ["client-0/a"]
    guidance.say(Report(number=3, devices=(device("a"),)))
    again = since(first["revision"])
    assert ({each["id"] for each in again["devices"]}, again["gone"]) == ({"a", "b"}, [])
    assert since(10**9)["whole"] is True
    assert hub.get("/api/v1/devices?after=x", 400)["error"] == "bad-argument"


def test_the_database_is_away_and_people_can_act_all_the_same(hub: Watched) -> None:
    """What they do counts at once, and is written when the database is back."""
    sign = Sign(id="bad", severity=Severity.ALARM, zh="坏", en="Bad")
    hub.alarms.watch(lambda: [sign])
    hub.run(2)
    hub.hub.thread.at_once = False
    hub.run(3)
    key = alarms(hub)["bad"]["key"]
    hub.post(f"/api/v1/alarms/{key}/acknowledge", {"why": "Seen"})
    assert alarms(hub)["bad"]["state"] == "acknowledged"
    failing = hub.hub.thread.waiting
    assert failing
    while failing:
        _, done = failing.pop(0)
        done.errback(OSError("the disk is gone"))
    hub.hub.thread.at_once = True
    hub.run(3)
    (written,) = hub.get(f"/api/v1/alarms/history?key={key}")["alarms"]
    assert written["acknowledged"]["why"] == "Seen"


def test_a_displaced_database_is_told_everything_again(hub: Watched) -> None:
    """What stands and what is put aside is written into it anew."""
    sign = Sign(id="bad", severity=Severity.WARNING, zh="坏", en="Bad")
    hub.alarms.watch(lambda: [sign])
    hub.run(5)
    assert hub.alarms.take_changes() == ([], {})
    hub.post(f"/api/v1/alarms/{alarms(hub)['bad']['key']}/shelve", {"minutes": 5, "why": "Works"})
    hub.run(2)
    hub.alarms.rewrite()
    records, shelves = hub.alarms.take_changes()
    assert [record.sign.id for record in records if record.sign.id == "bad"] == ["bad"]
    assert [shelf.alarm for shelf in shelves.values() if shelf is not None] == ["bad"]
    assert Instant(0) < records[0].raised
