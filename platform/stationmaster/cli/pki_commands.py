"""The commands of a station's own authority: `pki init`, `issue`, `renew`, `revoke`, `list`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["add_pki_commands"]

DAYS = 730

SUMMARIES = {
    "init": "makes the authority, called NAME",
    "issue": "makes a key and a certificate: of a hub with --host, else of the subsystem NAME",
    "renew": "makes a certificate as the last one of NAME",
    "revoke": "has the certificates of NAME, or one by its serial number, count no more",
    "list": "tells all certificates",
}


def add_pki_commands(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `pki` to the command line's commands; `add` is how that adds one."""
    parser = add(
        commands,
        "pki",
        "a station's own authority for certificates",
        "The authority is a folder of files and needs no hub; its key is best kept where nobody logs in.\n"
        "Keys are EC P-256, in files that only their owner may read.",
        call=_pki,
        extra="hub",
        examples=(
            '  stationmaster pki init /etc/stationmaster/pki "Qinhuangdao station"\n'
            "  stationmaster pki issue /etc/stationmaster/pki hub --host hub.station.example --host 10.0.0.2\n"
            "  stationmaster pki issue /etc/stationmaster/pki guidance-2 --request guidance-2.csr\n"
            "  stationmaster pki renew /etc/stationmaster/pki hub\n"
            "  stationmaster pki revoke /etc/stationmaster/pki guidance-2\n"
        ),
    )
    told = "; ".join(f"{key}: {text}" for key, text in SUMMARIES.items())
    parser.add_argument("what", choices=tuple(SUMMARIES), help=told)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the authority's folder")
    parser.add_argument("name", metavar="NAME", nargs="?", default="", help="of what; for all but list")
    parser.add_argument(
        "--host",
        dest="hosts",
        action="append",
        metavar="HOST",
        help="a name or address by which a hub is reached; again for more",
    )
    parser.add_argument("--days", type=int, default=DAYS, metavar="N", help=f"validity (default: {DAYS})")
    parser.add_argument("--request", type=Path, metavar="FILE", help="issue: for this request, whose maker has the key")
    parser.add_argument("--new-key", action="store_true", help="renew: with a new key")
    parser.set_defaults(refuse=parser.error)


def _pki(chosen: argparse.Namespace) -> int:
    pki: Any = import_module("stationmaster.cli.pki")
    what, folder, name = chosen.what, chosen.folder, chosen.name
    if bool(name) is (what == "list"):
        chosen.refuse("list takes no name, and all others need one")
    if not 1 <= chosen.days <= 36500:
        chosen.refuse("--days is 1 to 36500")
    code: int
    if what == "init":
        code = pki.begin(folder, name)
    elif what == "issue":
        code = pki.issue(folder, name, hosts=chosen.hosts or (), days=chosen.days, request=chosen.request)
    elif what == "renew":
        code = pki.renew(folder, name, days=chosen.days, new_key=chosen.new_key)
    elif what == "revoke":
        code = pki.revoke(folder, name)
    else:
        code = pki.list_certificates(folder)
    return code
