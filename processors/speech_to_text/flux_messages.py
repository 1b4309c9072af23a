"""What goes over the wire of Deepgram's Flux (`/v2/listen`), in both directions.

Every message tells of a turn: all its words so far, and how far the audio has been heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from .live_socket import LiveSocket
from .results import Complaint, Result, fields_of, number_of

EAGER_CONFIDENCE = 0.5
"""Worth an answer made ahead of time, as of the turn model; Pipecat's own default for Flux."""

SURE_CONFIDENCE = 0.8
"""Flux ends its turn by itself. Ours goes on all the same until we end it, and other than
`ForceEndTurn` such an end costs no round trip."""

_HUSH_SECS = 0.1
"""Its messages say how much audio is transcribed, whatever words there are in it."""

_CODE_CHARS = 40


class FluxSocket(LiveSocket):
    """What Flux calls things. It ends a connection at a message that it does not know."""

    FINALIZE = '{"type":"ForceEndTurn"}'
    CLOSE = '{"type":"CloseStream"}'


def read_message(raw: str | bytes) -> Result | Complaint | None:
    """Read a message; None for one that tells of no turn.

    `Warning` is such a one: that no turn was on to be ended, the next messages show as well.
    """
    fields = fields_of(raw)
    if fields is None:
        return Complaint("unreadable message")
    if fields.get("type") in ("Error", "FatalError", "error"):
        code = fields.get("code")
        is_code = isinstance(code, str | int) and len(str(code)) <= _CODE_CHARS
        return Complaint(str(code) if is_code else "no code")
    return _turn(fields) if fields.get("type") == "TurnInfo" else None


def _turn(fields: Mapping[str, Any]) -> Result:
    event = fields.get("event")
    listed = _objects(fields.get("words"))
    text = _text(fields.get("transcript"), listed)
    # An end without words takes back none that were shown.
    is_final = event == "EndOfTurn" and bool(text)
    return Result(
        text=text,
        is_final=is_final,
        is_from_finalize=None if is_final else False,
        span_secs=_span_secs(fields, listed),
        hush_secs=_HUSH_SECS,
        end_confidence=_end_confidence(event, fields.get("end_of_turn_confidence")),
    )


def _objects(value: object) -> list[Mapping[str, Any]]:
    found = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("Mapping[str, Any]", one) for one in found if isinstance(one, dict)]


def _text(transcript: object, words: list[Mapping[str, Any]]) -> str:
    if isinstance(transcript, str):
        return transcript.strip()
    return " ".join(str(word["word"]) for word in words if isinstance(word.get("word"), str))


def _span_secs(
    fields: Mapping[str, Any], words: list[Mapping[str, Any]]
) -> tuple[float, float] | None:
    """Return from where the first word begins to where the audio was heard."""
    start_secs = number_of(words[0].get("start")) if words else None
    if start_secs is None:
        start_secs = number_of(fields.get("audio_window_start"))
    end_secs = number_of(fields.get("audio_window_end"))
    return None if start_secs is None or end_secs is None else (start_secs, end_secs)


def _end_confidence(event: object, confidence: object) -> float | None:
    if event == "TurnResumed":
        return 0.0
    if event not in ("EagerEndOfTurn", "EndOfTurn"):
        return None
    number = number_of(confidence)
    return EAGER_CONFIDENCE if number is None else min(1.0, number)
