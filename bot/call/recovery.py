"""How a bot goes on with a call whose bot was lost: what it knows, what it says, what it answers.

Nothing is done twice. What was asked for and not begun is asked for again, in the model's turn; a
call that had ended gives its known result; of one that was running and may have changed something,
nobody knows, and the caller is told so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.languages.language import RecoverySentences
from bot.rooms.plan import MOST_TAKEOVERS
from bot.store.kept_session import KeptSession
from bot.store.session_rows import CallRow, TurnRow
from processors.agent_protocol.events import Side
from tools.calls.call import CallState
from tools.end_call import end_call

_UNKNOWN_RESULT = (
    '{"error": "The line was lost while this ran. It is not known whether it was done: do not '
    'repeat it unasked."}'
)
_LOST_RESULT = '{"error": "The line was lost while this ran: call it once more."}'
_CUT_REPLY = (
    "You were cut off in the middle of a reply, and then said that you were gone for a moment. The "
    "caller heard of that reply what you remember of it. When you answer now, give the rest: take "
    "up the sentence that broke off from its beginning, and say nothing else of it again. This "
    "holds for that one answer."
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
    instruction: str = ""
    """What the model is told besides."""
    is_end: bool = False
    """The sentence is a goodbye; without one, goodbye has been said."""
    is_silent: bool = False
    """Nothing is said: the caller does not notice."""
    goes_on: bool = False
    """The call had another bot: a caller who is not there is away."""


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
    recovery = _recover(kept, sentences=sentences, only_reads=only_reads)
    if not recovery.messages:
        return recovery
    return replace(recovery, messages=[*_before(kept, only_reads), *recovery.messages])


def remembered(kept: KeptSession, *, only_reads: Callable[[str], bool]) -> Sequence[dict[str, Any]]:
    """Return what is known of a session that is over, in the form of Pipecat's context.

    Of a call that ended, its result; of one that was running and may have changed something, that
    nobody knows; one that was not begun, or was still asked about, was never made.
    """
    untold, unsure = _untold(kept, only_reads)
    told = _told_of(untold, unsure, asked_place=kept.next_place)
    return [*_before(kept, only_reads), *kept.messages, *told]


def _before(kept: KeptSession, only_reads: Callable[[str], bool]) -> Sequence[dict[str, Any]]:
    # A summary is of all that was before.
    is_told = kept.earlier is not None and not kept.summary
    return remembered(kept.earlier, only_reads=only_reads) if kept.earlier and is_told else ()


def _untold(
    kept: KeptSession, only_reads: Callable[[str], bool]
) -> tuple[list[CallRow], list[CallRow]]:
    """Return the calls whose result the model has not read, and which of them nobody knows of."""
    untold = [call for call in kept.tool_calls if not call.told_place]
    return untold, [call for call in untold if _is_unsure(call) and not only_reads(call.name)]


def _recover(
    kept: KeptSession, *, sentences: RecoverySentences, only_reads: Callable[[str], bool]
) -> Recovery:
    turns = [turn for turn in kept.turns if turn.text.strip()]
    back = sentences.back
    if not turns:
        return Recovery()
    if any(_hangs_up(call) for call in kept.tool_calls if call.place > _asked_place(turns)):
        return Recovery(is_end=True)
    untold, unsure = _untold(kept, only_reads)
    messages, heard = _without_what_is_owed(kept, untold, is_unsure=bool(unsure), back=back)
    if not messages:
        return Recovery()  # lost in its greeting
    told = _told_of(untold, unsure, asked_place=_asked_place(turns))
    known = [*messages, *heard, *told]
    if unsure:
        # In fixed words: a model might take the tool's silence for success.
        return Recovery(messages=known, sentence=f"{back} {sentences.unsure}")
    if _ends_with_reply([*messages, *told]):
        return Recovery(messages=known, sentence=f"{back} {sentences.go_on}")
    is_cut = any(not back.startswith(message["content"]) for message in heard)
    instruction = _CUT_REPLY if is_cut else ""
    return Recovery(messages=known, sentence=back, is_answer_due=True, instruction=instruction)


_WITH_RESULT = (CallState.DONE, CallState.FAILED, CallState.TIMED_OUT)


def _asked_place(turns: Sequence[TurnRow]) -> int:
    return max((turn.place for turn in turns if turn.who == Side.CALLER.value), default=0)


def _without_what_is_owed(
    kept: KeptSession, untold: Sequence[CallRow], *, is_unsure: bool, back: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the messages up to what the model is to say, and what was heard of that already.

    That may be of several bots, each with its sentence that it is `back`.
    """
    messages, heard = list(kept.messages), list[dict[str, Any]]()
    replies = [turn for turn in kept.turns if turn.who == Side.BOT.value and turn.memory.strip()]
    while _ends_with_reply(messages) and replies and _is_begun(replies.pop(), back):
        heard.insert(0, messages.pop())
    asked_place = _asked_place(kept.turns)
    is_owed = any(call.place > asked_place or _is_asking(call) for call in untold)
    while is_owed and not is_unsure and _ends_with_reply([*messages, *heard]):
        # "Let me see", or the question for a yes: the model calls its tool once more.
        (heard or messages).pop()
    return messages, heard


def _is_begun(reply: TurnRow, back: str) -> bool:
    return not reply.is_finished or reply.memory.strip() == back


def _told_of(
    untold: Sequence[CallRow], unsure: Sequence[CallRow], *, asked_place: int
) -> list[dict[str, Any]]:
    """Return what the model is told of calls whose result it has not read."""
    messages: list[dict[str, Any]] = []
    for call in untold:
        is_lost = call.state == CallState.RUNNING and call.place < asked_place
        if call.state in _WITH_RESULT and call.result:
            messages += _told(call, call.result)
        elif is_lost and call not in unsure:
            messages += _told(call, _LOST_RESULT)
    for call in unsure:
        messages += _told(call, _UNKNOWN_RESULT)
    return messages


def _hangs_up(call: CallRow) -> bool:
    return call.name == end_call.name and call.state in (CallState.RUNNING, CallState.DONE)


def _is_unsure(call: CallRow) -> bool:
    return call.state == CallState.RUNNING


def _is_asking(call: CallRow) -> bool:
    return call.state == CallState.CONFIRMING


def _ends_with_reply(messages: Sequence[dict[str, Any]]) -> bool:
    """Tell whether the bot has said something last."""
    is_of_bot = bool(messages) and messages[-1]["role"] == Side.BOT.value
    return is_of_bot and "tool_calls" not in messages[-1]


def _told(call: CallRow, result: str) -> list[dict[str, Any]]:
    function = {"name": call.name, "arguments": call.arguments}
    asked = {"id": call.call_id, "function": function, "type": "function"}
    told = {"role": "tool", "content": result, "tool_call_id": call.call_id}
    return [{"role": "assistant", "tool_calls": [asked]}, told]
