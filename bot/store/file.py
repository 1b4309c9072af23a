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
    url = f"file:{quote(str(data_dir / FILE_NAME))}?mode=ro"
    try:
        with closing(sqlite3.connect(url, uri=True, timeout=0)) as database:
            found = database.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:
        return ""
    return "" if found is None else str(found[0])
