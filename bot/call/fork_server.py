"""The process that the bots are forked from: it never holds LiveKit's secret, so neither do they.

Off Linux each bot is a program of its own; there the first ones inherit it.
"""

from __future__ import annotations

import os
import sys
from multiprocessing import forkserver

_SECRET = "LIVEKIT_API_SECRET"
_INSTEAD = "kept-by-the-worker"
"""Settings ask for one where LIVEKIT_URL is set; `.env` may hold the real one."""
PRELOADED = (
    "bot.call.preload",
    "livekit.agents.ipc._preload",
    # Must be the last: it freezes what was imported before.
    "livekit.agents.ipc._preload_freeze",
)


def drop_secret() -> None:
    """Take the secret out of the environment, where livekit-agents puts it as it starts."""
    os.environ[_SECRET] = _INSTEAD


def start_fork_server() -> None:
    """Start it before livekit-agents would, which finds it running."""
    from livekit.agents.utils import http_context

    drop_secret()
    # Bots have to have it, and livekit-agents sees to it later.
    http_context._set_default_cert_env()  # pyright: ignore[reportPrivateUsage]
    if sys.platform == "linux":
        forkserver.set_forkserver_preload(list(PRELOADED))
        forkserver.ensure_running()
