"""A migrated database, copied from one."""

from __future__ import annotations

import asyncio

import pytest

from tests.appservice.conftest import (
    database,
    lay_out,
    migrated_file,
    migrated_postgres,
    migrated_url,
    pytest_generate_tests,
)

__all__ = [
    "database",
    "migrated_file",
    "migrated_postgres",
    "migrated_url",
    "pytest_generate_tests",
]


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> str:
    """One of its own: a process that runs the service's tests, too, has made that of theirs."""
    asyncio.run(lay_out(postgres_url, "migrated_for_leaks"))
    return "migrated_for_leaks"
