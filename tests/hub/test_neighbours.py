"""What the hub's pages show of subsystems: asked of their own pages, within limits, and said plainly when it cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from twisted.internet.error import ConnectionRefusedError as Refused
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure

from hub.making import MadeHub, made_hub
from hub.watched import Watched
from service.web import Browser
from stationmaster.hub.neighbours.asking import ANSWER_S, LARGEST_PICTURE, MAKE_S, MOST_ASKED, SHARED_S, Neighbour
from stationmaster.hub.neighbours.boards_api import BoardPicturesApi
from stationmaster.hub.neighbours.broadcast_api import LARGEST_BODY, BroadcastApi
from stationmaster.hub.neighbours.settings import ConsoleSettings, base_fault
from stationmaster.hub.people.askers import Askers
from stationmaster.hub.storage.database import database_url
from stationmaster.hub.subsystems.board_book import BoardBook
from stationmaster_base.configuration import Faults, Table

SPEAKER, PAINTER = "http://127.0.0.1:8083", "http://127.0.0.1:8081"
CALL = "TST/2026-03-01/G1/1"
EVIL = "<img src=x onerror=alert(1)>"


class Neighbourhood:
    """A hub whose neighbours are what a test has them say."""

    def __init__(self, hub: MadeHub, speaker: str = SPEAKER) -> None:
        self.hub = Watched(hub)
        self.reactor: Any = MemoryReactorClock()
        BroadcastApi(
            view=self.hub.view,
            broadcast=Neighbour("broadcast", speaker, self.reactor),
            askers=Askers(()),
            face=self.hub.face,
        )
        boards = BoardBook(lambda: self.hub.view.state)
        BoardPicturesApi(boards=boards, guidance=Neighbour("guidance", PAINTER, self.reactor), face=self.hub.face)
        self.site = self.hub.face.site()

    def ask(self, path: str, body: Any = None) -> Browser:
        """Ask the hub; the answer may come later."""
        browser = Browser(self.site)
        if body is None:
            browser.send("GET", f"/api/v1/{path}")
            return browser
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        browser.send("POST", f"/api/v1/{path}", f"Content-Length: {len(sent)}\r\n")
        browser.protocol.dataReceived(sent)
        return browser

    def connect(self, number: int = -1) -> StringTransport:
        """The hub's connection to a neighbour comes about; what it asks is written into it."""
        factory = self.reactor.tcpClients[number][2]
        protocol = factory.buildProtocol(None)
        transport = StringTransport()
        protocol.makeConnection(transport)
        transport.client = protocol
        return transport

    def answer(
        self, body: bytes, status: str = "200 OK", media: str = "application/json", more: str = "", number: int = -1
    ) -> str:
        """The neighbour answers; what it was asked."""
        transport = self.connect(number)
        asked = transport.value().decode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        cast("Any", transport).client.dataReceived(head.encode() + body)
        return asked


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[MadeHub]:
    with made_hub(database_url("sqlite:///hub.db", tmp_path)) as made:
        yield made


@pytest.fixture
def near(hub: MadeHub) -> Neighbourhood:
    return Neighbourhood(hub)


def told(browser: Browser) -> tuple[int, Any]:
    status, _, body = browser.take()
    return status, json.loads(body)


def announcement(**more: Any) -> dict[str, Any]:
    """An act that announces something."""
    return {"id": "page-1", "deeds": [{"do": "announce", "targets": ["waiting-A"], **more}]}


def test_what_broadcast_says_is_handed_on(near: Neighbourhood) -> None:
    """Its zones come as it tells them; nothing is asked but the one path, with what belongs to it."""
    browser = near.ask("broadcast/zones?zone=hall&more=1")
    asked = near.answer(b'{"zones": []}')
    assert asked.startswith("GET /api/v1/zones HTTP/1.1\r\n")
    assert "uthorization" not in asked
    assert told(browser) == (200, {"zones": []})
    browser = near.ask("broadcast/played?zone=a%26b%0d%0aX:1&count=5")
    asked = near.answer(b'{"plays": []}')
    assert asked.startswith("GET /api/v1/played/latest?zone=a%26b%0D%0AX%3A1&count=5 HTTP/1.1\r\n")
    assert told(browser)[0] == 200


