"""TLS to a Postgres server: what DATABASE_URL says of it in libpq's words, made for asyncpg.

asyncpg knows the modes; files are no words of an address that SQLAlchemy passes on to it.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

FILES = ("sslrootcert", "sslcert", "sslkey")
"""Files in PEM: the authority that the server's certificate is of; ours, and its key."""
MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_JUDGING = ("verify-ca", "verify-full")
_OF_ANOTHER_NAME = (62, 64)
"""OpenSSL's X509_V_ERR codes for a name and for an address."""
_OUT_OF_TIME = (9, 10)
"""Of a certificate that is not valid yet, or no more."""


def tls_of(query: Mapping[str, str]) -> ssl.SSLContext | str | None:
    """Return what asyncpg takes as `ssl`; None: nothing is said of it.

    A server is judged by the file in `sslrootcert`, else by what this machine trusts
    (SSL_CERT_FILE), where libpq would look for a file in the user's home.

    Args:
        query: What stands after the address's `?`.

    Raises:
        ValueError: a file that is named cannot be used, or would change nothing.
    """
    mode = query.get("sslmode", query.get("ssl"))
    files = {name: query[name] for name in FILES if name in query}
    if not files and mode not in _JUDGING:
        return mode
    if mode not in ("require", *_JUDGING):
        raise ValueError(f"{next(iter(files))} needs sslmode=verify-full, or require, beside it")
    for name, path in files.items():
        _check_readable(name, path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = mode == "verify-full"
    if root := files.get("sslrootcert"):
        _load_root(context, root)
    elif mode in _JUDGING:
        context.load_default_certs()
    else:
        context.verify_mode = ssl.CERT_NONE
    _load_own(context, files)
    return context


def words_for_refusal(error: ssl.SSLCertVerificationError) -> str:
    """Return why a server's certificate is not taken, and what to do about it."""
    what = f"its certificate is not taken ({error.verify_message.rstrip('.')})"
    if error.verify_code in _OF_ANOTHER_NAME:
        return f"{what}: DATABASE_URL has to name it as its certificate does"
    if error.verify_code in _OUT_OF_TIME:
        return f"{what}: renew it there, or set this machine's clock"
    return f"{what}: name its authority by sslrootcert=FILE after the ?, or by SSL_CERT_FILE"


def _check_readable(name: str, path: str) -> None:
    if not Path(path).is_absolute():
        raise ValueError(f"{name} must be a whole path, which begins with /")
    try:
        with open(path, "rb"):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no path"
        raise ValueError(f"the file in {name} cannot be read ({reason})") from None


def _load_root(context: ssl.SSLContext, root: str) -> None:
    try:
        context.load_verify_locations(cafile=root)
    except OSError:
        raise ValueError("the file in sslrootcert holds no certificate in PEM") from None


def _load_own(context: ssl.SSLContext, files: Mapping[str, str]) -> None:
    certificate, key = files.get("sslcert"), files.get("sslkey")
    if certificate is None:
        if key is not None:
            raise ValueError("sslkey needs its certificate beside it, in sslcert")
        return

    def refuse() -> NoReturn:
        # Without it OpenSSL would ask at the terminal.
        raise ValueError("the key of sslcert has a passphrase: give it one without")

    try:
        context.load_cert_chain(certificate, key, password=refuse)
    except OSError:
        # Python tells it by whatever error another call has left, as ssl.SSLError or not.
        place = "sslcert and sslkey hold" if key else "sslcert without an sslkey holds"
        raise ValueError(f"{place} no certificate in PEM with the key that fits it") from None
