"""The vendor's document says what the code does: examples, tables, limits, codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from stationmaster_kernel.changes import PUBLIC_KINDS
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.task import Result
from stationmaster_protocol.allowance import SUBSCRIPTION_COST
from stationmaster_protocol.codec import LARGEST_TO_CLIENT, LARGEST_TO_HUB, FrameReader, decode
from stationmaster_protocol.commands import ActRefusal, CommandResult, LocalAct
from stationmaster_protocol.digest import Holding
from stationmaster_protocol.equipment import LIVE_KINDS, AlarmSign, Device, Readback
from stationmaster_protocol.errors import ERROR_CODES
from stationmaster_protocol.extension import LONGEST_EXTENSION
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.hub_side import ProtocolSettings
from stationmaster_protocol.messages import VERSION, Command, Position, Snapshot, Update
from stationmaster_protocol.reading import LONGEST_NAMESPACE, MOST_ATTRIBUTES, schema_text
from stationmaster_protocol.shapes import MESSAGES, REQUIRED, Form, Shape, resource_shape, shape_of
from stationmaster_protocol.states import TRANSITIONS, SessionState, message_rows

TEXT = (Path(__file__).parents[2] / "docs" / "open-protocol.md").read_text("utf-8")
EXAMPLES = re.findall(r"```xml\n(.*?)```", TEXT, re.DOTALL)
SECTIONS = dict(re.findall(r"^### `([a-z-]+)` \(\w+\)\n(.*?)(?=^##)", TEXT, re.DOTALL | re.MULTILINE))

FORMS = {
    Form.ATTRIBUTE: "attribute",
    Form.ELEMENT: "element",
    Form.CHILD: "element",
    Form.CHILDREN: "elements",
    Form.SCALARS: "elements",
    Form.PAIRS: "elements",
    Form.RESOURCES: "elements",
}


def rows(text: str, head: str) -> list[list[str]]:
    """The cells of the table whose head begins so."""
    table = re.search(rf"^{re.escape(head)}.*\n\|[ -|]*\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert table is not None, head
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table[1].splitlines()]


def written(shape: Shape) -> set[tuple[str, str, str]]:
    """The fields of a shape as the document writes them: tag, form, and `required` or the default."""
    found = set()
    for field in shape.fields:
        default = ""
        if field.form in (Form.ATTRIBUTE, Form.CHILD) and field.default is REQUIRED:
            default = "required"
        elif field.form is Form.ATTRIBUTE and field.default is not None:
            default = f"`{field.codec.write(field.default)}`" if field.default != "" else "empty"
        found.add(("resources" if field.form is Form.RESOURCES else f"`{field.tag}`", FORMS[field.form], default))
    return found


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_a_message(example: str) -> None:
    """Each example in the document is valid against the schema and is read as a message."""
    schema = etree.XMLSchema(etree.fromstring(schema_text()))
    assert schema.validate(etree.fromstring(example)), schema.error_log
    assert type(decode(example.encode())) in MESSAGES.values()


def test_every_message_has_an_example() -> None:
    """No message and no kind of resource is without one."""
    shown = [decode(example.encode()) for example in EXAMPLES]
    assert {type(message) for message in shown} == set(MESSAGES.values())
    kinds = {one.kind for message in shown if isinstance(message, Snapshot) for one in message.resources}
    assert kinds == set(PUBLIC_KINDS)
    assert any(isinstance(message, Update) and message.deletes for message in shown)


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_every_field_of_every_message_is_described(name: str) -> None:
    """The document's table of a message has the message's fields, each with its form and default, and no others."""
    described = {(cells[0], cells[1], cells[3]) for cells in rows(SECTIONS[name], "| field |")}
    assert described == written(shape_of(MESSAGES[name]))


@pytest.mark.parametrize(
    ("head", "shape"),
    [
        ("| field of `filter` |", shape_of(Filter)),
        ("| field of a position |", shape_of(Position)),
        ("| field of `task-result` |", shape_of(TaskResult)),
        ("| field of `outcome` |", shape_of(Result)),
        ("| field of `act` |", shape_of(LocalAct)),
        ("| field of `refusal` |", shape_of(ActRefusal)),
        ("| field of `device` |", shape_of(Device)),
        ("| field of `readback` |", shape_of(Readback)),
        ("| field of `alarm` |", shape_of(AlarmSign)),
    ],
)
def test_every_field_inside_messages_is_described(head: str, shape: Shape) -> None:
    """So have the tables of what stands inside messages."""
    assert {(cells[0], cells[1]) for cells in rows(TEXT, head)} == {field[:2] for field in written(shape)}


def test_every_field_of_a_task_is_described() -> None:
    """A task is all that a client of level A needs to know of resources."""
    section = TEXT[TEXT.index("### A task") :]
    described = {(cells[0], cells[1], cells[3]) for cells in rows(section, "| field |")}
    assert described == written(resource_shape("task"))


def test_every_kind_and_code_is_described() -> None:
    """All kinds of resource and all error codes stand in the document, in the code's words."""
    assert [cells[0].strip("`") for cells in rows(TEXT, "| kind | id |")] == list(PUBLIC_KINDS)
    codes = [(cells[0].strip("`"), cells[1], cells[2]) for cells in rows(TEXT, "| code | when |")]
    assert codes == [(one.code, one.meaning, one.hint) for one in ERROR_CODES.values()]


