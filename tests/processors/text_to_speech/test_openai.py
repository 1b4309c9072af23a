from __future__ import annotations

import array
from collections.abc import Sequence

import pytest
from aiohttp import web
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.tests.utils import run_test
from pipecat.utils.errors import ErrorCategory

from processors.language_model.openai import OpenAILanguageModel
from processors.text_to_speech.openai import OpenAITextToSpeech
from processors.text_to_speech.speech_attempts import PATIENCE_SECS
from processors.text_to_speech.spoken_pieces import SpokenPieces
from tests import fake_openai
from tests.fake_openai import FakeOpenAI, open_fake_openai
from tests.fake_pipeline import open_fake_pipeline
from tests.fake_speech_server import SpeechAnswer, open_fake_speech_server
from tests.spoken_reply import Spoken, reply, spoken
from tests.spoken_sound import pcm, wav

END = LLMFullResponseEndFrame()
SOUND = array.array("h", [5000, -5000] * 2400).tobytes()  # 200 ms at 24 kHz


async def speak(
    fake: FakeOpenAI, *sentences: str, patience_secs: float = PATIENCE_SECS
) -> tuple[Sequence[Frame], Sequence[Frame]]:
    service = OpenAITextToSpeech(
        api_key="key",
        base_url=fake.base_url,
        settings=OpenAITextToSpeech.Settings(voice="somebody-new"),
        patience_secs=patience_secs,
    )
    # Two attempts, and no more.
    service.gone_secs = 0.0
    return await run_test(service, frames_to_send=[TTSSpeakFrame(text) for text in sentences])


def audio_of(frames: Sequence[Frame]) -> bytes:
    return b"".join(frame.audio for frame in frames if isinstance(frame, TTSAudioRawFrame))


def errors_of(frames: Sequence[Frame]) -> list[ErrorFrame]:
    return [frame for frame in frames if isinstance(frame, ErrorFrame)]


async def test_any_voice_speaks_and_the_text_follows_its_audio() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.pcm(SOUND)]
        down, up = await speak(fake, "Hello.")
    assert audio_of(down) == SOUND
    assert [frame.text for frame in down if isinstance(frame, TTSTextFrame)] == ["Hello."]
    assert fake.requests[0]["voice"] == "somebody-new"
    assert not errors_of(up)


@pytest.mark.parametrize(
    ("code", "category"),
    [
        (400, ErrorCategory.INVALID_REQUEST),
        (401, ErrorCategory.AUTHENTICATION),
        (403, ErrorCategory.AUTHORIZATION),
    ],
)
async def test_a_refusal_is_one_error_and_nothing_counts_as_spoken(
    code: int, category: ErrorCategory
) -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.status(code)] * 3
        down, up = await speak(fake, "Hello.")
    error = errors_of(up)[0]
    assert error.category is category
    assert "words of the caller" not in error.error
    assert not [frame for frame in down if isinstance(frame, TTSTextFrame)]
    # What does not say why may be for the form, as long as nothing was spoken in it.
    asked = [("sample_rate" in one, one["response_format"]) for one in fake.requests]
    forms = [(True, "pcm"), (False, "pcm"), (False, "wav")]
    assert asked == forms[: 3 if code == 400 else 1]


@pytest.mark.parametrize("code", [429, 500, 503])
async def test_a_passing_failure_is_tried_again_unheard(code: int) -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.status(code), fake_openai.pcm(SOUND)]
        down, up = await speak(fake, "Hello.")
    assert audio_of(down) == SOUND
    assert not errors_of(up)


async def test_an_overloaded_provider_is_an_error_after_the_second_attempt() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.status(429), fake_openai.status(429)]
        _, up = await speak(fake, "Hello.")
    assert errors_of(up)[0].category is ErrorCategory.RATE_LIMIT


async def test_a_spent_account_is_named_as_such() -> None:
    async with open_fake_openai() as fake:
        refusal = fake_openai.status(429, "insufficient_quota")
        fake.answers = [refusal, refusal]
        _, up = await speak(fake, "Hello.")
    assert errors_of(up)[0].category is ErrorCategory.QUOTA


async def test_no_first_audio_in_time_is_tried_again() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.hang(), fake_openai.pcm(SOUND)]
        down, up = await speak(fake, "Hello.", patience_secs=1.0)
    assert audio_of(down) == SOUND
    assert not errors_of(up)


async def test_no_audio_at_all_in_time_is_an_error() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.hang(), fake_openai.hang()]
        _, up = await speak(fake, "Hello.", patience_secs=0.05)
    assert errors_of(up)[0].category is ErrorCategory.CONNECTIVITY