def test_sounds_are_handed_on(near: Neighbourhood) -> None:
    """A zone's sound comes with where it is; other headers of the neighbour's do not come through."""
    browser = near.ask("broadcast/listen?zone=hall")
    near.answer(b"RIFF", media="audio/wav", more="X-Sound-Offset: 2.5\r\nSet-Cookie: a=b\r\n")
    status, headers, body = browser.take()
    assert (status, headers["content-type"], headers["x-sound-offset"], body) == (200, "audio/wav", "2.5", b"RIFF")
    assert "set-cookie" not in headers
    browser = near.ask("broadcast/sound?play=17")
    assert near.answer(b"RIFF", media="audio/wav").startswith("GET /api/v1/played/sound?play=17 ")
    assert browser.take()[0] == 200


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        ({"body": b'{"error": "no-such-zone", "message": "m"}', "status": "404 NO"}, 404, "no-such-zone"),
        ({"body": b'{"error": "unheard-of"}', "status": "400 BAD"}, 502, "neighbour-wrong"),
        ({"body": b"{", "status": "500 BAD"}, 502, "neighbour-wrong"),
        ({"body": b"RIFF", "media": "text/html"}, 502, "neighbour-wrong"),
        ({"body": b"", "status": "302 FOUND", "more": "Location: http://elsewhere/\r\n"}, 502, "neighbour-wrong"),
    ],
)
def test_refusals_of_neighbours(near: Neighbourhood, answer: dict[str, Any], status: int, code: str) -> None:
    """What it refuses with a known code is said so; everything else is a neighbour that is not what it should be."""
    browser = near.ask("broadcast/listen?zone=hall")
    near.answer(**{"media": "application/problem+json", **answer})
    found, problem = told(browser)
    assert (found, problem["error"]) == (status, code)
    assert len(near.reactor.tcpClients) == 1


def test_a_neighbour_that_is_away_or_slow(near: Neighbourhood) -> None:
    """Nobody waits for ever: it is said that it is away, or slow, and it is there again when it answers."""
    browser = near.ask("broadcast/zones")
    near.reactor.tcpClients[-1][2].clientConnectionFailed(None, Failure(Refused()))
    near.reactor.advance(SHARED_S)
    assert told(browser)[1]["error"] == "neighbour-away"
    browser = near.ask("broadcast/zones")
    near.connect()
    near.reactor.advance(ANSWER_S + 0.1)
    status, problem = told(browser)
    assert (status, problem["error"]) == (504, "neighbour-slow")
    near.reactor.advance(SHARED_S)
    browser = near.ask("broadcast/zones")
    near.answer(b"{}")
    assert told(browser)[0] == 200


def test_a_neighbour_of_which_nobody_has_said_where_it_is(hub: MadeHub) -> None:
    """It is said which setting is missing, and nobody is asked."""
    unset = Neighbourhood(hub, speaker="")
    status, problem = told(unset.ask("broadcast/zones"))
    assert (status, problem["error"]) == (404, "neighbour-unset")
    assert "[hub.console] broadcast" in problem["hint"]
    assert unset.reactor.tcpClients == []


def test_a_neighbour_is_not_asked_without_end(near: Neighbourhood) -> None:
    """So many questions at a time, and no more; they are free again when they are answered."""
    for number in range(MOST_ASKED):
        near.ask(f"broadcast/sound?play={number}")
    assert told(near.ask("broadcast/zones"))[0] == 429
    near.reactor.advance(MAKE_S)
    near.ask("broadcast/zones")
    assert len(near.reactor.tcpClients) == MOST_ASKED + 1


def test_many_consoles_ask_as_one(near: Neighbourhood) -> None:
    """Whoever asks the same while it is being asked, or a moment later, is told the same, what is wrong too."""
    browsers = [near.ask("broadcast/zones") for _ in range(3)]
    assert len(near.reactor.tcpClients) == 1
    near.answer(b'{"zones": [1]}')
    assert [told(browser) for browser in (*browsers, near.ask("broadcast/zones"))] == [(200, {"zones": [1]})] * 4
    assert len(near.reactor.tcpClients) == 1
    near.reactor.advance(SHARED_S)
    browsers = [near.ask("broadcast/zones") for _ in range(2)]
    near.answer(b"{", status="500 BAD")
    assert [told(browser)[0] for browser in browsers] == [502, 502]
    assert len(near.reactor.tcpClients) == 2


def test_an_answer_that_never_ends_is_cut(near: Neighbourhood) -> None:
    """More than a picture can have is not taken in."""
    browser = near.ask("boards/hall-1/picture")
    transport = near.connect()
    client = cast("Any", transport).client
    client.dataReceived(b"HTTP/1.1 200 OK\r\nContent-Type: image/svg+xml\r\n\r\n" + b"x" * LARGEST_PICTURE)
    client.dataReceived(b"xx")
    status, problem = told(browser)
    assert (status, problem["error"]) == (502, "neighbour-wrong")
    assert transport.disconnecting or transport.disconnected


