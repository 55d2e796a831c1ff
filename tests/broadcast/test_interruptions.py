"""What is cut goes on or is dropped by its class, at the right place of its sound, and the record has all of it."""

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from stationmaster_broadcast.loudspeakers.outputs import Saying
from stationmaster_broadcast.speech.recording import Recording
from stationmaster_broadcast.speech.sound import read_wave, silence, starts, write_wave
from stationmaster_broadcast.zones.chimes import Chime
from stationmaster_broadcast.zones.holds import Holds
from stationmaster_broadcast.zones.plays import Pause, PlayLog
from stationmaster_broadcast.zones.queue_rules import QueueRules, RuleManner
from stationmaster_broadcast.zones.volume import Softer
from stationmaster_broadcast.zones.zone_plan import ZonePlan
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Place, PlaceKind
from stationmaster_kernel.values import CallKind, Running
from support.fake_broadcast import CONFIGURATION, START, Hall, announcement, hall, works


@dataclass
class Ears:
    """Loudspeakers that write down what they are given and when they are silenced."""

    heard: list[Saying] = field(default_factory=list)
    silenced: list[str] = field(default_factory=list)

    def play(self, saying: Saying) -> "Ears.One":
        self.heard.append(saying)
        return Ears.One(self, saying.zone)

    @dataclass
    class One:
        """What plays in one zone."""

        ears: "Ears"
        zone: str

        def stop(self) -> None:
            self.ears.silenced.append(self.zone)


def said(held: Hall) -> list[tuple[object, ...]]:
    """What the agent was told: seconds after the start, what, train, zone."""
    return [(at, what, task.split("/")[2], zone) for at, what, task, zone in held.agent.said]


def tone(folder: Path, seconds: float = 4.5) -> Recording:
    """A sound that needs no engine."""
    write_wave(folder / "tone.wav", silence(4000, seconds))
    return Recording(key="tone", path=folder / "tone.wav", seconds=seconds, sha256="0" * 64)


def test_a_courtesy_that_is_cut_goes_on_with_its_sentence(tmp_path: Path) -> None:
    """It is begun and done once for the agent; the record says when it was cut, and from where it went on."""
    ears = Ears()
    held = hall(tmp_path, outputs=ears)
    held.offer(*works(announcement("G1", priority=75, zh="欢迎乘车。请您保管好随身物品")))
    play = held.performer.zones["a"].playing
    marks = starts(read_wave(tmp_path / play.play.file))
    assert len(marks) == 2, "one for each language"
    held.step(3)
    held.offer(*works(announcement("G2", priority=50, due=3)))
    assert said(held) == [(0, "begin", "G1", "a"), (3, "begin", "G2", "a")]
    back = held.performer.next_at() - START
    held.run_out()
    assert said(held)[2:] == [(back, "done", "G2", "a"), (held.plays.latest(1)[0].ended - START, "done", "G1", "a")]
    [cut] = [each for each in held.plays.after(0) if "G1" in each.task]
    assert cut.pauses == (
        Pause(
            at=START + 3,
            why="interrupted by QHD/2026-03-01/G2/1/open/1",
            heard_s=3.0,
            resumed=START + back,
            from_s=marks[0],
        ),
    )
    assert cut.outcome == "done"
    assert 0 <= cut.ended - (START + back) - (cut.seconds - marks[0]) < 1, "to its very end"
    assert [(each.recording.sha256 == cut.sha256, each.offset_s) for each in ears.heard] == [
        (True, 0.0),
        (False, 0.0),
        (True, marks[0]),
    ]
    assert ears.silenced == ["a"]
    assert PlayLog(tmp_path).after(0) == held.plays.after(0), "the file has it as well"


def test_music_goes_on_where_it_was_cut_even_after_an_emergency(tmp_path: Path) -> None:
    """To the second, and however often."""
    ears = Ears()
    held = hall(tmp_path, outputs=ears)
    held.offer(*works(announcement("M", priority=100, valid=10**6, zh="音乐" * 30)))
    held.step(4)
    held.offer(*works(announcement("E", priority=1, due=4, zh="疏散")))
    back = held.performer.next_at() - START
    held.step(back)
    held.step(back + 2)
    held.offer(*works(announcement("G", priority=50, due=back + 2)))
    held.run_out()
    assert [each.offset_s for each in ears.heard] == [0.0, 0.0, 4.0, 0.0, 6.0]
    assert [each.outcome for each in held.plays.after(0)] == ["done", "done", "done"]


