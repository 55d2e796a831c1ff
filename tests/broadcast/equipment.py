"""What stands behind broadcast's outputs, as a process of its own: two racks of amplifiers and a speech chip.

It prints where they are as a line of JSON. A line on its standard input is done, and answered by how everything is:
`fault N`: channel N of the first rack fails; `mend`: all is well; anything else is a question alone.
"""

from __future__ import annotations

import json
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.stdio import StandardIO
from twisted.protocols.basic import LineOnlyReceiver

from stationmaster_simulator.amplifier_rack import AmplifierRack, RackFactory, RackOnPty
from stationmaster_simulator.speech_chip import ChipOnPty

reactor: Any = _reactor


class Hand(LineOnlyReceiver):
    """Does what it is told."""

    delimiter = b"\n"

    def __init__(self, racks: list[AmplifierRack], chip: ChipOnPty) -> None:
        self._racks = racks
        self._chip = chip

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        command, *numbers = line.decode("ascii").split()
        if command == "fault":
            self._racks[0].fault(channel=int(numbers[0]))
        elif command == "mend":
            self._racks[0].mend()
        heard = [[rack.heard(line) for line in (1, 2)] for rack in self._racks]
        print(json.dumps({"heard": heard, "said": self._chip.chip.said}, ensure_ascii=False), flush=True)  # noqa: T201 - the answer


def main() -> None:
    """Serve until killed."""
    racks = [AmplifierRack(), AmplifierRack()]
    port = reactor.listenTCP(0, RackFactory(racks[0]), interface="127.0.0.1")
    line = RackOnPty(racks[1], reactor)
    chip = ChipOnPty("xfs5152ce", reactor)
    chip.chip.ways.seconds_a_character = 0.002
    StandardIO(Hand(racks, chip))
    places = {"rack": port.getHost().port, "line": str(line.path), "chip": str(chip.path)}
    reactor.callWhenRunning(lambda: print(json.dumps(places), flush=True))  # noqa: T201 - whoever started us waits
    reactor.run()


if __name__ == "__main__":
    main()
