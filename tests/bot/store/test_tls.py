"""A Postgres server with a certificate, and with one that it wants of us."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.doctor.storage import look_at_storage
from bot.errors import LaunchError
from bot.settings import Settings
from bot.store.store import open_store_of
from tests.bot.lan.certificates import Pair, write_key, write_pair
from tests.postgres_server import find_postgres, postgres_server

pytestmark = pytest.mark.skipif(not find_postgres(), reason="Postgres is not installed")


@dataclass(frozen=True, kw_only=True)
class _Site:
    url: str
    pair: Pair
    folder: Path

    def settings(self, query: str, *, user: str = "parley", host: str = "") -> Settings:
        """Return what is set; `OWN`, `KEY` and `OTHER` stand for files."""
        other = self.folder / "other.pem"
        files = {"OWN": self.pair.certificate, "KEY": self.pair.key, "OTHER": other}
        for name, path in files.items():
            query = query.replace(name, str(path))
        url = make_url(self.url).set(username=user)
        url = url.set(host=host) if host else url
        return Settings.model_validate(
            {"database_url": f"{url.render_as_string(False)}?{query}", "data_dir": self.folder}
        )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Site]:
    folder = tmp_path_factory.mktemp("tls")
    pair = write_pair(folder, ["127.0.0.1"])
    write_pair(folder, ["127.0.0.1"], stem="other")
    write_key(folder / "locked.pem", passphrase=b"secret words")
    (folder / "none.pem").write_text("no certificate")
    with postgres_server(tls=pair) as url:
        yield _Site(url=url, pair=pair, folder=folder)


async def _is_encrypted(settings: Settings) -> bool:
    look = text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    async with open_store_of(settings) as store, store.transaction() as connection:
        return bool((await connection.execute(look)).scalar_one())


@pytest.mark.parametrize(
    ("query", "is_encrypted"),
    [
        ("sslmode=disable", False),
        ("sslmode=prefer", True),
        ("sslmode=require", True),
        ("sslmode=require&sslrootcert=OWN", True),
        ("sslmode=verify-ca&sslrootcert=OWN", True),
        ("sslmode=verify-full&sslrootcert=OWN", True),
        ("ssl=verify-full&sslrootcert=OWN", True),
    ],
)
async def test_who_is_taken_is_spoken_to_as_it_is_said(
    site: _Site, query: str, is_encrypted: bool
) -> None:
    assert await _is_encrypted(site.settings(query)) is is_encrypted


async def test_what_the_machine_trusts_judges_where_no_file_is_named(
    site: _Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(site.pair.certificate))
    assert await _is_encrypted(site.settings("sslmode=verify-full"))


@pytest.mark.promise(
    "Memory", "A Postgres server is judged by the authority that DATABASE_URL names."
)
@pytest.mark.parametrize(
    ("query", "host", "words"),
    [
        ("sslmode=verify-full&sslrootcert=OTHER", "", "name its authority by sslrootcert=FILE"),
        ("sslmode=verify-ca&sslrootcert=OTHER", "", "name its authority by sslrootcert=FILE"),
        ("sslmode=verify-full", "", "name its authority by sslrootcert=FILE"),
        # As libpq has it: a file that is named judges.
        ("sslmode=require&sslrootcert=OTHER", "", "name its authority by sslrootcert=FILE"),
        ("sslmode=verify-full&sslrootcert=OWN", "localhost", "name it as its certificate does"),
    ],
)
async def test_who_is_not_taken_is_told_with_the_fix(
    site: _Site, query: str, host: str, words: str
) -> None:
    settings = site.settings(query, host=host)
    with pytest.raises(LaunchError) as refused:
        async with open_store_of(settings):
            pass
    assert refused.value.message.startswith("DATABASE_URL: its certificate is not taken (")
    assert words in refused.value.message
    (found,) = await look_at_storage(settings)
    assert not found.is_well
    assert words in found.fix and "is it started" not in found.fix


async def test_a_name_that_is_not_its_own_is_taken_where_nobody_asks_for_it(site: _Site) -> None:
    settings = site.settings("sslmode=verify-ca&sslrootcert=OWN", host="localhost")
    assert await _is_encrypted(settings)


async def test_a_certificate_of_ours_is_shown_to_who_wants_one(site: _Site) -> None:
    async with (
        open_store_of(site.settings("sslmode=require")) as store,
        store.transaction() as connection,
    ):
        await connection.execute(text("CREATE ROLE ada LOGIN SUPERUSER"))
    shown = "sslmode=verify-full&sslrootcert=OWN&sslcert=OWN&sslkey=KEY"
    assert await _is_encrypted(site.settings(shown, user="ada"))
    assert await _is_encrypted(site.settings("sslmode=require&sslcert=OWN&sslkey=KEY", user="ada"))
    with pytest.raises(LaunchError):
        async with open_store_of(site.settings("sslmode=require", user="ada")):
            pass


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("sslrootcert=NONE", "the file in sslrootcert holds no certificate in PEM"),
        ("sslcert=OWN", "sslcert without an sslkey holds no certificate in PEM with"),
        ("sslcert=NONE&sslkey=KEY", "sslcert and sslkey hold no certificate in PEM with the key"),
        ("sslcert=OTHER&sslkey=KEY", "sslcert and sslkey hold no certificate in PEM with the key"),
        ("sslcert=OWN&sslkey=LOCKED", "the key of sslcert has a passphrase"),
        ("sslkey=KEY", "sslkey needs its certificate beside it, in sslcert"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_before_anything_is_opened(
    site: _Site, query: str, words: str
) -> None:
    for name in ("none", "locked"):
        query = query.replace(name.upper(), str(site.folder / f"{name}.pem"))
    with pytest.raises(ValidationError) as refused:
        site.settings(f"sslmode=require&{query}")
    (error,) = refused.value.errors(include_input=False)
    assert words in error["msg"]
    assert str(site.folder) not in error["msg"] and os.sep not in error["msg"]
