"""Looks at a server as its callers do, and at what they must not see: `doctor --public NAME`."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from bot.doctor.certificates import root_of
from bot.doctor.finding import Finding, within, wrong
from bot.doctor.handshake import look_at_tls
from bot.doctor.keys import look_at_keys
from bot.doctor.machine import look_at_machine
from bot.doctor.media import look_at_media
from bot.doctor.names import Place, Resolve, look_at_name, resolve_name
from bot.doctor.page import look_at_page
from bot.doctor.ports import look_at_ports
from bot.doctor.signalling import place_of
from bot.doctor.storage import look_at_storage
from bot.doctor.webhook import look_at_webhook
from bot.errors import LaunchError
from bot.proxies import is_loopback
from bot.settings import Settings

_LIMIT_SECS = 25.0
"""Each look ends by itself before that."""


async def examine_public(
    settings: Settings, name: str, *, resolve: Resolve = resolve_name
) -> list[Finding]:
    """Look at everything at once.

    Args:
        settings: The server's, or what of them is known where this runs.
        name: What callers come to, with a port if that is not 443.
        resolve: Asks for a name's addresses.

    Raises:
        LaunchError: code "bad_name": that is no name.
    """
    page = public_place(name)
    url = livekit_address(settings, page)
    livekit = place_of(url)
    (page, of_page), (livekit, of_livekit) = await asyncio.gather(
        look_at_name(page, resolve=resolve), look_at_name(livekit, resolve=resolve)
    )
    is_same = (page.host, page.port) == (livekit.host, livekit.port)
    found = [*of_page, *([] if page.host == livekit.host else of_livekit)]
    if problem := _unreachable(settings, url):
        found.append(problem)
    root = root_of(settings)
    looks = [
        ("this machine", look_at_machine(settings)),
        ("what is kept", look_at_storage(settings)),
        ("keys", look_at_keys(settings)),
        ("the webhook", look_at_webhook(settings)),
    ]
    if page.addresses:
        looks.append((page.shown, look_at_tls(page, root=root)))
        looks.append((page.shown, look_at_page(settings, page)))
    if livekit.addresses and not problem:
        if not is_same and url.startswith("wss:"):
            looks.append((livekit.shown, look_at_tls(livekit, root=root)))
        looks.append((livekit.shown, look_at_media(settings, url, livekit, resolve=resolve)))
    looks.append(("ports", look_at_ports(settings, [page, livekit])))
    fix = "look at the network of this machine"
    done = [within(_LIMIT_SECS, look, what=what, fix=fix) for what, look in looks]
    return found + [one for findings in await asyncio.gather(*done) for one in findings]


def public_place(name: str) -> Place:
    """Return the place that is meant by a name: a host, with a port or without.

    Raises:
        LaunchError: code "bad_name".
    """
    text = name.strip().lower()
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        # As browsers send it: an international one in letters that all programs take.
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port or 443
    except ValueError:
        host, port = "", 0
    if not host or parts_beyond(text):
        message = f"{ascii(name)} is no name of a server: write it like voice.example.com"
        raise LaunchError("bad_name", message)
    return Place(host=host, port=port)


def parts_beyond(text: str) -> bool:
    """Tell whether there is more in an address than a host and a port, or what is in no host."""
    parts = urlsplit(text if "//" in text else f"//{text}")
    more = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    return bool(more) or parts.scheme not in ("", "https") or any(one in text for one in " ,;'\"")


def livekit_address(settings: Settings, page: Place) -> str:
    """Return where callers find LiveKit: where it is said, or beside the page."""
    url = settings.livekit_public_url or settings.livekit_url
    is_passed_on = settings.serves_tls and not settings.livekit_url
    if is_passed_on or not url:
        url = f"wss://{page.shown}"
    return url.replace("http", "ws", 1) if url.startswith("http") else url


def _unreachable(settings: Settings, url: str) -> Finding | None:
    """Tell what no browser elsewhere could use, without trying it."""
    if is_loopback(place_of(url).host):
        what = f"callers are sent to LiveKit at {url}"
        return wrong(what, "only this machine reaches that: set LIVEKIT_PUBLIC_URL=wss://...")
    if url.startswith("ws:"):
        what = f"callers are sent to LiveKit at {url}"
        return wrong(
            what, "pages from https:// may not use ws://: set LIVEKIT_PUBLIC_URL=wss://..."
        )
    return None
