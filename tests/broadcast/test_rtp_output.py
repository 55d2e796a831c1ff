"""Streams: packets by a schedule, networks that go away, and listeners that are not ours."""

import errno
import struct
from array import array
from pathlib import Path
from random import Random
from typing import Any

import pytest
from twisted.internet.selectreactor import SelectReactor
from twisted.internet.task import Clock

from stationmaster_base.configuration import Faults, Table
from stationmaster_broadcast.loudspeakers.outputs import Saying
from stationmaster_broadcast.loudspeakers.reel import Reels
from stationmaster_broadcast.loudspeakers.rtp import audio_format
from stationmaster_broadcast.loudspeakers.rtp_output import RtpOutput
from stationmaster_broadcast.loudspeakers.rtp_wire import RtpSettings, UdpWire
from stationmaster_broadcast.speech.joining import resample
from support.fake_outputs import recorded, tone
from support.stream_listener import PORT, StreamListener, group, somebody_listens

GROUP = "239.255.77.13"


class FakeWire:
    """Takes packets with the machine time at which they came."""

    def __init__(self, machine: Clock) -> None:
        self.machine = machine
        self.sent: list[tuple[float, bytes]] = []
        self.reports: list[bytes] = []
        self.gone: OSError | None = None
        self.full: OSError | None = None
        self.closed = 0

    def check(self) -> None:
        if self.gone:
            raise self.gone

    def send(self, packet: bytes) -> None:
        self.check()
        if self.full:
            raise self.full
        self.sent.append((self.machine.seconds(), packet))

    def report(self, packet: bytes) -> None:
        self.check()
        self.reports.append(packet)

    def close(self) -> None:
        self.closed += 1


class Desk:
    """An output on a fake wire, with what it said."""

    def __init__(self, folder: Path, seconds: float = 0.2) -> None:
        self.machine = Clock()
        self.wire = FakeWire(self.machine)
        self.ended: list[str] = []
        self.problems: list[str] = []
        settings = RtpSettings(address=GROUP, port=5004)
        self.output = RtpOutput(
            "hall",
            settings,
            reactor=self.machine,
            wire=self.wire,
            reels=Reels(),
            numbers=Random(1).getrandbits,
            now=lambda: 1.0e9 + self.machine.seconds(),
        )
        self.output.start(lambda: self.problems.append(self.output.problem))
        self.saying = Saying(zone="a", recording=recorded(folder, tone(8000, seconds)), texts=())

    def play(self, **more: Any) -> Any:
        return self.output.begin(self.saying, self.ended.append)

    def advance(self, seconds: float, step: float = 0.005) -> None:
        for _ in range(round(seconds / step)):
            self.machine.advance(step)


def test_packets_go_out_every_twenty_milliseconds(tmp_path: Path) -> None:
    """The first at once, the end is told when the last has been heard."""
    desk = Desk(tmp_path)
    desk.play()
    desk.advance(0.19)
    assert desk.ended == []
    desk.advance(0.02)
    assert desk.ended == [""]
    times = [at for at, _ in desk.wire.sent]
    assert len(times) == 10
    assert all(abs(at - 0.02 * number) <= 0.0051 for number, at in enumerate(times))
    assert [packet[1] & 0x80 for _, packet in desk.wire.sent] == [0x80] + [0] * 9


def test_lateness_does_not_add_up_and_a_stall_begins_the_schedule_anew(tmp_path: Path) -> None:
    """What is a little late is made up for; after a long stall the rest is not sent in a burst."""
    desk = Desk(tmp_path, seconds=1.0)
    desk.play()
    desk.machine.advance(0)
    desk.machine.advance(0.09)
    assert len(desk.wire.sent) == 5
    desk.machine.advance(0.4)
    assert len(desk.wire.sent) == 6
    assert desk.output.late == 1
    desk.advance(1.0)
    assert len(desk.wire.sent) == 50
    assert desk.ended == [""]


