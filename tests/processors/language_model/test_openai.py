from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    ErrorFrame,
    Frame,
    FunctionCallInProgressFrame,
    InterruptionFrame,
    LLMContextFrame,
    LLMTextFrame,
    TTSSpeakFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.llm_service import FunctionCallParams
from pipecat.tests.utils import run_test
from pipecat.utils.errors import ErrorCategory

from processors.language_model import answering, attempting
from processors.language_model.excuses import Excuses
from processors.language_model.openai import OpenAILanguageModel
from processors.text_to_speech.spoken_pieces import SpokenPieces
from tests import fake_openai
from tests.fake_openai import FakeOpenAI, open_fake_openai

EXCUSES = Excuses(apology="Sorry, I lost that.", slow="One moment.")
HELLO = fake_openai.text("Hel", "lo.")


async def tell_time(params: FunctionCallParams, place: str) -> None:
    """Tell the time.

    Args:
        params: Of Pipecat.
        place: Where.
    """
    await params.result_callback({"time": "noon", "place": place})


async def answer(
    fake: FakeOpenAI, *, is_speculation: bool = False, tools: list[Any] | None = None
) -> tuple[Sequence[Frame], Sequence[Frame]]:
    service = OpenAILanguageModel(api_key="key", base_url=fake.base_url, excuses=EXCUSES)
    context = LLMContext(messages=[{"role": "user", "content": "Hi"}], tools=tools or [])
    frame = LLMContextFrame(context=context, speculation=is_speculation)
    return await run_test(service, frames_to_send=[frame])


def said(frames: Sequence[Frame]) -> str:
    return "".join(frame.text for frame in frames if isinstance(frame, LLMTextFrame))


def excused(frames: Sequence[Frame]) -> list[str]:
    return [frame.text for frame in frames if isinstance(frame, TTSSpeakFrame)]


def errors(frames: Sequence[Frame]) -> list[ErrorFrame]:
    return [frame for frame in frames if isinstance(frame, ErrorFrame)]


async def test_a_reply_is_passed_on_as_it_is() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.chat(*HELLO)]
        down, up = await answer(fake)
    assert said(down) == "Hello."
    assert not excused(down) and not errors(up)


@pytest.mark.parametrize("code", [429, 500, 502])
async def test_a_passing_failure_is_tried_again_unheard(code: int) -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.status(code), fake_openai.chat(*HELLO)]
        down, up = await answer(fake)
    assert said(down) == "Hello."
    assert not excused(down) and not errors(up)


async def test_a_lasting_failure_is_an_apology_and_an_error_without_the_providers_words() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.status(500), fake_openai.status(500)]
        down, up = await answer(fake)
    assert excused(down) == ["Sorry, I lost that."]
    assert errors(up)[0].category is ErrorCategory.SERVER
    assert "words of the caller" not in errors(up)[0].error


async def test_a_refusal_is_not_tried_again() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.status(401)]
        down, up = await answer(fake)
    assert excused(down) == ["Sorry, I lost that."]
    assert errors(up)[0].category is ErrorCategory.AUTHENTICATION


async def test_no_token_in_time_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempting, "FIRST_TOKEN_SECS", 1.0)
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.hang(), fake_openai.chat(*HELLO)]
        down, _ = await answer(fake)
    assert said(down) == "Hello."


async def test_headers_without_a_token_are_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempting, "FIRST_TOKEN_SECS", 0.05)
    async with open_fake_openai() as fake:
        silent = fake_openai.chat({"role": "assistant"}, then_hang=True)
        fake.answers = [silent, silent]
        down, up = await answer(fake)
    assert excused(down) == ["Sorry, I lost that."]
    assert errors(up)[0].category is ErrorCategory.CONNECTIVITY


async def test_a_slow_answer_is_announced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "SLOW_SECS", 0.02)
    monkeypatch.setattr(attempting, "FIRST_TOKEN_SECS", 1.0)
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.hang(), fake_openai.chat(*HELLO)]
        down, _ = await answer(fake)
    assert excused(down) == ["One moment."]
    assert said(down) == "Hello."


async def test_a_slow_answer_to_an_open_turn_is_not_announced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answering, "SLOW_SECS", 0.02)
    monkeypatch.setattr(attempting, "FIRST_TOKEN_SECS", 1.0)
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.hang(), fake_openai.chat(*HELLO)]
        down, _ = await answer(fake, is_speculation=True)
    assert not excused(down) and not said(down)


async def test_an_empty_completion_is_tried_again_then_excused() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.chat(), fake_openai.chat({"content": ""})]
        down, up = await answer(fake)
    assert excused(down) == ["Sorry, I lost that."]
    assert len(errors(up)) == 1


async def test_a_reply_that_breaks_off_is_not_begun_again() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.chat(*fake_openai.text("Well, "), is_cut=True)]
        down, up = await answer(fake)
    assert said(down) == "Well, "
    assert excused(down) == ["Sorry, I lost that."]
    assert errors(up)[0].category is ErrorCategory.CONNECTIVITY


async def test_a_reply_that_stalls_is_excused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempting, "STALL_SECS", 0.05)
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.chat(*fake_openai.text("Well, "), then_hang=True)]
        down, up = await answer(fake)
    assert excused(down) == ["Sorry, I lost that."]
    assert len(errors(up)) == 1


