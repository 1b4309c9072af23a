"""The conversation's memory, in which a turn is one message, and which has an end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from pipecat.processors.aggregators import async_tool_messages
from pipecat.processors.aggregators.llm_context import LLMContext, LLMContextMessage
from pipecat.utils.context.llm_context_summarization import LLMContextSummarizationUtil
from typing_extensions import override

from ..characters import whole
from ..scripts import joined

MAX_BYTES = 24_000
"""Of all messages, about 6,000 tokens: half an hour of talk. Each request is billed for all of it,
and a caller may make one every two seconds."""
KEPT_BYTES = 12_000
"""When there are more. Less often than at each turn, as what is sent again and begins alike is
cheaper."""
MAX_SUMMARY_CHARS = 2_000
_MESSAGE_BYTES = 40
"""Of a message without words: a name, braces, an id."""
_FORGOTTEN_CHARS = 24_000
"""Of what is to be summarised; the oldest goes when nobody does it."""
OnSummary = Callable[[str, str], None]
"""Takes the message and the words of the caller's first turn behind it; empty if there is none."""

_SUMMARY = "What was said before, in short:\n{summary}"


class TalkContext(LLMContext):
    """Joins what the caller says to a turn of theirs that nobody has answered yet.

    What is typed stays a message of its own. When there is too much, the oldest turns go, each as a
    whole: the caller's words and all up to their next ones. A call that still runs keeps its turn,
    and so does the turn that is to be answered. Behind the system prompt stands a summary of what
    is gone, if somebody writes one.

    Args:
        tools: As of Pipecat's context.
        is_summarised: What is gone is kept for `forgotten`.
        on_summary: Told of each summary as the message it is.
    """

    _unanswered: LLMContextMessage | None = None

    def __init__(
        self,
        *,
        tools: list[Any] | None = None,
        is_summarised: bool = False,
        on_summary: OnSummary | None = None,
    ) -> None:
        super().__init__(tools=tools or [])
        self._is_summarised = is_summarised
        self._on_summary = on_summary
        self._summary: LLMContextMessage | None = None
        self._forgotten = ""
        self._forgotten_chars = 0
        """Of all that was ever forgotten: the place of the end of `_forgotten` in it."""

    @override
    def add_message(self, message: LLMContextMessage) -> None:
        """Add a message, or make the last one longer."""
        message = _whole(message)
        if not _is_callers(message):
            super().add_message(message)
            return
        messages = self.get_messages()
        if messages and messages[-1] is self._unanswered:
            # A new object: a request on its way holds the old one.
            earlier = cast(dict[str, Any], messages[-1])
            content = joined([str(earlier["content"]), str(cast(Any, message).get("content"))])
            message = cast(LLMContextMessage, {"role": "user", "content": content})
            self.set_messages(messages[:-1])
        super().add_message(message)
        self._unanswered = message
        self._make_room()

    @override
    def add_messages(self, messages: list[LLMContextMessage]) -> None:
        """Add messages as they are."""
        super().add_messages([_whole(message) for message in messages])
        self._make_room()

    def remember_before(self, messages: list[LLMContextMessage]) -> None:
        """Have messages stand before all that is here: what was said then has come to light."""
        known = self.get_messages()
        at = 1 if known and _role(known[0]) == "system" else 0
        self.set_messages([*known[:at], *messages, *known[at:]])
        self._make_room()

    @property
    def forgotten(self) -> tuple[str, int]:
        """What is gone and in no summary yet, after the summary; and a mark for `summarise`."""
        earlier = cast(Any, self._summary)["content"] if self._summary else ""
        return "\n\n".join(
            text for text in (earlier, self._forgotten) if text
        ), self._forgotten_chars

    @property
    def has_forgotten(self) -> bool:
        """Whether something is gone that is in no summary."""
        return bool(self._forgotten)

    def summarise(self, summary: str, mark: int) -> None:
        """Take a summary of what was forgotten up to a mark."""
        left_chars = max(self._forgotten_chars - mark, 0)
        self._forgotten = self._forgotten[-left_chars:] if left_chars else ""
        content = _SUMMARY.format(summary=whole(summary)[:MAX_SUMMARY_CHARS])
        rest = [message for message in self.get_messages() if message is not self._summary]
        # Of the caller's side: it may say what they did, and orders them no more than they could.
        self._summary = cast(LLMContextMessage, {"role": "user", "content": content})
        at = 1 if rest and _role(rest[0]) == "system" else 0
        self.set_messages([*rest[:at], self._summary, *rest[at:]])
        if self._on_summary is not None:
            callers = (cast(Any, one)["content"] for one in rest if _is_callers(one))
            self._on_summary(content, str(next(callers, "")))

    def _make_room(self) -> None:
        messages = self.get_messages()
        size_bytes = sum(map(size_of, messages))
        if size_bytes <= MAX_BYTES:
            return
        kept: list[LLMContextMessage] = []
        gone: list[LLMContextMessage] = []
        turns = list(self._turns(messages))
        for at, turn in enumerate(turns):
            is_last = at == len(turns) - 1
            if is_last or size_bytes <= KEPT_BYTES or not self._may_go(turn):
                kept += turn
                continue
            size_bytes -= sum(map(size_of, turn))
            gone += turn
        self.set_messages(kept)
        if self._is_summarised and gone:
            text = f"{LLMContextSummarizationUtil.format_messages_for_summary(gone)}\n\n"
            self._forgotten = (self._forgotten + text)[-_FORGOTTEN_CHARS:]
            self._forgotten_chars += len(text)

    def _turns(self, messages: Sequence[LLMContextMessage]) -> Iterable[list[LLMContextMessage]]:
        """Yield the messages in pieces that belong together; what is never to go by itself."""
        turn: list[LLMContextMessage] = []
        for message in messages:
            stays = message is self._summary or _role(message) == "system"
            begins = _is_callers(message) or (bool(turn) and self._stays(turn))
            if turn and (stays or begins):
                yield turn
                turn = []
            turn.append(message)
        if turn:
            yield turn

    def _stays(self, turn: Sequence[LLMContextMessage]) -> bool:
        return turn[0] is self._summary or _role(turn[0]) == "system"

    def _may_go(self, turn: Sequence[LLMContextMessage]) -> bool:
        if self._stays(turn):
            return False
        calls, results = set[str](), set[str]()
        for message in turn:
            if not isinstance(message, dict):
                continue
            known = cast("dict[str, Any]", message)
            calls.update(str(call.get("id")) for call in known.get("tool_calls") or ())
            if known.get("role") == "tool" and not _is_pending(message):
                results.add(str(known.get("tool_call_id")))
        return calls == results


def _whole(message: LLMContextMessage) -> LLMContextMessage:
    """Return the message itself, unless there is something in it that no request can hold."""
    cleaned = whole(message)
    return message if cleaned == message else cleaned


def size_of(message: LLMContextMessage) -> int:
    """Return about how many bytes a message is in a request."""
    if not isinstance(message, dict):
        return _MESSAGE_BYTES + _bytes_of(message.message)
    known = cast("dict[str, Any]", message)
    words = known.get("content")
    calls = known.get("tool_calls") or ""
    return _MESSAGE_BYTES + _bytes_of(words) + _bytes_of(calls)


def _bytes_of(value: object) -> int:
    return len(str(value or "").encode(errors="replace"))


def _role(message: LLMContextMessage) -> str:
    return str(message.get("role")) if isinstance(message, dict) else ""


def _is_callers(message: LLMContextMessage) -> bool:
    return _role(message) == "user"


def _is_pending(message: LLMContextMessage) -> bool:
    payload = async_tool_messages.parse_message(cast(Any, message))
    is_started = payload is not None and payload.kind == "started"
    return is_started or cast(Any, message).get("content") == "IN_PROGRESS"