def test_what_an_emergency_cut_is_over(tmp_path: Path) -> None:
    """After an evacuation nobody is called to a gate."""
    held = hall(tmp_path)
    held.offer(*works(announcement("G1")))
    held.step(2)
    held.offer(*works(announcement("E1", priority=1, due=2)))
    held.run_out()
    assert [item[1:3] for item in said(held)] == [
        ("begin", "G1"),
        ("interrupted", "G1"),
        ("begin", "E1"),
        ("done", "E1"),
    ]


def test_what_waits_long_to_go_on_leaves_one_mark_in_the_timer(tmp_path: Path) -> None:
    """Music that is cut all day is not a thousand things to wake up for."""
    held = hall(tmp_path)
    held.offer(*works(announcement("M", priority=100, valid=10**6, zh="音乐" * 100)))
    for number in range(1, 100):
        held.step(number)
        held.offer(*works(announcement(f"G{number}", due=number)))
    assert len(held.timer._heap) < 10


def test_what_would_go_on_too_late_does_not(tmp_path: Path) -> None:
    """It is interrupted at the moment when it may not be said any more and its zone is looked at."""
    held = hall(tmp_path)
    held.offer(*works(announcement("G1", priority=75, valid=4)))
    held.step(3)
    held.offer(*works(announcement("G2", due=3)))
    held.run_out()
    [cut] = [each for each in held.plays.after(0) if "G1" in each.task]
    assert cut.outcome == "interrupted"
    assert cut.detail == "interrupted by QHD/2026-03-01/G2/1/open/1; too old to go on"
    assert [(each.resumed, each.from_s) for each in cut.pauses] == [(None, None)]


def test_a_crash_while_something_is_to_go_on_leaves_it_interrupted(tmp_path: Path) -> None:
    """The next life finds it among what plays."""
    held = hall(tmp_path)
    held.offer(*works(announcement("G1", priority=75)))
    held.step(3)
    held.offer(*works(announcement("G2", due=3)))
    outcomes = {each.task.split("/")[2]: each for each in PlayLog(tmp_path).after(0)}
    assert {name: each.outcome for name, each in outcomes.items()} == {"G1": "interrupted", "G2": "interrupted"}
    assert [each.at for each in outcomes["G1"].pauses] == [START + 3]


def test_a_microphone_has_its_zone_for_itself(tmp_path: Path) -> None:
    """What plays there is cut, also where the same loudspeakers hang; nothing begins until it lets go."""
    held = hall(tmp_path, rules=QueueRules(plan=ZonePlan(overlaps=(frozenset("ab"),))))
    held.offer(*works(announcement("G1", targets=("b", "c"), priority=50)))
    held.step(2)
    held.performer.seize(["a"], "microphone 1", why="microphone 1 is on")
    held.performer.seize(["a"], "microphone 1", why="microphone 1 is on")
    held.turn()
    held.offer(*works(announcement("E", priority=20, due=2, targets=("a", "b"))))
    held.step(30)
    held.performer.release(["a"], "somebody else")
    held.turn()
    assert said(held)[2:] == [(said(held)[2][0], "done", "G1", "c")]
    held.performer.release(["a"], "microphone 1")
    held.turn()
    assert [item[1:] for item in said(held)[3:]] == [("begin", "E", "a"), ("begin", "E", "b")]
    held.run_out()
    cut = next(each for each in held.plays.after(0) if each.target == "b" and "G1" in each.task)
    assert [(each.why, each.at - START) for each in cut.pauses] == [("microphone 1 is on", 2)]


def test_who_has_a_zone_sounds_at_once_and_is_told_when_it_has_ended(tmp_path: Path) -> None:
    """It is in the record under his name; the agent hears nothing of it; who has more right is not drowned."""
    held = hall(tmp_path)
    told: list[str] = []
    held.performer.seize(["a", "b"], "fire", why="fire", priority=0)
    held.performer.seize(["b", "c"], "microphone", why="on")
    sound = tone(tmp_path)
    texts = [("zh", "请疏散")]
    assert held.performer.sound_now(["b", "c"], "microphone", sound, [], ended=lambda: told.append("mine")) == ("c",)
    assert held.performer.sound_now(["a", "b"], "fire", sound, texts, ended=lambda: told.append("fire")) == ("a", "b")
    assert held.performer.sound_now(["a"], "nobody", sound, [], ended=lambda: told.append("never")) == ()
    assert held.performer.next_at() == START + 5
    held.step(5)
    assert sorted(told) == ["fire", "mine"]
    assert held.agent.said == []
    plays = held.plays.after(0)
    assert [(each.rule, each.target, each.begun - START, each.ended - START, each.outcome) for each in plays] == [
        ("microphone", "c", 0, 5, "done"),
        ("fire", "a", 0, 5, "done"),
        ("fire", "b", 0, 5, "done"),
    ]
    assert plays[1].texts == (("zh", "请疏散"),)
    assert (tmp_path / plays[1].file).is_file()


