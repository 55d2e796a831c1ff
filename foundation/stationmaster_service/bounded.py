"""Requests whose bodies are bounded before they are stored: whoever sends more is cut off while he sends.

A route can only look at a body that is there as a whole, in memory or in a temporary file. What is too large for any
route must never get there, or whoever likes fills the disk, without even saying who he is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.web.server import Request

__all__ = ["LARGEST_BODY", "BoundedRequest"]

LARGEST_BODY = 10_000_000
"""Bytes of a body, for paths that have no bound of their own."""

_ANSWER = (
    b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
    b"Content-Length: %d\r\n\r\n%s"
)
_PROBLEM = (
    b'{"type":"urn:stationmaster:problem:body-too-large","title":"Body too large","status":413,'
    b'"error":"body-too-large","message":"It has more than %d bytes.","hint":"Send less."}\n'
)


class BoundedRequest(Request):
    """A request that ends its connection when its body is larger than its path allows.

    `bounds` of its site has bytes by path; other paths are bounded by `LARGEST_BODY`.
    """

    _had = 0
    _cut = False

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        too_large = length is not None and length > self._most()
        Request.gotLength(self, 0 if too_large else length)
        if too_large:
            self._cut_off()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        if self._cut:
            return
        self._had += len(data)
        if self._had > self._most():
            self._cut_off()
        else:
            Request.handleContentChunk(self, data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802 - Twisted's name
        if not self._cut:
            Request.requestReceived(self, command, path, version)

    def _most(self) -> int:
        channel: Any = self.channel
        bounds: Mapping[bytes, int] = getattr(channel.site, "bounds", {})
        # The path is the request's own only when the whole body is there; until then the channel has it.
        path = bytes(getattr(channel, "_path", b"")).partition(b"?")[0]
        return bounds.get(path, LARGEST_BODY)

    def _cut_off(self) -> None:
        self._cut = True
        content: Any = self.content
        content.close()
        channel: Any = self.channel
        body = _PROBLEM % self._most()
        channel.transport.write(_ANSWER % (len(body), body))
        channel.loseConnection()
