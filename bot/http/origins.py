"""Which names of this server are known, and which pages are its own or a friend's."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from bot.setting_checks import is_loopback

_DEFAULT_PORTS = {"http": 80, "https": 443}
_OWN_SITES = ("same-origin", "none")
"""`Sec-Fetch-Site` of what our own page asks, and of what somebody has typed or clicked."""


class Origins:
    """Judges the `Host`, `Origin` and `Sec-Fetch-Site` of requests.

    Args:
        host: Where the server listens.
        public_url: Where browsers find it; empty: at the address it listens on.
        allowed: Pages on other origins that may call the API; never "*".
    """

    def __init__(self, *, host: str, public_url: str, allowed: Collection[str]) -> None:
        self._public = _Place.of_url(public_url) if public_url else None
        self._allowed = frozenset(allowed)
        self._is_local = is_loopback(host)
        names = {urlsplit(url).hostname for url in (*allowed, public_url) if url}
        if not self._is_local:
            machine = socket.gethostname().lower()
            names |= {host.lower(), machine, f"{machine.partition('.')[0]}.local"}
        self._names = names

    def knows(self, headers: Headers) -> bool:
        """Tell whether the request calls this server by a name it has.

        A foreign page that points its own name here (DNS rebinding) calls it by that name; nobody
        can do so with an address.
        """
        name = _hostname(headers.get("host", ""))
        if name is None:
            return False
        if name in self._names or is_loopback(name):
            return True
        return _is_address(name) and not self._is_local

    def is_listed(self, headers: Headers) -> bool:
        """Tell whether a page on another origin asks that may."""
        return headers.get("origin") in self._allowed

    def is_own(self, headers: Headers) -> bool:
        """Tell whether no foreign page asks, as far as the request says: it may be no page."""
        if self.is_listed(headers):
            return True
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site", _OWN_SITES[0]) in _OWN_SITES
        place = _Place.of_url(origin)
        if place is None:
            return False
        if self._public is not None and place.host == self._public.host:
            return place == self._public
        return place in _Place.of_host(headers.get("host", ""))

    def is_surely_own(self, headers: Headers) -> bool:
        """Tell the same of a request for which a browser names no origin: `<img>`, a link.

        Over plain HTTP browsers send no `Sec-Fetch-Site` either; they call themselves Mozilla.
        """
        has_said = "origin" in headers or "sec-fetch-site" in headers
        is_browser = headers.get("user-agent", "").startswith("Mozilla/")
        return self.is_own(headers) and (has_said or not is_browser)


class _Place(tuple[str, str, int]):
    """Scheme, host and port of a web origin."""

    __slots__ = ()

    @property
    def host(self) -> str:
        return self[1]

    @staticmethod
    def of_url(url: str) -> _Place | None:
        """Return where a URL leads; None if it is none."""
        try:
            parts = urlsplit(url)
            port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
        except ValueError:
            return None
        if port is None or not parts.hostname:
            return None
        return _Place((parts.scheme, parts.hostname, port))

    @staticmethod
    def of_host(host: str) -> set[_Place | None]:
        """Return what a Host header may mean: TLS ends before us, so either scheme."""
        return {_Place.of_url(f"{scheme}://{host}") for scheme in _DEFAULT_PORTS} - {None}


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
