"""`stationmaster backup` and `stationmaster restore`."""

from __future__ import annotations

import sys
import time
import uuid
from pathlib import Path

from sqlalchemy.engine import URL

from stationmaster.hub.settings import HubSettings
from stationmaster.hub.storage.backup import Contents, back_up, read_backup
from stationmaster.hub.storage.restore import restore as restore_backup
from stationmaster_base.configuration import Faults, read_toml
from stationmaster_base.times import Instant, to_iso

__all__ = ["backup", "check", "restore"]

NOT_WHOLE = 1


def backup(config: Path, file: Path) -> int:
    """Back up the database of a configuration's hub; 0, or 1 if the journal in it is not whole."""
    contents = back_up(_database(config), file, Instant(int(time.time())))
    return _told(f"Backed up to {file}", contents)


def check(file: Path) -> int:
    """Say what a backup holds; 0, or 1 if the journal in it is not whole."""
    contents = read_backup(file)
    return _told(f"{file} is readable to its end, made {to_iso(contents.made)}, and holds", contents)


def restore(config: Path, file: Path, *, replace: bool, damaged: bool) -> int:
    """Restore the database of a configuration's hub; 0."""
    restored = restore_backup(_database(config), file, lambda: uuid.uuid4().hex, replace=replace, damaged=damaged)
    _told(f"Restored from {file}", restored.contents)
    position = restored.position
    sys.stdout.write(f"The hub begins epoch {position.epoch} after entry {position.sequence}.\n")
    return 0


def _told(what: str, contents: Contents) -> int:
    until = "nothing" if contents.until is None else f"the journal until {to_iso(contents.until)}"
    rows = ", ".join(f"{number} {name}" for name, number in contents.rows)
    sys.stdout.write(f"{what}: {until}, entry {contents.position.sequence} of epoch {contents.position.epoch}.\n")
    sys.stdout.write(f"Rows: {rows}.\n")
    if contents.fault:
        sys.stderr.write(f"The journal is not whole: {contents.fault}.\n")
    return NOT_WHOLE if contents.fault else 0


def _database(config: Path) -> URL:
    faults = Faults()
    table = read_toml(config, faults)
    faults.raise_if_any()
    settings = HubSettings.from_table(table.table("hub"), config.absolute().parent)
    faults.raise_if_any()
    return settings.database
