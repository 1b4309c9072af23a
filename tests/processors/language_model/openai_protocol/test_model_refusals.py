"""Requests that fail, at each moment of a call: what the caller hears and the context holds."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import pytest

from tests.model_call import EXCUSES, ModelCall, open_model_call
from tests.ports import free_port
from tests.tools.sample_tools import look_up
from tests.unkind_server import Answer, call, calls, chunk, closes, hangs, refused, sse, text

WORDS = "It is noon."
FIRST_TOKEN_SECS = 1.0


@dataclass(frozen=True)
class Failure:
    """A way for a request to fail."""

    name: str
    answer: Answer
    heard: str = EXCUSES.apology
    """When it lasts."""
    passes: bool = True
    """Whether it may have gone when asked again."""


def _http(status: int, message: str = "no", **options: object) -> Failure:
    return Failure(f"{status} {message}", refused(status, message, **options))  # type: ignore[arg-type]


PASSING = [
    *[_http(status) for status in (400, 404, 408, 409, 413, 422, 500, 502, 504, 520, 529)],
    _http(400, "Failed to call a function", code="tool_use_failed"),
    Failure("429", refused(429)),
    Failure("429 with Retry-After", refused(429, headers={"retry-after": "0.01"})),
    Failure(
        "429 until a date", refused(429, headers={"retry-after": "Thu, 1 Jan 2015 00:00:00 -0000"})
    ),
    Failure("429 for nan", refused(429, headers={"retry-after": "nan"})),
    Failure("503 with Retry-After", refused(503, headers={"retry-after-ms": "10"})),
    Failure("503 while loading", refused(503, "Loading model")),
    Failure("429 inside", sse({"error": {"code": 429, "message": "slow down"}})),
    Failure("hangs", hangs()),
    Failure("closes", closes()),
]
LASTING = [
    Failure("429 for an hour", refused(429, headers={"retry-after": "3600"}), passes=False),
    Failure("quota", refused(429, code="insufficient_quota"), passes=False),
    Failure("402", refused(402), passes=False),
    Failure("filtered prompt", refused(400, code="content_filter"), EXCUSES.filtered, passes=False),
    Failure("403 flagged", refused(403, "Your input was flagged"), EXCUSES.filtered, passes=False),
    Failure("401", refused(401), EXCUSES.unusable, passes=False),
    Failure("403", refused(403), EXCUSES.unusable, passes=False),
    Failure("400 API key not valid", refused(400, "API key not valid."), EXCUSES.unusable, False),
    Failure(
        "404 model", refused(404, 'model "m" not found, try pulling it'), EXCUSES.unusable, False
    ),
    Failure("400 model", refused(400, "Invalid model: m"), EXCUSES.unusable, passes=False),
    Failure("401 inside", sse({"error": {"code": 401, "message": "no"}}), EXCUSES.unusable, False),
]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.language_model.attempts.PAUSE_SECS", 0.01)
    # Two attempts of a machine with other work take longer; what is said then has its own tests.
    monkeypatch.setattr("processors.language_model.answering.SLOW_SECS", 60.0)


def _open(*answers: Answer) -> AbstractAsyncContextManager[ModelCall]:
    return open_model_call(*answers, tools=[look_up], patience_secs=FIRST_TOKEN_SECS)


async def _hears(talk: ModelCall, words: str, *, looked_up: bool = False) -> None:
    await talk.until_heard(words)
    await talk.finish()
    assert talk.heard == words
    assert talk.said == words
    numbers = [json.loads(result)["data"]["number"] for result in talk.results]
    assert numbers == ([1] if looked_up else [])


def _ids(failure: Failure) -> str:
    return failure.name


CALL = calls(call("look_up", '{"number": 1}'))
_OF_KEY = ("401", "403", "400 API key not valid", "401 inside")


@pytest.mark.promise(
    "Language model",
    "Whatever a request is refused for, it is made once more where that may help, and nobody "
    "hears of it.",
)
@pytest.mark.parametrize("failure", PASSING, ids=_ids)
async def test_once_it_is_not_heard_of(failure: Failure) -> None:
    async with _open(failure.answer, text(WORDS)) as talk:
        await talk.caller_says()
        await _hears(talk, WORDS)
        assert not talk.errors


@pytest.mark.parametrize("failure", PASSING, ids=_ids)
async def test_once_after_a_tool_it_is_not_heard_of_and_the_tool_ran_once(failure: Failure) -> None:
    async with _open(CALL, failure.answer, text(WORDS)) as talk:
        await talk.caller_says()
        await _hears(talk, WORDS, looked_up=True)


@pytest.mark.promise(
    "Language model",
    "A request that is refused for good is excused once, and ends the call only if no request "
    "will ever be answered.",
)
@pytest.mark.parametrize("failure", [*PASSING, *LASTING], ids=_ids)
async def test_always_it_is_apologised_for_once(failure: Failure) -> None:
    async with _open() as talk:
        talk.server.otherwise = failure.answer
        await talk.caller_says()
        await _hears(talk, failure.heard)
        assert [frame.processor for frame in talk.errors] == [talk.model]
        assert talk.model.is_usable is (failure.heard != EXCUSES.unusable)
        if not failure.passes:
            assert len(talk.server.requests) == 1


@pytest.mark.promise(
    "Language model",
    "After a tool has run nobody is asked to say it again: it is not run twice.",
)
@pytest.mark.parametrize("failure", [*PASSING, *LASTING], ids=_ids)
async def test_always_after_a_tool_nobody_is_asked_to_say_it_again(failure: Failure) -> None:
    # Of the key it is not believed at once: it was taken for the call.
    is_plain = failure.heard == EXCUSES.apology or failure.name in _OF_KEY
    async with _open(CALL) as talk:
        talk.server.otherwise = failure.answer
        await talk.caller_says()
        await _hears(talk, EXCUSES.after_tool if is_plain else failure.heard, looked_up=True)


@pytest.mark.parametrize("failure", [*PASSING, *LASTING], ids=_ids)
async def test_ahead_of_the_end_of_the_turn_nobody_has_heard_of_it(failure: Failure) -> None:
    async with _open() as talk:
        talk.server.otherwise = failure.answer
        await talk.caller_pauses()
        await talk.until(lambda: talk.ear.withdrawn)
        talk.server.otherwise = text(WORDS)
        await talk.caller_ends()
        await talk.caller_says()
        await _hears(talk, WORDS)
        assert not talk.errors
        assert talk.model.is_usable


async def test_a_turn_that_ends_while_its_answer_is_made_again_hears_it() -> None:
    async with _open(hangs(), text(WORDS)) as talk:
        await talk.caller_pauses()
        await talk.until(lambda: talk.server.requests)
        await talk.caller_ends()
        await talk.until_heard(WORDS)


@pytest.mark.promise(
    "Language model",
    "An answer that was made ahead and failed is withdrawn, and nobody hears of it.",
)
async def test_a_failure_in_the_middle_of_words_ahead_of_the_end_is_not_heard_of() -> None:
    half = text("It is noon because the", finish="length")
    async with _open(half, text(WORDS)) as talk:
        await talk.caller_pauses()
        await talk.until(lambda: talk.ear.withdrawn)
        await talk.caller_ends()
        await talk.caller_says()
        await _hears(talk, WORDS)


async def test_a_thought_taken_for_an_answer_is_withdrawn_if_nobody_has_heard_it() -> None:
    thought = [chunk({"content": words}) for words in ("Hm. ", "So ", "</think>", WORDS)]
    async with _open(sse(*thought), sse(*thought)) as talk:
        await talk.caller_pauses()
        await talk.until(lambda: talk.ear.withdrawn)
        await talk.caller_ends()
        await talk.caller_says()
        await _hears(talk, WORDS)


async def test_no_server_at_all_is_apologised_for() -> None:
    async with _open() as talk:
        talk.model.client.base_url = f"http://127.0.0.1:{free_port()}/v1"
        await talk.caller_says()
        await _hears(talk, EXCUSES.apology)


@pytest.mark.parametrize("empty", [text(), text(" "), sse(), text("<think>Hm.")])
async def test_an_empty_reply_after_a_tool_neither_runs_it_again_nor_asks(empty: Answer) -> None:
    async with _open(CALL, empty, CALL) as talk:
        await talk.caller_says()
        await _hears(talk, EXCUSES.after_tool, looked_up=True)
        assert talk.server.requests[2]["tool_choice"] == "none"


async def test_an_empty_reply_after_a_tool_is_asked_for_in_words() -> None:
    async with _open(CALL, text(), text(WORDS)) as talk:
        await talk.caller_says()
        await _hears(talk, WORDS, looked_up=True)


async def test_an_error_of_our_own_is_apologised_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise LookupError("words of the caller")

    async with _open() as talk:
        monkeypatch.setattr(talk.model.get_llm_adapter(), "get_llm_invocation_params", fail)
        await talk.caller_says()
        await _hears(talk, EXCUSES.apology)
        assert "words" not in talk.errors[0].error
