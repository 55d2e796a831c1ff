"""An act that says what it was decided on is done only while that is so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.test_acts import ARRIVAL, DEPARTURE, G1, act, call, news, run, task, tick
from stationmaster_kernel.deeds import Delay, SetFormation, SetMode, SetTrack
from stationmaster_kernel.inputs import Act, Known, KnownKind
from stationmaster_kernel.knowing import MOST_KNOWN, said
from stationmaster_kernel.plain import from_plain, to_plain
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, step
from support.small_station import running_station


def seen(state: State, *, digest: bool = True) -> Known:
    """The call as a page shows it."""
    now = call(state)
    return Known(kind=KnownKind.CALL, id=G1, revision=now.revision, said=said("call", now) if digest else "")


def knowing(given: Act, *known: Known) -> Act:
    """The same act, decided on this."""
    return replace(given, known=known)


def test_an_act_on_what_is_still_so_is_done() -> None:
    """With the revision that the call has, the act is carried out as without."""
    state = running_station()
    given = act("07:00", SetTrack(call=G1, track="2"))
    assert run(state, knowing(given, seen(state))).calls[G1] == run(state, given).calls[G1]


@pytest.mark.parametrize("digest", [True, False])
def test_an_act_on_what_somebody_has_set_since_is_refused(digest: bool) -> None:
    """Another has set a delay meanwhile: the act is refused as a whole, and nothing is changed."""
    state = running_station()
    before = seen(state, digest=digest)
    later = run(state, act("07:00", Delay(call=G1, event=DEPARTURE, minutes=10)))
    with pytest.raises(Refused, match=f"changed call {G1} meanwhile") as refused:
        step(later, knowing(act("07:01", SetTrack(call=G1, track="2")), before))
    assert refused.value.code == "changed-meanwhile"


def test_a_feed_changes_things_too() -> None:
    """What the feed has said of the call since makes an act that was decided before it stale."""
    state = running_station()
    before = seen(state)
    later = run(state, news("07:00", expected_departure=None, track="2"))
    with pytest.raises(Refused, match="meanwhile"):
        step(later, knowing(act("07:01", SetFormation(call=G1, formation="8")), before))


def test_what_creeps_with_the_clock_is_no_change() -> None:
    """A train that is overdue has another best time each minute; who had its digest acts on it all the same."""
    state = run(running_station(), *(tick(f"08:{minute:02}") for minute in range(1, 12)))
    before, blind = seen(state), seen(state, digest=False)
    later = run(state, tick("08:12"))
    assert later.calls[G1].revision != state.calls[G1].revision
    given = act("08:12", Delay(call=G1, event=ARRIVAL, minutes=20))
    assert run(later, knowing(given, before)).calls[G1] == run(later, given).calls[G1]
    with pytest.raises(Refused, match="meanwhile"):
        step(later, knowing(given, blind))


def test_what_was_not_there_and_what_is_gone() -> None:
    """Revision 0 says that there was none: it stands until one is made; and what has gone is no longer as it was."""
    state = running_station()
    none = Known(kind=KnownKind.MODE, id="station", revision=0)
    manual = run(state, knowing(act("07:00", SetMode(scope="station", manual=True)), none))
    with pytest.raises(Refused, match="changed mode station"):
        step(manual, knowing(act("07:01", SetMode(scope="kind.display", manual=True)), none))
    mode = manual.records["mode"]["station"]
    known = Known(kind=KnownKind.MODE, id="station", revision=mode.revision, said=said("mode", mode))
    automatic = run(manual, act("07:02", SetMode(scope="station", manual=False)))
    with pytest.raises(Refused, match="changed mode station"):
        step(automatic, knowing(act("07:03", SetMode(scope="kind.display", manual=True)), known))


def test_several_are_counted() -> None:
    """The refusal names one of those that have changed, and how many more there are."""
    state = running_station()
    stale = Known(kind=KnownKind.CALL, id=G1, revision=1)
    hall = task(state, "hall")
    other = Known(kind=KnownKind.TASK, id=hall.id, revision=1)
    with pytest.raises(Refused, match=f"changed call {G1} and 1 more meanwhile"):
        step(state, knowing(act("07:00", SetTrack(call=G1, track="2")), stale, other))


def test_what_is_known_is_bounded() -> None:
    """Nobody decides on more than a page shows."""
    state = running_station()
    with pytest.raises(Refused, match="knows 501"):
        step(state, knowing(act("07:00", SetTrack(call=G1, track="2")), *[seen(state)] * (MOST_KNOWN + 1)))


@given(st.lists(st.tuples(st.sampled_from(KnownKind), st.text(max_size=5), st.integers(0, 99), st.text(max_size=3))))
def test_what_is_known_stands_in_the_journal(known: list[tuple[KnownKind, str, int, str]]) -> None:
    """An act is read back as it was, so a replay decides as the hub did."""
    entries = [Known(kind=kind, id=item, revision=revision, said=text) for kind, item, revision, text in known]
    given = knowing(act("07:00", SetTrack(call=G1, track="2")), *entries)
    assert from_plain(Act, to_plain(given)) == given
