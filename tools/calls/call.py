"""One call of a tool, from the model's wish to its end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tools.result import jsonable
from tools.tool import Effect, Tool


class CallState(StrEnum):
    """Where a call stands; the last four are ends."""

    PROPOSED = "proposed"
    """The model wants it; the caller's turn it answers may still change."""
    COMMITTED = "committed"
    """It may go ahead, or it waits until another question is answered."""
    CONFIRMING = "confirming"
    """The caller was asked and has not answered."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"

    @property
    def is_end(self) -> bool:
        return self in _ENDS


_ENDS = {CallState.DONE, CallState.FAILED, CallState.TIMED_OUT, CallState.CANCELLED}

_NEXT = {
    CallState.PROPOSED: {CallState.COMMITTED, CallState.CANCELLED},
    # A committed call fails on its arguments and is done at once if it was done before.
    CallState.COMMITTED: {
        CallState.CONFIRMING,
        CallState.RUNNING,
        CallState.DONE,
        CallState.FAILED,
        CallState.CANCELLED,
    },
    CallState.CONFIRMING: {CallState.RUNNING, CallState.CANCELLED},
    CallState.RUNNING: _ENDS,
}


@dataclass(frozen=True)
class CallRequest:
    """What the model asked for."""

    call_id: str
    tool: Tool
    arguments: Mapping[str, Any]


@dataclass(eq=False)
class Call:
    """One call and what became of it. Only the ledger changes it."""

    request: CallRequest
    batch: int
    """Calls of one generation share it and get one spoken answer."""
    turn: int
    """The caller's turn it answers."""
    step: int
    """How many generations with calls this turn has had, this one included; from 1."""
    is_after_data: bool
    """The model had read a tool's result in this turn before it asked for this call."""
    state: CallState = CallState.PROPOSED
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    """The checked arguments, once committed."""
    started_secs: float = 0.0
    has_outlived_turn: bool = False
    """The caller spoke while it ran; it reports when there is room."""
    question: str = ""
    """What the caller is asked before it runs, once it waits for a yes."""
    progress: str | None = None
    wants_reply: bool = False
    sentence: str | None = None
    """Words for the caller if the model is not asked to reply."""

    @property
    def call_id(self) -> str:
        return self.request.call_id

    @property
    def tool(self) -> Tool:
        return self.request.tool

    def advance(self, state: CallState) -> None:
        """Move on to `state`; anything but a step forward is a bug of the ledger."""
        if state not in _NEXT.get(self.state, set()):
            raise AssertionError(f"a {self.state} call cannot become {state}")
        self.state = state

    @property
    def has_effect(self) -> bool:
        return self.tool.effect is not Effect.READ

    @property
    def effect_key(self) -> str:
        """The same for calls that are to have their effect once; unique within the session."""
        is_once = self.tool.effect is Effect.IRREVERSIBLE
        return self.key if is_once else f"{self.turn}-{self.key}"

    @property
    def key(self) -> str:
        """Name and checked arguments as one string: the same for the same request."""
        text = json.dumps([self.tool.name, jsonable(self.arguments)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
