"""What is wrong with the lines, as alarms that come, stay and go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from hub.lines import GATEWAY, LINE, STATUS
from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.alarms.line_signs import LineSigns
from stationmaster.hub.alarms.news import AlarmNews
from stationmaster.hub.alarms.record import Alarm, key_of
from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster_base.times import Instant
from stationmaster_dmis.status import FeedStatus
from stationmaster_kernel.values import FeedGrade
from stationmaster_telegram.decoder import Counters
from stationmaster_telegram.records import DatabaseState

BAD = Sign(id="bad", severity=Severity.WARNING, zh="坏", en="Bad")


class Looking:
    """A book with a clock that a test moves, and signs that it sets."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.signs: list[Sign] = []
        self.book = AlarmBook(lambda: 1000.0 + self.seconds, lambda: self.seconds)
        self.book.watch(lambda: self.signs)

    def look(self, *signs: Sign, for_s: int = 1) -> list[str]:
        """Look once a second for so long; the ids of the alarms at the end."""
        self.signs = list(signs)
        for _ in range(for_s):
            self.seconds += 1
            self.book.look()
        return [alarm.id for alarm in self.book.alarms()]


def test_what_lasts_is_an_alarm_and_what_is_over_for_a_while_is_none() -> None:
    """A moment is not told; what lasts is, with when it began; it stays through short gaps and is logged twice."""
    looking = Looking()
    with capture_logs() as logs:
        assert looking.look(BAD, for_s=2) == []
        assert looking.look(for_s=2) == []
        assert looking.look(BAD, for_s=4) == ["bad"]
        assert looking.book.alarms() == (
            Alarm(
                id="bad",
                since=Instant(1005),
                severity=Severity.WARNING,
                zh="坏",
                en="Bad",
                key=key_of("", "bad"),
                code="bad",
            ),
        )
        assert looking.look(for_s=4) == ["bad"]
        assert looking.look(BAD) == ["bad"]
        assert looking.look(for_s=5) == []
    assert [log["event"] for log in logs] == ["alarm", "alarm-over"]


def test_the_gravest_stands_first() -> None:
    """Alarms stand before warnings, though they may have begun later."""
    looking = Looking()
    looking.look(BAD, for_s=5)
    grave = Sign(id="grave", severity=Severity.ALARM, zh="重", en="Grave")
    assert looking.look(BAD, grave, for_s=4) == ["grave", "bad"]
    assert (looking.book.count(Severity.ALARM), looking.book.count(Severity.WARNING)) == (1, 1)


def test_a_source_that_fails_keeps_no_other_from_being_asked() -> None:
    """It is logged with what it raised, and looking goes on."""
    looking = Looking()

    def broken() -> list[Sign]:
        raise ZeroDivisionError

    book = AlarmBook(lambda: 0.0, lambda: looking.seconds)
    book.watch(broken)
    book.watch(lambda: [BAD])
    with capture_logs() as logs:
        for _ in range(5):
            looking.seconds += 1
            book.look()
    assert [alarm.id for alarm in book.alarms()] == ["bad"]
    assert [log["event"] for log in logs].count("alarm-source-failed") == 5


def test_a_sign_says_itself_how_long_it_must_last_and_since_when_it_is() -> None:
    """What a subsystem has judged is told at once, under its name; what may last long is told late."""
    looking = Looking()
    told = replace(BAD, identity="guidance", since=Instant(500), after_s=0.0, cause="led-1")
    slow = replace(BAD, after_s=10.0)
    assert looking.look(told, slow) == ["bad"]
    (alarm,) = looking.book.alarms()
    assert (alarm.identity, alarm.since, alarm.cause) == ("guidance", 500, "led-1")
    assert looking.look(told, slow, for_s=10) == ["bad", "bad"]


def test_what_is_different_is_told_to_who_listens() -> None:
    """Each alarm when it comes and when its words change, in both languages; its name when it is over."""
    looking = Looking()
    told: list[tuple[list[tuple[str | None, str, str]], list[str]]] = []
    news = AlarmNews(
        looking.book,
        lambda changed, gone: told.append(
            ([(each.identity, each.id, dict(each.texts)["en"]) for each in changed], [each.id for each in gone])
        ),
    )
    looking.book.on_look(news.look)
    looking.look(replace(BAD, identity="guidance"), BAD, for_s=5)
    looking.look(replace(BAD, en="Worse"), for_s=8)
    assert told == [
        ([(None, "bad", "Bad"), ("guidance", "bad", "Bad")], []),
        ([(None, "bad", "Worse")], []),
        ([], ["guidance/bad"]),
    ]
    assert [sign.id for sign in news.signs] == ["bad"]


