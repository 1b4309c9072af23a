"""How callers of the local network reach this runner: one origin, and the certificate for it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

from loguru import logger

from bot.errors import LaunchError
from bot.lan.addresses import address_on, own_addresses
from bot.lan.authority import Authority, open_authority
from bot.lan.given import check_given
from bot.lan.leaf import keep_leaf
from bot.settings import Settings

_LOOK_EVERY_SECS = 60.0
_TLS_PORT = 443


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
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        self.notice = ""
        """What the operator should know about TLS_CERT; empty: nothing."""
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
        is_gone = self.address not in (*addresses(), "127.0.0.1")
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
            names = list(dict.fromkeys((self.address, *own_addresses(), *_machine_names())))
            path = keep_leaf(self._folder, authority=self.authority, names=names)
            self._take(path, path)
            return self.address
        return self._load_given()

    def _load_given(self) -> str:
        settings = self._settings
        assert settings.tls_cert is not None
        assert settings.tls_key is not None
        public = urlsplit(settings.public_url).hostname
        names = [public] if public else [self.address, *_machine_names()]
        given = check_given(settings.tls_cert, settings.tls_key, names=names)
        self.notice = given.notice
        if self._take(settings.tls_cert, settings.tls_key) and given.notice:
            logger.warning("{}", given.notice)
        return given.name

    def _take(self, certificate: Path, key: Path) -> bool:
        """Use a certificate for connections from now on; tell whether it is another one."""
        stamp = certificate.stat().st_mtime
        if stamp == self._stamp:
            return False
        try:
            self.context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            message = f"the certificate in {certificate} cannot be used ({type(error).__name__})"
            raise LaunchError("bad_certificate", message) from error
        self._stamp = stamp
        return True


def _address_of(settings: Settings) -> str:
    try:
        return address_on(settings.host)
    except ValueError as error:
        raise LaunchError("bad_host", str(error)) from error


def _origin(name: str, port: int) -> str:
    return f"https://{name}" if port == _TLS_PORT else f"https://{name}:{port}"


def _machine_names() -> list[str]:
    name = socket.gethostname().lower()
    return [name, f"{name.partition('.')[0]}.local", "localhost", "127.0.0.1"]


def mkcert_folder() -> Path:
    """Return where mkcert keeps its authority, unless CAROOT says another place."""
    usual = "Library/Application Support" if sys.platform == "darwin" else ".local/share"
    return Path.home() / usual / "mkcert"
