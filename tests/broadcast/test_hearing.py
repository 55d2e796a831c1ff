"""What a control room hears of broadcast: what plays, what was said, and what would be said."""

from __future__ import annotations

import io
import json
import wave
from pathlib import Path
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from broadcast.test_local_pages import Hands
from service.web import Browser
from stationmaster_base.errors import StationError
from stationmaster_base.health import Health
from stationmaster_broadcast.hearing import LONGEST, MOST_PREVIEWS, Hearing
from stationmaster_service.face import Face
from support.fake_broadcast import FakeEngine, Hall, announcement, hall, works

JSON = "Content-Type: application/json\r\n"


class Listener:
    """Somebody who asks."""

    def __init__(self, folder: Path) -> None:
        self.engine = FakeEngine(by_hand=True)
        self.hall: Hall = hall(folder, engine=self.engine)
        face = Face(
            health=lambda: Health(process="broadcast"),
            clock=self.hall.clock,
            timer=self.hall.timer,
            registry=CollectorRegistry(),
        )
        Hearing(
            face=face,
            performer=self.hall.performer,
            studio=self.hall.studio,
            plays=self.hall.plays,
            control=cast("Any", Hands()),
            state=lambda: {"problem": "", "zones": [{"id": "a"}], "state": "online", "feed": "fresh"},
        )
        self.site = face.site()

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """An answer."""
        return Browser(self.site).ask("GET", f"/api/v1/{path}")

    def preview(self, body: object, headers: str = JSON) -> Browser:
        """Ask how words would sound; the answer may come later."""
        browser = Browser(self.site)
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        browser.send("POST", "/api/v1/preview", f"{headers}Content-Length: {len(sent)}\r\n")
        browser.protocol.dataReceived(sent)
        return browser

    def say(self, number: str = "G1", **more: Any) -> None:
        """Have something said in zone a."""
        for work in works(announcement(number, en="", **more)):
            self.hall.offer(work)
        while self.engine.waiting:
            self.engine.go_on()
            self.hall.turn()


@pytest.fixture
def listener(tmp_path: Path) -> Listener:
    return Listener(tmp_path)


def seconds(sound: bytes) -> float:
    """How long a wave file is."""
    with wave.open(io.BytesIO(sound)) as file:
        return file.getnframes() / file.getframerate()


def test_zones_as_they_are(listener: Listener) -> None:
    """Everybody who may reach the process sees zones, volumes, emergencies and the messages that are ready."""
    told = json.loads(listener.get("zones")[2])
    assert (told["state"], told["zones"], told["volumes"]) == ("online", [{"id": "a"}], {"a": 60})
    assert told["messages"][0]["ready"] is True
    assert told["emergencies"] == []


def test_what_plays_is_heard_from_where_it_is(listener: Listener) -> None:
    """The sound of what plays comes with how much of it has been heard; after its end it is what was said last."""
    assert listener.get("zones/sound?zone=a")[0] == 404
    assert listener.get("zones/sound?zone=nowhere")[0] == 404
    listener.say()
    listener.hall.step(1)
    status, headers, sound = listener.get("zones/sound?zone=a")
    assert (status, headers["content-type"]) == (200, "audio/wav")
    assert (headers["x-sound-playing"], headers["x-sound-offset"]) == ("yes", "1.00")
    assert headers["x-sound-task"] == "QHD%2F2026-03-01%2FG1%2F1%2Fopen%2F1"
    assert seconds(sound) > 1
    listener.hall.run_out()
    status, headers, again = listener.get("zones/sound?zone=a")
    assert (status, headers["x-sound-playing"], headers["x-sound-offset"]) == (200, "no", "0.00")
    assert again == sound


