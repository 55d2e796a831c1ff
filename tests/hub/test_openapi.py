"""The description of the hub's web API: all of it is there, and nothing else is described."""

from __future__ import annotations

import ast
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, get_args

import jsonschema_rs
import pytest
from twisted.internet.address import IPv4Address
from twisted.web.server import Request

from hub.test_build import wired
from service.web import Browser
from stationmaster.console.face import install
from stationmaster.hub.build import Hub
from stationmaster.hub.openapi.document import api_document
from stationmaster.hub.people import askers
from stationmaster.hub.people.permits import DEEDS, HERE, OPEN, PERMITS, PRIVATE, STREAMS, TOKEN_ROLES
from stationmaster.hub.settings import Operator
from stationmaster_kernel.account import Role
from stationmaster_kernel.deeds import Deed
from support.described import DOCUMENT, check_answer, strict

ROOT = Path(__file__).parents[2]
HUB = ROOT / "platform" / "stationmaster" / "hub"
PEOPLE = ROOT / "open_protocol" / "stationmaster_people"
KERNEL = ROOT / "kernel" / "stationmaster_kernel"

FOR_BROWSERS = {"/", "/console/{name}", "/static/{name}"}
"""Pages and files, which are no operations."""

NOT_OF_THE_API = {
    "result-of-interval",
    "result-of-no-target",
    "result-of-no-task",
    "tick-backwards",
    "tick-leap",
}
"""Refusals by the kernel of what nobody asks for over the web."""

BY_OTHERS = {
    "alarm-changed": "alarms/desk.py",
    "alarms-unreadable": "alarms/keeping.py",
    "bad-identity": "open_protocol/enrolment.py",
    "bad-kind": "open_protocol/enrolment.py",
    "bad-request": "open_protocol/identities_api.py",
    "before-journal": "history.py",
    "bad-draft": "plan_desk/refusals.py",
    "desk-busy": "plan_desk/refusals.py",
    "desk-damaged": "plan_desk/refusals.py",
    "draft-changed": "plan_desk/refusals.py",
    "draft-stale": "plan_desk/refusals.py",
    "file-moved": "plan_desk/refusals.py",
    "file-needed": "plan_desk/refusals.py",
    "file-too-large": "plan_desk/refusals.py",
    "import-failed": "plan_desk/refusals.py",
    "import-refused": "plan_desk/refusals.py",
    "no-if-match": "plan_desk/refusals.py",
    "no-such-file": "plan_desk/refusals.py",
    "no-such-version": "plan_desk/refusals.py",
    "not-text": "plan_desk/refusals.py",
    "nothing-drafted": "plan_desk/refusals.py",
    "upload-too-large": "plan_desk/refusals.py",
    "version-moved": "plan_desk/refusals.py",
    "configured": "open_protocol/enrolment.py",
    "hub-not-up": "reload.py",
    "journal-cut": "storage/archive.py",
    "journal-damaged": "past.py",
    "journal-empty": "history.py",
    "journal-unreadable": "storage/archive.py",
    "journal-version": "storage/archive.py",
    "kernel-failed": "batch.py",
    "no-certificates": "open_protocol/enrolment.py",
    "no-such-alarm": "alarms/desk.py",
    "not-shelved": "alarms/desk.py",
    "no-database": "storage/archive.py",
    "neighbour-away": "neighbours/asking.py",
    "neighbour-slow": "neighbours/asking.py",
    "neighbour-unset": "neighbours/asking.py",
    "neighbour-wrong": "neighbours/asking.py",
    "no-identity": "open_protocol/enrolment.py",
    "not-as-seen": "web/preconditions.py",
    "no-sound": "neighbours/asking.py",
    "no-speech": "neighbours/asking.py",
    "no-such-play": "neighbours/asking.py",
    "no-text": "neighbours/asking.py",
    "no-such-drawing": "../console/track_plan/api.py",
    "not-read": "neighbours/asking.py",
    "nothing-said": "neighbours/asking.py",
    "other-kind": "open_protocol/enrolment.py",
    "pki-file": "open_protocol/authority.py",
    "quarantined": "batch.py",
    "reload-refused": "reload.py",
    "reload-under-way": "reload.py",
    "revoked": "open_protocol/enrolment.py",
    "shelved-too-long": "alarms/desk.py",
    "store-damaged": "open_protocol/identity_book.py",
    "code-refused": "audit/second_factors.py",
    "confirmation-differs": "audit/confirmations.py",
    "key-file": "audit/sealing.py",
    "log-unreadable": "audit/log_search.py",
    "no-such-confirmation": "audit/confirmations.py",
    "no-such-sheet": "audit/handover_book.py",
    "not-a-person": "audit/confirmations.py",
    "not-invited": "audit/second_factors.py",
    "not-waiting": "audit/confirmations.py",
    "not-yourself": "audit/confirmations.py",
    "second-factor-there": "audit/second_factors.py",
    "sheet-taken": "audit/handover_book.py",
}
"""Codes that a route hands on from where they are made."""

