"""The console in a browser, on a hub's real process that is fed over its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from console.fed_hub import G101, G103, FedHub, at
from guidance.browsing import chromium, listen_for_errors
from stationmaster_telegram.records import RunningState

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # playwright's own pipes

TRAIN, PLACES, KIND, ARRIVAL, ARRIVAL_NOW, DEPARTURE, DEPARTURE_NOW, TRACK, PLATFORM, GATES, CHECK_IN, STATE = range(12)
NARROW = ViewportSize(width=1366, height=768)
SOON_MS = 5_000
"""How long something may take that comes over the stream."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def hubs() -> Iterator[list[FedHub]]:
    """The hub that runs, if one does; to start one takes longer than most tests here."""
    running: list[FedHub] = []
    yield running
    for made in running:
        made.close()


@pytest.fixture
def hub(hubs: list[FedHub], tmp_path: Path) -> FedHub:
    """A hub at twenty to ten on which nothing has happened yet, or nothing that is not undone."""
    if hubs and not hubs[0].can_go_back:
        hubs.pop().close()
    if not hubs:
        hubs.append(FedHub(tmp_path))
        hubs[0].start()
    hubs[0].report(G101, G103)
    return hubs[0]


@pytest.fixture
def page(browser: Browser, hub: FedHub) -> Iterator[Page]:
    """The console as it stands when everything is there; ends with no error having been seen."""
    page = browser.new_page(viewport=NARROW)
    errors = listen_for_errors(page)
    page.goto(f"{hub.base}/")
    expect(row(page, "G101")).to_be_visible()
    page.evaluate("window.untouched = true")
    yield page
    survived = page.evaluate("window.untouched === true")
    page.close()
    assert survived, "the page was loaded anew"
    unexpected = [error for error in errors if "ERR_CONNECTION_REFUSED" not in error and "INCOMPLETE" not in error]
    assert unexpected == []


def row(page: Page, number: str) -> Locator:
    """The row of a train today."""
    return page.locator(f'#calls tr[data-call*="/2026-03-01/{number}/"]')


def cell(page: Page, number: str, column: int) -> Locator:
    return row(page, number).locator("td").nth(column)


def texts(page: Page, number: str) -> list[str]:
    """A row's cells as they can be read."""
    return [text.strip() for text in row(page, number).locator("td").evaluate_all("all => all.map(td => td.innerText)")]


def trains(page: Page) -> list[str]:
    return page.locator("#calls td:first-child").all_inner_texts()


def colour(element: Locator) -> str:
    found: str = element.evaluate("element => getComputedStyle(element).color")
    return found


def test_it_shows_the_next_two_hours(hub: FedHub, page: Page) -> None:
    """Trains of the next two hours stand in their order with plan, track, platform, gates and check-in; later ones
    come with All, under their date.
    """
    assert trains(page) == ["G101", "G103", "D105", "G107/G108", "K109"]
    assert texts(page, "G101")[:TRACK] == ["G101", "北京西 — 武汉", "经停", "10:00", "", "10:05", ""]
    assert texts(page, "G101")[TRACK:CHECK_IN] == ["7", "3", "3A 3B"]
    assert re.fullmatch(r"\d\d:\d\d–10:0\d", texts(page, "G101")[CHECK_IN])
    assert texts(page, "G103")[KIND : DEPARTURE + 1] == ["始发", "", "", "10:20"]
    assert texts(page, "D105")[KIND : DEPARTURE + 1] == ["终到", "10:30", "", ""]
    assert texts(page, "D105")[GATES] == ""
    assert texts(page, "G103")[STATE] == "正点 On time"
    assert page.locator("#station").inner_text() == "明泽南 Mingze South"
    assert page.locator("#date").inner_text() == "2026-03-01 周日"
    expect(page.locator("#clock time")).to_have_text("09:40:00")
    expect(page.locator("#clock")).to_contain_text("DEMO TIME")
    lamps = page.locator("#lamps").inner_text()
    assert "正常 fresh" in lamps
    assert "子系统 Subsystems: 0/1" in lamps
    assert page.locator("#subsystems").inner_text().split() == ["guidance", "缺席", "absent"]

    page.check("#all")
    expect(row(page, "1111")).to_be_visible()
    total = len(hub.get("/api/v1/calls")["calls"])
    assert page.locator("#count").inner_text() == f"{total} / {total}"
    assert "2026-03-02" in page.locator("#calls tr.date").all_inner_texts()


