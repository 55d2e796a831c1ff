"""The real process with zones that share loudspeakers, a gap, and a feed that grows old without its hub."""

from pathlib import Path

from broadcast.running import Station, station
from stationmaster_base.times import from_iso
from stationmaster_broadcast.speech.sound import measure, read_wave
from support.fake_broadcast import START

QUEUE = """[broadcast.queue]
gap_s = 2
[[broadcast.queue.overlap]]
zones = ["a", "b"]
[broadcast.queue.rules.open]
times = 2
"""


def heard(held: Station) -> dict[tuple[str, str], tuple[int, int, str]]:
    """By train and zone: from when until when, in seconds after the start, and how it ended."""
    return {
        (play["call"].split("/")[2], play["target"]): (
            from_iso(play["begun"]) - START,
            from_iso(play["ended"]) - START,
            play["outcome"],
        )
        for play in held.played()
    }


def test_zones_that_share_loudspeakers_take_turns(tmp_path: Path) -> None:
    """An announcement for both begins in both at once, after the one that goes before it and the gap; all twice over.

    What was said was said to its end: the last thing in each file is silence, and the zone was busy as long as it.
    """
    with station(tmp_path, more=QUEUE) as held:
        held.run_to(760)
        found = heard(held)
        late = found["K1178", "a"]
        assert late[0] == 60
        assert found["G1", "a"][0] == found["G1", "b"][0] == late[1] + 2
        assert ("G3", "a") not in found, "too old by then"
        assert {ended for _, _, ended in found.values()} == {"done"}
        for play in held.played():
            sound = read_wave(held.sounds / play["file"])
            busy = from_iso(play["ended"]) - from_iso(play["begun"])
            assert sound.seconds <= busy < sound.seconds + 1
            assert measure(sound).tail >= 0.35
        assert found["D8", "c"][0] == 700, "with its hub the feed is fresh"
        assert held.health()["queue"] == "ok"


def test_without_its_hub_nobody_is_called_to_a_train_that_may_be_late(tmp_path: Path) -> None:
    """The feed grows old with the hub gone: what may not rely on it waits for a person, and says why; the rest is said.

    A zone in the settings that the station has not is told meanwhile.
    """
    with station(tmp_path, more=QUEUE.replace('"b"', '"roof"')) as held:
        held.run_to(30)
        held.end("hub")
        assert held.get("/healthz")["queue"] == "[broadcast.queue] names zones that the station has not: roof"
        held.wait(lambda: (held.health() or {}).get("state") == "alone", "not alone")
        held.run_to(720, "alone")
        [zone] = [zone for zone in held.get("/api/v1/queue")["zones"] if zone["id"] == "c"]
        assert [(each["task"], each["why"]) for each in zone["kept_back"]] == [("QHD/2026-03-01/D8/1/open/1", "feed")]
        assert zone["kept_back"][0]["texts"]["en"] == "Check-in for train D8."
        assert ("D8", "c") not in heard(held)
        assert heard(held)["D9", "c"][0] == 700
        held.run_to(1400, "alone")
        [zone] = [zone for zone in held.get("/api/v1/queue")["zones"] if zone["id"] == "c"]
        assert zone["kept_back"] == []
        assert ("D8", "c") not in heard(held)


def test_a_train_that_moves_while_it_is_announced_is_not_announced_to_the_end(tmp_path: Path) -> None:
    """The hub is told that it was interrupted, and why; the zone is free."""
    with station(tmp_path) as held:
        held.run_to(303)
        held.move("2")
        held.wait(lambda: ("D7", "b") in heard(held), "it was not ended")
        assert heard(held)["D7", "b"] == (300, 303, "interrupted")
        held.wait(lambda: [303, "interrupted", "D7", "b"] in held.results(), "the hub was not told")
        assert held.played()[-1]["detail"] == "no longer right: platform of D7"
