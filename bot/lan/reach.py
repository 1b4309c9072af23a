"""How callers of the local network reach this runner: one origin, and the certificate for it."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

from loguru import logger

from bot.errors import LaunchError
from bot.lan.addresses import address_on, own_addresses
from bot.lan.authority import Authority, open_authority
from bot.lan.given import check_given
from bot.lan.leaf import keep_leaf
from bot.proxies import is_loopback
from bot.settings import Settings

_LOOK_EVERY_SECS = 60.0
_TLS_PORT = 443
_LOOPBACK = ("localhost", "127.0.0.1")
# What a certificate can hold; a system takes any bytes for its name.
_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


class Reach:
    """One origin, with what TLS needs there.

    Args:
        settings: All of them; they say that TLS is served.
        port: Which one the server got.

    Raises:
        LaunchError: a certificate cannot be used, or there is no address.
    """

    def __init__(self, settings: Settings, *, port: int) -> None:
        self._settings = settings
        self.address = _address_of(settings)
        self.port = port
        self.authority: Authority | None = None
        """Whom callers' devices may have to trust; None: the certificate is the operator's own."""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        """For new connections, with the newest certificate; another object after each renewal."""
        self.notice = ""
        """What the operator should know about the certificate; empty: nothing."""
        self._stamp = 0.0
        self._is_gone = False
        if settings.tls_cert is None:
            folder = settings.caroot or mkcert_folder()
            self.authority = open_authority(self._folder, mkcert_folder=folder)
            if not self.authority.may_sign(IPv4Address(self.address)):
                message = (
                    f"{self.address} is an address of the internet, and the certificates made "
                    "here are for local networks: set TLS_CERT and TLS_KEY, or PUBLIC_URL"
                )
                raise LaunchError("not_local", message)
        name = self._load()
        self.origin = settings.public_url or _origin(name, port)

    @property
    def websocket_origin(self) -> str:
        """Where callers find LiveKit: at the same place."""
        return self.origin.replace("https:", "wss:", 1)

    @property
    def plain_origin(self) -> str:
        """Where a device that does not trust us yet finds what it is to trust."""
        return f"http://{urlsplit(self.origin).hostname}:{self.port}"

    async def keep(self) -> None:
        """Renew the certificate before its end; tell if the address is gone. Never ends."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECS)
            self.look()

    def look(self, *, addresses: Callable[[], list[str]] = own_addresses) -> None:
        """Look after the certificate and the address once."""
        try:
            self._load()
        except LaunchError as error:
            # The one that is in use stays.
            logger.warning("The certificate was not renewed: {}", error.message)
        is_gone = not is_loopback(self.address) and self.address not in addresses()
        if is_gone and not self._is_gone:
            logger.warning(
                "{} is no address of this machine any more: start again to be reached by the new "
                "one",
                self.address,
            )
        self._is_gone = is_gone

    @property
    def _folder(self) -> Path:
        return self._settings.data_dir / "tls"

    def _load(self) -> str:
        """Take the newest certificate into use, and return the name that callers come by."""
        if self.authority is not None:
            ours = (self.address, *own_addresses(), *_machine_names(), *_LOOPBACK)
            names = list(dict.fromkeys(ours))
            path = keep_leaf(self._folder, authority=self.authority, names=names)
            self.notice = self.authority.check_time(datetime.now(UTC))
            self._take(path, path)
            return self.address
        return self._load_given()

    def _load_given(self) -> str:
        settings = self._settings
        assert settings.tls_cert is not None
        assert settings.tls_key is not None
        public = urlsplit(settings.public_url).hostname
        names = [public] if public else [self.address, *_machine_names()]
        if not public and is_loopback(self.address):
            # Elsewhere they would lead each caller to the caller's own machine.
            names += _LOOPBACK
        given = check_given(settings.tls_cert, settings.tls_key, names=names)
        self.notice = given.notice
        self._take(settings.tls_cert, settings.tls_key)
        return given.name

    def _take(self, certificate: Path, key: Path) -> None:
        """Use a certificate for connections from now on, if it is another one."""
        try:
            stamp = certificate.stat().st_mtime
            if stamp == self._stamp:
                return
            context = _context_with(certificate, key)
        except OSError as error:
            message = f"the certificate in {certificate} cannot be used ({type(error).__name__})"
            raise LaunchError("bad_certificate", message) from error
        self.context, self._stamp = context, stamp
        if self.notice:
            logger.warning("{}", self.notice)


def _context_with(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return a new one: the last would keep its certificate beside one with another kind of key.

    OpenSSL holds one for each kind (RSA, ECDSA), and shows whichever a caller's browser prefers.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key)
    return context


def _address_of(settings: Settings) -> str:
    try:
        return address_on(settings.host)
    except ValueError as error:
        raise LaunchError("bad_host", str(error)) from error


def _origin(name: str, port: int) -> str:
    return f"https://{name}" if port == _TLS_PORT else f"https://{name}:{port}"


def _machine_names() -> list[str]:
    """Return what others in the network call this machine; empty: it has no name for them."""
    name = socket.gethostname().lower()
    if is_loopback(name) or not _HOST_NAME.fullmatch(name):
        return []
    return [name, f"{name.partition('.')[0]}.local"]


def mkcert_folder() -> Path:
    """Return where mkcert keeps its authority, unless CAROOT says another place."""
    usual = "Library/Application Support" if sys.platform == "darwin" else ".local/share"
    # `Path.home` fails for a user who has none, as a container's may.
    return Path(os.path.expanduser("~"), usual, "mkcert")
