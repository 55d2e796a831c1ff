"""Words that come to boards by command: an emergency that takes them, texts, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from twisted.internet.task import Clock

from guidance.fakes import NOON, FakeDesk, FakeSource, SteppedClock, board, configuration, row_task
from stationmaster_agent.view import View
from stationmaster_base.errors import StationError
from stationmaster_guidance.boards import Boards, ShownBoard
from stationmaster_guidance.commands import BoardCommands
from stationmaster_guidance.controls import Controls
from stationmaster_guidance.text_commands import TextCommands
from stationmaster_guidance.written_here import MOST, WrittenHere
from stationmaster_protocol.commands import Command, CommandResult, CommandState, Parameter
from stationmaster_protocol.equipment import Severity
from stationmaster_protocol.scalars import stamp_of
from stationmaster_service.timer import StationTimer

BOARDS = (
    board("hall-1", groups=("north",)),
    board("hall-2"),
    board("gate-1A", type="gate", gates=("1A",)),
)


class Scene:
    """Three boards at noon, each with a train, and whoever commands them."""

    def __init__(self, folder: Path, boot: str = "boot1", *, known: bool = True) -> None:
        self.stepped = SteppedClock(folder)
        reactor = Clock()
        self.timer = StationTimer(self.stepped.clock, reactor)
        self.desk = FakeDesk()
        names = tuple(each.id for each in BOARDS)
        source = self.source = FakeSource(view=View())
        row = row_task("G1", 900, boards=names)
        if known:
            source.view = replace(source.view, configuration=configuration(*BOARDS), tasks={row.id: row})
        self.written = WrittenHere(
            source,
            clock=self.stepped.clock,
            boot=boot,
            file=folder / "texts",
            alarm=self.desk.alarm,
            clear=self.desk.clear,
        )
        self.controls = Controls((), folder / "boards")
        self.boards = Boards(
            self.written,
            clock=self.stepped.clock,
            timer=self.timer,
            reactor=reactor,
            boot=boot,
            registry=CollectorRegistry(),
            controls=self.controls,
        )
        self.commands = BoardCommands(clock=self.stepped.clock, reactor=reactor)
        self.commands.serve(self.boards, lambda _: (), texts=TextCommands(self.written))
        self.boards.start()

    def do(self, action: str, *targets: str, **parameters: str) -> CommandResult:
        """Command it; `text_en` is the parameter `text.en`."""
        result = self.commands.command(
            Command(
                id="c",
                action=action,
                by="anna",
                expires=stamp_of(NOON + 60),
                targets=targets,
                parameters=tuple(
                    Parameter(name=name.replace("_", "."), value=said) for name, said in parameters.items()
                ),
            )
        )
        assert isinstance(result, CommandResult)
        return result

    def fails(self, action: str, *targets: str, **parameters: str) -> tuple[str, str]:
        """Command it in vain: the error's code and message."""
        with pytest.raises(StationError) as raised:
            self.do(action, *targets, **parameters)
        return raised.value.code, raised.value.message

    def step(self, seconds: float) -> None:
        self.stepped.set(NOON + seconds)
        self.timer.poke()
        self.source.changed()  # as the agent tells each minute

    def whole(self, name: str) -> list[str]:
        """The words that take a board."""
        return [text for message in self._shown(name).messages.whole for _, text in message.texts]

    def lines(self, name: str) -> list[str]:
        """The words below its rows."""
        return [text for message in self._shown(name).messages.lines for _, text in message.texts]

    def seen(self) -> list[str]:
        """The boards that an emergency has."""
        return [each.id for each in BOARDS if self._shown(each.id).messages.emergency]

    def _shown(self, name: str) -> ShownBoard:
        shown = self.boards.get(name)
        assert shown is not None
        return shown


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


EVERYWHERE = [each.id for each in BOARDS]


