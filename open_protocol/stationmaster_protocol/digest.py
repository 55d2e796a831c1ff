"""The digest that proves a replica whole.

The digest of a set of (kind, id, revision) is the sum, modulo 2**128, of the first 16 bytes (big-endian) of the
SHA-256 of `kind NUL id NUL revision`, each in UTF-8, the revision in decimal. A sum does not depend on order, so
both sides can keep it as resources come and go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from stationmaster_kernel.changes import Resource

__all__ = ["Holding", "digest_of"]

_MODULUS = 2**128


def _share(kind: str, resource_id: str, revision: int) -> int:
    return int.from_bytes(sha256(f"{kind}\0{resource_id}\0{revision}".encode()).digest()[:16], "big")


class Holding:
    """A set of (kind, id, revision) with its digest, one revision for each kind and id."""

    __slots__ = ("_revisions", "_sum")

    def __init__(self, resources: Iterable[Resource] = ()) -> None:
        self._revisions: dict[tuple[str, str], int] = {}
        self._sum = 0
        for resource in resources:
            self.put(resource.kind, resource.id, resource.revision)

    def __len__(self) -> int:
        return len(self._revisions)

    def __contains__(self, key: tuple[str, str]) -> bool:
        return key in self._revisions

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._revisions)

    def put(self, kind: str, resource_id: str, revision: int) -> None:
        """Add a resource, or replace its revision."""
        self.delete(kind, resource_id)
        self._revisions[kind, resource_id] = revision
        self._sum = (self._sum + _share(kind, resource_id, revision)) % _MODULUS

    def delete(self, kind: str, resource_id: str) -> bool:
        """Take a resource out; False if it was not there."""
        revision = self._revisions.pop((kind, resource_id), None)
        if revision is None:
            return False
        self._sum = (self._sum - _share(kind, resource_id, revision)) % _MODULUS
        return True

    def revision(self, kind: str, resource_id: str) -> int | None:
        """The revision held; None if the resource is not."""
        return self._revisions.get((kind, resource_id))

    @property
    def digest(self) -> str:
        """32 lower-case hexadecimal digits."""
        return f"{self._sum:032x}"


def digest_of(resources: Iterable[Resource]) -> str:
    """The digest of a whole set."""
    return Holding(resources).digest
