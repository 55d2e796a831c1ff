"""The hub's table of the configuration file."""

from __future__ import annotations

from pathlib import Path

import pytest

from stationmaster.hub.people.people_settings import PeopleSettings
from stationmaster.hub.settings import DoorSettings, HubSettings, Operator, Subsystem
from stationmaster.hub.subsystems.watch_settings import WatchSettings
from stationmaster_base.configuration import Faults, read_toml
from stationmaster_dmis.settings import FolderPlace, LineSettings, SerialPlace, UdpPlace
from stationmaster_kernel.account import Role
from stationmaster_protocol.tls import TlsFiles

MUCH = """
[hub]
station = "sample"
database = "postgresql://hub:secret@db/station"
listen = "0.0.0.0"
port = 80
protocol_listen = "0.0.0.0"
protocol_port = 7311
line = "/dev/ttyS0"
baud = 9600
line_keys = "line.keys"
line_seen = "/var/seen.json"
feed_late_s = 20
feed_lost_s = 90.5
heartbeat_s = 2
plan_days = 5
[hub.protocol]
certificate = "hub.pem"
key = "/etc/hub.key"
client_authority = "authority.pem"
revoked = "revoked.pem"
signing = "pki"
connections_s = 5
[hub.subsystems]
guidance = "one"
broadcast-2 = { token = "two", kind = "voice" }
[hub.operators]
"controller 1" = "three"
"综控员" = "four"
[hub.people]
second_factor = ["administrator", "security"]
two_persons = ["emergency", "show", "command:volume"]
confirm_minutes = 3
key = "/run/people.key"
separate = true
plain_http = true
idle_minutes = 20
shift_hours = 8
first_login = "/run/first"
"""


def read(folder: Path, text: str) -> tuple[HubSettings, list[str]]:
    """The settings of a file, and its faults."""
    file = folder / "station.toml"
    file.write_text(text, "utf-8")
    faults = Faults()
    settings = HubSettings.from_table(read_toml(file, faults, "station.toml").table("hub"), folder)
    return settings, [f"{fault.place}: {fault.problem}" for fault in faults]


def test_everything_can_be_set(tmp_path: Path) -> None:
    """Every key is read; an absolute path stays, a relative one counts from the file's folder."""
    settings, faults = read(tmp_path, MUCH)
    assert faults == []
    assert settings == HubSettings(
        station=tmp_path / "sample",
        database=settings.database,
        listen="0.0.0.0",
        port=80,
        protocol_listen="0.0.0.0",
        protocol_port=7311,
        lines=(
            LineSettings(
                name="line",
                place=SerialPlace(device=Path("/dev/ttyS0"), baud=9600),
                keys=tmp_path / "line.keys",
                seen=Path("/var/seen.json"),
            ),
        ),
        feed_late_s=20.0,
        feed_lost_s=90.5,
        heartbeat_s=2.0,
        plan_days=5,
        door=DoorSettings(
            tls=TlsFiles(
                certificate=tmp_path / "hub.pem",
                key=Path("/etc/hub.key"),
                client_authority=tmp_path / "authority.pem",
            ),
            revoked=tmp_path / "revoked.pem",
            signing=tmp_path / "pki",
            connections_s=5.0,
        ),
        subsystems=(
            Subsystem(identity="guidance", token="one"),
            Subsystem(identity="broadcast-2", token="two", kind="voice"),
        ),
        operators=(Operator(name="controller 1", token="three"), Operator(name="综控员", token="four")),
        people=PeopleSettings(
            second_factor=frozenset({Role.ADMINISTRATOR, Role.SECURITY}),
            two_persons=frozenset({"emergency", "show", "command:volume"}),
            confirm_minutes=3,
            key=Path("/run/people.key"),
            separate=True,
            plain_http=True,
            idle_s=1200.0,
            longest_s=28800.0,
            first_login=Path("/run/first"),
        ),
    )
    assert settings.database.host == "db"


