"""What a session has used of each model, as LiveKit's session protocol reports it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from livekit.protocol.agent_pb import agent_session as pb
from pipecat.metrics.metrics import (
    LLMUsageMetricsData,
    MetricsData,
    STTUsageMetricsData,
    TTSUsageMetricsData,
)


class SessionUsage:
    """Sums usage by model. The provider is not told: it is the operator's business."""

    def __init__(self) -> None:
        self._llm: dict[str, pb.LLMModelUsage] = {}
        self._tts: dict[str, pb.TTSModelUsage] = {}
        self._stt: dict[str, pb.STTModelUsage] = {}

    def add(self, data: Sequence[MetricsData]) -> bool:
        """Add what `data` says of usage; returns whether it says anything."""
        return any([self._add_one(item) for item in data])

    def report(self) -> pb.AgentSessionUsage:
        """Return the sums so far."""
        return pb.AgentSessionUsage(
            model_usage=[
                *(pb.ModelUsage(llm=usage) for usage in self._llm.values()),
                *(pb.ModelUsage(tts=usage) for usage in self._tts.values()),
                *(pb.ModelUsage(stt=usage) for usage in self._stt.values()),
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the sums in the form that `go_on` reads."""
        return MessageToDict(self.report())

    def go_on(self, told: Mapping[str, Any]) -> None:
        """Count on from what another bot has told; what cannot be read is nothing."""
        try:
            used = ParseDict(dict(told), pb.AgentSessionUsage(), ignore_unknown_fields=True)
        except ParseError:
            return
        for one in used.model_usage:
            if one.HasField("llm"):
                llm = self._llm.setdefault(one.llm.model, pb.LLMModelUsage(model=one.llm.model))
                llm.input_tokens += one.llm.input_tokens
                llm.input_cached_tokens += one.llm.input_cached_tokens
                llm.output_tokens += one.llm.output_tokens
            elif one.HasField("tts"):
                tts = self._tts.setdefault(one.tts.model, pb.TTSModelUsage(model=one.tts.model))
                tts.characters_count += one.tts.characters_count
            elif one.HasField("stt"):
                stt = self._stt.setdefault(one.stt.model, pb.STTModelUsage(model=one.stt.model))
                stt.audio_duration += one.stt.audio_duration

    def _add_one(self, item: MetricsData) -> bool:
        model = item.model or ""
        if isinstance(item, LLMUsageMetricsData):
            llm = self._llm.setdefault(model, pb.LLMModelUsage(model=model))
            llm.input_tokens += item.value.prompt_tokens
            llm.input_cached_tokens += item.value.cache_read_input_tokens or 0
            llm.output_tokens += item.value.completion_tokens
        elif isinstance(item, TTSUsageMetricsData):
            tts = self._tts.setdefault(model, pb.TTSModelUsage(model=model))
            tts.characters_count += item.value
        elif isinstance(item, STTUsageMetricsData):
            stt = self._stt.setdefault(model, pb.STTModelUsage(model=model))
            stt.audio_duration += item.value.audio_seconds
        else:
            return False
        return True
