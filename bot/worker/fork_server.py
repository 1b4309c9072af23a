"""The process that the bots are forked from: it never holds LiveKit's secret, so neither do they.

Off Linux each bot is a program of its own; there the first ones inherit it.
"""

from __future__ import annotations

import sys
from multiprocessing import forkserver

from bot.settings import drop_livekit_secret

PRELOADED = (
    "bot.worker.preload",
    "livekit.agents.ipc._preload",
    # Must be the last: it freezes what was imported before.
    "livekit.agents.ipc._preload_freeze",
)


def start_fork_server() -> None:
    """Start it before livekit-agents would, which finds it running."""
    from livekit.agents.utils import http_context

    drop_livekit_secret()
    # Bots have to have it, and livekit-agents sees to it later.
    http_context._set_default_cert_env()  # pyright: ignore[reportPrivateUsage]
    if sys.platform == "linux":
        forkserver.set_forkserver_preload(list(PRELOADED))
        forkserver.ensure_running()
