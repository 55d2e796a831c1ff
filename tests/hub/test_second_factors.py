"""Second factors: codes are those of RFC 6238, each counts once, and what is kept of them opens for nobody else."""

from __future__ import annotations

import itertools
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL
from twisted.internet.defer import Deferred

from hub.making import MadeHub, begin, made_hub
from stationmaster.hub.audit.sealing import Seal, read_key
from stationmaster.hub.audit.second_factors import RECOVERY_CODES, SecondFactorBook
from stationmaster.hub.audit.totp import STEP_S, invitation, matching_step
from stationmaster.hub.storage.database import database_url
from stationmaster_base.errors import StationError
from stationmaster_kernel.account import Account, Role
from stationmaster_kernel.inputs import DropAccount, PutAccount
from support.small_station import at

RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""The ASCII text 12345678901234567890, in base 32."""

RFC_VECTORS = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}
"""RFC 6238, appendix B, SHA-1: eight digits, of which an app shows the last six."""

KEY = bytes(range(32))
VERIFIER = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21l$RdescudvJCsgt3ub+b4dWRWJTmaaJObG"


def account(login: str = "li", *roles: Role) -> Account:
    return Account(id=login, name=login, roles=roles or (Role.VIEWER,), verifier=VERIFIER)


class Factors:
    """Second factors on a real store; the world's time is set by hand."""

    def __init__(self, hub: MadeHub, key: bytes = KEY) -> None:
        self.hub = hub
        self.now = 1_800_000_000.0
        self.book = SecondFactorBook(
            store=hub.store,
            in_writer=hub.thread,
            seal=lambda: Seal(key, os.urandom),
            required=frozenset({Role.ADMINISTRATOR}),
            issuer="明泽南站",
            wall=lambda: self.now,
            random_bytes=os.urandom,
        )
        self.book.load()

    def enrol(self, login: str = "li") -> tuple[pyotp.TOTP, tuple[str, ...]]:
        """Somebody's app, and his recovery codes."""
        app = pyotp.TOTP(self.book.invite(login).secret)
        return app, result(self.book.confirm(login, app.at(int(self.now))))


def result(done: Deferred[tuple[str, ...]]) -> tuple[str, ...]:
    found: list[tuple[str, ...]] = []
    done.addCallback(found.append)
    return found[0]


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
def factors(url: URL) -> Iterator[Factors]:
    with made_hub(url) as hub:
        hub.open()
        yield Factors(hub)


