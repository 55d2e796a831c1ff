"""The log: what was done is in it once and in order, whatever becomes of database and process; a change is found."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL

from hub.making import MadeHub, begin, made_hub, run_sql
from stationmaster.hub.audit.audit_log import AuditLog
from stationmaster.hub.audit.log_search import LogFilter, LogReader, csv_lines
from stationmaster.hub.audit.record import BEGINNING, Change, LogHead, LogRecord
from stationmaster.hub.storage.database import database_url
from stationmaster.hub.storage.store import StoreDown
from stationmaster_kernel.account import Account, Role
from stationmaster_kernel.deeds import Delay, Undo
from stationmaster_kernel.inputs import Act, DropAccount, PutAccount
from stationmaster_kernel.values import EventName
from support.small_station import at

VERIFIER = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21l$RdescudvJCsgt3ub+b4dWRWJTmaaJObG"
CALL = "TST/2026-03-01/G1/1"


class Logged:
    """A hub with its log, at seven o'clock."""

    def __init__(self, hub: MadeHub, url: URL, probe: Callable[[str], None] = lambda _: None) -> None:
        self.hub = hub
        self.now = float(at("07:00"))
        self.log = AuditLog(
            store=hub.store,
            in_writer=hub.thread,
            reactor=hub.reactor,
            now=lambda: self.now,
            keep_days=30,
            probe=probe,
        )
        self.told: list[LogRecord] = []
        self.log.on_records(self.told.extend)
        self.reader = LogReader(url)
        hub.pipeline.on_commit(self.log.committed)
        hub.pipeline.on_new_beginning(self.log.begun_anew)
        hub.open()
        self.log.begin()

    def records(self, **wanted: Any) -> list[LogRecord]:
        return self.reader.onwards(LogFilter(**wanted), 0, 10_000)

    def faults(self, *known: LogHead) -> list[tuple[int, str]]:
        head = self.log.head
        proof = self.reader.proof((*known, *(() if head is None else (head,))))
        return [(fault.sequence, fault.code) for fault in proof.faults]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables, which takes some time to make."""
    folder = tmp_path_factory.mktemp("made")
    with made_hub(database_url("sqlite:///hub.db", folder)) as hub:
        hub.open()
    return folder / "hub.db"


@pytest.fixture
def url(made: Path, tmp_path: Path) -> URL:
    shutil.copy(made, tmp_path)
    return database_url("sqlite:///hub.db", tmp_path)


@pytest.fixture
def logged(url: URL) -> Iterator[Logged]:
    with made_hub(url) as hub:
        yield Logged(hub, url)


def act(name: str = "act/1", *, by: str = "李站长", minutes: int = 10, call: str = CALL) -> Act:
    """A delay."""
    deeds = (Delay(call=call, event=EventName.DEPARTURE, minutes=minutes),)
    return Act(id=name, at=at("07:00"), by=by, why="points failure", deeds=deeds)


def test_an_act_is_in_the_log_with_each_field(logged: Logged) -> None:
    """Who, when, why, and from what to what."""
    logged.hub.put(*begin(), act())
    (record,) = logged.records(kinds=("act",))
    told = record.happening
    assert (told.who, told.why, told.subject, told.words) == ("李站长", "points failure", CALL, "delay")
    assert told.at == at("07:00")
    (departure,) = [change for change in told.changes if change.field == "departure.expected"]
    assert departure.subject == f"call {CALL}"
    assert departure.before != departure.after


def test_refusals_accounts_and_undoing_are_in_the_log(logged: Logged) -> None:
    """An act that was refused, an account's every change without a verifier, and an act that was taken back."""
    li = Account(id="li", name="李站长", roles=(Role.SUPERVISOR,), verifier=VERIFIER)
    boss = Account(id="wang", name="Wang", roles=(Role.ADMINISTRATOR,), verifier=VERIFIER)
    logged.hub.put(
        *begin(),
        act("act/1", call="TST/2026-03-01/G9/1"),
        act("act/2"),
        Act(id="act/3", at=at("07:00"), by="Wang", deeds=(Undo(act="act/2"),)),
        PutAccount(id="account/1", at=at("07:00"), by="Wang", account=boss),
        PutAccount(id="account/2", at=at("07:00"), by="Wang", account=li),
        PutAccount(id="account/3", at=at("07:00"), by="Wang", account=_with(li, roles=(Role.VIEWER,), locked=True)),
        DropAccount(id="account/4", at=at("07:00"), by="Wang", account="li"),
        DropAccount(id="account/5", at=at("07:00"), by="Wang", account="wang"),
    )
    told = [(each.happening.kind, each.happening.words) for each in logged.records()]
    assert told == [
        ("configure", "station folder: 49 resources changed"),
        ("act-refused", "delay: There is no call TST/2026-03-01/G9/1."),
        ("act", "delay"),
        ("act", "undo"),
        ("account", "made"),
        ("account", "made"),
        ("account", "changed"),
        ("account", "removed"),
        ("account-refused", "wang is the only administrator who may log in."),
    ]
    changed = {each.field: (each.before, each.after) for each in logged.records()[6].happening.changes}
    assert changed == {"roles": ("supervisor", "viewer"), "locked": ("no", "yes")}
    assert "argon2" not in "".join(map(repr, logged.records()))
    assert logged.faults() == []