async def test_speech_that_breaks_off_is_heard_so_far_and_not_remembered_as_spoken() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.pcm(SOUND, then_hang=True)]
        down, up = await speak(fake, "Hello.", patience_secs=0.5)
    assert audio_of(down) == SOUND
    assert not [frame for frame in down if isinstance(frame, TTSTextFrame)]
    assert errors_of(up)[0].category is ErrorCategory.CONNECTIVITY


@pytest.mark.parametrize("content_type", ["text/html", "application/json"])
async def test_an_answer_that_is_no_audio_is_never_played(content_type: str) -> None:
    async with open_fake_openai() as fake:
        page = fake_openai.pcm(b"<html>" * 1000, content_type=content_type)
        fake.answers = [page, page]
        down, up = await speak(fake, "Hello.")
    assert not audio_of(down)
    assert errors_of(up)[0].category is ErrorCategory.SERVER


async def test_an_empty_answer_is_an_error() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.pcm(), fake_openai.pcm()]
        _, up = await speak(fake, "Hello.")
    assert errors_of(up)[0].category is ErrorCategory.SERVER


async def test_speech_after_a_failed_sentence_is_not_held_up() -> None:
    async with open_fake_openai() as fake:
        refusal = fake_openai.status(500)
        fake.answers = [refusal] * 4 + [fake_openai.pcm(SOUND)]
        down, _ = await speak(fake, "Lost.", "Heard.")
    assert audio_of(down) == SOUND
    assert [frame.text for frame in down if isinstance(frame, TTSTextFrame)] == ["Heard."]


async def test_leading_silence_is_shortened_to_ten_milliseconds() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.pcm(bytes(9600), SOUND)]
        down, _ = await speak(fake, "Hello.")
    assert audio_of(down) == bytes(480) + SOUND


async def test_prepared_speech_costs_one_request_and_is_heard_only_when_spoken() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.pcm(SOUND)]
        service = OpenAITextToSpeech(api_key="key", base_url=fake.base_url)
        async with open_fake_pipeline(service) as pipeline:
            await service.prepare("Hello.", is_first=True)
            await pipeline.settle()
            assert not audio_of(pipeline.down)
            await pipeline.send(TTSSpeakFrame("Hello."))
            await pipeline.until_down(TTSTextFrame)
            assert audio_of(pipeline.down) == SOUND
    assert len(fake.requests) == 1


async def test_dropped_speech_is_made_anew() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.hang(), fake_openai.pcm(SOUND)]
        service = OpenAITextToSpeech(api_key="key", base_url=fake.base_url)
        async with open_fake_pipeline(service) as pipeline:
            await service.prepare("Hello.", is_first=True)
            await pipeline.settle()
            await service.drop_prepared()
            await pipeline.send(TTSSpeakFrame("Hello."))
            await pipeline.until_down(TTSTextFrame)
            assert audio_of(pipeline.down) == SOUND


async def test_the_first_clause_of_a_reply_is_spoken_ahead_of_the_rest() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.pcm(SOUND)] * 2
        service = OpenAITextToSpeech(api_key="key", base_url=fake.base_url)
        frames = [LLMFullResponseStartFrame(), LLMTextFrame("Sure, it is noon."), END]
        down, _ = await run_test(service, frames_to_send=frames)
    assert [request["input"] for request in fake.requests] == ["Sure,", "it is noon."]
    texts = [frame.text.strip() for frame in down if isinstance(frame, TTSTextFrame)]
    assert texts == ["Sure,", "it is noon."]


@pytest.mark.promise(
    "Text-to-speech",
    "Markup, pictures and addresses are not read aloud, shown or remembered.",
)
async def test_markup_is_never_asked_for_shown_or_remembered() -> None:
    tokens = [
        "**Su",
        "re,** here",
        " it is 🎉:\n- see [the",
        " map](https://a.example/x?y=z)",
        "\n- `ls`",
    ]
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.pcm(SOUND)] * 4
        service = OpenAITextToSpeech(api_key="key", base_url=fake.base_url)
        said = await spoken(service, reply(*tokens, "\n\n```\na\nb\n```\n", "👍"))
    pieces = ["Sure,", "here it is:", "see the map.", "ls."]
    assert [request["input"] for request in fake.requests] == pieces
    assert said.announced == pieces
    assert said.remembered == pieces
    assert said.heard == SOUND * 4


