"""Another program in the place of Hedgerow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from appservice.server import Server


@asynccontextmanager
async def answering(status: int, server: str = "nginx") -> AsyncIterator[str]:
    """Something else that answers everything with `status`: its address."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text="something else", headers={"Server": server})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    made = Server(app)
    await made.start("127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{made.port}"
    finally:
        await made.stop()
