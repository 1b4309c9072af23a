"""How a bot goes on with a call whose bot was lost: what it knows, what it says, what it answers.

Nothing is done twice. What was asked for and not begun is asked for again, in the model's turn; a
call that had ended gives its known result; of one that was running and may have changed something,
nobody knows, and the caller is told so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.languages.language import RecoverySentences
from bot.rooms.plan import MOST_TAKEOVERS
from bot.store.kept_session import KeptSession
from bot.store.session_rows import CallRow
from processors.agent_protocol.events import Side
from tools.calls.call import CallState

_UNKNOWN_RESULT = (
    '{"error": "The line was lost while this ran. It is not known whether it was done: do not '
    'repeat it unasked."}'
)


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """What a bot does first in a call it takes over."""

    messages: Sequence[dict[str, Any]] = field(default=())
    """What the language model remembers."""
    sentence: str | None = None
    """None: the call has not begun, and is begun with a greeting."""
    is_answer_due: bool = False
    """The model answers what is last among the messages."""
    is_end: bool = False
    """The sentence is a goodbye."""
    is_silent: bool = False
    """Nothing is said: the caller does not notice."""


def recover(
    kept: KeptSession | None,
    *,
    takeover: int,
    sentences: RecoverySentences,
    only_reads: Callable[[str], bool],
) -> Recovery:
    """Decide how to go on.

    Args:
        kept: What was written down; None if nothing is known.
        takeover: So many bots were lost.
        sentences: In the caller's language.
        only_reads: Tells whether the tool of a name changes nothing.
    """
    if takeover > MOST_TAKEOVERS:
        return Recovery(sentence=sentences.goodbye, is_end=True)
    if kept is None:
        return Recovery(sentence=f"{sentences.back} {sentences.forgotten}")
    turns = [turn for turn in kept.turns if turn.text.strip()]
    if not turns:
        return Recovery()
    messages = list(kept.messages)
    if turns[-1].who == Side.BOT.value and not turns[-1].is_finished:
        messages = _without_last_reply(messages)
    if not messages:
        return Recovery()  # lost in its greeting
    untold = [call for call in kept.tool_calls if not call.told_place]
    unsure = [call for call in untold if _is_unsure(call) and not only_reads(call.name)]
    known = [call for call in untold if call.state in _WITH_RESULT and call.result]
    for call in known:
        messages += _told(call, call.result)
    for call in unsure:
        messages += _told(call, _UNKNOWN_RESULT)
    if unsure:
        # In fixed words: a model might take the tool's silence for success.
        return Recovery(messages=messages, sentence=f"{sentences.back} {sentences.unsure}")
    if messages[-1]["role"] == Side.BOT.value and "tool_calls" not in messages[-1]:
        return Recovery(messages=messages, sentence=f"{sentences.back} {sentences.go_on}")
    return Recovery(messages=messages, sentence=sentences.back, is_answer_due=True)


_WITH_RESULT = (CallState.DONE, CallState.FAILED, CallState.TIMED_OUT)


def _is_unsure(call: CallRow) -> bool:
    return call.state == CallState.RUNNING


def _without_last_reply(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out the reply that was cut off: it is given once more, as a whole."""
    is_cut = bool(messages) and messages[-1]["role"] == Side.BOT.value
    return messages[:-1] if is_cut and "tool_calls" not in messages[-1] else messages


def _told(call: CallRow, result: str) -> list[dict[str, Any]]:
    function = {"name": call.name, "arguments": call.arguments}
    asked = {"id": call.call_id, "function": function, "type": "function"}
    told = {"role": "tool", "content": result, "tool_call_id": call.call_id}
    return [{"role": "assistant", "tool_calls": [asked]}, told]
