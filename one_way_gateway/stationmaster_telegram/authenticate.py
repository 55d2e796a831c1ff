"""Which telegrams a receiver with keys takes: those with a right tag, each once.

A receiver that has keys takes no telegram without one: otherwise a forger would simply leave the tag away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stationmaster_base.logging import get_logger
from stationmaster_telegram.keys import Keyring, load_keyring
from stationmaster_telegram.replay import ReplayGuard, SeenFile, Sender

__all__ = ["Refusal", "Verifier"]

_LOG = get_logger("telegram")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a telegram is not taken: a word that `decoder.Counters` has a field for, and the detail."""

    reason: str
    detail: str


class Verifier:
    """Judges telegrams. `latest_key` is the key of the last one that was taken; None before any.

    Args:
        keyring: the keys that are taken.
        guard: what was taken before.

    """

    def __init__(self, keyring: Keyring, guard: ReplayGuard) -> None:
        self.keyring = keyring
        self.latest_key: int | None = None
        self._guard = guard
        self._complained = False

    @classmethod
    def open(cls, keys: Path, seen: Path, monotonic: Callable[[], float]) -> Verifier:
        """With the keys of one file and what another file remembers.

        Raises:
            StationError: `line-keys` or `line-seen`: one of the files cannot be used.

        """
        return cls(load_keyring(keys), ReplayGuard(SeenFile(seen), monotonic))

    def refusal(
        self, sender: Sender, epoch: int, sequence: int, *, key_id: int, signed: bytes, tag: bytes
    ) -> Refusal | None:
        """Why the telegram is not taken; None if it is, which it is only once.

        Args:
            sender: station and gateway.
            epoch: of the header.
            sequence: of the header.
            key_id: which key it says that its tag is made with.
            signed: header, key id and payload.
            tag: 8 bytes.

        """
        if self.keyring.key(key_id) is None:
            return Refusal(reason="unknown_keys", detail=f"key {key_id}; known are {self.keyring.ids}")
        if not self.keyring.verify(key_id, signed, tag):
            return Refusal(reason="bad_tags", detail=f"the tag is not that of key {key_id}")
        try:
            new = self._guard.accept(sender, epoch, sequence)
        except OSError as error:
            if not self._complained:
                self._complained = True
                _LOG.error("line_seen_not_kept", problem=str(error), do="make room on the disk; nothing is taken")
            return Refusal(reason="not_kept", detail=f"what was taken cannot be kept on disk: {error}")
        self._complained = False
        if not new:
            return Refusal(reason="replays", detail=f"epoch {epoch}, sequence {sequence} was before")
        self.latest_key = key_id
        return None

    def close(self) -> None:
        """The end of receiving; nothing may be judged afterwards."""
        try:
            self._guard.close()
        except OSError as error:
            _LOG.error("line_seen_not_kept", problem=str(error), do="make room on the disk")
