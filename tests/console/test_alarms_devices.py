"""The panes of alarms and of devices: every act in them, on a real hub with a subsystem on a real connection."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from console.conftest import HARMLESS, LoggedIn
from console.fed_hub import PASSWORD, FedHub, at
from guidance.browsing import listen_for_errors
from stationmaster_protocol.commands import Command, CommandResult, CommandState
from stationmaster_protocol.equipment import AlarmSign, Condition, Device, Reading, Severity
from stationmaster_protocol.messages import Deletion
from support.rack import Rack, done

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # playwright's own pipes

EVIL = '<img src=x onerror="document.body.dataset.hacked=1">'
PLACES = ("hall-1", "platform-3", "gate-2c", "waiting-a")
PLATE = f"plate {EVIL}"


def device(name: str, condition: Condition = Condition.OK, kind: str = "board", target: str = "hall-1") -> Device:
    readings = (Reading(name="pages", value="2"),)
    return Device(
        id=name, kind=kind, condition=condition, since=at("09:30"), detail=EVIL, targets=(target,), readings=readings
    )


def alarm(name: str, severity: Severity = Severity.WARNING) -> AlarmSign:
    texts = (("zh", f"{name} 坏了 {EVIL}"), ("en", f"{name} is bad {EVIL}"))
    return AlarmSign(id=name, severity=severity, since=at("09:35"), texts=texts)


DEVICES = (
    *(device(f"led-{number}", target=PLACES[number % 4]) for number in range(8)),
    *(device(f"speaker-{number}", kind="loudspeaker", target="platform-3") for number in range(8)),
    device(PLATE, Condition.DEGRADED, kind="panel", target="hall-1"),
)


def answer(command: Command) -> CommandResult:
    """Everything is done, but for one device, which refuses."""
    if command.devices == ("led-3",):
        return CommandResult(id=command.id, state=CommandState.REFUSED, at=at("09:40"), code="jammed", detail=EVIL)
    return done(command)


@pytest.fixture(scope="module")
def rack(console_hub: FedHub) -> Iterator[Rack]:
    made = Rack(console_hub.protocol, "guidance", "secret", answer)
    made.tell(whole=True, devices=DEVICES)
    yield made
    made.unplug()


@pytest.fixture
def told(rack: Rack) -> Iterator[Rack]:
    """The subsystem, which has nothing to complain of before and after each test."""
    names: set[str] = set()
    tell = rack.tell

    def telling(**report: object) -> None:
        names.update(each.id for each in report.get("alarms", ()))  # type: ignore[attr-defined]
        tell(**report)

    rack.tell = telling  # type: ignore[method-assign]
    yield rack
    rack.tell = tell  # type: ignore[method-assign]
    rack.tell(gone=tuple(Deletion(kind="alarm", id=name) for name in names), devices=DEVICES)
    rack.commands.clear()


@pytest.fixture(scope="module")
def shared(console_browser: Browser, console_hub: FedHub) -> Iterator[Page]:
    """The console of a supervisor, opened once for the tests that share it."""
    page = console_browser.new_page(viewport={"width": 1366, "height": 768}, locale="en-GB")
    said = listen_for_errors(page)
    page.goto(f"{console_hub.base}/#alarms")
    page.click("#login")
    page.fill("#sheet-login", "susan")
    page.fill("#sheet-password", PASSWORD)
    page.press("#sheet-password", "Enter")
    expect(page.locator("#person")).to_be_visible()
    yield page
    page.close()
    assert [error for error in said if not any(harmless in error for harmless in HARMLESS)] == []


@pytest.fixture
def alarms(shared: Page) -> Page:
    """Its pane of alarms, at the open ones."""
    shared.click('[data-pane="alarms"]')
    shared.click('[data-list="open"]')
    return shared


@pytest.fixture
def devices(shared: Page) -> Page:
    """Its pane of devices, with nothing left out and nothing marked."""
    shared.click('[data-pane="devices"]')
    shared.fill("#device-find", "")
    for name in ("kind", "place", "condition", "subsystem"):
        shared.select_option(f"#device-{name}", "")
    shared.locator("#device-find").blur()
    shared.keyboard.press("Escape")
    expect(shared.locator("#device-marked")).to_have_text("0 marked")
    return shared


def rows(page: Page, words: str) -> Locator:
    return page.locator("#pane-alarms tbody tr[data-key]", has_text=words)


def test_alarms_are_seen_heard_and_acknowledged(told: Rack, logged_in: LoggedIn, console_hub: FedHub) -> None:
    """A new grave one is counted and sounds again and again until somebody knows; names are text and never HTML."""
    page = logged_in("conrad", "day")
    before = int(page.locator("body").get_attribute("data-alarm-sounded") or 0)
    told.tell(alarms=(alarm("zone/a", Severity.ALARM), alarm("text/b"), alarm("text/c")))
    expect(page.locator('[data-pane="alarms"] .counter.grave')).to_be_visible()
    expect(page.locator("#rail .alarm-total")).to_contain_text("new of")
    page.wait_for_function("before => Number(document.body.dataset.alarmSounded ?? 0) >= before + 2", arg=before)
    page.locator("#rail #alarms a", has_text="zone/a is bad").click()
    row = rows(page, "zone/a is bad")
    expect(row).to_be_focused()
    expect(row).to_contain_text(EVIL)
    expect(row).to_contain_text("Zone silent")
    expect(row).to_contain_text("Use a neighbouring zone")
    page.keyboard.press("a")
    expect(row.locator(".alarm-state")).to_contain_text(re.compile("Acknowledged.*Conrad"))
    rows(page, "text/b").locator("button.acknowledge").click()
    expect(rows(page, "text/b").locator(".alarm-state")).to_contain_text("Acknowledged")
    rows(page, "text/c").locator("input").check()
    page.keyboard.press("n")
    page.fill("#sheet-why", f"Painter {EVIL}")
    page.click("#sheet button[type=submit]")
    expect(rows(page, "text/c").locator(".said")).to_contain_text(f"Painter {EVIL}")
    page.locator("#alarm-tone").uncheck()
    assert page.locator("body").get_attribute("data-hacked") is None
    kept = {each["id"]: each for each in console_hub.get("/api/v1/alarms")["alarms"]}
    assert kept["zone/a"]["acknowledged"]["by"] == "Conrad"
    told.tell(gone=(Deletion(kind="alarm", id="zone/a"),))
    expect(rows(page, "zone/a")).to_have_count(0)
    told.tell(alarms=(alarm("zone/a", Severity.ALARM),))
    expect(rows(page, "zone/a").locator(".alarm-state")).to_have_text("New")


def test_alarms_are_shelved_and_come_back(told: Rack, alarms: Page, console_hub: FedHub) -> None:
    """With a reason, a grave one for an hour at most; they stand in their own list, and come back by themselves."""
    told.tell(alarms=(alarm("zone/d", Severity.ALARM), alarm("text/e")))
    page = alarms
    expect(rows(page, "zone/d")).to_be_visible()
    rows(page, "zone/d").locator("button.shelve").click()
    assert page.locator("#sheet-minutes option").all_inner_texts() == ["15 minutes", "1 hour"]
    page.select_option("#sheet-minutes", "15")
    page.click("#sheet button[type=submit]")
    expect(page.locator("#sheet form")).to_be_visible()  # a reason is missing
    page.fill("#sheet-why", "Works in the cabinet")
    page.click("#sheet button[type=submit]")
    expect(rows(page, "zone/d")).to_have_count(0)
    rows(page, "text/e").click()
    page.keyboard.press("s")
    assert "12 hours" in page.locator("#sheet-minutes option").all_inner_texts()
    page.fill("#sheet-why", "Known")
    page.press("#sheet-why", "Tab")
    page.click("#sheet button[type=submit]")
    expect(rows(page, "text/e")).to_have_count(0)
    page.click('[data-list="shelved"]')
    expect(rows(page, "zone/d")).to_contain_text(re.compile("until 09:55.*Susan.*Works in the cabinet"))
    rows(page, "text/e").click()
    page.keyboard.press("u")
    expect(rows(page, "text/e")).to_have_count(0)
    console_hub.step("09:56")
    expect(rows(page, "zone/d")).to_have_count(0)
    page.click('[data-list="open"]')
    expect(rows(page, "zone/d").locator(".alarm-state")).to_have_text("New")
    expect(rows(page, "text/e").locator(".alarm-state")).to_have_text("New")


def test_a_cable_is_one_row_with_its_parts(told: Rack, alarms: Page) -> None:
    """Its parts open below it; from there the way leads to the devices and to the plan; the history has them all."""
    page = alarms
    page.keyboard.press("l")
    expect(page.locator('[data-list="shelved"]')).to_have_attribute("aria-pressed", "true")
    page.click('[data-list="open"]')
    told.tell(devices=tuple(device(each.id, Condition.ABSENT, each.kind, each.targets[0]) for each in DEVICES))
    row = rows(page, "17 of 17 devices behind it fail together")
    expect(row).to_be_visible()
    expect(page.locator("#pane-alarms tbody tr", has_text="does not answer")).to_have_count(0)
    row.click()
    page.keyboard.press("Enter")
    parts = page.locator(".alarm-parts li")
    expect(parts).to_have_count(17)
    expect(parts.filter(has_text=PLATE)).to_have_count(1)
    row.locator("button.plan").click()
    expect(page.locator("#pane-plan")).to_be_visible()
    page.click('[data-pane="alarms"]')
    row.click()
    page.keyboard.press("d")
    expect(page.locator("#device-marked")).to_have_text("17 marked")
    page.click('[data-pane="alarms"]')
    page.click('[data-list="history"]')
    page.fill("#alarm-find", "led-3")
    expect(page.locator(".alarm-history .idle")).to_be_visible()
    page.locator("#alarm-past-parts").check()
    found = page.locator(".alarm-history tbody tr")
    expect(found.first).to_contain_text(re.compile("led-3.*part of no"))
    assert page.locator("body").get_attribute("data-hacked") is None


def test_who_may_only_look(told: Rack, logged_in: LoggedIn) -> None:
    """A viewer sees alarms and devices, hears nothing, and can do nothing; a controller cannot shelve."""
    told.tell(alarms=(alarm("zone/v", Severity.ALARM),))
    page = logged_in("vera", "alarms")
    row = rows(page, "zone/v")
    expect(row.locator("button.acknowledge")).to_be_disabled()
    expect(page.locator("#alarm-ack")).to_be_disabled()
    assert page.locator("body").get_attribute("data-alarm-sounded") is None
    page.click('[data-pane="devices"]')
    page.locator("#device-table .ag-row", has_text="led-1").first.locator("input").check()
    expect(page.locator("#device-marked")).to_have_text("1 marked")
    expect(page.locator("#device-on")).to_be_disabled()
    controller = logged_in("clara", "alarms")
    expect(rows(controller, "zone/v").locator("button.shelve")).to_be_disabled()
    expect(rows(controller, "zone/v").locator("button.acknowledge")).to_be_enabled()


def listed(page: Page) -> Locator:
    return page.locator("#device-table .ag-center-cols-container .ag-row, #device-table .ag-row[row-id]")


def cell(page: Page, name: str, column: str) -> Locator:
    return page.locator(f'#device-table .ag-row[row-id="guidance/{name}"] [col-id="{column}"]')


def test_devices_are_found_marked_and_commanded(told: Rack, devices: Page) -> None:
    """By kind, place, condition, subsystem and words; each device is commanded by itself and shows what came of it."""
    page = devices
    count = page.locator("#device-count")
    expect(count).to_have_text("17 of 17, 1 not well")
    expect(listed(page).first).to_contain_text("Degraded")
    assert EVIL in listed(page).first.inner_text()
    page.select_option("#device-condition", "ill")
    expect(count).to_contain_text("1 of 17")
    page.select_option("#device-condition", "")
    page.select_option("#device-place", "platform.3")
    expect(count).to_contain_text("10 of 17")
    page.select_option("#device-kind", "board")
    expect(count).to_contain_text("2 of 17")
    page.select_option("#device-place", "")
    page.select_option("#device-subsystem", "guidance")
    expect(count).to_contain_text("8 of 17")
    page.keyboard.press("Escape")
    page.locator("#device-table .ag-header-select-all input").check()
    expect(page.locator("#device-marked")).to_have_text("8 marked")
    expect(page.locator("#device-volume")).to_be_disabled()
    page.click("#device-off")
    expect(cell(page, "led-3", "outcome")).to_contain_text("✕ refused")
    for number in (0, 1, 2, 4, 5, 6, 7):
        expect(cell(page, f"led-{number}", "outcome")).to_have_text("✓ done")
    assert sorted(command.devices for command in told.commands) == [(f"led-{number}",) for number in range(8)]
    assert {(command.action, command.by) for command in told.commands} == {("off", "Susan")}
    expect(page.locator(".toast.error")).to_contain_text("7 of 8 devices did it")
    told.tell(devices=(device("led-0", Condition.OFF),))
    expect(cell(page, "led-0", "condition")).to_have_text("○ Off")
    assert page.locator("body").get_attribute("data-hacked") is None


def test_what_has_to_be_known_first_is_asked(told: Rack, devices: Page) -> None:
    """Brightness and volume in percent, and whether really to start anew; what a kind cannot do is said beside it."""
    page = devices
    page.fill("#device-find", "speaker-1")
    expect(page.locator("#device-count")).to_contain_text("1 of 17")
    page.locator("#device-table .ag-header-select-all input").check()
    page.fill("#device-find", "led-1")
    page.locator("#device-table .ag-header-select-all input").check()
    page.fill("#device-find", "")
    expect(page.locator("#device-marked")).to_have_text("2 marked")
    page.locator("#device-find").blur()
    page.keyboard.press("v")
    page.fill("#sheet-percent", "35")
    page.press("#sheet-percent", "Enter")
    expect(cell(page, "speaker-1", "outcome")).to_have_text("✓ done")
    expect(cell(page, "led-1", "outcome")).to_contain_text("not for its kind")
    (volume,) = told.commands
    assert (volume.action, volume.devices, volume.parameters[0].value) == ("volume", ("speaker-1",), "35")
    page.click("#device-restart")
    page.keyboard.press("Escape")
    expect(page.locator("#sheet form")).to_have_count(0)
    page.click("#device-restart")
    page.click("#sheet button.danger")
    expect(cell(page, "led-1", "outcome")).to_have_text("✓ done")
    page.click("#device-test")
    page.wait_for_function("() => document.querySelectorAll('.toast').length >= 2")
    assert [command.action for command in told.commands].count("restart") == 2


@pytest.mark.usefixtures("told")
def test_since_when_everything_is_so(devices: Page) -> None:
    """Subsystems, the feed, its lines and gateways, each with since when; a device says that itself."""
    page = devices
    expect(cell(page, "led-5", "since")).to_contain_text("09:30")
    page.click('[data-of="conditions"]')
    expect(page.locator('[data-condition="subsystem/guidance"]')).to_contain_text(re.compile("Connected.*09:4"))
    expect(page.locator('[data-condition="line/line"]')).to_contain_text("before the hub's start")
    page.click("#language")
    page.click('[data-pane="devices"]')
    expect(page.locator("#device-off")).to_have_text("关 F")
    page.click('[data-pane="alarms"]')
    expect(page.locator('[data-list="history"]')).to_have_text("历史")
    page.click("#language")