def test_the_table_of_states_is_the_codes() -> None:
    """The document's table of states is the one that both ends walk through."""
    assert [tuple(cells) for cells in rows(TEXT, "| state | message |")] == message_rows()
    assert not TRANSITIONS[SessionState.CLOSED]


def test_the_frame_in_the_document_is_one() -> None:
    """The bytes shown are a length and a message."""
    frame = re.search(r"```text\n([0-9a-f ]+?)   (.*)\n```", TEXT)
    assert frame is not None
    (document,) = FrameReader(1000).documents(bytes.fromhex(frame[1]) + frame[2].encode())
    assert document.decode() == frame[2]


def test_the_digests_in_the_document_are_right() -> None:
    """The worked digests are what the code computes."""
    first, second = (cells[1].strip("`") for cells in rows(TEXT, "| set | digest |"))
    holding = Holding()
    holding.put("task", "QHD/2026-03-01/G2402/1/row-hall/1", 4711)
    assert holding.digest == first
    holding.put("name", "北京", 12)
    assert holding.digest == second


def test_the_limits_in_the_document_are_right() -> None:
    """The limits are those of the code and of the settings' defaults."""
    limits = {cells[0]: cells[1] for cells in rows(TEXT, "| limit | value |")}
    settings = ProtocolSettings()
    assert limits["longest document to a client"] == f"{LARGEST_TO_CLIENT} bytes"
    assert limits["longest document to the hub, first message"] == f"{settings.largest_hello} bytes"
    assert f"{LARGEST_TO_HUB} bytes" in limits["longest document to the hub"]
    assert limits["from connection to subscription"] == f"{settings.handshake_s:g} s"
    assert f"{settings.heartbeat_s:g} s" in limits["heartbeat interval"]
    assert f"described here is {VERSION}." in TEXT
    assert limits["attributes on one element"] == str(MOST_ATTRIBUTES)
    assert limits["name of a namespace"] == f"{LONGEST_NAMESPACE} characters"
    assert limits["an `extension` of a resource"].startswith(f"{LONGEST_EXTENSION} characters")
    counted = f"acknowledgements of something new not counted, a subscription as {SUBSCRIPTION_COST:g}"
    messages = limits[f"messages of one client, {counted}"]
    assert messages == f"{settings.messages_burst} at once, {settings.messages_s:g} a second in the long run"
    assert limits["reports that wait to be committed"].startswith(f"{settings.pending_reports};")
    assert limits["commands of one client that wait for an answer"] == str(settings.pending_commands)
    assert limits["what waits for a client that does not read"].startswith(f"{settings.queue_bytes} bytes;")
    assert limits["connections"] == f"{settings.connections} unless configured"


def test_every_live_kind_and_action_is_described() -> None:
    """What a filter may name besides resources is said, and every example of a command has an action of the table."""
    assert "`device` and `alarm`" in TEXT
    assert LIVE_KINDS == ("device", "alarm")
    actions = {word.strip("`") for cells in rows(TEXT, "| action | what is done |") for word in cells[0].split(", ")}
    codes = {word.strip("`") for cells in rows(TEXT, "| `code` | meaning |") for word in cells[0].split(", ")}
    shown = [decode(example.encode()) for example in EXAMPLES]
    assert {message.action for message in shown if isinstance(message, Command)} <= actions
    assert {message.code for message in shown if isinstance(message, CommandResult) and message.code} <= codes
