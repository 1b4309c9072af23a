"""The drafts of one stream: texts worked out ahead, and in the light of what came before."""

from __future__ import annotations

import asyncio

import numpy as np

from bot.local.decode_pool import DecodePool, Draft
from bot.local.moonshine import NOTHING_HEARD, Transcript
from bot.local.segmenter import SAMPLES_PER_MS, Segment

# A caller who pauses in the middle of a sentence makes two segments of it; heard alone, the second
# costs twice the wrong words (5.5 against 2.2 % on read speech). Longer context only costs time.
_CONTEXT_MS = 6_000


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
        if before is not None and before[0].samples <= _CONTEXT_MS * SAMPLES_PER_MS:
            # Done long ago, unless audio comes faster than real time.
            heard = await before[1].transcript()
            if heard.tokens:
                whole = np.concatenate([*before[0].frames, *gap, *own])
                rest = await self._pool.decode(draft, whole, after=heard)
                # Sometimes nothing seems to follow what was already complete.
                if rest is None or rest.text:
                    return rest
        return await self._pool.decode(draft, np.concatenate(own), after=NOTHING_HEARD)
