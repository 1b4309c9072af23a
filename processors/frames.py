"""Frames of our own. They travel inside the pipeline only, never over the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from pipecat.frames.frames import (
    ControlFrame,
    DataFrame,
    EagerEndOfTurnCancelFrame,
    SystemFrame,
    TranscriptionFrame,
    TTSTextFrame,
)


@dataclass
class HeardTextFrame(TTSTextFrame, SystemFrame):
    """Words of the bot that began to be heard since the last such frame.

    Pushed downstream by the output transport when their audio starts to play; the texts of one
    reply, joined as they are, give what the caller heard. Being a system frame it keeps its place
    before an interruption; being a text frame the stock assistant aggregator remembers it.
    """


class SpokenWord(NamedTuple):
    """A word of the bot, and when it is spoken."""

    text: str
    at_secs: float
    """From the start of the audio of its sentence."""


@dataclass
class SpokenWordsFrame(DataFrame):
    """When words of the sentence announced last are spoken, as its voice tells.

    Pushed downstream by the voice, ahead of their audio or among it; in any order and any number.
    """

    words: list[SpokenWord] = field(default_factory=list[SpokenWord])
    context_id: str | None = None


@dataclass
class PlayoutStartedFrame(SystemFrame):
    """The first audible sample of a bot reply was handed to the audio source."""


@dataclass
class PlayoutStoppedFrame(SystemFrame):
    """The last sample of a bot reply has been played, or the rest was cut."""

    is_interrupted: bool = False
    """True if the reply was cut by an interruption."""


@dataclass
class CallerLeftFrame(SystemFrame):
    """The caller is gone; `ClientConnectedFrame` says that they are back.

    Pushed downstream by the input transport, behind what they have said.
    """


@dataclass
class BotPauseFrame(SystemFrame):
    """Hold the bot's play-out at the current sample: somebody may be interrupting."""


@dataclass
class BotResumeFrame(SystemFrame):
    """Go on where `BotPauseFrame` held the play-out: it was no interruption."""


@dataclass
class TranscriptSettledFrame(ControlFrame):
    """Speech-to-text has nothing to add to the final transcripts it has pushed.

    Pushed downstream, behind those transcripts, when a request to finalize brought no words.
    """


@dataclass
class EndOfTurnHeardFrame(ControlFrame):
    """A recogniser that hears more than words takes the caller's turn to be over.

    Pushed downstream, behind the words it is about; `lag_secs` in the metadata, as of words: how
    old the audio is that it has heard to the end.
    """

    confidence: float = 0.0
    """0 to 1; 0 withdraws what was said before: the caller goes on."""


@dataclass
class WordsTakenFrame(TranscriptionFrame):
    """Interim words that are taken for final ones, as those have not come."""


@dataclass
class SpeculationRefusedFrame(EagerEndOfTurnCancelFrame):
    """The language model dropped the answer it was making ahead of time, as it wants a tool."""

    text: str = ""
    """The caller's words that it was to answer."""


@dataclass
class AnswerDelayedFrame(SystemFrame):
    """An answer failed, or its speech did, and is asked for again; it is still to come.

    Pushed downstream by whoever asks again.
    """


class Part(StrEnum):
    """A part of the bot that may be in trouble."""

    VOICE = "voice"
    HEARING = "hearing"
    THINKING = "thinking"


@dataclass
class TroubleFrame(SystemFrame):
    """A part does not do what it should and is tried again, or does it again.

    Pushed downstream by the part's service.
    """

    part: Part = Part.VOICE
    is_over: bool = False


@dataclass
class UnspokenTextFrame(SystemFrame):
    """Words of the bot that its voice could not say, and that are not said any more.

    Pushed downstream by the voice, in their place.
    """

    text: str = ""


@dataclass
class SummaryRequestFrame(ControlFrame):
    """What the conversation's memory has no room for is to be told in short.

    Pushed downstream, behind the context that is answered first.
    """

    text: str = ""
    mark: int = 0
    """Of the text's end; comes back with the summary."""


@dataclass
class SummaryFrame(ControlFrame):
    """The text of a `SummaryRequestFrame` in short. Pushed upstream by the language model."""

    text: str = ""
    mark: int = 0
    interruptible: bool = field(default=False, init=False)
