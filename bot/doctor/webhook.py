"""Whether a runner at work takes what LiveKit tells it: an event of nobody's room, signed."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from datetime import timedelta
from ipaddress import ip_address

import httpx
from livekit.api import AccessToken

from bot.doctor.finding import Finding, well, wrong
from bot.http.webhook_check import look_for_webhook
from bot.livekit.access import WEBHOOK_PATH
from bot.loopback import loopback_client
from bot.settings import Settings

_LIMIT_SECS = 5.0
_EVENT = b'{"event": "room_finished", "room": {"name": "doctor"}}'
_TTL = timedelta(seconds=60)


async def look_at_webhook(settings: Settings, *, limit_secs: float = _LIMIT_SECS) -> list[Finding]:
    """Tell the runner on this machine of the end of a room that is none of its own."""
    if not (settings.livekit_url and settings.livekit_api_key):
        return []
    url = f"http://{_place(settings)}{WEBHOOK_PATH}"
    what = f"the runner takes LiveKit's webhook at {url}"
    try:
        async with asyncio.timeout(limit_secs):
            status = await _told(settings, url, limit_secs)
    except (httpx.ConnectError, httpx.UnsupportedProtocol):
        # Nobody is at the port, so it can be ours for a moment.
        told, advice = await look_for_webhook(settings)
        return [well(told, advice)]
    except (TimeoutError, httpx.HTTPError):
        fix = "it is not well: its log says why"
        return [wrong(f"{what}: no answer within {limit_secs:g} s", fix)]
    if status in (200, 204):
        advice = f"LiveKit's own configuration has to name it: webhook: urls: [{url}]"
        return [well(what, advice)]
    if status == 401:
        fix = "it was started with another LIVEKIT_API_KEY or LIVEKIT_API_SECRET: restart it"
        return [wrong(what, fix)]
    return [wrong(what, f"something else is at that port (HTTP {status}): look at PORT")]


def _place(settings: Settings) -> str:
    """Return where this machine reaches its runner."""
    try:
        address = ip_address(settings.host)
    except ValueError:
        return f"{settings.host}:{settings.port}"
    if address.is_unspecified:
        address = ip_address("127.0.0.1" if address.version == 4 else "::1")
    return f"{address}:{settings.port}" if address.version == 4 else f"[{address}]:{settings.port}"


async def _told(settings: Settings, url: str, limit_secs: float) -> int:
    digest = base64.b64encode(hashlib.sha256(_EVENT).digest()).decode()
    token = (
        AccessToken(settings.livekit_api_key, settings.livekit_api_secret.get_secret_value())
        .with_ttl(_TTL)
        .with_sha256(digest)
        .to_jwt()
    )
    headers = {"Authorization": token, "Content-Type": "application/webhook+json"}
    async with loopback_client(limit_secs=limit_secs) as http:
        return (await http.post(url, content=_EVENT, headers=headers)).status_code