def test_what_is_due_next_is_listed(hub: FedHub, page: Page) -> None:
    """Announcements and check-in stand in the order of their time, and leave the list when they are over."""
    lines = page.locator("#due li").all_inner_texts()
    times = [line.split()[0] for line in lines]
    assert times == sorted(times)
    assert len(times) >= 5
    (opens,) = (line for line in lines if "G103" in line and "开检 opens" in line)
    assert "4A 4B 4C" in opens
    hub.step("10:01")
    expect(page.locator("#due li", has_text="开检 opens").filter(has_text="G103")).to_have_count(0, timeout=SOON_MS)
    expect(page.locator("#due li", has_text="停检 closes").filter(has_text="G103")).to_have_count(1)


def test_a_report_is_shown_at_once(hub: FedHub, page: Page) -> None:
    """A late train turns amber, with its new times and minutes; when it has arrived, and left, that is said."""
    calm = colour(cell(page, "G101", STATE))
    late = replace(G101, expected_arrival=at("10:25"), expected_departure=at("10:30"))
    hub.report(late)
    expect(cell(page, "G101", STATE)).to_have_text("晚 25 分 Late", timeout=SOON_MS)
    assert (texts(page, "G101")[ARRIVAL_NOW], texts(page, "G101")[DEPARTURE_NOW]) == ("10:25", "10:30")
    amber = page.evaluate(
        "() => { const e = document.body.appendChild(document.createElement('i')); e.style.color = 'var(--warn)';"
        " const found = getComputedStyle(e).color; e.remove(); return found; }"
    )
    for column in (ARRIVAL_NOW, DEPARTURE_NOW, STATE):
        assert colour(cell(page, "G101", column)) == amber
    assert calm != amber
    assert colour(cell(page, "G103", STATE)) == calm

    hub.step("10:27")
    hub.report(replace(late, actual_arrival=at("10:26")))
    expect(cell(page, "G101", ARRIVAL_NOW)).to_have_text("10:26 ✓", timeout=SOON_MS)
    expect(cell(page, "G101", STATE)).to_contain_text("在站 In station")
    hub.step("10:32")
    hub.report(replace(late, actual_arrival=at("10:26"), actual_departure=at("10:31")))
    expect(cell(page, "G101", STATE)).to_have_text("已发 Departed", timeout=SOON_MS)
    expect(row(page, "G101")).to_have_class(re.compile("over"))


def test_a_changed_track_shows_the_old_one(hub: FedHub, page: Page) -> None:
    """A train on another track than planned shows the old one in brackets, with the new platform and gates."""
    hub.report(replace(G101, track="12"))
    expect(cell(page, "G101", TRACK)).to_have_text("12 (7)", timeout=SOON_MS)
    expect(cell(page, "G101", TRACK)).to_have_class("moved")
    assert (texts(page, "G101")[PLATFORM], texts(page, "G101")[GATES]) == ("6", "6A 6B")
    assert texts(page, "G103")[TRACK] == "8"


def test_a_suspended_train_is_struck_through(hub: FedHub, page: Page) -> None:
    """Number and times of a suspended train are struck through, and the reason stands with it; others are not."""

    def struck(number: str) -> str:
        found: str = cell(page, number, TRAIN).evaluate("element => getComputedStyle(element).textDecorationLine")
        return found

    assert struck("G103") == "none"
    hub.report(replace(G103, running=RunningState.SUSPENDED, reason="因大风"))
    expect(cell(page, "G103", STATE)).to_have_text("停运 Suspended 因大风", timeout=SOON_MS)
    assert (struck("G103"), struck("G101")) == ("line-through", "none")