def test_an_emergency_that_is_a_task_is_said_over_a_microphone(tmp_path: Path) -> None:
    """And a microphone that is switched on does not cut it, nor sound over it."""
    held = hall(tmp_path)
    held.performer.seize(["a"], "microphone", why="on")
    held.offer(*works(announcement("E", priority=5)))
    held.performer.seize(["a"], "another microphone", why="on")
    held.turn()
    assert held.performer.sound_now(["a"], "microphone", tone(tmp_path), [], ended=lambda: None) == ()
    held.run_out()
    assert [item[1] for item in said(held)] == ["begin", "done"]


def test_an_emergency_sounds_over_a_microphone(tmp_path: Path) -> None:
    """Whoever has the smaller priority cuts what others sound, and gets the zone when he comes later."""
    held = hall(tmp_path)
    told: list[str] = []
    sound = tone(tmp_path)
    held.performer.seize(["a"], "microphone", why="on")
    held.performer.sound_now(["a"], "microphone", sound, [], ended=lambda: told.append("mine"))
    held.performer.seize(["a"], "fire", why="fire", priority=0)
    held.turn()
    assert told == ["mine"]
    held.performer.sound_now(["a"], "fire", sound, [], ended=lambda: told.append("fire"))
    held.performer.seize(["a"], "another microphone", why="on")
    held.step(3)
    assert told == ["mine"], "it is not cut by one who may less"
    held.performer.release(["a"], "fire")
    held.turn()
    assert told == ["mine", "fire"]
    assert [each.outcome for each in held.plays.after(0)] == ["interrupted", "interrupted"]


def test_an_emergency_sounds_though_the_disk_takes_nothing(tmp_path: Path) -> None:
    """The record is lost, the sound is not."""
    ears = Ears()
    held = hall(tmp_path, outputs=ears)
    sound = tone(tmp_path)
    (tmp_path / "2026-03-01").write_bytes(b"in the way")
    held.performer.seize(["a"], "fire", why="fire", priority=0)
    assert held.performer.sound_now(["a"], "fire", sound, [], ended=lambda: None) == ("a",)
    assert [each.recording.path for each in ears.heard] == [sound.path]


def test_stop_skip_and_hold_by_hand(tmp_path: Path) -> None:
    """Stopped is interrupted and does not go on; skipped is failed unsaid; what is held waits, emergencies do not."""
    held = hall(tmp_path)
    held.offer(*[works(announcement(f"G{number}", order=number, valid=10**4))[0] for number in range(4)])
    held.step(2)
    assert held.performer.stop("a", by="duty officer")
    held.turn()
    assert held.performer.skip("a", by="duty officer")
    assert not held.performer.skip("a", "no such task")
    assert not held.performer.stop("b")
    held.performer.hold("a", True)
    held.run_out()
    held.performer.hold(None, True)
    held.performer.hold("a", False)
    held.offer(*works(announcement("E", priority=1, due=2)))
    held.run_out()
    assert [item[1:3] for item in said(held)] == [
        ("begin", "G0"),
        ("interrupted", "G0"),
        ("begin", "G1"),
        ("failed", "G2"),
        ("done", "G1"),
        ("begin", "E"),
        ("done", "E"),
    ]
    assert held.performer.quiet(), "nothing could be done while it is held"
    held.performer.hold(None, False)
    held.turn()
    held.run_out()
    assert held.plays.latest(1)[0].task.split("/")[2] == "G3"
    details = {each.task.split("/")[2]: each.detail for each in held.plays.after(0)}
    assert (details["G0"], details["G2"]) == ("stopped by hand: duty officer", "skipped by hand: duty officer")


def test_a_hold_outlives_the_process(tmp_path: Path) -> None:
    """What a person has silenced stays so; a file that cannot be read holds nothing, and does no harm."""
    file = tmp_path / "holds.json"
    held = hall(tmp_path, holds=Holds(file))
    held.performer.hold("a", True)
    held.performer.hold("b", True)
    held.performer.hold("b", False)
    again = hall(tmp_path, holds=Holds(file))
    again.offer(*works(announcement("G1", targets=("a", "b"))))
    assert said(again) == [(0, "begin", "G1", "b")]
    again.performer.hold(None, True)
    assert hall(tmp_path, holds=Holds(file)).performer.held
    for text in ("{", "[]", '{"station": true}', '{"station": true, "zones": 3}'):
        file.write_text(text, "utf-8")
        third = hall(tmp_path, holds=Holds(file))
        assert not any(zone.held for zone in third.performer.zones.values())
    file.unlink()
    file.mkdir()
    third.performer.hold("a", True)
    assert third.performer.zones["a"].held


