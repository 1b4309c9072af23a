"""Whether everything a session needs is there, in one answer that is cheap to ask for often."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from bot.errors import RoomError
from bot.http.wire import CapacityHealth, HealthAnswer, ProvidersHealth
from bot.processes.upkeep import Upkeep
from bot.rooms.lines.admission import Admission
from bot.rooms.lines.capacity import Capacity
from bot.rooms.lines.waiting_line import WaitingLine
from bot.rooms.parking import Parking
from bot.settings import Settings
from bot.stages.stage import Stage
from bot.stages.table import stages_of

# Anybody may ask; LiveKit and the children are asked once a second at most.
_FRESH_SECS = 1.0


@dataclass(frozen=True, kw_only=True)
class PartsHealth:
    """How the processes beside this one are."""

    worker: Literal["ok", "down"] = "ok"
    local_providers: Literal["ok", "down", "unused"] = "unused"


class Health:
    """Puts the answer together.

    Args:
        settings: Which providers are used.
        capacity: Counts sessions, and so tells whether LiveKit answers.
        parking: Counts warm bots.
        line: Counts who waits for a session.
        admission: Knows whether the machine can take more.
        is_draining: Whether starts are refused.
        look_at_parts: Asks the processes beside this one.
        upkeep: What this process does all the time, by name.
        clock: Monotonic seconds.
    """

    def __init__(  # noqa: PLR0913 - it asks everybody
        self,
        *,
        settings: Settings,
        capacity: Capacity,
        parking: Parking,
        line: WaitingLine,
        admission: Admission,
        is_draining: Callable[[], bool],
        look_at_parts: Callable[[], Awaitable[PartsHealth]],
        upkeep: Mapping[str, Upkeep],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stages = stages_of(settings)
        self._capacity = capacity
        self._parking = parking
        self._line = line
        self._admission = admission
        self._is_draining = is_draining
        self._look_at_parts = look_at_parts
        self._upkeep = upkeep
        self._clock = clock
        self._lock = asyncio.Lock()
        self._looked_at: float | None = None
        self._used: int | None = None
        self._parts = PartsHealth()

    async def report(self) -> HealthAnswer:
        """Return how things are, at most a second old."""
        async with self._lock:
            if self._looked_at is None or self._clock() - self._looked_at >= _FRESH_SECS:
                self._parts = await self._look_at_parts()
                self._used = await self._count()
                self._looked_at = self._clock()
        is_well = (
            self._used is not None
            and self._parts.worker == "ok"
            and self._parts.local_providers != "down"
            and not self._is_draining()
            and all(one.is_well for one in self._upkeep.values())
        )
        return HealthAnswer(
            status="ok" if is_well else "unavailable",
            livekit="unreachable" if self._used is None else "ok",
            worker=self._parts.worker,
            providers=self._providers(),
            capacity=CapacityHealth(
                used=self._used,
                limit=self._capacity.limit,
                parked=self._parking.ready_count,
                waiting=len(self._line),
                short_of=self._admission.shortage(),
            ),
            draining=self._is_draining(),
            upkeep={name: "ok" if one.is_well else "failing" for name, one in self._upkeep.items()},
        )

    async def _count(self) -> int | None:
        try:
            return await self._capacity.used()
        except RoomError:
            return None

    def _providers(self) -> ProvidersHealth:
        return ProvidersHealth(
            speech_to_text=_kind(self._stages.speech_to_text),
            language_model=_kind(self._stages.language_model),
            text_to_speech=_kind(self._stages.text_to_speech),
            vendors={stage.kind.field: stage.vendor.name for stage in self._stages},
            fallbacks={
                stage.kind.field: stage.fallback.vendor.name
                for stage in self._stages
                if stage.fallback
            },
            local=self._parts.local_providers,
        )


def _kind(stage: Stage) -> Literal["local", "cloud"]:
    return "local" if stage.is_local else "cloud"
