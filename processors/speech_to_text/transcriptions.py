"""What a server answers to OpenAI's `POST /audio/transcriptions`, in whichever format it has."""

from __future__ import annotations

import re
from typing import Any, cast

from .results import fields_of

_NO_SPEECH = re.compile(r"\s*(<|\{|\[\s*[\]{\"])|.*[\0\ufffd]", re.DOTALL)
"""A page, JSON, or bytes that are no text; "[BLANK_AUDIO]" is what Whisper calls silence."""


def text_of(body: str, *, content_type: str) -> str:
    """Return the words of an answer: of `json`, `verbose_json`, or of `text` that nobody asked for.

    Args:
        body: The answer.
        content_type: What the server calls it.

    Raises:
        ValueError: It is a page, an error that calls itself a success, or anything else.
    """
    fields = fields_of(body)
    if fields is not None:
        return _text_of_fields(fields)
    is_text = content_type.partition(";")[0].strip().casefold() == "text/plain"
    if not is_text or _NO_SPEECH.match(body):
        raise ValueError("no transcription")
    return body


def _text_of_fields(fields: dict[str, Any]) -> str:
    text, segments = fields.get("text"), fields.get("segments")
    if fields.get("error"):
        raise ValueError("an error that calls itself a success")
    if isinstance(text, str):
        return text
    if text is None and isinstance(segments, list):
        listed = [s for s in cast(list[object], segments) if isinstance(s, dict)]
        texts = [cast(dict[str, Any], segment).get("text") for segment in listed]
        return "".join(each for each in texts if isinstance(each, str))
    if text is None and "text" in fields:
        # What some say of silence.
        return ""
    raise ValueError("no transcription")
