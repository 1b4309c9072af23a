"""Keys that others know or can guess, and doors that stand open. No key is ever shown."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.doctor.finding import Finding, well, wrong
from bot.proxies import is_loopback
from bot.settings import ENV_FILE, Settings

_LEAST_CHARS = 32
"""LiveKit signs with it by SHA-256, whose keys have 32 bytes (RFC 7518, 3.2)."""
_LEAST_KINDS = 8
"""Different characters: 32 random hexadecimal digits have fewer once in several million times."""
_PUBLIC = ("devkey", "apikey", "parley", "password", "postgres", "secret", "changeme", "admin")
_EXAMPLES = ("write-32-random", "your-")
_MAKE_ONE = "make one with `openssl rand -hex 32`, and write it into both .env files"


async def look_at_keys(settings: Settings) -> list[Finding]:
    """Judge the keys that are set here."""
    found = [*_livekit(settings), *_access(settings), *_database(settings), *_files(settings)]
    return found or [well("no key here is a default, short, or to be read by others")]


def _livekit(settings: Settings) -> Iterator[Finding]:
    secret = settings.livekit_api_secret.get_secret_value()
    if not secret:
        return
    if _is_known(secret):
        what = "LIVEKIT_API_SECRET is the one of an example"
        yield wrong(what, f"whoever reads the example may join every call: {_MAKE_ONE}")
    elif len(secret) < _LEAST_CHARS or len(set(secret)) < _LEAST_KINDS:
        what = "LIVEKIT_API_SECRET can be guessed"
        yield wrong(what, f"from one ticket, without asking: {_MAKE_ONE}")


def _access(settings: Settings) -> Iterator[Finding]:
    key = settings.access_key.get_secret_value()
    if key and (_is_known(key) or len(set(key)) < _LEAST_KINDS):
        yield wrong("ACCESS_KEY can be guessed", "make one with `openssl rand -hex 16`")
    if settings.access == "open" and settings.is_exposed:
        advice = "if that is not meant: ACCESS=invite, and a limit by DAILY_MONEY (docs/cost.md)"
        yield well("anybody may call (ACCESS=open)", advice)


def _database(settings: Settings) -> Iterator[Finding]:
    text = settings.database_url.get_secret_value()
    if not text:
        return
    url = make_url(text)
    password = str(url.password or "")
    if is_loopback(url.host or "localhost") and not password:
        # It may know us by our user.
        return
    if not password or _is_known(password) or password == url.username:
        what = "the password in DATABASE_URL is a default"
        yield wrong(what, "it guards what callers said: ALTER ROLE ... PASSWORD with a random one")


def _files(settings: Settings) -> Iterator[Finding]:
    """Name files with keys that other users of this machine may read."""
    candidates = [ENV_FILE, settings.tls_key]
    # Of what is in a folder that this user may not look into, `Path.is_file` raises what is wrong.
    if os.path.isdir(settings.data_dir):
        candidates += sorted(settings.data_dir.glob("*"))
    for path in candidates:
        if path is not None and os.path.isfile(path) and _is_open(path):
            what = f"other users of this machine may read {path}"
            yield wrong(what, f"chmod 600 {path}")


def _is_open(path: Path) -> bool:
    """Tell whether others get at a file, through its folder too."""
    return all(
        stat.S_IMODE(one.stat().st_mode) & (stat.S_IROTH if one is path else stat.S_IXOTH)
        for one in (path, *path.resolve().parents)
    )


def _is_known(key: str) -> bool:
    low = key.lower()
    return low in _PUBLIC or low.startswith(_EXAMPLES) or low in {one * 2 for one in _PUBLIC}
