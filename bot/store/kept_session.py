"""A session as it was written down, and what the language model knew of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from loguru import logger

from bot.spent import Spent
from bot.store.session_rows import CallRow, SessionRow, TurnRow

ENDED = "ended"
"""The state of a session that is over; the others are starting, live, away and recovering."""

MODELS = "models"
"""Beside the sums of what a session used: those of each model, as LiveKit's protocol has them."""
CLOCK = "clock_ms"
"""There as well: what the session's clock showed then."""
WRITTEN_SECS = 60.0
"""A bot writes at least so often: its caller may be away, or say nothing for an hour."""
SILENT_SECS = 2 * WRITTEN_SECS
"""The next bot is there within a minute."""


@dataclass(frozen=True, kw_only=True)
class KeptTimer:
    """What the caller is to be reminded of."""

    label: str
    text: str
    due_at: float
    """Unix seconds."""


@dataclass(frozen=True, kw_only=True)
class KeptQuestion:
    """What waits for the caller's yes."""

    call_id: str
    name: str
    """Of the tool."""
    text: str
    """As the caller was asked."""


@dataclass(frozen=True, kw_only=True)
class KeptSession:
    """One session as it was last written down."""

    session_id: str
    person: str
    """By whom the runner knows the caller; empty if nobody vouched for them."""
    language: str
    state: str
    end_reason: str | None
    began_at: float
    """Unix seconds; the zero of the session's clock."""
    seen_at: float
    """Unix seconds of the last write."""
    clock_ms: int = 0
    """What the session's clock showed then."""
    takeovers: int
    turns: Sequence[TurnRow]
    tool_calls: Sequence[CallRow]
    question: KeptQuestion | None
    timers: Sequence[KeptTimer]
    usage: Spent
    models: Mapping[str, Any] = field(default_factory=dict[str, Any])
    summary: str
    summary_until: int
    messages: Sequence[dict[str, Any]] = field(default=())
    """What the language model knew, as its context has it; calls without a result are left out."""
    continues: str = ""
    """The session it goes on with; empty if it is a talk of its own."""
    earlier: KeptSession | None = None
    """That session, where it was asked for and is kept still."""

    @property
    def lasted_secs(self) -> float:
        """How long it had gone on at the last write."""
        talked_ms = max((turn.ended_ms for turn in self.turns), default=0)
        return max(self.clock_ms, talked_ms) / 1000

    def gone_on(
        self, now_secs: float, *, most_secs: float, counted_secs: float = 0.0
    ) -> KeptSession:
        """Return it as it stands now, its reminders by this clock.

        Its bots have counted its time themselves. Only what has passed since the last write is
        told by wall clocks, which may be of two machines, or were set meanwhile.

        Args:
            now_secs: Unix seconds.
            most_secs: That had passed since the last write when the next bot came.
            counted_secs: What that bot has counted since, as the store did not answer.
        """
        differ_secs = now_secs - self.seen_at
        silent_secs = min(max(differ_secs - counted_secs, 0.0), most_secs) + counted_secs
        moved_secs = differ_secs - silent_secs
        return replace(
            self,
            seen_at=now_secs,
            clock_ms=round(1000 * (self.lasted_secs + silent_secs)),
            timers=[replace(one, due_at=one.due_at + moved_secs) for one in self.timers],
        )

    @property
    def all_turns(self) -> list[TurnRow]:
        """What was said in it and before it, in its order."""
        return [*(self.earlier.all_turns if self.earlier else ()), *self.turns]

    @property
    def next_place(self) -> int:
        """Where the session goes on: behind all its turns and calls."""
        places = [turn.place for turn in self.turns]
        places += [place for call in self.tool_calls for place in (call.place, call.told_place)]
        return max(places, default=0) + 1

    def row_for(self, row: SessionRow) -> SessionRow:
        """Return a new bot's line of this session, with what goes on from the one before."""
        names = ("takeovers", "person", "summary", "summary_until", "continues")
        known = {name: getattr(self, name) for name in names}
        return replace(row, began_at=round(self.began_at * 1000), **known)


@dataclass(frozen=True, kw_only=True)
class ListedSession:
    """One session, without what was said."""

    session_id: str
    person: str
    state: str
    end_reason: str | None
    began_at: float
    """Unix seconds."""
    seen_at: float
    is_good: bool | None = None
    """What its caller thought of it; None: nobody said."""
    comment: str = ""


def longest_silence(resume_secs: float) -> float:
    """Return how long nothing may have been written of a session that goes on, in seconds.

    Args:
        resume_secs: For which it waits for its caller, with no bot if its room is lost.
    """
    return max(SILENT_SECS, WRITTEN_SECS + resume_secs)


def question_of(text: str) -> KeptQuestion | None:
    """Return the question that is written there; None, and a line in the log, if unreadable."""
    if not text:
        return None
    try:
        return KeptQuestion(**json.loads(text))
    except (ValueError, TypeError) as error:
        logger.error("The question of a session cannot be read: {}", type(error).__name__)
        return None


def timers_of(text: str) -> list[KeptTimer]:
    """Return the reminders that are written there; none, and a line in the log, if unreadable."""
    try:
        timers = [KeptTimer(**one) for one in json.loads(text)]
        return [replace(timer, due_at=float(timer.due_at)) for timer in timers]
    except (ValueError, TypeError) as error:
        logger.error("The reminders of a session cannot be read: {}", type(error).__name__)
        return []


def used_of(text: str) -> dict[str, Any]:
    """Return the fields of a session that are written there; nothing used, if it is unreadable."""
    try:
        read = json.loads(text or "{}")
        models, clock_ms = dict(read.get(MODELS, {})), max(int(read.get(CLOCK, 0)), 0)
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        models, clock_ms = {}, 0
    return {"usage": Spent.from_json(text), "models": models, "clock_ms": clock_ms}


def messages_of(
    turns: Sequence[TurnRow],
    calls: Sequence[CallRow],
    *,
    summary: str = "",
    summary_until: int = 0,
) -> list[dict[str, Any]]:
    """Return what the model knew of these, in the form of Pipecat's context.

    Args:
        turns: In their order.
        calls: Those whose result the model has read; the others are left out.
        summary: The message that stands for all before `summary_until`.
        summary_until: The place of the first turn that is told in full.
    """
    said = [
        (turn.place, [{"role": turn.who, "content": turn.memory}])
        for turn in turns
        if turn.memory.strip() and not _is_stray(turn, turns[-1])
    ]
    said += [(call.told_place, _call_messages(call)) for call in calls if call.told_place]
    messages: list[dict[str, Any]] = [{"role": "user", "content": summary}] if summary else []
    for place, more in sorted(said, key=lambda one: one[0]):
        if not summary or place >= summary_until:
            messages += more
    return messages


def _is_stray(turn: TurnRow, last: TurnRow) -> bool:
    """Tell whether these are words of the caller's that became no turn: "mm-hm"."""
    return turn.who == "user" and not turn.is_finished and turn is not last


def _call_messages(call: CallRow) -> list[dict[str, Any]]:
    function = {"name": call.name, "arguments": call.arguments}
    asked = {"id": call.call_id, "function": function, "type": "function"}
    told = {"role": "tool", "content": call.result, "tool_call_id": call.call_id}
    return [{"role": "assistant", "tool_calls": [asked]}, told]
