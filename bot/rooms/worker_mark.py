"""The mark by which a bot's room shows whose bot it is, so that a dead worker's can be found."""

from __future__ import annotations

import hashlib
import socket

WORKER_ATTRIBUTE = "parley.worker"
JOB_ATTRIBUTE = "parley.job"
GIVEN_ATTRIBUTE = "parley.given"
"""Of a bot that hands its call over: the job of the bot that has it from now on."""
_MARK_CHARS = 16


def worker_mark(pid: int) -> str:
    """Return the mark of a worker process on this machine; it tells callers nothing about it."""
    return hashlib.sha256(f"{socket.gethostname()}:{pid}".encode()).hexdigest()[:_MARK_CHARS]


def worker_lease(mark: str) -> str:
    """Return what a worker is called where it says how many calls it holds."""
    return f"worker-{mark}"
