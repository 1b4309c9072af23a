"""What clients read of the environment by themselves: proxies, and whose certificates are trusted.

They know nothing of `.env`, where whoever sets up Parley looks for a place for it.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

from dotenv import dotenv_values

from bot.proxies import PROXY_NAMES

_TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR")
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


def home_changes(environment: Mapping[str, str]) -> tuple[dict[str, str | None], list[str]]:
    """Return how this process's environment has to change for its home to keep it from nothing.

    asyncpg looks there for libpq's files at every connection, whatever is named elsewhere, and
    fails where it may not look; for libpq there are none then. A service that runs as somebody else
    often has root's HOME.

    Returns:
        The changes, and sentences for the operator.
    """
    folder = Path(os.path.expanduser("~/.postgresql"))
    try:
        folder.stat()
    except (FileNotFoundError, NotADirectoryError):
        return {}, []
    except OSError as error:
        return {"HOME": "/"}, [f"HOME is left out, as it may not be entered ({error.strerror})"]
    try:
        with open(folder / "root.crt", "rb"):
            return {}, []
    except FileNotFoundError:
        return {}, []
    except OSError as error:
        if environment.get("PGSSLROOTCERT"):
            return {}, []
        what = "~/.postgresql/root.crt, whose word would be asked of a Postgres server,"
        return {}, [f"{what} cannot be read ({error.strerror})"]


def _has_authorities() -> bool:
    """Tell whether there are some where OpenSSL looks by itself."""
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile) or bool(paths.capath and any(Path(paths.capath).glob("*")))