def test_what_was_cut_can_be_skipped(tmp_path: Path) -> None:
    """Then it does not go on."""
    held = hall(tmp_path)
    held.offer(*works(announcement("G1", priority=75)))
    held.step(2)
    held.offer(*works(announcement("G2", due=2)))
    assert held.performer.skip("a")
    held.run_out()
    assert [item[1:3] for item in said(held)] == [
        ("begin", "G1"),
        ("begin", "G2"),
        ("interrupted", "G1"),
        ("done", "G2"),
    ]


def test_zones_that_share_loudspeakers_never_say_two_things(tmp_path: Path) -> None:
    """One waits for the other; the same announcement is said in both at once, and recorded for each."""
    held = hall(tmp_path, rules=QueueRules(plan=ZonePlan(overlaps=(frozenset("ab"),))))
    held.offer(*works(announcement("G1", targets=("a",))), *works(announcement("G2", order=1, targets=("a", "b"))))
    first = held.performer.next_at() - START
    held.run_out()
    assert [item for item in said(held) if item[1] == "begin"] == [
        (0, "begin", "G1", "a"),
        (first, "begin", "G2", "a"),
        (first, "begin", "G2", "b"),
    ]


def test_two_trains_with_the_same_words_are_announced_in_one(tmp_path: Path) -> None:
    """Once for the ears, once each for the agent and the record, in the zone and where the same loudspeakers hang."""
    ears = Ears()
    held = hall(tmp_path, outputs=ears, rules=QueueRules(plan=ZonePlan(overlaps=(frozenset("ab"),))))
    same = {"zh": "车站禁止吸烟", "en": ""}
    held.offer(
        *works(announcement("G1", **same)),
        *works(announcement("G2", order=5, **same)),
        *works(announcement("G3", order=3, targets=("b",), **same)),
        *works(announcement("G4", order=4, targets=("c",), **same)),
    )
    held.run_out()
    assert sorted(item[1:] for item in said(held) if item[0] == 0) == [
        ("begin", "G1", "a"),
        ("begin", "G2", "a"),
        ("begin", "G3", "b"),
        ("begin", "G4", "c"),
    ]
    assert sorted(each.zone for each in ears.heard) == ["a", "b", "c"]
    together = {each.task.split("/")[2]: [task.split("/")[2] for task in each.together] for each in held.plays.after(0)}
    assert together == {"G1": ["G2"], "G2": ["G1"], "G3": [], "G4": []}


def test_there_is_a_gap_between_two_announcements(tmp_path: Path) -> None:
    """Of so many seconds, also in zones that share loudspeakers; an emergency does not wait for it."""
    held = hall(tmp_path, rules=QueueRules(gap_s=3, plan=ZonePlan(overlaps=(frozenset("ab"),))))
    held.offer(*works(announcement("G1")), *works(announcement("G2", order=1, targets=("b",))))
    ends = held.performer.next_at() - START
    held.step(ends)
    assert held.performer.quiet()
    assert held.performer.next_at() == START + ends + 3
    held.step(ends + 2)
    assert len(said(held)) == 2
    held.step(ends + 3)
    assert said(held)[2] == (ends + 3, "begin", "G2", "b")
    end = held.performer.next_at() - START
    held.step(end)
    held.offer(*works(announcement("E", priority=1, due=end)))
    assert said(held)[4] == (end, "begin", "E", "a")


def test_chime_and_times_by_class_and_by_rule(tmp_path: Path) -> None:
    """They are part of the sound, so each has its own file."""
    rules = QueueRules(manners=(RuleManner(rule="twice", times=2), RuleManner(rule="bare", chime=Chime.NONE)))
    ears = Ears()
    held = hall(tmp_path, outputs=ears, rules=rules)
    for number, rule in enumerate(("plain", "twice", "bare")):
        held.offer(*works(announcement("G1", rule=rule, order=number, valid=10**6)))
    held.run_out()
    lengths = {each.rule: each.seconds for each in held.plays.after(0)}
    speech = lengths["plain"] - 1.6 - 0.25 - 0.4
    assert abs(lengths["twice"] - lengths["plain"] - speech - 1.2) < 0.01
    assert abs(lengths["plain"] - lengths["bare"] - 1.6) < 0.01
    assert len({each.sha256 for each in held.plays.after(0)}) == 3
    assert [len(each.texts) for each in ears.heard] == [2, 4, 2], "for what speaks by itself"


