"""By what the bots in a room are known: whose each one is, who listens, and whether it ends."""

from __future__ import annotations

import hashlib
import socket

WORKER_ATTRIBUTE = "parley.worker"
JOB_ATTRIBUTE = "parley.job"
GIVEN_ATTRIBUTE = "parley.given"
"""Of a bot that hands its call over: the job of the bot that has it from now on."""
END_REASON_ATTRIBUTE = "parley.end_reason"
"""Of a bot that has said goodbye: why."""
_MARK_CHARS = 16


def ear_identity(job_id: str) -> str:
    """Return whom the bot that gives a call may write to."""
    return f"ear-{job_id}"


def worker_mark(pid: int) -> str:
    """Return the mark of a worker process on this machine; it tells callers nothing about it."""
    return hashlib.sha256(f"{socket.gethostname()}:{pid}".encode()).hexdigest()[:_MARK_CHARS]


def worker_lease(mark: str) -> str:
    """Return what a worker is called where it says how many calls it holds."""
    return f"worker-{mark}"
