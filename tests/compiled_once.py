"""A statement is compiled once in a process of tests, not once for each of its many databases.

SQLAlchemy keeps what it has compiled with the engine, and by the dialect's identity. The service opens one
database; tests open thousands, and the first of each statement costs ten times as long as the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import LRUCache

from appservice.store import database

_STATEMENTS = 4000


@contextmanager
def compiled_once() -> Iterator[None]:
    """Meanwhile every engine that a `Database` makes takes part."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "create_async_engine", _Shared().engine)
        yield


class _Shared:
    """The first dialect of each kind that has looked at its server, and what was compiled for it."""

    def __init__(self) -> None:
        self._compiled: LRUCache[Any, Any] = LRUCache(_STATEMENTS)
        self._dialects: dict[str, Dialect] = {}

    def engine(self, url: Any, **how: Any) -> AsyncEngine:
        made = create_async_engine(url, execution_options={"compiled_cache": self._compiled}, **how)
        self._share(made.sync_engine)
        return made

    def _share(self, engine: Engine) -> None:
        def share(*_: object) -> None:
            engine.dialect = self._dialects.setdefault(engine.dialect.name, engine.dialect)

        event.listen(engine, "first_connect", share)
