"""The way in and out of every request: who is let in, how much is read, how it is answered.

Everything that is refused is a `Refused`, and all answers are JSON (Client-Server API, "Standard error
response"). Neither the answers nor the log repeat what was sent.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

log = structlog.get_logger(__name__)


OPEN = frozenset({"/live", "/ready", "/metrics"})
OVERLAP_SECONDS = 600.0


class Refused(Exception):
    """A request that is answered with a standard error (Client-Server API, "Standard error response").

    `error` is one of our own sentences and never repeats what was sent.
    """

    def __init__(self, status: int, errcode: str, error: str) -> None:
        super().__init__(error)
        self.status, self.errcode, self.error = status, errcode, error


def application(*inner: Middleware) -> web.Application:
    """An empty application; `inner` are middlewares inside the one that answers everything in JSON."""
    return web.Application(
        middlewares=[_answer_everything, *inner],
        handler_args={
            "access_log": None,  # its lines hold whole URLs, and a legacy homeserver's URLs hold the token
            "logger": _http_logger(),
            "auto_decompress": False,  # compressed bodies are refused, so nothing is to be unpacked
            "keepalive_timeout": 75.0,
            "lingering_time": 1.0,
        },
    )


@web.middleware
async def _answer_everything(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer in JSON whatever happens. A failure inside is 503: the homeserver sends it again."""
    try:
        return await handler(request)
    except Refused as refused:
        return _error(refused.status, refused.errcode, refused.error)
    except web.HTTPException as found:
        return _unrecognised(found)
    except Exception as error:
        # Its text may hold what was sent (a database names its parameters), so only its kind is told.
        txn_id = request.match_info.get("txn_id")
        log.error("request failed", kind=type(error).__name__, where=_whereabouts(error), txn_id=txn_id)
        return _error(503, "M_UNKNOWN", "This cannot be taken at present. Send it again later.")


def _unrecognised(found: web.HTTPException) -> web.Response:
    """What aiohttp's router refused: 404, or 405 with the methods that there are."""
    if found.status == 405:
        error = "This method is not known here."
        return _error(405, "M_UNRECOGNIZED", error, {"Allow": found.headers["Allow"]})
    return _error(found.status, "M_UNRECOGNIZED", "This path is not known here.")


def _error(status: int, errcode: str, error: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response({"errcode": errcode, "error": error}, status=status, headers=headers)


def _whereabouts(error: BaseException) -> str:
    """The way to where `error` was raised, as `file:line` steps without any values."""
    steps = traceback.walk_tb(error.__traceback__)
    return " > ".join(f"{Path(frame.f_code.co_filename).stem}:{line}" for frame, line in steps)


class Overlap:
    """For how long the token of before is taken: until ten minutes after the new one came first, since
    homeservers of several processes are started again one after the other.

    `clock` gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._closes_at: float | None = None
        self._told = ""

    def new_came(self) -> None:
        """The homeserver has the new one."""
        if self._closes_at is None:
            self._closes_at = self._clock() + OVERLAP_SECONDS

    def takes_old(self) -> bool:
        """Whether the old one, which came just now, is taken."""
        is_open = self._closes_at is None or self._clock() < self._closes_at
        what = "previous_token_taken" if is_open else "previous_token_refused"
        if self._told != what:  # homeservers call often
            log.warning(what, mend="homeserver.previous_hs_token")
        self._told = what
        return is_open


class Guard:
    """Lets in who knows the homeserver's token, or for a while the one that it had before."""

    def __init__(
        self, token: str, *, in_query: bool, previous: str = "", clock: Callable[[], float] = lambda: 0.0
    ) -> None:
        self._token, self._previous = _octets(token), _octets(previous)
        self._overlap = Overlap(clock)
        self._in_query = in_query

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _is_open(request):
            self._admit(request)
        return await handler(request)

    def _admit(self, request: web.Request) -> None:
        given = [_bearer(header) for header in request.headers.getall("Authorization", [])]
        queried = request.query.getall("access_token", [])
        if not (given or (queried and self._in_query)):
            raise Refused(401, "M_MISSING_TOKEN", "A token is needed in the Authorization header.")
        matches = [self._is_known(_octets(token)) for token in (*given, *queried)]
        if not all(matches):
            raise Refused(403, "M_FORBIDDEN", "The token is not the one in the registration.")

    def _is_known(self, token: bytes) -> bool:
        is_new, is_old = (hmac.compare_digest(token, one) for one in (self._token, self._previous))
        if is_new:
            self._overlap.new_came()
            return True
        return bool(self._previous) and is_old and self._overlap.takes_old()


def _is_open(request: web.Request) -> bool:
    """Whether a request needs no token: a watch route, or a path that is not Matrix's and not known."""
    resource = request.match_info.route.resource
    if resource is not None:
        return resource.canonical in OPEN
    return not request.path.startswith("/_matrix")


def _bearer(header: str) -> str:
    """The token of an Authorization header; empty, which matches nothing, under another scheme."""
    scheme, _, token = header.partition(" ")
    return token if scheme == "Bearer" else ""  # as the specification writes it


def _octets(token: str) -> bytes:
    """`compare_digest` takes text only in ASCII; bytes that were not UTF-8 arrive as lone surrogates."""
    return token.encode("utf-8", "surrogatepass")


# -- bodies ------------------------------------------------------------------------------------


class Reader:
    """Reads bodies within limits of size (bytes) and time (seconds)."""

    def __init__(self, max_body: int, seconds: float) -> None:
        self._max_body = max_body
        self._seconds = seconds

    async def read(self, request: web.Request) -> bytes:
        """The body as it came. Raises `Refused` if it is too large, too slow, compressed or cut off."""
        if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise Refused(400, "M_NOT_JSON", "The body is compressed. Send it as plain JSON.")
        self._limit(request.content_length or 0)
        try:
            async with asyncio.timeout(self._seconds):
                return await self._gather(request)
        except TimeoutError:
            raise Refused(408, "M_UNKNOWN", "The body did not come in time. Send it again.") from None
        except ConnectionError:
            raise Refused(400, "M_NOT_JSON", "The body is not whole. Send it again.") from None

    async def _gather(self, request: web.Request) -> bytes:
        body = bytearray()
        async for chunk in request.content.iter_any():
            body += chunk
            self._limit(len(body))
        return bytes(body)

    def _limit(self, size: int) -> None:
        if size > self._max_body:
            log.error("body too large", limit=self._max_body)
            raise Refused(413, "M_TOO_LARGE", "The body is larger than is taken here.")


def parse(body: bytes) -> dict[str, object]:
    """`body` as a JSON object. Raises `Refused`; NaN, a key that stands twice and no UTF-8 are not JSON."""
    try:
        value = json.loads(body.decode(), parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise Refused(400, "M_NOT_JSON", "The body is not JSON that can be read.") from None
    if not isinstance(value, dict):
        raise Refused(400, "M_BAD_JSON", "The body must be a JSON object.")
    return value


def _refuse_constant(constant: str) -> None:
    raise ValueError("NaN and Infinity are not JSON")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


# -- what aiohttp itself has to say ------------------------------------------------------------


class _Wordless(logging.Filter):
    """Leaves the kind of an error and drops its text, which quotes the request's headers, token and all."""

    def filter(self, record: logging.LogRecord) -> bool:
        kind = record.exc_info[0] if record.exc_info else None
        if kind is not None:
            record.msg, record.args, record.exc_info = f"request not understood: {kind.__name__}", (), None
        return True


def _http_logger() -> logging.Logger:
    logger = logging.getLogger("appservice.gate.http")
    if not logger.filters:
        logger.addFilter(_Wordless())
    return logger