def test_a_station_is_enough(tmp_path: Path) -> None:
    """With the folder alone the rest is as the operation guide says: loopback, an SQLite file, no line."""
    settings, faults = read(tmp_path, '[hub]\nstation = "sample"\n')
    assert faults == []
    assert settings.database.database == str(tmp_path / "hub.db")
    assert (settings.listen, settings.port, settings.protocol_port) == ("127.0.0.1", 8080, 7310)
    assert (settings.lines, settings.subsystems) == ((), ())
    assert (settings.plan_days, settings.operators) == (3, ())
    assert settings.people == PeopleSettings(first_login=tmp_path / "first-login.txt", key=tmp_path / "people.key")


def test_every_fault_is_found_at_once(tmp_path: Path) -> None:
    """What is missing, misspelt or impossible is reported together, by key."""
    _, faults = read(
        tmp_path,
        '[hub]\ndatabase = "nowhere"\nport = 70000\nfeed_late_s = 10\nfeed_lost_s = 10\nlin = "x"\n'
        "[hub.subsystems]\nguidance = 5\n",
    )
    assert [fault.split(": ")[0] for fault in faults] == [
        "hub.database",
        "hub.station",
        "hub.port",
        "hub.subsystems.guidance",
        "hub.feed_lost_s",
        "hub.lin",
    ]


@pytest.mark.parametrize("listen", ["0.0.0.0", "::", "10.0.0.2", "hub.example"])
def test_no_plain_text_outside_of_the_machine(tmp_path: Path, listen: str) -> None:
    """Without a certificate the protocol's port is on this machine alone, and there is no setting against that."""
    start = f'[hub]\nstation = "sample"\nprotocol_listen = "{listen}"\n'
    _, faults = read(tmp_path, start)
    assert [fault.split(": ")[0] for fault in faults] == ["hub.protocol_listen"]
    assert "there is no TLS" in faults[0]
    _, faults = read(tmp_path, f"{start}[hub.protocol]\ninsecure = true\n")
    assert [fault.split(": ")[0] for fault in faults] == ["hub.protocol.insecure", "hub.protocol_listen"]
    _, faults = read(tmp_path, f'{start}[hub.protocol]\ncertificate = "a"\nkey = "b"\n')
    assert faults == []


def test_half_of_what_tls_needs(tmp_path: Path) -> None:
    """A certificate without its key, and what is of no use without another key, are said."""
    _, faults = read(
        tmp_path,
        '[hub]\nstation = "sample"\n'
        '[hub.protocol]\ncertificate = "hub.pem"\nrevoked = "revoked.pem"\nsigning = "pki"\n',
    )
    assert [fault.split(": ")[0] for fault in faults] == [
        "hub.protocol.key",
        "hub.protocol.revoked",
        "hub.protocol.signing",
    ]


def test_a_subsystem_whose_kind_nobody_can_tell(tmp_path: Path) -> None:
    """Rights go by kind, so a name that tells none needs one, and only a kind that there is."""
    _, faults = read(
        tmp_path,
        '[hub]\nstation = "sample"\n[hub.subsystems]\nhall = "one"\nguided = "two"\n'
        'query-2 = "three"\nwest = { token = "four", kind = "guide" }\n',
    )
    assert [fault.split(": ")[0] for fault in faults] == [
        "hub.subsystems.hall",
        "hub.subsystems.guided",
        "hub.subsystems.west.kind",
    ]


def test_several_lines_in_the_order_of_preference(tmp_path: Path) -> None:
    """Each comes in at a port, an address or a folder, with keys of its own or the hub's, and remembers by itself."""
    settings, faults = read(
        tmp_path,
        '[hub]\nstation = "sample"\nline_keys = "keys"\n'
        '[[hub.lines]]\nname = "A"\nport = "/dev/ttyS0"\nbaud = 9600\n'
        '[[hub.lines]]\nudp = "192.0.2.1:7320"\nsenders = ["192.0.2.7"]\nkeys = "other"\nseen = "/var/b.json"\n'
        '[[hub.lines]]\nname = "C"\nfolder = "drop"\nformat = "vendor"\n',
    )
    assert faults == []
    assert settings.lines == (
        LineSettings(
            name="A",
            place=SerialPlace(device=Path("/dev/ttyS0"), baud=9600),
            keys=tmp_path / "keys",
            seen=tmp_path / "line-seen-A.json",
        ),
        LineSettings(
            name="line-2",
            place=UdpPlace(host="192.0.2.1", port=7320, senders=("192.0.2.7",)),
            keys=tmp_path / "other",
            seen=Path("/var/b.json"),
        ),
        LineSettings(
            name="C",
            place=FolderPlace(folder=tmp_path / "drop"),
            format="vendor",
            keys=tmp_path / "keys",
            seen=tmp_path / "line-seen-C.json",
        ),
    )


