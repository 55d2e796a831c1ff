"""A hub's web API is asked what nobody thought of, by schemathesis: it does not fail, and answers as described."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from hub.test_process import World, ask, world
from support.described import DOCUMENT
from support.effort import EFFORT

__all__ = ["world"]

TOKEN = "of-the-operator-who-tries-things"
PROGRAM = (
    "import sys; from pathlib import Path; from stationmaster.console.face import install; "
    "from stationmaster.hub.main import main; sys.exit(main(Path(sys.argv[1]), faces=[install]))"
)
ENDLESS = ("/api/v1/events", "/api/v1/track-plan/events")
LEFT_OUT = len(ENDLESS) + 1
"""The streams, which do not end, and the description itself, which is where schemathesis begins."""

PHASES = "examples,coverage" if EFFORT == 1 else "examples,coverage,fuzzing,stateful"
SECONDS = 120 if EFFORT == 1 else min(20 * EFFORT, 1000)
"""For all phases together; the first two end by themselves, in some seconds."""

SETTINGS = """\
[checks]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429, "5xx"]
"""
"""Too large is as good a refusal as impossible."""

HOOKS = """\
import itertools, re, schemathesis
count = itertools.count()
@schemathesis.hook
def before_call(context, case, kwargs):
    key = (case.headers or {}).get("Idempotency-Key")
    if key is not None and re.fullmatch(r"[!#-\\[\\]-~]{1,128}", str(key)):
        case.headers["Idempotency-Key"] = f"key-{next(count)}"
"""
"""A key is new for each request; one that is possible would else be sent again and again, and refused."""

SLOW = "".join(
    f'[[operations]]\ninclude-name = "{name}"\nphases.coverage.enabled = false\n'
    for name in (
        "PUT /api/v1/accounts/{login}",
        "POST /api/v1/acts",
        "POST /api/v1/acts/preview",
        "POST /api/v1/broadcast/preview",
        "POST /api/v1/broadcast/words",
        "POST /api/v1/station/import",
    )
)
"""With the usual effort only examples are sent there: each password costs 64 MiB and a twentieth of a second by design,
acts, with their thirty deeds, are two thirds of all that can be asked, and each upload is read by a process."""

NO_EXAMPLE = 1 if EFFORT == 1 else 0
"""Of these, those that have none: a file that is uploaded."""

BEYOND_SCHEMAS = {
    "/api/v1/history": "a board or a zone must be named",
    "/api/v1/accounts/{login}": "a new account needs more than one that is changed; passwords have rules of their own",
    "/api/v1/acts": "a time of day may be out of range",
    "/api/v1/acts/preview": "the same",
    "/api/v1/alarms/{key}/shelve": "a reason is more than blanks",
    "/api/v1/past": "a time has to be one",
    "/api/v1/told": "one of a train and an act must be named",
    "/api/v1/broadcast/preview": "of acts only one announcement",
    "/api/v1/broadcast/words": "of acts only one announcement",
    "/api/v1/station/draft/apply": "a key may have been used for something else",
    "/api/v1/station/files/{name}": "a tag is of one state of one file",
    "/api/v1/station/import": "a feed needs a stop",
    "/api/v1/station/versions/{number}/apply": "a key may have been used for something else",
}
"""Where what a schema allows may be refused with 400 all the same, and why."""


def test_what_nobody_thought_of(world: World) -> None:
    """No request makes it fail; each answer's status, kind and content are as described; wrong ones are refused."""
    config, port = world.configure()
    with config.open("a", encoding="utf-8") as file:
        file.write(f'[hub.operators]\ntester = "{TOKEN}"\n[hub.subsystems]\nguidance = "{TOKEN}-too"\n')
    process = world.start(config, PROGRAM)
    world.up(process, port)
    tried = trial(world.folder, port)
    assert tried.returncode == 0, tried.stdout[-6000:]
    told = re.search(r"Tested: (\d+)", tried.stdout)
    assert told is not None
    assert int(told[1]) == sum(len(methods) for methods in DOCUMENT["paths"].values()) - LEFT_OUT - NO_EXAMPLE
    assert ask(port, "GET", "/healthz")["status"] == "ok"
    process.terminate()
    code, _, log = world.finish(process)
    assert code == 0
    lines = log.removesuffix("\n").split("\n")  # what was sent may hold other ends of lines
    failed = [line for line in lines if json.loads(line)["level"] not in ("info", "warning")]
    assert failed == []


def trial(folder: Path, port: int) -> subprocess.CompletedProcess[str]:
    """Have schemathesis ask everything that the API's description has; it must not write where the tests are."""
    settings = folder / "schemathesis.toml"
    lenient = "".join(
        f'[[operations]]\ninclude-path = "{path}"\nchecks.positive_data_acceptance.enabled = false\n'
        for path in BEYOND_SCHEMAS
    )
    settings.write_text(SETTINGS + lenient + (SLOW if EFFORT == 1 else ""), "utf-8")
    (folder / "new_keys.py").write_text(HOOKS, "utf-8")
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    assert program is not None
    return subprocess.run(
        [
            *(program, "--config-file", str(settings), "run", f"http://127.0.0.1:{port}/api/v1/openapi.json"),
            *("--header", f"Authorization: Bearer {TOKEN}", "--phases", PHASES),
            *(word for path in ENDLESS for word in ("--exclude-path", path)),
            *("--max-time", str(SECONDS), "--seed", "7", "--no-color", "--request-timeout", "20"),
            *("--continue-on-failure", "--generation-database", "none"),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "NO_PROXY": "127.0.0.1", "SCHEMATHESIS_HOOKS": "new_keys"},
        capture_output=True,
        text=True,
        timeout=SECONDS + 100,
        check=False,
    )
