"""What can be commanded of web boards: on, off, brightness, a test by each of their pages, and words upon them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from twisted.internet.defer import Deferred

from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_guidance.boards import Boards
from stationmaster_guidance.controls import Controls
from stationmaster_guidance.readings import TestOutcome
from stationmaster_guidance.text_commands import TEXT_ACTIONS, TextCommands
from stationmaster_protocol.commands import Command, CommandResult, CommandState
from stationmaster_service.interfaces import MachineTime

__all__ = ["TEST_S", "BoardCommands"]

TEST_S = 15.0
"""Machine seconds after which a test is over, whoever has not answered."""

LONGEST = 1500

LIGHT_ACTIONS = ("on", "off", "brightness", "test")


@dataclass(slots=True, kw_only=True, eq=False)
class _Test:
    """A test that is under way: who has still to answer, by board and page, and what the others found."""

    boards: tuple[str, ...]
    controls: Controls
    result: Deferred[CommandResult]
    waiting: set[tuple[str, str]]
    panels: tuple[str, ...]
    found: list[str] = field(default_factory=list)
    failed: bool = False


class BoardCommands:
    """Does commands, once `serve` has told for which boards; before that there is no board.

    Args:
        clock: station time.
        reactor: machine time, for how long a test may take.

    """

    def __init__(self, *, clock: StationClock, reactor: MachineTime) -> None:
        self._clock = clock
        self._reactor = reactor
        self._tests: dict[str, _Test] = {}
        self._boards: Boards | None = None
        self._texts: TextCommands | None = None
        self._pages: Callable[[str], tuple[str, ...]] = lambda _: ()
        self._panel: Callable[[str], bool | None] = lambda _: None

    def serve(
        self,
        boards: Boards,
        pages: Callable[[str], tuple[str, ...]],
        panel: Callable[[str], bool | None] = lambda _: None,
        texts: TextCommands | None = None,
    ) -> None:
        """These are the boards.

        `pages` gives the pages of one that are heard, `panel` whether its LED panel is well; None: it has none.
        `texts` puts words on them; None: nobody does.
        """
        self._boards, self._pages, self._panel, self._texts = boards, pages, panel, texts

    def command(self, command: Command) -> CommandResult | Deferred[CommandResult]:
        """Do it.

        Raises:
            StationError: `no-such-device`, `no-such-board`, `bad-parameter`, `text-impossible`, `not-stored`.

        """
        if self._texts is not None and command.action in TEXT_ACTIONS:
            return self._result(command.id, CommandState.DONE, None, self._texts.command(command)[:LONGEST])
        if command.action not in LIGHT_ACTIONS:
            known = (*LIGHT_ACTIONS, *(() if self._texts is None else TEXT_ACTIONS))
            text = f"boards know {', '.join(known)}, and not {command.action}"
            return self._result(command.id, CommandState.REFUSED, "unknown-action", text)
        if self._boards is None:
            raise StationError("no-such-device", "The station's boards are not known yet.", "Command it again later.")
        controls, boards = self._boards.controls, self._chosen(command, self._boards)
        if command.action == "test":
            return self._test(command.id, boards, controls)
        if command.action == "brightness":
            percent = _percent(command)
            controls.set(boards, lambda control: replace(control, percent=percent))
        else:
            controls.set(boards, lambda control: replace(control, on=command.action == "on"))
        return self._result(command.id, CommandState.DONE, None, ", ".join(boards))

    def tested(self, board: str, page: str, outcome: TestOutcome) -> None:
        """A page has tested itself."""
        test = self._tests.get(outcome.id)
        if test is None or (board, page) not in test.waiting:
            return
        test.waiting.discard((board, page))
        wrong = "; ".join(outcome.wrong)
        test.failed = test.failed or bool(wrong)
        size = f"{outcome.width} × {outcome.height}, {outcome.frames} pictures a second"
        test.found.append(f"{board}: {wrong or 'well'} ({size})")
        if not test.waiting and not test.panels:
            self._over(outcome.id)

    def _chosen(self, command: Command, boards: Boards) -> tuple[str, ...]:
        known = {shown.board.id: None for shown in boards.all()}
        asked = tuple(dict.fromkeys((*command.devices, *(each for each in command.targets if each in known))))
        missing = sorted(set(asked).difference(known))
        if missing or (command.targets and not asked):
            named = ", ".join(missing or command.targets)
            raise StationError("no-such-device", f"There is no board {named} here.", "Name boards of the station.")
        return asked or tuple(known)

    def _test(self, name: str, boards: tuple[str, ...], controls: Controls) -> Deferred[CommandResult]:
        result: Deferred[CommandResult] = Deferred()
        pages = {board: self._pages(board) for board in boards}
        waiting = {(board, page) for board in boards for page in pages[board]}
        panels = tuple(board for board in boards if self._panel(board) is not None)
        test = _Test(boards=boards, controls=controls, result=result, waiting=waiting, panels=panels)
        for board in boards:
            if not pages[board] and board not in panels:
                test.failed = True
                test.found.append(f"{board}: no page is open")
        self._tests[name] = test
        if test.waiting or panels:
            controls.set(boards, lambda control: replace(control, test=name))
            self._reactor.callLater(TEST_S, self._over, name)
        else:
            self._over(name)
        return result

    def _over(self, name: str) -> None:
        test = self._tests.pop(name, None)
        if test is None:
            return
        for board, _ in sorted(test.waiting):
            test.failed = True
            test.found.append(f"{board}: no answer")
        for board in test.panels:
            well = self._panel(board) is True
            test.failed = test.failed or not well
            test.found.append(f"{board}: its panel {'was lit' if well else 'does not do as it is told'}")
        for board in test.boards:
            test.controls.tested(board, name)
        state = CommandState.FAILED if test.failed else CommandState.DONE
        code = "test-failed" if test.failed else None
        test.result.callback(self._result(name, state, code, "; ".join(test.found)[:LONGEST]))

    def _result(self, name: str, state: CommandState, code: str | None, detail: str) -> CommandResult:
        return CommandResult(id=name, state=state, at=Instant(int(self._clock.now())), code=code, detail=detail)


def _percent(command: Command) -> int | None:
    """What brightness is wanted; None: by the time of day again."""
    given = next((each.value for each in command.parameters if each.name == "percent"), None)
    if given is None:
        return None
    if not given.isascii() or not given.isdigit() or int(given) > 100:
        raise StationError("bad-parameter", f"percent is {given!r}.", "Give 0 to 100, or none for the time of day's.")
    return int(given)
