"""Structured logs: a constant event name and keys, one JSON object a line or coloured text on a terminal."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog

__all__ = ["Logger", "configure_logging", "get_logger"]

Logger = structlog.typing.FilteringBoundLogger


def configure_logging(process: str, *, stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Set up logging for this process; called once, by its composition root.

    Args:
        process: the process's name, on every line.
        stream: where lines go; standard error unless told.
        level: the lowest level that is written.

    """
    target = stream or sys.stderr
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if target.isatty() else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(target),
    )
    structlog.contextvars.bind_contextvars(process=process)


def get_logger(name: str) -> Logger:
    """A logger whose lines carry `name`, the part of the process that writes."""
    logger: Logger = structlog.get_logger(part=name)
    return logger
