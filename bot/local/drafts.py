"""The drafts of one stream: texts worked out ahead, and in the light of what came before."""

from __future__ import annotations

import asyncio

import numpy as np

from bot.local.decode_pool import DecodePool, Draft
from bot.local.segmenter import SAMPLES_PER_MS, Segment
from processors.moonshine import NOTHING_HEARD, Transcript

# A caller who pauses in the middle of a sentence makes two segments of it; heard alone, the second
# costs twice the wrong words (5.5 against 2.2 % on read speech). Longer context only costs time.
_CONTEXT_MS = 6_000

# The decoder, told what it has heard before, may say that again in place of the 0.2 s that follow.
_REPEATED_WORDS = 3
_MARKS = ".,?!;:"


class Drafts:
    """At most one current draft, of the current segment."""

    def __init__(self, pool: DecodePool) -> None:
        self._pool = pool
        self._before: tuple[Segment, Draft] | None = None
        self.current: Draft | None = None

    @property
    def is_busy(self) -> bool:
        return self.current is not None and not self.current.is_done

    def start(self, segment: Segment, *, is_urgent: bool) -> Draft:
        """Start a draft of the segment as it is now, in place of the current one.

        Args:
            segment: The open segment.
            is_urgent: True when the segment has probably ended.
        """
        self.drop()
        draft = Draft(covers_until=segment.voiced_until, is_urgent=is_urgent)
        before = self._before if is_urgent and segment.gap is not None else None
        own, gap = list(segment.frames), segment.gap or []
        draft.task = asyncio.create_task(self._decode(draft, own, gap, before))
        self.current = draft
        return draft

    def take(self, segment: Segment) -> Draft:
        """Return the draft that becomes final: the current one if it heard everything."""
        draft = self.current
        is_ready = draft is not None and draft.is_urgent
        if draft is None or not is_ready or draft.covers_until != segment.voiced_until:
            draft = self.start(segment, is_urgent=True)
        self._before = (segment, draft)
        self.current = None
        return draft

    def drop(self) -> None:
        """Give up the current draft."""
        if self.current is not None:
            self.current.drop()

    async def _decode(
        self,
        draft: Draft,
        own: list[np.ndarray],
        gap: list[np.ndarray],
        before: tuple[Segment, Draft] | None,
    ) -> Transcript | None:
        """Decode after the segment before, if that one is near and short enough to help."""
        rest = await self._decode_after(draft, own, gap, before) if before else NOTHING_HEARD
        if rest is None or (rest.text and not (before and _repeats(before[1].text_so_far, rest))):
            return rest
        # Sometimes nothing seems to follow what was already complete, and sometimes the same again:
        # what a short segment itself holds decides.
        alone = await self._pool.decode(draft, np.concatenate(own), after=NOTHING_HEARD)
        is_said_again = alone is not None and _begin(alone) == _begin(rest)
        return rest if rest.text and is_said_again else alone

    async def _decode_after(
        self,
        draft: Draft,
        own: list[np.ndarray],
        gap: list[np.ndarray],
        before: tuple[Segment, Draft],
    ) -> Transcript | None:
        segment, before_draft = before
        if segment.samples > _CONTEXT_MS * SAMPLES_PER_MS:
            return NOTHING_HEARD
        # Done long ago, unless audio comes faster than real time.
        heard = await before_draft.transcript()
        if not heard.tokens:
            return NOTHING_HEARD
        whole = np.concatenate([*segment.frames, *gap, *own])
        return await self._pool.decode(draft, whole, after=heard)


def _words(heard: Transcript) -> list[str]:
    return [word.strip(_MARKS) for word in heard.text.lower().split()]


def _begin(heard: Transcript) -> list[str]:
    return _words(heard)[:_REPEATED_WORDS]


def _repeats(before: Transcript, rest: Transcript) -> bool:
    """Return True if a text begins with words of the one before it, a few of them in a row."""
    words, begin = _words(before), _begin(rest)
    size = len(begin)
    return size > 1 and any(words[at : at + size] == begin for at in range(len(words) - size + 1))
