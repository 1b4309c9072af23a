"""The way to one LiveKit server, and its way to us."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from bot.livekit.mark import as_websocket_url, known_as, livekit_mark

WEBHOOK_PATH = "/api/livekit/webhook"
"""Where it says what happens in its rooms."""


@dataclass(frozen=True, kw_only=True)
class LiveKitAccess:
    """Where LiveKit is, and the key to it."""

    url: str
    api_key: str
    api_secret: SecretStr
    public_url: str = ""
    """Where callers find it; of several nodes of one LiveKit, which each runner has another of, it
    is the same."""
    instance: str = ""
    """Of a server of our own, whose address and key are new with each start."""
    media: tuple[str, ...] = ()
    """Where one of our own takes sound from others, as the operator is told."""

    @property
    def websocket_url(self) -> str:
        """The same as clients write it."""
        return as_websocket_url(self.url)

    def mark(self, agent_name: str, *, key: bytes) -> bytes:
        """Return what tells the rooms of these bots, here, from those of any other LiveKit.

        Args:
            agent_name: Whose rooms.
            key: Without it nobody can make the mark.
        """
        elsewhere = known_as(url=self.url, public_url=self.public_url, api_key=self.api_key)
        return livekit_mark(livekit=self.instance or elsewhere, agent_name=agent_name, key=key)
