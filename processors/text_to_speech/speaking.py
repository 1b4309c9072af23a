"""What makes any of Pipecat's voices early, whole and honest; a vendor's file adds its requests."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any

from pipecat.frames.frames import ErrorFrame, Frame, TTSAudioRawFrame
from typing_extensions import override

from ..frames import UnspokenTextFrame
from ..provider_requests import failure_of
from .forms.sounds import decode_sounds
from .persevering import Persevering
from .service_contexts import SpeechFailedFrame
from .service_speech import ServiceSpeech
from .shelf.shelf import KeptSpeechFrame, Shelf, WholeSpeechFrame
from .speech_ahead import SpeechAhead
from .speech_attempts import PATIENCE_SECS, Sound, SpeechAttempts, is_sound
from .speech_frames import KEPT_SILENCE_MS
from .verdict import Verdict

SENTENCE_PAUSE_MS = 150
"""Leading silence left in a later sentence of a reply, so that sentences do not run together."""

LONGEST_SECS = 10.0
LONGEST_CHAR_SECS = 0.6
"""A digit may be a word. Voices that are language models may lose the end and babble on."""

_GOODBYE_SECS = 0.3
"""To tell a vendor that its speech is not wanted any more; it makes no difference to the caller."""


class Speaking(Persevering):
    """Goes in front of one of Pipecat's services: `class Voice(Speaking, SomeTTSService)`.

    One request per piece of a reply. A request that has brought no audio in time is made twice.
    Every failure becomes one `ErrorFrame` with a category; text whose speech failed is never
    reported as spoken. A text that the voice refuses is lost; the voice is given up only if it
    refuses any, or is silent for three replies in a row.

    Args:
        patience_secs: What one attempt may take to its first audio; a second one gets less.
        longest_silence_secs: After which there was an error, or a text is over; None for what two
            attempts take.
        shelf: Keeps the speech of what is said again and again; None for none.
        service: Of the Pipecat service behind.
    """

    speaks_ahead = True
    """Whether speech may be made ahead: the vendor answers requests side by side."""
    gives_all = False
    """Whether all that came is given on, also where no more comes: some wait to fill a chunk."""

    def __init__(
        self,
        *,
        patience_secs: float | None = None,
        longest_silence_secs: float | None = None,
        shelf: Shelf | None = None,
        **service: Any,
    ) -> None:
        self.patience_secs = patience_secs or PATIENCE_SECS
        self._attempts = SpeechAttempts(patience_secs=self.patience_secs, gives_all=self.gives_all)
        self.longest_silence_secs = longest_silence_secs or self._attempts.longest_silence_secs
        self._verdict = Verdict(probe=lambda text: self.speech(text, is_first=True, is_fresh=True))
        self._last_context_id = ""
        super().__init__(
            # Pipecat takes a reply for finished that is silent for longer.
            stop_frame_timeout_s=self.longest_silence_secs,
            # It would also count replies whose text was refused; `Verdict` counts the others.
            max_consecutive_zero_audio_contexts=0,
            shelf=shelf,
            **service,
        )
        self._ahead = SpeechAhead[Frame](
            speak=lambda text, is_first: self.speech(text, is_first=is_first),
            owner=self,
            is_free=lambda frame: isinstance(frame, KeptSpeechFrame),
        )

    async def prepare(self, text: str, *, is_first: bool) -> None:
        """Make the speech of a text that will probably be spoken; it is not heard before that.

        Args:
            text: A piece of a reply, cut as `SpokenPieces` cuts it.
            is_first: It begins the reply.
        """
        prepared = text.lstrip("\n")
        if self.speaks_ahead and self.is_usable and prepared.strip():
            self._stock.stop()
            self._ahead.prepare(prepared, is_first=is_first)

    async def drop_prepared(self) -> None:
        """Forget the speech that was made ahead: it will not be spoken, and is billed."""
        for text in await self._ahead.drop():
            await self.count_usage(text)

    @override
    async def cleanup(self) -> None:
        """Stop what is made ahead."""
        await super().cleanup()
        await self._ahead.drop()

    @override
    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """Speak one piece of a reply, or one line.

        Everything goes into the audio context from here; what is yielded is of no meaning.

        Args:
            text: What to say.
            context_id: Of the reply the audio belongs to.
        """
        is_first = context_id != self._last_context_id
        self._last_context_id = context_id
        self._stock.stop()
        with self.speaking_in(context_id):
            line, pieces = self.pieces_of_line(text)
            for piece in pieces:
                await self.begin_piece(context_id, piece, line=line)
                try:
                    await self.speak_at_last(piece, context_id, is_first=is_first)
                except Exception as error:  # noqa: BLE001 - no text may end as if it was spoken
                    await self._tell_failure(error, piece, context_id)
                is_first = False
        self._stock.begin(self.spare_lines or ())
        yield None

    @override
    async def speak(self, text: str, context_id: str, *, is_first: bool, attempts: int) -> None:
        """Speak a text once."""
        made = self._ahead.take(text)
        speech = made or self.speech(text, is_first=is_first, attempts=attempts)
        is_counted = is_kept = False
        async with aclosing(speech) as frames:
            async for frame in frames:
                if isinstance(frame, KeptSpeechFrame):
                    is_counted = is_kept = True
                    continue
                if isinstance(frame, WholeSpeechFrame):
                    frame.keep()
                    continue
                if not is_counted:
                    is_counted = True
                    await self.count_usage(text)
                if is_sound(frame):
                    await self.stop_ttfb_metrics()
                    if not is_kept:
                        self._verdict.note_speech()
                        await self.note_well()
                await self.append_speech(context_id, frame)

    async def _tell_failure(self, error: Exception, text: str, context_id: str) -> None:
        problem, _ = failure_of(error)
        category = await self._verdict.category_of(error, text=text, context_id=context_id)
        told = SpeechFailedFrame(f"text-to-speech: {problem}", exception=error, category=category)
        if lines := self.spare_lines:
            is_end = category.is_permanent or self._verdict.is_given_up
            await self.say_spare(lines.stop if is_end else lines.lost, context_id)
        await self.append_speech(context_id, UnspokenTextFrame(text))
        await self.append_speech(context_id, told)
        if self._verdict.is_given_up:
            silent = SpeechFailedFrame("text-to-speech: silent")
            await self.push_error_frame(silent, force_treat_as_permanent=True)

    @override
    def speech(
        self, text: str, *, is_first: bool, attempts: int = 2, is_fresh: bool = False
    ) -> AsyncGenerator[Frame]:
        """Yield the frames of one text's speech, and what the shelf says of it.

        Args:
            text: What to say.
            is_first: It begins a reply.
            attempts: How often to ask while nothing has come.
            is_fresh: The vendor makes it now, whether or not it is on the shelf.

        Raises:
            Exception: Whatever it failed with, after its second attempt or half-way.
        """
        kept_silence_ms = KEPT_SILENCE_MS if is_first else SENTENCE_PAUSE_MS
        made = self._attempts.speech(
            lambda number: self.attempt(text, number),
            text=text,
            sample_rate_hz=self.sample_rate,
            kept_silence_ms=kept_silence_ms,
            longest_secs=LONGEST_SECS + LONGEST_CHAR_SECS * len(text),
            attempts=attempts,
        )
        if self._shelf is None:
            return made
        return self._shelf.speech(
            text,
            made,
            kept_silence_ms=kept_silence_ms,
            is_fresh=is_fresh,
            is_whole=lambda: self._attempts.is_sure_of_end,
        )

    async def attempt(self, text: str, number: int) -> AsyncGenerator[Sound]:
        """Ask for one text's speech once; Pipecat's service does, unless a vendor's file does it.

        Args:
            text: What to say.
            number: Which attempt it is, from 1.

        Raises:
            Exception: Whatever it failed with.
        """
        del number
        sounds = decode_sounds(self._service_sounds(text), sample_rate_hz=self.sample_rate)
        async with aclosing(sounds):
            async for sound in sounds:
                yield sound

    async def _service_sounds(self, text: str) -> AsyncGenerator[Sound]:
        made = ServiceSpeech(sample_rate_hz=self.sample_rate, text=text)
        with self.service_context(str(uuid.uuid4()), made) as service_id:
            try:
                comes_later = False
                # Of the service behind this mixin.
                service = super().run_tts(text, service_id)  # pyright: ignore[reportAbstractUsage]
                async with aclosing(service) as frames:
                    async for frame in frames:
                        comes_later = comes_later or frame is None  # It is received elsewhere.
                        if isinstance(frame, TTSAudioRawFrame | ErrorFrame):
                            made.take(frame)
                        while made.is_ready and (sound := await made.next()):
                            yield sound
                if not made.is_over and comes_later:
                    await self.flush_audio(service_id)
                elif not made.is_over:
                    made.take(None)
                while (sound := await made.next()) is not None:
                    yield sound
            finally:
                await self._say_goodbye(service_id, was_whole=made.is_over)

    async def _say_goodbye(self, service_id: str, *, was_whole: bool) -> None:
        """Let the vendor forget a text."""
        with suppress(Exception):
            async with asyncio.timeout(_GOODBYE_SECS):
                if was_whole:
                    await self.on_audio_context_completed(service_id)
                else:
                    await self.on_audio_context_interrupted(service_id)
