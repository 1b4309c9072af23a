"""What a caller hears of answers whose beginning was made in another call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    InterruptionFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMAssistantAggregator

from processors.frames import PlayoutStartedFrame
from processors.text_to_speech.cartesia import CartesiaTextToSpeech
from tests.bot.call.test_answers import Talk, open_talk
from tests.fake_output import build_output, source_of
from tests.fake_pipeline import open_fake_pipeline
from tests.services.stand_ins.cartesia import open_cartesia
from tests.services.text_to_speech.kept_voices import shelf_at
from tests.spoken_reply import reply
from tests.spoken_sound import RATE_HZ
from tests.unkind_server import Answer, UnkindServer, open_unkind_server, text
from tests.virtual_time import VirtualClock, run_in_virtual_time
from tests.waiting import until

GERN, NOON = "Gern,", "es ist zwölf."
ANSWER = text("Gern, ", "es ist ", "zwölf.")


class Calls:
    """Calls one after the other, with one voice and one shelf."""

    def __init__(self, patch: pytest.MonkeyPatch, voice: UnkindServer, path: Path) -> None:
        self._patch, self.voice, self._path = patch, voice, path

    @asynccontextmanager
    async def open(self, *answers: Answer) -> AsyncGenerator[Talk]:
        async with open_talk(
            self._patch,
            *answers,
            openai_tts_base_url=self.voice.base_url,
            speech_shelf=self._path,
            speech_shelf_mb=1,
        ) as talk:
            yield talk

    async def first(self) -> None:
        async with self.open(ANSWER) as talk:
            await talk.types("Wie spät ist es?")
            await talk.until(lambda: talk.played_samples == 4800)
            await talk.until(lambda: [*self._path.glob("*-*")])
        assert self.voice.spoken == [GERN, NOON]
        self.voice.spoken.clear()


@asynccontextmanager
async def open_calls(patch: pytest.MonkeyPatch, path: Path) -> AsyncGenerator[Calls]:
    async with open_unkind_server() as voice:
        calls = Calls(patch, voice, path)
        await calls.first()
        yield calls


@pytest.mark.promise(
    "Text-to-speech",
    "A reply that begins with what was kept is heard before its rest is answered, or written.",
)
async def test_the_second_call_hears_the_beginning_while_the_rest_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with open_calls(monkeypatch, tmp_path) as calls:
        hangs = text("Gern, ", "es ist ", end="hang", finish=None, done=False)
        async with calls.open(hangs) as talk:
            await talk.types("Wie spät ist es?")
            await talk.until(lambda: talk.played_samples)
            assert calls.voice.spoken == []


@pytest.mark.promise(
    "Text-to-speech",
    "The first words of an answer are made into speech while the turn may still go on, and are "
    "not heard before it has ended.",
)
async def test_the_beginning_waits_for_the_turns_end_while_the_next_piece_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with open_calls(monkeypatch, tmp_path) as calls, calls.open(ANSWER) as talk:
        await talk.pauses("Wie spät ist es?")
        await talk.until(lambda: calls.voice.spoken)
        await asyncio.sleep(0.05)
        assert (calls.voice.spoken, talk.played_samples) == ([NOON], 0)
        await talk.worker.queue_frame(UserStoppedSpeakingFrame())
        await talk.until(lambda: talk.played_samples == 4800)
        assert calls.voice.spoken == [NOON]


@pytest.mark.promise(
    "Text-to-speech", "Speech of an answer that is withdrawn is never heard, not even later."
)
async def test_the_beginning_of_a_withdrawn_answer_is_never_heard(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with (
        open_calls(monkeypatch, tmp_path) as calls,
        calls.open(ANSWER, text("Nein.")) as talk,
    ):
        await talk.pauses("Wie spät ist es")
        await talk.until(lambda: calls.voice.spoken)
        await talk.worker.queue_frame(EagerEndOfTurnCancelFrame())
        await talk.worker.queue_frame(UserStoppedSpeakingFrame())
        await talk.types("Wie spät ist es in Rom?")
        await talk.until(lambda: talk.played_samples == 2400)
        await asyncio.sleep(0.1)
        assert talk.played_samples == 2400
        assert calls.voice.spoken == [NOON, "Nein."]


@pytest.mark.promise("Memory", "A reply that was cut is remembered up to the word that was heard.")
@pytest.mark.parametrize("cut_secs", [0.1, 0.3, 0.5])
def test_a_cut_in_the_middle_of_what_was_kept_is_remembered_to_the_word(
    tmp_path: Path, cut_secs: float
) -> None:
    """Its four words begin every 0.2 s."""

    async def cut_line(voice: CartesiaTextToSpeech) -> tuple[list[object], float]:
        context = LLMContext()
        output = build_output()
        parts = Pipeline([voice, output, LLMAssistantAggregator(context)])
        async with open_fake_pipeline(parts, clock=VirtualClock()) as pipeline:

            async def is_heard() -> bool:
                return len(source_of(output).played) >= cut_secs * RATE_HZ

            await pipeline.send(*reply("Are you still there?"))
            await pipeline.until_down(PlayoutStartedFrame)
            await until(is_heard)
            await pipeline.send(InterruptionFrame())
            await pipeline.settle()
            heard_secs = len(source_of(output).played) / RATE_HZ
        messages: list[object] = [*context.get_messages()]
        return messages, heard_secs

    async def main() -> None:
        async with open_cartesia() as server:

            def build() -> CartesiaTextToSpeech:
                return CartesiaTextToSpeech(
                    api_key="k", base_url=server.base_url, shelf=shelf_at(tmp_path)
                )

            made, _ = await cut_line(build())
            kept, heard_secs = await cut_line(build())
            assert len(server.texts) == 1
            words = ["Are", "you", "still", "there?"][: 1 + int(heard_secs / 0.2)]
            assert kept == made == [{"role": "assistant", "content": " ".join(words)}]

    run_in_virtual_time(main())