FROM_BELOW = {
    *("clock-file", "clock-not-shadow", "configuration", "internal", "no-such-path", "too-many-readers"),
    "no-such-zone",
}
"""Codes of the foundation, and one that is put together."""


TOKEN = "of-the-operator-of-this-test"
TAKING = {"importTimetable", "checkLog", "exportLog", "log"}
"""What only operators, or auditors, may do, and yet has parameters: with them nothing is done if nothing is sent."""


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    """A whole hub, with the console, that is not started."""
    return wired(tmp_path, faces=(install,), operators=(Operator(name="desk", token=TOKEN),))


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of each operation."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_it_is_an_openapi_document() -> None:
    """Every reference leads somewhere, every schema is one, ids are given once, and each tag is explained."""
    text = json.dumps(DOCUMENT)
    for name in re.findall(r'"#/components/schemas/([^"]+)"', text):
        assert name in DOCUMENT["components"]["schemas"]
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))
    tags = {tag["name"] for tag in DOCUMENT["tags"]}
    assert {tag for _, _, operation in operations() for tag in operation["tags"]} == tags
    of_events = {"AlarmsChanged", "ChangesBody", "TrackPlanChanges"}
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', text)) | of_events
    assert used == DOCUMENT["components"]["schemas"].keys()


def test_every_route_is_described_and_no_other(hub: Hub) -> None:
    """The methods and paths of the hub's routes are those of the description, with the same words in the paths."""
    routes = set()
    for rule in hub._pages._factory.resource._inner._app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        if path not in FOR_BROWSERS:
            routes |= {(method, path) for method in (rule.methods or set()) - {"HEAD"}}
    assert routes == {(method, path) for method, path, _ in operations()}
    for _, path, operation in operations():
        named = [each["name"] for each in operation.get("parameters", []) if each["in"] == "path"]
        assert named == re.findall(r"\{(\w+)\}", path)


class Looked(dict[bytes, list[bytes]]):
    """Arguments that remember which of them were looked for."""

    seen: set[str]

    def get(self, key: bytes, default: Any = None) -> Any:
        self.seen.add(key.decode())
        return super().get(key, default)


class Asking(Request):
    """A request whose arguments remember who looked for them."""

    seen: ClassVar[set[str]] = set()

    @property
    def args(self) -> Looked:
        return self._args

    @args.setter
    def args(self, given: dict[bytes, list[bytes]]) -> None:
        self._args = Looked(given or {})
        self._args.seen = Asking.seen