def test_an_emergency_has_all_boards_at_once_until_it_is_ended(scene: Scene) -> None:
    """It is above everything and also on a board that is dark; its end brings back what was there, to the light."""
    scene.do("off", "hall-2")
    scene.do("text", text="检修", whole="true")
    done = scene.do("emergency", text="请疏散", text_en="Leave now")
    assert (done.state, done.detail) == (CommandState.DONE, "here/boot1/2, hall-1, hall-2, gate-1A")
    assert scene.seen() == EVERYWHERE
    assert scene.whole("hall-2") == ["请疏散", "Leave now"]
    assert scene._shown("hall-2").light.on
    (sign,) = [sign for sign in scene.desk.alarms.values() if sign.severity is Severity.ALARM]
    assert (sign.cause, dict(sign.texts)["en"]) == (
        "emergency",
        "anna wrote an emergency on hall-1, hall-2, gate-1A: 请疏散 / Leave now",
    )
    assert scene.do("emergency-end").detail == "here/boot1/2"
    assert (scene.seen(), scene.whole("hall-1")) == ([], ["检修"])
    assert not scene._shown("hall-2").light.on
    assert [sign.cause for sign in scene.desk.alarms.values()] == ["text"]
    assert scene.do("emergency-end").state is CommandState.DONE


def test_an_emergency_ends_by_itself_and_lasts_longer_when_it_is_called_again(scene: Scene) -> None:
    """After an hour, or its minutes, to the second; the same words in the same places are the same emergency."""
    first = scene.do("emergency", text="请疏散")
    scene.step(1800)
    again = scene.do("emergency", text="请疏散", minutes="40")
    assert again.detail == first.detail
    scene.step(3600)
    assert scene.seen() == EVERYWHERE
    assert len(scene.whole("hall-1")) == 1
    scene.step(1800 + 2400 - 1)
    assert scene.seen() == EVERYWHERE
    scene.step(1800 + 2400)
    assert scene.seen() == []
    assert [row.number for row in scene._shown("hall-1").picture.rows] == ["G1"]


@pytest.mark.parametrize(
    ("targets", "boards"),
    [
        (("hall-2",), ["hall-2"]),
        (("type:gate",), ["gate-1A"]),
        (("gate:1A", "group:north"), ["hall-1", "gate-1A"]),
        (("*",), EVERYWHERE),
    ],
)
def test_boards_are_named_as_for_any_text(scene: Scene, targets: tuple[str, ...], boards: list[str]) -> None:
    """By id, type, place or group."""
    scene.do("emergency", *targets, text="请疏散")
    assert scene.seen() == boards


def test_an_emergency_is_ended_in_a_part_of_its_boards(scene: Scene) -> None:
    """Elsewhere it goes on; one of several is ended by its id."""
    scene.do("emergency", text="请疏散")
    scene.do("emergency-end", "type:gate", "hall-1")
    assert scene.seen() == ["hall-2"]
    assert "on hall-2" in dict(next(iter(scene.desk.alarms.values())).texts)["en"]
    other = scene.do("emergency", "hall-2", text="有烟").detail.split(",")[0]
    assert scene.whole("hall-2") == ["请疏散", "有烟"]
    assert scene.do("emergency-end", id=other).detail == other
    assert scene.whole("hall-2") == ["请疏散"]
    scene.do("emergency-end", "hall-1")
    assert scene.seen() == ["hall-2"]


def test_a_text_is_a_line_or_the_whole_board(scene: Scene) -> None:
    """It ends by itself or by its own word, and an emergency's end leaves it alone."""
    scene.do("text", "hall-1", text="一", minutes="5")
    scene.do("text", "hall-1", text="二", whole="true", minutes="10")
    assert (scene.whole("hall-1"), scene.lines("hall-1"), scene.whole("hall-2")) == (["二"], ["一"], [])
    scene.do("emergency-end")
    assert scene.whole("hall-1") == ["二"]
    scene.step(300)
    assert (scene.whole("hall-1"), scene.lines("hall-1")) == (["二"], [])
    assert scene.do("text-end", "hall-1").detail == "here/boot1/2"
    assert (scene.whole("hall-1"), scene.desk.alarms) == ([], {})


def test_what_was_commanded_outlives_the_process(tmp_path: Path) -> None:
    """Also that a part of the boards is free again; the alarm does not say that it was written at the page."""
    scene = Scene(tmp_path)
    scene.do("emergency", text="请疏散")
    scene.do("emergency-end", "hall-1")
    again = Scene(tmp_path, "boot2")
    assert again.seen() == ["hall-2", "gate-1A"]
    (sign,) = again.desk.alarms.values()
    assert dict(sign.texts)["en"] == "anna wrote an emergency on hall-2, gate-1A: 请疏散"
    (text,) = again.written.all()
    assert (text.task.revision, text.here) == (2, False)


