"""What the operator is told once everything runs: where the page is, and what listens."""

from __future__ import annotations

from datetime import UTC, datetime

from loguru import logger

from bot.access.invites import open_signer, printed_invite
from bot.http.backend import Backend
from bot.http.page.page import is_built
from bot.lan.reach import Reach
from bot.lan.terminal import Terminal, code_lines
from bot.livekit.access import WEBHOOK_PATH, LiveKitAccess
from bot.livekit.mark import as_websocket_url
from bot.rooms.join_link import JoinLink
from bot.settings import Settings

_STOPS = "  Ctrl-C stops: once lets calls end, twice stops at once."


def welcome(url: str, join_link: JoinLink) -> str:
    """Return what is printed while only this machine, or a proxy, reaches the page."""
    return "\n".join(
        (
            "",
            "  Parley is ready.",
            "",
            _page_line(url),
            f"  Join link  {url}/#join={join_link.code}",
            "             opens straight into a waiting room; good once, for 10 minutes",
            "",
            _STOPS,
            "",
        )
    )


def prints_invite(settings: Settings) -> bool:
    """Tell whether the printed link is an invite, so that no room waits behind a join link."""
    return settings.serves_tls and settings.access == "invite"


async def lan_welcome(
    settings: Settings,
    reach: Reach,
    backend: Backend,
    join_link: JoinLink,
    *,
    terminal: Terminal,
) -> str:
    """Return what is printed while others in the network reach the page.

    Args:
        settings: All of them.
        reach: Where we are.
        backend: Keeps the invite, and knows where sound comes.
        join_link: Printed where ACCESS is not invite.
        terminal: Where it is read.

    Raises:
        StoreError: the invite is not kept.
    """
    link, note = f"{reach.origin}/#join={join_link.code}", "opens a waiting room; good once"
    if prints_invite(settings) and backend.store is not None:
        invite = await printed_invite(backend.store)
        token = open_signer(settings.data_dir).token_of(invite.id)
        until = datetime.fromtimestamp(invite.expires_at, tz=UTC)
        link = f"{reach.origin}/#invite={token}"
        note = (
            f"for {invite.uses_left} calls, until {until:%Y-%m-%d}; "
            "`python runner.py invite` makes others"
        )
    lines = [
        *("", "  Parley is ready.", ""),
        _page_line(reach.origin),
        f"  Link       {link}",
        f"             {note}",
        *_trust_lines(reach),
        f"  Listening  {reach.address}:{reach.port} TCP: page, API, signalling (TLS)",
        *(f"             {place}: sound" for place in backend.livekit.media),
        "             everything else listens on this machine alone",
        *("", *code_lines(link, terminal), "", _STOPS, ""),
    ]
    return "\n".join(lines)


def say_public_addresses(settings: Settings, livekit: LiveKitAccess, url: str) -> None:
    """Say what keeps LiveKit from reaching this runner, or a page elsewhere from reaching it."""
    if settings.livekit_url:
        logger.info(
            "Ends of calls are known at once if LiveKit's webhook is {}{}", url, WEBHOOK_PATH
        )
    is_https = settings.serves_tls or settings.public_url.startswith("https:")
    if settings.public_url:
        logger.info("Listening at {}, for {}", url, settings.public_url)
    if settings.serves_tls and not settings.livekit_url:
        return
    reached = as_websocket_url(settings.livekit_public_url or livekit.url)
    if is_https and not reached.startswith("wss:"):
        logger.warning(
            "The page comes by https://, so browsers refuse LiveKit's ws://: set "
            "LIVEKIT_PUBLIC_URL to its wss:// address (docs/exposing.md)"
        )
    elif settings.public_url and not settings.livekit_url:
        logger.warning(
            "The LiveKit server started here can be reached from this machine alone: run one of "
            "your own and set LIVEKIT_URL (docs/exposing.md)"
        )


def _page_line(url: str) -> str:
    return f"  Page       {url}" if is_built() else "  Page       not built: run `make setup`"


def _trust_lines(reach: Reach) -> list[str]:
    if reach.authority is None:
        return []
    if reach.authority.is_mkcert:
        return [
            f"  Certificate of mkcert; for a device that does not know it: {reach.plain_origin}"
        ]
    return [
        f"  First time {reach.plain_origin} on the phone: the certificate to trust, and how",
        f"             {reach.authority.fingerprint[:47]}",
        f"             {reach.authority.fingerprint[48:]}",
    ]
