"""What a process holds that others of the same user must not have: its memory, its environment."""

from __future__ import annotations

import ctypes
import sys

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def hide_own_memory() -> None:
    """Have the kernel keep this process's memory and first environment from all but root.

    It leaves no core file either. A program that this process starts is as open as any. Off Linux
    nothing is hidden.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
