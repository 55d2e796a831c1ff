"""One line without its device: bytes in, telegrams out, and the gateways that are heard on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from stationmaster_dmis.feed import GatewayFeed
from stationmaster_telegram.authenticate import Verifier
from stationmaster_telegram.decoder import Counters
from stationmaster_telegram.frame import Rejected, Telegram

__all__ = ["FeedDecoder", "Line"]


class FeedDecoder(Protocol):
    """Makes telegrams of bytes; `stationmaster_telegram.decoder.Decoder` is one.

    It raises nothing whatever comes, and holds a bounded number of bytes.
    """

    @property
    def counters(self) -> Counters:
        """What has come since the start."""

    def receive_data(self, data: bytes) -> None:
        """Take what has come; any length, cut anywhere."""

    def next_event(self) -> Telegram | Rejected | None:
        """The next thing that came, in order; None if more bytes are needed."""

    def interrupted(self) -> None:
        """The line was cut, or the file has ended: what comes next begins anew."""


class Line:
    """One line.

    Args:
        name: as people know it.
        decoder: of its format.
        verifier: what the decoder judges tags with, closed at the end; None: they come without.

    """

    def __init__(self, name: str, decoder: FeedDecoder, verifier: Verifier | None = None) -> None:
        self.name = name
        self.feeds: dict[int, GatewayFeed] = {}
        self._decoder = decoder
        self._verifier = verifier

    @property
    def counters(self) -> Counters:
        """What has come since the start."""
        return self._decoder.counters

    @property
    def signed(self) -> bool:
        """Whether telegrams without a right tag are refused."""
        return self._verifier is not None

    @property
    def heard_at(self) -> float | None:
        """Machine time of the last telegram that was taken; None before any."""
        return max((feed.heard_at for feed in self.feeds.values()), default=None)

    def receive(self, data: bytes) -> Iterator[Telegram]:
        """The telegrams that these bytes complete."""
        self._decoder.receive_data(data)
        while (event := self._decoder.next_event()) is not None:
            if isinstance(event, Telegram):
                yield event

    def interrupted(self) -> None:
        """The line was cut."""
        self._decoder.interrupted()

    def close(self) -> None:
        """The end; nothing may be received afterwards."""
        if self._verifier is not None:
            self._verifier.close()
