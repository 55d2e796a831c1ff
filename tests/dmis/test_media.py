"""What brings bytes besides a serial port: datagrams and files; bounded, and nothing in them does any harm."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from stationmaster_dmis.folder_medium import FolderMedium
from stationmaster_dmis.medium import Medium
from stationmaster_dmis.settings import FolderPlace, UdpPlace
from stationmaster_dmis.udp_medium import UdpMedium
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.frame import Telegram
from stationmaster_telegram.records import Calls
from support.driven import DrivenReactor
from support.ports import free_port
from support.telegrams import call, frame


class Taking:
    """The line behind a medium."""

    def __init__(self) -> None:
        self.reactor = DrivenReactor()
        self.decoder = Decoder("QHD")
        self.ages: list[float] = []
        self.medium: Medium | None = None

    def begin(self, medium: Medium) -> None:
        self.medium = medium
        medium.start(self.receive, self.decoder.interrupted)

    def receive(self, data: bytes, age_s: float) -> None:
        self.decoder.receive_data(data)
        self.ages.append(age_s)

    def runs(self) -> list[int]:
        """The runs of the calls that have come since last asked."""
        found = []
        while (event := self.decoder.next_event()) is not None:
            if isinstance(event, Telegram) and isinstance(event.content, Calls):
                found += [record.run for record in event.content.records]
        return found


def telegram(run: int) -> bytes:
    return frame(Calls(records=(call(run),)), run)


def wait_for(done: Callable[[], object], medium: UdpMedium) -> None:
    """Read what the kernel brings until something holds."""
    while not done():
        assert select.select([medium], [], [], 10)[0], "nothing came"
        medium.doRead()


class Datagrams(Taking):
    """A medium on a free port, and someone who sends to it."""

    def __init__(self, *senders: str) -> None:
        super().__init__()
        self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.address = ("127.0.0.1", free_port())
        self.udp = UdpMedium(UdpPlace(host="127.0.0.1", port=self.address[1], senders=senders), self.reactor)
        self.begin(self.udp)

    def send(self, *datagrams: bytes) -> None:
        for datagram in datagrams:
            self.out.sendto(datagram, self.address)

    def close(self) -> None:
        self.udp.stop()
        self.out.close()


@pytest.fixture
def datagrams() -> Iterator[Datagrams]:
    datagrams = Datagrams()
    yield datagrams
    datagrams.close()


def test_telegrams_come_in_datagrams(datagrams: Datagrams) -> None:
    """Whole ones, several in one, and a stream that is cut anywhere all come; what is between them is counted."""
    stream = telegram(4) + telegram(5)
    datagrams.send(telegram(1), telegram(2) + telegram(3), stream[:20], stream[20:70], stream[70:], b"\0rubbish\0")
    wait_for(lambda: datagrams.decoder.counters.framing_errors, datagrams.udp)
    assert datagrams.runs() == [1, 2, 3, 4, 5]
    assert datagrams.udp.is_open
    assert datagrams.udp.dropped == 0


def test_a_lost_datagram_costs_what_was_in_it(datagrams: Datagrams) -> None:
    """The frames at the two ends of a gap are gone, those after it are not."""
    stream = b"".join(telegram(run) for run in range(1, 10))
    datagrams.send(stream[:100], stream[200:])
    wait_for(lambda: datagrams.decoder.counters.frames >= 5, datagrams.udp)
    runs = datagrams.runs()
    assert runs[0] == 1
    assert runs[-1] == 9
    assert set(runs) < set(range(1, 10))


def test_what_is_too_long_is_dropped_and_counted(datagrams: Datagrams) -> None:
    """A datagram of more than eight kilobytes is not looked at."""
    datagrams.send(telegram(1) * 200, telegram(2))
    wait_for(lambda: datagrams.decoder.counters.frames, datagrams.udp)
    assert datagrams.runs() == [2]
    assert datagrams.udp.dropped == 1


def test_only_those_who_may_send_are_heard() -> None:
    """With senders named, datagrams of all others are counted and left."""
    datagrams = Datagrams("127.0.0.2")
    try:
        datagrams.send(telegram(1))
        wait_for(lambda: datagrams.udp.refused, datagrams.udp)
        datagrams.out.close()
        datagrams.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.out.bind(("127.0.0.2", 0))
        datagrams.send(telegram(2))
        wait_for(lambda: datagrams.decoder.counters.frames, datagrams.udp)
        assert datagrams.runs() == [2]
    finally:
        datagrams.close()


def test_a_flood_is_bounded_and_counted(datagrams: Datagrams) -> None:
    """While nobody reads, the kernel keeps what fits and counts the rest; one read takes 64 and lets others work."""
    datagrams.send(*[telegram(1) * 50] * 2000)
    datagrams.udp.doRead()
    assert len(datagrams.ages) == 64
    while select.select([datagrams.udp], [], [], 0)[0]:
        datagrams.udp.doRead()
    datagrams.send(telegram(2))
    wait_for(lambda: datagrams.udp.overflowed, datagrams.udp)
    assert len(datagrams.ages) + datagrams.udp.overflowed == 2001


def test_an_address_that_is_taken_is_waited_for() -> None:
    """The hub starts all the same, says so once, and takes the address when it is free."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        reactor = DrivenReactor()
        medium = UdpMedium(UdpPlace(host="127.0.0.1", port=taken.getsockname()[1]), reactor)
        with capture_logs() as logs:
            medium.start(lambda _data, _age: None, lambda: None)
            reactor.pump([0.5] * 20)
            assert not medium.is_open
            taken.close()
            reactor.pump([0.5] * 5)
    assert medium.is_open
    assert [log["event"] for log in logs] == ["address-missing", "address-opened"]
    medium.stop()
    assert reactor.readers == []
    assert reactor.getDelayedCalls() == []


