"""AssemblyAI's streaming speech-to-text, version 3 of its protocol."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from functools import partial

from pipecat.services.assemblyai.stt import is_u3_pro_model
from pipecat.services.settings import STTSettings
from pipecat.services.stt_latency import ASSEMBLYAI_TTFS_P99
from typing_extensions import override

from ..turns.word_units import Numerals
from .assemblyai_messages import AssemblyAISocket, UnformattedTurns, read_message
from .live_service import LiveService
from .live_socket import open_live_socket
from .results import Complaint, Result

CLOUD_URL = "wss://streaming.assemblyai.com"
MODEL = "universal-3-6-pro"

_PRO = {"min_turn_silence": "100", "max_turn_silence": "100", "continuous_partials": "true"}
_OTHERS = {"min_turn_silence": "160", "end_of_turn_confidence_threshold": "1.0"}
"""Its turns are to end as soon as they can, since we decide about ours: as Pipecat's service."""


class AssemblyAISpeechToText(LiveService):
    """AssemblyAI's live endpoint on a connection of our own.

    Args:
        api_key: Sent with every connection.
        base_url: Without the path, as of its endpoint in Europe; empty for the nearest.
        model: Empty for the newest.
        language: A BCP-47 tag; empty or "multi": it finds out. Older models know no other way.
        patience_secs: Without a useful connection before the service is unusable; None for 60 s.
        numerals: That language's number words, which a recogniser may also write as digits.
    """

    def __init__(  # noqa: PLR0913 - the constructor that every recogniser has
        self,
        *,
        api_key: str,
        base_url: str = "",
        model: str = "",
        language: str = "",
        patience_secs: float | None = None,
        numerals: Numerals | None = None,
    ) -> None:
        spoken = "" if language == "multi" else language.partition("-")[0]
        super().__init__(
            settings=STTSettings(model=model or MODEL, language=spoken or None),
            patience_secs=patience_secs,
            ttfs_p99_secs=ASSEMBLYAI_TTFS_P99,
            numerals=numerals,
        )
        self._api_key = api_key
        self._base_url = (base_url or CLOUD_URL).rstrip("/")
        self._unformatted = UnformattedTurns()

    @property
    def query(self) -> dict[str, str]:
        """What a connection is asked for."""
        fields = self.settings.given_fields()
        is_pro = is_u3_pro_model(fields["model"])
        query = {
            "speech_model": fields["model"],
            "sample_rate": str(self.sample_rate),
            "encoding": "pcm_s16le",
            "format_turns": "true",
            **(_PRO if is_pro else _OTHERS),
        }
        if is_pro and fields["language"]:
            query["language_codes"] = json.dumps([str(fields["language"])])
        return query

    @override
    def open_socket(self) -> AbstractAsyncContextManager[AssemblyAISocket]:
        """Connect by the present settings."""
        self._unformatted.begin_anew()
        return open_live_socket(
            partial(AssemblyAISocket, sample_rate_hz=self.sample_rate),
            address=f"{self._base_url}/v3/ws",
            query=self.query,
            headers={"Authorization": self._api_key},
        )

    @override
    def read_message(self, raw: str | bytes) -> Result | Complaint | None:
        """Read one of AssemblyAI's messages."""
        return read_message(raw)

    @override
    async def _handle_message(self, raw: str | bytes) -> None:
        if missed := self._unformatted.missed(raw):
            await self._handle_result(missed)
        await super()._handle_message(raw)
