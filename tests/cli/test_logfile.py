"""Logs that cannot fill a disk."""

from __future__ import annotations

from pathlib import Path

from stationmaster_base.logfile import BoundedLog, as_text


def test_what_is_written_is_there_and_appended_to(tmp_path: Path) -> None:
    """A log goes on where the last run left it."""
    for line in (b"one\n", b"two\n"):
        log = BoundedLog(tmp_path / "hub.log")
        log.write(line)
        log.close()
    assert (tmp_path / "hub.log").read_bytes() == b"one\ntwo\n"


def test_a_full_log_is_put_aside_and_the_oldest_goes(tmp_path: Path) -> None:
    """However much is written, there are three files of at most the given size, the newest lines in the first."""
    log = BoundedLog(tmp_path / "hub.log", most=100)
    for number in range(100):
        log.write(f"line {number:04}\n".encode())
    log.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["hub.log", "hub.log.1", "hub.log.2"]
    assert all(0 < file.stat().st_size <= 100 for file in files)
    assert files[0].read_bytes().endswith(b"line 0099\n")
    assert (
        files[1].read_bytes() + files[0].read_bytes()
        == b"".join(f"line {number:04}\n".encode() for number in range(90, 100))
        or files[1].read_bytes().splitlines()[-1] < files[0].read_bytes().splitlines()[0]
    )


def test_a_disk_that_cannot_be_written_loses_lines_only(tmp_path: Path) -> None:
    """No error leaves the log; what was lost is counted, and it goes on when it can."""
    log = BoundedLog(tmp_path / "none" / "hub.log")
    log.write(b"one\ntwo\n")
    assert log.lost == 2
    (tmp_path / "none").mkdir()
    log.write(b"three\n")
    log.close()
    assert (tmp_path / "none" / "hub.log").read_bytes() == b"three\n"


def test_a_process_can_log_into_it(tmp_path: Path) -> None:
    """As a text stream every line is in the file at once, in UTF-8, and the file stays bounded."""
    log = BoundedLog(tmp_path / "gateway.log", most=200)
    stream = as_text(log)
    assert not stream.isatty()
    for number in range(50):
        print(f"列车 {number}", file=stream, flush=True)
        assert (tmp_path / "gateway.log").read_text("utf-8").endswith(f"列车 {number}\n")
    assert (tmp_path / "gateway.log").stat().st_size <= 200
    log.close()
