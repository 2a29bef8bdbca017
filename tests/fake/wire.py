"""What goes over the wire: a request as the fake's handlers see it, errors, and the table of routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fake.faults import Fault
    from tests.fake.world import World

Json = dict[str, Any]


class MatrixError(Exception):
    """A standard error response."""

    def __init__(self, status: int, errcode: str, error: str = "", /, **more: Any) -> None:
        super().__init__(f"{status} {errcode}: {error}")
        self.status = status
        self.errcode = errcode
        self.body = {"errcode": errcode, "error": error or errcode, **more}


def forbidden(error: str) -> MatrixError:
    return MatrixError(403, "M_FORBIDDEN", error)


def bad_state(error: str) -> MatrixError:
    return MatrixError(403, "M_BAD_STATE", error)


def not_found(error: str) -> MatrixError:
    return MatrixError(404, "M_NOT_FOUND", error)


def bad_request(errcode: str, error: str) -> MatrixError:
    return MatrixError(400, errcode, error)


@dataclass(frozen=True)
class Call:
    """One request that the fake received. `path_template` has no version: `/rooms/{room_id}/invite`."""

    number: int
    method: str
    path_template: str
    path: str
    params: dict[str, str]
    query: dict[str, str]
    body: Json
    as_user: str | None

    @property
    def name(self) -> str:
        return f"{self.method} {self.path_template}"


@dataclass
class Ask:
    """A request on its way through a handler: who asks for what."""

    call: Call
    body: Json
    params: dict[str, str]
    query: dict[str, str]
    user: str = ""
    device: str | None = None
    appservice: bool = False
    fault: Fault | None = None
    raw_path: str = ""


Answer = Json | list[Json] | tuple[int, Json] | bytes
Handler = Callable[["World", Ask], Awaitable[Answer]]


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    handler: Handler
    open_to_all: bool = False


@dataclass
class Routes:
    """Handlers as they are declared; paths are without `/_matrix/client/v3`."""

    routes: list[Route] = field(default_factory=list)

    def __call__(self, method: str, path: str, open_to_all: bool = False) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            self.routes.append(Route(method, path, handler, open_to_all))
            return handler

        return declare
