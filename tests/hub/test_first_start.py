"""The first start: somebody can log in before there is anybody who could let him, and nobody else learns how."""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.making import MadeHub, made_hub
from hub.peopled import Peopled, account
from stationmaster.hub.people.first_start import FirstLogin, Teller
from stationmaster.hub.people.people_settings import PeopleSettings
from stationmaster.hub.storage.database import database_url
from stationmaster_kernel.account import Role
from stationmaster_people.passwords import LEAST, one_time_password, password_fault

LOGINS = (FirstLogin(login="admin", password="AAAA-BBBB"), FirstLogin(login="security", password="CCCC-DDDD"))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[MadeHub]:
    with made_hub(database_url("sqlite:///hub.db", tmp_path)) as made:
        yield made


class Terminal(io.StringIO):
    """A stream at whose end somebody sits."""

    def isatty(self) -> bool:
        return True


def passwords(file: Path) -> dict[str, str]:
    """What the file says, by login."""
    return dict(line.split(": ") for line in file.read_text("utf-8").splitlines())


def test_without_any_account_there_is_one_to_begin_with(
    hub: MadeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An administrator with a one-time password, which stands in the file and nowhere else; it is made once, anew if
    the file is lost before it was used, and the file goes when it has been used.
    """
    file = tmp_path / "first"
    world = Peopled(hub, settings=PeopleSettings(first_login=file))
    world.desk.begin()
    assert {login: each.roles for login, each in world.accounts().items()} == {"admin": (Role.ADMINISTRATOR,)}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first = passwords(file)["admin"]
    assert first not in "".join(capsys.readouterr())
    assert first not in str(world.told.records)
    assert "first-start" in world.told.kinds()
    world.desk.begin()
    assert passwords(file)["admin"] == first
    file.unlink()
    world.desk.begin()
    second = passwords(file)["admin"]
    assert second != first
    admin = world.visitor()
    assert admin.log_in("admin", first)[0] == 401
    assert admin.log_in("admin", second)[1]["person"]["change_password"] is True
    change = {"old": second, "new": "river and 9 lanterns"}
    assert admin.ask("PUT", "/api/v1/session/password", change)[0] == 200
    assert not file.exists()
    world.desk.begin()
    assert not file.exists()


def test_where_the_administrations_are_apart_there_are_two(hub: MadeHub, tmp_path: Path) -> None:
    """One for the system, and one for accounts, who cannot do each other's work."""
    file = tmp_path / "first"
    world = Peopled(hub, settings=PeopleSettings(first_login=file, separate=True))
    world.desk.begin()
    assert {login: each.roles for login, each in world.accounts().items()} == {
        "admin": (Role.ADMINISTRATOR,),
        "security": (Role.SECURITY,),
    }
    assert passwords(file).keys() == {"admin", "security"}


def test_where_there_is_anybody_nothing_is_made(hub: MadeHub, tmp_path: Path) -> None:
    """Nobody comes in beside the people that a station has."""
    file = tmp_path / "first"
    world = Peopled(hub, account("wang", Role.VIEWER), settings=PeopleSettings(first_login=file))
    world.desk.begin()
    assert set(world.accounts()) == {"wang"}
    assert not file.exists()


def test_at_a_terminal_it_is_said_there(tmp_path: Path) -> None:
    """And written into no file."""
    stream, file = Terminal(), tmp_path / "first"
    teller = Teller(stream, file)
    teller.tell(LOGINS)
    assert "admin: AAAA-BBBB" in stream.getvalue()
    assert "security: CCCC-DDDD" in stream.getvalue()
    assert not file.exists()
    assert not teller.kept


def test_a_file_that_cannot_be_written_is_an_error_that_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The password is not said instead; a link that somebody has put there is not followed."""
    for file in (tmp_path / "none" / "first", None):
        Teller(io.StringIO(), file).tell(LOGINS)
        said = "".join(capsys.readouterr())
        assert "start the hub at a terminal" in said
        assert "AAAA" not in said
    link, aim = tmp_path / "link", tmp_path / "aim"
    aim.write_text("mine", "utf-8")
    link.symlink_to(aim)
    Teller(io.StringIO(), link).tell(LOGINS)
    assert aim.read_text("utf-8") == "mine"
    assert passwords(link)["admin"] == "AAAA-BBBB"
    Teller(io.StringIO(), tmp_path).done()
    assert "first-login-not-removed" in "".join(capsys.readouterr())


def test_a_one_time_password_can_be_typed_and_not_be_guessed() -> None:
    """Four groups of letters and digits of which none is taken for another; it is a password that may be had."""
    made = {one_time_password(bytes([number] * 16)) for number in range(256)}
    assert len(made) == 30
    for password in (one_time_password(bytes(range(0, 256, 16))), one_time_password(bytes(range(16)))):
        assert [len(group) for group in password.split("-")] == [4] * 4
        assert not set("01IOLU") & set(password)
        assert len(password) >= LEAST
    assert password_fault(one_time_password(bytes(range(0, 256, 16))), "admin") == ""