def test_stop_ends_it_at_once_and_goodbye_ends_the_stream(tmp_path: Path) -> None:
    """Nothing more is sent, and no end is told; listeners hear that no more will come."""
    desk = Desk(tmp_path)
    sounding = desk.play()
    desk.advance(0.05)
    sounding.stop()
    count = len(desk.wire.sent)
    desk.advance(0.3)
    assert (len(desk.wire.sent), desk.ended) == (count, [])
    desk.output.stop()
    assert desk.wire.reports[-1][8:10] == b"\x81\xcb"
    assert not desk.machine.getDelayedCalls()


def test_reports_come_with_the_first_packet_and_every_five_seconds(tmp_path: Path) -> None:
    """Each counts what was sent before it."""
    desk = Desk(tmp_path, seconds=10.5)
    desk.play()
    desk.advance(10.6, step=0.02)
    counts = [struct.unpack(">I", report[20:24])[0] for report in desk.wire.reports]
    assert [round(count, -1) for count in counts] == [0, 250, 500]
    assert b"stationmaster-hall" in desk.wire.reports[0]


def test_a_network_that_goes_away_is_a_problem_within_two_seconds(tmp_path: Path) -> None:
    """Also while there is nothing to say; it is over as soon as packets can be sent again."""
    desk = Desk(tmp_path)
    desk.wire.gone = OSError(errno.ENETUNREACH, "Network is unreachable")
    desk.machine.advance(2.0)
    assert desk.problems == [f"{GROUP}:5004 cannot be reached: Network is unreachable"]
    desk.wire.gone = None
    desk.machine.advance(2.0)
    assert desk.problems[1:] == [""]


def test_a_network_that_goes_away_in_the_middle_ends_the_sound_with_the_reason(tmp_path: Path) -> None:
    """Whoever has a spare can say the rest."""
    desk = Desk(tmp_path)
    desk.play()
    desk.advance(0.1)
    desk.wire.gone = OSError(errno.ENETDOWN, "Network is down")
    desk.advance(0.02)
    assert desk.ended == [desk.output.problem]
    assert "Network is down" in desk.output.problem


def test_a_full_queue_costs_packets_and_half_a_second_of_it_is_a_problem(tmp_path: Path) -> None:
    """One lost packet is no failure."""
    desk = Desk(tmp_path, seconds=2.0)
    desk.play()
    desk.advance(0.1)
    desk.wire.full = OSError(errno.ENOBUFS, "No buffer space available")
    desk.advance(0.1)
    desk.wire.full = None
    desk.advance(0.1)
    assert (desk.ended, desk.problems, desk.output.lost) == ([], [], 5)
    desk.wire.full = OSError(errno.ENOBUFS, "No buffer space available")
    desk.advance(0.6)
    assert desk.ended == [desk.output.problem]
    assert "No buffer space" in desk.output.problem


def test_night_volume_is_in_the_samples(tmp_path: Path) -> None:
    """20 dB softer is a tenth, in the bytes that are sent."""
    desk = Desk(tmp_path)
    sound = tone(22050, 0.1)
    recording = recorded(tmp_path, sound, "night")
    reels = Reels()
    loud, soft = (
        reels.reel(
            Saying(zone="a", recording=recording, texts=(), gain_db=gain),
            form="l16",
            rate=22050,
            samples=441,
            encode=audio_format("l16", 22050).encode,
        )
        for gain in (0.0, -20.0)
    )
    assert desk.ended == []
    for number in range(len(loud)):
        heard = struct.unpack(">441h", soft.piece(number))
        assert all(abs(a - b / 10) <= 2 for a, b in zip(heard, struct.unpack(">441h", loud.piece(number)), strict=True))


def test_zones_with_the_same_sound_share_the_work(tmp_path: Path) -> None:
    """One reel for both; another gain is another reel."""
    reels = Reels()
    desk = Desk(tmp_path)
    same = [
        reels.reel(desk.saying, form="pcma", rate=8000, samples=160, encode=audio_format("pcma").encode)
        for _ in range(2)
    ]
    assert same[0] is same[1]
    with pytest.raises(IndexError):
        same[0].piece(len(same[0]))


