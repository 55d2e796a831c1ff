"""Hub and staff are told of outputs and amplifiers: each as a device, and what is wrong in words."""

from collections.abc import Sequence

from twisted.internet.task import Clock

from stationmaster_agent.equipment import Devices, Equipment
from stationmaster_broadcast.loudspeakers.amplifier_line import LineAmplifier
from stationmaster_broadcast.loudspeakers.amplifier_link import AmplifierLink
from stationmaster_broadcast.loudspeakers.amplifiers import Connection
from stationmaster_broadcast.loudspeakers.feeding import Feeding
from stationmaster_broadcast.loudspeakers.lane import Lane
from stationmaster_broadcast.loudspeakers.output_telling import OutputTelling
from stationmaster_broadcast.loudspeakers.routing import Route
from stationmaster_broadcast.loudspeakers.zone_outputs import EVERY, ZoneOutputs, ZoneWiring
from stationmaster_protocol.equipment import AlarmSign, Condition, Severity
from stationmaster_simulator.amplifier_rack import AmplifierRack
from support.fake_broadcast import SteppedClock
from support.fake_outputs import FakeOutput
from support.fake_racks import PipedRack


class FakeDesk:
    """Takes what an agent takes."""

    def __init__(self) -> None:
        self.devices = Devices(Equipment(lambda: None))
        self.alarms: dict[str, AlarmSign] = {}
        self.count = 0

    def alarm(self, sign: AlarmSign) -> None:
        self.count += 1
        self.alarms[sign.id] = sign

    def clear(self, name: str) -> None:
        del self.alarms[name]

    def standing(self) -> dict[str, tuple[Severity, str]]:
        return {name: (sign.severity, dict(sign.texts)["en"]) for name, sign in self.alarms.items()}


class Hall:
    """Two outputs, of which one may be the other's spare, before a rack."""

    def __init__(self, wiring: dict[str, ZoneWiring], zones: Sequence[str] = ("a", "b")) -> None:
        self.machine = Clock()
        self.rack = AmplifierRack()
        link = AmplifierLink("rack", LineAmplifier(), PipedRack(self.rack, self.machine), self.machine)
        routes = {
            "a": [
                Route(amplifier="rack", connection=Connection(line=1, channel=channel, input=1)) for channel in (1, 2)
            ]
        }
        self.feeding = Feeding([link], routes, self.machine)
        self.fakes = {name: FakeOutput(name) for name in ("one", "two")}
        self.outputs = ZoneOutputs(
            reactor=self.machine,
            lanes=[Lane(fake, self.machine) for fake in self.fakes.values()],
            wiring=wiring,
            cut_off=self.feeding.cut_off,
        )
        self.desk = FakeDesk()
        self.telling = OutputTelling(self.outputs, self.feeding, SteppedClock(), lambda: zones)
        self.telling.review()
        self.telling.bind(self.desk)
        self.outputs.on_change(self.telling.tell)
        self.feeding.on_change(self.telling.tell)
        self.feeding.on_change(self.outputs.recheck)
        self.outputs.start()
        self.feeding.start()
        self.advance(1.2)
        self.telling.tell()

    def advance(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.machine.advance(0.1)


ONE_AND_SPARE = {"a": ZoneWiring(own=("one",), spare=("two",)), EVERY: ZoneWiring(own=("two",))}


def test_all_is_well() -> None:
    """Every output and every rack is a device of its zones, and no alarm stands."""
    hall = Hall(ONE_AND_SPARE)
    assert {device.id: (device.kind, device.condition, device.targets) for device in hall.desk.devices} == {
        "output/one": ("loudspeaker", Condition.OK, ("a",)),
        "output/two": ("loudspeaker", Condition.OK, ("a", "b")),
        "amplifier/rack": ("amplifier", Condition.OK, ("a",)),
    }
    assert (hall.desk.count, hall.telling.problem) == (0, "")


def test_an_output_with_a_spare_is_a_warning_and_one_without_an_alarm() -> None:
    """And so is the zone that hears nothing; each is cleared when it is over, and told once."""
    hall = Hall(ONE_AND_SPARE)
    hall.fakes["one"].has("unplugged")
    assert hall.desk.standing() == {"output/one": (Severity.WARNING, "Output one: unplugged")}
    device = hall.desk.devices.get("output/one")
    assert device is not None
    assert (device.condition, device.detail) == (Condition.FAULTY, "unplugged")
    hall.telling.review()
    assert hall.desk.count == 1
    hall.fakes["two"].has("no route")
    assert hall.desk.standing() == {
        "output/one": (Severity.ALARM, "Output one: unplugged"),
        "output/two": (Severity.ALARM, "Output two: no route"),
        "zone/a": (Severity.ALARM, "Zone a: nothing is heard there"),
        "zone/b": (Severity.ALARM, "Zone b: nothing is heard there"),
    }
    assert dict(hall.desk.alarms["zone/a"].texts)["zh"] == "广播区 a: 无扬声器可用"
    assert dict(hall.desk.alarms["output/one"].texts)["zh"] == "广播输出 one: unplugged"
    hall.fakes["two"].has("")
    hall.fakes["one"].has("")
    assert (hall.desk.standing(), hall.telling.problem) == ({}, "")


def test_an_amplifier_on_its_spare_is_a_warning_and_a_zone_cut_off_an_alarm() -> None:
    """With the words of the rack, and the zones that are on a spare route."""
    hall = Hall({"a": ZoneWiring(own=("one",))})
    hall.rack.fault(channel=1)
    hall.advance(0.2)
    assert hall.desk.standing() == {
        "amplifier/rack": (Severity.WARNING, "Amplifier rack: channel 1: overtemperature; on a spare route: a")
    }
    device = hall.desk.devices.get("amplifier/rack")
    assert device is not None
    assert device.condition is Condition.DEGRADED
    hall.rack.fault(line=1, why="short")
    hall.advance(0.2)
    standing = hall.desk.standing()
    assert standing["amplifier/rack"][0] is Severity.ALARM
    assert standing["zone/a"] == (Severity.ALARM, "Zone a: nothing is heard there")
    hall.rack.ways.silent = True
    hall.advance(5)
    assert hall.desk.standing()["amplifier/rack"][1] == "Amplifier rack: it does not answer"
    hall.rack.ways.silent = False
    hall.rack.mend()
    hall.advance(12)
    assert hall.desk.standing() == {}


def test_zones_that_the_station_has_not_are_said() -> None:
    """As soon as the hub has told which there are, and not before."""
    wiring = {"a": ZoneWiring(own=("one",)), "hal": ZoneWiring(own=("two",))}
    assert Hall(wiring, zones=()).desk.standing() == {}
    assert Hall(wiring).desk.standing() == {"output-zones": (Severity.WARNING, "Outputs: the station has no zones hal")}
