"""TLS to a Postgres server: what DATABASE_URL says of it in libpq's words, told to asyncpg.

asyncpg reads the files anew for each connection, and looks where libpq does for those that are not
named: PGSSLROOTCERT, PGSSLCERT, PGSSLKEY, PGSSLCRL, and `~/.postgresql`.
"""

from __future__ import annotations

import functools
import ssl
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlencode

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.ext.asyncio import AsyncEngine

FILES = ("sslrootcert", "sslcert", "sslkey")
"""Files in PEM: the authority that the server's certificate is of; ours, and its key."""
MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_JUDGING = ("verify-ca", "verify-full")
_OF_ANOTHER_NAME = (62, 64)
"""OpenSSL's X509_V_ERR codes for a name and for an address."""
_OUT_OF_TIME = (9, 10)
"""Of a certificate that is not valid yet, or no more."""


def check_words(query: Mapping[str, str]) -> None:
    """Refuse words that would change nothing, or something else than is meant.

    Args:
        query: What stands after the address's `?`.

    Raises:
        ValueError: says which.
    """
    files = _files(query)
    if files and _mode(query) not in ("require", *_JUDGING):
        raise ValueError(f"{next(iter(files))} needs sslmode=verify-full, or require, beside it")
    for name, path in files.items():
        if not Path(path).is_absolute():
            raise ValueError(f"{name} must be a whole path, which begins with /")
    if "sslkey" in files and "sslcert" not in files:
        raise ValueError("sslkey needs its certificate beside it, in sslcert")


def check_files(query: Mapping[str, str]) -> None:
    """Look whether the files that are named can be used now.

    Raises:
        ValueError: says why one cannot be.
    """
    files = _files(query)
    for name, path in files.items():
        _check_readable(name, path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if root := files.get("sslrootcert"):
        _check_root(context, root)
    if "sslcert" in files:
        _check_own(context, files)


def connect_words(query: Mapping[str, str]) -> dict[str, str | None]:
    """Return what `asyncpg.connect` is told of it; files stand in an address only."""
    files = _files(query)
    if "sslcert" in files:
        # Else a key at libpq's own places would go before the one in the same file.
        files = {"sslkey": files["sslcert"], **files}
    dsn = f"postgresql://?{urlencode(files)}" if files else None
    return {"ssl": _mode(query), "dsn": dsn}


def trust_as_the_machine_does(engine: AsyncEngine, query: Mapping[str, str]) -> None:
    """Judge a server by whom this machine trusts where asyncpg finds no authority at all.

    Args:
        engine: Of `connect_words`.
        query: As they were made of.
    """
    # Settings are read without these.
    from asyncpg import ClientConfigurationError
    from sqlalchemy import event

    # Made once: reading all authorities of a machine takes 100 ms of the event loop.
    context = functools.cache(partial(_machine_context, query))

    def on_connect(dialect: Dialect, _: object, given: list[Any], told: dict[str, Any]) -> Any:
        try:
            return dialect.connect(*given, **told)
        except dialect.loaded_dbapi.Error as error:
            is_lacking = isinstance(error.__cause__, ClientConfigurationError)
            if not is_lacking or (trust := context()) is None:
                raise
            _show_own(trust, query)
            return dialect.connect(*given, **{**told, "ssl": trust})

    event.listen(engine.sync_engine, "do_connect", on_connect)


def words_for_refusal(error: ssl.SSLCertVerificationError) -> str:
    """Return why a server's certificate is not taken, and what to do about it."""
    what = f"its certificate is not taken ({error.verify_message.rstrip('.')})"
    if error.verify_code in _OF_ANOTHER_NAME:
        return f"{what}: DATABASE_URL has to name it as its certificate does"
    if error.verify_code in _OUT_OF_TIME:
        return f"{what}: renew it there, or set this machine's clock"
    return f"{what}: name its authority by sslrootcert=FILE after the ?, or by SSL_CERT_FILE"


def _mode(query: Mapping[str, str]) -> str | None:
    return query.get("sslmode", query.get("ssl"))


def _files(query: Mapping[str, str]) -> dict[str, str]:
    return {name: query[name] for name in FILES if name in query}


def _machine_context(query: Mapping[str, str]) -> ssl.SSLContext | None:
    """Return what judges a server by whom this machine trusts; None: nobody asks."""
    if _mode(query) not in _JUDGING or "sslrootcert" in query:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = _mode(query) == "verify-full"
    context.load_default_certs()
    # Whoever speaks TLS at once (PGSSLNEGOTIATION=direct) has to say what for.
    context.set_alpn_protocols(["postgresql"])
    return context


def _show_own(context: ssl.SSLContext, query: Mapping[str, str]) -> None:
    # Anew for each connection, as asyncpg does.
    if certificate := query.get("sslcert"):
        context.load_cert_chain(certificate, query.get("sslkey"), password="")


def _check_readable(name: str, path: str) -> None:
    try:
        with open(path, "rb"):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no path"
        raise ValueError(f"the file in {name} cannot be read ({reason})") from None


def _check_root(context: ssl.SSLContext, root: str) -> None:
    try:
        context.load_verify_locations(cafile=root)
    except OSError:
        raise ValueError("the file in sslrootcert holds no certificate in PEM") from None


def _check_own(context: ssl.SSLContext, files: Mapping[str, str]) -> None:
    def refuse() -> NoReturn:
        # Without it OpenSSL would ask at the terminal.
        raise ValueError("the key of sslcert has a passphrase: give it one without")

    key = files.get("sslkey")
    try:
        context.load_cert_chain(files["sslcert"], key, password=refuse)
    except OSError:
        # Python tells it by whatever error another call has left, as ssl.SSLError or not.
        place = "sslcert and sslkey hold" if key else "sslcert without an sslkey holds"
        raise ValueError(f"{place} no certificate in PEM with the key that fits it") from None
