"""A container's first process, where the container has no init of its own.

It is given whatever others leave, and what nobody buries stays in the list of processes. A program
that waits for its own children cannot bury all others too: it may take the end of one that asyncio
waits for. So the first process does nothing else, and the program is its child.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from types import FrameType

_PASSED_ON = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
_FIRST_PID = 1
_KILLED = 128
"""A shell's exit code of what a signal has ended, less the signal's number."""


def leave_first_place() -> None:
    """Go on in a child if this process is the first one, which ends as that child does.

    It is called before there is any thread.
    """
    if os.getpid() != _FIRST_PID:
        return
    # What comes meanwhile is passed on after it: with nobody to take it the kernel drops it.
    signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)
    pid = os.fork()
    if pid:
        _stay(pid)
    # A terminal's Ctrl-C would come twice, and the second one means at once.
    os.setpgid(0, 0)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)


def _stay(pid: int) -> None:
    """Pass signals on to the program, and bury what ends, until the program does."""

    def pass_on(number: int, _: FrameType | None) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)

    for number in _PASSED_ON:
        signal.signal(number, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
    while True:
        ended, status = os.wait()
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            # All that are left end with it.
            os._exit(code if code >= 0 else _KILLED - code)
