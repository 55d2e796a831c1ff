"""What one run of the gateway leaves on disk: its security log and its exit report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from stationmaster_base.health import JsonValue
from stationmaster_base.logging import get_logger
from stationmaster_gateway.appliance_settings import ApplianceSettings
from stationmaster_gateway.exit_report import RUNNING, ExitReport, read_report
from stationmaster_gateway.security_log import SecurityLog

__all__ = ["Records", "security_folder"]

_LOG = get_logger("records")


def security_folder(settings: ApplianceSettings) -> Path:
    """Where the security log is."""
    return settings.records / "security"


class Records:
    """One run's records.

    Args:
        settings: where they are.
        wall: the machine's clock, seconds since 1970; may be wrong.
        monotonic: machine seconds.

    Raises:
        StationError: `security-log`: the folder cannot be used.

    """

    def __init__(
        self, settings: ApplianceSettings, *, wall: Callable[[], float], monotonic: Callable[[], float]
    ) -> None:
        self.security = SecurityLog(
            security_folder(settings),
            keep_days=settings.keep_days,
            keep_bytes=settings.keep_mb * 1024 * 1024,
            wall=wall,
            monotonic=monotonic,
        )
        self._file = settings.records / "exit-report.json"
        self._wall = wall
        self._monotonic = monotonic
        self._begun = monotonic()
        self._started = _iso(wall())
        self._before = read_report(self._file)

    @property
    def before(self) -> str:
        """How the run before ended, in one line."""
        before = self._before
        if before is None:
            return "no report: the first start, or the records were lost"
        if before.code == RUNNING:
            return f"started {before.started} and never ended: it was killed, or power was lost"
        return f"{before.ended}: {before.why}, exit code {before.code}, after {before.up_s:.0f} s"

    def begin(self, config_hash: str) -> None:
        """It starts with a configuration file of this SHA-256."""
        self._write(ExitReport(code=RUNNING, why="running", started=self._started))
        self.security.write("started", ended_before=self.before, configuration_sha256=config_hash)

    def end(
        self, code: int, why: str, message: str = "", *, counters: Mapping[str, int], stacks: tuple[str, ...] = ()
    ) -> None:
        """It ends; whatever cannot be written is logged and hinders nothing."""
        self._write(
            ExitReport(
                code=code,
                why=why,
                message=message,
                started=self._started,
                ended=_iso(self._wall()),
                up_s=round(self._monotonic() - self._begun, 3),
                epoch=counters.get("epoch", 0),
                sequence=counters.get("sequence", 0),
                counters=counters,
                stacks=stacks,
            )
        )
        self.security.write(
            "ended", code=code, why=why, message=message, **{key: counters.get(key, 0) for key in ("epoch", "sequence")}
        )
        self.security.close()

    def account(self) -> Mapping[str, JsonValue]:
        """What `/healthz` says of them."""
        records, head = self.security.tip
        return {
            "security_log": {"records": records, "lost": self.security.lost, "head": head},
            "exit_before": self.before,
        }

    def _write(self, report: ExitReport) -> None:
        try:
            report.write(self._file)
        except OSError as error:
            _LOG.error("exit_report_lost", problem=str(error), do="see to the disk")


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
