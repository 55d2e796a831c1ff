"""The formats of the feed: our own telegrams, and those that others bring (entry-point group below).

A dispatching vendor's own format is a Python package that names, in the entry-point group
`stationmaster.feed_decoders`, a function that takes the station's telecode and gives a `FeedDecoder`. It makes of what
comes the same telegrams that our gateway sends, so that everything behind it is as for any other line.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from importlib.metadata import entry_points

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_dmis.line import FeedDecoder, Line
from stationmaster_dmis.settings import LineSettings
from stationmaster_telegram.authenticate import Verifier
from stationmaster_telegram.decoder import Counters, Decoder
from stationmaster_telegram.frame import Rejected, Telegram

__all__ = ["GROUP", "OUR_FORMAT", "GuardedDecoder", "open_line"]

_LOG = get_logger("line")

GROUP = "stationmaster.feed_decoders"
OUR_FORMAT = "telegram"


def open_line(settings: LineSettings, station: str, monotonic: Callable[[], float]) -> Line:
    """The line as it is configured, its device not yet opened.

    Args:
        settings: of the line.
        station: whose telegrams are wanted.
        monotonic: machine seconds.

    Raises:
        StationError: `line-keys` or `line-seen`: a file of the keys cannot be used. `line-format`: nothing that is
            installed knows the format, or it cannot be loaded.

    """
    if settings.format == OUR_FORMAT:
        verifier = None if settings.keys is None else Verifier.open(settings.keys, settings.seen, monotonic)
        return Line(settings.name, Decoder(station, verifier), verifier)
    return Line(settings.name, GuardedDecoder(_foreign(settings.format, station), settings.format))


def _foreign(name: str, station: str) -> FeedDecoder:
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        known = ", ".join(sorted({OUR_FORMAT, *found}))
        raise StationError(
            "line-format", f"Nothing that is installed knows the feed's format {name!r}.", f"Known are: {known}."
        )
    try:
        decoder: FeedDecoder = found[name].load()(station)
    except Exception as error:
        raise StationError(
            "line-format",
            f"The decoder of the feed's format {name!r} ({found[name].value}) cannot be used: {error!r}.",
            "Ask whoever made it; the hub does not start without it.",
        ) from error
    return decoder


class GuardedDecoder:
    """Someone else's decoder, whose errors are counted as malformed input and logged, and end nothing.

    Args:
        inner: the decoder.
        name: of its format.

    """

    def __init__(self, inner: FeedDecoder, name: str) -> None:
        self._inner = inner
        self._name = name
        self._faults = 0
        self._told = False

    @property
    def counters(self) -> Counters:
        """The decoder's own, with its faults among what was malformed."""
        own = self._inner.counters
        return Counters(**{**_fields(own), "malformed": own.malformed + self._faults})

    def receive_data(self, data: bytes) -> None:
        """Take what has come."""
        try:
            self._inner.receive_data(data)
        except Exception:
            self._fault()

    def next_event(self) -> Telegram | Rejected | None:
        """The next thing that came; a fault of the decoder is one."""
        try:
            return self._inner.next_event()
        except Exception:
            self._fault()
            return Rejected(reason="malformed", detail=f"the decoder of {self._name!r} failed")

    def interrupted(self) -> None:
        """The line was cut."""
        try:
            self._inner.interrupted()
        except Exception:
            self._fault()

    def _fault(self) -> None:
        self._faults += 1
        if not self._told:
            self._told = True
            _LOG.error("decoder_failed", format=self._name, problem=traceback.format_exc(), do="tell its maker")


def _fields(counters: Counters) -> dict[str, int]:
    return {name: getattr(counters, name) for name in Counters.__slots__}
