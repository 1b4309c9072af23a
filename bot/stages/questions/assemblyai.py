"""Asks AssemblyAI for the begin of a session."""

from __future__ import annotations

from bot.stages.questions.question import Question
from bot.stages.questions.socket import Talk, ask_socket
from bot.stages.stage import Stage


async def ask_to_listen(stage: Stage, *, limit_secs: float) -> None:
    """Open a session; it is refused in words once the connection is open."""
    await ask_socket(
        stage,
        Talk(
            path="/v3/ws",
            query={"speech_model": stage.model, "sample_rate": "16000", "encoding": "pcm_s16le"},
            headers={"Authorization": stage.sent_key},
            messages=({"type": "Terminate"},),
            is_answer=lambda message: isinstance(message, dict) and message.get("type") == "Begin",
        ),
        limit_secs=limit_secs,
    )


LISTEN = Question(ask=ask_to_listen)