def test_what_no_journal_has_is_recorded_after_what_it_has(logged: Logged) -> None:
    """A login and a command stand at their place; each is answered when it is on disk, and the chain holds."""
    done: list[LogRecord] = []
    logged.hub.put(*begin())
    logged.log.record("login", who="Li", login="li", origin="10.0.0.7").addCallback(done.append)
    logged.hub.put(act())
    change = Change(subject="led-4", field="brightness", before="80", after="40")
    logged.log.record("command", who="Li", login="li", changes=(change,)).addCallback(done.append)
    assert [each.happening.kind for each in logged.records()] == ["configure", "login", "act", "command"]
    assert [each.sequence for each in done] == [2, 4]
    assert logged.told == logged.records()
    assert logged.log.head == logged.records()[-1].head
    assert logged.log.idle
    assert logged.faults() == []


def test_the_log_is_searched(logged: Logged) -> None:
    """By time, person (name or login, in any letters), kind and words, with signs that SQL and JSON hold for theirs."""
    logged.log.record("login", who="Li", login="li.1", origin="10.0.0.7")
    logged.now += 60
    logged.log.record("command", who="Wang", login="wang", words='says "100 %" \\ _')
    logged.log.record("export", who="desk-1", words="晚点未定 Delay")
    wanted = {
        "Li": {"who": "li"},
        "Li ": {"who": "LI.1"},
        "Wang": {"text": '"100 %" \\ _'},
        "desk-1": {"text": "晚点未定 DELAY"},
        "desk-1 ": {"text": "DESK"},
        "Wang ": {"kinds": ("command",)},
        "Li  ": {"until": at("07:01")},
    }
    for who, search in wanted.items():
        assert [each.happening.who for each in logged.records(**search)] == [who.strip()], search
    assert [each.happening.who for each in logged.records(since=at("07:01"))] == ["Wang", "desk-1"]
    assert logged.records(text="100 _") == []
    assert logged.records(who="l%") == []


def test_a_page_begins_where_the_last_one_ended(logged: Logged) -> None:
    """The newest come first, and each once."""
    for number in range(7):
        logged.log.record("login", who=f"{number}")
    pages, before = [], None
    while page := logged.reader.page(LogFilter(), before, 3):
        pages.append([each.happening.who for each in page])
        before = page[-1].sequence
    assert pages == [["6", "5", "4"], ["3", "2", "1"], ["0"]]


def test_nothing_in_a_spreadsheet_is_a_formula(logged: Logged) -> None:
    """Whatever a person writes as his name or reason is text to who opens the export."""
    logged.log.record("act", who="=HYPERLINK(1)", why="@SUM(A1)", words='a "b", c\nd')
    text = csv_lines(logged.records())
    assert "'=HYPERLINK(1)" in text
    assert "'@SUM(A1)" in text
    assert '"a ""b"", c\nd"' in text


def test_the_log_is_kept_in_every_kind_of_database(database: URL) -> None:
    """Written, searched, cut, proved, and found to have been changed; texts that one kind would not take are mended."""
    with made_hub(database) as hub:
        logged = Logged(hub, database)
        li = Account(id="li", name="李站长", roles=(Role.SUPERVISOR,), verifier=VERIFIER)
        hub.put(*begin(), PutAccount(id="account/1", at=at("07:00"), by="desk", account=li), act())
        logged.log.record("login", who="nobody \ud800", words='NUL \0, "100 %"')
        (record,) = logged.records(text='"100 %"')
        assert (record.happening.who, record.happening.words) == ("nobody ?", 'NUL �, "100 %"')
        assert [each.happening.login for each in logged.records(who="LI")] == ["li"]
        assert logged.faults() == []
        logged.now += 60 * 86400
        hub.put(act("act/2", minutes=11))
        assert logged.records()[0].happening.kind == "log-cut"
        assert logged.faults() == []
        run_sql(database, "UPDATE audit SET at = at - 1")
        assert [code for _, code in logged.faults()] == ["altered"] * len(logged.records())


