"""The process that the bots are forked from: it never holds LiveKit's secret, so neither do they.

Off Linux each bot is a program of its own; there the first ones inherit it.
"""

from __future__ import annotations

import ssl
import sys
from multiprocessing import forkserver
from pathlib import Path

from bot.settings import drop_livekit_secret

PRELOADED = (
    "bot.worker.preload",
    "livekit.agents.ipc._preload",
    # Must be the last: it freezes what was imported before.
    "livekit.agents.ipc._preload_freeze",
)


def start_fork_server() -> None:
    """Start it before livekit-agents would, which finds it running: it is ready seconds later."""
    drop_livekit_secret()
    if not _has_certificates():
        # Bots have to have some, and livekit-agents sees to it later. Its import takes a second.
        from livekit.agents.utils import http_context

        http_context._set_default_cert_env()  # pyright: ignore[reportPrivateUsage]
    if sys.platform == "linux":
        forkserver.set_forkserver_preload(list(PRELOADED))
        forkserver.ensure_running()


def _has_certificates() -> bool:
    """Tell whether the machine has some to trust, where OpenSSL looks for them."""
    paths = ssl.get_default_verify_paths()
    return any(path and Path(path).exists() for path in (paths.cafile, paths.capath))
