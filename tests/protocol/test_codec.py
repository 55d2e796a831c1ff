"""Messages as XML and back: the code and the schema agree in both directions, and nothing that comes in crashes."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

import stationmaster_protocol
from stationmaster_kernel.changes import PUBLIC_KINDS, Resource
from stationmaster_protocol.codec import FrameReader, decode, encode
from stationmaster_protocol.errors import ERROR_CODES, LocalProtocolError, RemoteProtocolError
from stationmaster_protocol.messages import NAMESPACE, Error, Hello, Message, Position, Snapshot
from stationmaster_protocol.reading import schema_text
from stationmaster_protocol.scalar_codecs import carriable, cleaned
from stationmaster_protocol.schema import made_schema
from stationmaster_protocol.shapes import MESSAGES
from stationmaster_protocol.writing import document_text
from support.effort import scaled
from support.protocol_values import messages, resource_of, values

LARGEST = 1 << 22
SCHEMA = etree.XMLSchema(etree.fromstring(schema_text()))
ENOUGH = settings(max_examples=scaled(60), deadline=None, suppress_health_check=list(HealthCheck))


def framed(message: Message) -> bytes:
    return encode(message, largest=LARGEST)


def code_of(document: str | bytes) -> str:
    """The code with which a document is refused."""
    with pytest.raises(RemoteProtocolError) as caught:
        decode(document.encode() if isinstance(document, str) else document)
    return caught.value.code


def outcome(document: bytes) -> Message | str:
    """The message in a document, or the code with which it is refused."""
    try:
        return decode(document)
    except RemoteProtocolError as error:
        return error.code


def with_resource(resource: Resource) -> Snapshot:
    return Snapshot(
        position=Position(epoch="e", sequence=1, hash=""), part=1, last=True, digest="0" * 32, resources=(resource,)
    )


def test_schema_file_is_what_the_code_makes() -> None:
    """The XSD in the package is the one that the shapes describe."""
    assert schema_text().decode() == made_schema()
    assert Path(stationmaster_protocol.__file__).with_name("open-protocol-1.xsd").is_file()


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_messages_come_back_equal_and_valid(name: str) -> None:
    """Every message that can be made is valid against the schema and is the same after the way there and back."""

    @ENOUGH
    @given(values(MESSAGES[name]))
    def check(message: Message) -> None:
        document = framed(message)[4:]
        assert SCHEMA.validate(etree.fromstring(document)), SCHEMA.error_log
        assert decode(document) == message

    check()


@pytest.mark.parametrize("kind", sorted(PUBLIC_KINDS))
def test_resources_come_back_equal_and_valid(kind: str) -> None:
    """Every public kind of resource, with any values, is valid and comes back equal."""

    @ENOUGH
    @given(resource_of(kind))
    def check(resource: Resource) -> None:
        document = framed(with_resource(resource))[4:]
        assert SCHEMA.validate(etree.fromstring(document)), SCHEMA.error_log
        (back,) = decode(document).resources  # type: ignore[union-attr]  # a snapshot went in
        assert back == resource

    check()


def attributes_of(document: bytes) -> list[tuple[etree._Element, str]]:
    root = etree.fromstring(document)
    return [(element, str(key)) for element in root.iter() for key in element.attrib]


@ENOUGH
@given(messages(), st.data())
def test_mutated_messages_are_refused_exactly_when_the_schema_refuses(message: Message, data: st.DataObject) -> None:
    """Whatever is done to a message, the reader refuses what the schema refuses; what it takes can be sent again."""
    root = etree.fromstring(framed(message)[4:])
    elements = list(root.iter())
    element = data.draw(st.sampled_from(elements))
    act = data.draw(st.sampled_from(["drop", "rename", "attribute", "value", "text", "twice"]))
    parent = element.getparent()
    if act == "drop" and parent is not None:
        parent.remove(element)
    elif act == "rename":
        element.tag = f"{{{NAMESPACE}}}{data.draw(st.sampled_from(['call', 'update', 'outcome', 'nothing']))}"
    elif act == "attribute":
        element.set(data.draw(st.sampled_from(["id", "x", "sequence"])), "1")
    elif act == "value" and element.attrib:
        key = data.draw(st.sampled_from(sorted(str(key) for key in element.attrib)))
        element.set(key, data.draw(st.sampled_from(["", "-1", "x", " 1 ", "2026-02-30T00:00:00Z", "٣", "true"])))
    elif act == "text":
        element.text = data.draw(st.sampled_from(["", "x", "\n"]))
    elif act == "twice" and parent is not None:
        parent.append(etree.fromstring(etree.tostring(element)))
    document = etree.tostring(root, encoding="utf-8")
    valid = SCHEMA.validate(etree.fromstring(document))
    read = outcome(document)
    if isinstance(read, str):
        assert read == ("bad-value" if valid else "invalid")
    else:
        assert valid
        assert decode(framed(read)[4:]) == read


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_every_required_attribute_is_required(name: str) -> None:
    """A message without any one of its required attributes is refused as invalid."""

    @settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
    @given(values(MESSAGES[name]))
    def check(message: Message) -> None:
        schema = etree.fromstring(schema_text())
        required = schema.xpath(
            f"//*[@name='{type(message).__name__}']/*[local-name()='attribute'][@use='required']/@name"
        )
        for attribute in required:
            root = etree.fromstring(framed(message)[4:])
            del root.attrib[attribute]
            assert code_of(etree.tostring(root, encoding="utf-8")) == "invalid"

    check()


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("", "not-xml"),
        ("<", "not-xml"),
        ("hello", "not-xml"),
        (f'<bye xmlns="{NAMESPACE}" reason="leaving"/><bye/>', "not-xml"),
        (f'<bye xmlns="{NAMESPACE}" reason="leaving">', "not-xml"),
        (f'<bye xmlns="{NAMESPACE}" reason="leaving" text="&#0;"/>', "not-xml"),
        (f'<bye xmlns="{NAMESPACE}" reason="leaving" text="&unknown;"/>', "not-xml"),
        (b"\xff\xfe<\0b\0y\0e\0/\0>\0", "not-utf8"),
        (f'<bye xmlns="{NAMESPACE}" reason="leaving" text="\xe9"/>'.encode("latin-1"), "not-utf8"),
        ('<bye reason="leaving"/>', "invalid"),
        ('<bye xmlns="urn:stationmaster:open-protocol:2" reason="leaving"/>', "invalid"),
        (f'<call xmlns="{NAMESPACE}" id="x" revision="1"/>', "invalid"),
        (f'<bye xmlns="{NAMESPACE}" reason="tired"/>', "invalid"),
        (f'<bye xmlns="{NAMESPACE}" reason="leaving"><extension><bye reason="leaving"/></extension></bye>', "invalid"),
        (f'<time-request xmlns="{NAMESPACE}" sent="2026-02-30T00:00:00.0Z"/>', "invalid"),
        (f'<time-request xmlns="{NAMESPACE}" sent="2026-02-28T24:00:00.0Z"/>', "invalid"),
        ('<!DOCTYPE bye [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><bye>&b;</bye>', "doctype"),
        ('<!DOCTYPE bye SYSTEM "http://192.0.2.1/x.dtd"><bye/>', "doctype"),
        ("<a>" * 100_000, "not-xml"),
        ("<a>" * 300 + "</a>" * 300, "not-xml"),
    ],
)
def test_bad_documents_are_refused_with_a_code(document: str | bytes, code: str) -> None:
    """Broken XML, other encodings, DTDs, entity bombs, deep nesting and invalid messages each have their code."""
    assert code_of(document) == code
    assert ERROR_CODES[code].hint


def test_place_whose_id_contradicts_its_kind_is_refused() -> None:
    """What the schema cannot say is refused as a bad value."""
    document = (
        f'<snapshot xmlns="{NAMESPACE}" part="1" digest="{"0" * 32}"><position epoch="e" sequence="1" hash=""/>'
        '<place id="gate.1A" revision="1" kind="exit"/></snapshot>'
    )
    assert code_of(document) == "bad-value"


def test_a_bad_token_is_not_quoted() -> None:
    """What is said of an invalid secret does not hold it: it goes into logs."""
    document = f'<hello xmlns="{NAMESPACE}" identity="a" version="1.0" token="{"s3cret" * 60}"/>'
    with pytest.raises(RemoteProtocolError) as caught:
        decode(document.encode())
    assert caught.value.code == "invalid"
    assert "s3cret" not in str(caught.value)


def test_extensions_comments_and_instructions_are_passed_over() -> None:
    """What a later version or a vendor adds in its own namespace does no harm; comments and PIs are nothing."""
    document = (
        f'<?xml version="1.0" encoding="UTF-8"?><?pi x?><error xmlns="{NAMESPACE}" xmlns:v="urn:vendor" v:more="1" '
        'code="internal" text="a"><!-- note --><extension v:x="1"><v:thing a="1">x<v:y/></v:thing></extension></error>'
    )
    assert decode(document.encode()) == Error(code="internal", text="a")


@given(st.binary(max_size=400))
def test_random_bytes_never_crash_the_reader(data: bytes) -> None:
    """Any bytes are a message or a remote protocol error."""
    read = outcome(data)
    assert read in ERROR_CODES if isinstance(read, str) else type(read) in MESSAGES.values()


@ENOUGH
@given(messages(), st.data())
def test_truncated_and_flipped_messages_never_crash_the_reader(message: Message, data: st.DataObject) -> None:
    """A message that is cut, or has bytes changed, is a message or a remote protocol error."""
    document = bytearray(framed(message)[4:])
    for _ in range(data.draw(st.integers(1, 4))):
        document[data.draw(st.integers(0, len(document) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(document)))
    for broken in (bytes(document), bytes(document[:cut])):
        read = outcome(broken)
        assert read in ERROR_CODES if isinstance(read, str) else type(read) in MESSAGES.values()


@ENOUGH
@given(st.lists(messages(), max_size=4), st.data())
def test_frames_come_out_whole_however_they_are_cut(sent: list[Message], data: st.DataObject) -> None:
    """The pieces in which a connection delivers bytes do not matter."""
    stream = b"".join(framed(message) for message in sent)
    reader = FrameReader(LARGEST)
    came: list[Message] = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        came += [decode(document) for document in reader.documents(stream[:size])]
        stream = stream[size:]
    assert came == sent
    assert reader.waiting == 0


@pytest.mark.parametrize(("head", "code"), [(b"\x00\x00\x01\x01", "too-large"), (b"\x00\x00\x00\x00", "empty-message")])
def test_frames_of_impossible_length_are_refused_at_once(head: bytes, code: str) -> None:
    """A length beyond the limit, or of nothing, is refused before anything of the message has come."""
    reader = FrameReader(256)
    with pytest.raises(RemoteProtocolError) as caught:
        list(reader.documents(head))
    assert caught.value.code == code


HELLO = Hello(identity="guidance", token="secret")


@pytest.mark.parametrize(
    "message",
    [
        replace(HELLO, identity="two words"),
        replace(HELLO, identity="a\n"),
        replace(HELLO, token="x" * 257),
        replace(HELLO, token="\x00"),
        replace(HELLO, version="1"),
        Error(code="internal", text="a\x0bb"),
        Error(code="internal", text="\ud800"),
        Error(code="internal", text="x" * 2001),
        Snapshot(position=Position(epoch="e", sequence=-1, hash=""), part=1, digest="0" * 32),
        Snapshot(position=Position(epoch="e", sequence=1, hash=""), part=1, digest="A" * 32),
    ],
)
def test_what_the_schema_would_refuse_is_not_sent(message: Message) -> None:
    """A value that the peer would refuse, or XML cannot carry, is a local error; secrets are not in its text."""
    with pytest.raises(LocalProtocolError) as caught:
        framed(message)
    assert caught.value.code == "bad-value"
    assert "xxxxx" not in str(caught.value) or not isinstance(message, Hello)


def test_too_long_messages_are_not_sent() -> None:
    """A message longer than the receiver takes is a local error."""
    with pytest.raises(LocalProtocolError) as caught:
        encode(HELLO, largest=20)
    assert caught.value.code == "too-large"


@given(st.text())
def test_cleaned_text_can_be_carried(text: str) -> None:
    """`cleaned` leaves what XML can carry and puts U+FFFD for the rest."""
    assert carriable(cleaned(text))
    assert len(cleaned(text)) == len(text)
    assert not carriable(text) or cleaned(text) == text


def test_documents_are_readable() -> None:
    """Line breaks in attributes are kept as references, and nothing but the needed is escaped."""
    text = document_text(Error(code="internal", text="1 < 2 & 'a'\n\"b\"\t"))
    assert re.search(r"text=\"1 &lt; 2 &amp; 'a'&#10;&quot;b&quot;&#9;\"", text)