def test_every_parameter_is_described_and_no_other(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a route looks for behind the `?` is what is described, for each route."""
    monkeypatch.setattr(askers, "TOKEN_ROLES", frozenset(Role))
    site = hub._pages._factory
    site.requestFactory = Asking
    for method, path, operation in operations():
        if operation["security"] == [{"operator": []}] and operation["operationId"] not in TAKING:
            assert not [each for each in operation.get("parameters", []) if each["in"] == "query"]
            continue
        Asking.seen = set()
        browser = Browser(site)
        browser.send(method, re.sub(r"\{\w+\}", "2026-03-01", path), f"Authorization: Bearer {TOKEN}\r\n")
        described = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
        assert Asking.seen == described, path


def calls_of(folder: Path, name: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a function in a folder's modules."""
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                yield file.name, node


def described_problems() -> set[tuple[int, str]]:
    """Every status and code that is described."""
    found = set()
    for _, _, operation in operations():
        for status, response in operation["responses"].items():
            problem = response["content"].get("application/problem+json")
            if problem is not None:
                _, told = problem["schema"]["allOf"]
                assert told["properties"]["status"] == {"const": int(status)}
                found |= {(int(status), code) for code in told["properties"]["error"]["enum"]}
    return found


def test_every_status_and_code_is_described_and_no_other() -> None:
    """What the hub's modules answer with, what the kernel refuses with, and what is handed on, is all there is."""
    described = described_problems()
    codes = {code for _, code in described}
    made: set[str] = set()
    for file, call in calls_of(HUB, "problem_answer"):
        _, status, code, *_ = call.args
        if isinstance(code, ast.Constant):
            made.add(str(code.value))
            assert str(code.value) in codes, f"{file} answers with {code.value}"
            if isinstance(status, ast.Constant):
                assert (status.value, code.value) in described, f"{file} answers {status.value} {code.value}"
    refused = {
        str(call.args[0].value) for _, call in calls_of(KERNEL, "Refused") if isinstance(call.args[0], ast.Constant)
    }
    assert refused >= NOT_OF_THE_API
    made |= {
        str(call.args[0].value)
        for folder in (HUB / "people", PEOPLE)
        for _, call in calls_of(folder, "StationError")
        if isinstance(call.args[0], ast.Constant)
    }
    for code, file in BY_OTHERS.items():
        assert f'"{code}"' in (HUB / file).read_text("utf-8")
    assert codes == made | (refused - NOT_OF_THE_API) | BY_OTHERS.keys() | FROM_BELOW


def test_examples_are_what_may_be_sent() -> None:
    """Every example of a body and of a parameter is valid."""
    components = {"schemas": DOCUMENT["components"]["schemas"]}
    count = 0
    for _, _, operation in operations():
        told = [(each["schema"], each["example"]) for each in operation.get("parameters", []) if "example" in each]
        for media in operation.get("requestBody", {}).get("content", {}).values():
            told += [(media["schema"], example["value"]) for example in media["examples"].values()]
        for schema, example in told:
            jsonschema_rs.Draft202012Validator({**schema, "components": components}).validate(example)
            count += 1
    assert count > 10


def test_the_hub_serves_its_description(hub: Hub) -> None:
    """`/api/v1/openapi.json` is the document, word for word; it says which version it is of."""
    status, headers, body = Browser(hub._pages._factory).ask("GET", "/api/v1/openapi.json")
    assert (status, headers["content-type"]) == (200, "application/json; charset=utf-8")
    assert json.loads(body) == api_document()
    assert json.loads(body)["info"]["version"].startswith("1.")


def test_what_no_route_takes_is_a_problem_too(hub: Hub) -> None:
    """An unknown path and an unknown method under `/api` are problem details; elsewhere they are pages."""
    site = hub._pages._factory
    status, headers, body = Browser(site).ask("GET", "/api/v1/nothing")
    assert (status, headers["content-type"]) == (404, "application/problem+json")
    told = json.loads(body)
    assert (told["type"], told["error"]) == ("urn:stationmaster:problem:no-such-path", "no-such-path")
    status, headers, body = Browser(site).ask("POST", "/api/v1/calls")
    assert (status, json.loads(body)["error"]) == (405, "method-not-allowed")
    assert set(headers["allow"].split(", ")) == {"GET", "HEAD"}
    status, _, body = Browser(site).ask("GET", "/api/v1/calls/a%0Ab")
    assert (status, json.loads(body)["error"]) == (404, "no-such-path")
    assert Browser(site).ask("GET", "/nothing")[1]["content-type"].startswith("text/html")


def test_a_schema_can_be_held_strictly() -> None:
    """The check of answers is one: a field that is not described is told."""
    schema = strict({"type": "object", "properties": {"a": {"type": "integer"}}})
    assert jsonschema_rs.is_valid(schema, {"a": 1})
    assert not jsonschema_rs.is_valid(schema, {"a": 1, "b": 2})


def test_an_answer_that_is_not_as_described_is_noticed() -> None:
    """Another status, another kind of content, another code, a field too many or too few: each fails a test."""
    good = {"now": 1, "began": 1, "conditions": []}

    def check(body: object, status: int = 200, media: str = "application/json; charset=utf-8") -> None:
        check_answer("GET", "/api/v1/conditions?x=1", status, media, json.dumps(body).encode())

    check(good)
    for wrong in (
        {"body": {**good, "more": 1}},
        {"body": {"now": 1}},
        {"body": {**good, "now": "1"}},
        {"body": good, "status": 404},
        {"body": good, "media": "text/html"},
    ):
        with pytest.raises(AssertionError, match="described"):
            check(**wrong)
    answer = {"type": "urn:stationmaster:problem:x", "title": "X", "status": 500, "message": "", "hint": ""}
    check({**answer, "error": "internal"}, 500, "application/problem+json")
    with pytest.raises(AssertionError, match="described"):
        check({**answer, "error": "another"}, 500, "application/problem+json")


ELSEWHERE = "10.0.0.9"


LEFT_OUT = STREAMS | {"reload", "health", "logIn", "inviteFactor", "confirmFactor"}
"""What does not end, reads a folder, or asks for a page of the hub's; each has tests of its own."""


def status_of(hub: Hub, method: str, path: str, *, peer: str, token: str) -> tuple[int, str]:
    """What an operation answers to somebody from somewhere; it is not asked for anything that it would do."""
    browser = Browser(hub._pages._factory)
    browser.transport.peerAddr = IPv4Address("TCP", peer, 40000)
    headers = f"Authorization: Bearer {token}\r\n" if token else ""
    body = b"[]" if method in ("POST", "PUT") else b""
    browser.send(method, re.sub(r"\{\w+\}", "1", path), f"{headers}Content-Length: {len(body)}\r\n")
    browser.protocol.dataReceived(body)
    if not browser.transport.value():
        return 0, ""  # it is under way, in a hub that does nothing
    status, _, answer = browser.take()
    return status, json.loads(answer).get("error", "") if status >= 400 else ""


def test_who_may_do_what(tmp_path: Path) -> None:
    """Every operation lets in whom its description lets in, and nobody else: with a token or without, from here or not.

    401 and 403 are what those get who may not; whoever may gets any other answer. People have `test_permits`.
    """
    hub = wired(tmp_path, faces=(install,), operators=(Operator(name="desk", token=TOKEN),))
    count = 0
    for method, path, operation in operations():
        item = operation["operationId"]
        if item in LEFT_OUT:
            continue
        for peer, token in itertools.product(("127.0.0.1", ELSEWHERE), ("", "wrong", TOKEN)):
            known, here = token == TOKEN, peer != ELSEWHERE
            may = known and (not PERMITS[item] or bool(PERMITS[item] & TOKEN_ROLES))
            may = may or (token == "" and here and (item in HERE or not PERMITS[item]))
            may = item in OPEN or (may and (here or item not in PRIVATE))
            assert (not operation["security"]) == (item in OPEN)
            status, code = status_of(hub, method, path, peer=peer, token=token)
            refused = status == 401 or code in ("not-allowed", "not-encrypted")
            assert refused != may, (method, path, peer, token, status)
            count += 1
    assert count == 6 * (len(list(operations())) - len(LEFT_OUT))


def test_every_operation_and_every_deed_says_who_may() -> None:
    """The tables of permits name each operation and each deed, and nothing else."""
    ids = {operation["operationId"] for _, _, operation in operations()}
    assert ids == PERMITS.keys()
    assert ids >= OPEN | PRIVATE | HERE
    assert {deed.TAG for deed in get_args(Deed)} == DEEDS.keys()
