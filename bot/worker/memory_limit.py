"""Whether a process has taken more memory than it may."""

from __future__ import annotations

import psutil


def takes_more_than(limit_mb: float, *, pid: int) -> bool:
    """Tell whether a process takes more than `limit_mb` of 2**20 bytes; one that is gone does not.

    Pages that it shares with the process it was forked from count by their share. The kernel walks
    through all pages to say so (some 10 ms), so it is asked only where the plain sum is too much.
    """
    try:
        process = psutil.Process(pid)
        if process.memory_info().rss <= limit_mb * 2**20:
            return False
        exact = process.memory_full_info()
    except psutil.Error:
        return False
    # Without shares, off Linux, what it has alone.
    return getattr(exact, "pss", exact.uss) > limit_mb * 2**20