@pytest.mark.promise(
    "Text-to-speech",
    "Markup, pictures and addresses are not read aloud, shown or remembered.",
)
async def test_what_is_said_outside_of_a_reply_has_no_markup_either() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.pcm(SOUND)]
        service = OpenAITextToSpeech(api_key="key", base_url=fake.base_url)
        said = await spoken(service, "Hi, I am **Parley** 🎉. See https://a.example/b.")
    assert said.announced == said.remembered == ["Hi, I am Parley. See a.example."]
    assert [request["input"] for request in fake.requests] == said.remembered


@pytest.mark.parametrize("text", ["👍🏽", "---", "```\na\nb\n```", "..."])
async def test_nothing_is_asked_for_where_there_is_nothing_to_say(text: str) -> None:
    async with open_fake_openai() as fake:
        for frames in (text, reply(text)):
            service = OpenAITextToSpeech(api_key="key", base_url=fake.base_url)
            said = await spoken(service, frames)
            assert said == Spoken(heard=b"", announced=[], remembered=[], errors=[])
    assert fake.requests == []


async def test_speech_made_ahead_is_of_the_very_text_that_is_spoken() -> None:
    text = "**Sure,** see [it](https://a.example). It is `here` 🎉, approx. 5 m away."
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.pcm(SOUND)] * 3
        service = OpenAITextToSpeech(api_key="key", base_url=fake.base_url)
        async with open_fake_pipeline(service) as pipeline:
            cutter = SpokenPieces()
            pieces = [piece.text async for piece in cutter.aggregate(text)]
            rest = await cutter.flush()
            assert rest
            for number, piece in enumerate([*pieces, rest.text]):
                await service.prepare(piece, is_first=number == 0)
            await pipeline.send(*reply(text))
            await pipeline.until_down(TTSTextFrame, 3)
    assert len(fake.requests) == 3


@pytest.mark.promise(
    "Text-to-speech",
    "The model has the very pieces made ahead that the voice will speak.",
)
async def test_the_model_and_the_voice_cut_a_reply_alike() -> None:
    tokens = [
        "**Su",
        "re,** it:\n",
        "- see [the ma",
        "p](https://a.example/c?d=e.f)\n\n| a ",
        "| b |",
    ]

    async def answer(request: web.Request) -> web.StreamResponse:
        is_speech = request.path.endswith("/speech")
        chosen = (
            fake_openai.pcm(SOUND) if is_speech else fake_openai.chat(*fake_openai.text(*tokens))
        )
        return await chosen(request)

    async with open_fake_openai() as fake:
        fake.answers = [answer] * 6
        service = OpenAITextToSpeech(api_key="key", base_url=fake.base_url)
        model = OpenAILanguageModel(api_key="key", base_url=fake.base_url, voice=service)
        async with open_fake_pipeline(Pipeline([model, service])) as pipeline:
            await pipeline.send(LLMContextFrame(LLMContext([{"role": "user", "content": "Hi."}])))
            await pipeline.until_down(LLMFullResponseEndFrame)
        remembered = [frame.text for frame in pipeline.down if isinstance(frame, TTSTextFrame)]
    asked = [request["input"] for request in fake.requests if "input" in request]
    assert remembered == ["Sure,", "it:", "see the map.", "a, b"]
    assert sorted(asked) == sorted(remembered)


async def test_half_a_character_does_not_end_the_sentence_in_silence() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.pcm(SOUND)]
        service = OpenAITextToSpeech(api_key="key", base_url=fake.base_url)
        said = await spoken(service, reply("It is fun \ud83d", " to talk."))
    assert said.heard == SOUND
    assert said.remembered == ["It is fun to talk."]


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (400, b'{"error": {"message": "response_format must be one of [wav]", "param": null}}'),
        (422, b'{"detail": [{"loc": ["body", "response_format"], "msg": "Input should be wav"}]}'),
        (400, b'{"detail": {"error": "validation_error", "message": "Unsupported format: pcm"}}'),
        (415, b"pcm: not supported"),
        (501, b'{"error": "PCM is not implemented"}'),
        (422, b'{"errors": {"response_format": ["Not a valid choice."]}}'),
    ],
)
async def test_a_server_that_knows_no_raw_samples_is_asked_for_wav(
    status: int, refusal: bytes
) -> None:
    async with open_fake_speech_server() as server:
        server.answer = lambda body: (
            SpeechAnswer(refusal, "application/json", status)
            if body["response_format"] == "pcm"
            else SpeechAnswer(wav(), "audio/wav")
        )
        service = OpenAITextToSpeech(api_key="key", base_url=server.base_url)
        said = await spoken(service, reply("Hello. ", "How are you?"))
    assert said.heard == pcm() * 2
    asked = [body["response_format"] for body in server.requests]
    assert asked == [*["pcm"] * (len(asked) - 2), "wav", "wav"]
