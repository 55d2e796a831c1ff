"""What can be wrong with the hub's store and clock, as signs."""

from __future__ import annotations

from typing import Any, cast

import pytest

from stationmaster.hub.alarms.hub_signs import ClockSigns, StoreSigns
from stationmaster.hub.alarms.sign import Severity
from stationmaster_base.timekeeping import ClockQuality, ClockState
from stationmaster_clock.judge import Judged, Trouble, Verdict
from stationmaster_clock.reading import Condition

LOCKED = Verdict(state=ClockState.LOCKED, error_s=0.1, source="gps")


def signs(
    state: ClockState, trouble: Trouble = Trouble.NONE, *sources: Judged, error_s: float | None = 1.25
) -> dict[str, tuple[Severity, float]]:
    verdict = Verdict(state=state, trouble=trouble, sources=sources)
    quality = ClockQuality(state=state, error_s=error_s)
    found = ClockSigns(lambda: quality, lambda: verdict, 600.0)()
    return {sign.id: (sign.severity, sign.after_s) for sign in found}


def test_a_locked_clock_and_none_at_all_are_no_trouble() -> None:
    """Masters that agree; and a demo's or a drill's clock, which has no masters."""
    assert signs(ClockState.LOCKED, Trouble.NONE, Judged(name="gps", condition=Condition.GOOD)) == {}
    assert list(ClockSigns(lambda: None, lambda: None, 600.0)()) == []


@pytest.mark.parametrize(
    ("state", "trouble", "expected"),
    [
        (ClockState.INVALID, Trouble.NONE, {"clock-invalid": (Severity.ALARM, 3.0)}),
        (ClockState.FREE_RUN, Trouble.NONE, {"clock-free-run": (Severity.ALARM, 30.0)}),
        (ClockState.HOLDOVER, Trouble.NONE, {"clock-holdover": (Severity.WARNING, 600.0)}),
        (ClockState.LOCKED, Trouble.STEP_REFUSED, {"clock-step-refused": (Severity.ALARM, 3.0)}),
        (
            ClockState.FREE_RUN,
            Trouble.NO_MAJORITY,
            {"clock-free-run": (Severity.ALARM, 30.0), "clock-no-majority": (Severity.ALARM, 3.0)},
        ),
        (
            ClockState.HOLDOVER,
            Trouble.NO_MAJORITY,
            {"clock-holdover": (Severity.WARNING, 600.0), "clock-no-majority": (Severity.WARNING, 3.0)},
        ),
    ],
)
def test_each_state_that_is_not_good_has_its_sign(
    state: ClockState, trouble: Trouble, expected: dict[str, tuple[Severity, float]]
) -> None:
    """Graver the less is known; a start and a short outage of the masters are given their time."""
    assert signs(state, trouble) == expected


def test_how_wrong_a_clock_may_be_is_said_if_it_is_known() -> None:
    """In holdover the error grows, and stands in the text."""

    def text(error_s: float | None) -> list[str]:
        quality = ClockQuality(state=ClockState.HOLDOVER, error_s=error_s)
        found = ClockSigns(lambda: quality, lambda: LOCKED, 600.0)()
        return [text for sign in found for text in (sign.en, sign.zh)]

    assert text(1.25)[0] == "The clock runs without its masters, wrong by at most 1.2 s"
    assert text(None) == ["The clock runs without its masters", "时间源中断, 时钟守时运行"]


def test_a_master_that_is_not_followed_is_a_warning_after_a_minute() -> None:
    """Each condition in which it tells nothing, or something that is not believed; one that settles is none."""
    for condition in Condition:
        found = signs(ClockState.LOCKED, Trouble.NONE, Judged(name="bureau", condition=condition))
        well = condition in (Condition.GOOD, Condition.SETTLING, Condition.UNDECIDED)
        assert found == ({} if well else {"clock-source/bureau": (Severity.WARNING, 60.0)})
    gps = Judged(name="gps", condition=Condition.GOOD, gps_time=True)
    assert set(signs(ClockState.LOCKED, Trouble.NONE, gps)) == {"clock-source/gps"}


def test_a_store_that_takes_nothing_is_an_alarm() -> None:
    """With what keeps it from working; none while it works."""

    class View:
        trouble = ""

    view = View()
    store = StoreSigns(cast("Any", view))
    assert list(store.signs()) == []
    view.trouble = "The disk is full."
    (sign,) = store.signs()
    assert (sign.id, sign.severity) == ("hub-trouble", Severity.ALARM)
    assert sign.en.endswith("The disk is full.")
