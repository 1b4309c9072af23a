"""Set F: Deepgram's Flux (`/v2/listen`) as documented.

developers.deepgram.com/docs/flux/state: an `Update` for every 0.25 s of audio unless something else
is told; `StartOfTurn` with the first words; `EagerEndOfTurn`, never empty, and `TurnResumed` only
where `eager_eot_threshold` was given; the words of an `EndOfTurn` are those of the `EagerEndOfTurn`
before it, or `TurnResumed` came between. `ForceEndTurn` (docs/flux/force-end-turn) ends a turn that
is on. No word is told before its audio has ended.
When a turn is over: bench/standin/flux_options.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aiohttp import web
from typing_extensions import override

from bench.standin.flux_options import FluxOptions, confidence_after, quiet_secs_of
from bench.standin.live_ear import Ear, LiveSocket, Told
from bench.standin.script import Script
from bench.standin.spoken_words import SpokenWord, text_of

_UPDATE_SECS = 0.25


class Flux(Ear):
    """One connection's ear."""

    def __init__(self, options: FluxOptions) -> None:
        self._options = options
        self._words: list[SpokenWord] = []
        """Of this turn, spoken or still to come."""
        self._at_secs = 0.0
        self._turn = 0
        self._turn_start_secs = 0.0
        self._is_on = False
        self._eager_words: int | None = None
        """How many words the last `EagerEndOfTurn` had; None: there is none to be confirmed."""
        self._messages = 0

    def connected(self) -> Told:
        """Return the message that a connection begins with."""
        return Told(self._numbered({"type": "Connected"}))

    @override
    def expect(self, words: Sequence[SpokenWord]) -> None:
        self._words += words

    @override
    def hear(self, until_secs: float) -> list[Told]:
        told: list[Told] = []
        while (next_secs := self._next_secs()) <= until_secs:
            self._at_secs = next_secs
            told += self._tell()
        self._at_secs = until_secs
        return told

    @override
    def obey(self, order: dict[str, Any]) -> list[Told]:
        match order.get("type"):
            case "ForceEndTurn":
                return [*self._resumed(), self._end("manual")] if self._is_on else []
            case "Configure":
                return [Told(self._numbered(self._configured(order)))]
            case kind:
                error = {"code": "UNPARSABLE_CLIENT_MESSAGE", "description": str(kind)}
                return [Told(self._numbered({"type": "Error"} | error), is_fatal=True)]

    @override
    def close(self) -> list[Told]:
        return []

    def _configured(self, order: dict[str, Any]) -> dict[str, Any]:
        try:
            self._options = FluxOptions.of(order.get("thresholds") or {}, self._options)
        except ValueError as error:
            return {"type": "ConfigureFailure", "code": "INVALID", "description": str(error)}
        thresholds = {
            "eot_threshold": self._options.eot_threshold,
            "eager_eot_threshold": self._options.eager_eot_threshold,
            "eot_timeout_ms": self._options.eot_timeout_ms,
        }
        keyterms = order.get("keyterms") or []
        return {"type": "ConfigureSuccess", "thresholds": thresholds, "keyterms": keyterms}

    def _next_secs(self) -> float:
        """Return when something happens next in what is known."""
        return min(self._grid_secs(), self._eager_secs(), self._end_secs())

    def _grid_secs(self) -> float:
        return (math.floor(self._at_secs / _UPDATE_SECS + 1e-6) + 1) * _UPDATE_SECS

    def _eager_secs(self) -> float:
        threshold = self._options.eager_eot_threshold
        for count in range(1, len(self._words) + 1):
            # Not again on the same words, nor on fewer.
            if threshold is not None and count > (self._eager_words or 0):
                due_secs = self._due_secs(count, quiet_secs_of(threshold))
                if due_secs < math.inf:
                    return due_secs
        return math.inf

    def _end_secs(self) -> float:
        timeout_secs = self._options.eot_timeout_ms / 1000
        quiet_secs = min(quiet_secs_of(self._options.eot_threshold), timeout_secs)
        return min(
            (self._due_secs(count, quiet_secs) for count in range(1, len(self._words) + 1)),
            default=math.inf,
        )

    def _due_secs(self, count: int, quiet_secs: float) -> float:
        """Return when it has been quiet for so long after the first `count` words; inf: never."""
        due_secs = self._words[count - 1].end_secs + quiet_secs
        following = self._words[count : count + 1]
        if following and following[0].start_secs < due_secs:
            return math.inf
        # An option may have been changed after that time.
        if following and following[0].start_secs < self._at_secs:
            return math.inf
        return max(due_secs, self._at_secs)

    def _tell(self) -> list[Told]:
        if self._at_secs == self._end_secs():
            return [*self._started(), *self._resumed(), self._ended_by_itself()]
        if self._at_secs == self._eager_secs():
            before = [*self._started(), *self._resumed()]
            self._eager_words = len(self._spoken())
            return [*before, self._turn_info("EagerEndOfTurn")]
        return self._started() or self._resumed() or [self._turn_info("Update")]

    def _ended_by_itself(self) -> Told:
        is_sure = self._confidence() >= self._options.eot_threshold - 1e-6
        return self._end("model" if is_sure else "timeout")

    def _started(self) -> list[Told]:
        if self._is_on or not self._spoken():
            return []
        self._is_on = True
        return [self._turn_info("StartOfTurn")]

    def _resumed(self) -> list[Told]:
        """Withdraw an eager end if words have come, or are being spoken, since."""
        if self._eager_words is None:
            return []
        following = self._words[self._eager_words : self._eager_words + 1]
        if not following or following[0].start_secs >= self._at_secs:
            return []
        self._eager_words = None
        return [self._turn_info("TurnResumed")]

    def _end(self, trigger: str) -> Told:
        spoken = self._spoken()
        told = self._turn_info("EndOfTurn", trigger=trigger)
        self._words = self._words[len(spoken) :]
        self._turn += 1
        self._turn_start_secs = self._at_secs
        self._is_on, self._eager_words = False, None
        return replace(told, settled_secs=spoken[-1].end_secs)

    def _spoken(self) -> list[SpokenWord]:
        return [word for word in self._words if word.end_secs <= self._at_secs]

    def _confidence(self) -> float:
        spoken = self._spoken()
        following = self._words[len(spoken) : len(spoken) + 1]
        if not spoken or (following and following[0].start_secs <= self._at_secs):
            return confidence_after(0.0)
        return confidence_after(self._at_secs - spoken[-1].end_secs)

    def _turn_info(self, event: str, **more: str) -> Told:
        spoken = self._spoken()
        words = [
            {
                "word": word.text,
                "confidence": 0.99,
                "start": round(word.start_secs, 3),
                "end": round(word.end_secs, 3),
            }
            for word in spoken
        ]
        message = {
            "type": "TurnInfo",
            "event": event,
            "turn_index": self._turn,
            "audio_window_start": round(self._turn_start_secs, 3),
            "audio_window_end": round(self._at_secs, 3),
            "transcript": text_of(spoken),
            "words": words,
            "end_of_turn_confidence": round(self._confidence(), 4),
        }
        return Told(self._numbered(message | more))

    def _numbered(self, message: dict[str, Any]) -> dict[str, Any]:
        message |= {"request_id": "standin", "sequence_id": self._messages}
        self._messages += 1
        return message


async def listen(request: web.Request, script: Script) -> web.WebSocketResponse:
    """Serve one live transcription socket."""
    if not request.query.get("model", "").startswith("flux-"):
        raise web.HTTPBadRequest(text="this endpoint serves Flux models")
    try:
        ear = Flux(FluxOptions.of(request.query))
    except ValueError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    await socket.send_json(ear.connected().message)
    rate_hz = int(request.query.get("sample_rate", "16000"))
    await LiveSocket(script=script, socket=socket, ear=ear, sample_rate_hz=rate_hz).serve()
    return socket
