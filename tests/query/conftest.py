"""The kiosk's tests look at its pages as the boards' tests look at theirs."""

from __future__ import annotations

from guidance.conftest import browser, served, server

__all__ = ["browser", "served", "server"]
