"""A made-up rack: each amplifier has its own line and input A, input B, or none.

`?` and a number ask for an amplifier, and it answers the number and `A`, `B`, `-`, or `!` if it has failed; a number
and one of those letters connect it.
"""

from stationmaster_broadcast.loudspeakers.amplifiers import Connection, UnitState

INPUTS = {"A": 1, "B": 2}
LETTERS = {source: letter for letter, source in INPUTS.items()}


class TwinRack:
    """The driver: a state is whole when the last amplifier has answered."""

    baud = 19_200

    def __init__(self, amplifiers):
        self.amplifiers = amplifiers
        self.reset()

    def ask(self):
        return b"".join(b"?%c" % number for number in range(1, self.amplifiers + 1))

    def change(self, now, wanted):
        gone = {each.line for each in now} - {each.line for each in wanted}
        letters = {**dict.fromkeys(gone, "-"), **{each.line: LETTERS.get(each.input, "-") for each in wanted - now}}
        return b"".join(b"%c%c" % (line, ord(letter)) for line, letter in sorted(letters.items()))

    def receive(self, data):
        self.held += data
        states = []
        while len(self.held) >= 2:
            number, letter, self.held = self.held[0], chr(self.held[1]), self.held[2:]
            self.answers[number] = letter
            if number == self.amplifiers:
                states.append(self.state())
                self.answers = {}
        return states

    def reset(self):
        self.held = b""
        self.answers = {}

    def state(self):
        fed = [(number, INPUTS[letter]) for number, letter in self.answers.items() if letter in INPUTS]
        return UnitState(
            connections=frozenset(Connection(line=number, channel=number, input=source) for number, source in fed),
            channels=tuple((number, "failed") for number, letter in self.answers.items() if letter == "!"),
        )


def driver(parts):
    """Called with the rack's own settings."""
    return TwinRack(parts.table.integer("amplifiers", 8, low=1, high=200))