def test_nights_are_softer_but_for_emergencies(tmp_path: Path) -> None:
    """By type of zone and time of day at the station: it is nine there."""
    ears = Ears()
    softer = (
        Softer(start="22:00", end="09:30", gain_db=-9.0, types=("platform",)),
        Softer(start="08:00", end="10:00", gain_db=-3.0, zones=("b",)),
        Softer(start="09:30", end="22:00", gain_db=-20.0),
    )
    held = hall(tmp_path, outputs=ears, rules=QueueRules(softer=softer))
    held.offer(*works(announcement("G1", targets=("a", "b"))), *works(announcement("E", priority=1, targets=("c",))))
    assert {each.zone: each.gain_db for each in ears.heard} == {"a": -9.0, "b": -9.0, "c": 0.0}


def call(number: str, **more: object) -> Call:
    """A train's call as the kernel has it."""
    made = Call(
        id=f"QHD/2026-03-01/{number}/1",
        service_date=date(2026, 3, 1),
        number=number,
        numbers=(number,),
        train_class="高速",
        kind=CallKind.THROUGH,
        origin="x",
        destination="y",
        platform="3",
        gates=("3A",),
    )
    return replace(made, **more)


def test_what_has_become_wrong_is_ended(tmp_path: Path) -> None:
    """Its train goes from another platform: it stops in the middle of it; what else changes of a train does not."""
    calls = {each.id: each for each in (call("G1"), call("G2"))}
    held = hall(tmp_path, calls=calls)
    held.offer(*works(announcement("G1")), *works(announcement("G2", targets=("b",))))
    held.step(2)
    calls["QHD/2026-03-01/G1/1"] = call("G1", platform="5", gates=("5A",))
    calls["QHD/2026-03-01/G2/1"] = call("G2", formation="8")
    held.performer.review()
    held.turn()
    assert said(held)[2:] == [(2, "interrupted", "G1", "a")]
    assert held.plays.after(0)[0].detail == "no longer right: platform of G1"
    held.run_out()
    assert said(held)[3][1:] == ("done", "G2", "b")


def test_what_names_no_place_that_has_changed_is_said_to_its_end(tmp_path: Path) -> None:
    """An apology is as true at another platform; one that names the old one is not, in whichever language."""
    places = tuple(
        Place(id=name, kind=kind, names=(("zh", f"{name}{zh}"), ("en", f"{en} {name}")))
        for name, kind, zh, en in (
            ("3", PlaceKind.PLATFORM, "站台", "Platform"),
            ("3A", PlaceKind.GATE, "检票口", "Gate"),
            ("3B", PlaceKind.GATE, "检票口", "Gate"),
        )
    )
    texts = {
        "G1": ("晚点约三分", "Late"),
        "G2": ("请到", "Go to Platform 3"),
        "G3": ("请到3A检票口", ""),
        "G4": ("请到3B检票口", ""),
    }
    calls = {each.id: each for each in (call(name, gates=("3A", "3B")) for name in texts)}
    held = hall(tmp_path, calls=calls, configuration=replace(CONFIGURATION, places=places))
    for (name, (zh, en)), zone in zip(texts.items(), "abcd", strict=True):
        held.offer(*works(announcement(name, targets=(zone,), zh=zh, en=en)))
    for each in list(calls.values()):
        calls[each.id] = replace(each, platform="5", gates=("3B",))
    held.performer.review()
    assert {play.task.split("/")[2]: play.detail for play in held.plays.after(0)} == {
        "G2": "no longer right: platform of G2",
        "G3": "no longer right: gates of G3",
    }
    held.run_out()
    assert {play.task.split("/")[2] for play in held.plays.after(0) if play.outcome == "done"} == {"G1", "G4"}


def test_what_has_become_wrong_does_not_go_on(tmp_path: Path) -> None:
    """It was cut, and meanwhile its train is suspended."""
    calls = {"QHD/2026-03-01/G1/1": call("G1")}
    held = hall(tmp_path, calls=calls)
    held.offer(*works(announcement("G1", priority=75)))
    held.step(2)
    held.offer(*works(announcement("G2", due=2)))
    calls["QHD/2026-03-01/G1/1"] = call("G1", running=Running.SUSPENDED)
    held.performer.review()
    held.run_out()
    [cut] = [each for each in held.plays.after(0) if "G1" in each.task]
    assert (cut.outcome, cut.detail.rpartition("; ")[2]) == ("interrupted", "no longer right: suspended of G1")
