"""A made-up panel: `SHOW <name> <dots in hexadecimal>` and a line feed; it answers `OK`, `BUSY`, or `NO <why>`."""

from stationmaster_guidance.led.driver import Answer, Exchange, Outcome, SerialForm


class BrightPanel:
    """The driver: it needs dots, has pages turned for it, and is sent the same again each twenty seconds."""

    draws = True
    turns_pages = False
    refresh_s = 20.0
    serial = SerialForm(baud=115_200)
    lines = None  # as many as the font lets stand on it

    def __init__(self, name):
        self.name = name
        self.held = b""

    def speaks(self, text):
        return bool(text.isprintable())

    def steps(self, page):  # noqa: ARG002 - a card of words would look at it
        return 1  # what is too long comes as dots in steps

    def show(self, frames):
        dots = frames[0].bitmap.mono.hex() if frames else ""
        return [Exchange(chunks=(f"SHOW {self.name} {dots}\n".encode(),))]

    def ask(self):
        return [Exchange(chunks=(b"ALIVE\n",))]

    def brightness(self, percent):
        return [Exchange(chunks=(f"LIGHT {percent}\n".encode(),))]

    def receive(self, data):
        *lines, self.held = (self.held + data).split(b"\n")
        return [self.answer(line.decode("ascii", "replace")) for line in lines]

    def reset(self):
        self.held = b""

    def answer(self, line):
        outcome = {"OK": Outcome.ACCEPTED, "BUSY": Outcome.BUSY}.get(line, Outcome.REFUSED)
        return Answer(outcome=outcome, detail=line)


def driver(parts):
    """Called with the panel's own settings, its size, and whether it has two colours."""
    return BrightPanel(parts.table.text("name", "panel"))