TAMPERING = {
    "who it was": ("UPDATE audit SET who = 'Wang' WHERE sequence = 3", [(3, "altered")]),
    "when it was": ("UPDATE audit SET at = at + 1 WHERE sequence = 3", [(3, "altered")]),
    "what kind it was": ("UPDATE audit SET kind = 'logout' WHERE sequence = 3", [(3, "altered")]),
    "what it says": ("UPDATE audit SET body = replace(body, '10', '11') WHERE sequence = 3", [(3, "altered")]),
    "its hash": ("UPDATE audit SET hash = previous WHERE sequence = 3", [(3, "altered"), (4, "broken")]),
    "which was before": ("UPDATE audit SET previous = hash WHERE sequence = 3", [(3, "broken"), (3, "altered")]),
    "one taken out": ("DELETE FROM audit WHERE sequence = 3", [(4, "gap")]),
    "the first taken out": ("DELETE FROM audit WHERE sequence = 1", [(2, "beginning")]),
    "the last taken out": ("DELETE FROM audit WHERE sequence = 5", [(5, "end"), (5, "end")]),
    "all taken out": ("DELETE FROM audit", [(5, "end"), (5, "end")]),
    "its end forgotten": ("DELETE FROM audit_end", [(5, "end")]),
    "two exchanged": (
        "UPDATE audit SET sequence = CASE sequence WHEN 2 THEN -3 ELSE -2 END WHERE sequence IN (2, 3);"
        "UPDATE audit SET sequence = -sequence WHERE sequence < 0",
        [(2, "broken"), (2, "altered"), (3, "broken"), (3, "altered"), (4, "broken")],
    ),
    "the beginning cut": (
        "UPDATE audit_end SET cut_sequence = 2, cut_hash = (SELECT hash FROM audit WHERE sequence = 2);"
        "DELETE FROM audit WHERE sequence < 3",
        [(2, "beginning")],
    ),
    "the end cut, and its row with it": (
        "DELETE FROM audit WHERE sequence > 3; UPDATE audit_end SET sequence = 3, hash = "
        "(SELECT hash FROM audit WHERE sequence = 3)",
        [(5, "end")],
    ),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_found(logged: Logged, url: URL, what: str) -> None:
    """Whoever has the database and changes one thing in it is found out, while the hub runs."""
    for number in range(5):
        logged.log.record("login", who="Li", login=f"li{number}", origin="10.0.0.7")
    statements, found = TAMPERING[what]
    assert logged.faults() == []
    run_sql(url, *statements.split(";"))
    assert logged.faults() == found


def test_a_chain_that_was_written_anew_contradicts_who_knows_a_hash(logged: Logged, url: URL, tmp_path: Path) -> None:
    """With every hash made anew it is whole in itself; a hash that an auditor has written down proves it false."""
    for number in range(3):
        logged.log.record("login", who="Li", login=f"li{number}")
    noted = logged.records()[1].head
    other = database_url("sqlite:///other.db", tmp_path)
    with made_hub(other) as hub:
        forged = Logged(hub, other)
        for number in range(3):
            forged.log.record("login", who="Wang", login=f"li{number}")
    run_sql(
        url,
        f"ATTACH '{other.database}' AS other",
        "DELETE FROM audit",
        "INSERT INTO audit SELECT * FROM other.audit",
        "DELETE FROM audit_end",
        "INSERT INTO audit_end SELECT * FROM other.audit_end",
    )
    assert [(fault.sequence, fault.code) for fault in logged.reader.proof().faults] == []
    assert [(fault.sequence, fault.code) for fault in logged.reader.proof((noted,)).faults] == [(2, "rewritten")]
    assert logged.faults() == [(3, "rewritten")]


def test_what_was_found_is_an_alarm_and_in_the_log(logged: Logged, url: URL) -> None:
    """It is raised at once, stays while it is so, and is recorded once."""
    logged.log.record("login", who="Li")
    logged.log.record("login", who="Wang")
    assert [sign.id for sign in logged.log.signs()] == []
    run_sql(url, "UPDATE audit SET who = 'nobody' WHERE sequence = 1")
    for _ in range(2):
        logged.log.proved(logged.reader.proof())
    assert [sign.id for sign in logged.log.signs()] == ["log-damaged"]
    assert [each.happening.words for each in logged.records(kinds=("log-damaged",))] == ["1 altered"]


@pytest.mark.parametrize("point", ["before-log", "inside-log", "after-log"])
def test_an_outcome_that_is_not_known_is_settled(url: URL, point: str) -> None:
    """The database fails before, during or after a commit: each record is there once, and nothing contradicts."""
    failing: list[str] = []

    def probe(passed: str) -> None:
        if passed in failing:
            failing.remove(passed)
            raise StoreDown(f"gone at {passed}")

    with made_hub(url) as hub:
        logged = Logged(hub, url, probe)
        hub.put(*begin())
        failing.append(point)
        done: list[LogRecord] = []
        logged.log.record("login", who="Li").addCallback(done.append)
        assert done == []
        assert [sign.id for sign in logged.log.signs()] == ["log-not-written"]
        logged.log.record("login", who="Wang").addCallback(done.append)
        hub.put(act())
        hub.reactor.advance(10)
        assert sorted(each.happening.kind for each in logged.records()) == ["act", "configure", "login", "login"]
        assert [each.happening.who for each in done] == ["Li", "Wang"]
        assert list(logged.log.signs()) == []
        assert logged.faults() == []


@pytest.mark.parametrize("point", ["before-log", "inside-log", "after-log"])
def test_a_hub_that_was_killed_between_act_and_record_tells_it_when_it_is_back(url: URL, point: str) -> None:
    """What is committed is in the log, once, wherever the process ended in between."""
    dead: list[str] = []

    def probe(passed: str) -> None:
        if passed in dead:
            raise StoreDown("the process is gone")

    with made_hub(url) as hub:
        Logged(hub, url, probe)
        hub.put(*begin())
        dead.append(point)
        hub.put(act())
    with made_hub(url, epochs=("epoch-2",)) as hub:
        logged = Logged(hub, url)
        assert [each.happening.kind for each in logged.records()] == ["configure", "act"]
        assert logged.faults() == []


def test_the_journal_of_long_before_is_taken_over(url: URL) -> None:
    """A hub that had no log yet has one from its journal's beginning on, in order."""
    with made_hub(url) as hub:
        hub.open().put(*begin(), *(act(f"act/{number}", minutes=number + 1) for number in range(230)))
    with made_hub(url, epochs=("epoch-2",)) as hub:
        logged = Logged(hub, url)
        found = [each.happening for each in logged.records(kinds=("act",))]
        assert [each.journal for each in found] == list(range(4, 234))
        assert logged.faults() == []


def test_old_records_go_and_the_rest_is_proved(logged: Logged, url: URL) -> None:
    """After their days they are gone; a record of it stands in the log, and to cut more off is still found."""
    for day in range(40):
        logged.now = float(at("07:00", days=day))
        logged.log.record("login", who=f"{day}")
    logged.hub.put(*begin())
    left = logged.records()
    assert left[0].happening.who == "9"
    (told,) = [each for each in left if each.happening.kind == "log-cut"]
    assert told.happening.changes[0].before == f"0:{BEGINNING.hash}"
    assert logged.faults() == []
    run_sql(url, f"DELETE FROM audit WHERE sequence = {left[0].sequence}")
    assert logged.faults() == [(left[1].sequence, "beginning")]


def test_a_database_that_was_put_back_to_an_older_state_is_told(logged: Logged, url: URL, tmp_path: Path) -> None:
    """The log goes on after what was lost, says so, and the check names the gap."""
    logged.log.record("login", who="1")
    copy = tmp_path / "copy.db"
    run_sql(url, f"VACUUM INTO '{copy}'")
    logged.log.record("login", who="2")
    logged.log.record("login", who="3")
    run_sql(
        url,
        f"ATTACH '{copy}' AS copy",
        "DELETE FROM audit",
        "INSERT INTO audit SELECT * FROM copy.audit",
        "DELETE FROM audit_end",
        "INSERT INTO audit_end SELECT * FROM copy.audit_end",
    )
    logged.log.record("login", who="4")
    assert [(each.sequence, each.happening.kind) for each in logged.records()] == [
        (1, "login"),
        (4, "log-lost"),
        (5, "login"),
    ]
    assert logged.faults() == [(4, "gap")]


def _with(account: Account, **changes: Any) -> Account:
    return Account(**{**{name: getattr(account, name) for name in account.__slots__}, **changes})
