"""ElevenLabs' voices: a socket, and the times of the words."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable

from pipecat.services.elevenlabs.tts import ElevenLabsTTSService
from typing_extensions import override
from websockets.asyncio.client import ClientConnection

from .shelf.shelf import Shelf
from .speaking_on_socket import SpeakingOnSocket, WholeTexts
from .speech_attempts import Sound

_VOICE = "JBFqnCBsd6RMkjVDRZzb"
"""George, the voice of ElevenLabs' own documentation; Pipecat has no default."""


# Both bases come from one, whose settings the vendor's narrows.
class ElevenLabsTextToSpeech(  # pyright: ignore[reportIncompatibleVariableOverride, reportIncompatibleMethodOverride]
    SpeakingOnSocket, ElevenLabsTTSService, WholeTexts
):
    """Pipecat's ElevenLabs service.

    Args:
        api_key: Of the account.
        base_url: Of the server's socket; "" for the vendor's own.
        model: Name of the model.
        voice: Id of the voice.
        language: Of what is said, a BCP 47 tag; "" has the model hear it.
        patience_secs: What one attempt may take to its first audio; a second one gets less.
        shelf: Keeps the speech of what is said again and again; None for none.
    """

    makes_contexts = True

    def __init__(  # noqa: PLR0913 - the constructor that every voice has
        self,
        *,
        api_key: str,
        base_url: str = "",
        model: str = "",
        voice: str = "",
        language: str = "",
        patience_secs: float | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        super().__init__(
            patience_secs=patience_secs,
            shelf=shelf,
            api_key=api_key,
            url=base_url or "wss://api.elevenlabs.io",
            settings=ElevenLabsTTSService.Settings(
                model=model or "eleven_flash_v2_5", voice=voice or _VOICE, language=language or None
            ),
        )

    @override
    def _get_websocket(self) -> _Wanted:
        """Keep from Pipecat what the vendor still sends of a text that was cut.

        Pipecat counts the times of all texts on one clock, which is not public; nor is another
        place from where messages come.
        """
        return _Wanted(super()._get_websocket(), self.is_text)

    @override
    def attempt(self, text: str, number: int) -> AsyncGenerator[Sound]:
        """Ask for one text's speech once: its last word is timed only if something follows."""
        return super().attempt(f"{text} ", number)

    @override
    async def flush_audio(self, context_id: str | None = None) -> None:
        """Have a text spoken: it is said to be over only after its context is closed."""
        await super().flush_audio(context_id)
        if context_id and self.is_text(context_id):
            # Pipecat closes contexts at the end of a reply, or when they are cut, no earlier.
            await self._close_context(context_id)


class _Wanted:
    """A socket on which no text is heard but those being made."""

    def __init__(self, socket: ClientConnection, is_wanted: Callable[[str], bool]) -> None:
        self._socket = socket
        self._is_wanted = is_wanted

    async def send(self, message: str) -> None:
        await self._socket.send(message)

    async def __aiter__(self) -> AsyncGenerator[str | bytes]:
        async for message in self._socket:
            context_id: str | None = json.loads(message).get("contextId")
            if context_id is None or self._is_wanted(context_id):
                yield message
