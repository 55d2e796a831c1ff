"""Settings of the gateway."""

from __future__ import annotations

from pathlib import Path

from stationmaster_base.configuration import Faults, Table
from stationmaster_gateway.appliance_settings import ApplianceSettings
from stationmaster_gateway.settings import GatewaySettings, KeySettings
from stationmaster_gateway.wiring import Wiring

GOOD = {"database": "sqlite:///d.db", "port": "line/gateway", "station": "QHD", "state": "gateway.json"}


def read(**body: object) -> tuple[GatewaySettings, list[str]]:
    """The settings, and the places of the faults."""
    faults = Faults()
    settings = GatewaySettings.from_table(Table(dict(body), "s.toml", faults, "gateway"), Path("/etc/station"))
    return settings, sorted(fault.place for fault in faults)


def test_what_is_left_out_has_its_usual_value_and_paths_count_from_the_files_folder() -> None:
    """Four keys are enough; relative paths and SQLite files are found from the configuration's folder."""
    settings, faults = read(**GOOD)
    assert faults == []
    assert (settings.baud, settings.poll_hz, settings.gateway, settings.status_port) == (115200, 5.0, 1, 8089)
    assert settings.port == Path("/etc/station/line/gateway")
    assert settings.state == Path("/etc/station/gateway.json")
    assert settings.database.database == "/etc/station/d.db"


def test_absolute_paths_and_servers_stay_as_they_are() -> None:
    """A device, an absolute file and a database server are taken as written."""
    settings, faults = read(**{**GOOD, "port": "/dev/ttyS1", "database": "postgresql+psycopg://u@h/d"})
    assert faults == []
    assert settings.port == Path("/dev/ttyS1")
    assert settings.database.host == "h"


def test_every_fault_is_reported_at_once() -> None:
    """All that is wrong is said in one go, also what is missing and what nobody knows."""
    _, faults = read(database="nonsense", baud=1234, station="QHDXY", poll_hz=0, status_port=99999, id=0, colour="red")
    assert faults == [
        f"gateway.{key}"
        for key in ("baud", "colour", "database", "id", "poll_hz", "port", "state", "station", "status_port")
    ]


def test_a_database_in_memory_is_no_database() -> None:
    """SQLite without a file would be read by nobody else."""
    assert read(**{**GOOD, "database": "sqlite://"})[1] == ["gateway.database"]


def test_a_key_has_a_file_and_an_id() -> None:
    """Without the table telegrams are not signed; with it both its keys are needed."""
    assert read(**GOOD)[0].key is None
    settings, faults = read(**GOOD, key={"file": "line.keys", "send": 2})
    assert faults == []
    assert settings.key == KeySettings(file=Path("/etc/station/line.keys"), send=2)
    assert read(**GOOD, key={"send": 0, "colour": "red"})[1] == [
        f"gateway.key.{key}" for key in ("colour", "file", "send")
    ]


def test_the_status_page_is_for_this_machine_alone() -> None:
    """Any address that another machine could reach is refused, and so is a name that could be one."""
    for address in ("127.0.0.1", "127.1.2.3", "::1", "localhost"):
        assert read(**GOOD, listen=address)[1] == []
    for address in ("0.0.0.0", "::", "10.1.1.1", "gateway.example"):
        assert read(**GOOD, listen=address)[1] == ["gateway.listen"]


def test_the_appliances_own_settings_have_usual_values() -> None:
    """Records lie beside the state file, the security log is kept half a year, and no less can be asked for."""
    settings, faults = read(**GOOD)
    assert faults == []
    assert settings.appliance == ApplianceSettings(records=Path("/etc/station/gateway-records"))
    assert (settings.appliance.keep_days, settings.appliance.keep_mb, settings.appliance.log) == (183, 64, None)
    settings, faults = read(**GOOD, appliance={"records": "/var/lib/g", "log": "gateway.log", "keep_days": 400})
    assert faults == []
    assert settings.appliance.records == Path("/var/lib/g")
    assert settings.appliance.log == Path("/etc/station/gateway.log")
    assert read(**GOOD, appliance={"keep_days": 30, "hung": 1})[1] == [
        "gateway.appliance.hung",
        "gateway.appliance.keep_days",
    ]


def test_the_wiring_is_rs232_unless_told() -> None:
    """`[gateway.wiring]` says what drives the line."""
    assert read(**GOOD)[0].wiring == Wiring()
    assert read(**GOOD, wiring={"kind": "rs485", "after_ms": 1})[0].wiring == Wiring(kind="rs485", after_ms=1)
