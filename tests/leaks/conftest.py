"""A migrated database, copied from one."""

from __future__ import annotations

from tests.appservice.conftest import (
    database,
    migrated_file,
    migrated_postgres,
    migrated_template,
    migrated_url,
    pytest_generate_tests,
)

__all__ = [
    "database",
    "migrated_file",
    "migrated_postgres",
    "migrated_template",
    "migrated_url",
    "pytest_generate_tests",
]
