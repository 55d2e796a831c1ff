"""What a newer peer or a vendor says besides: ignored by who does not know it, kept with a resource, never harmful."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationmaster_kernel.changes import Resource
from stationmaster_kernel.configuration import Name
from stationmaster_protocol.codec import decode, encode
from stationmaster_protocol.errors import LocalProtocolError, RemoteProtocolError
from stationmaster_protocol.extension import LONGEST_EXTENSION, checked_extension
from stationmaster_protocol.filter_class import Unsendable
from stationmaster_protocol.fragments import Fragments
from stationmaster_protocol.messages import NAMESPACE, Bye, ByeReason, Snapshot
from stationmaster_protocol.reading import LONGEST_NAMESPACE, MOST_ATTRIBUTES
from support.effort import scaled

XMLNS = f'xmlns="{NAMESPACE}"'


def snapshot(inside: str, root: str = "") -> bytes:
    """A snapshot of one name, which holds this."""
    return (
        f'<snapshot {XMLNS} {root} part="1" digest="{"0" * 32}"><position epoch="e" sequence="1" hash=""/>'
        f'<name id="a" revision="1"><name language="zh">京</name>{inside}</name></snapshot>'
    ).encode()


def held(document: bytes) -> Resource:
    """The resource in a snapshot of one."""
    message = decode(document)
    assert isinstance(message, Snapshot)
    (resource,) = message.resources
    return resource


def refused(document: bytes) -> str:
    with pytest.raises(RemoteProtocolError) as caught:
        decode(document)
    return caught.value.code


def named(extension: str) -> Resource:
    return Resource(kind="name", id="a", revision=1, value=Name(id="a", revision=1, names=()), extension=extension)


@pytest.mark.parametrize(
    ("inside", "root", "kept"),
    [
        ("", "", ""),
        ("<extension/>", "", ""),
        (
            '<extension><v:b xmlns:v="urn:v" c="1">t&amp;<![CDATA[<]]></v:b><!-- x --><?p?></extension>',
            "",
            f'<extension {XMLNS}><v:b xmlns:v="urn:v" c="1">t&amp;&lt;</v:b></extension>',
        ),
        (
            '<extension v:z="2" v:a="1"><v:b/></extension>',
            'xmlns:v="urn:v" xmlns:unused="urn:u"',
            f'<extension {XMLNS} xmlns:v="urn:v" v:a="1" v:z="2"><v:b></v:b></extension>',
        ),
        (
            f'<o:extension xmlns:o="{NAMESPACE}"><b xmlns="urn:v"><plain xmlns=""/></b></o:extension>',
            "",
            f'<o:extension xmlns:o="{NAMESPACE}"><b xmlns="urn:v"><plain xmlns=""></plain></b></o:extension>',
        ),
    ],
)
def test_a_resource_keeps_its_extension(inside: str, root: str, kept: str) -> None:
    """It is read as canonical text whose namespaces stand where they are used, and is written so again."""
    resource = held(snapshot(inside, root))
    assert resource.extension == kept
    assert resource.value == Name(id="a", revision=1, names=(("zh", "京"),))
    again = encode(decode(snapshot(inside, root)), largest=1 << 20)[4:]
    assert held(again) == resource
    assert encode(decode(again), largest=1 << 20)[4:] == again


@pytest.mark.parametrize("place", ["<bye {} reason='leaving' v:a='1'/>", "<bye {} reason='leaving'>{}</bye>"])
def test_what_a_message_says_besides_is_ignored(place: str) -> None:
    """Attributes of other namespaces and the message's own extension change nothing."""
    document = place.format(f'{XMLNS} xmlns:v="urn:v"', '<extension v:a="1"><v:new><v:more/></v:new></extension>')
    assert decode(document.encode()) == Bye(reason=ByeReason.LEAVING)


@pytest.mark.parametrize(
    "inside",
    [
        "<new/>",
        '<v:new xmlns:v="urn:v"/>',
        "<extension/><extension/>",
        "<extension>text</extension>",
        "<extension new='1'/>",
        "<extension><task/></extension>",
        '<extension><plain xmlns=""/></extension>',
    ],
)
def test_what_is_unknown_elsewhere_is_refused(inside: str) -> None:
    """Outside the places for it, and in the protocol's own namespace, nothing unknown is let pass."""
    assert refused(snapshot(inside)) == "invalid"
    assert refused(f"<bye {XMLNS} reason='leaving'>{inside}</bye>".encode()) == "invalid"
    assert refused(f"<bye {XMLNS} reason='leaving' new='1'/>".encode()) == "invalid"


