"""What the hub is told of the boards: whether anybody has a page of theirs open."""

from __future__ import annotations

from dataclasses import replace

from guidance.making import Guidance
from stationmaster_agent.equipment import Devices, Equipment
from stationmaster_guidance.board_devices import BoardDevices


def conditions(devices: Devices) -> dict[str, tuple[str, str]]:
    return {device.id: (device.condition.value, device.readings[0].value) for device in devices}


def test_boards_are_devices_by_their_pages(tmp_path):
    """A board is unknown until its page is there, well while it is, and absent when that went."""
    guidance = Guidance(tmp_path)
    devices = Devices(Equipment(lambda: None))
    watch = BoardDevices(guidance.boards, devices, guidance.stepped.clock)
    watch.look()
    names = {shown.board.id for shown in guidance.boards.all()}
    assert conditions(devices) == dict.fromkeys(names, ("unknown", "0"))
    shown = guidance.boards.get("hall-1")
    shown.stream._readers.add("page")
    watch.look()
    assert conditions(devices)["hall-1"] == ("ok", "1")
    shown.stream._readers.clear()
    watch.look()
    assert conditions(devices)["hall-1"] == ("absent", "0")
    known = guidance.view.configuration
    guidance.view.configuration = replace(known, boards=tuple(board for board in known.boards if board.id != "hall-1"))
    guidance.boards.refresh()
    watch.look()
    assert set(conditions(devices)) == names - {"hall-1"}
