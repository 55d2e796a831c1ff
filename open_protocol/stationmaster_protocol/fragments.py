"""Resources as XML, made once for all the filter classes that one publication concerns.

A resource that cannot be written as it stands is cleaned, and loses its extension; one that even so cannot be written
is left out, since it must not keep everything else from being sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from stationmaster_base.logging import get_logger
from stationmaster_kernel.changes import Resource
from stationmaster_protocol.errors import LocalProtocolError
from stationmaster_protocol.filter_class import Unsendable
from stationmaster_protocol.scalar_codecs import cleaned_value
from stationmaster_protocol.writing import resource_text

__all__ = ["Fragments"]

_LOG = get_logger("protocol")


class Fragments:
    """Makes the XML of resources, and keeps it while a publication lasts."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, int], str] | None = None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Within, each revision of a resource is made into XML once, however many ask for it."""
        self._kept = {}
        try:
            yield
        finally:
            self._kept = None

    def text(self, resource: Resource) -> str:
        """The XML of a resource.

        Raises:
            Unsendable: there is none, even of the cleaned resource.

        """
        if self._kept is None:
            return _made(resource)
        key = (resource.kind, resource.id, resource.revision)
        text = self._kept.get(key)
        if text is None:
            text = self._kept[key] = _made(resource)
        return text


def _made(resource: Resource) -> str:
    try:
        return resource_text(resource)
    except LocalProtocolError as reason:
        # A character that XML cannot carry should have been kept out where the value was made.
        _LOG.error("resource_not_clean", kind=resource.kind, id=resource.id, reason=str(reason))
    try:
        return resource_text(replace(resource, value=cleaned_value(resource.value), extension=""))
    except LocalProtocolError as still:
        raise Unsendable(resource, still) from still