def test_nothing_is_sent_from_the_socket(datagrams: Datagrams) -> None:
    """Whoever sends hears nothing, whatever he sends."""
    datagrams.out.setblocking(False)
    datagrams.send(telegram(1), b"", b"\0" * 100)
    wait_for(lambda: len(datagrams.ages) == 3, datagrams.udp)
    with pytest.raises(BlockingIOError):
        datagrams.out.recv(1)


class Files(Taking):
    """A watched folder; `wall` is the machine's clock."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.late_s = 0.0
        self.begin(
            FolderMedium(
                FolderPlace(folder=folder),
                self.reactor,
                wall=self.wall,
                frames=lambda: self.decoder.counters.frames,
            )
        )

    def wall(self) -> float:
        """So many seconds after whatever came last."""
        newest = max((path.stat().st_ctime for path in self.folder.iterdir() if path.is_file()), default=0.0)
        return newest + self.late_s

    def put(self, name: str, data: bytes) -> None:
        """As a gateway does: written under another name, then renamed."""
        path = self.folder / f".{name}"
        path.write_bytes(data)
        path.rename(self.folder / name)

    def look(self, times: int = 2) -> None:
        self.reactor.pump([0.5] * times)

    def names(self) -> list[str]:
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if not path.is_dir())


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    folder = tmp_path / "drop"
    folder.mkdir()
    files = Files(folder)
    yield files
    assert files.medium is not None
    files.medium.stop()
    assert files.reactor.getDelayedCalls() == []


def test_files_are_taken_in_order_and_put_away(files: Files) -> None:
    """By name; what held telegrams goes to done, what did not to bad."""
    files.put("002", telegram(2))
    files.put("001", telegram(1) + telegram(3))
    files.put("003", b"no telegram at all")
    files.look()
    assert files.runs() == [1, 3, 2]
    assert files.names() == ["bad/003", "done/001", "done/002"]


def test_a_file_that_is_being_written_is_left_alone(files: Files) -> None:
    """It is taken when it has not changed for two looks; unfinished names are never taken."""
    growing = files.folder / "growing"
    data = telegram(1) + telegram(2)
    for end in range(10, len(data), 10):
        growing.write_bytes(data[:end])
        files.look(1)
    assert files.runs() == []
    growing.write_bytes(data)
    files.put("a.part", telegram(5))
    files.put("b.tmp", telegram(6))
    files.look()
    assert files.runs() == [1, 2]
    assert files.names() == ["a.part", "b.tmp", "done/growing"]


def test_a_file_that_ends_within_a_telegram_spoils_nothing(files: Files) -> None:
    """What the next file begins with is not taken for its rest."""
    files.put("1", telegram(1) + telegram(2)[:20])
    files.put("2", telegram(2)[20:] + telegram(3))
    files.look()
    assert files.runs() == [1, 3]


def test_how_old_a_file_is_counts_from_when_it_came(files: Files) -> None:
    """One that lay there for an hour does not pass for news of now, whatever time whoever brought it gave it."""
    files.put("1", telegram(1))
    os.utime(files.folder / "1", (2e9, 2e9))
    files.late_s = 3600.0
    files.look()
    assert files.ages == [pytest.approx(3600.0)]


def test_what_is_no_file_or_too_large_is_refused(files: Files, tmp_path: Path) -> None:
    """A link, a pipe and a file of more than a megabyte are put away without being read; folders are left."""
    secret = tmp_path / "secret"
    secret.write_bytes(telegram(7))
    (files.folder / "link").symlink_to(secret)
    os.mkfifo(files.folder / "pipe")
    (files.folder / "sub").mkdir()
    files.put("large", telegram(8) * 40000)
    files.look()
    assert files.runs() == []
    assert files.medium is not None
    assert files.medium.dropped == 3
    assert secret.exists()
    assert sorted(path.name for path in (files.folder / "bad").iterdir()) == ["large", "link", "pipe"]


def test_a_heap_of_files_is_taken_in_pieces_and_only_the_newest_are_kept(files: Files) -> None:
    """Thirty-two at one look; of those put away a hundred stay."""
    for number in range(150):
        files.put(f"{number:03}", telegram(number + 1))
    files.look()
    assert len(files.runs()) == 32
    files.look(4)
    assert len(files.runs()) == 118
    kept = sorted(path.name for path in (files.folder / "done").iterdir())
    assert kept == [f"{number:03}" for number in range(50, 150)]


def test_a_file_that_cannot_be_put_away_is_taken_once(files: Files) -> None:
    """When the folder may not be written to, that is said, and its files are not read again and again."""
    (files.folder / "done").write_bytes(b"in the way")
    files.put("1", telegram(1))
    with capture_logs() as logs:
        files.look(6)
    assert files.runs() == [1]
    assert [log["event"] for log in logs] == ["file-stays"]


def test_a_folder_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    """The hub starts without it, says so once, and takes it when it comes."""
    with capture_logs() as logs:
        files = Files(tmp_path / "later")
        files.look(10)
        assert files.medium is not None
        assert not files.medium.is_open
        files.folder.mkdir()
        files.put("1", telegram(1))
        files.look()
    assert files.medium.is_open
    assert files.runs() == [1]
    assert [log["event"] for log in logs] == ["folder-missing", "folder-opened"]
    files.medium.stop()
