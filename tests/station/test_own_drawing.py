"""A station's own drawing of its tracks: what is let in, what is made harmless, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from stationmaster.station.load import load_station
from stationmaster.station.own_drawing import DRAWING_FILE, LARGEST, read_drawing
from stationmaster.station.svg_words import ATTRIBUTES, ELEMENTS
from stationmaster_base.configuration import Faults
from stationmaster_base.errors import ConfigurationError
from support.small_station import STATION

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
TRACKS = "".join(f'<path id="track-{n}" d="M0 {n}0H100"/>' for n in (1, 2, 3, 9))
PLATFORMS = "".join(f'<g id="platform-{n}"><rect x="20" y="{n}5" width="60" height="3"/></g>' for n in (1, 2))
HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 100 100">'


def read(folder: Path, body: str | bytes) -> tuple[bytes | None, list[str]]:
    """The drawing as it may be shown, and its faults in words."""
    path = folder / DRAWING_FILE
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    faults = Faults()
    found = read_drawing(folder, STATION.places, faults)
    return found, [f"{fault.place}: {fault.problem}; {fault.allowed}" for fault in faults]


def whole(more: str = "", head: str = HEAD) -> str:
    return f"{head}{TRACKS}{PLATFORMS}{more}</svg>"


def test_without_a_file_there_is_none(tmp_path: Path) -> None:
    """A station without `plan.svg` has no drawing of its own, and that is no fault."""
    faults = Faults()
    assert read_drawing(tmp_path, STATION.places, faults) is None
    assert len(faults) == 0


def test_a_plain_drawing_is_taken(tmp_path: Path) -> None:
    """Shapes, texts, ids of places and classes of the plan stay as they are."""
    found, faults = read(tmp_path, whole('<text x="3" y="4" class="plan-name big" lang="zh">站</text>'))
    assert faults == []
    assert found is not None
    root = etree.fromstring(found)
    text = root.find(".//{*}text")
    assert text is not None
    assert (text.text, text.get("class"), text.get("lang")) == ("站", "plan-name", "zh")
    assert root.find(".//{*}path[@id='track-9']") is not None


def test_it_is_the_same_when_it_is_read_again(tmp_path: Path) -> None:
    """What has been made harmless passes unchanged, so its identity is that of what it shows."""
    first, _ = read(tmp_path, whole('<g id="mine"/><use href="#mine"/>'))
    assert first is not None
    again, faults = read(tmp_path, first.replace(b"own-", b""))
    assert (again, faults) == (first, [])


def test_what_editors_leave_is_left_out(tmp_path: Path) -> None:
    """Another namespace, comments and metadata go; a style becomes attributes; a size becomes a view box."""
    head = HEAD.replace('viewBox="0 0 100 100"', 'xmlns:ink="urn:ink" width="300px" height="200" ink:version="1"')
    more = (
        '<ink:view zoom="3"><ink:grid/></ink:view><!-- a comment --><metadata><a xmlns="urn:x">b</a></metadata>'
        '<rect style="fill:#ff0000;-inkscape-font:x;stroke : black !important" ink:label="x" data-x="y"/>'
    )
    found, faults = read(tmp_path, f'<!DOCTYPE svg PUBLIC "a" "b">{whole(more, head)}')
    assert faults == []
    assert found is not None
    root = etree.fromstring(found)
    assert (root.get("viewBox"), root.get("width")) == ("0 0 300 200", None)
    rect = root.findall("{*}rect")[-1]
    assert dict(rect.attrib) == {"fill": "#ff0000", "stroke": "black"}
    assert b"ink" not in found
    assert b"comment" not in found


def test_ids_of_nobody_get_a_prefix(tmp_path: Path) -> None:
    """Ids that could be a page's own are others afterwards, and what refers to them still does."""
    more = '<linearGradient id="login"/><rect id="sheet" fill="url(#login)"/><use xlink:href="#sheet"/>'
    found, faults = read(tmp_path, whole(more))
    assert faults == []
    assert found is not None
    root = etree.fromstring(found)
    rect, use = root.findall("{*}rect")[-1], root.find("{*}use")
    assert use is not None
    assert (rect.get("id"), rect.get("fill"), use.get("href")) == ("own-sheet", "url(#own-login)", "#own-sheet")


HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "a script of no namespace": '<script xmlns="">alert(1)</script>',
    "a script of HTML": '<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>',
    "an event handler": '<rect onload="alert(1)"/>',
    "an event handler in capitals": '<rect onClick="alert(1)"/>',
    "HTML within": '<foreignObject><b xmlns="http://www.w3.org/1999/xhtml">x</b></foreignObject>',
    "a link that runs": '<a href="javascript:alert(1)"><text>x</text></a>',
    "a link elsewhere": '<use href="http://example.org/x.svg#a"/>',
    "a link elsewhere, the old way": '<use xlink:href="//example.org/x.svg#a"/>',
    "a link with data": '<use href="data:image/svg+xml;base64,AAAA"/>',
    "a picture": '<image href="http://example.org/x.png"/>',
    "an animation that sets a link": '<set attributeName="href" to="javascript:alert(1)"/>',
    "another animation": '<animate attributeName="href" values="javascript:alert(1)"/>',
    "a colour from elsewhere": '<rect fill="url(http://example.org/x#a)"/>',
    "a style from elsewhere": '<rect style="fill:url(//example.org/x)"/>',
    "a style with an escape": '<rect style="fill:u\\72l(//example.org/x)"/>',
    "a style with a comment": '<rect style="fill:ur/**/l(//example.org/x)"/>',
    "an expression": '<rect style="fill:expression(alert(1))"/>',
    "a cursor of data": '<rect fill="image(x)"/>',
    "a style sheet": "<style>@import url(//example.org/x.css);</style>",
    "a filter that loads": '<filter><feImage href="http://example.org"/></filter>',
    "a handler element": '<handler type="application/ecmascript">alert(1)</handler>',
    "a frame": '<iframe xmlns="http://www.w3.org/1999/xhtml" src="http://example.org"/>',
    "use of use of use": '<g id="a"/><g id="b"><use href="#a"/></g><g id="c"><use href="#b"/><use href="#b"/></g>',
    "too deep": "<g>" * 60 + "</g>" * 60,
    "an id twice": '<g id="track-1"/>',
}


@pytest.mark.parametrize("more", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_could_do_harm_is_refused(tmp_path: Path, more: str) -> None:
    """What runs, loads, hides or fills the memory is a fault that says what is allowed, and nothing is shown."""
    found, faults = read(tmp_path, whole(more))
    assert found is None
    assert faults
    assert all(fault.split("; ", 1)[1] for fault in faults)


ENTITIES = '<!DOCTYPE svg [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>'
FILE = '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "body",
    [
        f"{ENTITIES}{whole('<text>&c;</text>')}",
        f"{FILE}{whole('<text>&a;</text>')}",
        "<svg",
        "",
        "<html/>",
        b"\xff\xfe\x00",
        "<svg>" * 5000,
        whole("x" * LARGEST),
        whole("<g/>" * 30_000),
        whole("", HEAD.replace('viewBox="0 0 100 100"', "")),
    ],
    ids=["entities", "a file", "cut", "empty", "HTML", "no text", "deep", "large", "many", "no size"],
)
def test_what_is_no_such_drawing_is_refused(tmp_path: Path, body: str | bytes) -> None:
    """Entities, files of the machine, other formats, and what is too large or has no size, are faults in words."""
    found, faults = read(tmp_path, body)
    assert found is None
    assert len(faults) == 1
    assert "root:" not in faults[0]


def test_missing_tracks_and_platforms_are_named(tmp_path: Path) -> None:
    """Each id that is missing is said with what is to be there; a track that is no line, too."""
    body = whole().replace('id="track-9"', 'id="track-8"').replace('<g id="platform-2">', "<g>")
    assert read(tmp_path, body)[1] == [
        '#platform-2: is missing; <g> with id="platform-2"',
        '#track-9: is missing; <path> or <line> or <polyline> with id="track-9"',
    ]
    body = whole().replace('<path id="track-1" d="M0 10H100"/>', '<rect id="track-1"/>')
    assert read(tmp_path, body)[1] == ["#track-1: is a <rect>; <path> or <line> or <polyline>"]


WORDS = st.sampled_from(
    [
        "<g>",
        "</g>",
        "<rect",
        ">",
        "/>",
        ' id="a"',
        ' onload="x"',
        "<script>",
        "&a;",
        "url(#a)",
        "<!--",
        "]]>",
        "站",
        "<use",
        "\x00",
    ]
)


@given(st.lists(WORDS, max_size=12))
def test_no_drawing_breaks_the_reading(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    """Whatever stands in the file, it is a drawing without anything that runs, or faults."""
    found, faults = read(tmp_path_factory.getbasetemp(), whole("".join(words)))
    assert (found is None) == bool(faults)
    if found is not None:
        for element in etree.fromstring(found).iter():
            assert etree.QName(element).localname in ELEMENTS
            assert ATTRIBUTES.issuperset(element.attrib)


def test_a_station_is_checked_with_its_drawing(tmp_path: Path) -> None:
    """The drawing is part of the folder: its faults stand beside the others, and a good one comes with the station."""
    folder = tmp_path / "station"
    shutil.copytree(SAMPLE, folder)
    tracks = "".join(f'<path id="track-{n}" d="M0 {n}H9"/>' for n in range(1, 15))
    platforms = "".join(f'<rect id="platform-{n}"/>' for n in range(1, 8))
    (folder / DRAWING_FILE).write_text(f"{HEAD}{tracks}{platforms}</svg>", "utf-8")
    assert load_station(folder).drawing is not None
    (folder / DRAWING_FILE).write_text(f"{HEAD}{tracks}<script/></svg>", "utf-8")
    with pytest.raises(ConfigurationError, match=r"plan\.svg"):
        load_station(folder)
