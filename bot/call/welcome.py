"""Takes up the talk with a caller who was away: where it was left, or with a sentence."""

from __future__ import annotations

from typing import Protocol

from loguru import logger

from bot.call.course import Course, Phase
from bot.call.lines import Lines
from bot.languages.choice import language_for
from bot.languages.language import SessionSentences
from bot.settings import Settings
from processors.agent_protocol.audience import Audience
from processors.room.transport import RoomTransport
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


def watch_caller(  # noqa: PLR0913 - who is told that the caller comes and goes
    settings: Settings,
    transport: RoomTransport,
    course: Course,
    audience: Audience,
    lines: Lines,
    tools: ToolRuntime,
) -> None:
    """Tell everybody of a session when its caller comes and goes."""
    welcome = Welcome(
        lines=lines,
        sentences=language_for(settings.language).session,
        speech=transport,
        tools=tools,
        nudge_secs=settings.idle_nudge_secs,
    )

    def on_caller_joined(*_: object) -> None:
        away_secs = course.caller_joined()
        audience.tell(lambda to: to.caller_came())
        if away_secs is not None and course.phase is Phase.LIVE:
            logger.info("The caller was away for {:.1f} s", away_secs)
            welcome.caller_back(away_secs=away_secs)

    def on_caller_left(*_: object) -> None:
        course.caller_left()
        audience.tell(lambda to: to.caller_left())
        welcome.caller_left()

    transport.add_event_handler("on_caller_joined", on_caller_joined)
    transport.add_event_handler("on_caller_left", on_caller_left)
