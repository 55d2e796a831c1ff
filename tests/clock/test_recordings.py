"""The recorded receivers, played into the whole chain: reader, source, judge and the station's clock."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from stationmaster_base.steering import SteeredClock
from stationmaster_base.timekeeping import ClockState
from stationmaster_clock.judge import Judge, JudgeSettings
from stationmaster_clock.leap import LeapTable
from stationmaster_clock.nmea_master import NmeaMaster, NmeaSettings
from stationmaster_clock.reading import Condition
from support.nmea_lines import START, line, paced, recordings, rmc, utc, zda

LEAPS = LeapTable.shipped()


@dataclass
class Played:
    """What a recording did: the states and conditions in order, and the clock's base before and after."""

    states: list[ClockState] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    moved: float = 0.0
    shown: float = 0.0


def play(lines: list[bytes], wall: float, *, zda_alone: bool = False, before: float | None = None) -> Played:
    """Play lines into a machine whose own clock says `wall` at the first one; `before` locks it to that time first."""
    machine = START
    clock = SteeredClock(lambda: wall + machine - START, lambda: machine)
    master = NmeaMaster(NmeaSettings(name="port", zda_alone=zda_alone), LEAPS)
    judge = Judge(JudgeSettings(), LEAPS)
    played = Played()
    if before is not None:
        for second in range(5):
            machine = START - 10 + second
            master.receive_data(rmc(before - 10 + second), machine)
        _look(judge, master, clock, machine, wall, Played())
        machine = START - 5
        master.interrupted()
    first = clock.base
    for machine, data in paced(lines):
        master.receive_data(data, machine)
        _look(judge, master, clock, machine, wall, played)
    played.moved = abs(clock.base - first)
    played.shown = clock.now()
    return played


def _look(judge: Judge, master: NmeaMaster, clock: SteeredClock, machine: float, wall: float, played: Played) -> None:
    verdict = judge.decide([master.reading(machine)], machine, shown=clock.base, system=wall - START)
    if verdict.base is not None:
        clock.steer(verdict.base)
    if played.states[-1:] != [verdict.state]:
        played.states.append(verdict.state)
    if played.conditions[-1:] != [verdict.sources[0].condition]:
        played.conditions.append(verdict.sources[0].condition)


QUECTEL = utc(2026, 8, 5, 5, 52, 34)
MEINBERG = utc(2023, 12, 18, 22, 9, 52)

BY_HAND = {
    "quectel-l76k-nmea": [
        sentence
        for n in range(40)
        for at in [QUECTEL + n / 5]
        for sentence in (rmc(at, talker="GN", rest=",,,A,V"), line("GNGGA,1"), zda(at, talker="GN"))
    ],
    "meinberg-gps164": [rmc(MEINBERG + n, status="V" if 23 <= n < 43 else "A", rest=",0.0,E") for n in range(90)],
    "april6_2019": [
        line("GPRMC,,V,,,,,,,,,,N"),
        line("GPRMC,000231.099,A,4829.0005,N,00022.0015,E,0.15,212.28,2208-1,,,A"),
        *(rmc(utc(1999, 8, 22, 0, 2, 31) + n) for n in range(9)),
    ],
    "gp-320fw-2019-04-07-coldboot": [
        rmc(utc(2019, 4, 7, 0, 3, 45)),
        *(rmc(utc(2006, 12, 16, 23, 59, 48) + n, status="V", rest=",,,N") for n in range(4)),
        rmc(utc(2010, 9, 30, 19, 35, 15), status="V", rest=",,,N"),
        *(
            sentence
            for n in range(9)
            for at in [utc(1999, 8, 22, 0, 4, 25) + n]
            for sentence in (rmc(at, status="V", rest=",,,N"), zda(at), line("GPVTG,1")[:-4] + b"00\r\n")
        ),
    ],
    "firefly-II": [
        sentence for n in range(23) for at in [utc(2010, 7, 8, 0, 59, 47) + n] for sentence in (rmc(at), zda(at))
    ],
}
"""Lines with the same traps as the recordings, so that they are tested where the recordings are not at hand."""

GOOD = ("quectel-l76k-nmea", "meinberg-gps164")
BAD = ("april6_2019", "gp-320fw-2019-04-07-coldboot", "firefly-II")


def versions(name: str) -> list[list[bytes]]:
    recorded = recordings().get(name)
    return [BY_HAND[name]] if recorded is None else [BY_HAND[name], recorded]


