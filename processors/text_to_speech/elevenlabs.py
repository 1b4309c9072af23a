"""ElevenLabs' voices: a socket, and the times of the words."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from typing import Any, cast

from pipecat.services.elevenlabs.tts import ElevenLabsTTSService
from typing_extensions import override

from .shelf.shelf import Shelf
from .socket_messages import Fields, SocketMessages, are_times, is_audio
from .speaking_on_socket import SpeakingOnSocket, WholeTexts
from .speech_attempts import Sound

_VOICE = "JBFqnCBsd6RMkjVDRZzb"
"""George, the voice of ElevenLabs' own documentation; Pipecat has no default."""

_ALIGNMENTS = ("alignment", "normalizedAlignment")


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
    def _get_websocket(self) -> SocketMessages:
        """Keep from Pipecat what it cannot read, and what still comes of a text that was cut.

        Pipecat counts the times of all texts on one clock, which is not public; nor is another
        place from where messages come.
        """
        socket = super()._get_websocket()
        return SocketMessages(socket, text_of=self.text_of, read=_read, fail=self.push_error)

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


def _read(context_id: str, fields: Fields) -> Iterator[Fields]:
    audio = fields.get("audio") if is_audio(fields.get("audio")) else None
    read = {name: _letters(fields.get(name)) for name in _ALIGNMENTS}
    told = {name: letters for name, letters in read.items() if letters}
    if told or audio is not None:
        yield {"contextId": context_id, "audio": audio, **told}
    # Pipecat takes nothing of a message that is the last one.
    if fields.get("isFinal", fields.get("is_final")) is True:
        yield {"contextId": context_id, "isFinal": True}


def _letters(told: object) -> Fields | None:
    """Return when letters are spoken; None if it does not say."""
    letters = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
    chars, starts_ms = letters.get("chars"), letters.get("charStartTimesMs")
    lengths_ms = letters.get("charDurationsMs")
    if not are_times(chars, starts_ms):
        return None
    if not are_times(chars, lengths_ms):
        # They only say when the next message begins.
        lengths_ms = [0] * len(cast("list[str]", chars))
    return {"chars": chars, "charStartTimesMs": starts_ms, "charDurationsMs": lengths_ms}