def test_the_words_of_an_announcement(near: Neighbourhood) -> None:
    """What it would say is told by the kernel from the act itself; nothing is done by that, and markup is no markup."""
    before = near.hub.view.position()
    text = [{"name": "speech", "language": "zh", "text": EVIL}]
    status, words = told(near.ask("broadcast/words", announcement(texts=text, priority=30)))
    assert (status, words["targets"], words["priority"]) == (200, ["waiting-A"], 30)
    assert [item["text"] for item in words["texts"]] == [EVIL]
    status, words = told(near.ask("broadcast/words", announcement(template="apology", call=CALL)))
    assert (status, {item["language"] for item in words["texts"]}) == (200, {"zh", "en"})
    assert near.hub.view.position() == before
    assert not near.hub.view.state.records.get("act")


def test_the_sound_of_an_announcement(near: Neighbourhood) -> None:
    """Broadcast is given the final words, and what it makes of them is handed on."""
    text = [{"name": "speech", "language": "zh", "text": "请注意"}]
    browser = near.ask("broadcast/preview", announcement(texts=text, priority=0))
    asked = near.answer(b"RIFF", media="audio/wav")
    head, _, body = asked.partition("\r\n\r\n")
    assert head.startswith("POST /api/v1/preview ")
    assert "Content-Type: application/json" in head
    assert json.loads(body) == {"texts": {"zh": "请注意"}, "priority": 1}
    assert browser.take()[2] == b"RIFF"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "bad-act"),
        (b"x" * (LARGEST_BODY + 1), 413, "act-too-large"),
        ({"id": "1", "deeds": [{"do": "undo", "act": "act/1"}]}, 400, "no-announcement"),
        (announcement(template="nothing"), 409, "no-such-template"),
        (announcement(template="apology", call="nothing"), 409, "no-such-call"),
        (announcement(targets=["nowhere"], template="apology"), 422, "deed-impossible"),
    ],
)
def test_what_is_no_announcement(near: Neighbourhood, body: Any, status: int, code: str) -> None:
    """It is refused as the act would be, before broadcast is asked."""
    for path in ("broadcast/words", "broadcast/preview"):
        found, problem = told(near.ask(path, body))
        assert (found, problem["error"]) == (status, code)
    assert near.reactor.tcpClients == []


def test_pictures_and_words_of_boards(near: Neighbourhood) -> None:
    """Guidance is asked for boards that there are and no others; its picture can do nothing on the hub's pages."""
    browser = near.ask("boards/hall-1/picture?of=shown&page=2")
    asked = near.answer(b"<svg/>", media="image/svg+xml")
    assert asked.startswith("GET /api/v1/boards/hall-1/picture?of=shown&page=2 ")
    status, headers, body = browser.take()
    assert (status, body) == (200, b"<svg/>")
    assert "sandbox" in headers["content-security-policy"]
    browser = near.ask("boards/hall-1/read")
    near.answer(b'{"board": "hall-1"}')
    assert told(browser) == (200, {"board": "hall-1"})
    count = len(near.reactor.tcpClients)
    for path in ("boards/..%2F..%2Flocal/picture", "boards/nowhere/picture", "boards/nowhere/read"):
        assert told(near.ask(path))[1]["error"] == "no-such-board"
    assert len(near.reactor.tcpClients) == count


@pytest.mark.parametrize(
    "base",
    [
        "8083",
        "ftp://a",
        "http://",
        "http://a/b",
        "http://a?b",
        "http://u:p@a",
        "http://a:99999",
        "http://a b",
        "http://é",
    ],
)
def test_what_is_no_address(base: str) -> None:
    """A base address is a scheme, a host and a port; everything else is a fault of the settings."""
    assert base_fault(base)
    faults = Faults()
    found = ConsoleSettings.from_table(Table({"broadcast": base}, "stationmaster.toml", faults))
    assert (found.broadcast, len(faults)) == ("", 1)


def test_addresses_of_neighbours() -> None:
    """What is not said is shown nowhere; a slash at the end does no harm."""
    faults = Faults()
    found = ConsoleSettings.from_table(Table({"guidance": f"{PAINTER}/"}, "stationmaster.toml", faults))
    assert (found, len(faults)) == (ConsoleSettings(guidance=PAINTER), 0)
