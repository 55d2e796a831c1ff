"""A PostgreSQL server that belongs to the tests alone.

It lives in a temporary folder and is reached by a socket there, so it needs no port and cares for no other server.
PostgreSQL refuses to run as root: then it runs as the user `postgres` where there is one, else as `nobody`. The kernel
ends it when the process that started it dies, however it dies; the folder of a dead one is cleared by the next.
`fsync` is off: the tests kill processes and not machines, and what a server has written survives its processes.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import URL

__all__ = ["PostgreSQL", "binaries", "postgresql"]

_HERE = Path("/tmp")
"""Not `TMPDIR`: a socket's path is at most 107 bytes, and the server's user must be able to come here."""

_PREFIX = "stationmaster-postgresql-"
_USER = "stationmaster"
_PATIENCE_S = 60.0

_TIED = ("setpriv", "--pdeathsig", "QUIT", "sh", "-c", 'test "$PPID" = "$0" && exec "$@"')
"""Begins a command line: the rest is run, and the kernel ends it with the process whose id comes next."""

_OPTIONS = (
    "-clisten_addresses=",
    "-cfsync=off",
    "-cfull_page_writes=off",
    "-cmax_connections=40",
    "-cshared_buffers=16MB",
    "-cmax_wal_size=64MB",
    "-cautovacuum=off",
    "-cjit=off",
    "-cmax_wal_senders=0",
    "-cwal_level=minimal",
)


def binaries() -> Path:
    """The folder of `initdb` and `postgres`.

    Raises:
        AssertionError: there is none; the text says what to install.

    """
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    if shutil.which("pg_config"):
        said = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=False)
        if said.returncode == 0:
            candidates.append(Path(said.stdout.strip()))
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise AssertionError(
        "PostgreSQL's server is missing, and the tests need one of their own: no initdb and postgres on PATH, in "
        "pg_config --bindir or in /usr/lib/postgresql/*/bin. Debian: apt-get install --no-install-recommends postgresql"
    )


@dataclass
class PostgreSQL:
    """One server; made by `postgresql`."""

    folder: Path
    user: pwd.struct_passwd | None
    options: tuple[str, ...] = _OPTIONS
    _server: subprocess.Popen[bytes] | None = None
    _databases: int = 0

    def start(self) -> None:
        """Start it, and return when it answers."""
        assert self._server is None, "it runs"
        log = self.folder / "log"
        places = ("-D", self.folder / "data", "-k", self.folder)
        with log.open("ab") as out:
            self._server = subprocess.Popen(
                (*_TIED, str(os.getpid()), binaries() / "postgres", *places, *self.options),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                **_as(self.user),
            )
        until = _PATIENCE_S
        while True:
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError:
                with suppress(subprocess.TimeoutExpired):
                    self._server.wait(0.02)
                    raise AssertionError(f"PostgreSQL does not start:\n{log.read_text()}") from None
                until -= 0.02
                assert until > 0, f"PostgreSQL does not come up:\n{log.read_text()}"
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End it: at once and without a goodbye (SIGQUIT), or having ended every connection (SIGINT)."""
        server, self._server = self._server, None
        if server is not None:
            server.send_signal(how)
            server.wait(_PATIENCE_S)

    def limit_files(self, process: int, size: int | None) -> None:
        """Let one of the server's processes make no file longer than `size` bytes, or as long as it likes.

        Done by the server's own user: who is root in a container may often not.
        """
        limit = "unlimited" if size is None else str(size)
        subprocess.run(["prlimit", "--pid", str(process), f"--fsize={limit}:"], check=True, **_as(self.user))

    @property
    def up(self) -> bool:
        """Whether it runs."""
        return self._server is not None

    def connect(self, database: str) -> psycopg.Connection:
        """A connection of one's own, with every right, each statement a transaction."""
        return psycopg.connect(host=str(self.folder), user=_USER, dbname=database, autocommit=True)

    def make_database(self) -> URL:
        """A new and empty database."""
        self._databases += 1
        name = f"test_{self._databases}"
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return self._url(name)

    def emptied_database(self, name: str) -> URL:
        """The database of this name, with nothing in it and nobody connected; cheaper than a new one."""
        with self.connect("postgres") as connection:
            if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
                connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
            connection.execute(f"ALTER DATABASE {name} RESET ALL")
            connection.execute(
                "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = %s", [name]
            )
        with self.connect(name) as connection:
            schemas = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_)'")
            for (schema,) in schemas.fetchall():
                connection.execute(f'DROP SCHEMA "{schema}" CASCADE')
            connection.execute("CREATE SCHEMA public")
        return self._url(name)

    def _url(self, name: str) -> URL:
        return URL.create("postgresql+psycopg", username=_USER, database=name, query={"host": str(self.folder)})

    def drop_database(self, url: URL) -> None:
        """Do away with one, whoever is connected."""
        with self.connect("postgres") as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {url.database} WITH (FORCE)")


@contextmanager
def postgresql(options: tuple[str, ...] = _OPTIONS) -> Iterator[PostgreSQL]:
    """A server that runs until the end of the `with`, or of this process; a benchmark gives its own options."""
    programs = binaries()
    _clear_the_dead()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_HERE))
    with (folder / "born").open("w") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
        (folder / "born").rename(folder / "alive")  # with its lock, so that nobody takes it for a dead one's
        user = _user()
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        how = ("-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions", "--wal-segsize=1")
        made = subprocess.run(
            [programs / "initdb", "-D", folder / "data", "-U", _USER, *how],
            capture_output=True,
            text=True,
            check=False,
            **_as(user),
        )
        assert made.returncode == 0, f"initdb: {made.stdout}{made.stderr}"
        server = PostgreSQL(folder, user, options)
        try:
            server.start()
            yield server
        finally:
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)


def _user() -> pwd.struct_passwd | None:
    """Who the server is if we are root; None if it may be us."""
    if os.getuid() != 0:
        return None
    users = {entry.pw_name: entry for entry in pwd.getpwall()}
    return users.get("postgres") or users["nobody"]


def _as(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """How to start a process as this user; in a group of its own, since Ctrl-C at the terminal is for the tests."""
    own: dict[str, Any] = {"cwd": "/", "process_group": 0}
    if user is None:
        return own
    return own | {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _clear_the_dead() -> None:
    """Remove what test runs have left that were killed."""
    for folder in _HERE.glob(f"{_PREFIX}*"):
        with suppress(OSError), (folder / "alive").open() as alive:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