@pytest.mark.parametrize("moment", RFC_VECTORS)
def test_codes_are_those_of_the_standard(moment: int) -> None:
    """Each of the RFC's instants has the RFC's code, and no other instant's code is taken for it."""
    code = RFC_VECTORS[moment][-6:]
    assert matching_step(RFC_SECRET, code, moment, 0) == moment // STEP_S
    for other, theirs in RFC_VECTORS.items():
        near = abs(other // STEP_S - moment // STEP_S) <= 1
        assert (matching_step(RFC_SECRET, theirs[-6:], moment, 0) is not None) == near


def test_a_clock_may_differ_by_one_step_and_no_more() -> None:
    """The steps before and after count, the next ones do not, and no step counts that is not after the last one."""
    app, now = pyotp.TOTP(RFC_SECRET), 1_800_000_000
    step = now // STEP_S
    for drift in (-1, 0, 1):
        assert matching_step(RFC_SECRET, app.at(now + drift * STEP_S), now, 0) == step + drift
        assert matching_step(RFC_SECRET, app.at(now + drift * STEP_S), now, step + drift) is None
    for drift in (-3, -2, 2, 3):
        assert matching_step(RFC_SECRET, app.at(now + drift * STEP_S), now, 0) is None
    assert matching_step(RFC_SECRET, f" {app.at(now)[:3]} {app.at(now)[3:]}", now, 0) == step
    for nonsense in ("", "12345", "1234567", "abcdef", "１２３４５６", "-12345", "12.456"):
        assert matching_step(RFC_SECRET, nonsense, now, 0) is None


def test_a_code_counts_once(factors: Factors) -> None:
    """What somebody saw being typed is of no use to him, nor is the code of the step before."""
    app, _ = factors.enrol()
    li = account()
    assert not factors.book.check(li, app.at(int(factors.now)))  # it was shown when he enrolled
    factors.now += STEP_S
    code, before = app.at(int(factors.now)), app.at(int(factors.now) - STEP_S)
    assert factors.book.check(li, code)
    assert not factors.book.check(li, code)
    assert not factors.book.check(li, before)
    assert not factors.book.check(account("wang"), app.at(int(factors.now) + STEP_S))
    factors.now += STEP_S
    assert factors.book.check(li, app.at(int(factors.now)))


def test_a_code_that_was_shown_does_not_count_after_a_restart(factors: Factors) -> None:
    """The last step is on disk, and so is who has a second factor."""
    app, codes = factors.enrol()
    factors.now += STEP_S
    code = app.at(int(factors.now))
    assert factors.book.check(account(), code)
    assert factors.book.check(account(), codes[0])
    later = Factors(factors.hub)
    later.now = factors.now
    assert later.book.needed(account())
    assert not later.book.check(account(), code)
    assert not later.book.check(account(), codes[0])
    assert later.book.check(account(), codes[1].lower().replace("-", " "))


def test_recovery_codes_count_once_each(factors: Factors) -> None:
    """There are ten, all different, and each opens the door one time."""
    _, codes = factors.enrol()
    assert len(set(codes)) == RECOVERY_CODES
    for code in codes:
        assert factors.book.check(account(), code)
        assert not factors.book.check(account(), code)
    assert not factors.book.check(account(), "")


def test_who_must_have_one_and_who_may(factors: Factors) -> None:
    """A role that must keeps its people out until they have one; others are asked once they have one."""
    boss = account("wang", Role.VIEWER, Role.ADMINISTRATOR)
    assert factors.book.needed(boss)
    assert not factors.book.check(boss, "000000")
    assert not factors.book.needed(account())
    factors.enrol()
    assert factors.book.needed(account())


def test_an_invitation_counts_only_once_its_code_was_shown(factors: Factors) -> None:
    """Another code, no invitation, one of long ago, or a second one while there is one: each is refused."""
    invited = factors.book.invite("li")
    app = pyotp.TOTP(invited.secret)
    with pytest.raises(StationError, match="not the code"):
        factors.book.confirm("li", app.at(int(factors.now) + 10 * STEP_S))
    with pytest.raises(StationError, match="waits"):
        factors.book.confirm("wang", app.at(int(factors.now)))
    assert not factors.book.needed(account())
    factors.now += 1000
    with pytest.raises(StationError, match="waits"):
        factors.book.confirm("li", app.at(int(factors.now)))
    factors.enrol()
    with pytest.raises(StationError, match="has a second factor"):
        factors.book.invite("li")


def test_it_is_reset_by_others_and_goes_with_the_account(factors: Factors) -> None:
    """After a reset, and for the next person with that name, there is none; it stays so after a restart."""
    factors.enrol()
    done: list[bool] = []
    factors.book.reset("li").addCallback(done.append)
    factors.book.reset("li").addCallback(done.append)
    assert done == [True, False]
    factors.hub.pipeline.on_commit(factors.book.committed)
    factors.enrol()
    put = PutAccount(id="a/1", at=at("07:00"), by="x", account=account())
    factors.hub.put(*begin(), put, DropAccount(id="a/2", at=at("07:00"), by="x", account="li"))
    assert not factors.book.needed(account())
    assert not Factors(factors.hub).book.needed(account())


def test_the_database_holds_no_secret(factors: Factors, url: URL) -> None:
    """Neither secret nor recovery code can be read from it; with another key, or another name, nothing opens."""
    app, codes = factors.enrol()
    engine = create_engine(url)
    with engine.begin() as connection:
        row = str(connection.execute(text("SELECT * FROM second_factor")).all())
        assert app.secret not in row
        assert not any(code in row or code.replace("-", "") in row for code in codes)
        connection.execute(text("UPDATE second_factor SET login = 'wang'"))
    engine.dispose()
    moved = Factors(factors.hub)
    assert moved.book.find("wang") is None
    assert moved.book.needed(account("wang"))
    assert [sign.id for sign in moved.book.signs()] == ["second-factor/wang"]
    moved.book.reset("wang")
    assert list(moved.book.signs()) == []


def test_another_key_opens_nothing(factors: Factors) -> None:
    """Whoever had a second factor is kept out until it is reset, and an alarm says why."""
    factors.enrol()
    other = Factors(factors.hub, bytes(32))
    assert other.book.needed(account())
    assert [sign.id for sign in other.book.signs()] == ["second-factor/li"]


def test_the_key_is_its_owners_alone(tmp_path: Path) -> None:
    """It is made once, for its owner to read, and not used when others may read it or when it is no key."""
    file = tmp_path / "people.key"
    key = read_key(file, os.urandom)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_key(file, os.urandom) == key
    file.chmod(0o640)
    with pytest.raises(StationError, match="others may read it"):
        read_key(file, os.urandom)
    file.chmod(0o600)
    for nonsense in ("", "00", "no key"):
        file.write_text(nonsense)
        with pytest.raises(StationError, match="cannot be used"):
            read_key(file, os.urandom)
    with pytest.raises(StationError, match="cannot be used"):
        read_key(tmp_path / "nowhere" / "people.key", os.urandom)


def test_an_app_is_told_by_a_picture(tmp_path: Path) -> None:
    """The address is as apps want it, and the picture is a QR code of it: square, with its three finders."""
    invited = invitation("li", "明泽南站")
    assert invited.uri.startswith("otpauth://totp/")
    assert f"secret={invited.secret}" in invited.uri
    assert "issuer=%E6%98%8E" in invited.uri
    assert len(invited.secret) == 32
    size = len(invited.picture)
    assert {len(row) for row in invited.picture} == {size}
    assert set("".join(invited.picture)) == {"0", "1"}
    for row, column in itertools.product((0, size - 7), repeat=2):
        corner = [line[column : column + 7] for line in invited.picture[row : row + 7]]
        assert (corner[0] == "1111111") == (not (row and column))
