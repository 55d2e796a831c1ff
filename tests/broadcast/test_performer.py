"""Announcements begin at exactly their second, in order, once, and end as they ended."""

import itertools
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmaster_base.errors import StationError
from stationmaster_broadcast.speech.silent_engine import SilentEngine
from stationmaster_broadcast.zones.plays import Play, PlayLog
from stationmaster_kernel.task import Task
from support.effort import scaled
from support.fake_broadcast import START, FakeAgent, FakeEngine, Hall, announcement, hall, works


def said(held: Hall) -> list[tuple[object, ...]]:
    """What the agent was told: seconds after the start, what, train, zone."""
    return [(at, what, task.split("/")[2], zone) for at, what, task, zone in held.agent.said]


def stretches(play: Play) -> list[tuple[int, int]]:
    """When it was heard, from and until: it may have been interrupted."""
    begins = [play.begun, *(pause.resumed for pause in play.pauses if pause.resumed is not None)]
    return list(zip(begins, [*(pause.at for pause in play.pauses), play.ended], strict=False))


def test_a_due_announcement_begins_at_once_and_ends_when_its_sound_ends(tmp_path: Path) -> None:
    """Begin and end fall on whole seconds of station time; next_at names the end."""
    held = hall(tmp_path)
    held.offer(*works(announcement("G1")))
    assert said(held) == [(0, "begin", "G1", "a")]
    assert held.performer.quiet()
    play = held.performer.zones["a"].playing
    assert play is not None
    length = play.play.seconds
    ends = held.performer.next_at()
    assert ends is not None
    assert START + length <= ends < START + length + 1
    held.step(ends - START - 1)
    assert len(said(held)) == 1
    held.step(ends - START)
    assert said(held)[1] == (ends - START, "done", "G1", "a")
    assert held.performer.next_at() is None
    entry = held.plays.after(0)[0]
    assert (entry.n, entry.begun, entry.ended, entry.outcome) == (1, START, ends, "done")
    assert entry.texts == (("zh", "G1次列车检票"), ("en", "Train G1"))
    assert entry.file == "2026-03-01/090000-a-G1-open.wav"
    assert (tmp_path / entry.file).stat().st_size > 1000


def test_the_next_begins_at_exactly_the_second_in_which_the_zone_is_free(tmp_path: Path) -> None:
    """No second is lost between two that wait, and none begins early."""
    held = hall(tmp_path)
    held.offer(*works(announcement("G1")), *works(announcement("G2", order=1)))
    first = held.performer.next_at()
    held.run_out()
    record = said(held)
    assert record[:3] == [
        (0, "begin", "G1", "a"),
        (first - START, "done", "G1", "a"),
        (first - START, "begin", "G2", "a"),
    ]


def test_the_higher_class_goes_first_even_if_it_is_offered_last(tmp_path: Path) -> None:
    """All that comes in one turn is looked at together."""
    held = hall(tmp_path)
    held.offer(
        *works(announcement("G1", priority=70)),
        *works(announcement("G2", priority=50)),
        *works(announcement("G3", priority=40)),
    )
    held.run_out()
    assert [item[2] for item in said(held) if item[1] == "begin"] == ["G3", "G2", "G1"]


def test_a_higher_class_waits_until_the_zone_is_free(tmp_path: Path) -> None:
    """An apology does not cut into what is said of a train's check-in, though it goes before it."""
    held = hall(tmp_path)
    held.offer(*works(announcement("G1", priority=50)))
    held.step(1)
    held.offer(*works(announcement("G2", priority=40, due=1)))
    assert said(held) == [(0, "begin", "G1", "a")]
    held.run_out()
    assert [item[1:3] for item in said(held)] == [("begin", "G1"), ("done", "G1"), ("begin", "G2"), ("done", "G2")]


def test_an_emergency_cuts_in_at_once_and_what_it_cuts_is_interrupted(tmp_path: Path) -> None:
    """In the same second, in its zones alone."""
    held = hall(tmp_path)
    held.offer(*works(announcement("G1", targets=("a", "b"))))
    held.step(2)
    held.offer(*works(announcement("E1", rule="fire", priority=1, due=2)))
    assert said(held)[2:] == [(2, "interrupted", "G1", "a"), (2, "begin", "E1", "a")]
    held.run_out()
    assert Counter(item[1] for item in said(held)) == {"begin": 3, "done": 2, "interrupted": 1}
    cut = next(play for play in held.plays.after(0) if play.outcome == "interrupted")
    assert (cut.ended, cut.detail) == (START + 2, "interrupted by QHD/2026-03-01/E1/1/fire/1")


