"""FFmpeg, listening to an RTP stream: a program that shares nothing with ours."""

from __future__ import annotations

import os
import socket
import threading
from array import array
from pathlib import Path

import av

__all__ = ["PORT", "StreamListener", "group", "somebody_listens"]

OPTIONS = {
    "protocol_whitelist": "file,udp,rtp",
    "localaddr": "127.0.0.1",
    "probesize": "2000",
    "analyzeduration": "100000",
    "buffer_size": "2097152",
}
"""With room in the kernel for some seconds of sound: on a busy machine the listener is not always at work."""

PORT = 20_000 + 2 * (os.getpid() % 15_000)
"""For streams of this process: other tests may run on this machine at the same time."""


def group(number: int) -> str:
    """A multicast group that no other process of this machine uses for its tests."""
    return f"239.255.{os.getpid() % 251 + 1}.{number}"


class StreamListener(threading.Thread):
    """Listens until the stream says goodbye; `samples` grow meanwhile.

    Args:
        description: a file with the stream's SDP.

    """

    def __init__(self, description: Path) -> None:
        super().__init__(daemon=True)
        self.samples = array("h")
        self.codec = ""
        self.rate = 0
        self.problem: Exception | None = None
        self._description = description

    def run(self) -> None:
        try:
            with av.open(str(self._description), format="sdp", options=OPTIONS, timeout=20.0) as found:
                context = found.streams.audio[0].codec_context
                self.codec, self.rate = context.name, context.sample_rate
                for packet in found.demux():
                    for frame in packet.decode():
                        assert isinstance(frame, av.AudioFrame)
                        self.samples.frombytes(bytes(frame.planes[0])[: 2 * frame.samples])
        except Exception as error:
            self.problem = error


def somebody_listens(group: str) -> bool:
    """Whether a program on this machine has joined the multicast group."""
    return socket.inet_aton(group)[::-1].hex().upper() in Path("/proc/net/igmp").read_text("ascii")