def test_an_interface_that_is_not_there_or_has_no_cable(tmp_path: Path) -> None:
    """Said in words that name it."""
    settings = RtpSettings(address=GROUP, port=5004, interface="none0")
    with pytest.raises(OSError, match=r"no interface|No such device"):
        UdpWire(settings, tmp_path).check()
    (tmp_path / "none0").mkdir()
    (tmp_path / "none0/carrier").write_text("0\n")
    with pytest.raises(OSError, match="none0 has no link"):
        UdpWire(settings, tmp_path).check()


def test_settings_say_all_that_is_wrong_at_once() -> None:
    """Address, port, rate, and keys that are for L16 alone."""
    faults = Faults()
    body = {"address": "hall", "port": 5005, "format": "pcma", "rate": 8000, "hops": 300, "dscp": 99}
    RtpSettings.from_table(Table(body, "f", faults))
    assert [fault.place for fault in faults] == ["address", "port", "rate", "hops", "dscp"]
    RtpSettings.from_table(Table({"address": GROUP, "format": "l16", "rate": 12345}, "f", faults))
    assert [fault.place for fault in faults][5:] == ["rate"]


def test_another_program_hears_every_sample(tmp_path: Path) -> None:
    """FFmpeg listens to three streams at once, over real multicast, by our descriptions of them.

    What it decodes is as long as what was said; of L16 it is the very samples, of G.711 they are met within its steps.
    """
    reactor: Any = SelectReactor()
    said = tone(22050, 0.7)
    recording = recorded(tmp_path, said)
    reels = Reels()
    outputs: list[RtpOutput] = []
    listeners: list[StreamListener] = []
    ended: list[str] = []
    formats = (audio_format("pcma"), audio_format("pcmu"), audio_format("l16", 22050))
    groups = [group(20 + number) for number in range(len(formats))]
    for address, audio in zip(groups, formats, strict=True):
        settings = RtpSettings(address=address, port=PORT, interface="127.0.0.1", audio=audio, hops=0)
        output = RtpOutput(
            audio.name,
            settings,
            reactor=reactor,
            wire=UdpWire(settings),
            reels=reels,
            numbers=Random(7).getrandbits,
            now=lambda: 1.0e9,
        )
        description = tmp_path / f"{audio.name}.sdp"
        description.write_text(output.description)
        outputs.append(output)
        listeners.append(StreamListener(description))
        listeners[-1].start()

    def begin() -> None:
        if not all(somebody_listens(address) for address in groups):
            reactor.callLater(0.02, begin)
            return
        for output in outputs:
            output.begin(Saying(zone=output.name, recording=recording, texts=()), over)

    def over(problem: str) -> None:
        ended.append(problem)
        if len(ended) == len(outputs):
            for output in outputs:
                output.stop()
            reactor.callLater(0, reactor.stop)

    limit = reactor.callLater(15, reactor.stop)
    reactor.callWhenRunning(begin)
    reactor.run()
    assert limit.active(), "it took too long"
    limit.cancel()
    for selectable in reactor.removeAll():
        selectable.connectionLost(None)
    for listener in listeners:
        listener.join(10)
        assert listener.problem is None
    assert ended == ["", "", ""]
    assert [(listener.codec, listener.rate) for listener in listeners] == [
        ("pcm_alaw", 8000),
        ("pcm_mulaw", 8000),
        ("pcm_s16be", 22050),
    ]
    assert listeners[2].samples == said.samples + array("h", bytes(2 * (len(listeners[2].samples) - len(said.samples))))
    slow = resample(said, 8000).samples
    for listener in listeners[:2]:
        assert len(listener.samples) == len(slow)
        assert all(abs(a - b) <= max(8, (abs(b) + 133) / 32) for a, b in zip(listener.samples, slow, strict=True))
