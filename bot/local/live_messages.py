"""Deepgram's live protocol: the query a client opens with and the messages it gets back."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bot.local.audio_input import BYTES_PER_SAMPLE, Encoding
from processors.moonshine import Transcript

MODEL_NAME = "moonshine-tiny-en"
_MODEL_UUID = "00000000-0000-0000-0000-6d6f6f6e7368"
_EDGE_PUNCTUATION = ".,!?;:\"'()"

# Deepgram's own default of 10 ms suits a recogniser that sees past its cuts. This one decodes each
# segment alone, and 300 ms is where cuts inside a sentence become rare.
_DEFAULT_ENDPOINTING_MS = 300


def _endpointing(value: object) -> object:
    if value in ("false", False):
        return None
    return _DEFAULT_ENDPOINTING_MS if value in ("true", True) else value


class ListenQuery(BaseModel):
    """What `/v1/listen` understands; other options of Deepgram are accepted and ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    encoding: Encoding
    sample_rate: int = Field(ge=8_000, le=48_000)
    channels: int = Field(default=1, ge=1, le=2)
    multichannel: bool = False
    language: str = Field(default="en", pattern=r"^(?i:en([-_].*)?|multi)$")
    interim_results: bool = False
    punctuate: bool = False
    smart_format: bool = False
    vad_events: bool = False
    endpointing: Annotated[int | None, BeforeValidator(_endpointing)] = Field(
        default=_DEFAULT_ENDPOINTING_MS, ge=0, le=10_000
    )
    """Silence in ms that ends an utterance; None ends none."""
    utterance_end_ms: int | None = Field(default=None, ge=1, le=30_000)

    @model_validator(mode="after")
    def _check_channels(self) -> ListenQuery:
        if self.multichannel and self.channels > 1:
            raise ValueError("multichannel: only one channel is transcribed here")
        return self

    @property
    def is_punctuated(self) -> bool:
        return self.punctuate or self.smart_format

    @property
    def bytes_per_sec(self) -> int:
        return self.sample_rate * self.channels * BYTES_PER_SAMPLE[self.encoding]


@dataclass(frozen=True, kw_only=True)
class HeardSpan:
    """Where in the stream a transcript belongs; all times in seconds from its beginning."""

    start_secs: float
    end_secs: float
    voiced_until_secs: float


@dataclass(frozen=True, kw_only=True)
class Finality:
    """What is final about a final result."""

    speech_final: bool = False
    """The utterance is over."""
    from_finalize: bool = False
    """The client asked for it."""


class LiveMessages:
    """Builds the messages of one connection."""

    def __init__(self, *, request_id: str, query: ListenQuery) -> None:
        self._query = query
        self._request_id = request_id
        self._metadata = {
            "request_id": request_id,
            "model_info": {"name": MODEL_NAME, "version": "0.1.0", "arch": "moonshine"},
            "model_uuid": _MODEL_UUID,
        }

    def results(
        self,
        transcript: Transcript,
        span: HeardSpan,
        *,
        finality: Finality | None,
    ) -> dict[str, Any]:
        """Return one `Results` message; an interim one if `finality` is None."""
        text = transcript.text if self._query.is_punctuated else _plain(transcript.text)
        alternative = {
            "transcript": text,
            "confidence": transcript.confidence,
            "words": self._words(text, transcript.confidence, span),
        }
        return {
            "type": "Results",
            "channel_index": [0, 1],
            "start": round(span.start_secs, 3),
            "duration": round(span.end_secs - span.start_secs, 3),
            "is_final": finality is not None,
            "speech_final": finality is not None and finality.speech_final,
            "from_finalize": finality is not None and finality.from_finalize,
            "channel": {"alternatives": [alternative]},
            "metadata": self._metadata,
        }

    def speech_started(self, at_secs: float) -> dict[str, Any]:
        """Return the `SpeechStarted` message."""
        return {"type": "SpeechStarted", "channel": [0, 1], "timestamp": round(at_secs, 3)}

    def utterance_end(self, last_word_end_secs: float) -> dict[str, Any]:
        """Return the `UtteranceEnd` message."""
        end_secs = round(last_word_end_secs, 3)
        return {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": end_secs}

    def metadata(self, duration_secs: float) -> dict[str, Any]:
        """Return the `Metadata` message that closes a stream."""
        return {
            "type": "Metadata",
            "transaction_key": "deprecated",
            "request_id": self._request_id,
            "sha256": hashlib.sha256(self._request_id.encode()).hexdigest(),
            "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "duration": round(duration_secs, 3),
            "channels": self._query.channels,
        }

    def error(self, description: str) -> dict[str, Any]:
        """Return an `Error` message about something the client sent."""
        return {
            "type": "Error",
            "variant": "UnparsableClientMessage",
            "code": "DATA-0000",
            "description": description,
            "message": description,
        }

    def _words(self, text: str, confidence: float, span: HeardSpan) -> list[dict[str, Any]]:
        """Spread the words over the voiced span by their letters: the model gives no times."""
        words = text.split()
        letters = sum(len(word) + 1 for word in words)
        secs_per_letter = (span.voiced_until_secs - span.start_secs) / letters if letters else 0.0
        at_secs = span.start_secs
        spread: list[dict[str, Any]] = []
        for word in words:
            end_secs = at_secs + (len(word) + 1) * secs_per_letter
            entry: dict[str, Any] = {
                "word": word.strip(_EDGE_PUNCTUATION).lower(),
                "start": round(at_secs, 3),
                "end": round(end_secs, 3),
                "confidence": confidence,
            }
            if self._query.is_punctuated:
                entry["punctuated_word"] = word
            spread.append(entry)
            at_secs = end_secs
        return spread


def _plain(text: str) -> str:
    """Lower case without sentence marks; apostrophes inside words stay."""
    return " ".join(re.sub(r"[^\w\s'-]", " ", text.lower()).split())
