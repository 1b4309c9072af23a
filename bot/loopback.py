"""HTTP to our own processes on this machine: plain, and past every proxy."""

from __future__ import annotations

import httpx


def loopback_client(*, limit_secs: float) -> httpx.AsyncClient:
    """Return a client for a probe; cheap enough to make for each one.

    Args:
        limit_secs: How long each step of a request may take.
    """
    # Nothing here is HTTPS. Reading the certificates, as a client does by itself, holds the event
    # loop for 17 ms on two cores, and a start probes twenty times a second.
    return httpx.AsyncClient(timeout=limit_secs, trust_env=False, verify=False)
