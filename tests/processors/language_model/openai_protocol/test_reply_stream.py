from __future__ import annotations

import pytest

from processors.language_model import answering
from tests.model_call import EXCUSES, open_model_call
from tests.unkind_server import chunk, hangs, late, refused, slowly, sse, text

WORDS = "It is noon."
THOUGHT = chunk({"reasoning_content": "Hm."})
SAID = (chunk({"content": WORDS}), chunk({}, finish="stop"))


async def test_a_connection_is_used_again_after_a_reply() -> None:
    async with open_model_call(text(WORDS), text(WORDS)) as talk:
        await talk.caller_says()
        await talk.until_said(WORDS)
        before = talk.server.connections
        await talk.caller_says()
        await talk.until_said(f"{WORDS} {WORDS}")
        assert talk.server.connections == before


async def test_a_server_slower_than_the_vendor_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answering, "SLOW_SECS", 0.05)
    monkeypatch.setattr(answering, "SLOW_AGAIN_SECS", 1.0)
    async with open_model_call(late(text(WORDS), secs=1.5), patience_secs=4.0) as talk:
        await talk.caller_says()
        await talk.until_said(WORDS)
        await talk.finish()
        assert talk.heard == f"One moment. One moment. {WORDS}"
        # It was no part of the answer.
        assert talk.said == WORDS
        assert len(talk.server.requests) == 1


async def test_thought_is_a_sign_of_life_and_the_caller_hears_that_it_takes_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answering, "SLOW_SECS", 0.1)
    thinks = slowly(*[THOUGHT] * 6, *SAID, secs=0.3)
    async with open_model_call(thinks, patience_secs=1.5) as talk:
        await talk.caller_says()
        await talk.until_said(WORDS)
        await talk.finish()
        assert talk.heard == f"One moment. {WORDS}"
        assert len(talk.server.requests) == 1


@pytest.mark.parametrize(
    "sign", [chunk({"role": "assistant"}), ": comment", chunk({"content": ""})]
)
async def test_what_says_nothing_is_no_sign_of_life(sign: object) -> None:
    stalls = slowly(*[sign] * 20, secs=0.1)
    async with open_model_call(stalls, text(WORDS), patience_secs=1.0) as talk:
        await talk.caller_says()
        await talk.until_said(WORDS)
        assert len(talk.server.requests) == 2


async def test_endless_thought_is_apologised_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.language_model.patience.REASONING_SECS", 0.2)
    async with open_model_call(slowly(*[THOUGHT] * 40, secs=0.05)) as talk:
        await talk.caller_says()
        await talk.until_said(EXCUSES.apology)
        await talk.finish()
        assert talk.heard == EXCUSES.apology
        assert len(talk.server.requests) == 1


async def test_a_model_that_is_being_loaded_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.language_model.attempts.PAUSE_SECS", 0.01)
    loading = [refused(503, "Loading model")] * 5
    async with open_model_call(*loading, text(WORDS)) as talk:
        await talk.caller_says()
        await talk.until_said(WORDS)


async def test_a_stall_between_words_is_told() -> None:
    stalls = sse(chunk({"content": "It is "}), done=False, end="hang")
    async with open_model_call(stalls, patience_secs=1.0) as talk:
        await talk.caller_says()
        await talk.until_said(f"It is {EXCUSES.cut}")


@pytest.mark.promise(
    "Language model",
    "Of an answer that was interrupted nothing more is heard, and its request is broken off.",
)
async def test_a_turn_that_is_over_leaves_no_request_behind() -> None:
    async with open_model_call(hangs()) as talk:
        await talk.caller_says()
        await talk.until(lambda: talk.server.requests)
        await talk.worker.cancel()
