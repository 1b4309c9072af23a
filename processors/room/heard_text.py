"""Maps played samples to the words the listener has begun to hear.

Exact where the voice tells when it says its words. Else the words of a sentence are spread over the
voiced part of its audio in proportion to their letters: expect an error of about one word.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from ..frames import SpokenWord
from ..scripts import space_between
from .word_times import UNIT, WordTimes, usual_secs

_BLOCK_MS = 10
_VOICED_RMS = 200.0
"""About -44 dBFS: below it lie the pauses of a synthetic voice (silence or faint breath)."""
_SURE_MS = 150
"""Voice beyond a word's likely start before it counts as begun. The guess is early by up to 370 ms
(5th percentile of 310 words of the local voice, whose own word times are known), and a caption must
not hold what an interruption left unsaid; with this it is early by up to 95 ms, late by up to 240.
"""


class HeardWords(NamedTuple):
    """Words that began to be heard."""

    text: str
    """With their spacing."""
    is_remembered: bool
    """Whether the language model is to know that it said them."""


@dataclass
class _Sentence:
    text: str
    context_id: str | None
    is_remembered: bool
    is_by_word: bool = False
    """Its words count from the start of its reply's audio, and it has no place of its own."""
    start_sample: int | None = None
    """Place on the play-out's sample line; None until its first audio is captured."""
    voiced_blocks: list[int] = field(default_factory=list[int])
    """Running count of voiced blocks, one entry per block received."""
    times: WordTimes | None = None
    """As the voice tells them; None while it does not."""
    rest: bytes = b""
    is_closed: bool = False
    released_chars: int = 0

    @property
    def is_unfinished(self) -> bool:
        """True while words come one by one, as from Pipecat's own voices, and are not all heard."""
        return self.is_by_word and self.released_chars < len(self.text)