@pytest.mark.parametrize(
    "text",
    [
        "words",
        "</name>",
        "<extension/>",
        '<extension xmlns="urn:v"/>',
        f"<extension {XMLNS}/><extension {XMLNS}/>",
        f"<extension {XMLNS}><task/></extension>",
        f'<extension {XMLNS}><x xmlns=""/></extension>',
        f"<extension {XMLNS}>text</extension>",
        f'<extension {XMLNS}><x xmlns="urn:u"/>text</extension>',
        f'<extension {XMLNS} new="1"/>',
        f"<!DOCTYPE extension><extension {XMLNS}/>",
        f'<extension {XMLNS}><x xmlns="urn:u">',
        f'<extension {XMLNS}><x xmlns="relative"/></extension>',
        f'<extension {XMLNS}><x xmlns="urn:u">\x01</x></extension>',
        f'<extension {XMLNS}><x xmlns="urn:u">{"y" * LONGEST_EXTENSION}</x></extension>',
    ],
)
def test_nothing_else_is_written_as_an_extension(text: str) -> None:
    """A text that is no extension never reaches a connection; the resource is sent without it."""
    with pytest.raises(LocalProtocolError) as caught:
        checked_extension(text)
    assert caught.value.code == "bad-value"
    assert Fragments().text(named(text)) == '<name id="a" revision="1"/>'


def test_an_extension_that_is_empty_is_left_out() -> None:
    """Nothing is written where there is nothing."""
    assert Fragments().text(named(f"<extension {XMLNS}/>")) == '<name id="a" revision="1"/>'
    with pytest.raises(Unsendable):
        Fragments().text(Resource(kind="feed", id="a", revision=1, value=named("").value, extension="x"))


def test_what_would_become_enormous_is_refused() -> None:
    """A namespace that is declared once and used often is written at each use: the sum is what is limited."""
    space = "urn:" + "x" * (LONGEST_NAMESPACE - 4)
    few = f'<extension xmlns:v="{space}">{"<v:a/>" * 50}</extension>'
    assert len(held(snapshot(few)).extension) > 50 * LONGEST_NAMESPACE
    many = f'<extension xmlns:v="{space}">{"<v:a/>" * 300}</extension>'
    assert refused(snapshot(many)) == "bad-value"
    deep = "<extension>" + '<a xmlns="urn:u">' * 240 + "</a>" * 240 + "</extension>"
    assert held(snapshot(deep)).extension.count("</a>") == 240
    assert refused(snapshot(deep.replace("</extension>", "").replace("</a>", "<b/>") + "</a>" * 260)) == "not-xml"


@pytest.mark.parametrize(
    "inside",
    [
        f'<extension xmlns:v="urn:{"x" * LONGEST_NAMESPACE}"><v:a/></extension>',
        f'<extension><a xmlns = "urn:{"&#120;" * LONGEST_NAMESPACE}"/></extension>',
        f"<extension xmlns:v='urn:{'x' * LONGEST_NAMESPACE}' v:a=''/>",
        "<extension xmlns:v='urn:u'><v:a "
        + " ".join(f"b{n}=''" for n in range(MOST_ATTRIBUTES + 1))
        + "/></extension>",
    ],
)
def test_what_takes_long_to_check_is_refused_first(inside: str) -> None:
    """Long namespaces and crowds of attributes would cost the product of two lengths."""
    assert refused(snapshot(inside)) == "invalid"


def test_a_text_that_only_looks_like_a_namespace_is_taken() -> None:
    """The limit is on namespaces, and not on what people write."""
    text = 'xmlns:v="' + "x" * 2 * LONGEST_NAMESPACE
    assert (
        held(snapshot(f'<extension><a xmlns="urn:u">{text}</a></extension>')).extension.count("x") > LONGEST_NAMESPACE
    )


def test_schema_hints_load_nothing() -> None:
    """A document cannot make the reader look at other schemas, or take one element for another."""
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    hint = 'xsi:schemaLocation="urn:v file:///nowhere/at-all.xsd" xsi:noNamespaceSchemaLocation="http://localhost:1/x"'
    document = f'<bye {XMLNS} {xsi} {hint} reason="leaving"><extension><a xmlns="urn:v"/></extension></bye>'
    assert decode(document.encode()) == Bye(reason=ByeReason.LEAVING)
    assert refused(f'<bye {XMLNS} {xsi} xsi:type="Hello" reason="leaving"/>'.encode()) == "invalid"


PIECES = (
    *(
        "<extension>",
        "</extension>",
        f"<extension {XMLNS}>",
        '<v xmlns="urn:u">',
        "</v>",
        "<v:a/>",
        "&amp;",
        "&x;",
        "x",
    ),
    *("]]>", '<a xmlns:v="urn:v">', "</a>", "<!--", "-->", "<?p", "?>", "<![CDATA[", ' v:b="1"', "\x00", "\ud800"),
)


@settings(max_examples=scaled(200), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_any_text_is_an_extension_or_is_refused(pieces: list[str]) -> None:
    """Whatever is kept as an extension: it is written so that it comes back, or the resource goes without it."""
    text = "".join(pieces)
    canonical = ""
    with suppress(LocalProtocolError):
        canonical = checked_extension(text)
    sent = Fragments().text(named(text))
    document = (
        f'<snapshot {XMLNS} part="1" digest="{"0" * 32}"><position epoch="e" sequence="1" hash=""/>{sent}</snapshot>'
    )
    assert held(document.encode()).extension == canonical
