"""Workbooks for tests, good and bad, written part by part."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"

Cell = str | int | float | tuple[str, str] | None
"""Text, a number, a number with the style `date` or `time`, a formula (`=…`), or nothing."""

STYLES = {"usual": 0, "time": 1, "date": 2, "own": 3}


def sheet(rows: Sequence[Sequence[Cell]]) -> str:
    """The XML of a sheet; texts are shared, those of the first row stand in their cells."""
    lines = []
    for number, cells in enumerate(rows, 1):
        made = "".join(_cell(cell, f"{chr(65 + at)}{number}", number == 1) for at, cell in enumerate(cells))
        if made:
            lines.append(f'<row r="{number}">{made}</row>')
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _cell(cell: Cell, place: str, inline: bool) -> str:
    if cell is None:
        return ""
    if isinstance(cell, tuple):
        value, style = cell
        return f'<c r="{place}" s="{STYLES[style]}"><v>{value}</v></c>'
    if isinstance(cell, int | float):
        return f'<c r="{place}"><v>{cell}</v></c>'
    if cell.startswith("="):
        return f'<c r="{place}" t="str"><f>{escape(cell[1:])}</f><v>1</v></c>'
    if inline:
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
    return f'<c r="{place}" t="s"><v>{_shared(cell)}</v></c>'


_SHARED: dict[str, int] = {}


def _shared(text: str) -> int:
    return _SHARED.setdefault(text, len(_SHARED))


def parts(rows: Sequence[Sequence[Cell]], **more: str) -> dict[str, str | bytes]:
    """A workbook's parts by name."""
    made = sheet(rows)
    strings = "".join(f"<si><t>{escape(text)}</t><rPh><t>reading</t></rPh></si>" for text in _SHARED)
    formats = '<numFmts><numFmt numFmtId="170" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d"/></numFmts>'
    styles = "".join(f'<xf numFmtId="{item}"/>' for item in (0, 20, 14, 170))
    return {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{DOCUMENT}"><sheets>'
        '<sheet name="Timetable" sheetId="1" r:id="rId7"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">'
        '<Relationship Id="rId7" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{formats}<cellXfs>{styles}</cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": made,
        **more,
    }


def packed(content: Mapping[str, str | bytes]) -> bytes:
    """A zip file with these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in content.items():
            archive.writestr(name, part)
    return out.getvalue()


def workbook(rows: Sequence[Sequence[Cell]]) -> bytes:
    """A workbook with these rows."""
    return packed(parts(rows))
