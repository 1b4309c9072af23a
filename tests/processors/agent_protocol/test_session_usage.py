from __future__ import annotations

import json

import pytest
from livekit.protocol.agent_pb import agent_session as pb
from pipecat.metrics.metrics import (
    LLMTokenUsage,
    LLMUsageMetricsData,
    MetricsData,
    STTUsage,
    STTUsageMetricsData,
    TTFBMetricsData,
    TTSUsageMetricsData,
)

from processors.agent_protocol.events import Stage
from processors.agent_protocol.session_usage import SessionUsage
from tests.fake_room import settle
from tests.processors.agent_protocol.test_session_host import Channel


def _tokens(model: str, prompt: int, answer: int, cached: int | None) -> MetricsData:
    value = LLMTokenUsage(
        prompt_tokens=prompt,
        completion_tokens=answer,
        total_tokens=prompt + answer,
        cache_read_input_tokens=cached,
    )
    return LLMUsageMetricsData(processor="x", model=model, value=value)


@pytest.mark.promise("Captions and clients", "Usage is summed for each model of each stage.")
def test_usage_is_summed_by_model() -> None:
    usage = SessionUsage()
    assert usage.add([_tokens("gpt", 100, 10, 40), _tokens("other", 7, 3, None)])
    assert usage.add([_tokens("gpt", 50, 20, None)])
    for chars, secs in ((30, 1.5), (12, 2.0)):
        heard = STTUsageMetricsData(processor="y", model="nova", value=STTUsage(audio_seconds=secs))
        assert usage.add([TTSUsageMetricsData(processor="z", model="alloy", value=chars), heard])
    assert not usage.add([TTFBMetricsData(processor="x", value=0.2)])
    assert list(usage.report().model_usage) == [
        pb.ModelUsage(
            llm=pb.LLMModelUsage(
                model="gpt", input_tokens=150, input_cached_tokens=40, output_tokens=30
            )
        ),
        pb.ModelUsage(llm=pb.LLMModelUsage(model="other", input_tokens=7, output_tokens=3)),
        pb.ModelUsage(tts=pb.TTSModelUsage(model="alloy", characters_count=42)),
        pb.ModelUsage(stt=pb.STTModelUsage(model="nova", audio_duration=3.5)),
    ]


async def test_usage_is_told_once_for_each_reply_that_used_something() -> None:
    channel = Channel()
    tokens = LLMTokenUsage(prompt_tokens=10, completion_tokens=5, total_tokens=15)
    used = LLMUsageMetricsData(processor="x", model="m", value=tokens)
    channel.session.measured(Stage.LANGUAGE_MODEL, [used])
    channel.session.measured(Stage.LANGUAGE_MODEL, [TTFBMetricsData(processor="x", value=1.0)])
    for _ in range(2):
        channel.session.playout_stopped(is_interrupted=False)
    await settle()
    assert len(channel.events("session_usage_updated")) == 1
    await channel.session.close()


@pytest.mark.promise(
    "Captions and clients", "What a client reads of a call outlives the bot that told it."
)
def test_another_bot_counts_on() -> None:
    def used() -> SessionUsage:
        usage = SessionUsage()
        heard = STTUsageMetricsData(processor="y", model="nova", value=STTUsage(audio_seconds=1.5))
        spoken = TTSUsageMetricsData(processor="z", model="alloy", value=30)
        usage.add([_tokens("gpt", 100, 10, 40), spoken, heard])
        return usage

    one, both = used(), used()
    both.go_on(json.loads(json.dumps(one.to_dict())))
    assert list(both.report().model_usage) == [
        pb.ModelUsage(
            llm=pb.LLMModelUsage(
                model="gpt", input_tokens=200, input_cached_tokens=80, output_tokens=20
            )
        ),
        pb.ModelUsage(tts=pb.TTSModelUsage(model="alloy", characters_count=60)),
        pb.ModelUsage(stt=pb.STTModelUsage(model="nova", audio_duration=3.0)),
    ]
    for odd in ({}, {"modelUsage": 7}, {"modelUsage": [{"llm": {"inputTokens": "x"}}]}):
        one.go_on(odd)
    assert one.report() == used().report()
