"""What LiveKit's clients may read of a call on its session channel that other bots had before."""

from __future__ import annotations

import json
from typing import Any

from livekit.protocol.agent_pb import agent_session as pb

from bot.store.kept_session import KeptSession
from bot.store.session_rows import CallRow, TurnRow
from processors.agent_protocol.events import Side, ToolCall, ToolOutcome
from processors.agent_protocol.session_items import SessionItems
from tools.calls.call import CallState

_ERRORS = (CallState.FAILED, CallState.TIMED_OUT)
_SIDES = {side.value: side for side in Side}


def tell_history(items: SessionItems, kept: KeptSession) -> None:
    """Have the history begin with what was said in a session, and in those it goes on with.

    Args:
        items: The history.
        kept: The session; of a turn that was cut what was heard.
    """
    at_secs = 0.0
    past = SessionItems(clock_secs=lambda: at_secs)
    for session in _oldest_first(kept):
        rows: list[TurnRow | CallRow] = [*session.turns, *session.tool_calls]
        for row in sorted(rows, key=lambda row: row.place):
            at_secs = session.began_at + row.began_ms / 1000
            if isinstance(row, TurnRow):
                _add_turn(past, row)
            else:
                _add_call(past, row)
    items.begin_with(past.all())


def _oldest_first(kept: KeptSession) -> list[KeptSession]:
    return [*(_oldest_first(kept.earlier) if kept.earlier else ()), kept]


def _add_turn(items: SessionItems, turn: TurnRow) -> None:
    if turn.text.strip() and turn.who in _SIDES:
        metrics = pb.MetricsReport()
        items.add_message(_SIDES[turn.who], turn.text, is_interrupted=turn.is_cut, metrics=metrics)


def _add_call(items: SessionItems, call: CallRow) -> None:
    arguments = _parsed(call.arguments)
    items.add_call(
        ToolCall(call.call_id, call.name, arguments if isinstance(arguments, dict) else {})
    )
    is_cancelled = call.state == CallState.CANCELLED
    if not call.result and not is_cancelled:
        return
    outcome = ToolOutcome(
        call.call_id,
        call.name,
        _parsed(call.result),
        is_error=call.state in _ERRORS,
        is_cancelled=is_cancelled,
        is_answered=False,
    )
    items.add_output(outcome)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        # An operator's function may have written it.
        return text
