"""How many files and connections a process may hold open at once."""

from __future__ import annotations

import contextlib
import resource

_ENOUGH = (65_536, 24_576, 10_240, 4_096)
"""The first as the units in deploy/ have it; the others for a Mac, which refuses more than its
`kern.maxfilesperproc`, whatever it says that a process may have."""


def take_descriptors() -> None:
    """Have this process, and those that it starts, hold as many as the system lets them.

    A shell gives 1,024 and a Mac 256, which can be raised. With callers of a local network each of
    512 connections takes two, and beyond the limit nobody is let in any more.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for enough in _ENOUGH:
        wanted = enough if hard == resource.RLIM_INFINITY else min(hard, enough)
        if soft == resource.RLIM_INFINITY or soft >= wanted:
            return
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return
