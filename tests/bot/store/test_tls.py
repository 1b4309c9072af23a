"""A Postgres server with a certificate, and with one that it wants of us."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.client_environment import home_changes
from bot.doctor.storage import look_at_storage
from bot.errors import LaunchError, SettingsError
from bot.settings import Settings
from bot.store.engines import server_engine
from bot.store.settings import check_database_files
from bot.store.store import open_store_of
from tests.bot.lan.certificates import Pair, write_key, write_pair, write_revoked
from tests.nobody import locked_out
from tests.postgres_server import find_postgres, postgres_server

pytestmark = pytest.mark.skipif(not find_postgres(), reason="Postgres is not installed")
_LOOK = text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")


@dataclass(frozen=True, kw_only=True)
class _Site:
    url: str
    pair: Pair
    folder: Path

    def named(self, words: str) -> str:
        """Put paths into the place of what stands for files."""
        files = {"OWN": self.pair.certificate, "KEY": self.pair.key, "HOMES": self.folder}
        stems = ("other", "none", "nothing", "locked", "revoked")
        files |= {stem.upper(): self.folder / f"{stem}.pem" for stem in stems}
        return re.sub("|".join(files), lambda found: str(files[found[0]]), words)

    def settings(self, query: str, *, user: str = "parley", host: str = "") -> Settings:
        """Return what is set; `OWN`, `KEY` and their like stand for files."""
        query = self.named(query)
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
    (folder / "nothing.pem").write_text("no certificate")
    write_revoked(folder / "revoked.pem", pair)
    for home, stem in {"own": pair.certificate.stem, "other": "other"}.items():
        (folder / home / ".postgresql").mkdir(parents=True)
        shutil.copy(folder / f"{stem}.pem", folder / home / ".postgresql" / "root.crt")
    with postgres_server(tls=pair) as url:
        asyncio.run(_let_ada_in(url))
        yield _Site(url=url, pair=pair, folder=folder)


async def _let_ada_in(url: str) -> None:
    """Make the role of whom the server wants a certificate."""
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE ROLE ada LOGIN SUPERUSER")
    await connection.close()


async def _is_encrypted(settings: Settings) -> bool:
    async with open_store_of(settings) as store, store.transaction() as connection:
        return bool((await connection.execute(_LOOK)).scalar_one())


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


@pytest.mark.promise(
    "Memory", "A Postgres server of the machine's authorities has to have its name."
)
async def test_what_the_machine_trusts_judges_where_no_file_is_named(
    site: _Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(site.pair.certificate))
    assert await _is_encrypted(site.settings("sslmode=verify-full"))
    assert await _is_encrypted(site.settings("sslmode=verify-ca", host="localhost"))
    with pytest.raises(LaunchError, match="name it as its certificate does"):
        async with open_store_of(site.settings("sslmode=verify-full", host="localhost")):
            pass


@pytest.mark.promise(
    "Memory", "Authorities, certificates and lists of the revoked count where libpq looks for them."
)
@pytest.mark.parametrize(
    ("query", "places", "words"),
    [
        ("sslmode=verify-full", {"PGSSLROOTCERT": "OWN"}, ""),
        ("sslmode=verify-ca", {"PGSSLROOTCERT": "OWN"}, ""),
        ("sslmode=verify-full", {"HOME": "HOMES/own"}, ""),
        ("sslmode=verify-full", {"HOME": "HOMES/other"}, "name its authority"),
        # An authority that is there judges, whatever else is named.
        ("sslmode=require", {"PGSSLROOTCERT": "OTHER"}, "name its authority"),
        ("sslmode=require&sslcert=OWN&sslkey=KEY", {"PGSSLROOTCERT": "OTHER"}, "name its auth"),
        ("sslmode=require&sslcert=OWN&sslkey=KEY", {"HOME": "HOMES/other"}, "name its authority"),
        ("sslmode=verify-full", {"PGSSLROOTCERT": "NONE"}, "No such file"),
        ("sslmode=verify-full&sslrootcert=OWN", {"PGSSLROOTCERT": "OTHER"}, ""),
        ("sslmode=verify-full&sslrootcert=OWN", {"PGSSLCRL": "REVOKED"}, "certificate revoked"),
        ("sslmode=verify-full", {"PGSSLROOTCERT": "OWN", "PGSSLCRL": "REVOKED"}, "revoked"),
    ],
)
async def test_what_libpq_reads_elsewhere_counts(
    site: _Site,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    places: dict[str, str],
    words: str,
) -> None:
    for name, place in places.items():
        monkeypatch.setenv(name, site.named(place))
    settings = site.settings(query)
    if not words:
        assert await _is_encrypted(settings)
        return
    with pytest.raises(LaunchError, match=words):
        async with open_store_of(settings):
            pass


@pytest.fixture
def everybodys(site: _Site) -> Iterator[Path]:
    """Lend a folder that others may look into, with homes and the server's certificate."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copy(site.pair.certificate, folder / "root.pem")
        (folder / "file").touch()
        for home in ("closed", "dangling", "own", "shut"):
            (folder / home / ".postgresql").mkdir(parents=True)
        for home, target in {"linked": "../closed/gone", "loop": ".postgresql"}.items():
            (folder / home).mkdir()
            (folder / home / ".postgresql").symlink_to(target)
        (folder / "dangling" / ".postgresql" / "root.crt").symlink_to(folder / "gone")
        for name in ("root.crt", "root.crl", "postgresql.crt", "postgresql.key"):
            shutil.copy(site.folder / "other.pem", folder / "own" / ".postgresql" / name)
        yield folder


