"""Where all tables are known, and what is said of their columns."""

from __future__ import annotations

from typing import Any

from sqlalchemy import MetaData

NAMES_A_PLACE: dict[Any, Any] = {"names a place": True}
"""`info` of a column: its row goes when the place that it names is forgotten."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)