class Lines:
    """Signs of a status that a test sets."""

    def __init__(self, rate: float = 1.0) -> None:
        self.status: FeedStatus | None = STATUS
        self._signs = LineSigns(lambda: self.status, lambda: rate)

    def ids(self, status: FeedStatus | None) -> dict[str, Severity]:
        self.status = status
        return {sign.id: sign.severity for sign in self._signs()}


def with_gateway(**changes: Any) -> FeedStatus:
    """The good status, with one line, whose gateway is other in something."""
    return replace(STATUS, lines=(replace(LINE, gateways=(replace(GATEWAY, **changes),)),))


def test_all_is_well() -> None:
    """A good line gives no sign, and neither does a hub without any."""
    assert Lines().ids(STATUS) == {}
    assert Lines().ids(None) == {}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (replace(STATUS, grade=FeedGrade.LATE), {"feed-late": Severity.WARNING}),
        (replace(STATUS, grade=FeedGrade.LOST), {"feed-lost": Severity.ALARM}),
        (replace(STATUS, differing=3, differing_s=14.0), {}),
        (replace(STATUS, differing=3, differing_s=16.0), {"gateways-differ": Severity.ALARM}),
        (replace(STATUS, lines=(replace(LINE, is_open=False),)), {"line-closed/A": Severity.ALARM}),
        (
            replace(STATUS, lines=(LINE, replace(LINE, name="B", is_open=False))),
            {"line-closed/B": Severity.WARNING},
        ),
        (replace(STATUS, lines=(LINE, replace(LINE, name="B", gateways=()))), {"line-silent/B": Severity.WARNING}),
        (with_gateway(grade=FeedGrade.LOST, age_s=70.0), {"line-silent/A": Severity.ALARM}),
        (with_gateway(database=DatabaseState.GONE), {"gateway-database/A/1": Severity.ALARM}),
        (with_gateway(database=DatabaseState.UNFIT, chosen=False), {"gateway-database/A/1": Severity.WARNING}),
        (with_gateway(faulty=2, held=9), {"gateway-rows/A/1": Severity.WARNING, "gateway-held/A/1": Severity.WARNING}),
        (with_gateway(clock_difference_s=-11.0), {"gateway-clock/A/1": Severity.WARNING}),
        (with_gateway(clock_difference_s=9.0), {}),
    ],
)
def test_what_is_wrong(status: FeedStatus, expected: dict[str, Severity]) -> None:
    """Each thing that can be wrong has its sign, a graver one where no other line makes up for it."""
    assert Lines().ids(status) == expected


def test_every_state_of_a_database_that_is_not_good_is_told() -> None:
    """No word that a gateway may say of its database is passed over."""
    for state in DatabaseState:
        found = Lines().ids(with_gateway(database=state))
        assert bool(found) is (state is not DatabaseState.GOOD)


def test_in_a_fast_demonstration_clocks_may_differ_by_more() -> None:
    """A line's delay is many station seconds then."""
    assert Lines(rate=60.0).ids(with_gateway(clock_difference_s=-100.0)) == {}


def counting(**counts: int) -> FeedStatus:
    return replace(STATUS, lines=(replace(LINE, counters=Counters(**counts)),))


def test_telegrams_with_wrong_tags_are_an_alarm_for_a_minute() -> None:
    """What was refused before the first look is no matter; what is refused now is, until a minute after the last."""
    lines = Lines()
    assert lines.ids(counting(bad_tags=500)) == {}
    assert lines.ids(counting(bad_tags=501)) == {"line-keys/A": Severity.ALARM}
    for _ in range(58):
        assert lines.ids(counting(bad_tags=501)) == {"line-keys/A": Severity.ALARM}
    assert lines.ids(counting(bad_tags=501)) == {}


def test_a_noisy_line_is_told_and_a_rare_error_is_not() -> None:
    """One telegram in a hundred that is damaged is what lines do; one in ten is a bad line."""
    lines = Lines()
    lines.ids(counting(frames=0))
    assert lines.ids(counting(frames=1000, crc_errors=20)) == {}
    assert lines.ids(counting(frames=1000, crc_errors=120)) == {"line-noisy/A": Severity.WARNING}