@pytest.mark.promise("Memory", "A home that may not be entered keeps nobody from Postgres.")
@pytest.mark.parametrize(
    "query", ["", "sslmode=require", "sslmode=verify-full", "sslmode=verify-full&sslrootcert=ROOT"]
)
@pytest.mark.parametrize(
    ("home", "locked", "words"),
    [
        ("file", "closed", ""),
        ("dangling", "closed", ""),
        ("closed", "closed", "as it may not be entered (Permission denied)"),
        ("shut", "shut/.postgresql", "~/.postgresql in it may not be entered (Permission denied)"),
        ("linked", "closed", "~/.postgresql in it may not be entered (Permission denied)"),
        ("loop", "closed", "~/.postgresql in it may not be entered (Too many levels"),
    ],
)
async def test_a_home_without_an_authority_for_us_is_as_none(
    site: _Site,
    everybodys: Path,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    home: str,
    locked: str,
    words: str,
) -> None:
    monkeypatch.setenv("HOME", str(everybodys / home))
    monkeypatch.setenv("SSL_CERT_FILE", str(everybodys / "root.pem"))
    url = f"{site.url}?{query}".replace("ROOT", str(everybodys / "root.pem"))
    with locked_out(everybodys / locked):
        changes, notices = home_changes(os.environ, has_postgres=True)
        assert len(notices) == bool(words) and all(words in one for one in notices)
        monkeypatch.setenv("HOME", changes.get("HOME") or os.environ["HOME"])
        assert await _is_met_encrypted(url)


async def _is_met_encrypted(url: str) -> bool:
    engine = server_engine(url)
    try:
        async with engine.connect() as connection:
            return bool((await connection.execute(_LOOK)).scalar_one())
    finally:
        await engine.dispose()