def test_an_unknown_delay_is_said_and_not_counted(hub: FedHub, page: Page) -> None:
    """A delay that nobody knows is 未定 and no number."""
    hub.report(replace(G103, departure_unknown=True))
    expect(cell(page, "G103", DEPARTURE_NOW)).to_have_text("未定", timeout=SOON_MS)
    expect(cell(page, "G103", STATE)).to_have_text("晚点未定 Delay unknown")


def test_it_notices_a_lost_hub_and_comes_back_by_itself(hub: FedHub, page: Page) -> None:
    """Without the hub a banner stands within some ten seconds; with it again the banner goes, and what changed is
    there.
    """
    banner = page.locator("#banner")
    expect(banner).to_be_hidden()
    hub.stop()
    expect(banner).to_be_visible(timeout=12_000)
    assert "No connection to the hub" in banner.inner_text()
    assert "Not connected" in page.locator("#lamps").inner_text()
    hub.set_clock("09:50")
    hub.start()
    hub.report(replace(G101, track="12"))
    expect(banner).to_be_hidden(timeout=15_000)
    expect(cell(page, "G101", TRACK)).to_have_text("12 (7)", timeout=SOON_MS)
    expect(page.locator("#clock time")).to_have_text("09:50:00", timeout=10_000)
    hub.report(replace(G101, track="13"))
    expect(cell(page, "G101", TRACK)).to_have_text("13 (7)", timeout=SOON_MS)


def test_find_filters_by_number_and_place_in_either_language(page: Page) -> None:
    """What is typed is sought in every number of a train and in both names of both places; nothing typed, all again."""
    find = page.locator("#find")
    for words, found in (("g108", "G107/G108"), ("武汉", "G101"), ("lanzhou west", "G107/G108"), ("1111", "1111")):
        find.fill(words)
        expect(page.locator("#calls td:first-child").first).to_have_text(found)
        assert set(trains(page)) == {found}
    find.fill("no such train")
    expect(page.locator("#calls tr")).to_have_count(0)
    find.fill("")
    expect(page.locator("#calls tr")).to_have_count(5)


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080)])
def test_it_fits_the_screen(hub: FedHub, page: Page, width: int, height: int) -> None:
    """Nothing has to be scrolled sideways and the page itself not at all, even with the longest of states."""
    hub.step("10:20")
    hub.report(replace(G101, expected_departure=at("10:45"), actual_arrival=at("10:16"), track="12"))
    expect(cell(page, "G101", STATE)).to_contain_text("在站 In station", timeout=SOON_MS)
    page.set_viewport_size({"width": width, "height": height})
    sizes = page.evaluate(
        "() => ['html', '.scroll', 'aside', '#due', '#notes', 'header'].map(name => document.querySelector(name))"
        ".map(e => [e.tagName + e.id, e.scrollWidth - e.clientWidth])"
    )
    assert [size for size in sizes if size[1] > 0] == []
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    english = page.locator("#calls td.places small").first
    if width < 1600:
        expect(english).to_be_hidden()
    else:
        assert english.inner_text() == "Beijing West — Wuhan"


def test_many_notes_of_a_minute_are_one_line(hub: FedHub, page: Page) -> None:
    """Reports that cannot be true are noted with train and reason, and those of one minute stand in one line."""
    hub.report(*(replace(G101, run=run, numbers=(f"G{run}",), track="99") for run in range(201, 206)))
    notes = page.locator("#notes li", has_text="不予采信 quarantined")
    expect(notes).to_have_count(1, timeout=SOON_MS)
    expect(notes).to_contain_text("track '99' is not one of this station's")
    expect(notes).to_contain_text("(5)")
    expect(notes).to_contain_text("G205")