def test_an_emergency_needs_no_disk(scene: Scene, tmp_path: Path) -> None:
    """It is done, and ended, and says what a restart would do; a usual text says that it failed to be kept."""
    (tmp_path / "texts.new").mkdir()
    done = scene.do("emergency", text="请疏散")
    assert (done.state, "not over a restart" in done.detail) == (CommandState.DONE, True)
    assert scene.seen() == EVERYWHERE
    done = scene.do("emergency-end")
    assert (done.state, "bring it back" in done.detail) == (CommandState.DONE, True)
    assert scene.seen() == []
    assert scene.fails("text", text="一")[0] == "not-stored"


def test_texts_do_not_keep_an_emergency_out(scene: Scene) -> None:
    """However many people wrote, it is seen; of emergencies there are only so many."""
    for number in range(MOST):
        scene.do("text", text=str(number))
    assert scene.fails("text", text="more")[0] == "text-impossible"
    for number in range(MOST):
        scene.do("emergency", text=str(number))
    assert scene.seen() == EVERYWHERE
    assert scene.fails("emergency", text="more")[0] == "text-impossible"


@pytest.mark.parametrize(
    ("action", "targets", "parameters", "code"),
    [
        ("emergency", (), {}, "bad-parameter"),
        ("emergency", (), {"message": "evacuation"}, "bad-parameter"),
        ("emergency", (), {"text": "x", "mesage": "evacuation"}, "bad-parameter"),
        ("emergency", (), {"text": "x", "whole": "true"}, "bad-parameter"),
        ("emergency", (), {"text": "x", "minutes": "0"}, "bad-parameter"),
        ("emergency", (), {"text": "x", "minutes": "1441"}, "bad-parameter"),
        ("emergency", (), {"text": "x", "minutes": "9" * 30}, "bad-parameter"),
        ("emergency", (), {"text": "x", "minutes": "²"}, "bad-parameter"),
        ("emergency", (), {"text": " "}, "text-impossible"),
        ("emergency", (), {"text": "x" * 301}, "text-impossible"),
        ("emergency", (), {"text": "a\nb"}, "text-impossible"),
        ("emergency", ("hall-9",), {"text": "x"}, "no-such-board"),
        ("emergency", ("group:south",), {"text": "x"}, "no-such-board"),
        ("text", (), {"text": "x", "whole": "yes"}, "bad-parameter"),
        ("text", (), {"text": "x", "id": "1"}, "bad-parameter"),
        ("emergency-end", (), {"text": "x"}, "bad-parameter"),
        ("emergency-end", ("hall-9",), {}, "no-such-board"),
    ],
)
def test_what_is_refused(
    scene: Scene, action: str, targets: tuple[str, ...], parameters: dict[str, str], code: str
) -> None:
    """In words, and no board changes."""
    assert scene.fails(action, *targets, **parameters)[0] == code
    assert scene.written.all() == ()


def test_a_message_comes_with_its_words(scene: Scene) -> None:
    """Boards have no messages of their own: the name alone is refused plainly, with words it is taken."""
    assert "words of the message evacuation" in scene.fails("emergency", message="evacuation")[1]
    scene.do("emergency", message="evacuation", text="请疏散")
    assert scene.whole("hall-1") == ["请疏散"]


def test_a_parameter_that_is_given_twice_is_refused(scene: Scene) -> None:
    """Nobody guesses which was meant."""
    twice = (Parameter(name="text", value="一"), Parameter(name="text", value="二"))
    with pytest.raises(StationError, match="given twice"):
        scene.commands.command(
            Command(id="c", action="emergency", by="anna", expires=stamp_of(NOON + 60), parameters=twice)
        )


def test_before_the_station_is_known(tmp_path: Path) -> None:
    """There is no board yet, and that is said."""
    scene = Scene(tmp_path, known=False)
    assert scene.fails("emergency", text="请疏散")[0] == "no-such-board"


def test_an_action_that_is_not_known_is_told_what_there_is(scene: Scene) -> None:
    """With the words."""
    refused = scene.do("dance")
    assert (refused.state, refused.code) == (CommandState.REFUSED, "unknown-action")
    assert "emergency-end" in refused.detail
