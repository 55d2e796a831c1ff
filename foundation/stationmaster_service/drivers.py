"""Parts that a configuration names: those that are shipped, and those that others add by entry points.

A shipped one is imported only when it is named, so that a machine without its hardware needs nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from stationmaster_base.errors import StationError

__all__ = ["Drivers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """One kind of part.

    `group` is the entry points' group, `what` the kind in words, such as `board driver`; `shipped` gives the module and
    the function of each that comes with Stationmaster.
    """

    group: str
    what: str
    shipped: Mapping[str, tuple[str, str]]

    def names(self) -> list[str]:
        """Every one that can be named in the configuration."""
        return sorted({*self.shipped, *(point.name for point in entry_points(group=self.group))})

    def load(self, name: str) -> Any:
        """The function that makes the part of this name.

        Raises:
            StationError: `<what>-unknown`, or `<what>-missing` if its package cannot be loaded, with hyphens.

        """
        code = self.what.replace(" ", "-")
        try:
            if name in self.shipped:
                module, function = self.shipped[name]
                return getattr(import_module(module), function)
            for point in entry_points(group=self.group, name=name):
                return point.load()
        except (ImportError, AttributeError) as error:
            raise StationError(
                f"{code}-missing", f"The {self.what} {name} cannot be loaded: {error}.", "Install its package."
            ) from error
        raise StationError(
            f"{code}-unknown", f"There is no {self.what} {name}.", f"There are: {', '.join(self.names())}."
        )
