"""Who still listens to audio further down a pipeline, so that it need not travel to nobody.

Audio comes some thirty times a second, and each stock processor on its way costs two tasks a frame.
So the caller's audio ends at the user aggregator and the bot's at the output transport, unless
somebody behind them may listen: a recorder, a meter, a processor nobody here knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipecat.pipeline.pipeline import PipelineSink, PipelineSource
from pipecat.processors.aggregators.llm_response_universal import LLMAssistantAggregator
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.llm_service import LLMService
from pipecat.services.tts_service import TTSService
from pipecat.transports.base_output import BaseOutputTransport

_DEAF = (
    LLMService,
    TTSService,
    BaseOutputTransport,
    LLMAssistantAggregator,
    PipelineSource,
    PipelineSink,
)


def is_audio_heard_after(processor: FrameProcessor) -> bool:
    """Tell whether anybody after `processor`, in its own list, may listen to audio.

    Ask once the pipeline is linked. A processor may say so itself by an attribute `ignores_audio`:
    True for one of your own that has no use for audio, False for a language model that hears.
    """
    return any(_may_listen(following) for following in _after(processor))


def _after(processor: FrameProcessor) -> Iterator[FrameProcessor]:
    following = processor.next
    while following is not None:
        yield following
        following = following.next


def _may_listen(processor: FrameProcessor) -> bool:
    if getattr(processor, "ignores_audio", isinstance(processor, _DEAF)):
        return False
    # A pipeline in the list listens if one of its parts does.
    return not processor.processors or any(map(_may_listen, processor.processors))
