"""What a caller hears of the model and the voice, in the pipeline that a call is built with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from livekit import rtc
from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    ErrorFrame,
    LLMContextFrame,
    LLMMessagesAppendFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.metrics.metrics import (
    LLMUsageMetricsData,
    MetricsData,
    TTFBMetricsData,
    TTSUsageMetricsData,
)
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.workers.runner import WorkerRunner
from typing_extensions import override

from bot.call.pipeline import build_pipeline
from bot.languages.de import LANGUAGE
from bot.settings import Settings
from processors.agent_protocol.audience import Audience
from processors.agent_protocol.events import ConversationListener, Stage
from processors.floor import Floor
from processors.room.transport import RoomTransport
from tests.fake_audio_source import FakeAudioSource
from tests.fake_deepgram import open_fake_deepgram
from tests.fake_room import CALLER, STANDARD, settle
from tests.unkind_server import (
    Answer,
    UnkindServer,
    chunk,
    open_unkind_server,
    refused,
    slowly,
    sse,
    text,
)
from tools.runtime.runtime import ToolRuntime

EXCUSES = LANGUAGE.excuses
LISTING = text("```\nx = 1\n", "y = 2\n```")
_LIMIT_SECS = 10.0


class Source(FakeAudioSource):
    def __init__(self, sample_rate: int, _: int, queue_size_ms: int = 0) -> None:
        super().__init__(sample_rate_hz=sample_rate)

    async def aclose(self) -> None: ...


class Room(rtc.EventEmitter[str]):
    """A room with the caller in it, without a network."""

    name = "room"

    def __init__(self) -> None:
        super().__init__()
        caller = SimpleNamespace(
            identity=CALLER, kind=STANDARD, track_publications={}, joined_at=None
        )
        self.remote_participants = {CALLER: caller}
        self.local_participant = SimpleNamespace(publish_track=self._publish_track)

    async def _publish_track(self, *_: object) -> Any:
        return SimpleNamespace(wait_for_subscription=settle)

    def register_byte_stream_handler(self, *_: object) -> None: ...

    def unregister_byte_stream_handler(self, *_: object) -> None: ...

    def unregister_text_stream_handler(self, *_: object) -> None: ...


class Notes(ConversationListener):
    """Hears what is measured."""

    def __init__(self) -> None:
        self.metrics: list[tuple[Stage, MetricsData]] = []

    @override
    def measured(self, stage: Stage, data: Sequence[MetricsData]) -> None:
        self.metrics += [(stage, one) for one in data]


class Talk:
    """One call under test: the servers of its model and voice are one."""

    def __init__(
        self, server: UnkindServer, worker: PipelineWorker, source: Source, notes: Notes
    ) -> None:
        self.server = server
        self.worker = worker
        self.notes = notes
        self.errors: list[ErrorFrame] = []
        self._source = source

    @property
    def played_samples(self) -> int:
        """How much was heard of the bot, without silence; 2400 for each text."""
        return int(np.count_nonzero(self._source.played))

    @property
    def remembered(self) -> list[tuple[str, str]]:
        """What the model was told last of what has been said, and by whom."""
        messages = self.server.requests[-1]["messages"][1:]
        return [(message["role"], message["content"]) for message in messages]

    async def types(self, words: str) -> None:
        """Let the caller have a turn."""
        message: Any = {"role": "user", "content": words}
        await self.worker.queue_frame(LLMMessagesAppendFrame([message], run_llm=True))

    async def pauses(self, words: str) -> None:
        """Have an answer made ahead of the turn's end."""
        await self.worker.queue_frame(UserStartedSpeakingFrame())
        context = LLMContext([{"role": "user", "content": words}])
        await self.worker.queue_frame(LLMContextFrame(context, speculation=True))

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something to become true."""
        async with asyncio.timeout(_LIMIT_SECS):
            while not condition():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.01)

    async def until_spoken(self, *texts: str, heard: int | None = None) -> None:
        """Wait until these are all the texts there has been speech of, so many of them heard."""
        samples = 2400 * (len(texts) if heard is None else heard)
        try:
            await self.until(lambda: len(self.server.spoken) >= len(texts))
            await self.until(lambda: self.played_samples >= samples)
        finally:
            assert (self.server.spoken, self.played_samples) == ([*texts], samples)


def build_transport(monkeypatch: pytest.MonkeyPatch, floor: Floor) -> RoomTransport:
    async def connect() -> None: ...

    monkeypatch.setattr(rtc, "AudioSource", Source)
    track = SimpleNamespace(create_audio_track=lambda *_: SimpleNamespace())
    monkeypatch.setattr(rtc, "LocalAudioTrack", track)
    room = cast(rtc.Room, Room())
    return RoomTransport(room=room, connect=connect, caller_identity=CALLER, floor=floor)


@asynccontextmanager
async def open_talk(
    monkeypatch: pytest.MonkeyPatch, *answers: Answer, **given: object
) -> AsyncGenerator[Talk]:
    async with open_unkind_server() as server, open_fake_deepgram() as ears:
        server.answers = list(answers)
        addresses = {"openai_base_url": server.base_url, "deepgram_base_url": ears.base_url}
        floor, runtime = Floor(), ToolRuntime(tools=[], resources={})
        transport = build_transport(monkeypatch, floor)
        notes = Notes()
        worker = build_pipeline(
            settings=Settings.model_validate({**addresses, "language": "de", **given}),
            session_id="s1",
            transport=transport,
            floor=floor,
            audience=Audience(floor=Floor(), listeners=[notes]),
            tools=runtime,
        ).worker
        talk = Talk(server, worker, cast(Any, transport)._client.audio_source, notes)
        is_ready = asyncio.Event()
        worker.add_event_handler("on_pipeline_started", lambda *_: is_ready.set())
        worker.add_event_handler("on_pipeline_error", lambda _, frame: talk.errors.append(frame))
        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
        await runner.add_workers(worker)
        running = asyncio.create_task(runner.run())
        try:
            async with asyncio.timeout(_LIMIT_SECS):
                await is_ready.wait()
            yield talk
        finally:
            await runtime.aclose(grace_secs=0.1)
            await worker.cancel()
            await running


@pytest.mark.promise(
    "Language model", "An apology is said once, and not again after the next good answer."
)
async def test_a_failed_turn_is_excused_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # Another request may be taken, this one never.
    bad = refused(400)
    async with open_talk(monkeypatch, text("Es ist zwölf."), text("Eins.")) as talk:
        talk.server.rule = lambda _: bad if not talk.server.spoken else None
        await talk.types("Wie spät ist es?")
        await talk.until_spoken(EXCUSES.apology)
        await talk.types("Und jetzt?")
        await talk.until_spoken(EXCUSES.apology, "Es ist zwölf.")
        await talk.types("Und jetzt?")
        await talk.until_spoken(EXCUSES.apology, "Es ist zwölf.", "Eins.")
        assert [error.processor.is_usable for error in talk.errors if error.processor] == [True]


@pytest.mark.promise(
    "Text-to-speech",
    "Text whose speech failed is never remembered as spoken, and the rest of the answer is spoken.",
)
async def test_the_model_is_told_what_was_heard_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = (text("Eins ist da. ", "Zwei ist weg. ", "Drei ist da."), text("Gut."))
    async with open_talk(monkeypatch, *answers) as talk:
        talk.server.unspeakable = "Zwei"
        await talk.types("Zähl bis drei.")
        await talk.until(lambda: talk.played_samples == 4800)
        await talk.types("Danke.")
        await talk.until(lambda: talk.played_samples == 7200)
        assert talk.remembered == [
            ("user", "Zähl bis drei."),
            ("assistant", "Eins ist da. Drei ist da."),
            ("user", "Danke."),
        ]


@pytest.mark.promise(
    "Language model",
    "An answer that is all for the eye is never silence: the bot says that it can only show it.",
)
async def test_a_listing_is_no_silence_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = (text("Gern."), LISTING, LISTING)
    async with open_talk(monkeypatch, *answers) as talk:
        said = ["Gern."]
        for _ in answers:
            await talk.types("Schreib ein Programm.")
            await talk.until_spoken(*said)
            said.append(EXCUSES.unspeakable)


@pytest.mark.promise(
    "Text-to-speech",
    "The first words of an answer are made into speech while the turn may still go on, and are "
    "not heard before it has ended.",
)
async def test_speech_is_made_ahead_and_heard_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_talk(monkeypatch, text("Gern, es ist zwölf.")) as talk:
        await talk.pauses("Wie spät ist es?")
        await talk.until(lambda: talk.server.spoken)
        await asyncio.sleep(0.05)
        assert (talk.server.spoken, talk.played_samples) == (["Gern,"], 0)
        await talk.worker.queue_frame(UserStoppedSpeakingFrame())
        await talk.until_spoken("Gern,", "es ist zwölf.")
        assert len(talk.server.requests) == 1


@pytest.mark.promise(
    "Text-to-speech", "Speech of an answer that is withdrawn is never heard, not even later."
)
async def test_speech_of_a_withdrawn_answer_is_never_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_talk(
        monkeypatch, text("Gern, es ist zwölf."), text("Nein."), text("Doch.")
    ) as talk:
        await talk.pauses("Wie spät ist es")
        await talk.until(lambda: talk.server.spoken)
        await talk.worker.queue_frame(EagerEndOfTurnCancelFrame())
        await talk.worker.queue_frame(UserStoppedSpeakingFrame())
        await talk.types("Wie spät ist es in Rom?")
        await talk.until(lambda: len(talk.server.spoken) == 2)
        await talk.until_spoken("Gern,", "Nein.", heard=1)
        await talk.types("Und?")
        await talk.until_spoken("Gern,", "Nein.", "Doch.", heard=2)


@pytest.mark.promise(
    "Text-to-speech",
    "However many answers have been withdrawn, the first words of the next one are made ahead.",
)
@pytest.mark.parametrize("is_broken", [True, False])
async def test_what_was_withdrawn_is_in_nobodys_way(
    monkeypatch: pytest.MonkeyPatch, *, is_broken: bool
) -> None:
    words = chunk({"content": "Gern, es "})
    fails = slowly(words, {"error": {"code": 500}}, secs=0.02)
    half = fails if is_broken else sse(words, end="hang", done=False)
    async with open_talk(monkeypatch, *[half] * 9, text("Nein, es ist eins.")) as talk:
        for withdrawn in range(9):
            await talk.pauses("Wie spät ist es")
            await talk.until(lambda count=withdrawn + 1: len(talk.server.spoken) == count)
            if not is_broken:
                await talk.worker.queue_frame(EagerEndOfTurnCancelFrame())
        await talk.pauses("Wie spät ist es in Rom?")
        await talk.until(lambda: len(talk.server.spoken) == 10)
        assert talk.server.spoken[-1] == "Nein,"
        assert not talk.played_samples


@pytest.mark.promise(
    "Language model",
    "A model that refuses the key is said to be out of order and the pipeline lives on to say "
    "goodbye.",
)
async def test_a_refused_key_is_said_and_ends_no_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_talk(monkeypatch, refused(401)) as talk:
        await talk.types("Wie spät ist es?")
        await talk.until_spoken(EXCUSES.unusable)
        (error,) = talk.errors
        assert error.processor is not None
        assert not error.processor.is_usable
        assert not talk.worker.has_finished()


@pytest.mark.promise(
    "Captions and clients",
    "Clients are told what the model and the voice cost and how long each let the caller wait.",
)
async def test_what_an_answer_costs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
    said = [chunk({"content": "Gut."}), chunk({}, finish="stop")]
    answer = sse(*said, {**chunk(), "choices": [], "usage": usage})

    def told(stage: Stage, kind: type[MetricsData]) -> list[Any]:
        found = [one for of, one in talk.notes.metrics if of is stage and isinstance(one, kind)]
        return [cast(Any, one).value for one in found]

    async with open_talk(monkeypatch, answer) as talk:
        await talk.types("Hallo!")
        await talk.until_spoken("Gut.")
        await talk.until(lambda: told(Stage.TEXT_TO_SPEECH, TTSUsageMetricsData))
        tokens = told(Stage.LANGUAGE_MODEL, LLMUsageMetricsData)
        assert [(one.prompt_tokens, one.completion_tokens) for one in tokens] == [(9, 3)]
        assert told(Stage.TEXT_TO_SPEECH, TTSUsageMetricsData) == [len("Gut.")]
        for stage in (Stage.LANGUAGE_MODEL, Stage.TEXT_TO_SPEECH):
            assert [secs for secs in told(stage, TTFBMetricsData) if secs > 0]
