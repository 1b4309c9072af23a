"""Which requests leave through the proxy of the environment, made the same for every client.

httpx, websockets, aiohttp and LiveKit's native client each read `HTTP_PROXY`, `NO_PROXY` and the
like in their own way, and some fail on a form that others take. So the variables are rewritten once
into the one form that all understand. Here is only what they become; bot/settings.py sets them.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PLAIN = ("http", "https")
_SUFFIX = "_proxy"
# What one of our clients looks for; `npm_config_proxy` and its like are others'.
PROXY_NAMES = {scheme + _SUFFIX for scheme in (*_PLAIN, "all", "ws", "wss", "socks")}
# A port may follow, as in `example.com:8080`; several colons are an IPv6 address.
_NAME = re.compile(r"^[.\w-]+(:\d+)?$")


def proxy_changes(
    environment: Mapping[str, str], *, urls: Iterable[str] = ()
) -> tuple[dict[str, str | None], list[str]]:
    """Return how the environment has to change, and what to tell the operator.

    Args:
        environment: Names in any case; a small one wins over a capital one.
        urls: Addresses of the settings. Those on this machine never go through a proxy, nor do
            those in a network that `NO_PROXY` names.
    """
    given = {name.lower(): value.strip() for name, value in sorted(environment.items())}
    proxies = {name: value for name, value in given.items() if name in PROXY_NAMES and value}
    if not proxies:
        return {}, []
    outside = re.split(r"[,\s]+", given.get("no_proxy", ""))
    usable = {name: url for name, value in proxies.items() if (url := _usable(value))}
    notices = [
        f"{name.upper()} is not an http proxy and is not used" for name in proxies.keys() - usable
    ]
    for scheme in _PLAIN:
        # The websocket client knows no proxy for all.
        if "all_proxy" in usable:
            usable.setdefault(scheme + _SUFFIX, usable["all_proxy"])
    # Not all clients know it, and none knows it beside other names.
    is_direct = "*" in outside
    if is_direct:
        usable = {}
    gone = {*proxies} if is_direct else {*proxies, "no_proxy"}
    changes: dict[str, str | None] = {name: None for name in environment if name.lower() in gone}
    # Else a child, which reads `.env` again, would take them from there. LiveKit's native client
    # does not find them by such a name.
    changes |= dict.fromkeys((name.title() for name in proxies.keys() - usable.keys()), "")
    if not is_direct:
        usable["no_proxy"] = ",".join(_direct_hosts(outside, urls))
    for name, value in usable.items():
        changes |= {name: value, name.upper(): value}
    return changes, sorted(notices)


def proxy_for(url: str) -> str | None:
    """Return the proxy a request to this address goes through; None if it goes there directly."""
    parts = urlsplit(url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    # An IPv6 address without its brackets, as `no_proxy` has it.
    host = f"{parts.hostname or ''}:{parts.port}" if parts.port else parts.hostname or ""
    return None if proxy_bypass(host) else getproxies().get(scheme)


def native_client_changes(environment: Mapping[str, str]) -> dict[str, str | None]:
    """Return how to hide the proxies from LiveKit's native client, which heeds no `NO_PROXY`.

    It asks for the names in capitals or in small letters, Python's clients for any mixture.
    """
    changes: dict[str, str | None] = {}
    for name, value in environment.items():
        scheme = name.lower().removesuffix(_SUFFIX)
        if scheme in _PLAIN and name.lower().endswith(_SUFFIX):
            changes |= {name: None, f"{scheme.capitalize()}_Proxy": value}
    return changes


def is_loopback(host: str) -> bool:
    """Return True for a name or an address of this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _usable(proxy: str) -> str:
    """Return the proxy with its scheme; empty if it is none we have a client for."""
    url = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in _PLAIN and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return ""
    return url.rstrip("/") if is_good else ""


def _direct_hosts(given: Iterable[str], urls: Iterable[str]) -> list[str]:
    # `*.example.com` is `.example.com` to those who know no stars.
    hosts = [host.strip("[]").removeprefix("*") for host in given if host]
    networks = [network for host in hosts if (network := _network(host))]
    # Python's clients know no networks, and an IPv6 one stops httpx altogether.
    kept = [host for host in hosts if _NAME.match(host) or _is_understood(host)]
    ours = [urlsplit(url).hostname or "" for url in urls]
    near = [host for host in ours if is_loopback(host) or _is_in(host, networks)]
    return list(dict.fromkeys((*kept, *_LOOPBACK, *near)))


def _is_understood(host: str) -> bool:
    network = _network(host)
    return network is not None and ("/" not in host or network.version == 4)


def _network(host: str) -> IPv4Network | IPv6Network | None:
    try:
        return ipaddress.ip_network(host, strict=False)
    except ValueError:
        return None


def _is_in(host: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in networks)
