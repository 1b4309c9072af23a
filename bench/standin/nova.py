"""Set D: Deepgram's Nova (`/v1/listen`) as documented.

Interim results come once a second of audio, with all words so far: windows of 1.1 s, 2.1 s, ... in
the sample of developers.deepgram.com/docs/using-interim-results; public logs agree (nova-2 in
pipecat-ai/pipecat#1261). No word is told before its audio has ended. What is left comes with the
final: after `Finalize` (developers.deepgram.com/docs/finalize), or after `endpointing` of silence,
10 ms unless asked otherwise (developers.deepgram.com/docs/endpointing). Each message is 150 ms
behind the audio it is about: finals are 30 to 350 ms behind `Finalize` in public measurements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from typing_extensions import override

from bench.standin.live_ear import Ear, LiveSocket, Told
from bench.standin.script import Script
from bench.standin.spoken_words import SpokenWord, text_of

_FIRST_INTERIM_SECS, _INTERIM_SECS = 1.1, 1.0
_ENDPOINTING_MS = 10.0


@dataclass(frozen=True)
class NovaOptions:
    """What a connection asked for."""

    endpointing_secs: float | None = _ENDPOINTING_MS / 1000
    """Silence that ends an utterance; None: only `Finalize` does."""
    has_interims: bool = False
    has_vad_events: bool = False
    utterance_end_secs: float | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> NovaOptions:
        """Read a connection's query."""
        asked = query.get("endpointing", "true")
        endpointing_ms = _ENDPOINTING_MS if asked == "true" else asked
        gap_ms = query.get("utterance_end_ms")
        return cls(
            endpointing_secs=None if asked == "false" else float(endpointing_ms) / 1000,
            has_interims=query.get("interim_results") == "true",
            has_vad_events=query.get("vad_events") == "true",
            utterance_end_secs=None if gap_ms is None else float(gap_ms) / 1000,
        )


class Nova(Ear):
    """One connection's ear."""

    def __init__(self, options: NovaOptions) -> None:
        self._options = options
        self._words: list[SpokenWord] = []
        """Not final yet, spoken or still to come."""
        self._at_secs = 0.0
        self._anchor_secs: float | None = None
        """Where the windows begin; None between utterances."""
        self._windows = 0
        self._last_end_secs = 0.0
        self._is_gap_owed = False

    @override
    def expect(self, words: Sequence[SpokenWord]) -> None:
        self._words += words

    @override
    def hear(self, until_secs: float) -> list[Told]:
        told: list[Told] = []
        while (next_secs := self._next_secs()) is not None and next_secs <= until_secs:
            self._at_secs = next_secs
            told += self._tell()
        self._at_secs = until_secs
        return told

    @override
    def obey(self, order: dict[str, Any]) -> list[Told]:
        if order.get("type") != "Finalize":
            return []
        told = [self._final(speech_final=False, from_finalize=True)]
        if self._anchor_secs is not None:
            self._anchor_secs = self._at_secs if self._words else None
            self._windows = 0
        return told

    @override
    def close(self) -> list[Told]:
        return [Told({"type": "Metadata", "request_id": "standin", "channels": 1})]

    def _next_secs(self) -> float | None:
        """Return when something happens next in what is known; None: never."""
        due = [self._start_secs(), self._window_secs(), self._endpoint_secs(), self._gap_secs()]
        return min((secs for secs in due if secs is not None), default=None)

    def _start_secs(self) -> float | None:
        if self._anchor_secs is None and self._words:
            return max(self._at_secs, self._words[0].start_secs)
        return None

    def _window_secs(self) -> float | None:
        if self._anchor_secs is None or not self._options.has_interims:
            return None
        return self._anchor_secs + _FIRST_INTERIM_SECS + self._windows * _INTERIM_SECS

    def _endpoint_secs(self) -> float | None:
        """Return when it has been quiet for long enough after the words that are known."""
        silence_secs = self._options.endpointing_secs
        if silence_secs is None or self._anchor_secs is None or not self._words:
            return None
        for word, following in zip(self._words, [*self._words[1:], None], strict=True):
            if following is None or following.start_secs - word.end_secs > silence_secs:
                return max(self._at_secs, word.end_secs + silence_secs)
        return None

    def _gap_secs(self) -> float | None:
        gap_secs = self._options.utterance_end_secs
        if gap_secs is None or not self._is_gap_owed or self._anchor_secs is not None:
            return None
        return self._last_end_secs + gap_secs

    def _tell(self) -> list[Told]:
        if self._at_secs == self._start_secs():
            self._anchor_secs, self._windows = self._at_secs, 0
            started = {"type": "SpeechStarted", "channel": [0], "timestamp": self._at_secs}
            return [Told(started)] if self._options.has_vad_events else []
        if self._at_secs == self._endpoint_secs():
            told = self._final(speech_final=True, from_finalize=False)
            self._anchor_secs = None
            return [told]
        if self._at_secs == self._window_secs():
            self._windows += 1
            return [Told(self._results(self._spoken(), is_final=False))]
        self._is_gap_owed = False
        end = {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": self._last_end_secs}
        return [Told(end)]

    def _spoken(self) -> list[SpokenWord]:
        return [word for word in self._words if word.end_secs <= self._at_secs]

    def _final(self, *, speech_final: bool, from_finalize: bool) -> Told:
        spoken = self._spoken()
        message = self._results(spoken, is_final=True, speech_final=speech_final)
        message["from_finalize"] = from_finalize
        self._words = self._words[len(spoken) :]
        if not spoken:
            return Told(message)
        self._last_end_secs, self._is_gap_owed = spoken[-1].end_secs, True
        return Told(message, settled_secs=self._last_end_secs)

    def _results(
        self, words: Sequence[SpokenWord], *, is_final: bool, speech_final: bool = False
    ) -> dict[str, Any]:
        start_secs = self._at_secs if self._anchor_secs is None else self._anchor_secs
        return results(
            words, (start_secs, self._at_secs), is_final=is_final, speech_final=speech_final
        )


def results(
    words: Sequence[SpokenWord],
    span_secs: tuple[float, float],
    *,
    is_final: bool,
    speech_final: bool = False,
    from_finalize: bool = False,
) -> dict[str, Any]:
    """Return a message about a span of the stream, from its start to its end."""
    start_secs, end_secs = span_secs
    told = [
        {
            "word": word.text.lower().strip(".,!?"),
            "punctuated_word": word.text,
            "start": round(word.start_secs, 3),
            "end": round(word.end_secs, 3),
            "confidence": 0.99,
        }
        for word in words
    ]
    alternative = {"transcript": text_of(words), "confidence": 0.99, "words": told}
    return {
        "type": "Results",
        "channel_index": [0, 1],
        "start": round(start_secs, 3),
        "duration": round(end_secs - start_secs, 3),
        "is_final": is_final,
        "speech_final": speech_final,
        "from_finalize": from_finalize,
        "channel": {"alternatives": [alternative]},
        "metadata": {
            "request_id": "standin",
            "model_uuid": "standin",
            "model_info": {"name": "nova-3", "version": "standin", "arch": "nova-3"},
        },
    }


async def listen(request: web.Request, script: Script) -> web.WebSocketResponse:
    """Serve one live transcription socket."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    ear = Nova(NovaOptions.of(request.query))
    rate_hz = int(request.query.get("sample_rate", "16000"))
    await LiveSocket(script=script, socket=socket, ear=ear, sample_rate_hz=rate_hz).serve()
    return socket
