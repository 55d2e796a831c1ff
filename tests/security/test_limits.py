"""Back-off, rates and the log of refusals: what they let through, and that no flood makes them grow."""

from __future__ import annotations

from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock

from stationmaster.hub.open_protocol.door_settings import DoorSettings
from stationmaster.hub.open_protocol.gate import BURST_S, Gate
from stationmaster.hub.open_protocol.rate_limits import FORGOTTEN_S, LONGEST_WAIT_S, Backoff, Rate, source_of
from stationmaster.hub.open_protocol.refusals import LINES, MOST_KEYS, WINDOW_S, Refusals


def test_waits_grow_and_end() -> None:
    """After the free failures the wait doubles up to a limit; success forgives all, and time too."""
    clock = Clock()
    backoff = Backoff(clock.seconds, free=2)
    waits = []
    for _ in range(10):
        backoff.failed("a")
        waits.append(backoff.wait_s("a"))
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, LONGEST_WAIT_S, LONGEST_WAIT_S]
    clock.advance(30)
    assert backoff.wait_s("a") == LONGEST_WAIT_S - 30
    assert backoff.wait_s("b") == 0
    backoff.forgive("a")
    assert backoff.wait_s("a") == 0
    for _ in range(3):
        backoff.failed("a")
    clock.advance(FORGOTTEN_S + 1)
    backoff.failed("a")
    assert backoff.wait_s("a") == 0


def test_a_rate_and_its_burst() -> None:
    """So many at once, and then as many as time has brought."""
    clock = Clock()
    rate = Rate(clock.seconds, rate=2.0, burst=5)
    assert [rate.take("a") for _ in range(7)] == [True] * 5 + [False] * 2
    assert rate.take("b")
    clock.advance(0.5)
    assert [rate.take("a") for _ in range(2)] == [True, False]
    clock.advance(1000)
    assert [rate.take("a") for _ in range(6)] == [True] * 5 + [False]


@given(st.lists(st.tuples(st.text(max_size=3), st.floats(0, 10)), max_size=200))
def test_tables_stay_small(events: list[tuple[str, float]]) -> None:
    """Whoever comes under however many names, no table holds more than it may."""
    clock = Clock()
    backoff, rate = Backoff(clock.seconds, free=1, most=8), Rate(clock.seconds, rate=1.0, burst=2, most=8)
    for key, seconds in events:
        backoff.failed(key)
        rate.take(key)
        clock.advance(seconds)
        assert len(backoff) <= 8
        assert len(rate) <= 8


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("a pipe", "a pipe"),
    ],
)
def test_by_what_an_address_is_counted(address: str, source: str) -> None:
    """One host may have a whole network of IPv6 addresses, and is one all the same."""
    assert source_of(address) == source


class Flood:
    """Refusals, and what the log says of them."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.registry = CollectorRegistry()
        self.refusals = Refusals(self.clock.seconds, self.registry)

    def count(self, reason: str) -> float:
        return self.registry.get_sample_value("stationmaster_hub_refused_total", {"reason": reason}) or 0.0


def test_every_refusal_is_logged_until_it_is_a_flood() -> None:
    """Some lines a minute for one reason and address; the next minute says how many were not written."""
    flood = Flood()
    with structlog.testing.capture_logs() as logs:
        for _ in range(100):
            flood.refusals.refused("too-often", "10.0.0.66", "guidance-2", "why")
        flood.refusals.refused("too-often", "10.0.0.67")
        flood.clock.advance(WINDOW_S)
        flood.refusals.refused("too-often", "10.0.0.66")
    assert [(line["address"], line["unsaid"]) for line in logs] == [
        *[("10.0.0.66", 0)] * LINES,
        ("10.0.0.67", 0),
        ("10.0.0.66", 100 - LINES),
    ]
    assert logs[0]["event"] == "refused"
    assert (logs[0]["reason"], logs[0]["identity"], logs[0]["detail"]) == ("too-often", "guidance-2", "why")
    assert flood.count("too-often") == 102


def test_a_flood_of_addresses_does_not_fill_memory() -> None:
    """The log's own table is bounded too."""
    flood = Flood()
    with structlog.testing.capture_logs():
        for number in range(MOST_KEYS + 100):
            flood.refusals.refused("not-tls", f"10.1.{number // 256}.{number % 256}")
    assert len(flood.refusals) == MOST_KEYS


def gate(flood: Flood, **settings: Any) -> Gate:
    """A gate without TLS."""
    return Gate(Factory.forProtocol(Protocol), DoorSettings(**settings), flood.refusals, flood.clock)


def test_connections_of_one_address_are_limited() -> None:
    """Too many connections a second from another machine are closed at once, logged, and nobody else's."""
    flood = Flood()
    made = gate(flood, connections_s=2.0)
    burst = 2 * BURST_S

    def comes(host: str) -> bool:
        kind = IPv6Address if ":" in host else IPv4Address
        return made.buildProtocol(kind("TCP", host, 1234)) is not None

    with structlog.testing.capture_logs() as logs:
        assert [comes("10.0.0.66") for _ in range(burst + 2)] == [True] * burst + [False] * 2
        assert comes("10.0.0.67")
        assert [comes(f"2001:db8::{n}") for n in range(1, burst + 2)] == [True] * burst + [False]
        flood.clock.advance(0.5)
        assert [comes("10.0.0.66") for _ in range(2)] == [True, False]
    assert {line["reason"] for line in logs} == {"too-many-connections"}
    assert flood.count("too-many-connections") == 4


def test_the_machine_itself_is_not_limited() -> None:
    """A thousand subsystems on the hub's own machine may come back in one second."""
    flood = Flood()
    made = gate(flood, connections_s=1.0)
    assert all(made.buildProtocol(IPv4Address("TCP", "127.0.0.1", 1)) is not None for _ in range(1000))
