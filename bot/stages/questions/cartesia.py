"""Asks Cartesia for a bit of speech."""

from __future__ import annotations

from bot.stages.questions.question import Question
from bot.stages.questions.socket import Talk, ask_socket
from bot.stages.stage import Stage

_VERSION = "2026-03-01"
"""Of the protocol, as Pipecat 1.14 speaks it."""


async def ask_to_speak(stage: Stage, *, limit_secs: float) -> None:
    """Wait for the speech of one word."""
    message = {
        "context_id": "question",
        "transcript": "Hello.",
        "continue": False,
        "model_id": stage.model,
        "voice": {"mode": "id", "id": stage.voice},
        "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000},
    }
    if stage.language != "multi":
        message["language"] = stage.language.partition("-")[0]
    await ask_socket(
        stage,
        Talk(
            path="",
            query={},
            headers={"X-API-Key": stage.sent_key, "Cartesia-Version": _VERSION},
            messages=(message,),
            is_answer=lambda heard: isinstance(heard, dict) and heard.get("type") == "chunk",
        ),
        limit_secs=limit_secs,
    )


SPEAK = Question(ask=ask_to_speak)
