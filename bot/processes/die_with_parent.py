"""Makes a child process end when the process that started it is gone, even by `kill -9`.

`with_parent(command)` puts this file, run as a script, in front of a command: it arms the kernel's
parent-death signal and then becomes that command, so the process id stays the command's own. Off
Linux there is no such signal; there a small watcher beside the command asks once a second.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_POLL_SECS = 1.0


def with_parent(command: Sequence[str]) -> list[str]:
    """Return `command` wrapped so that it is killed when this process ends."""
    # -I and -S keep the wrapper to a few milliseconds and free of the environment.
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def _arm_signal(parent_pid: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have died before the signal was armed.
    if os.getppid() != parent_pid:
        raise SystemExit(1)


def _fork_watcher(parent_pid: int) -> None:
    command_pid = os.getpid()
    if os.fork() != 0:
        return
    while os.getppid() == command_pid:
        try:
            os.kill(parent_pid, 0)
        except ProcessLookupError:
            os.kill(command_pid, signal.SIGKILL)
            break
        time.sleep(_POLL_SECS)
    os._exit(0)


def _main() -> None:
    parent_pid, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        _arm_signal(parent_pid)
    else:
        _fork_watcher(parent_pid)
    os.execvp(command[0], command)


if __name__ == "__main__":
    _main()
