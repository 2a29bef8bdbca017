"""How a request is made: as the bot, once, while this process may. The only file that knows nio's client.

nio has no masquerading: `_BotClient.send` puts `user_id` and `device_id` on every request
(application service API, "Identity assertion"; `device_id` from MSC3202). Both together, always:
only then does Synapse keep a message's transaction id on disk. nio repeats requests by itself,
`createRoom` too, so it is told not to, and what comes back is turned into exceptions in `answers`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from nio import AsyncClient, AsyncClientConfig

from appservice.homeserver.answers import Shape, TooLarge, Unreachable, fits, read
from appservice.watching import UNWATCHED, Watch
from spaces.identifiers import UserId

_TIMEOUT_SECONDS = 60.0
_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is and how it proves it."""

    url: str
    user: UserId
    as_token: str = field(repr=False)
    device_id: str


class _BotClient(AsyncClient):
    """nio's client with the bot's identity asserted on every request."""

    client_session: aiohttp.ClientSession | None

    def __init__(self, identity: Identity, may_call: Callable[[], bool]) -> None:
        config = AsyncClientConfig(max_limit_exceeded=0, max_timeouts=0, request_timeout=_TIMEOUT_SECONDS)
        super().__init__(identity.url.rstrip("/"), identity.user, identity.device_id, config=config)
        self._may_call = may_call
        self.registered = False
        self.asserted_device: str | None = None

    async def send(
        self,
        method: str,
        path: str,
        data: Any = None,
        headers: dict[str, str] | None = None,
        trace_context: Any | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - nio's signature
        *,
        as_device: bool = True,
    ) -> aiohttp.ClientResponse:
        if not self._may_call():
            raise Unreachable("not asked: this process does not act")
        if self.client_session is None:
            # nio's own session counts each connection anew, which slows calls made side by side
            self.client_session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        query = {"user_id": self.user} if self.registered else {}
        if self.asserted_device is not None and as_device:
            query["device_id"] = self.asserted_device
        separator = "&" if "?" in path else "?"
        asserted = f"{separator}{urlencode(query)}" if query else ""
        return await self.client_session.request(
            method,
            f"{self.homeserver}{path}{asserted}",
            data=data,
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=timeout or self.config.request_timeout),
            allow_redirects=False,  # to wherever it says, with what is meant for the homeserver
        )


class Session:
    """Requests to one homeserver, made as the bot. Each is made once and raises `HomeserverError`.

    Nothing is called while `may_call` says no: `Unreachable` is raised.
    """

    def __init__(
        self, identity: Identity, watch: Watch = UNWATCHED, may_call: Callable[[], bool] = lambda: True
    ) -> None:
        self._watch = watch
        self.user = identity.user
        self.server = identity.user.server
        self.device_id = identity.device_id
        self._client = _BotClient(identity, may_call)
        authorization = f"Bearer {identity.as_token}"
        self._headers = {"Authorization": authorization, "Content-Type": "application/json"}

    async def close(self) -> None:
        await self._client.close()

    def assert_user(self) -> None:
        """Name the bot on every request from now on."""
        self._client.registered = True

    def assert_device(self, device_id: str) -> None:
        """Name this device of the bot's on every request from now on."""
        self.device_id = self._client.asserted_device = device_id

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        seconds: float = _TIMEOUT_SECONDS,
        as_device: bool = True,
        answers: Shape = dict,
    ) -> Any:
        """One request; the JSON of its 2xx answer. `path` is already percent-encoded.

        `answers` is what it has to be at least: an object, an array, or an object with these members. What
        is not is as if there were no answer.
        """
        target = f"{path}?{urlencode(query)}" if query else path
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        with self._watch.call(method, path):
            return await self._answer_to(
                method, target, data, self._headers, answers, seconds=seconds, as_device=as_device
            )

    async def _answer_to(
        self,
        method: str,
        target: str,
        data: bytes | None,
        headers: dict[str, str],
        answers: Shape,
        *,
        seconds: float = _TIMEOUT_SECONDS,
        as_device: bool = True,
    ) -> Any:
        try:
            answer = await self._client.send(
                method, target, data, headers, timeout=seconds, as_device=as_device
            )
            async with answer:
                text = await answer.text(errors="replace")
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Unreachable(f"{type(error).__name__}") from error
        found = read(answer.status, answer.headers, text)
        if not fits(found, answers):
            raise Unreachable("an answer that is not the specification's")
        return found

    async def download(self, server: str, media: str, *, most: int) -> bytes:
        """A file of the media repository. Raises `TooLarge` where it has more than `most` bytes."""
        path = f"/_matrix/client/v1/media/download/{quoted(server)}/{quoted(media)}"
        with self._watch.call("GET", path):
            return await self._content_of(path, most)

    async def _content_of(self, path: str, most: int) -> bytes:
        try:
            answer = await self._client.send("GET", path, None, self._headers)
            async with answer:
                if not 200 <= answer.status < 300:
                    read(answer.status, answer.headers, await answer.text(errors="replace"))
                    raise Unreachable("an answer that is no file")
                data = b""
                async for part in answer.content.iter_chunked(_CHUNK_BYTES):
                    data += part
                    if len(data) > most:
                        raise TooLarge
                return data
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Unreachable(f"{type(error).__name__}") from error

    async def upload(self, data: bytes, kind: str, name: str) -> str:
        """Put a file of that content type into the media repository; its `mxc://` address."""
        path = f"/_matrix/media/v3/upload?{urlencode({'filename': name})}"
        headers = {**self._headers, "Content-Type": kind}
        with self._watch.call("POST", path):
            found = await self._answer_to("POST", path, data, headers, {"content_uri": str})
        return str(found["content_uri"])


def quoted(text: str) -> str:
    """`text` as one part of a path, percent-encoded."""
    return quote(text, safe="")
