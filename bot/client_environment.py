"""What clients read of the environment by themselves: proxies, and whose certificates are trusted.

They know nothing of `.env`, where whoever sets up Parley looks for a place for it.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from dotenv import dotenv_values

from bot.proxies import PROXY_NAMES

_TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_LIBPQ_FILES = {
    "root.crt": "PGSSLROOTCERT",
    "root.crl": "PGSSLCRL",
    "postgresql.crt": "PGSSLCERT",
    "postgresql.key": "PGSSLKEY",
}
"""What is looked for in `~/.postgresql`, unless another place is named so."""
_READ = {*PROXY_NAMES, "no_proxy", *(name.lower() for name in _TRUST)}


def told_changes(env_file: Path | None, environment: Mapping[str, str]) -> dict[str, str | None]:
    """Return how the environment has to change for what `.env` says, and for what says nothing."""
    # OpenSSL takes an empty name for a file that is not there.
    blank = {name for name in _TRUST if not environment.get(name, "-").strip()}
    said = {name: value for name, value in environment.items() if name not in blank}
    return dict.fromkeys(blank) | names_in_file(env_file, said)


def names_in_file(env_file: Path | None, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what `.env` says of them and the environment does not, in whichever case."""
    if env_file is None or not env_file.is_file():
        return {}
    has = {name.lower() for name in environment}
    told = dotenv_values(env_file, encoding="utf-8")
    return {
        # OpenSSL looks for capitals.
        name.upper(): value
        for name, value in told.items()
        if value and value.strip() and name.lower() in _READ - has
    }


def trust_changes(environment: Mapping[str, str]) -> tuple[dict[str, str | None], list[str]]:
    """Return how this process's environment has to change for servers to be judged at all.

    Returns:
        The changes, and sentences for the operator: a machine may have no authorities of its own,
        as a small container, and a name may lead nowhere.
    """
    if any(name in environment for name in _TRUST):
        return {}, list(trust_notices(environment))
    if _has_authorities():
        return {}, []
    import certifi

    notice = "this machine trusts no authority (no ca-certificates?), so those of certifi are taken"
    return {"SSL_CERT_FILE": certifi.where()}, [notice]


def trust_notices(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each place of certificates that is none."""
    if (file := environment.get("SSL_CERT_FILE")) and not Path(file).is_file():
        yield "SSL_CERT_FILE names no file that is there: no authorities are read from it"
    folders = environment.get("SSL_CERT_DIR", "").split(os.pathsep)
    if not all(Path(folder).is_dir() for folder in folders if folder):
        yield "SSL_CERT_DIR names a folder that is not there: no authorities are read from it"


def home_changes(
    environment: Mapping[str, str], *, has_postgres: bool
) -> tuple[dict[str, str | None], list[str]]:
    """Return how this process's environment has to change for its home to keep it from nothing.

    asyncpg looks there for libpq's files at every connection that may be encrypted, whatever is
    named elsewhere, and fails where it may not look. A service that runs as somebody else often has
    root's HOME.

    Args:
        environment: Says which files are elsewhere.
        has_postgres: Whether a server is connected to. A home counts for more than that one's
            files: where nobody asks for them, it stays.

    Returns:
        The changes, and sentences for the operator.
    """
    folder = Path(os.path.expanduser("~/.postgresql"))
    without_home: dict[str, str | None] = {"HOME": "/"}
    # What it is, though it may be a link to where nobody may look.
    if reason := _refusal(folder.lstat):
        return without_home, [f"HOME is left out, as it may not be entered ({reason})"]
    if not has_postgres:
        return {}, []
    # What it leads to, and whether anything in it can be asked for.
    if reason := _refusal(partial(os.stat, f"{folder}/.")):
        what = f"HOME is left out, as ~/.postgresql in it may not be entered ({reason})"
        return without_home, [f"{what}: what Postgres needs of it has to be named elsewhere"]
    looked_for = [name for name, other in _LIBPQ_FILES.items() if not environment.get(other)]
    return {}, [
        f"~/.postgresql/{name} cannot be read ({reason}), and Postgres is out of reach where it is "
        "needed: name another, or leave HOME out"
        for name in looked_for
        if (reason := _refusal((folder / name).read_bytes))
    ]


def _refusal(look: Callable[[], object]) -> str:
    """Return why nobody may look; empty: somebody may, or nothing is there."""
    try:
        look()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _has_authorities() -> bool:
    """Tell whether there are some where OpenSSL looks by itself."""
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile) or bool(paths.capath and any(Path(paths.capath).glob("*")))
