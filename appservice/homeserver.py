"""Speaks with the homeserver as the bot. The only file that knows nio's client.

nio has no masquerading: `_BotClient.send` puts `user_id` and `device_id` on every request
(application service API, "Identity assertion"; `device_id` from MSC3202). Both together, always:
only then does Synapse keep a message's transaction id on disk. nio repeats requests by itself,
`createRoom` too, so it is told not to, and what comes back is turned into exceptions here.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from nio import AsyncClient, AsyncClientConfig

from appservice.watching import UNWATCHED, Watch
from spaces.identifiers import EventId, RoomId, UserId

_TIMEOUT_SECONDS = 60.0
_LONGEST_WAIT_SECONDS = 600.0
_CHUNK_BYTES = 65_536
_ACTING = "/_matrix/client/v3"

Shape = type[dict[str, Any]] | type[list[Any]] | Mapping[str, type]


class HomeserverError(Exception):
    """The homeserver said no: `status` is HTTP's, `errcode` Matrix's or empty, `said` the whole answer."""

    def __init__(
        self, status: int, errcode: str, message: str, said: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(f"{status} {errcode}: {message}")
        self.status = status
        self.errcode = errcode
        self.message = message
        self.said = said or {}

    @property
    def is_final(self) -> bool:
        """Whether saying it again is of no use: a 4xx but 408, 409 and 429, from a Matrix server."""
        return 400 <= self.status < 500 and self.status not in (408, 409, 429) and bool(self.errcode)


class Limited(HomeserverError):
    """429: come back in `wait` seconds, or None where the homeserver does not say."""

    def __init__(self, errcode: str, message: str, wait: float | None) -> None:
        super().__init__(429, errcode, message)
        self.wait = wait


class Unreachable(HomeserverError):
    """No answer, or none that can be read: whether it was done is not known."""

    def __init__(self, message: str) -> None:
        super().__init__(0, "", message)


class TooLarge(Exception):
    """A file has more bytes than anybody asked for."""


class Disowned(Unreachable):
    """It does not take us for the bot: it does not know the token or the device."""

    def __init__(self, status: int, errcode: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.errcode = errcode

    @property
    def is_final(self) -> bool:
        return False


_ABOUT_US = frozenset(
    {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_UNKNOWN_DEVICE", "M_USER_DEACTIVATED", "M_UNRECOGNIZED"}
)


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


class Homeserver:
    """One homeserver, spoken to as the bot. Every method is one call and raises `HomeserverError`.

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
        self._marking = asyncio.Lock()
        authorization = f"Bearer {identity.as_token}"
        self._headers = {"Authorization": authorization, "Content-Type": "application/json"}

    async def close(self) -> None:
        await self._client.close()

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
            return await self._answer_to(method, target, data, seconds, as_device, answers)

    async def _answer_to(
        self, method: str, target: str, data: bytes | None, seconds: float, as_device: bool, answers: Shape
    ) -> Any:
        try:
            answer = await self._client.send(
                method, target, data, self._headers, timeout=seconds, as_device=as_device
            )
            async with answer:
                text = await answer.text(errors="replace")
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Unreachable(f"{type(error).__name__}") from error
        found = _read(answer.status, answer.headers, text)
        if not _fits(found, answers):
            raise Unreachable("an answer that is not the specification's")
        return found

    async def download(self, server: str, media: str, *, most: int) -> bytes:
        """A file of the media repository. Raises `TooLarge` where it has more than `most` bytes."""
        path = f"/_matrix/client/v1/media/download/{_q(server)}/{_q(media)}"
        with self._watch.call("GET", path):
            return await self._content_of(path, most)

    async def _content_of(self, path: str, most: int) -> bytes:
        try:
            answer = await self._client.send("GET", path, None, self._headers)
            async with answer:
                if not 200 <= answer.status < 300:
                    _read(answer.status, answer.headers, await answer.text(errors="replace"))
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
        try:
            with self._watch.call("POST", path):
                answer = await self._client.send("POST", path, data, headers)
                async with answer:
                    text = await answer.text(errors="replace")
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Unreachable(f"{type(error).__name__}") from error
        found = _read(answer.status, answer.headers, text)
        address = found.get("content_uri") if isinstance(found, dict) else None
        if not isinstance(address, str):
            raise Unreachable("an answer that names no file")
        return address

    # -- the bot ---------------------------------------------------------------------------------

    async def register(self) -> None:
        """Make the bot's account. Being there already is success."""
        body = {"type": "m.login.application_service", "username": self.user.localpart, "inhibit_login": True}
        try:
            await self.call("POST", f"{_ACTING}/register", body)
        except HomeserverError as error:
            if error.errcode != "M_USER_IN_USE":
                raise
        self._client.registered = True

    async def make_device(self, display_name: str, device_id: str | None = None) -> None:
        """Make the bot's device, or another, with the as_token (MSC4190), and assert it from now on."""
        device = device_id or self.device_id
        path = f"{_ACTING}/devices/{_q(device)}"
        await self.call("PUT", path, {"display_name": display_name}, as_device=False)
        self.device_id = self._client.asserted_device = device

    async def set_display_name(self, name: str) -> None:
        await self.call("PUT", f"{_ACTING}/profile/{_q(self.user)}/displayname", {"displayname": name})

    async def ping(self, appservice_id: str, txn_id: str) -> None:
        """Ask the homeserver to call us back (MSC2659)."""
        path = f"/_matrix/client/v1/appservice/{_q(appservice_id)}/ping"
        await self.call("POST", path, {"transaction_id": txn_id}, seconds=15)

    async def who_am_i(self) -> None:
        """Ask whether it answers, and takes us for the bot."""
        await self.call("GET", f"{_ACTING}/account/whoami", seconds=15)

    async def room_versions(self) -> tuple[list[str], str]:
        """The room versions offered, and the default."""
        answer = await self.call("GET", f"{_ACTING}/capabilities", answers={"capabilities": dict})
        found = answer["capabilities"].get("m.room_versions", {})
        if not (found == {} or _fits(found, {"available": dict, "default": str})):
            raise Unreachable("room versions that are not the specification's")
        return list(found.get("available", {})), found.get("default", "")

    async def mark_direct(self, user: UserId, room: RoomId) -> None:
        """Note `room` as a direct one with `user` in the bot's account data (m.direct)."""
        path = f"{_ACTING}/user/{_q(self.user)}/account_data/m.direct"
        async with self._marking:  # it is read, changed and written whole
            try:
                direct = await self.call("GET", path)
            except HomeserverError as error:
                if error.status != 404:
                    raise
                direct = {}
            if not all(isinstance(rooms, list) for rooms in direct.values()):
                raise Unreachable("account data that is not the specification's")  # not to be written over
            rooms = direct.get(user, [])
            if room not in rooms:
                await self.call("PUT", path, {**direct, user: [*rooms, room]})

    async def unmark_direct(self, user: UserId, room: RoomId) -> None:
        """Note `room` no longer as a direct one with `user`, nor `user` where there is no other."""
        path = f"{_ACTING}/user/{_q(self.user)}/account_data/m.direct"
        async with self._marking:
            try:
                direct = await self.call("GET", path)
            except HomeserverError as error:
                if error.status != 404:
                    raise
                return
            kept = direct.get(user) if isinstance(direct.get(user), list) else []
            left = [one for one in kept if one != room]
            others = {name: rooms for name, rooms in direct.items() if name != user}
            await self.call("PUT", path, {**others, **({user: left} if left else {})})

    # -- rooms -----------------------------------------------------------------------------------

    async def create_room(self, body: Mapping[str, Any]) -> RoomId | None:
        """POST createRoom once. None where the answer names no room."""
        room = (await self.call("POST", f"{_ACTING}/createRoom", body)).get("room_id")
        return RoomId(room) if _is_id(room, "!") else None

    async def resolve_alias(self, alias: str) -> RoomId | None:
        """The room that `#localpart:server` points to, or None."""
        try:
            answer = await self.call("GET", f"{_ACTING}/directory/room/{_q(alias)}")
        except HomeserverError as error:
            if error.status == 404:
                return None
            raise
        return RoomId(_id_in(answer, "room_id", "!"))

    async def put_alias(self, alias: str, room: RoomId) -> None:
        await self.call("PUT", f"{_ACTING}/directory/room/{_q(alias)}", {"room_id": room})

    async def delete_alias(self, alias: str) -> None:
        await self.call("DELETE", f"{_ACTING}/directory/room/{_q(alias)}")

    async def list_room(self, network: str, room: RoomId, *, listed: bool) -> None:
        """Put a room into, or take it out of, the room directory of one third-party network."""
        path = f"{_ACTING}/directory/list/appservice/{_q(network)}/{_q(room)}"
        await self.call("PUT", path, {"visibility": "public" if listed else "private"})

    async def state(self, room: RoomId) -> list[dict[str, Any]]:
        """The room's whole state, as events. None is without the one that made the room."""
        answer = await self.call("GET", f"{_ACTING}/rooms/{_q(room)}/state", answers=list)
        events = [event for event in answer if isinstance(event, dict)]
        if not any(event.get("type") == "m.room.create" for event in events):
            raise Unreachable("a room's state that is none")  # else the room would count as not there
        return events

    async def event(self, room: RoomId, event: EventId) -> Any:
        """One event as the homeserver has it for that room: anything at all."""
        return await self.call("GET", f"{_ACTING}/rooms/{_q(room)}/event/{_q(event)}")

    async def put_state(self, room: RoomId, kind: str, key: str, content: Mapping[str, Any]) -> None:
        await self.call("PUT", f"{_ACTING}/rooms/{_q(room)}/state/{_q(kind)}/{_q(key)}", content)

    async def send(self, room: RoomId, kind: str, txn_id: str, content: Mapping[str, Any]) -> EventId:
        path = f"{_ACTING}/rooms/{_q(room)}/send/{_q(kind)}/{_q(txn_id)}"
        return EventId(_id_in(await self.call("PUT", path, content), "event_id", "$"))

    async def redact(self, room: RoomId, event: EventId, txn_id: str) -> None:
        await self.call("PUT", f"{_ACTING}/rooms/{_q(room)}/redact/{_q(event)}/{_q(txn_id)}", {})

    async def invite(self, room: RoomId, user: UserId, reason: str) -> None:
        """Invite; whoever is there already counts as invited."""
        await self._member(room, "invite", user, reason)

    async def has_account(self, user: UserId) -> bool:
        """Whether the homeserver knows this user of its own: by their profile, or as a name that is taken.

        Who has neither a name nor a picture has no profile (Synapse answers 404).
        """
        try:
            await self.call("GET", f"{_ACTING}/profile/{_q(user)}")
        except HomeserverError as error:
            if error.status != 404:
                raise
            return await self._is_taken(user.localpart)
        return True

    async def _is_taken(self, localpart: str) -> bool:
        """False also where it does not tell, because nobody can register there."""
        try:
            await self.call("GET", f"{_ACTING}/register/available", query={"username": localpart})
        except HomeserverError as error:
            if error.status not in (400, 403, 404):
                raise
            return error.errcode == "M_USER_IN_USE"
        return False

    async def kick(self, room: RoomId, user: UserId, reason: str) -> None:
        """Take out; whoever is not there counts as taken out."""
        await self._member(room, "kick", user, reason)

    async def _member(self, room: RoomId, deed: str, user: UserId, reason: str) -> None:
        body = {"user_id": user, **({"reason": reason} if reason else {})}
        try:
            await self.call("POST", f"{_ACTING}/rooms/{_q(room)}/{deed}", body)
        except HomeserverError as error:
            if error.status != 403 or await self._membership(room, user) != (deed == "invite"):
                raise

    async def _membership(self, room: RoomId, user: UserId) -> bool:
        """Whether `user` is in the room or invited."""
        path = f"{_ACTING}/rooms/{_q(room)}/state/m.room.member/{_q(user)}"
        try:
            content = await self.call("GET", path)
        except HomeserverError as error:
            if error.status == 404:
                return False
            raise
        return content.get("membership") in ("join", "invite")

    async def join(self, room: RoomId, via: str = "") -> None:
        query = {"server_name": via} if via else None
        await self.call("POST", f"{_ACTING}/join/{_q(room)}", {}, query=query)

    async def leave(self, room: RoomId, reason: str = "") -> None:
        body = {"reason": reason} if reason else {}
        await self.call("POST", f"{_ACTING}/rooms/{_q(room)}/leave", body)

    async def forget(self, room: RoomId) -> None:
        """The room, which the bot has left, is shown to it no more."""
        await self.call("POST", f"{_ACTING}/rooms/{_q(room)}/forget", {})

    async def joined_rooms(self) -> list[RoomId]:
        answer = await self.call("GET", f"{_ACTING}/joined_rooms", answers={"joined_rooms": list})
        return [RoomId(room) for room in answer["joined_rooms"] if _is_id(room, "!")]

    async def hierarchy(self, room: RoomId, start: str | None) -> dict[str, Any]:
        """One page of the rooms below a Space, as far as the bot is told of them."""
        path = f"/_matrix/client/v1/rooms/{_q(room)}/hierarchy"
        query = {"limit": "50", **({"from": start} if start else {})}
        answer: dict[str, Any] = await self.call("GET", path, query=query, answers={"rooms": list})
        return answer

    async def messages(
        self, room: RoomId, start: str | None, *, until: str | None = None, limit: int = 50
    ) -> dict[str, Any]:
        """One page of the room's timeline, backwards from `start` or from its end."""
        query = {"dir": "b", "limit": str(limit), **({"from": start} if start else {})}
        query |= {"to": until} if until else {}
        path = f"{_ACTING}/rooms/{_q(room)}/messages"
        answer: dict[str, Any] = await self.call("GET", path, query=query, answers={"chunk": list})
        return answer

    async def sync(self, since: str | None, filter_: Mapping[str, Any]) -> dict[str, Any]:
        """What is new since `since`, without waiting. Not as the device: that would take its keys away."""
        query = {"timeout": "0", "filter": json.dumps(filter_), **({"since": since} if since else {})}
        path, news = f"{_ACTING}/sync", {"next_batch": str}
        answer: dict[str, Any] = await self.call("GET", path, query=query, as_device=False, answers=news)
        return answer


