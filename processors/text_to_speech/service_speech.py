"""The speech of one text as one of Pipecat's services makes it, told from all else that it does.

A service yields its audio, or hands it to an audio context while it receives it. Each text gets a
context of its own, of which Pipecat knows nothing; this is that context.
"""

from __future__ import annotations

import asyncio
import json
import re

from pipecat.frames.frames import ErrorFrame, Frame, TTSAudioRawFrame, TTSStoppedFrame
from pipecat.utils.context.word_timestamp_tracker import WordTimestamp

from ..frames import SpokenWord
from ..provider_requests import ProviderError
from ..retry_after import retry_after_secs
from .forms.samples import OneRate
from .speech_attempts import Sound

_STATUS = re.compile(r"\b(?:HTTP|status(?:_code)?|error code)\W{0,4}(\d{3})\b", re.IGNORECASE)
_UNPAID = re.compile(r"quota|payment|credit", re.IGNORECASE)
_UNPAID_STATUS = 402
_NO_VOICE = re.compile(r"\bvoice[ _].{0,80}not[ _](found|exist)", re.IGNORECASE)
_NO_VOICE_CODE, _NO_VOICE_STATUS = "model_not_found", 404
"""A voice that is not there is like a model that is not."""


class ServiceSpeech:
    """What has come of one text's speech, in order.

    Args:
        sample_rate_hz: Of what is given on, whatever the service makes.
        text: What is to be said: vendors repeat it in their errors.
    """

    def __init__(self, *, sample_rate_hz: int, text: str) -> None:
        self._text = text.strip()
        self._samples = OneRate(sample_rate_hz)
        self._sounds: asyncio.Queue[Sound | Exception | None] = asyncio.Queue()
        self._is_read = False
        self.is_over = False
        """The service has said that nothing more comes."""
        self.has_audio = False

    def take(self, item: Frame | WordTimestamp | None) -> None:
        """Take what the service made; None ends it."""
        if isinstance(item, TTSAudioRawFrame):
            self.has_audio = True
            self._sounds.put_nowait(self._samples.feed(item))
        elif isinstance(item, WordTimestamp):
            self._sounds.put_nowait([SpokenWord(item.word, item.timestamp)])
        elif isinstance(item, ErrorFrame):
            self.fail(item)
        elif item is None or isinstance(item, TTSStoppedFrame):
            self.is_over = True
            self._sounds.put_nowait(self._samples.finish())
            self._sounds.put_nowait(None)

    def fail(self, error: ErrorFrame) -> None:
        """End it: the service has said that it failed."""
        self.is_over = True
        self._sounds.put_nowait(failure_in(error, text=self._text))

    async def next(self) -> Sound | None:
        """Wait for more; None at the end.

        Raises:
            ProviderError: The provider said that it failed.
            ConnectionError: It is not reached, or was lost.
        """
        if self._is_read:
            return None
        sound = await self._sounds.get()
        if isinstance(sound, Exception):
            raise sound
        self._is_read = sound is None
        return sound

    @property
    def is_ready(self) -> bool:
        """True if something of it is there at the moment."""
        return not self._sounds.empty()


def failure_in(frame: ErrorFrame, *, text: str) -> Exception:
    """Return what went wrong, so that its kind can be told.

    Pipecat's services put the vendor's answer into the text of an error, some with its status.

    Args:
        frame: The error.
        text: What was to be said; none of its words are the vendor's.
    """
    error = frame.exception
    said = frame.error
    if any(map(str.isalpha, text)):
        said = said.replace(text, "").replace(json.dumps(text)[1:-1], "")
    found = _STATUS.search(said)
    status: object = getattr(getattr(error, "response", None), "status_code", None)
    if not isinstance(status, int):
        status = int(found[1]) if found else None
    if _UNPAID.search(said) and status in (None, 401, 403, 429):
        status = _UNPAID_STATUS
    if status is None and isinstance(error, OSError | EOFError):
        return ConnectionError(type(error).__name__)
    if _NO_VOICE.search(said) and status in (None, 400, 404):
        return ProviderError(body=said, code=_NO_VOICE_CODE, status_code=_NO_VOICE_STATUS)
    asked_secs = retry_after_secs(error) if error else None
    return ProviderError(body=said, code="", status_code=status, retry_after_secs=asked_secs)
