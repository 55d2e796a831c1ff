"""The web face that every process has: what it says of itself, its clock, and its files.

A component adds its own routes to `app`. Answers carry headers that let a browser load from this process alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from importlib import resources
from pathlib import PurePosixPath
from typing import Any, cast

from klein import Klein
from klein.interfaces import IKleinRequest
from prometheus_client import CollectorRegistry
from twisted.internet.defer import Deferred
from twisted.web.http import CACHED
from twisted.web.http import Request as HTTPRequest
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.health import Health, health_body, metrics_text
from stationmaster_service.answers import answer_problems, json_answer, problem_answer
from stationmaster_service.bounded import BoundedRequest
from stationmaster_service.interfaces import MachineTime, WebRequest
from stationmaster_service.timer import StationTimer

__all__ = ["Around", "Face", "Guard", "json_answer"]

Guard = Callable[[WebRequest, str], bytes | None]
"""Given a request and its route, as `/api/v1/calls/<path:call_id>`: the answer to who may not; None: he may."""

Around = Callable[[WebRequest, str, Callable[[], Any]], Any]
"""Gives the answer to a request of a route, by its path, or what the route itself answers when it is called."""

Settle = Callable[[], Deferred[None]]
"""Fires when everything that is due at the present station time has been started."""

LONGEST_UNQUIET = 10.0
LOOK_AGAIN = 0.002
"""Machine seconds: how long `until=quiet` waits at the longest, and between two looks."""

_SAME = "object-src 'none'; base-uri 'none'; form-action 'self'"
_HEADERS = (
    (
        b"Content-Security-Policy",
        f"default-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'self'; {_SAME}".encode(),
    ),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"X-Frame-Options", b"SAMEORIGIN"),
    (b"Referrer-Policy", b"no-referrer"),
)
_STRICT_HEADERS = (
    (
        b"Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; "
        f"media-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; {_SAME}".encode(),
    ),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"X-Frame-Options", b"DENY"),
    (b"Referrer-Policy", b"no-referrer"),
    (b"Cross-Origin-Opener-Policy", b"same-origin"),
    (b"Cross-Origin-Resource-Policy", b"same-origin"),
)

_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".ico": b"image/x-icon",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".png": b"image/png",
    ".svg": b"image/svg+xml",
    ".ttf": b"font/ttf",
    ".txt": b"text/plain; charset=utf-8",
    ".wav": b"audio/wav",
    ".woff2": b"font/woff2",
}


class Face:
    """The pages of one process.

    `GET /healthz` (status 503 when `down`), `GET /metrics`, `POST /clock`, and the files of this package under
    `/static`. `GET /healthz?until=quiet` answers when the process is quiet, or after 10 s. `POST /clock` reads the
    clock again, does all that is due, waits for `settle`, and answers with the body of `/healthz`; 409 when the clock
    is not a shadow, 503 when its file cannot be read.

    Args:
        health: the process's answer of the moment.
        clock: station time.
        timer: what waits for station time in this process; who adds routes finds it as `timer`.
        registry: the process's metrics.
        settle: what `POST /clock` waits for before it answers; nothing more than the timer unless given.
        strict: whether no page has a style of its own in it, and none may be shown within another site's.

    """

    def __init__(
        self,
        *,
        health: Callable[[], Health],
        clock: StationClock,
        timer: StationTimer,
        registry: CollectorRegistry,
        settle: Settle | None = None,
        strict: bool = False,
    ) -> None:
        self.app: Klein = _GuardedApp()
        answer_problems(self.app)
        self._health = health
        self._clock = clock
        self._timer = self.timer = timer
        self._registry = registry
        self._settle = settle
        self._headers = _STRICT_HEADERS if strict else _HEADERS
        self._folders: dict[str, list[tuple[str, str]]] = {}
        self._bounds: dict[bytes, int] = {}
        self.app.route("/healthz", methods=["GET"])(self._get_health)
        self.app.route("/metrics", methods=["GET"])(self._get_metrics)
        self.app.route("/clock", methods=["POST"])(self._post_clock)
        self.static("/static", "stationmaster_service")

    def static(self, prefix: str, package: str, folder: str = "static") -> None:
        """Serve the files in `folder` of `package` under `prefix`.

        A prefix may be given to several packages; the one given last is looked into first.
        """
        folders = self._folders.setdefault(prefix, [])
        folders.insert(0, (package, folder))
        if len(folders) > 1:
            return

        def get_file(request: WebRequest, name: str) -> bytes:
            return self._file(request, folders, name)

        self.app.route(f"{prefix.rstrip('/')}/<path:name>", methods=["GET"], endpoint=f"static {prefix}")(get_file)

    def guard(self, guard: Guard) -> None:
        """Have `guard` asked before each route, whoever added it."""
        cast("_GuardedApp", self.app).guard = guard

    def around(self, around: Around) -> None:
        """Have `around` answer for each route whose guard lets in who asks; it has the route answer, or does not."""
        cast("_GuardedApp", self.app).around = around

    def site(self) -> Site:
        """What listens for browsers."""
        return _QuietSite(_Guarded(self.app.resource(), self._headers), self._timer.reactor, self._bounds)

    def bound(self, path: str, largest: int) -> None:
        """Let the bodies of requests to a path be this large, in bytes; see `bounded` for those of all others."""
        self._bounds[path.encode()] = largest

    def _get_health(self, request: WebRequest) -> bytes | Deferred[bytes]:
        if request.args.get(b"until") == [b"quiet"]:
            return self._when_quiet().addCallback(lambda _: self._answer_health(request))
        return self._answer_health(request)

    def _when_quiet(self) -> Deferred[None]:
        """Fires when the process is quiet, or has not been for so long that whoever asks wants to know."""
        fired: Deferred[None] = Deferred()
        until = self._timer.reactor.seconds() + LONGEST_UNQUIET

        def look() -> None:
            if self._health().quiet or self._timer.reactor.seconds() >= until:
                fired.callback(None)
            else:
                self._timer.reactor.callLater(LOOK_AGAIN, look)

        look()
        return fired

    def _answer_health(self, request: WebRequest) -> bytes:
        health = self._health()
        request.setHeader(b"X-Station-Time", f"{self._clock.now():.3f}".encode())
        return json_answer(request, health_body(health, self._clock), 503 if health.status == "down" else 200)

    def _get_metrics(self, request: WebRequest) -> bytes:
        request.setHeader(b"Content-Type", b"text/plain; version=0.0.4; charset=utf-8")
        return metrics_text(self._health(), self._registry)

    def _post_clock(self, request: WebRequest) -> bytes | Deferred[bytes]:
        if not self._clock.shadow:
            return problem_answer(request, 409, "clock-not-shadow", "Station time is the machine's.")
        try:
            self._timer.poke()
        except StationError as error:
            return problem_answer(request, 503, error.code, error.message, error.hint)
        if self._settle is None:
            return self._answer_health(request)
        return self._settle().addCallback(lambda _: self._answer_health(request))

    def _file(self, request: WebRequest, folders: list[tuple[str, str]], name: str) -> bytes:
        path = PurePosixPath(name)
        kind = _TYPES.get(path.suffix)
        if kind is not None and not path.is_absolute() and ".." not in path.parts:
            for package, folder in folders:
                file = resources.files(package).joinpath(folder, *path.parts)
                if file.is_file():
                    body = file.read_bytes()
                    request.setHeader(b"Content-Type", kind)
                    request.setHeader(b"Cache-Control", b"no-cache")
                    tag = b'"' + sha256(body).hexdigest()[:32].encode() + b'"'
                    return b"" if request.setETag(tag) is CACHED else body
        request.setResponseCode(404)
        request.setHeader(b"Content-Type", b"text/plain; charset=utf-8")
        return b"There is no such file.\n"


class _GuardedApp(Klein):
    """Asks before it has a route answer."""

    guard: Guard | None = None
    around: Around | None = None

    def route(self, url: str, *args: Any, **kwargs: Any) -> Any:
        """A route, known by its methods and path unless it is given a name: two with one name would be one."""
        methods = " ".join(kwargs.get("methods") or ())
        name = kwargs.setdefault("endpoint", f"{methods} {url}")
        if name in self.endpoints:
            raise ValueError(f"there is a route {name!r} already")
        return super().route(url, *args, **kwargs)

    def execute_endpoint(self, endpoint: str, request: Any, *args: Any, **kwargs: Any) -> Any:
        answer = partial(super().execute_endpoint, endpoint, request, *args, **kwargs)
        if self.guard is None and self.around is None:
            return answer()
        rule, _ = IKleinRequest(request).mapper.match(return_rule=True)
        refused = None if self.guard is None else self.guard(request, rule.rule)
        if refused is not None:
            return refused
        return answer() if self.around is None else self.around(request, rule.rule, answer)


class _Guarded(Resource):
    """Puts the headers on every answer, errors included."""

    isLeaf = True  # noqa: N815 - Twisted's name

    def __init__(self, inner: Resource, headers: Sequence[tuple[bytes, bytes]]) -> None:
        Resource.__init__(self)
        self._inner = inner
        self._headers = headers

    def render(self, request: Request) -> Any:
        for name, value in self._headers:
            request.setHeader(name, value)
        return self._inner.render(request)


class _QuietSite(Site):
    """Boards and kiosks ask every few seconds, for years: a line for each request would tell nobody anything."""

    noisy = False
    displayTracebacks = False  # noqa: N815 - Twisted's name

    def __init__(self, resource: Resource, reactor: MachineTime, bounds: Mapping[bytes, int]) -> None:
        Site.__init__(self, resource, BoundedRequest, reactor=reactor)
        self.bounds = bounds

    def log(self, request: HTTPRequest) -> None:
        """Nothing."""
