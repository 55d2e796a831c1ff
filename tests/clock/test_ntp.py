"""The packets of the time protocol, the client's machine, and the station's own answer."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster_base.timekeeping import ClockQuality, ClockState
from stationmaster_clock.leap import LeapTable
from stationmaster_clock.ntp import LENGTH, Answer, Packet, Refusal, from_stamp, read_answer, to_stamp
from stationmaster_clock.ntp_master import MISSED, QUICK, NtpMaster, NtpSettings
from stationmaster_clock.reading import Condition
from stationmaster_clock.sntp_server import SntpServer, TimeTold
from support.nmea_lines import utc
from support.time_peer import time_peer

NOW = utc(2026, 11, 22, 3)
NONCE = 0x0123456789ABCDEF
LEAPS = LeapTable.shipped()

GOOD = Packet(
    mode=4,
    stratum=2,
    precision=-20,
    root_delay_s=0.002,
    root_dispersion_s=0.003,
    reference_id=b"GPS\0",
    reference=to_stamp(NOW - 10),
    origin=NONCE,
    receive=to_stamp(NOW),
    transmit=to_stamp(NOW + 0.001),
)


def test_a_packet_of_a_real_server_is_read() -> None:
    """The answer of a chrony server, byte for byte: its fields, and how wrong it may be."""
    data = bytes.fromhex(
        "240806e600000000000000007f7f0101eeacd46c5498cbad0000000000bc614eeeacd46db79a0f27eeacd46db7f2ec68"
    )
    packet = Packet.decode(data)
    assert packet is not None
    assert (packet.mode, packet.leap, packet.stratum, packet.precision) == (4, 0, 8, -26)
    assert packet.encode() == data
    answer = read_answer(data, 12345678)
    assert isinstance(answer, Answer)
    assert answer.received == pytest.approx(utc(2026, 11, 22, 2, 39, 41) + 0.7172, abs=1e-3)
    assert 0 < answer.answered - answer.received < 0.01


@pytest.mark.parametrize(
    ("packet", "refusal"),
    [
        (replace(GOOD, mode=3), Refusal.WRONG_MODE),
        (replace(GOOD, mode=5), Refusal.WRONG_MODE),
        (replace(GOOD, version=2), Refusal.WRONG_MODE),
        (replace(GOOD, origin=NONCE + 1), Refusal.BOGUS),
        (replace(GOOD, origin=0), Refusal.BOGUS),
        (replace(GOOD, transmit=0), Refusal.BOGUS),
        (replace(GOOD, transmit=NONCE), Refusal.BOGUS),
        (replace(GOOD, leap=3), Refusal.UNSYNCHRONISED),
        (replace(GOOD, stratum=16), Refusal.UNSYNCHRONISED),
        (replace(GOOD, stratum=0, reference_id=b"RATE", transmit=NONCE), Refusal.RATE),
        (replace(GOOD, stratum=0, reference_id=b"DENY"), Refusal.DENY),
        (replace(GOOD, stratum=0, reference_id=b"RSTR", leap=3), Refusal.DENY),
        (replace(GOOD, stratum=0, reference_id=b"DENY", origin=1), Refusal.BOGUS),
        (replace(GOOD, stratum=0, reference_id=b"INIT", leap=3), Refusal.UNSYNCHRONISED),
        (replace(GOOD, stratum=0, reference_id=b"ZZZZ"), Refusal.KISS),
        (replace(GOOD, root_delay_s=2.0, root_dispersion_s=0.6), Refusal.DISTANT),
        (replace(GOOD, root_dispersion_s=1.6), Refusal.DISTANT),
        (replace(GOOD, transmit=to_stamp(NOW - 1)), Refusal.IMPOSSIBLE),
        (replace(GOOD, receive=0), Refusal.IMPOSSIBLE),
        (replace(GOOD, reference=to_stamp(NOW + 100)), Refusal.IMPOSSIBLE),
    ],
)
def test_an_answer_that_cannot_be_trusted_is_refused(packet: Packet, refusal: Refusal) -> None:
    """Each check of the standard refuses what it is for, with its own word."""
    assert read_answer(packet.encode(), NONCE) is refusal


def test_a_good_answer_says_how_wrong_it_may_be() -> None:
    """Half of the root delay, the root dispersion and the precision make the server's own error."""
    answer = read_answer(GOOD.encode() + bytes(20), NONCE)  # what follows the 48 bytes is not read
    assert isinstance(answer, Answer)
    assert answer.error_s == pytest.approx(0.004, abs=1e-4)
    assert read_answer(GOOD.encode()[:-1], NONCE) is Refusal.SHORT
    assert read_answer(GOOD.encode() + b"1", NONCE) is Refusal.SHORT


