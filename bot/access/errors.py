"""What a caller who may not come in is told."""

from __future__ import annotations

from bot.errors import VoiceError


class AccessError(VoiceError):
    """Somebody may not call.

    Args:
        code: For the page: which sentence, and whether to ask for the key.
        message: One plain sentence.
        retry_after_secs: When to try again; None where time alone does not help.
    """

    def __init__(self, code: str, message: str, *, retry_after_secs: int | None = None) -> None:
        super().__init__(code, message)
        self.retry_after_secs = retry_after_secs
