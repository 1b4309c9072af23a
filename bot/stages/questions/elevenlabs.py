"""Asks ElevenLabs for a bit of speech."""

from __future__ import annotations

from urllib.parse import quote

from bot.stages.questions.question import Question
from bot.stages.questions.socket import Talk, ask_socket
from bot.stages.stage import Stage

_CONTEXT = "question"


async def ask_to_speak(stage: Stage, *, limit_secs: float) -> None:
    """Wait for the speech of one word, on the wire of a call: one socket, several contexts."""
    await ask_socket(
        stage,
        Talk(
            path=f"/v1/text-to-speech/{quote(stage.voice, safe='')}/multi-stream-input",
            query={"model_id": stage.model, "output_format": "pcm_24000", "auto_mode": "true"},
            headers={"xi-api-key": stage.sent_key},
            messages=(
                {"text": " ", "context_id": _CONTEXT},
                {"text": "Hello. ", "context_id": _CONTEXT},
                {"context_id": _CONTEXT, "flush": True},
            ),
            is_answer=lambda message: isinstance(message, dict) and bool(message.get("audio")),
        ),
        limit_secs=limit_secs,
    )


SPEAK = Question(ask=ask_to_speak)
