"""The store's file, as far as it is known without loading all that a store needs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

FILE_NAME = "parley.sqlite"
NEWEST_VERSION = "0008"
"""The last step of `migrations/versions/`, which a test says."""


def version_of(data_dir: Path) -> str:
    """Return the version of the tables; empty if there are none, or they cannot be read now."""
    try:
        return read_version(data_dir)
    except sqlite3.Error:
        return ""


def read_version(data_dir: Path) -> str:
    """Return the version of the tables; empty if there are none.

    Raises:
        sqlite3.OperationalError: they cannot be read now; `is_in_use` tells whether that will pass.
        sqlite3.DatabaseError: the file is damaged, or none of SQLite's.
    """
    url = f"file:{quote(str(data_dir / FILE_NAME))}?mode=ro"
    try:
        with closing(sqlite3.connect(url, uri=True, timeout=0)) as database:
            found = database.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return ""
        raise
    return "" if found is None else str(found[0])


def is_in_use(error: sqlite3.Error) -> bool:
    """Tell whether somebody else holds the file."""
    # Above the first byte is why.
    return (error.sqlite_errorcode & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
