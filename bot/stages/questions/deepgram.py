"""Asks Deepgram, or who speaks its protocol: any answer to silence, and a bit of speech."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

from bot.languages.choice import SEVERAL
from bot.stages.questions.http import check_audio, post
from bot.stages.questions.question import Question
from bot.stages.questions.socket import Talk, ask_socket
from bot.stages.stage import Stage

_SAMPLE_RATE_HZ = 16_000
_SILENCE = bytes(_SAMPLE_RATE_HZ // 2)
"""A quarter of a second of 16-bit mono PCM."""


async def ask_to_listen(stage: Stage, *, limit_secs: float) -> None:
    """Open a connection, send silence and wait for any answer to it."""
    await ask_socket(
        stage,
        Talk(
            path="/v1/listen",
            query={
                "model": stage.model or "local",
                "language": stage.language,
                "encoding": "linear16",
                "sample_rate": str(_SAMPLE_RATE_HZ),
                "channels": "1",
                "interim_results": "true",
            },
            headers=_headers(stage),
            messages=(_SILENCE, {"type": "Finalize"}, {"type": "CloseStream"}),
            is_answer=_is_word,
        ),
        limit_secs=limit_secs,
    )


async def ask_to_listen_for_turns(stage: Stage, *, limit_secs: float) -> None:
    """Open a connection to Flux, which greets whom it will listen to."""
    is_hinted = stage.model == "flux-general-multi" and stage.language != SEVERAL
    await ask_socket(
        stage,
        Talk(
            path="/v2/listen",
            query={
                "model": stage.model,
                "encoding": "linear16",
                "sample_rate": str(_SAMPLE_RATE_HZ),
                **({"language_hint": stage.language} if is_hinted else {}),
            },
            headers=_headers(stage),
            messages=(_SILENCE, {"type": "CloseStream"}),
            is_answer=_is_word,
        ),
        limit_secs=limit_secs,
    )


async def ask_to_speak(stage: Stage, *, limit_secs: float) -> None:
    """Wait for the speech of one word."""
    form = urlencode(
        {
            "model": stage.voice,
            "encoding": "linear16",
            "sample_rate": "24000",
            "container": "none",
        }
    )
    url = f"{stage.address}/v1/speak?{form}"
    body = {"text": "Hello."}
    async with asyncio.timeout(limit_secs), post(url, _headers(stage), json=body) as answer:
        await check_audio(answer)


LISTEN = Question(ask=ask_to_listen)
LISTEN_FOR_TURNS = Question(ask=ask_to_listen_for_turns)
SPEAK = Question(ask=ask_to_speak)


def _headers(stage: Stage) -> dict[str, str]:
    return {"Authorization": f"Token {stage.sent_key}"}


def _is_word(message: Any) -> bool:
    is_error = not isinstance(message, bytes) and (
        str(message.get("type", "")).lower() == "error"
        or any(name in message for name in ("error", "err_code"))
    )
    return bool(message) and not is_error