def test_what_is_wrong_with_lines(tmp_path: Path) -> None:
    """Each line comes in at one place, has a name of its own, and addresses that are some."""
    _, faults = read(
        tmp_path,
        '[hub]\nstation = "sample"\nline = "/dev/ttyS0"\n'
        '[[hub.lines]]\nname = "A"\nport = "/dev/ttyS0"\nudp = "127.0.0.1:1"\n'
        '[[hub.lines]]\nname = "B"\nudp = "gateway"\n'
        '[[hub.lines]]\nname = "B"\nudp = "127.0.0.1:7"\nsenders = ["x"]\nbaud = 9600\n'
        + '[[hub.lines]]\nport = "a"\n'
        * 6,
    )
    assert [fault.split(" ")[0] for fault in faults] == [
        "hub.line:",
        "hub.lines:",
        "hub.lines[1].port:",
        "hub.lines[2].udp:",
        "hub.lines[2].udp:",
        "hub.lines[3].senders:",
        "hub.lines[3].baud:",
        "hub.lines[3].name:",
    ]


def test_tokens_are_not_shown(tmp_path: Path) -> None:
    """The settings can be logged without giving the secrets away."""
    shown = repr(read(tmp_path, MUCH)[0])
    assert not any(f"'{secret}'" in shown for secret in ("two", "three"))


def test_each_operator_has_a_token_of_his_own(tmp_path: Path) -> None:
    """Two operators with one token could not be told apart, and an operator without one could not act."""
    text = '[hub]\nstation = "sample"\n[hub.operators]\nLi = "same"\nWang = "same"\nZhao = ""\nSun = "a b"\n'
    _, faults = read(tmp_path, text)
    assert faults == [
        "hub.operators.Zhao: '' is not text",
        "hub.operators.Li: has the same token as another operator",
        "hub.operators.Wang: has the same token as another operator",
        "hub.operators.Sun: is no token",
    ]


def test_for_how_long_something_may_be_wrong(tmp_path: Path) -> None:
    """Each limit of `[hub.watch]` is read; one that cannot be is told, and so is a word that is not known."""
    settings, faults = read(
        tmp_path,
        '[hub]\nstation = "sample"\n[hub.watch]\nabsent_s = 60\nreadback_s = 4.5\nreadback_from = ["led"]\n',
    )
    assert faults == []
    assert settings.watch == WatchSettings(absent_s=60, readback_s=4.5, readback_from=("led",))
    _, faults = read(tmp_path, '[hub]\nstation = "sample"\n[hub.watch]\nbehind_s = 0\nreadback = 3\n')
    assert [fault.split(" ")[0] for fault in faults] == ["hub.watch.behind_s:", "hub.watch.readback:"]


def test_who_shows_codes_and_what_needs_two_are_words_that_exist(tmp_path: Path) -> None:
    """A misspelt role, deed or word would leave something unguarded, and is told."""
    text = (
        '[hub]\nstation = "sample"\n[hub.people]\nsecond_factor = ["boss"]\ntwo_persons = ["emergancy", "command:"]\n'
    )
    _, faults = read(tmp_path, text)
    assert faults == [
        "hub.people.second_factor[0]: 'boss' is not known",
        "hub.people.two_persons: 'emergancy' is not known",
        "hub.people.two_persons: 'command:' is not known",
    ]
