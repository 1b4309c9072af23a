"""A store of its own for each test: SQLite in a folder, and Postgres where it is installed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from bot.store.store import Store, open_store
from bot.store.tables import METADATA
from tests.postgres_server import find_postgres, postgres_server


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    if find_postgres() is None:
        pytest.skip("Postgres is not installed (on Debian: apt-get install postgresql)")
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["SQLite", "Postgres"])
def given_url(request: pytest.FixtureRequest) -> str:
    """Return what DATABASE_URL is; empty for SQLite."""
    return request.getfixturevalue("database_url") if request.param == "Postgres" else ""


@pytest_asyncio.fixture
async def store(tmp_path: Path, given_url: str) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "data", database_url=given_url) as opened:
        assert opened.is_kept
        yield opened
        if given_url:
            async with opened.transaction() as connection:
                tables = ", ".join(METADATA.tables)
                await connection.execute(text(f"TRUNCATE {tables}"))


@pytest_asyncio.fixture
async def file_store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "data") as opened:
        yield opened
