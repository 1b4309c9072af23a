"""What can go wrong on request: slow, failing, silent or lying providers, and scripted ones.

Only a server started with `--faults` takes any, for tests and benches. `POST /faults` sets a
`FaultPlan` for the whole server, `DELETE /faults` clears it, and an `X-Faults` header (or `faults`
in the query) gives one request its own. Delays come from a seed, so the same plan is the same
weather every time.
"""

from __future__ import annotations

import math
import random
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Part = Literal["speech_to_text", "language_model", "text_to_speech"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LogNormalMs(_Strict):
    """A delay as real services have it: mostly near the median, with a long tail."""

    median_ms: float = Field(ge=0)
    sigma: float = Field(default=0.3, ge=0, le=3)


DelayMs = float | LogNormalMs


class Faults(_Strict):
    """What every part can do wrong."""

    requests: int | None = Field(default=None, ge=1)
    """How many requests meet these faults; None is all of them."""
    status: int | None = Field(default=None, ge=400, le=599)
    """Answer with this HTTP error."""
    retry_after_secs: float | None = Field(default=None, ge=0)
    """Goes into the `Retry-After` header of that error."""
    hang: bool = False
    """Take the request and never answer."""
    half_open: bool = False
    """Answer the request (or the handshake), then never send anything."""
    empty: bool = False
    """Answer correctly, with nothing in it."""
    garbage: bool = False
    """Answer with bytes that are no answer."""


class ListenScript(_Strict):
    """A recogniser that hears the same words every time, on a fixed schedule."""

    transcript: str = Field(min_length=1)
    """`{turn}` is the number of the utterance on its connection, from 1."""
    final_ms: DelayMs = 150.0
    """From the end of audible audio to the final, without waiting for endpointing."""
    interim_ms: float | None = Field(default=100.0, gt=0)
    """Between interims while audio is audible; None sends none."""
    audible_level: float = Field(default=0.01, gt=0, lt=1)
    """Peak from which a message counts as audible; 1.0 is full scale."""


class SpeechToTextFaults(Faults):
    """Faults of `/v1/listen`; all but the first answer also meet connections already open."""

    connect_ms: DelayMs = 0.0
    final_ms: DelayMs = 0.0
    """Extra delay of each final result."""
    drop_after_ms: float | None = Field(default=None, ge=0)
    """Close each connection after this much audio."""
    drop_open_connections: bool = False
    """Close the connections opened before this plan was set; new ones are not touched."""
    script: ListenScript | None = None


class LanguageModelFaults(Faults):
    """Faults of `/v1/chat/completions`."""

    first_token_ms: DelayMs = 0.0
    token_ms: DelayMs = 0.0
    drop_after_tokens: int | None = Field(default=None, ge=0)
    """Cut the connection in the middle of the stream."""
    stall_after_tokens: int | None = Field(default=None, ge=0)
    """Stop sending in the middle of the stream and keep the connection."""
    reply: str | None = None
    """Say this whatever is asked; `{turn}` is the number of user messages."""


class TextToSpeechFaults(Faults):
    """Faults of `/v1/audio/speech`."""

    first_audio_ms: DelayMs = 0.0
    audio_speed: float | None = Field(default=None, gt=0)
    """Send this many seconds of audio per second; None sends as fast as it is made."""
    drop_after_bytes: int | None = Field(default=None, ge=0)
    tone_hz: float | None = Field(default=None, ge=50, le=8_000)
    """A sine from the first sample on instead of speech."""
    tone_step_hz: float = Field(default=0.0, ge=0, le=100)
    """Raises the tone by this times the first number in the text (modulo 20)."""


class FaultPlan(_Strict):
    """The faults of the whole server."""

    seed: int = 0
    speech_to_text: SpeechToTextFaults = SpeechToTextFaults()
    language_model: LanguageModelFaults = LanguageModelFaults()
    text_to_speech: TextToSpeechFaults = TextToSpeechFaults()


_F = TypeVar("_F", SpeechToTextFaults, LanguageModelFaults, TextToSpeechFaults)


class FaultBox:
    """Holds the plan in force, counts its requests and draws its delays.

    Args:
        takes_orders: Whether requests may bring faults of their own; else they are as good as not
            there.
    """

    def __init__(self, *, takes_orders: bool = False) -> None:
        self.takes_orders = takes_orders
        self.generation = 0
        """Grows with each plan set; a connection older than the plan has a smaller one."""
        self.set(FaultPlan())

    def set(self, plan: FaultPlan) -> None:
        """Put a plan in force, with its counts and its random numbers from the start."""
        self.plan = plan
        self.generation += 1
        self._random = random.Random(plan.seed)
        parts = (plan.speech_to_text, plan.language_model, plan.text_to_speech)
        self._left = {type(part): part.requests for part in parts}

    def clear(self) -> None:
        """Back to a server that does its best."""
        self.set(FaultPlan())

    def take(self, faults: _F, *, own: str | None) -> _F:
        """Return the faults of one new request and count it.

        Args:
            faults: The part's faults in the plan.
            own: The request's own faults as JSON; they replace the plan's.

        Raises:
            pydantic.ValidationError: if `own` is not valid.
        """
        kind = type(faults)
        if own is not None and self.takes_orders:
            return kind.model_validate_json(own)
        left = self._left[kind]
        if left is None:
            return faults
        if left == 0:
            return kind()
        self._left[kind] = left - 1
        return faults

    def draw_secs(self, delay: DelayMs) -> float:
        """Return one delay in seconds."""
        if isinstance(delay, LogNormalMs):
            if not delay.median_ms:
                return 0.0
            return self._random.lognormvariate(math.log(delay.median_ms), delay.sigma) / 1_000
        return delay / 1_000