@given(st.floats(utc(1970, 1, 1), utc(2100, 1, 1)))
def test_stamps_go_over_the_turn_of_2036(at: float) -> None:
    """Every instant comes back from 64 bits, before and after the count begins anew in 2036."""
    assert from_stamp(to_stamp(at)) == pytest.approx(at, abs=1e-6)


@given(st.binary(max_size=200), st.integers(0, 2**64 - 1))
def test_nothing_that_comes_breaks_it(data: bytes, nonce: int) -> None:
    """Any datagram is an answer or is refused, for the client and for the server."""
    assert isinstance(read_answer(data, nonce), Answer | Refusal)
    answer = served().answer(data)
    assert answer is None or len(answer) == LENGTH
    master = asked()
    master.request(0.0)
    master.receive_data(data, 0.1)
    assert master.reading(0.2).condition is not Condition.GOOD


@given(st.binary(min_size=LENGTH, max_size=LENGTH))
def test_every_packet_comes_back_as_it_was(data: bytes) -> None:
    """Decoding and encoding changes no byte."""
    packet = Packet.decode(data)
    assert packet is not None
    assert packet.encode() == data


def served(state: ClockState = ClockState.LOCKED, at: float = NOW, stratum: int = 0) -> SntpServer:
    quality = ClockQuality(state=state, error_s=0.25, source="gps")
    return SntpServer(now=lambda: at, told=lambda: TimeTold(quality=quality, source_stratum=stratum), leaps=LEAPS)


def asked(poll_s: float = 64.0) -> NtpMaster:
    numbers = count(1000)
    return NtpMaster(NtpSettings(name="server", host="127.0.0.1", poll_s=poll_s), lambda: next(numbers))


class Network:
    """A client and our own server, `there` and `back` seconds apart; machine seconds begin at 0 o'clock of `NOW`."""

    def __init__(self, master: NtpMaster, there: float = 0.002, back: float = 0.004) -> None:
        self.master = master
        self.machine = 0.0
        self.ways = there, back
        self.state = ClockState.LOCKED
        self.kiss: bytes | None = None
        self.reachable = True
        self.asked_at: list[float] = []

    def run(self, seconds: float) -> None:
        until = self.machine + seconds
        while self.machine < until:
            if self.master.due(self.machine):
                self.asked_at.append(self.machine)
                self._exchange(self.master.request(self.machine))
            self.machine += 1.0

    def _exchange(self, request: bytes) -> None:
        there, back = self.ways
        answer = served(self.state, NOW + self.machine + there, stratum=1).answer(request)
        if not self.reachable or answer is None:
            return
        if self.kiss is not None:
            packet = Packet.decode(answer)
            assert packet is not None
            answer = replace(packet, stratum=0, leap=3, reference_id=self.kiss).encode()
        self.master.receive_data(answer, self.machine + there + back)

    @property
    def condition(self) -> Condition:
        return self.master.reading(self.machine).condition


def test_a_client_settles_quickly_and_then_asks_rarely() -> None:
    """Exchanges two seconds apart, the third of which makes it count, then one each poll interval."""
    network = Network(asked())
    assert network.condition is Condition.SILENT
    network.run(3)
    assert network.condition is Condition.SETTLING
    network.run(200)
    assert network.asked_at[: QUICK + 2] == [0.0, 2.0, 4.0, 6.0, 8.0, 72.0]
    reading = network.master.reading(network.machine)
    assert reading.condition is Condition.GOOD
    assert reading.base == pytest.approx(NOW - 0.001, abs=1e-5)  # half of the difference between the two ways
    assert reading.error_s is not None
    assert 0.25 + 0.003 <= reading.error_s < 0.27


def test_a_server_that_is_gone_is_silent_and_counts_again_when_it_is_back() -> None:
    """After six polls without an answer it is silent; its first new answer makes it good again."""
    network = Network(asked(poll_s=16.0))
    network.run(60)
    network.reachable = False
    network.run(MISSED * 16.0 + 20)
    assert network.condition is Condition.SILENT
    network.reachable = True
    network.run(20)
    assert network.condition is Condition.GOOD


