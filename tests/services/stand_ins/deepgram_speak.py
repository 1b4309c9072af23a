"""Deepgram's voice on the loopback interface: POST /v1/speak."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from tests.services.stand_ins.http_voices import open_http_voice
from tests.services.stand_ins.speech import VoiceServer


def open_deepgram_voice() -> AbstractAsyncContextManager[VoiceServer]:
    """Serve on a free port until the block ends."""
    return open_http_voice(
        "/v1/speak",
        lambda body: body["text"],
        lambda status, text: {"err_code": f"E{status}", "err_msg": f"No: {text}"},
    )


def open_openai_voice() -> AbstractAsyncContextManager[VoiceServer]:
    """Serve OpenAI's way of asking, for the same cases."""
    return open_http_voice(
        "/audio/speech",
        lambda body: body["input"],
        lambda _, text: {"error": {"message": f"No: {text}", "code": None, "param": None}},
    )