class HeardText:
    """The words of the sentences in play-out, released as their audio starts to play.

    Feed it in the order the output transport sees things: `announce` a sentence, `receive` its
    audio, `close` it; `place` it when its audio is about to be captured; then ask `release`.
    """

    def __init__(self, *, sample_rate_hz: int) -> None:
        self._sample_rate_hz = sample_rate_hz
        self._block_samples = sample_rate_hz * _BLOCK_MS // 1000
        self._sentences: deque[_Sentence] = deque()
        self._has_spoken = False
        self._tells_times = False
        self._last_text = ""
        self._announced_id: str | None = None
        self._reply_start: int | None = None
        """Place of the first audio of the reply being announced."""
        self._started: tuple[str | None, bool] = (None, True)
        self._secs_per_char: float | None = None

    def announce(
        self, text: str, *, context_id: str | None = None, is_by_word: bool = False
    ) -> None:
        """A sentence will be spoken; its audio follows.

        Args:
            text: The sentence.
            context_id: Of the reply, or line of our own, that it belongs to.
            is_by_word: Its words come one by one, as from Pipecat's own voices: `tell_one`.
        """
        # Sentences come without the space between them.
        is_same = context_id is not None and context_id == self._announced_id
        self._reply_start = self._reply_start if is_same else None
        self._announced_id = context_id
        is_joined = self._has_spoken or is_same
        gap = space_between(self._last_text, text) if is_joined else ""
        self._last_text = text or self._last_text
        started_id, is_remembered = self._started
        self._sentences.append(
            _Sentence(
                text=f"{gap}{text}",
                context_id=context_id,
                is_by_word=is_by_word,
                start_sample=self._reply_start if is_by_word else None,
                is_remembered=is_remembered or context_id != started_id,
            )
        )
        self._has_spoken = True

    def start(self, *, context_id: str | None, is_remembered: bool) -> None:
        """The voice begins what was announced before, for the model to remember or not."""
        self._started = (context_id, is_remembered)
        for sentence in self._sentences:
            if sentence.context_id == context_id:
                sentence.is_remembered = is_remembered

    def tell(self, words: Sequence[SpokenWord]) -> None:
        """The voice tells when it says words of the latest sentence announced."""
        self._tells_times = True
        if not self._sentences:
            return
        sentence = self._sentences[-1]
        sentence.times = sentence.times or WordTimes(sentence.text)
        for word in words:
            sentence.times.note(word.text, word.at_secs)

    def tell_one(self, word: str, *, at_secs: float) -> None:
        """The voice tells of one word, counted from the start of the reply's audio."""
        for sentence in self._sentences:
            sentence.times = sentence.times or WordTimes(sentence.text)
            if sentence.is_by_word and not sentence.times.is_complete:
                sentence.times.note(word, at_secs)
                return

    def receive(self, audio: bytes, *, sample_rate_hz: int | None = None) -> None:
        """Audio (mono 16-bit PCM, at this rate or the play-out's) of the latest sentence."""
        if not self._sentences:
            return
        sentence = self._sentences[-1]
        data = sentence.rest + audio
        rate_hz = sample_rate_hz or self._sample_rate_hz
        samples = rate_hz * _BLOCK_MS // 1000
        block_bytes = samples * 2
        whole = len(data) // block_bytes * block_bytes
        sentence.rest = data[whole:]
        if not whole:
            return
        blocks = np.frombuffer(data[:whole], dtype=np.int16).reshape(-1, samples)
        rms = np.sqrt(np.mean(np.square(blocks, dtype=np.float32), axis=1))
        count = sentence.voiced_blocks[-1] if sentence.voiced_blocks else 0
        sentence.voiced_blocks += (count + np.cumsum(rms > _VOICED_RMS)).tolist()

    def close(self) -> None:
        """All audio of the latest sentence has been received."""
        if self._sentences:
            sentence = self._sentences[-1]
            sentence.is_closed = True
            self._tells_times = self._tells_times and sentence.times is not None
            if sentence.voiced_blocks and (text := sentence.text.strip()):
                self._secs_per_char = sentence.voiced_blocks[-1] * _BLOCK_MS / 1000 / len(text)

    def place(self, sample: int) -> None:
        """The audio of the next unplaced sentence starts at `sample` of the play-out line."""
        for sentence in self._sentences:
            if sentence.start_sample is None and not sentence.is_by_word:
                sentence.start_sample = sample
                return

    def place_reply(self, sample: int) -> None:
        """The audio of a reply whose words come one by one starts at `sample`."""
        self._reply_start = sample
        for sentence in self._sentences:
            if sentence.is_by_word and sentence.start_sample is None:
                sentence.start_sample = sample

    def release(self, played_samples: int) -> list[HeardWords]:
        """Return the words begun since the last call, in the order they are heard."""
        words: list[HeardWords] = []
        sentences = list(self._sentences)
        for sentence, following in zip_longest(sentences, sentences[1:]):
            if sentence.start_sample is None or played_samples <= sentence.start_sample:
                break
            words += self._release_words(sentence, played_samples - sentence.start_sample)
            if following is None or following.start_sample is None:
                break
            if played_samples >= following.start_sample and not sentence.is_unfinished:
                self._sentences.remove(sentence)
                words += self._rest(sentence)
        return words

    def finish(self, *, is_over: bool = True) -> list[HeardWords]:
        """All placed audio was played: return the words left, and all there are if it is over."""
        words: list[HeardWords] = []
        while self._sentences and self._sentences[0].start_sample is not None:
            if not (is_over or self._sentences[0].is_closed):
                break
            words += self._rest(self._sentences.popleft())
        self._has_spoken = bool(self._sentences)
        return words

    def forget(self) -> None:
        """Drop all sentences, spoken or not."""
        self._sentences.clear()
        self._has_spoken = False
        self._announced_id = None

    def _release_words(self, sentence: _Sentence, position: int) -> list[HeardWords]:
        if sentence.times is not None:
            begun = sentence.times.chars_begun(position / self._sample_rate_hz)
            return self._advance(sentence, max(begun, sentence.released_chars))
        if self._tells_times:
            # They come: a guess would be said to have been heard.
            return []
        block = min(position // self._block_samples, len(sentence.voiced_blocks) - 1)
        if block < 0:
            return []
        heard = sentence.voiced_blocks[block]
        total = sentence.voiced_blocks[-1]
        if not sentence.is_closed:
            secs = usual_secs(sentence.text, secs_per_char=self._secs_per_char)
            total = max(total, round(secs * 1000 / _BLOCK_MS))
        if not heard or not total:
            return []
        is_over = sentence.is_closed and heard == total
        sure_blocks = heard if is_over else heard - _SURE_MS // _BLOCK_MS
        sure_chars = len(sentence.text) * sure_blocks / total
        end = sentence.released_chars
        for word in UNIT.finditer(sentence.text, sentence.released_chars):
            # A word has begun once the position passes its first letter. The first one begins the
            # voice: no guess.
            first_letter = word.end() - len(word.group().lstrip())
            if word.start() > 0 and first_letter >= sure_chars:
                break
            end = word.end()
        return self._advance(sentence, end)

    def _rest(self, sentence: _Sentence) -> list[HeardWords]:
        """The words not yet released; none if it was never spoken to its end."""
        if sentence.is_unfinished and sentence.times is not None:
            return self._advance(sentence, sentence.times.chars_begun(math.inf))
        is_spoken = sentence.is_closed and bool(sentence.voiced_blocks)
        return self._advance(sentence, len(sentence.text)) if is_spoken else []

    def _advance(self, sentence: _Sentence, end: int) -> list[HeardWords]:
        words = sentence.text[sentence.released_chars : end]
        sentence.released_chars = end
        return [HeardWords(words, sentence.is_remembered)] if words else []
