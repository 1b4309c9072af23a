"""One attempt at a reply as far as it has come, and the judgement whether it is whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from openai.types import CompletionUsage
from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall

from ...provider_requests import EmptyAnswerError, ProviderError
from ..attempts import CutReplyError, FilteredReplyError, NoWordsError, ends_a_sentence
from ..event_stream import DONE
from .new_words import NewWords
from .reply_pieces import ReplyPiece, read_piece
from .request_shape import RequestShape
from .returned_thoughts import Thought
from .spoken_part import SpokenPart
from .whole_calls import WholeCalls
from .written_calls import WrittenCalls

_CALLING = ("tool_calls", "function_call")
"""Reasons of an end with a call: without one, it got lost on its way."""


class ReplyDraft:
    """Collects the events of one attempt.

    Args:
        shape: What is known of the server, and is learnt of it here.
        tool_names: Of the tools the model was offered.
    """

    def __init__(self, *, shape: RequestShape, tool_names: Collection[str]) -> None:
        self._shape = shape
        self._spoken = SpokenPart(begins_thinking=shape.begins_thinking)
        self._written = WrittenCalls(tool_names)
        self._calls = WholeCalls(names=tool_names, used_ids=shape.call_ids)
        self._new_words = NewWords()
        self._thought = Thought()
        self._end = ""
        self._cut = ""
        self._is_end_alone = False
        self._is_done = False
        self._text_end = ""
        self.usage: CompletionUsage | None = None
        self.model = ""
        self.has_new_thought = False
        self.has_new_call = False
        self.is_retracted = False
        """Whether what was passed on has just turned out to be a thought."""

    @property
    def has_surely_ended(self) -> bool:
        """Whether the server has said that the reply ends; with a piece of it, some always say."""
        return self._is_done or self._is_end_alone

    @property
    def has_ended(self) -> bool:
        """Whether the reply is all there, should the rest of the answer fail."""
        return self.has_surely_ended or (bool(self._end) and ends_a_sentence(self._text_end))

    def add(self, event: object) -> str:
        """Take an event; returns what of it is to be spoken.

        Raises:
            ProviderError: The event says that the request failed.
        """
        self.has_new_thought = self.has_new_call = self.is_retracted = False
        if event == DONE:
            self._is_done = True
            return ""
        piece = _read(event)
        self.usage = piece.usage or self.usage
        self.model = piece.model or self.model
        self._thought.add(piece)
        for call in piece.calls:
            self._calls.add(call)
        if piece.has_reasoning and self._spoken.is_guess:
            # The server keeps thoughts apart, so the text is all reply.
            self._spoken = SpokenPart()
            self._shape.begins_thinking = False
        thought_chars, was_opened = self._spoken.thought_chars, self._spoken.was_opened_before
        text = self._spoken.feed(self._new_words.feed(piece.text, is_end=bool(piece.end)))
        text = self._written.feed(text)
        if self._spoken.was_opened_before and not was_opened:
            self.is_retracted, self._text_end = bool(self._text_end), ""
        self._text_end = (self._text_end + text)[-8:]
        self.has_new_call = bool(piece.calls)
        self.has_new_thought = piece.has_reasoning or self._spoken.thought_chars > thought_chars
        self.has_new_thought |= self._written.is_holding
        has_more = bool(piece.text or piece.calls or piece.has_reasoning)
        if piece.end:
            self._end, self._cut = piece.end, piece.cut
        self._is_end_alone = not has_more and bool(piece.end or self._is_end_alone)
        return text

    def rest(self) -> str:
        """Return what was held back in case it was a mark."""
        was_guess = self._spoken.is_guess
        text = self._written.feed(self._spoken.finish()) + self._written.finish()
        self._text_end = (self._text_end + text)[-8:]
        self._shape.begins_thinking = self._spoken.was_opened_before or (
            self._shape.begins_thinking and not (was_guess and text)
        )
        if not self._calls:
            for call in (*self._spoken.calls, *self._written.calls):
                self._calls.add(call)
        return text

    def finish(self, *, takes_calls: bool) -> Iterator[ChoiceDeltaToolCall]:
        """Yield the calls of a whole reply.

        Raises:
            EmptyAnswerError: The reply is not whole, or says nothing.
        """
        if self._cut == "filter":
            raise FilteredReplyError("a reply that was filtered")
        if self._cut or not self._is_whole:
            raise CutReplyError("a reply that was cut short")
        calls = list(self._calls.finish()) if takes_calls else []
        if not calls and not self._text_end:
            raise NoWordsError("an empty completion")
        for call, extra in calls:
            self._thought.extras[str(call.id)] = extra
        self._shape.thoughts.keep(self._thought)
        yield from (call for call, _ in calls)

    @property
    def _is_whole(self) -> bool:
        """Whether it ended, or looks like it: a few servers never say so."""
        if self._end in _CALLING and not self._calls:
            return False
        if self._is_done or self._end:
            return True
        if not self._text_end and not self._calls:
            return True
        if self._calls:
            return self._calls.are_complete
        return ends_a_sentence(self._text_end)


def _read(event: object) -> ReplyPiece:
    try:
        return read_piece(event)
    except ProviderError:
        raise
    except Exception as error:
        # Whatever else a server may send, the caller is to hear something.
        raise EmptyAnswerError(f"an answer of unknown form ({type(error).__name__})") from error