@pytest.mark.parametrize(
    ("name", "variable", "query"),
    [
        ("root.crt", "PGSSLROOTCERT", "sslmode=require"),
        ("root.crl", "PGSSLCRL", "sslmode=require"),
        ("postgresql.crt", "PGSSLCERT", "sslmode=prefer"),
        ("postgresql.key", "PGSSLKEY", "sslmode=prefer"),
    ],
)
async def test_a_file_at_home_that_may_not_be_read_is_told(
    site: _Site,
    everybodys: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    variable: str,
    query: str,
) -> None:
    monkeypatch.setenv("HOME", str(everybodys / "own"))
    with locked_out(everybodys / "own" / ".postgresql" / name):
        changes, (notice,) = home_changes(os.environ, has_postgres=True)
        assert not changes and f"/{name} cannot be read (Permission denied)" in notice
        assert home_changes({variable: "elsewhere"}, has_postgres=True) == ({}, [])
        with pytest.raises(PermissionError):
            await _is_met_encrypted(f"{site.url}?{query}")


async def test_a_certificate_of_ours_at_libpq_s_places_is_shown(
    site: _Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSSLCERT", str(site.pair.certificate))
    monkeypatch.setenv("PGSSLKEY", str(site.pair.key))
    assert await _is_encrypted(site.settings("sslmode=verify-ca&sslrootcert=OWN", user="ada"))


@pytest.mark.promise(
    "Memory", "A certificate for Postgres that is replaced counts from the next connection on."
)
@pytest.mark.parametrize("root", ["sslrootcert=OWN", ""])
async def test_a_file_that_is_replaced_counts_from_the_next_connection_on(
    site: _Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, root: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(site.pair.certificate))
    certificate = tmp_path / "own.pem"
    shutil.copy(site.pair.certificate, certificate)
    query = f"sslmode=verify-full&sslcert={certificate}&sslkey=KEY&{root}".rstrip("&")
    settings = site.settings(query, user="ada")
    engine = server_engine(settings.database_url.get_secret_value())

    async def asks() -> int:
        await engine.dispose()
        async with engine.connect() as connection:
            return (await connection.execute(text("SELECT 1"))).scalar_one()

    assert await asks() == 1
    # Half of a pair that is being replaced: it is an error that a store is known to fail by.
    shutil.copy(site.folder / "other.pem", certificate)
    with pytest.raises(ssl.SSLError):
        await asks()
    # A bot begins all the same.
    assert site.settings(query, user="ada").is_store_shared
    shutil.copy(site.pair.certificate, certificate)
    assert await asks() == 1
    await engine.dispose()


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
    shown = "sslmode=verify-full&sslrootcert=OWN&sslcert=OWN&sslkey=KEY"
    assert await _is_encrypted(site.settings(shown, user="ada"))
    assert await _is_encrypted(site.settings("sslmode=require&sslcert=OWN&sslkey=KEY", user="ada"))
    with pytest.raises(LaunchError):
        async with open_store_of(site.settings("sslmode=require", user="ada")):
            pass


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("sslrootcert=NOTHING", "the file in sslrootcert holds no certificate in PEM"),
        ("sslcert=OWN", "sslcert without an sslkey holds no certificate in PEM with"),
        (
            "sslcert=NOTHING&sslkey=KEY",
            "sslcert and sslkey hold no certificate in PEM with",
        ),
        ("sslcert=OTHER&sslkey=KEY", "sslcert and sslkey hold no certificate in PEM with"),
        ("sslcert=OWN&sslkey=LOCKED", "the key of sslcert has a passphrase"),
        ("sslrootcert=NONE", "the file in sslrootcert cannot be read (No such file"),
        ("sslrootcert=/", "the file in sslrootcert cannot be read (Is a directory"),
        ("sslrootcert=/a%00b", "the file in sslrootcert cannot be read (no path)"),
        ("sslcert=NONE&sslkey=KEY", "the file in sslcert cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_before_anything_is_opened(
    site: _Site, query: str, words: str
) -> None:
    settings = site.settings(f"sslmode=require&{query}")
    with pytest.raises(SettingsError) as refused:
        check_database_files(settings)
    message = refused.value.message
    assert message.startswith("DATABASE_URL: ") and words in message
    assert str(site.folder) not in message and os.sep not in message
