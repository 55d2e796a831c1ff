"""Subsystems that are away, behind, or hold something else: when that is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster.hub.subsystems import subscriber_watch
from stationmaster.hub.subsystems.subscriber_watch import SubscriberWatch
from stationmaster.hub.subsystems.watch_settings import WatchSettings
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.hub_side import SubscriberInfo
from stationmaster_protocol.messages import Level

WELL = SubscriberInfo(
    identity="guidance",
    address="127.0.0.1",
    level=Level.B,
    executes=(TaskKind.DISPLAY,),
    filter=Filter(),
    acked=7,
    last=7,
    queued=0,
    snapshots=1,
    whole=True,
    rejected="",
    heard_s=0.0,
    kind="guidance",
)


class Watch:
    """A watch over sessions that a test sets."""

    def __init__(self, *sessions: SubscriberInfo, unattended: Sequence[TaskKind] = ()) -> None:
        self.sessions = list(sessions)
        self.expected = ["broadcast", "guidance"]
        self.seconds = 0.0
        self.watch = SubscriberWatch(
            subscribers=lambda: self.sessions,
            expected=lambda: self.expected,
            unattended=lambda: unattended,
            settings=WatchSettings(),
            now=lambda: 1000.0 + self.seconds,
            seconds=lambda: self.seconds,
        )

    def after(self, seconds: int, *sessions: SubscriberInfo) -> dict[str, Sign]:
        """Look once a second for so long, with these sessions."""
        self.sessions = list(sessions)
        signs: list[Sign] = []
        for _ in range(seconds):
            self.seconds += 1
            signs = list(self.watch.signs())
        return {sign.id: sign for sign in signs}


def test_who_follows_is_no_trouble() -> None:
    """Nor is one who never came."""
    assert Watch().after(100, WELL) == {}


def test_who_was_there_and_is_away_for_long_is_missed() -> None:
    """After thirty seconds, since the moment at which he went; a return ends it; an executor's absence is graver."""
    watch = Watch()
    staff = replace(WELL, identity="broadcast", executes=())
    watch.after(2, WELL, staff)
    assert watch.after(30) == {}
    signs = watch.after(1)
    assert {name: (sign.severity, sign.since) for name, sign in signs.items()} == {
        "subsystem-absent/guidance": (Severity.ALARM, 1003),
        "subsystem-absent/broadcast": (Severity.WARNING, 1003),
    }
    gone = watch.watch.gone("guidance")
    assert gone is not None
    assert (gone.kind, gone.executes, gone.since) == (WELL.kind, WELL.executes, 1003)
    assert set(watch.after(1, WELL)) == {"subsystem-absent/broadcast"}
    assert watch.watch.gone("guidance") is None


def test_who_may_no_more_connect_is_not_missed() -> None:
    """He was taken out of the settings, or his right was taken away."""
    watch = Watch()
    watch.after(1, WELL)
    watch.expected = []
    assert watch.after(60) == {}
    assert watch.watch.gone("guidance") is None


def test_what_nobody_does_any_more_is_told() -> None:
    """A hub that was started anew knows what was done, and not by whom; who is missed by name says it already."""
    watch = Watch(unattended=[TaskKind.DISPLAY, TaskKind.ANNOUNCEMENT])
    signs = watch.after(1)
    assert {name: (sign.severity, sign.after_s) for name, sign in signs.items()} == {
        "nobody-does/display": (Severity.ALARM, 30.0),
        "nobody-does/announcement": (Severity.ALARM, 30.0),
    }
    assert signs["nobody-does/announcement"].zh == "没有子系统执行广播任务"
    watch.after(1, WELL)
    assert set(watch.after(31)) == {"nobody-does/announcement", "subsystem-absent/guidance"}


def test_who_acknowledges_nothing_for_long_is_behind() -> None:
    """Ten seconds after the first thing that he owes; one who is always a little behind is not."""
    watch = Watch()
    assert watch.after(10, replace(WELL, last=9)) == {}
    sign = watch.after(1, replace(WELL, last=12))["subsystem-behind/guidance"]
    assert (sign.severity, sign.since) == (Severity.ALARM, 1001)
    assert "10 s" in sign.en
    assert watch.after(1, replace(WELL, acked=9, last=12)) == {}
    for number in range(30):
        assert watch.after(1, replace(WELL, acked=12 + number, last=14 + number)) == {}


def test_who_takes_long_to_acknowledge_is_told() -> None:
    """A warning: he has what there is, but late."""
    assert Watch().after(1, replace(WELL, ack_ms=9_999)) == {}
    assert Watch().after(1, replace(WELL, ack_ms=11_000))["subsystem-slow/guidance"].severity is Severity.WARNING


def test_who_holds_something_else_is_told() -> None:
    """A digest that differs; and what he rejected, until he is proved whole again."""
    assert set(Watch().after(1, replace(WELL, whole=False))) == {"subsystem-differs/guidance"}
    refused = replace(WELL, rejected="no such font", whole=False)
    sign = Watch().after(1, refused)["subsystem-rejects/guidance"]
    assert sign.en == "Subsystem guidance rejected an update: no such font"
    assert set(Watch().after(1, replace(refused, whole=True, acked=6))) == {"subsystem-rejects/guidance"}
    assert Watch().after(1, replace(refused, whole=True)) == {}


def test_of_many_who_are_gone_the_first_are_forgotten() -> None:
    """Identities do not pile up."""
    watch = Watch()
    watch.expected = [f"s{number}" for number in range(subscriber_watch.MOST_SEEN + 3)]
    watch.after(1, *(replace(WELL, identity=name) for name in watch.expected))
    assert len(watch.after(31)) == subscriber_watch.MOST_SEEN
    assert watch.watch.gone("s2") is None
