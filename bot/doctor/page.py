"""Whether the page is there at its public name, and how far the clocks are apart."""

from __future__ import annotations

import asyncio
import ssl
import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from bot.doctor.finding import Finding, well, wrong
from bot.doctor.names import Place
from bot.lan.given import judging_context
from bot.settings import Settings

_LIMIT_SECS = 8.0
"""More than the 5 s after which deploy/Caddyfile says that it reaches nobody."""
_PATH = "/api/health"
_MOST_BYTES = 16 * 1024
_OFF_SECS = 5.0
"""A date in a header counts whole seconds, and may be some on its way."""
_FAR_OFF_SECS = 60.0
"""LiveKit 1.13.5 forgives tokens as much, and takes no call beyond."""


async def look_at_page(
    settings: Settings, place: Place, *, limit_secs: float = _LIMIT_SECS
) -> list[Finding]:
    """Ask the page's server how it is, at its public name.

    What is wrong with its certificate is bot/doctor/handshake.py's to say.
    """
    found = _settled(settings, place)
    what = f"Parley answers at https://{place.shown}"
    try:
        async with asyncio.timeout(limit_secs):
            answer, content = await _asked(place)
    except (TimeoutError, httpx.TimeoutException):
        fix = "the proxy waits for Parley: is it started, and does its log say something?"
        return [*found, wrong(what, f"no answer within {limit_secs:g} s: {fix}")]
    except (httpx.HTTPError, OSError) as error:
        is_tls = isinstance(error.__context__, ssl.SSLError) or "CERTIFICATE" in str(error)
        fix = "its certificate is not taken: see there" if is_tls else "nothing answers there"
        return [*found, wrong(what, fix)]
    fix = _fix(answer, content, place)
    clock = _clock(answer.headers.get("date", ""), time.time())
    return [*found, wrong(what, fix) if fix else well(what), *clock]


def _settled(settings: Settings, place: Place) -> list[Finding]:
    """Compare the name with what is set here; nothing is set where only the doctor runs."""
    parts = urlsplit(settings.public_url)
    if not settings.public_url or (parts.hostname, parts.port or 443) == (place.host, place.port):
        return []
    what = f"callers are to come to {settings.public_url}, and {place.shown} was asked about"
    return [wrong(what, f"set PUBLIC_URL=https://{place.shown}, or ask about the other name")]


async def _asked(place: Place) -> tuple[httpx.Response, bytes]:
    address = place.addresses[0]
    host = f"[{address}]" if ":" in address else address
    async with (
        httpx.AsyncClient(trust_env=False, verify=judging_context(), timeout=None) as http,
        http.stream(
            "GET",
            f"https://{host}:{place.port}{_PATH}",
            headers={"Host": place.shown},
            extensions={"sni_hostname": place.host},
        ) as answer,
    ):
        content = b""
        async for chunk in answer.aiter_bytes():
            content += chunk
            if len(content) > _MOST_BYTES:
                break
        return answer, content


def _fix(answer: httpx.Response, content: bytes, place: Place) -> str:
    """Return what to do about an answer; empty: it is one of a Parley that is well."""
    is_ours = b'"status"' in content and "json" in answer.headers.get("content-type", "")
    if is_ours and answer.status_code == 200:
        return ""
    if is_ours and answer.status_code == 503:
        return f"it says that it is not well: `curl http://127.0.0.1:7860{_PATH}` there says why"
    if answer.status_code == 403 and b"PUBLIC_URL" in content:
        return f"it does not know that name: set PUBLIC_URL=https://{place.shown} there"
    if answer.status_code in (502, 503, 504):
        return f"the proxy reaches no Parley (HTTP {answer.status_code}): is it started?"
    if answer.is_redirect:
        return f"it sends callers elsewhere (HTTP {answer.status_code}): look at the proxy"
    return f"something else answers (HTTP {answer.status_code}): where does the proxy lead?"


def _clock(date: str, now: float) -> list[Finding]:
    """Compare their clock with ours; it is the same one if they are this machine."""
    try:
        theirs: datetime = parsedate_to_datetime(date)
        off_secs = now - theirs.timestamp()
    except (ValueError, OverflowError, OSError):
        return []
    if abs(off_secs) < _OFF_SECS:
        return [well("the clock here and the one there agree")]
    what = f"the clock here is {abs(off_secs):.0f} s {'ahead' if off_secs > 0 else 'behind'}"
    fix = "set both by NTP (on Debian: apt-get install systemd-timesyncd)"
    if abs(off_secs) < _FAR_OFF_SECS:
        return [well(what, fix)]
    return [wrong(what, f"LiveKit takes tickets of no such clock: {fix}")]
