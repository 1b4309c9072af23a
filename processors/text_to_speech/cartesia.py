"""Cartesia's voices: a socket, and the times of the words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from pipecat.services.cartesia.tts import CartesiaTTSService
from pipecat.transcriptions.language import Language
from typing_extensions import override

from .shelf.shelf import Shelf
from .socket_messages import Fields, SocketMessages, are_times, is_audio
from .speaking_on_socket import SpeakingOnSocket, WholeTexts

_VOICE = "f786b574-daa5-4673-aa0c-cbe3e8534c02"
"""Katie, whom Cartesia recommends for agents; Pipecat has no default."""


# Both bases come from one, whose settings the vendor's narrows.
class CartesiaTextToSpeech(  # pyright: ignore[reportIncompatibleVariableOverride, reportIncompatibleMethodOverride]
    SpeakingOnSocket, CartesiaTTSService, WholeTexts
):
    """Pipecat's Cartesia service.

    Args:
        api_key: Of the account.
        base_url: Of the server's socket; "" for the vendor's own.
        model: Name of the model.
        voice: Id of the voice.
        language: Of what is said, a BCP 47 tag; "" for English.
        patience_secs: What one attempt may take to its first audio; a second one gets less.
        shelf: Keeps the speech of what is said again and again; None for none.
    """

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
            url=base_url or "wss://api.cartesia.ai/tts/websocket",
            settings=CartesiaTTSService.Settings(
                model=model or "sonic-3.6",
                voice=voice or _VOICE,
                language=language or Language.EN,
            ),
        )

    @override
    async def _receive_messages(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Take what one connection brings.

        Pipecat makes a new one where the server has closed the last, however soon, and tells
        nobody: `SpeakingOnSocket` sees to that.
        """
        await self._process_messages()

    @override
    def _get_websocket(self) -> SocketMessages:
        """Keep from Pipecat what it cannot read.

        It takes a kind of message that it does not know for a failure of the text, and there is no
        public place from where messages come.
        """
        socket = super()._get_websocket()
        return SocketMessages(socket, text_of=self.text_of, read=_read, fail=self.push_error)


def _read(context_id: str, fields: Fields) -> Iterator[Fields]:
    message = {**fields, "context_id": context_id}
    kind, told = fields.get("type"), fields.get("word_timestamps")
    if is_audio(fields.get("data")):
        yield message | {"type": "chunk"}
    elif kind == "timestamps" and isinstance(told, dict):
        words = cast(Fields, told)
        if are_times(words.get("words"), words.get("start")):
            yield message
    if kind == "done" or fields.get("done") is True:
        yield message | {"type": "done"}
