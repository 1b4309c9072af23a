"""Decodes recordings in the test's own process, at once: there are no others in virtual time."""

from __future__ import annotations

from collections.abc import Mapping

from processors.room.pre_connect_decoder import DecodingError
from processors.room.pre_connect_helper import RefusedError, decode


class InlineDecoder:
    """Stands for the helper process."""

    def __init__(self, *, sample_rate_hz: int, max_secs: float) -> None:
        self._sample_rate_hz = sample_rate_hz
        self._max_secs = max_secs

    async def decode(self, data: bytes, *, mime_type: str, attributes: Mapping[str, str]) -> bytes:
        try:
            return decode(
                data,
                mime_type=mime_type,
                raw_form=(
                    int(attributes.get("sampleRate", "0")),
                    int(attributes.get("channels", "0")),
                ),
                sample_rate_hz=self._sample_rate_hz,
                max_secs=self._max_secs,
            )
        except RefusedError as error:
            raise DecodingError("refused") from error

    async def close(self) -> None: ...
