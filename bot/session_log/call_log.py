"""The calls of tools as lines of the store, and the question that waits for a yes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from bot.store.kept_session import KeptQuestion
from bot.store.session_rows import CallRow
from processors.agent_protocol.events import ToolCall, ToolOutcome
from tools.calls.call import CallState
from tools.calls.commands import CallEnded, CallEvent, CallNeedsConfirmation, CallStarted


class CallLog:
    """Follows each call from the model's wish to the place where the model reads its result.

    The runtime tells at once, the frames a little later: either may be the first to name a call.

    Args:
        places: The places that are free in the session.
        clock_ms: The session's clock.
        put: Has a line written.
    """

    def __init__(
        self,
        *,
        places: Iterator[int],
        clock_ms: Callable[[], int],
        put: Callable[[CallRow], None],
    ) -> None:
        self._places = places
        self._clock_ms = clock_ms
        self._put = put
        self._open: dict[str, CallRow] = {}
        self.question: KeptQuestion | None = None

    def wanted(self, call: ToolCall) -> None:
        """The model asked for a call."""
        row = self._row(call.call_id, call.name)
        if row.arguments == "{}":
            row.arguments = _json(dict(call.arguments))
        self._put(row)

    def on_event(self, event: CallEvent) -> None:
        """Take what the runtime tells of a call."""
        match event:
            case CallStarted():
                row = self._row(event.call_id, event.name)
                row.arguments = _json(event.arguments)
                row.idempotency_key = event.idempotency_key
                row.state = CallState.RUNNING
            case CallNeedsConfirmation():
                row = self._row(event.call_id, event.name)
                row.state = CallState.CONFIRMING
                self.question = KeptQuestion(
                    call_id=event.call_id, name=event.name, text=event.question
                )
            case CallEnded():
                row = self._row(event.call_id, event.name)
                row.state, row.result = event.state, _json(event.result)
                row.ended_ms = self._clock_ms()
            case _:
                return
        is_answered = self.question is not None and self.question.call_id == event.call_id
        if is_answered and row.state is not CallState.CONFIRMING:
            self.question = None
        self._put(row)

    def told(self, outcome: ToolOutcome) -> None:
        """The model has the result."""
        row = self._row(outcome.call_id, outcome.name)
        row.told_place = next(self._places)
        row.ended_ms = row.ended_ms or self._clock_ms()
        if outcome.is_cancelled:
            row.state, row.result = CallState.CANCELLED, row.result or '"CANCELLED"'
        else:
            row.result = _json(outcome.result)
            if row.state not in _ENDS:
                row.state = CallState.FAILED if outcome.is_error else CallState.DONE
        self._put(row)
        del self._open[outcome.call_id]

    def _row(self, call_id: str, name: str) -> CallRow:
        if call_id not in self._open:
            self._open[call_id] = CallRow(
                place=next(self._places),
                call_id=call_id,
                name=name,
                state=CallState.PROPOSED,
                began_ms=self._clock_ms(),
            )
        return self._open[call_id]


_ENDS = tuple(state for state in CallState if state.is_end)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
