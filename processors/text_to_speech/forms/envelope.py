"""Speech inside of text: a JSON object, lines of them, or a stream of server-sent events."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Any, cast

from ...provider_requests import EmptyAnswerError

_FIELD = re.compile(r"data: ?|(?:event|id|retry):.*|:.*")
_DATA_URL = re.compile(r"data:([^,]*);base64,")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_AUDIO_KEYS = ("audio", "data", "delta", "chunk", "b64_json", "content")
_OTHER_KEYS = ("id", "url", "type", "format", "transcript", "text")
_TYPE_KEYS = ("mime_type", "mimeType", "content_type", "contentType")
_RATE_KEYS = ("sample_rate", "sampleRate", "sampling_rate", "samplingRate")
_LEAST_HEX_CHARS = 64
"""Base64 that long has other letters too."""


class Envelope:
    """Yields the audio of each object; the first one may say what it is."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self.content_type = "audio/pcm"
        """Of the audio; known once the first of it came."""

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        """Yield audio as it arrives.

        Raises:
            EmptyAnswerError: An error was sent in its place, or what is no JSON.
        """
        pending = ""
        async for line in _lines(self._chunks):
            field = _FIELD.match(line)
            is_data = field is None or field.group().startswith("data")
            pending += line[field.end() if field else 0 :] if is_data else ""
            if pending.strip() in ("", "[DONE]"):
                pending = ""
                continue
            if not pending.rstrip().endswith(("}", "]")):
                continue
            try:
                answer: object = json.loads(pending)
            except ValueError:
                # An object may be written over several lines.
                continue
            pending = ""
            for audio in self._audio_of(answer):
                yield audio
        if pending:
            raise EmptyAnswerError("the answer is not audio")

    def _audio_of(self, answer: object) -> Iterator[bytes]:
        if isinstance(answer, dict) and (cast(dict[str, Any], answer).get("error")):
            raise EmptyAnswerError("an error in place of audio")
        texts = sorted(self._candidates(answer, ""), key=len)
        if texts and (audio := self._decoded(texts[-1])):
            yield audio

    def _candidates(self, value: object, key: str) -> Iterator[str]:
        """Yield every string that may be audio; notes what is said about it."""
        if isinstance(value, dict):
            for name, item in cast(dict[str, object], value).items():
                if name in _TYPE_KEYS and isinstance(item, str):
                    self.content_type = item
                elif name in _RATE_KEYS and isinstance(item, int):
                    self.content_type += f";rate={item}"
                else:
                    yield from self._candidates(item, name)
        elif isinstance(value, list):
            for item in cast(list[object], value):
                yield from self._candidates(item, key)
        elif isinstance(value, str) and _may_be_audio(key):
            yield value

    def _decoded(self, text: str) -> bytes:
        url = _DATA_URL.match(text)
        if url:
            self.content_type = url.group(1) or self.content_type
            text = text[url.end() :]
        if len(text) >= _LEAST_HEX_CHARS and _HEX.fullmatch(text):
            return bytes.fromhex(text)
        text = text.translate(str.maketrans("-_", "+/"))
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except binascii.Error:
            return b""


def _may_be_audio(key: str) -> bool:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower().split("_")
    return not set(words) & set(_OTHER_KEYS) and (key in _AUDIO_KEYS or "audio" in words)


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncGenerator[str]:
    rest: list[bytes] = []
    async for chunk in chunks:
        *whole, last = re.split(rb"\r\n|\n|\r", chunk)
        for line in whole:
            yield b"".join([*rest, line]).decode("utf-8", "replace").lstrip("\ufeff")
            rest.clear()
        rest.append(last)
    yield b"".join(rest).decode("utf-8", "replace").lstrip("\ufeff")