def test_the_record_page_by_page(listener: Listener) -> None:
    """What was said is told newest first, of all zones or one, a page at a time, and each can be heard."""
    for number in ("G1", "G3", "G5"):
        listener.say(number)
        listener.hall.run_out()
    told = json.loads(listener.get("played/latest?count=2&zone=a")[2])["plays"]
    assert [play["call"].split("/")[2] for play in told] == ["G5", "G3"]
    older = json.loads(listener.get(f"played/latest?before={told[-1]['n']}")[2])["plays"]
    assert [play["call"].split("/")[2] for play in older] == ["G1"]
    assert json.loads(listener.get("played/latest?zone=b")[2])["plays"] == []
    assert listener.get("played/latest?count=0")[0] == 400
    assert listener.get("played/latest?before=x")[0] == 400
    status, _, sound = listener.get(f"played/sound?play={told[0]['n']}")
    assert (status, round(seconds(sound), 1)) == (200, round(told[0]["seconds"], 1))
    assert listener.get("played/sound?play=99")[0] == 404
    assert listener.get("played/sound?play=../log")[0] == 404
    listener.hall.plays.path(told[0]["file"]).unlink()
    assert listener.get(f"played/sound?play={told[0]['n']}")[0] == 404


def test_a_preview_is_the_announcements_own_sound(listener: Listener) -> None:
    """Words are spoken as they would be announced: what was heard before is the very sound that is said then."""
    browser = listener.preview({"texts": {"zh": "G1次列车检票"}, "priority": 50})
    listener.engine.go_on()
    status, headers, sound = browser.take()
    assert (status, headers["content-type"]) == (200, "audio/wav")
    listener.say()
    assert listener.get("zones/sound?zone=a")[2] == sound
    assert len(listener.engine.asked) == 1


def test_what_is_due_goes_first(listener: Listener) -> None:
    """While a listener's words wait for the engine, what is to be said now is made before them."""
    listener.preview({"texts": {"zh": "一"}})
    listener.preview({"texts": {"zh": "二"}})
    for work in works(announcement("G7", en="")):
        listener.hall.offer(work)
    listener.engine.go_on()
    assert listener.engine.asked[1] == "高七次列车检票"


def test_an_engine_that_fails_says_so(listener: Listener) -> None:
    """A listener is told why there is no sound."""
    listener.engine.failures["不行"] = StationError("voice", "There is no voice.", "See the settings.")
    browser = listener.preview({"texts": {"zh": "不行"}})
    listener.engine.go_on()
    status, _, body = browser.take()
    assert (status, json.loads(body)["error"], json.loads(body)["message"]) == (503, "no-speech", "There is no voice.")
    assert listener.preview({"texts": {"fr": "Bonjour"}}).take()[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        [],
        {},
        {"texts": "x"},
        {"texts": {"zh": 1}},
        {"texts": {"../": "x"}},
        {"texts": {"zh": "x" * (LONGEST + 1)}},
        {"texts": {"zh": "x"}, "priority": 0},
        {"texts": {"zh": "x"}, "priority": "5"},
        b"[" * 20_000,
        b'"' + b"x" * 40_000,
    ],
)
def test_what_is_no_preview(listener: Listener, body: object) -> None:
    """What is not asked as it should be is refused, and nothing is spoken; emergencies have no preview."""
    status, _, answer = listener.preview(body).take()
    assert (status, json.loads(answer)["error"]) == (400, "bad-request")
    assert listener.engine.asked == []


def test_no_strangers_page_has_it_speak(listener: Listener) -> None:
    """A form of another site cannot send JSON without being asked, and is refused; nor can many hold the engine."""
    assert listener.preview({"texts": {"zh": "x"}}, "Content-Type: text/plain\r\n").take()[0] == 415
    for number in range(MOST_PREVIEWS):
        listener.preview({"texts": {"zh": str(number)}})
    assert listener.preview({"texts": {"zh": "x"}}).take()[0] == 429
    while listener.engine.waiting:
        listener.engine.go_on()
    waiting = listener.preview({"texts": {"zh": "x"}})
    listener.engine.go_on()
    assert waiting.take()[0] == 200
