from __future__ import annotations

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bot.store.file import FILE_NAME, NEWEST_VERSION, version_of
from bot.store.store import open_store
from tests.layout import PROJECT_ROOT


def test_the_newest_version_is_that_of_the_last_migration() -> None:
    config = Config()
    folder = PROJECT_ROOT / "bot" / "store" / "migrations"
    config.set_main_option("script_location", str(folder))
    assert ScriptDirectory.from_config(config).get_heads() == [NEWEST_VERSION]


async def test_the_version_is_known_once_there_are_tables_also_while_they_are_open(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    assert version_of(folder) == ""
    async with open_store(folder):
        assert version_of(folder) == NEWEST_VERSION
    assert version_of(folder) == NEWEST_VERSION


async def test_another_version_is_told(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, store.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0009'"))
    assert version_of(tmp_path) == "0009"


@pytest.mark.parametrize("content", ["", "no database, and long enough to be looked at" * 50])
def test_what_cannot_be_read_has_none(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    assert version_of(tmp_path) == ""
    (tmp_path / FILE_NAME).unlink()
    (tmp_path / FILE_NAME).mkdir()
    assert version_of(tmp_path) == ""
