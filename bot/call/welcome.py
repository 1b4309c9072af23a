"""Takes up the talk with a caller who was away: where it was left, or with a sentence."""

from __future__ import annotations

from typing import Protocol

from bot.call.lines import Lines
from bot.languages.language import SessionSentences
from tools.runtime.runtime import ToolRuntime

GO_ON_SECS = 15.0
"""Away for longer, people have lost the middle of a sentence; the page's own tries to come back
after a lost network take up to ten."""


class Speech(Protocol):
    """What is told of the bot's speech, as of `RoomTransport`."""

    @property
    def is_under_way(self) -> bool:
        """Whether anything said is still to be heard, also while it is held."""
        ...

    @property
    def is_begun(self) -> bool:
        """Whether some of that was heard."""
        ...


class Welcome:
    """Decides what a caller hears who comes back. The transport holds and goes on by itself.

    Args:
        lines: Has said what is to be said.
        sentences: What that is.
        speech: What was being said.
        tools: Keeps and repeats a question that waits for a yes.
        nudge_secs: How long the caller may be silent, which begins anew.
    """

    def __init__(
        self,
        *,
        lines: Lines,
        sentences: SessionSentences,
        speech: Speech,
        tools: ToolRuntime,
        nudge_secs: float,
    ) -> None:
        self._lines = lines
        self._sentences = sentences
        self._speech = speech
        self._tools = tools
        self._nudge_secs = nudge_secs

    def caller_left(self) -> None:
        """Let no question wait for an answer that cannot come."""
        self._tools.hold_question()

    def caller_back(self, *, away_secs: float) -> None:
        """Go on with what was being said, or say that we are here."""
        self._lines.listen_anew(nudge_secs=self._nudge_secs)
        is_cut = away_secs > GO_ON_SECS and self._speech.is_begun
        if is_cut:
            self._lines.cut()
        if away_secs > GO_ON_SECS and (is_cut or not self._speech.is_under_way):
            # A question that is put again needs no other one before it.
            is_open = is_cut and not self._tools.is_asking
            self._lines.say(self._sentences.back_cut if is_open else self._sentences.back)
        # What of it is still to be heard need not be said twice.
        self._tools.put_question(is_again=is_cut or not self._speech.is_under_way)
