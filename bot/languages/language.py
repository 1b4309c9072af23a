"""What a language file holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from processors.agent_protocol.chat import Refusal
from processors.language_model.excuses import Excuses
from processors.turns.caller_words import CallerWords
from processors.turns.word_units import Numerals
from tools.language import ToolLanguage


def words(text: str) -> tuple[str, ...]:
    """Return the words of a list written with spaces between them."""
    return tuple(text.split())


@dataclass(frozen=True, kw_only=True)
class SessionSentences:
    """What is said at the beginning and the end of a call, and into a long silence."""

    greeting: str
    """If GREETING is not set."""
    nudge: str
    back: str
    """To a caller who was away for longer than a moment."""
    back_cut: str
    """The same, if an answer had begun."""
    continued: str
    """To a caller who goes on with an earlier call."""
    idle_goodbye: str
    drained_goodbye: str
    provider_failed_goodbye: str
    time_limit_notice: str
    time_limit_goodbye: str
    session_budget_goodbye: str
    """This call may cost no more."""
    daily_budget_goodbye: str
    """Nor may any other, today."""


@dataclass(frozen=True, kw_only=True)
class TroubleSentences:
    """What is said when a part of the call does not do what it should."""

    not_caught: str
    """The caller spoke, and no words were made out."""
    hearing: str
    """The recogniser does not answer; what was said is kept for it."""
    microphone: str
    """Nothing at all comes from the caller's microphone."""
    moment: str
    """The voice is late."""
    voice: str
    """It failed, and is tried again; what it could not say follows."""
    stop: str
    """It is gone for good; said from what was kept of it."""


@dataclass(frozen=True, kw_only=True)
class RecoverySentences:
    """What a bot says that takes over from one that was lost in the middle of a call."""

    back: str
    """Before one of the next three, or before an answer that is still due."""
    go_on: str
    unsure: str
    """Something was being done when the bot was lost."""
    forgotten: str
    goodbye: str
    """Too many were lost."""


@dataclass(frozen=True, kw_only=True)
class Language:
    """One language: what the bot says in it, and what it knows of the caller's words."""

    prompt: str
    """For the model, in English, after the system prompt."""
    session: SessionSentences
    recovery: RecoverySentences
    excuses: Excuses
    troubles: TroubleSentences
    openers: frozenset[str]
    """How the model's replies begin in most calls, made by `phrases`: their speech may be kept."""
    refusals: Mapping[Refusal, str]
    """Why typed text is not answered; over {chars}, which is what it may have."""
    caller_words: CallerWords
    numerals: Numerals
    tools: ToolLanguage