async def test_a_tool_call_is_run() -> None:
    async with open_fake_openai() as fake:
        call = fake_openai.call("tell_time", '{"place": "Rome"}')
        fake.answers = [fake_openai.chat(*call)]
        down, up = await answer(fake, tools=[tell_time])
    calls = [frame for frame in down if isinstance(frame, FunctionCallInProgressFrame)]
    assert [frame.arguments for frame in calls] == [{"place": "Rome"}]
    assert not excused(down) and not errors(up)


@pytest.mark.parametrize("arguments", ['{"place": "Ro', "[]", '"Rome"'])
async def test_a_malformed_tool_call_is_asked_for_again(arguments: str) -> None:
    async with open_fake_openai() as fake:
        fake.answers = [
            fake_openai.chat(*fake_openai.call("tell_time", arguments)),
            fake_openai.chat(*fake_openai.call("tell_time", '{"place": "Rome"}')),
        ]
        down, _ = await answer(fake, tools=[tell_time])
    assert len([frame for frame in down if isinstance(frame, FunctionCallInProgressFrame)]) == 1


async def test_a_tool_call_that_stays_malformed_is_excused_not_dropped() -> None:
    async with open_fake_openai() as fake:
        broken = fake_openai.chat(*fake_openai.call("tell_time", '{"place": '))
        fake.answers = [broken, broken]
        down, up = await answer(fake, tools=[tell_time])
    assert excused(down) == ["Sorry, I lost that."]
    assert len(errors(up)) == 1


async def test_a_tool_is_not_run_for_a_turn_that_may_go_on() -> None:
    async with open_fake_openai() as fake:
        call = fake_openai.call("tell_time", '{"place": "Rome"}')
        fake.answers = [fake_openai.chat(*call)]
        down, up = await answer(fake, is_speculation=True, tools=[tell_time])
    assert not [frame for frame in down if isinstance(frame, FunctionCallInProgressFrame)]
    assert [frame for frame in up if isinstance(frame, EagerEndOfTurnCancelFrame)]
    assert not excused(down)


class Voice:
    """Notes what speech it was asked to make ahead."""

    def __init__(self) -> None:
        self.pieces: list[tuple[str, bool]] = []
        self.drops = 0

    def reply_pieces(self) -> SpokenPieces:
        return SpokenPieces()

    async def prepare(self, text: str, *, is_first: bool) -> None:
        self.pieces.append((text.strip(), is_first))

    async def drop_prepared(self) -> None:
        self.drops += 1


async def test_speech_is_prepared_piece_by_piece_while_the_turn_is_open() -> None:
    async with open_fake_openai() as fake:
        fake.answers = [fake_openai.chat(*fake_openai.text("Sure, it is", " noon. ", "Bye."))]
        voice = Voice()
        service = OpenAILanguageModel(api_key="key", base_url=fake.base_url, voice=voice)
        frame = LLMContextFrame(context=LLMContext(messages=[]), speculation=True)
        down, _ = await run_test(service, frames_to_send=[frame])
    assert voice.pieces == [("Sure,", True), ("it is noon.", False), ("Bye.", False)]
    assert not said(down)


async def test_an_interruption_drops_the_prepared_speech() -> None:
    async with open_fake_openai() as fake:
        voice = Voice()
        service = OpenAILanguageModel(api_key="key", base_url=fake.base_url, voice=voice)
        await run_test(service, frames_to_send=[InterruptionFrame(), EagerEndOfTurnCancelFrame()])
    assert voice.drops == 2


async def test_a_speculation_that_wants_a_tool_drops_the_prepared_speech() -> None:
    async with open_fake_openai() as fake:
        call = fake_openai.call("tell_time", '{"place": "Rome"}')
        fake.answers = [fake_openai.chat(*fake_openai.text("Sure, let me see."), *call)]
        voice = Voice()
        service = OpenAILanguageModel(api_key="key", base_url=fake.base_url, voice=voice)
        context = LLMContext(messages=[], tools=[tell_time])
        await run_test(service, frames_to_send=[LLMContextFrame(context=context, speculation=True)])
    assert voice.pieces[0] == ("Sure,", True)
    assert voice.drops == 1


@pytest.mark.promise("Cost", "How long an answer may be is told to each model.")
@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        ("", "max_completion_tokens"),
        ("https://api.openai.com/v1", "max_completion_tokens"),
        ("http://127.0.0.1:11434/v1", "max_tokens"),
        ("https://api.openai.com.example/v1", "max_tokens"),
    ],
)
def test_the_bound_of_an_answer_has_the_name_that_the_server_knows(
    base_url: str, name: str
) -> None:
    settings = OpenAILanguageModel.Settings(max_tokens=777)
    model = OpenAILanguageModel(api_key="key", base_url=base_url, settings=settings)
    asked: Any = {"messages": [], "tools": [], "tool_choice": "auto"}
    params = model.build_chat_completion_params(asked)
    bounds = ("max_tokens", "max_completion_tokens")
    assert {one: params[one] for one in bounds if params[one] == 777} == {name: 777}
