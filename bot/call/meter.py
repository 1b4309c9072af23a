"""What this session uses: it is told to the runner, and ends the call when it is too much."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from livekit import rtc
from loguru import logger
from pipecat.metrics.metrics import LLMUsageMetricsData, MetricsData, TTSUsageMetricsData
from typing_extensions import override

from bot.call.cost import cost_micros, prompt_tokens_of
from bot.settings import Settings
from bot.spent import Spent
from bot.stages.table import stages_of
from processors.agent_protocol.events import ConversationListener, Stage
from processors.room.own_metadata import OwnMetadata

REPORT_SECS = 5.0
"""As often as the runner looks."""

# A person types 300 characters a minute, a voice speaks 1,000: the rest is for what is pasted, and
# for replies that are made and interrupted.
_TYPED_CHARS_PER_MINUTE = 1_500
_SPEECH_CHARS_PER_MINUTE = 2_000
_LEAST_MINUTES = 5.0


@dataclass(frozen=True, kw_only=True)
class SessionBudget:
    """What one session may use; 0: without limit."""

    prompt_tokens: int
    typed_chars: int
    speech_chars: int

    @staticmethod
    def of(settings: Settings) -> SessionBudget:
        """Return what a call of the longest length may use."""
        minutes = max(settings.session_max_secs / 60, _LEAST_MINUTES)
        return SessionBudget(
            prompt_tokens=settings.session_max_tokens,
            typed_chars=round(_TYPED_CHARS_PER_MINUTE * minutes),
            speech_chars=round(_SPEECH_CHARS_PER_MINUTE * minutes),
        )


class Meter(ConversationListener):
    """Adds up what the stages say they used. Runs behind the frames, as every listener does.

    Args:
        room: The bot's room; the sums are the metadata of the bot, for the runner.
        budget: What the session may use.
        free: Stages that cost nothing.
        on_spent: Told once, when the budget is used up.
        clock_secs: Monotonic time.
    """

    def __init__(
        self,
        *,
        room: rtc.Room,
        budget: SessionBudget,
        free: Collection[Stage] = (),
        on_spent: Callable[[], None],
        clock_secs: Callable[[], float] = time.monotonic,
    ) -> None:
        self._room = room
        self._budget = budget
        self._free = frozenset(free)
        self._on_spent = on_spent
        self._clock_secs = clock_secs
        self._began_at_secs: float | None = None
        self._used = Spent()
        self._typed_chars = 0
        self._is_spent = False
        self._metadata = OwnMetadata(room=room)
        self._report: asyncio.TimerHandle | None = None

    @property
    def so_far(self) -> Spent:
        """The sums."""
        if self._began_at_secs is None:
            return self._used
        call_ms = round(1000 * (self._clock_secs() - self._began_at_secs))
        return self._used + Spent(call_ms=call_ms)

    def go_on(self, used: Spent) -> None:
        """Count on from what the call has used with other bots.

        Whether that is too much is looked at with the next thing that is used: by then somebody
        listens to the goodbye.
        """
        self._used += used

    def caller_joined(self) -> None:
        """The call begins to cost."""
        if self._began_at_secs is None:
            self._began_at_secs = self._clock_secs()

    def typed(self, text: str) -> None:
        """The caller has typed."""
        self._typed_chars += len(text)
        self._check()

    @override
    def measured(self, stage: Stage, data: Sequence[MetricsData]) -> None:
        """Add what a stage has used."""
        before = self._used
        for item in data:
            self._used += _used(item, is_free=stage in self._free)
        if self._used != before:
            self._report_soon()
            self._check()

    @override
    async def close(self) -> None:
        """Report for the last time."""
        if self._report is not None:
            self._report.cancel()
            self._tell()
        await self._metadata.close()

    def _report_soon(self) -> None:
        if self._report is None:
            self._report = asyncio.get_running_loop().call_later(REPORT_SECS, self._tell)

    def _tell(self) -> None:
        self._report = None
        if self._room.isconnected():
            self._metadata.set(self.so_far.to_json())

    def _check(self) -> None:
        used, budget = self._used, self._budget
        spent = [
            name
            for name, count, most in (
                ("prompt tokens (SESSION_MAX_TOKENS)", used.prompt_tokens, budget.prompt_tokens),
                ("typed characters", self._typed_chars, budget.typed_chars),
                ("spoken characters", used.speech_chars, budget.speech_chars),
            )
            if most and count > most
        ]
        if spent and not self._is_spent:
            self._is_spent = True
            logger.warning("The session's budget is used up: {}", ", ".join(spent))
            self._on_spent()


def build_meter(*, settings: Settings, room: rtc.Room, on_spent: Callable[[], None]) -> Meter:
    """Return the meter of one session."""
    stages = stages_of(settings)
    kinds = (
        (Stage.SPEECH_TO_TEXT, stages.speech_to_text),
        (Stage.LANGUAGE_MODEL, stages.language_model),
        (Stage.TEXT_TO_SPEECH, stages.text_to_speech),
    )
    # A local one has no name of its own: with another vendor behind it all is priced by names.
    free = [kind for kind, stage in kinds if stage.is_local and not stage.fallback]
    return Meter(room=room, budget=SessionBudget.of(settings), free=free, on_spent=on_spent)


def _used(item: MetricsData, *, is_free: bool) -> Spent:
    money_micros = 0 if is_free else cost_micros(item)
    if isinstance(item, LLMUsageMetricsData):
        return Spent(
            prompt_tokens=prompt_tokens_of(item.value),
            completion_tokens=max(item.value.completion_tokens, 0),
            money_micros=money_micros,
        )
    if isinstance(item, TTSUsageMetricsData):
        return Spent(speech_chars=max(item.value, 0), money_micros=money_micros)
    return Spent(money_micros=money_micros)
