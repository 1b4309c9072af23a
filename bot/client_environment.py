"""What clients read of the environment by themselves: proxies, and whose certificates are trusted.

They know nothing of `.env`, where whoever sets up Parley looks for a place for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from dotenv import dotenv_values

from bot.proxies import PROXY_NAMES

_TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_READ = {*PROXY_NAMES, "no_proxy", *(name.lower() for name in _TRUST)}


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
        if value and name.lower() in _READ - has
    }


def trust_notices(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each place of certificates that is none: nobody would be trusted."""
    for name in _TRUST:
        path = environment.get(name)
        if path and not (Path(path).is_file() if name == "SSL_CERT_FILE" else Path(path).is_dir()):
            kind = "file" if name == "SSL_CERT_FILE" else "folder"
            yield f"{name} names no {kind} that is there, so no certificate of a server is trusted"
