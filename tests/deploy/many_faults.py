"""What befalls the parts of several servers: they die, hang, or are cut off, alone or by two."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

import psutil

from tests.deploy.many_site import RUNNERS, ManySite


class Harm(Enum):
    """What is done to a part."""

    KILL = "is killed"
    """`kill -9`: what runs below it notices."""
    VANISH = "vanishes"
    """All its processes and its cable at once, as with a machine that loses its power."""
    HANG = "hangs"
    """All its processes are stopped, and go on after a while; its connections stay."""
    CUT = "is cut off"
    """Its cable is pulled, and plugged in again after a while."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is done, and what is expected of it."""

    parts: Sequence[str]
    """Those of one call are "bot", "worker", "machine", and "livekit", the node of its room."""
    takes: str
    """Whose calls lose a part: "bot" of one call, "worker" of those there, "all", or "none"."""
    may_show: bool = False
    """Whether calls that lose nothing may show that something is amiss."""
    harm: Harm = Harm.KILL
    lasts_secs: float | None = None
    """Until the part is started or goes on again; None: until every call has had its answer."""


_DOWN_SECS = 2.0
"""Until what has no calls of its own is started anew."""

KILLED = {
    "bot": Fault(parts=["bot"], takes="bot"),
    "worker": Fault(parts=["worker"], takes="worker"),
    # Whatever runs on a machine, a runner or a worker by itself.
    "machine": Fault(parts=["machine"], takes="worker"),
    # Whose room is where is Redis' to know; whoever notices nothing was elsewhere.
    "livekit": Fault(parts=["livekit"], takes="all", may_show=True),
    # Everybody's way to LiveKit: both sides come back to a room that has not gone.
    "caddy": Fault(parts=["door"], takes="none", may_show=True, lasts_secs=_DOWN_SECS),
    "redis": Fault(parts=["redis"], takes="none", may_show=True, lasts_secs=_DOWN_SECS),
    "postgres": Fault(parts=["postgres"], takes="none", lasts_secs=_DOWN_SECS),
}
"""One part is killed."""

HARMED = {
    "worker and livekit": Fault(parts=["worker", "livekit"], takes="all", may_show=True),
    "redis and postgres": Fault(
        parts=["redis", "postgres"], takes="none", may_show=True, lasts_secs=_DOWN_SECS
    ),
    "machine vanishes": Fault(parts=["machine"], takes="worker", harm=Harm.VANISH),
    "livekit vanishes": Fault(parts=["livekit"], takes="all", may_show=True, harm=Harm.VANISH),
    # Longer than LiveKit goes on showing a bot that says nothing: another one comes meanwhile.
    "machine hangs": Fault(parts=["machine"], takes="worker", harm=Harm.HANG, lasts_secs=40.0),
    "machine cut off": Fault(parts=["machine"], takes="worker", harm=Harm.CUT, lasts_secs=10.0),
    "worker hangs": Fault(parts=["worker"], takes="none", harm=Harm.HANG, lasts_secs=10.0),
    "livekit hangs": Fault(
        parts=["livekit"], takes="all", may_show=True, harm=Harm.HANG, lasts_secs=10.0
    ),
    "livekit cut off": Fault(
        parts=["livekit"], takes="all", may_show=True, harm=Harm.CUT, lasts_secs=10.0
    ),
    "caddy hangs": Fault(
        parts=["door"], takes="none", may_show=True, harm=Harm.HANG, lasts_secs=10.0
    ),
    "redis hangs": Fault(
        parts=["redis"], takes="none", may_show=True, harm=Harm.HANG, lasts_secs=10.0
    ),
    "postgres hangs": Fault(parts=["postgres"], takes="none", harm=Harm.HANG, lasts_secs=10.0),
}
"""Two parts at once, and parts that do not die."""

FAULTS = {**KILLED, **HARMED}


class Blow:
    """One fault, and what it falls on.

    Args:
        site: All parts.
        fault: What is done.
        bot: The process of the call that is hit.
        machine: Where it is.
        node: Where the call's room is.
    """

    def __init__(self, site: ManySite, fault: Fault, *, bot: int, machine: str, node: str) -> None:
        self._site = site
        self._fault = fault
        self._names: Mapping[str, str] = {"machine": machine, "worker": machine, "livekit": node}
        self._bot = bot
        self._stopped: list[psutil.Process] = []

    def fall(self) -> None:
        """Do it."""
        for part in self._fault.parts:
            name = self._names.get(part, part)
            match self._fault.harm:
                case Harm.KILL:
                    self._kill(part, name)
                case Harm.HANG:
                    self._stop(part, name)
                case Harm.CUT:
                    self._site.network.unplug(name)
                case Harm.VANISH:
                    self._site.network.unplug(name)
                    _signal(self._site.family(name), signal.SIGKILL)
                    self._site.kill(name)

    def mend(self) -> None:
        """Have all parts work again, as their supervisors would."""
        _signal(self._stopped, signal.SIGCONT)
        for part in self._fault.parts:
            name = self._names.get(part, part)
            if self._fault.harm in (Harm.CUT, Harm.VANISH):
                self._site.network.plug(name)
            if part != "bot" and not self._site.is_up(name):
                self._site.start_again(name)

    def _kill(self, part: str, name: str) -> None:
        if part == "bot":
            psutil.Process(self._bot).kill()
        elif part == "worker" and name in RUNNERS:
            # Its runner starts it again.
            self._site.worker(name).kill()
        else:
            self._site.kill(name)

    def _stop(self, part: str, name: str) -> None:
        whole = self._site.family(name)
        self._stopped = [self._site.worker(name)] if part == "worker" else whole
        _signal(self._stopped, signal.SIGSTOP)


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for one in processes:
        # Bots come and go.
        with suppress(psutil.NoSuchProcess):
            one.send_signal(number)
