"""Which hub is tried when: pure arithmetic on machine time."""

from __future__ import annotations

import pytest

from stationmaster_agent.hub_list import LONGEST_STAY_S, RESTS, HubList
from stationmaster_agent.settings import HostPort

A, B, C = (HostPort(host=name) for name in "abc")


def hubs(*which: HostPort, spread: str = "x", stay_s: float = 60) -> HubList:
    return HubList(which or (A, B), spread=spread, stay_s=stay_s)


def round_of(listed: HubList, now: float = 0) -> list[str]:
    tried = []
    while (hub := listed.next(now)) is not None:
        tried.append(hub.host)
    return tried


def test_each_round_goes_through_the_list():
    """Every round begins with the most preferred hub and tries each once."""
    listed = hubs(A, B, C)
    for _ in range(3):
        assert round_of(listed) == ["a", "b", "c"]
        listed.wait(0)


def test_waits_grow_to_a_second_and_no_further():
    """However long no hub is there, the next round is a second away at most, and never less than three quarters."""
    listed = hubs()
    waits = [listed.wait(0) for _ in range(200)]
    for wait, full in zip(waits, [0.25, 0.5, *[1.0] * 198], strict=True):
        assert 0.75 * full <= wait <= full
    assert len(set(waits)) > 150


def test_waits_differ_from_subsystem_to_subsystem():
    """A thousand subsystems that lose their hub at one moment do not come back at one moment."""
    firsts = [hubs(spread=f"subsystem-{number}").wait(0) for number in range(1000)]
    assert len({round(wait, 3) for wait in firsts}) > 55  # of 62 different milliseconds
    assert max(firsts) - min(firsts) > 0.05


def test_a_proved_hub_makes_the_next_wait_short():
    """After a hub that was as it should be, the first wait is a quarter of a second again."""
    listed = hubs()
    for _ in range(9):
        listed.wait(0)
    listed.proved(A)
    assert listed.wait(0) <= 0.25


@pytest.mark.parametrize("code", sorted(RESTS))
def test_a_hub_that_refuses_rests_longer_each_time(code):
    """Each refusal in a row doubles the rest up to its limit, and the other hubs are tried meanwhile."""
    listed = hubs()
    first, longest = RESTS[code]
    now = 0.0
    for times in range(12):
        listed.refused(A, code, now)
        full = min(longest, first * 2**times)
        assert round_of(listed, now + full * 0.49) == ["b"]
        listed.wait(now)
        assert round_of(listed, now + full) == ["a", "b"]
        listed.wait(now)
        now += full


def test_a_hub_that_is_busy_with_itself_does_not_rest():
    """A hub that stops, or found us too slow, is tried again at once."""
    listed = hubs()
    for code in ("stopping", "silent", "too-slow", "internal"):
        listed.refused(A, code, 0)
    assert round_of(listed) == ["a", "b"]


def test_when_all_rest_the_round_waits_for_the_first():
    """With every hub resting, the next round begins when the first rest is over."""
    listed = hubs()
    listed.refused(A, "revoked", 0)
    listed.refused(B, "too-many", 0)
    assert round_of(listed) == []
    wait = listed.wait(0)
    assert 1 <= wait <= 2
    assert round_of(listed, wait) == ["b"]


def test_a_steady_session_forgets_refusals():
    """After a session of a minute the next refusal counts as the first."""
    listed = hubs()
    for _ in range(5):
        listed.refused(A, "too-many", 0)
    listed.ended(A, 61)
    listed.refused(A, "too-many", 100)
    assert round_of(listed, 102) == ["a", "b"]


def test_redirection_puts_others_first():
    """A hub that sends us elsewhere rests, and those that it names come first, until a configured one is proved."""
    listed = hubs()
    listed.redirected(A, (C, B), 0)
    assert round_of(listed, 0) == ["c", "b"]
    listed.proved(C)
    listed.wait(0)
    assert round_of(listed, 31) == ["c", "b", "a"]
    listed.proved(A)
    listed.wait(31)
    assert round_of(listed, 31) == ["a", "b"]


def test_sent_away_in_vain():
    """Where nobody is found at the hubs that were named, the one that named them is tried again after ten seconds."""
    listed = HubList((A,), spread="x", stay_s=60)
    for times in range(1, 4):
        listed.redirected(A, (B,), 100.0 * times)
        now = 100.0 * times
        assert round_of(listed, now) == ["b"]
        listed.wait(now)
        assert round_of(listed, now + 9) == ["b"]
        listed.wait(now + 9)
        assert round_of(listed, now + 11) == ["b", "a"]


def test_two_hubs_cannot_play_ball():
    """Two hubs that send us to each other both rest; the pause between two passes grows to an hour."""
    listed = hubs()
    now, passes = 0.0, 0
    while now < 24 * 3600:
        hub = listed.next(now)
        if hub is None:
            now += listed.wait(now)
            continue
        passes += 1
        listed.redirected(hub, (B if hub == A else A,), now)
    assert passes < 120


def test_better_hubs():
    """Better are those before ours in the list that do not rest; all of them, if ours is not in it."""
    listed = hubs(A, B)
    assert listed.better(A, 0) == ()
    assert listed.better(B, 0) == (A,)
    assert listed.better(C, 0) == (A, B)
    listed.refused(A, "forbidden", 0)
    assert listed.better(B, 0) == ()


def test_short_sessions_lengthen_the_stay():
    """Each session that is shorter than the stay doubles it, up to an hour; a long one with the best hub ends that."""
    listed = hubs()
    for _ in range(10):
        listed.ended(A, 1)
    assert listed.stay_s == LONGEST_STAY_S
    listed.ended(B, 2 * LONGEST_STAY_S)
    assert listed.stay_s == LONGEST_STAY_S
    listed.ended(A, LONGEST_STAY_S)
    assert listed.stay_s == 60
