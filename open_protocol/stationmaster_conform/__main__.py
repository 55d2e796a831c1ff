"""`python -m stationmaster_conform`."""

from __future__ import annotations

import sys

from stationmaster_conform.main import main

__all__: list[str] = []

sys.exit(main())
