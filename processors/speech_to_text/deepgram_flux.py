"""Deepgram Flux: recognisers that also hear where a turn ends, by a protocol of their own."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager

from pipecat.frames.frames import TranscriptionFrame
from pipecat.utils.time import time_now_iso8601
from typing_extensions import override

from ..turns.stretch import SLACK_SECS, Stretch
from .deepgram import DeepgramSpeechToText, written
from .deepgram_socket import CLOUD_URL
from .flux_messages import EAGER_CONFIDENCE, SURE_CONFIDENCE, FluxSocket, read_message
from .live_connection import KEEP_ALIVE_SECS
from .live_socket import LiveSocket, open_live_socket
from .results import Complaint, Result

MODEL = "flux-general-en"
_MULTILINGUAL = "flux-general-multi"

_SILENCE_SECS = 0.08
"""The least that Flux looks at."""


class FluxSpeechToText(DeepgramSpeechToText):
    """Flux's endpoint on a connection of our own; audio is sent as it comes.

    Its turns are not the caller's: they end at every pause. That it takes a turn for over is told
    (`EndOfTurnHeardFrame`) and decides nothing.
    """

    default_model = MODEL
    _shown: tuple[str, Stretch] | None = None
    """The words of a turn that is on, and where they are in the session's audio."""

    @property
    @override
    def query(self) -> dict[str, str | list[str]]:
        """What a connection is asked for; a language is declared to the multilingual model only."""
        fields = self.settings.given_fields()
        language = fields.pop("language", None)
        is_hinted = fields["model"] == _MULTILINGUAL and language not in (None, "multi")
        return written(
            {
                "eager_eot_threshold": EAGER_CONFIDENCE,
                "eot_threshold": SURE_CONFIDENCE,
                "language_hint": str(language) if is_hinted else None,
                **fields,
                "encoding": "linear16",
                "sample_rate": self.sample_rate,
            }
        )

    @override
    def open_socket(self) -> AbstractAsyncContextManager[LiveSocket]:
        """Connect by the present settings."""
        return open_live_socket(
            FluxSocket,
            address=(self._base_url or CLOUD_URL).rstrip("/") + "/v2/listen",
            query=self.query,
            headers={"Authorization": f"Token {self._api_key}"},
        )

    @override
    def read_message(self, raw: str | bytes) -> Result | Complaint | None:
        """Read one of Flux's messages."""
        return read_message(raw)

    @override
    async def _begin_stream(self, socket: LiveSocket) -> None:
        """Take words whose audio is too old to be sent again: a turn may be any length."""
        shown, self._shown = self._shown, None
        kept_secs = self.unsettled.kept.start_bytes / (2 * self.sample_rate)
        if shown and shown[1].start_secs < kept_secs - SLACK_SECS:
            frame = TranscriptionFrame(shown[0], self._caller_id, time_now_iso8601())
            shown[1].note_on(frame)
            await self.push_final(frame, is_last=False)
        await super()._begin_stream(socket)

    @override
    async def _handle_result(self, result: Result) -> None:
        """Take the words; ask again for what was not ended, and see when nothing is left to end.

        A request that finds no turn on is not answered: the words may have been final before it, or
        their turn may begin behind it.
        """
        stretch = self.unsettled.stretch_of(result)
        self._shown = (result.text, stretch) if stretch and not result.is_final else None
        await super()._handle_result(result)
        if not self.unsettled.is_asked or not self.unsettled.is_beyond_request(result):
            return
        if not result.text:
            self.unsettled.settle_request()
            await self.push_settled()
        elif not result.is_final and self._socket:
            await self._socket.send_finalize()

    @override
    async def _keep_alive(self, socket: LiveSocket) -> None:
        """Send silence when no audio comes: Flux has no other message for it."""
        while True:
            end_bytes = self.unsettled.kept.end_bytes
            await asyncio.sleep(KEEP_ALIVE_SECS)
            if self.unsettled.kept.end_bytes == end_bytes:
                silence = bytes(2 * int(_SILENCE_SECS * self.sample_rate))
                self.unsettled.kept.note_filling(len(silence))
                await socket.send_media(silence)
