"""A statement is compiled once in a process of tests, not once for each of its many databases.

SQLAlchemy keeps what it has compiled with the engine, and by the dialect's identity. The service opens one
database; tests open thousands, and the first of each statement costs ten times as long as the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import LRUCache

from appservice.store import database

_STATEMENTS = 4000


@contextmanager
def compiled_once() -> Iterator[None]:
    """Meanwhile every engine that a `Database` makes takes part."""
    options = {"compiled_cache": _Compiled(_STATEMENTS)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            database, "create_async_engine", partial(create_async_engine, execution_options=options)
        )
        yield


class _Compiled(LRUCache[Any, Any]):
    """By the kind of the dialect, which comes first in a key: all engines of a kind are made alike."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_of_kind(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_of_kind(key), compiled)


def _of_kind(key: Any) -> Any:
    dialect, *rest = key
    return dialect.name, dialect.driver, *rest
