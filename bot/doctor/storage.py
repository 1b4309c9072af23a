"""Whether what is said can be kept: the server in DATABASE_URL, or the file. Nothing is made."""

from __future__ import annotations

import sqlite3
import ssl

from sqlalchemy import Connection, inspect, text

from bot.doctor.finding import Finding, well, wrong
from bot.errors import StoreError
from bot.settings import Settings
from bot.store.file import FILE_NAME, NEWEST_VERSION, is_in_use, read_version
from bot.store.store import open_as_it_is


async def look_at_storage(settings: Settings) -> list[Finding]:
    """Look at where the next start would keep what is said."""
    if not settings.store:
        return [well("nothing of a conversation is kept (STORE=off)")]
    if settings.is_store_shared:
        return [await _server(settings)]
    return _file(settings)


async def _server(settings: Settings) -> Finding:
    what = "the server in DATABASE_URL answers"
    store = open_as_it_is(settings)
    try:
        async with store.transaction() as connection:
            version = await connection.run_sync(_version)
    except StoreError as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            # Its words hold what to do.
            return wrong(what, error.message)
        fix = "is it started, does it listen to this machine, and does it know user and database?"
        return wrong(what, f"{error.message}: {fix}")
    finally:
        await store.close()
    return _judged(what, version, place="the database") or well(what, _advice(version))


def _file(settings: Settings) -> list[Finding]:
    path = settings.data_dir / FILE_NAME
    try:
        if not path.stat().st_size:
            return []
    except OSError:
        # There is none yet, or the look at the folder says why not.
        return []
    what = f"what is kept in {path} can be read"
    try:
        version = read_version(settings.data_dir)
    except sqlite3.OperationalError as error:
        if is_in_use(error):
            return [well(what, "but not now, as somebody holds it: look again")]
        return [wrong(what, f"{error}: may this user read and write it, and its folder?")]
    except sqlite3.DatabaseError:
        fix = "it is damaged, or no file of Parley's: restore a backup (docs/deploy.md), or move it"
        return [wrong(what, f"{fix} away")]
    return [_judged(what, version, place="the file") or well(what, _advice(version))]


def _version(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _judged(what: str, version: str, *, place: str) -> Finding | None:
    if version <= NEWEST_VERSION:
        return None
    return wrong(what, f"a newer version of Parley has {place}: use that one, or another place")


def _advice(version: str) -> str:
    """Return what the next start does; empty: nothing."""
    if not version:
        return "the first start makes its tables"
    if version < NEWEST_VERSION:
        return "the next start brings it to this version, and older ones refuse it then"
    return ""