def test_all_free_zones_of_one_announcement_begin_together(tmp_path: Path) -> None:
    """Also while its sound is still to be made; a busy zone follows when it is free."""
    engine = FakeEngine(by_hand=True)
    held = hall(tmp_path, engine=engine)
    held.offer(*works(announcement("G1", targets=("c",), en="")))
    engine.go_on()
    held.turn()
    held.step(1)
    held.offer(*works(announcement("G2", due=1, targets=("a", "b", "c"), en="")))
    assert not held.performer.quiet()
    engine.go_on()
    held.turn()
    assert said(held)[1:] == [(1, "begin", "G2", "a"), (1, "begin", "G2", "b")]
    assert held.performer.quiet()
    held.run_out()
    assert [item[2:] for item in said(held) if item[1] == "begin"] == [
        ("G1", "c"),
        ("G2", "a"),
        ("G2", "b"),
        ("G2", "c"),
    ]
    assert engine.asked == ["高幺次列车检票", "高二次列车检票"]


def test_not_quiet_while_a_sound_that_is_needed_now_is_being_made(tmp_path: Path) -> None:
    """`settled` fires only when it has begun."""
    engine = FakeEngine(by_hand=True)
    held = hall(tmp_path, engine=engine)
    settled: list[str] = []
    held.performer.offer(works(announcement("G1", en=""))[0])
    held.performer.settled().addCallback(lambda _: settled.append("settled"))
    held.turn()
    assert (held.performer.quiet(), settled, said(held)) == (False, [], [])
    engine.go_on()
    assert not held.performer.quiet()
    held.turn()
    assert (held.performer.quiet(), settled) == (True, ["settled"])
    assert said(held) == [(0, "begin", "G1", "a")]


def test_quiet_while_a_sound_for_a_busy_zone_is_being_made(tmp_path: Path) -> None:
    """It is not needed at the present second; when the zone is free it is."""
    engine = FakeEngine(by_hand=True)
    held = hall(tmp_path, engine=engine)
    held.offer(*works(announcement("G1", en="")))
    engine.go_on()
    held.turn()
    held.offer(*works(announcement("G2", order=1, en="")))
    assert held.performer.quiet()
    ends = held.performer.next_at()
    held.step(ends - START)
    assert not held.performer.quiet()
    engine.go_on()
    held.turn()
    assert said(held)[2] == (ends - START, "begin", "G2", "a")


def test_too_old_is_not_said(tmp_path: Path) -> None:
    """What waited until its valid_until is dropped unsaid, at that very second; one second before it is said."""
    held = hall(tmp_path)
    held.offer(*works(announcement("G1")))
    ends = held.performer.next_at() - START
    held.offer(*works(announcement("G2", valid=ends, order=1)), *works(announcement("G3", valid=ends + 1, order=2)))
    held.run_out()
    assert [item[2] for item in said(held) if item[1] == "begin"] == ["G1", "G3"]
    assert held.performer.figures.too_old == 1


def test_what_is_retracted_is_not_said(tmp_path: Path) -> None:
    """From the queue it goes at once, also while its sound is being made; what plays goes on."""
    engine = FakeEngine(by_hand=True)
    held = hall(tmp_path, engine=engine)
    [work] = works(announcement("G1", en=""))
    held.offer(work)
    held.performer.retract(work)
    held.turn()
    assert held.performer.quiet()
    engine.go_on()
    held.turn()
    assert said(held) == []
    held.offer(work)
    held.performer.retract(work)
    held.turn()
    assert said(held) == [(0, "begin", "G1", "a")]


def test_a_changed_announcement_is_said_in_its_new_form(tmp_path: Path) -> None:
    """Retracted and offered anew: once, with the new text."""
    held = hall(tmp_path)
    [old] = works(announcement("G1", zh="到三站台"))
    [new] = works(announcement("G1", zh="到五站台"))
    held.performer.offer(old)
    held.performer.retract(old)
    held.offer(new)
    held.run_out()
    assert [play.texts[0][1] for play in held.plays.after(0)] == ["到五站台"]


def test_an_engine_that_fails_fails_that_announcement_and_the_zone_goes_on(tmp_path: Path) -> None:
    """Every zone of it is failed with the engine's reason; the next one is said."""
    engine = FakeEngine()
    engine.failures["高幺次列车检票"] = StationError("speech-hung", "The engine hung.")
    held = hall(tmp_path, engine=engine)
    held.offer(*works(announcement("G1", targets=("a", "b"))), *works(announcement("G2", order=1)))
    held.run_out()
    assert [item[1:] for item in said(held)] == [
        ("failed", "G1", "a"),
        ("failed", "G1", "b"),
        ("begin", "G2", "a"),
        ("done", "G2", "a"),
    ]
    failed = held.plays.after(0)[0]
    assert (failed.begun, failed.ended, failed.detail, failed.file) == (None, START, "The engine hung.", "")


def test_an_announcement_without_text_fails(tmp_path: Path) -> None:
    """It is no silence that counts as said."""
    held = hall(tmp_path)
    held.offer(*works(announcement("G1", zh="", en="")))
    assert said(held) == [(0, "failed", "G1", "a")]


def test_a_disk_that_takes_nothing_fails_the_announcement(tmp_path: Path) -> None:
    """The folder of the day cannot be made: failed with the reason, and the zone is free."""
    held = hall(tmp_path)
    (tmp_path / "2026-03-01").write_bytes(b"in the way")
    held.offer(*works(announcement("G1")))
    assert [item[1] for item in said(held)] == ["begin", "failed"]
    assert held.performer.next_at() is None
    assert "cannot be written" in held.plays.after(0)[0].detail


