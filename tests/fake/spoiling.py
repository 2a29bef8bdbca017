"""What is answered instead of the proper answer."""

from __future__ import annotations

from aiohttp import web

from tests.fake.faults import Fault


async def spoiled(
    request: web.Request, fault: Fault, answer: web.StreamResponse | None
) -> web.StreamResponse:
    """The proper `answer` (None: it was not acted on) as `fault` leaves it."""
    if fault.drops:
        return cut(request)
    if isinstance(answer, web.Response) and fault.garbles is not None:
        text = fault.garbles(answer.text or "")
        return web.Response(status=answer.status, text=text, content_type="application/json")
    if isinstance(answer, web.Response) and fault.halves:
        return await _halved(request, answer.text or "")
    if fault.status is None:
        return answer or cut(request)
    if fault.text is not None:
        return web.Response(status=fault.status, text=fault.text, headers=fault.headers)
    return web.json_response(fault.body, status=fault.status, headers=fault.headers)


def cut(request: web.Request) -> web.StreamResponse:
    """Cut the connection; what is returned never reaches anyone."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _halved(request: web.Request, text: str) -> web.StreamResponse:
    """Half of the text, with the length of the whole."""
    body = text.encode()
    answer = web.StreamResponse(headers={"Content-Type": "application/json"})
    answer.content_length = len(body)
    await answer.prepare(request)
    await answer.write(body[: len(body) // 2])
    return cut(request)
