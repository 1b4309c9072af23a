from __future__ import annotations

import pytest
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMAssistantAggregator
from pipecat.processors.audio.audio_buffer_processor import AudioBufferProcessor
from pipecat.processors.filters.identity_filter import IdentityFilter
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.llm_service import LLMService
from pipecat.services.tts_service import TTSService
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from typing_extensions import override

from processors.audio_listeners import is_audio_heard_after


class Silent(IdentityFilter):
    ignores_audio = True


class HearingModel(LLMService):
    ignores_audio = False


class Voice(TTSService):
    @override
    async def run_tts(self, text: str, context_id: str):  # pyright: ignore[reportIncompatibleMethodOverride]
        yield None


def memory() -> LLMAssistantAggregator:
    return LLMAssistantAggregator(LLMContext())


def stages() -> list[FrameProcessor]:
    return [LLMService(), Voice(), BaseOutputTransport(TransportParams()), memory()]


@pytest.mark.parametrize(
    ("after", "is_heard"),
    [
        (lambda: [], False),
        (stages, False),
        (lambda: [*stages(), AudioBufferProcessor()], True),
        (lambda: [IdentityFilter(), *stages()], True),
        (lambda: [Silent()], False),
        (lambda: [HearingModel()], True),
        (lambda: [Pipeline(stages()), memory()], False),
        (lambda: [Pipeline([Pipeline([LLMService(), IdentityFilter()])])], True),
    ],
)
async def test_audio_goes_on_only_where_somebody_may_listen(
    after: type[list[FrameProcessor]], is_heard: bool
) -> None:
    first, last = IdentityFilter(), IdentityFilter()
    Pipeline([last, first, *after()])
    assert is_audio_heard_after(first) is is_heard
