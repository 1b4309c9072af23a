"""By what the bots in a room are known: whose each one is, who listens, and whether it ends."""

from __future__ import annotations

import hashlib
import os
import socket
from functools import cache
from pathlib import Path

from livekit.protocol.models import ParticipantInfo

WORKER_ATTRIBUTE = "parley.worker"
JOB_ATTRIBUTE = "parley.job"
GIVEN_ATTRIBUTE = "parley.given"
"""Of a bot that hands its call over: the job of the bot that has it from now on."""
END_REASON_ATTRIBUTE = "parley.end_reason"
"""Of a bot that has said goodbye: why."""
_MARK_CHARS = 16


def is_our_bot(participant: ParticipantInfo) -> bool:
    """Tell a bot of ours from callers, and from agents of other programs in the same room."""
    is_agent = participant.kind == ParticipantInfo.Kind.AGENT
    return is_agent and bool(participant.attributes.get(JOB_ATTRIBUTE))


def ear_identity(job_id: str) -> str:
    """Return whom the bot that gives a call may write to."""
    return f"ear-{job_id}"


def worker_mark(pid: int) -> str:
    """Return the mark of a worker process, here; it tells callers nothing about it.

    Args:
        pid: As this process counts processes: of itself, or of one that it has started.
    """
    told = f"{socket.gethostname()}\n{_here()}\n{pid}"
    return hashlib.sha256(told.encode()).hexdigest()[:_MARK_CHARS]


def worker_lease(mark: str) -> str:
    """Return what a worker is called where it says how many calls it holds."""
    return f"worker-{mark}"


@cache
def _here() -> str:
    """Return what tells where processes are counted from elsewhere; empty where nothing does.

    Machines may have one name, as clones and containers with the machine's network have, and each
    container counts its processes from 1.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return ""