def test_without_a_feed_trains_are_unconfirmed_and_do_not_pile_up(browser: Browser, tmp_path: Path) -> None:
    """Without a feed an old train is shown as unconfirmed for two hours, and under All for as long as it is kept; the
    lamp says that the feed is lost, and so does the list of alarms, which is there only when something is wrong.
    """
    hub = FedHub(tmp_path)
    page = browser.new_page(viewport=NARROW)
    try:
        hub.start()
        page.goto(f"{hub.base}/")
        hub.step("10:30")
        expect(cell(page, "G101", STATE)).to_have_text("未证实 Unconfirmed", timeout=SOON_MS)
        assert "中断 lost" in page.locator("#lamps li.alarm").first.inner_text()
        expect(page.locator("#alarms li .bad").first).to_have_text(
            "调度信息中断 The dispatching feed is lost", timeout=3 * SOON_MS
        )
        hub.step("12:40")
        expect(row(page, "G101")).to_have_count(0, timeout=SOON_MS)
        page.check("#all")
        expect(cell(page, "G101", STATE)).to_have_text("未证实 Unconfirmed")
        hub.report(G101)
        expect(page.locator("#lamps li").first).to_have_text("调度信息 Feed: 正常 fresh · line/1", timeout=SOON_MS)
        expect(page.locator("#alarms")).to_be_hidden(timeout=3 * SOON_MS)
    finally:
        page.close()
        hub.close()


def test_subsystems_stand_with_how_far_they_follow_and_what_is_not_well(browser: Browser, hub: FedHub) -> None:
    """Behind, rejecting, whole, away since when: each is said, with its figures and the boards that show wrong rows."""
    (there,) = hub.get("/api/v1/subscribers")["subscribers"]
    well = there | {"connected": True, "digest": "whole", "snapshots": 1, "version": "1.0", "heard_s": 0.4}
    table = [
        well | {"identity": "a", "kind": "guidance", "ack_ms": 12, "secure": True, "devices": 3},
        well | {"identity": "b", "behind": 14, "queued": 220_000, "trouble": ["hall-1", "card-2"]},
        well | {"identity": "c", "digest": "differs", "rejected": "no such layout"},
        well | {"identity": "d", "digest": "unproved", "behind": 2, "snapshots": 0},
        there | {"identity": "e", "since": at("09:31"), "devices": 7},
    ]
    page = browser.new_page(viewport=NARROW)
    page.route("**/api/v1/subscribers", lambda route: route.fulfill(json={"now": at("09:40"), "subscribers": table}))
    page.goto(f"{hub.base}/")
    rows = page.locator("#subsystems tr")
    expect(rows).to_have_count(5)
    said = [" ".join(text.split()) for text in rows.all_inner_texts()]
    assert said == [
        "a guidance 联机 online ✓ 一致 up to date 确认 ack 12 ms · 设备 devices 3 · TLS",
        "b 联机 online 落后 behind: 14 待发 queued 215 KiB ⚠ hall-1, card-2",
        "c 联机 online 拒收 rejected: no such layout",
        "d 联机 online 取全量 loading",
        "e 缺席 absent 09:31 设备 devices 7",
    ]
    assert rows.nth(0).get_attribute("title") == "a · guidance · open protocol 1.0 · snapshots 1 · silent 0 s"
    page.close()


def test_tasks_that_come_near_are_asked_for(hub: FedHub, page: Page) -> None:
    """Only tasks of the next two hours are asked for; when the day has moved on, the next ones are there."""
    evening = page.locator("#due li", has_text="1111")
    assert evening.count() == 0
    hub.step("17:50")
    expect(evening.first).to_be_visible(timeout=15_000)


def test_a_stream_that_has_gone_dumb_is_noticed(browser: Browser, hub: FedHub) -> None:
    """A stream that is open and brings nothing any more, while the hub answers, is opened anew."""
    page = browser.new_page(viewport=NARROW)
    page.add_init_script(
        """{
          const Real = window.EventSource;
          window.EventSource = class extends Real {
            constructor(path) { super(path); window.streams = [...(window.streams ?? []), this]; }
            addEventListener(name, heard) {
              super.addEventListener(name, (event) => window.dumb === this || heard(event));
            }
          };
        }"""
    )
    page.goto(f"{hub.base}/")
    expect(row(page, "G101")).to_be_visible()
    page.evaluate("window.dumb = window.streams[0]")
    hub.report(replace(G101, track="12"))
    expect(cell(page, "G101", TRACK)).to_have_text("12 (7)", timeout=20_000)
    assert page.evaluate("window.streams.length") == 2
    page.close()