def test_a_server_that_was_never_there_is_not_asked_all_the_time() -> None:
    """After eight quick requests without an answer only the poll interval counts."""
    network = Network(asked())
    network.reachable = False
    network.run(300)
    assert len(network.asked_at) <= 2 * QUICK + 5


def test_an_unsynchronised_server_is_void_at_once() -> None:
    """A server that says that it does not know the time does not count, whatever it said before."""
    network = Network(asked(poll_s=16.0))
    network.run(60)
    network.state = ClockState.FREE_RUN
    network.run(20)
    assert network.condition is Condition.VOID
    network.state = ClockState.LOCKED
    network.run(20)
    assert network.condition is Condition.GOOD


def test_a_kiss_of_death_is_obeyed() -> None:
    """RATE doubles the interval each time; DENY ends all asking."""
    network = Network(asked(poll_s=16.0))
    network.kiss = b"RATE"
    network.run(200)
    assert network.asked_at == [0.0, 33.0, 98.0]
    network = Network(asked(poll_s=16.0))
    network.kiss = b"DENY"
    network.run(200)
    assert network.asked_at == [0.0]
    assert network.condition is Condition.REFUSED


def test_forged_and_late_answers_change_nothing() -> None:
    """An answer with another number, one that comes twice, and one after the wait are counted and not used."""
    master = asked()
    answer = served(stratum=1).answer(master.request(0.0))
    assert answer is not None
    master.receive_data(GOOD.encode(), 0.001)
    assert master.counters.refused == 1
    master.receive_data(answer, 0.002)
    assert master.counters.answered == 1
    master.receive_data(answer, 0.003)
    late = served(stratum=1).answer(master.request(2.0))
    assert late is not None
    master.receive_data(late, 9.0)
    assert (master.counters.asked, master.counters.answered, master.counters.refused) == (2, 1, 3)


@pytest.mark.parametrize(
    ("state", "stratum", "expected"),
    [
        (ClockState.LOCKED, 0, (0, 1, b"GNSS")),
        (ClockState.LOCKED, 3, (0, 4, b"NTP\0")),
        (ClockState.HOLDOVER, 0, (0, 1, b"GNSS")),
        (ClockState.FREE_RUN, 0, (3, 0, b"INIT")),
        (ClockState.INVALID, 0, (3, 0, b"INIT")),
    ],
)
def test_the_stations_answer_says_how_good_its_time_is(
    state: ClockState, stratum: int, expected: tuple[int, int, bytes]
) -> None:
    """Locked and held over it is synchronised, a stratum below its source; otherwise it says that it is not."""
    answer = Packet.decode(served(state, stratum=stratum).answer(Packet(mode=3, transmit=NONCE).encode()) or b"")
    assert answer is not None
    assert (answer.leap, answer.stratum, answer.reference_id) == expected
    assert (answer.origin, from_stamp(answer.transmit)) == (NONCE, NOW)


def test_the_stations_answer_announces_a_leap_second_and_keeps_the_version() -> None:
    """On a day that ends with one the leap indicator is 1; a device of version 3 is answered in version 3."""
    server = served(at=utc(2016, 12, 31, 12))
    answer = Packet.decode(server.answer(Packet(mode=3, version=3, transmit=NONCE).encode()) or b"")
    assert answer is not None
    assert (answer.leap, answer.version) == (1, 3)
    assert server.answer(replace(GOOD, mode=4).encode()) is None
    assert (server.asked, server.ignored) == (1, 1)


def test_a_real_server_is_followed(tmp_path: Path) -> None:
    """Against a time server of another make on loopback, the client finds this machine's own time to a few ms."""
    master = NtpMaster(NtpSettings(name="peer", host="127.0.0.1", poll_s=0.05), iter(range(10**9, 2 * 10**9)).__next__)
    with time_peer(tmp_path) as port, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1.0)
        client.connect(("127.0.0.1", port))
        for _ in range(5):
            client.send(master.request(time.monotonic()))
            master.receive_data(client.recv(1000), time.monotonic())
        reading = master.reading(time.monotonic())
        truth = time.time() - time.monotonic()
    assert master.counters.answered == 5
    assert reading.condition is Condition.GOOD
    assert reading.base == pytest.approx(truth, abs=0.02)
    assert reading.error_s is not None
    assert abs(reading.base - truth) <= reading.error_s + 0.002