def _q(text: str) -> str:
    return quote(text, safe="")


def _fits(answer: object, shape: Shape) -> bool:
    if isinstance(shape, type):
        return isinstance(answer, shape)
    return isinstance(answer, dict) and all(isinstance(answer.get(key), kind) for key, kind in shape.items())


def _is_id(value: object, sigil: str) -> bool:
    """Whether it is an id that every database keeps."""
    return isinstance(value, str) and value.startswith(sigil) and value.isprintable() and len(value) <= 255


def _id_in(answer: Mapping[str, Any], key: str, sigil: str) -> str:
    if not _is_id(answer.get(key), sigil):
        raise Unreachable(f"an answer without a {key}")
    return str(answer[key])


def _read(status: int, headers: Mapping[str, str], text: str) -> Any:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    if status == 429:
        raise _limited(headers, body if isinstance(body, dict) else {})
    if not 200 <= status < 300:
        said = body if isinstance(body, dict) else {}
        errcode, message = str(said.get("errcode", "")), str(said.get("error", ""))[:200]
        if status == 401 or errcode in _ABOUT_US:
            raise Disowned(status, errcode, message)
        raise HomeserverError(status, errcode, message, said)
    if not isinstance(body, (dict, list)):
        raise Unreachable("an answer that is not JSON")
    return body


def _limited(headers: Mapping[str, str], body: Mapping[str, Any]) -> Limited:
    wait = _seconds(headers.get("Retry-After"), 1.0)
    if wait is None:
        wait = _seconds(body.get("retry_after_ms"), 1000.0)
    return Limited(str(body.get("errcode", "M_LIMIT_EXCEEDED")), str(body.get("error", ""))[:200], wait)


def _seconds(value: object, unit: float) -> float | None:
    """`value / unit` within 0 and ten minutes; None for what is no number."""
    is_number = isinstance(value, (int, float, str)) and not isinstance(value, bool)
    try:
        number = float(str(value)) / unit if is_number else math.nan
    except ValueError:
        return None
    return min(number, _LONGEST_WAIT_SECONDS) if number > 0 and math.isfinite(number) else None
