"""The process that the bots are forked from: it never holds LiveKit's secret, so neither do they.

A runner keeps it beside its worker, as a program of its own: what bots need is loaded in it, which
takes the longest, and is loaded still when a worker that has died is started anew. A worker that is
run alone has one of its own. Off Linux each bot is a program of its own; there the first ones
inherit the secret.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing import forkserver, resource_tracker

from bot.settings import (
    drop_livekit_secret,
    load_settings,
    prepare_bot_environment,
    prepare_environment,
)

PRELOADED = (
    "bot.worker.preload",
    "livekit.agents.ipc._preload",
    # Must be the last: it freezes what was imported before.
    "livekit.agents.ipc._preload_freeze",
)
LOADED_LINE = "What bots need is loaded."
"""Written to a runner that keeps this process."""
ORPHAN_SIGNAL = signal.SIGCONT
"""A bot gets it when the process that it was forked from dies: one that was stopped goes on by it,
sees that its worker is gone, and ends."""
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def start_fork_server() -> Callable[[], bool]:
    """Start it before livekit-agents would, which finds it running: it is ready seconds later.

    Returns:
        As `use_fork_server`; livekit-agents sees to it when it has died, for the next bot.
    """
    drop_livekit_secret()
    if sys.platform == "linux":
        forkserver.set_forkserver_preload(list(PRELOADED))
        forkserver.ensure_running()
    return lambda: True


def use_fork_server(place: str) -> Callable[[], bool]:
    """Have bots forked by the runner's, which livekit-agents takes for one that it has started.

    Args:
        place: As `ForkPlace.told` (bot/worker/fork_place.py).

    Returns:
        What tells whether a bot can be had now, or only when it has died and has loaded all anew.
    """
    drop_livekit_secret()
    path, alive, loaded = map(int, place.split(","))
    server = forkserver._forkserver  # pyright: ignore
    server._forkserver_address = f"/proc/self/fd/{path}"  # pyright: ignore
    server._forkserver_alive_fd = alive  # pyright: ignore
    # Its runner sees to it; whoever asks meanwhile waits.
    server.ensure_running = resource_tracker.ensure_running
    return partial(can_fork, loaded)


def say_loaded(loaded: int) -> None:
    """Say that bots can be forked from this process, until it ends.

    The kernel knows such a lock as this process's alone, whatever its children hold.
    """
    fcntl.lockf(loaded, fcntl.LOCK_EX)
    sys.stdout.write(f"{LOADED_LINE}\n")
    sys.stdout.flush()


def can_fork(loaded: int) -> bool:
    """Tell whether another process has said by this descriptor that bots can be forked from it."""
    try:
        fcntl.lockf(loaded, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.lockf(loaded, fcntl.LOCK_UN)
    return False


def hear_of_its_end() -> int:
    """Have this bot told by `ORPHAN_SIGNAL` when the process that it was forked from dies.

    Only that process knows how a bot ends, so its worker takes all of them for dead then, and
    livekit-agents cancels them in mid-call.

    Returns:
        The id of its parent; once it has another one, that has happened.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ORPHAN_SIGNAL)
    return os.getppid()


def main(listener: int, alive: int, loaded: int) -> None:
    """Become the fork server of a runner, by its descriptors of the same names."""
    settings = load_settings()
    prepare_environment(settings)
    prepare_bot_environment(settings)
    for number in (listener, alive, loaded):
        os.set_inheritable(number, True)
    preloaded = (*PRELOADED, "bot.worker.fork_loaded")
    code = f"from multiprocessing.forkserver import main; main({listener}, {alive}, {preloaded!r})"
    # A program anew: some of that environment is read as one begins.
    os.execv(sys.executable, [sys.executable, "-P", "-c", code, str(loaded)])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
