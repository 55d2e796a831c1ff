"""The link to an LED card: what is sent when, and what becomes of it when the card is late, wrong or gone."""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from guidance.leds import Bench, Listener, driver, frame
from stationmaster_guidance.led.link import PanelLink
from stationmaster_protocol.equipment import Evidence
from stationmaster_simulator.led_cards import CARDS, Mood


class Line:
    """A link, its card, and what is said of it."""

    def __init__(self, name: str = "onbon-k", **keys: object) -> None:
        self.reactor = Clock()
        self.card = CARDS[name]()
        self.bench = Bench(self.reactor, self.card)
        self.listener = Listener()
        self.driver = driver(name, **keys)
        self.link = PanelLink(self.driver, self.bench.open, reactor=self.reactor, listener=self.listener)
        self.seen: list[str] = []
        self.card.changed = lambda: self.seen.append(self.card.shown[0].removeprefix("\\FO000").strip())

    def run(self, seconds: float) -> None:
        """Time passes in tenths."""
        for _ in range(round(seconds * 10)):
            self.reactor.advance(0.1)


def test_pages_take_turns_by_their_dwell() -> None:
    """Pages come round at their time, and each sending is known to be accepted."""
    line = Line()
    line.link.start()
    line.link.show([frame("one"), frame("two")], "token")
    line.run(25)
    assert line.seen == ["one", "two", "one"]
    assert line.listener.said == [Evidence.ACCEPTED] * 3


def test_one_page_is_sent_again_in_time() -> None:
    """What does not change is refreshed, three times as often as the card would wipe it."""
    line = Line(stale_s=30)
    line.link.start()
    line.link.show([frame("one")], 1)
    line.run(25)
    assert line.seen == ["one", "one", "one"]


def test_the_latest_show_wins() -> None:
    """While a card is busy, shows come and go; it is sent the last one and none between."""
    line = Line()
    line.card.mood, line.card.busy_times = Mood.BUSY, 2
    line.link.start()
    for number in range(5):
        line.link.show([frame(f"show {number}")], number)
    line.run(3)
    assert line.seen[-1] == "show 4"
    assert line.listener.said == [Evidence.ACCEPTED]
    assert len(line.seen) <= 2


def test_a_silent_card_is_given_up_and_comes_back() -> None:
    """No answer: known within seconds, tried again ever more rarely, and right again when it answers."""
    line = Line()
    line.card.mood = Mood.SILENT
    line.link.start()
    line.link.show([frame("one")], 1)
    line.run(4.5)
    assert line.listener.said == ["gone: it does not answer"]
    line.run(60)
    attempts = len(line.bench.opened)
    assert attempts <= 6
    line.card.mood = Mood.WELL
    line.run(31)
    assert line.listener.said[-1] is Evidence.ACCEPTED


def test_nobody_there_is_tried_with_pauses() -> None:
    """Pauses double up to half a minute."""
    line = Line()
    line.bench.connects = False
    line.link.start()
    line.run(100)
    waits = [round(after - before) for before, after in zip(line.bench.opened, line.bench.opened[1:], strict=False)]
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    assert set(line.listener.said) == {"gone: nobody is there"}


def test_a_cut_line_is_connected_again() -> None:
    """After the end of a connection the card is sent what it should show, without being asked."""
    line = Line()
    line.link.start()
    line.link.show([frame("one")], 1)
    line.run(1)
    line.bench.cut()
    line.link.show([frame("two")], 2)
    line.run(2)
    assert line.seen == ["one", "two"]
    assert [said for said in line.listener.said if isinstance(said, str) and said.startswith("there")] == []
    assert line.listener.said[-1] is Evidence.ACCEPTED


@pytest.mark.parametrize("name", ["onbon-k", "alpha"])
def test_a_refusing_card_is_there_but_wrong(name: str) -> None:
    """A refusal is told with its reason, and the card is asked again later."""
    line = Line(name)
    line.card.mood = Mood.REFUSING
    line.link.start()
    line.link.show([frame("one")], 1)
    line.run(2)
    assert str(line.listener.said[0]).startswith("there: ")
    line.card.mood = Mood.WELL
    line.run(10)
    assert isinstance(line.listener.said[-1], Evidence)


def test_a_card_that_stays_busy_is_wrong() -> None:
    """Busy is waited for, but not for ever."""
    line = Line()
    line.card.mood, line.card.busy_times = Mood.BUSY, 1000
    line.link.start()
    line.link.show([frame("one")], 1)
    line.run(5)
    assert line.listener.said[0] == "there: it is busy"


def test_what_is_read_is_compared() -> None:
    """An Alpha sign is believed when it holds what it was sent, and else not."""
    line = Line("alpha")
    line.link.start()
    line.link.show([frame("one")], 1)
    line.run(2)
    assert line.listener.said == [Evidence.READ]
    line.card.mood = Mood.WRONG
    line.link.show([frame("two")], 2)
    line.run(2)
    assert line.listener.said[1] == "there: it holds something else than it was sent"


def test_a_sign_that_cannot_answer_is_only_sent_to() -> None:
    """Without an address an IBIS sign answers nothing: its evidence is that it was sent."""
    line = Line("ibis")
    line.link.start()
    line.link.show([frame("one")], 1)
    line.run(1)
    assert (line.listener.said, line.seen) == ([Evidence.SENT], ["ONE"])


def test_brightness_goes_out_once() -> None:
    """A brightness is sent with whatever else is to be sent, and not again."""
    line = Line()
    line.link.start()
    line.link.show([frame("one")], 1)
    line.run(1)
    line.link.brightness(40)
    line.run(1)
    assert getattr(line.card, "brightness", None) == 6
    before = line.card.commands
    line.run(15)
    assert line.card.commands == before


def test_nothing_goes_on_after_the_stop() -> None:
    """A stopped link makes no connection and calls nothing."""
    line = Line()
    line.link.start()
    line.link.show([frame("one"), frame("two")], 1)
    line.run(1)
    line.link.stop()
    line.run(60)
    assert (line.seen, len(line.bench.opened), line.reactor.getDelayedCalls()) == (["one"], 1, [])


def test_our_own_delay_is_not_the_cards() -> None:
    """When this process was busy for long, the card still gets the time to be heard before it counts as silent."""
    line = Line()
    line.card.mood = Mood.SILENT
    line.link.start()
    line.link.show([frame("one")], 1)
    line.reactor.advance(10)
    assert (line.listener.said, line.card.commands) == ([], 1)
    line.run(5)
    assert line.listener.said == ["gone: it does not answer"]
