"""Pictures of every type of board in three shapes of screen, in both languages, for people to look at.

    python tests/guidance/gallery.py FOLDER [BOARD …]

with the source roots and `tests` on PYTHONPATH. It serves a believable morning of the sample station.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Browser, Page

from guidance.browsing import ServedBoards, chromium

BOARDS = (
    "hall-1",
    "entrance-n",
    "waiting-a",
    "gate-2a-2b",
    "platform-2",
    "underpass-n",
    "exit-n",
    "arrivals-1",
    "staff-1",
    "message-1",
)
"""One of each type."""

SHAPES = {"landscape": (1920, 1080), "portrait": (1080, 1920), "ultrawide": (1920, 360)}

LANGUAGE_S = 10
FIRST_PAGE = 1_772_000_040
"""A moment (machine time) at which every board shows its first page and its first language."""


Look = Callable[[Page, str, str], None]
"""Looks at a board's page: which board, and the picture's name, `<board>-<shape>-<language>`."""


def visit(browser: Browser, served: ServedBoards, look: Look, boards: tuple[str, ...] = BOARDS) -> None:
    """Have every board looked at in each shape, and last in those sizes of the station's own that are no such shape."""
    page = browser.new_page()
    for shape, (width, height) in SHAPES.items():
        served.act("resize", width=width, height=height)
        page.set_viewport_size({"width": width, "height": height})
        for board in boards:
            _each_language(page, served, board, shape, look)
    served.act("own_size")
    for board in boards:
        size = served.act("size", board=board)
        if (size["width"], size["height"]) in SHAPES.values():
            continue  # looked at already
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        _each_language(page, served, board, "own", look)
    page.close()


def _each_language(page: Page, served: ServedBoards, board: str, shape: str, look: Look) -> None:
    page.clock.set_fixed_time(FIRST_PAGE)
    page.goto(f"{served.base}/board/{board}")
    page.wait_for_selector("#board .regions")
    languages = ("zh", "en") if page.locator("#board.alternate").count() else ("all",)
    for number, language in enumerate(languages):
        page.clock.set_fixed_time(FIRST_PAGE + number * LANGUAGE_S)
        page.wait_for_selector(f'#board[data-language="{number}"]')
        look(page, board, f"{board}-{shape}-{language}")


def main(arguments: list[str]) -> int:
    """Make the pictures."""
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Page, _: str, name: str) -> None:
        page.screenshot(path=str(folder / f"{name}.png"), animations="disabled")

    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        served = ServedBoards(Path(__file__).with_name("serve.py"), f"{scratch}/clock.json", "08:07")
        served.start()
        try:
            visit(browser, served, take, tuple(arguments[1:]) or BOARDS)
        finally:
            served.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