@pytest.mark.parametrize("off", [-1800.0, -1.5, 0.0, 1.5, 1800.0])
def test_the_good_receiver_locks(off: float) -> None:
    """The Quectel, whose last field is always `V`, locks and stays, and the clock then shows its time."""
    for lines in versions("quectel-l76k-nmea"):
        played = play(lines, QUECTEL + off)
        assert played.states == [ClockState.FREE_RUN, ClockState.LOCKED]
        last = max(at for at, _ in paced(lines)) - START
        assert played.shown == pytest.approx(QUECTEL + last, abs=0.5)


def test_the_master_clock_locks_and_is_held_over_while_it_is_void() -> None:
    """The Meinberg, with its impossible course, locks; while it says `V` it is holdover; then it locks again."""
    for lines in versions("meinberg-gps164"):
        played = play(lines, MEINBERG + 2.0)
        assert played.states == [ClockState.FREE_RUN, ClockState.LOCKED, ClockState.HOLDOVER, ClockState.LOCKED]
        assert Condition.VOID in played.conditions
        last = max(at for at, _ in paced(lines)) - START
        assert played.shown == pytest.approx(MEINBERG + last, abs=0.1)


@pytest.mark.parametrize("zda_alone", [False, True])
@pytest.mark.parametrize("wall", [utc(2026, 11, 22), utc(2030, 2, 21, 0, 59, 47), utc(2010, 7, 8, 0, 59, 47), 0.0])
@pytest.mark.parametrize("name", BAD)
def test_no_outdated_receiver_ever_moves_the_clock(name: str, wall: float, zda_alone: bool) -> None:
    """Years 1999, 2006, 2010 and 2019 never move it, whatever the machine's clock says and however they are declared.

    That 2010-07-08 and 1024 weeks are 2030-02-21, in the window, is no reason to repair it.
    """
    for lines in versions(name):
        played = play(lines, wall, zda_alone=zda_alone)
        assert played.moved == 0.0
        assert ClockState.LOCKED not in played.states
        assert Condition.GOOD not in played.conditions


@pytest.mark.parametrize("name", BAD)
def test_no_outdated_receiver_moves_a_clock_that_was_locked(name: str) -> None:
    """Nor do they when the time was known before: it stays holdover."""
    now = utc(2026, 11, 22, 3)
    for lines in versions(name):
        played = play(lines, now, before=now)
        assert set(played.states) == {ClockState.HOLDOVER}
        assert played.moved < 1e-6


def test_zda_needs_a_voucher() -> None:
    """A device that sends `ZDA` alone is believed only if it was declared to, and never against a void `RMC`."""
    now = utc(2026, 11, 22, 3)
    alone = [zda(now + n, talker="BD") for n in range(9)]
    assert play(alone, now).states == [ClockState.FREE_RUN]
    assert play(alone, now, zda_alone=True).states == [ClockState.FREE_RUN, ClockState.LOCKED]
    void = [each for n in range(9) for each in (rmc(now + n, status="V"), zda(now + n))]
    assert play(void, now, zda_alone=True).states == [ClockState.FREE_RUN]


def test_a_jump_settles_before_it_counts() -> None:
    """One sentence of another time, with a right checksum and a good status, changes nothing."""
    now = utc(2026, 11, 22, 3)
    lines = [rmc(now + n + (1.0 if n == 20 else 0.0)) for n in range(40)]
    played = play(lines, now)
    assert played.moved < 1e-6
    assert played.states[-1] is ClockState.LOCKED


def test_the_second_sixty_is_no_time_and_is_counted_where_it_cannot_be() -> None:
    """A leap second is passed over; one on a day that has none in the table is a fault of the device."""
    master = NmeaMaster(NmeaSettings(name="port", zda_alone=True), LEAPS)
    master.receive_data(line("GPZDA,235960.00,31,12,2016,00,00"), 1.0)
    assert master.leap_faults == 0
    master.receive_data(line("GPZDA,235960.00,31,12,2026,00,00"), 2.0)
    assert master.leap_faults == 1
    assert master.reading(2.0).condition is Condition.SILENT


def test_a_device_that_says_nothing_more_is_silent() -> None:
    """Five machine seconds without a time and it does not count any more; after an interruption it settles anew."""
    now = utc(2026, 11, 22, 3)
    master = NmeaMaster(NmeaSettings(name="port"), LEAPS)
    for n in range(5):
        master.receive_data(rmc(now + n), 100.0 + n)
    assert master.reading(104.0).condition is Condition.GOOD
    assert master.reading(110.0).condition is Condition.SILENT
    master.interrupted()
    master.receive_data(rmc(now + 11), 111.0)
    assert master.reading(111.0).condition is Condition.SETTLING
