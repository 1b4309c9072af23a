"""A container's first process, where the container has no init of its own.

It is given whatever others leave, and what nobody buries stays in the list of processes. A program
that waits for its own children cannot bury all others too: it may take the end of one that asyncio
waits for. So the first process does nothing else, and the program is its child.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress

_PASSED_ON = (signal.SIGTERM, signal.SIGINT)
"""What the program takes. By any other one it would end at once, which the kernel keeps from a
first process: an engine passes on the hang-up of a terminal that somebody has looked at."""
_TAKEN = (*_PASSED_ON, signal.SIGCHLD)
_FIRST_PID = 1
_KILLED = 128
"""A shell's exit code of what a signal has ended, less the signal's number."""


def leave_first_place() -> None:
    """Go on in a child if this process is the first one, which ends as that child does.

    It is called before there is any thread.
    """
    if os.getpid() != _FIRST_PID:
        return
    # Not by handlers, which may run just before a wait: what is blocked stays until it is taken.
    signal.pthread_sigmask(signal.SIG_BLOCK, _TAKEN)
    pid = os.fork()
    if pid:
        _stay(pid)
    # A terminal's Ctrl-C would come twice, and the second one means at once.
    os.setpgid(0, 0)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _TAKEN)


def _stay(pid: int) -> None:
    """Pass signals on to the program, and bury what ends, until the program does."""
    while True:
        number = signal.sigwait(_TAKEN)
        if number == signal.SIGCHLD:
            _bury(pid)
        else:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def _bury(pid: int) -> None:
    """Bury all that have ended; one signal may tell of several. It ends as the program has."""
    with suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            ended, status = found
            if ended == pid:
                code = os.waitstatus_to_exitcode(status)
                # All that are left end with it.
                os._exit(code if code >= 0 else _KILLED - code)