def test_what_the_agent_refuses_is_not_said(tmp_path: Path) -> None:
    """The agent's no is final, and the next in the queue follows in the same second."""
    held = hall(tmp_path)
    [work] = works(announcement("G1"))
    held.agent.refused.add(work.key)
    held.offer(work, *works(announcement("G2", order=1)))
    assert said(held) == [(0, "begin", "G2", "a")]


def test_a_sound_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    """Somebody empties the cache while an announcement waits: it is said all the same."""
    held = hall(tmp_path)
    held.offer(*works(announcement("G1")), *works(announcement("G2", order=1)))
    for path in (tmp_path / "cache").iterdir():
        path.unlink()
    held.run_out()
    assert [item[1:3] for item in said(held)] == [("begin", "G1"), ("done", "G1"), ("begin", "G2"), ("done", "G2")]


def test_going_down_in_order_interrupts_what_plays(tmp_path: Path) -> None:
    """The agent hears it, and the record has it."""
    held = hall(tmp_path)
    held.offer(*works(announcement("G1")), *works(announcement("G2", order=1)))
    held.step(3)
    held.performer.shut_down()
    assert said(held) == [(0, "begin", "G1", "a"), (3, "interrupted", "G1", "a")]
    assert not held.machine.getDelayedCalls()
    assert [play.outcome for play in PlayLog(tmp_path).after(0)] == ["interrupted"]


def test_a_crash_in_the_middle_leaves_an_interrupted_play(tmp_path: Path) -> None:
    """The next life of the process knows what was playing, and does not play it again by itself."""
    held = hall(tmp_path)
    held.offer(*works(announcement("G1")))
    again = hall(tmp_path)
    again.run_out()
    assert [(play.outcome, play.begun, play.ended) for play in again.plays.after(0)] == [("interrupted", START, None)]
    assert again.agent.said == []


def test_a_call_of_no_train_is_filed_under_the_local_date(tmp_path: Path) -> None:
    """An operator's announcement has no call; its folder is the station's date, not that of UTC."""
    held = hall(tmp_path)
    held.clock.at = START + 15.5 * 3600
    task = announcement("G1", due=int(15.5 * 3600), more={})
    held.offer(*works(Task(**{field: getattr(task, field) for field in task.__slots__} | {"call": "", "id": "op/1"})))
    held.run_out()
    assert held.plays.after(0)[0].file == "2026-03-02/003000-a-station-open.wav"


@settings(max_examples=scaled(40), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 60),
            st.integers(1, 90),
            st.sampled_from([1, 30, 50, 50, 70]),
            st.sets(st.sampled_from("abc"), min_size=1),
        ),
        max_size=14,
    )
)
def test_any_minute_keeps_the_rules(
    tmp_path_factory: pytest.TempPathFactory, given_tasks: list[tuple[int, int, int, set[str]]]
) -> None:
    """Whatever is offered when: no zone says two things at once, nothing is said twice, early or too late.

    And everything is begun in its zone, or too old when the zone was free.
    """
    held = hall(tmp_path_factory.mktemp("hall"), engine=SilentEngine())
    tasks = [
        announcement(f"G{number}", due=due, valid=valid, priority=priority, targets=tuple(sorted(zones)))
        for number, (due, valid, priority, zones) in enumerate(given_tasks)
    ]
    left = sorted(tasks, key=lambda task: task.due)
    while left or held.performer.next_at() is not None:
        moments = [moment for moment in (held.performer.next_at(), left[0].due if left else None) if moment is not None]
        held.clock.at = min(moments)
        held.timer.poke()
        while left and left[0].due <= held.clock.at:
            for work in works(left.pop(0)):
                held.performer.offer(work)
        held.turn()
        assert held.performer.quiet()
    plays = held.plays.after(0)
    keys = [(play.task, play.target) for play in plays]
    assert len(set(keys)) == len(keys)
    by_id = {task.id: task for task in tasks}
    for play in plays:
        assert by_id[play.task].due <= play.begun < by_id[play.task].valid_until
    for zone in "abc":
        spans = sorted(span for play in plays if play.target == zone for span in stretches(play))
        assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(spans))
    assert len(keys) + held.performer.figures.too_old == sum(len(task.targets) for task in tasks)


def test_the_agent_of_these_tests_is_told_in_order(tmp_path: Path) -> None:
    """Two hundred requests in a minute in one zone: begin and end alternate, one after the other."""
    held = hall(tmp_path)
    for number in range(200):
        held.performer.offer(works(announcement(f"G{number}", order=number, valid=10**6))[0])
    held.turn()
    held.run_out()
    assert isinstance(held.agent, FakeAgent)
    events = [(what, train) for _, what, train, _ in said(held)]
    assert events == [event for number in range(200) for event in (("begin", f"G{number}"), ("done", f"G{number}"))]
