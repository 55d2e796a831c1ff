"""The schema and the code agree, also the other way round: what the schema admits is read, and can be said again."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from stationmaster_protocol.codec import decode, encode
from stationmaster_protocol.errors import RemoteProtocolError
from stationmaster_protocol.reading import schema_text
from stationmaster_protocol.shapes import MESSAGES
from support.effort import scaled
from support.schema_values import MESSAGES as IN_SCHEMA
from support.schema_values import documents

SCHEMA = etree.XMLSchema(etree.fromstring(schema_text()))


def test_the_schema_has_the_messages() -> None:
    """Each message is an element of the schema, and nothing else is a document."""
    assert sorted(IN_SCHEMA) == sorted(MESSAGES)


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_whatever_the_schema_admits_is_read(name: str) -> None:
    """A valid document is a message, and the same message when it is said again.

    Only the id of a place whose kind it does not begin with is valid here and cannot be.
    """

    @settings(max_examples=scaled(40), deadline=None, suppress_health_check=list(HealthCheck))
    @given(documents(name))
    def check(document: str) -> None:
        assert SCHEMA.validate(etree.fromstring(document.encode())), (SCHEMA.error_log, document)
        try:
            message = decode(document.encode())
        except RemoteProtocolError as error:
            code, text = error.code, error.message
        else:
            code, text = "", ""
            assert decode(encode(message, largest=1 << 22)[4:]) == message
        assert not code or (code == "bad-value" and "The id of place" in text), text

    check()
