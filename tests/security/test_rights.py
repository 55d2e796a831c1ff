"""The table of rights, each cell of it: what each kind of subsystem does, holds and commands."""

from __future__ import annotations

import pytest

from stationmaster.hub.open_protocol.rights import RIGHTS, grant_of, kind_by_name
from stationmaster_kernel.changes import PUBLIC_KINDS
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.equipment import LIVE_KINDS
from stationmaster_protocol.hub_side import SUBSYSTEM_KINDS

DOES = {
    "guidance": "check_in display message",
    "broadcast": "announcement message",
    "query": "",
    "notice": "notice",
    "lighting": "lighting",
    "monitoring": "",
    "publishing": "message",
    "voice": "",
    "staff": "notice",
    "uplink": "",
}
COMMANDS = {
    "monitoring": "guidance broadcast query notice lighting publishing voice",
    "staff": "guidance broadcast query notice lighting publishing voice monitoring",
}
WITH_ACCOUNTS = {"guidance", "broadcast", "notice", "lighting", "staff"}
SEES_EQUIPMENT = {"monitoring", "staff", "uplink"}


def test_every_kind_has_rights() -> None:
    """The table and the protocol's kinds agree, and so do this test and the table."""
    assert set(RIGHTS) == set(SUBSYSTEM_KINDS) == set(DOES)


@pytest.mark.parametrize("kind", SUBSYSTEM_KINDS)
@pytest.mark.parametrize("task", TaskKind)
def test_who_does_which_task(kind: str, task: TaskKind) -> None:
    """Each kind of subsystem reports on its own kinds of task and on no others."""
    assert (task in grant_of("x", kind).executes) is (task.value in DOES[kind].split())


@pytest.mark.parametrize("kind", SUBSYSTEM_KINDS)
@pytest.mark.parametrize("commanded", SUBSYSTEM_KINDS)
def test_who_commands_whom(kind: str, commanded: str) -> None:
    """Monitoring and staff command devices; a board commands no loudspeaker, and nobody commands staff."""
    assert (commanded in grant_of("x", kind).commands) is (commanded in COMMANDS.get(kind, "").split())


@pytest.mark.parametrize("kind", SUBSYSTEM_KINDS)
@pytest.mark.parametrize("resource", [*PUBLIC_KINDS, *LIVE_KINDS])
def test_who_holds_what(kind: str, resource: str) -> None:
    """The station's day is everybody's; accounts are held where people log in, equipment by who looks after it."""
    held = resource in grant_of("x", kind).resources
    if resource == "account":
        assert held is (kind in WITH_ACCOUNTS)
    elif resource in LIVE_KINDS:
        assert held is (kind in SEES_EQUIPMENT)
    else:
        assert held


@pytest.mark.parametrize("kind", SUBSYSTEM_KINDS)
def test_acts_are_where_accounts_are(kind: str) -> None:
    """People act at the pages of exactly those subsystems that know who they are."""
    grant = grant_of("guidance-2", kind)
    assert grant.acts is (kind in WITH_ACCOUNTS)
    assert (grant.identity, grant.kind) == ("guidance-2", kind)


@pytest.mark.parametrize(
    ("identity", "kind"),
    [
        ("guidance", "guidance"),
        ("guidance-2", "guidance"),
        ("broadcast2", "broadcast"),
        ("query.hall", "query"),
        ("guided", None),
        ("queryhall", None),
        ("visitor", None),
        ("", None),
    ],
)
def test_the_kind_that_a_name_tells(identity: str, kind: str | None) -> None:
    """A name that begins with a kind, as a word of its own, tells it; any other tells none."""
    assert kind_by_name(identity) == kind
