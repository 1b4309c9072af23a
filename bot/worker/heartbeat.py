"""How often a worker and LiveKit hear of each other."""

from __future__ import annotations

HEARTBEAT_SECS = 10
"""A LiveKit that is gone without a word, as one without power is, is noticed 5 s later, and the
worker looks for another node. livekit-agents by itself asks every 30 s: no bot came for half a
minute (measured)."""
LOAD_SECS = 0.5
"""Of several LiveKit nodes that one is asked whose workers said that they are emptiest.
livekit-agents looks that often how full a worker is, and by itself says so every 2.5 s."""


def hear_often() -> None:
    """Have livekit-agents ask LiveKit that often whether it is there, and say how full it is."""
    from livekit.agents import worker

    worker.HEARTBEAT_INTERVAL = HEARTBEAT_SECS
    worker.UPDATE_STATUS_INTERVAL = LOAD_SECS
