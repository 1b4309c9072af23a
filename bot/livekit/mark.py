"""What tells one LiveKit, and the rooms of one assistant on it, from any other."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit, urlunsplit

_PLACE_CHARS = 32


def as_websocket_url(url: str) -> str:
    """Return a LiveKit address (http, https, ws or wss) as one for a websocket."""
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    return urlunsplit(parts._replace(scheme=scheme))


def livekit_mark(*, livekit: str, agent_name: str, key: bytes) -> bytes:
    """Return what tells the rooms of these bots, here, from those of any other LiveKit.

    Args:
        livekit: What it is known by: `known_as`, or an instance of our own.
        agent_name: Whose rooms.
        key: Without it nobody can make the mark.
    """
    return hmac.digest(key, f"{livekit}\n{agent_name}".encode(), "sha256")


def known_as(*, url: str, public_url: str, api_key: str) -> str:
    """Return what a LiveKit server elsewhere is known by.

    Args:
        url: Where it is.
        public_url: Where callers find it; of several nodes of one LiveKit, which each runner has
            another of, it is the same.
        api_key: LiveKit's API key.
    """
    return f"{(public_url or as_websocket_url(url)).rstrip('/').lower()}\n{api_key}"


def place_of(mark: bytes) -> str:
    """Return a mark as leases have it."""
    return mark.hex()[:_PLACE_CHARS]
