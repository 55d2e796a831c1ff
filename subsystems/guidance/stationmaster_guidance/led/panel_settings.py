"""What guidance is told of its LED panels: `[[guidance.panel]]` in its table of the configuration file.

```toml
[[guidance.panel]]
board = "gate-1A"              # whose rows it shows
driver = "onbon-k"             # onbon-k, onbon-q, ibis, alpha, or one that is installed
connect = "tcp:10.1.0.31:5005" # or "serial:/dev/ttyS0"
width = 192                    # dots; or columns = 24 and rows = 4: characters of the font
height = 64
font = 16                      # 16, 24 or 32
colours = "dual"               # single, dual
header = false                 # the board's title as first line
[guidance.panel.card]          # what the driver asks for
address = 1
```
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stationmaster_base.configuration import Table
from stationmaster_base.errors import StationError
from stationmaster_guidance.led.dots import SIZES
from stationmaster_guidance.led.driver import BoardDriver, DriverParts, driver_factory
from stationmaster_kernel.configuration import Board

__all__ = ["PanelSettings", "font_files", "panel_settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSettings:
    """One panel; `tcp` is host and port, or `serial` a device."""

    board: str
    driver: BoardDriver
    tcp: tuple[str, int] | None = None
    serial: Path | None = None
    width: int
    height: int
    font: int
    two_colours: bool
    header: bool

    @property
    def lines(self) -> int:
        """Lines that the panel has."""
        return self.driver.lines or max(1, self.height // self.font)

    @property
    def characters(self) -> int:
        """Latin letters in a line; Chinese ones take two."""
        return max(2, 2 * self.width // self.font)

    def room(self, board: Board) -> tuple[int, int]:
        """Lines, and Latin letters in a line, that a board has: as many as the station says, or as go on the panel."""
        return min(board.rows or self.lines, self.lines), min(board.columns or self.characters, self.characters)


def panel_settings(table: Table) -> tuple[PanelSettings, ...]:
    """Read `[[guidance.panel]]`; faults go to the table, and a panel that has some is left out."""
    panels = [_panel(each) for each in table.tables("panel")]
    return tuple(panel for panel in panels if panel is not None)


def font_files(table: Table) -> dict[int, Path]:
    """Read `[guidance.led_fonts]`: files to use instead of the system's fonts, by size (`"16" = "…"`)."""
    fonts = table.table("led_fonts")
    files = {size: Path(fonts.text(str(size))) for size in SIZES if str(size) in fonts}
    fonts.finish()
    return files


def _panel(table: Table) -> PanelSettings | None:
    before = len(table.faults)
    board = table.identifier("board")
    name = table.text("driver")
    font = table.integer("font", 16)
    if font not in SIZES:
        table.fault("font", f"there is none of {font} dots", ", ".join(str(size) for size in SIZES))
    width, height = _size(table, font)
    two_colours = table.choice("colours", ("single", "dual"), "single") == "dual"
    header = table.flag("header")
    tcp, serial = _connection(table)
    card = table.table("card")
    driver = None
    try:
        if name:
            driver = driver_factory(name)(DriverParts(table=card, width=width, height=height, two_colours=two_colours))
    except StationError as error:
        table.fault("driver", str(error))
    card.finish()
    table.finish()
    if driver is None or len(table.faults) > before:
        return None
    return PanelSettings(
        board=board,
        driver=driver,
        tcp=tcp,
        serial=serial,
        width=width,
        height=height,
        font=font,
        two_colours=two_colours,
        header=header,
    )


def _size(table: Table, font: int) -> tuple[int, int]:
    """Dots, wide and high; given as such, or in characters of the font."""
    if "columns" not in table and "rows" not in table:
        return table.integer("width", low=8, high=4096), table.integer("height", low=7, high=2048)
    for key in ("width", "height"):
        if key in table:
            table.integer(key)
            table.fault(key, "stands beside columns and rows", "a size in dots, or one in characters")
    return table.integer("columns", low=4, high=256) * font // 2, table.integer("rows", low=1, high=64) * font


def _connection(table: Table) -> tuple[tuple[str, int] | None, Path | None]:
    text = table.text("connect")
    kind, _, rest = text.partition(":")
    if kind == "serial" and rest:
        return None, Path(rest)
    host, _, port = rest.rpartition(":")
    if kind == "tcp" and host and port.isdecimal() and 0 < int(port) < 65536:
        return (host.strip("[]"), int(port)), None
    if text:
        table.fault("connect", f"{text!r} is no connection", '"tcp:HOST:PORT" or "serial:/dev/…"')
    return None, None
