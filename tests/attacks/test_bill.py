"""One caller who wants the operator to pay: what a session may cost is bounded."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bot.call.lines import Lines
from bot.settings import Settings
from processors.turns.talk_context import KEPT_BYTES, MAX_BYTES
from tests import fake_openai
from tests.bot.call.wired_call import WiredCall, open_wired_call

_TEXTS = 200
_TEXT_CHARS = 4_000


def _talks(call: WiredCall) -> list[list[dict[str, Any]]]:
    """Return what each request for an answer held; a summary is asked for in one go."""
    return [request["messages"] for request in call.openai.requests if request.get("stream")]


def _is_asked(call: WiredCall, text: str) -> bool:
    return any(talk[-1]["content"] == text for talk in _talks(call)[-3:])


@pytest.mark.promise(
    "Cost", "What a request to the model holds of the conversation is bounded, however long it is."
)
async def test_what_is_sent_stays_flat_however_much_is_typed(settings: Settings) -> None:
    async with open_wired_call(settings) as call:
        call.openai.answers = [fake_openai.chat(*fake_openai.text("I see."))] * (3 * _TEXTS)
        lines = Lines()
        delivering = asyncio.create_task(lines.deliver(call.pipeline.worker))
        for number in range(_TEXTS):
            text = f"{number:04} " + "x" * (_TEXT_CHARS - 5)
            # As the session hands it on: over whatever the bot says.
            lines.answer(text, nudge_secs=60.0)
            await call.until(lambda text=text: _is_asked(call, text))
        delivering.cancel()
        talks = _talks(call)
    sizes = [len(json.dumps(talk)) for talk in talks]
    fixed = len(json.dumps(talks[0])) - _TEXT_CHARS
    assert len(talks) >= _TEXTS
    assert max(sizes) < fixed + MAX_BYTES + 2_000
    assert min(sizes[-100:]) > KEPT_BYTES / 2, "something of what was said is still there"
    answered = [talk[-1]["content"][:4] for talk in talks]
    assert sorted(set(answered)) == [f"{number:04}" for number in range(_TEXTS)]
    summaries = len(call.openai.requests) - len(talks)
    assert 0 < summaries < _TEXTS / 2
