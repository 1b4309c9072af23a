"""How soon a worker notices a LiveKit that is gone without a word, as one without power is."""

from __future__ import annotations

HEARTBEAT_SECS = 10
"""It is noticed 5 s later, and the worker looks for another node. livekit-agents by itself asks
every 30 s: no bot came for half a minute (measured)."""


def ask_often() -> None:
    """Have livekit-agents ask LiveKit that often whether it is there."""
    from livekit.agents import worker

    worker.HEARTBEAT_INTERVAL = HEARTBEAT_SECS
