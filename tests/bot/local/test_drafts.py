from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from typing_extensions import override

from bot.local.decode_pool import DecodePool
from bot.local.drafts import Drafts
from bot.local.segmenter import Segment
from bot.local.silero import FRAME_SAMPLES
from processors.moonshine import NOTHING_HEARD, Moonshine, Transcript

FIRST = "And will be answered by the next"


class EchoingRecogniser(Moonshine):
    """Says of a second segment what the test wants, in the light of the first or alone."""

    def __init__(self, *, in_context: str, alone: str) -> None:
        self._in_context = in_context
        self._alone = alone

    @override
    def transcribe(
        self,
        audio: np.ndarray,
        *,
        after: Transcript = NOTHING_HEARD,
        guess: Transcript = NOTHING_HEARD,
        is_cancelled: Callable[[], bool] = bool,
    ) -> Transcript | None:
        del guess, is_cancelled
        is_first = audio[0] == 1
        text = self._in_context if after.tokens else FIRST if is_first else self._alone
        return Transcript(text, 1.0, (1,)) if text else NOTHING_HEARD


def segment(value: int, *, gap: list[np.ndarray] | None = None) -> Segment:
    frame = np.full(FRAME_SAMPLES, value, np.float32)
    return Segment(0, FRAME_SAMPLES, frames=[frame], gap=gap)


@pytest.mark.parametrize(
    ("in_context", "alone", "text"),
    [
        ("available agent.", "Available agents.", "available agent."),
        ("", "Available.", "Available."),
        # The decoder says again what it was told.
        ("and will be answered by t", "Able.", "Able."),
        ("Answered by the next", "", ""),
        # The caller says it again, and it is heard in the segment alone too.
        (
            "And will be answered today.",
            "And will be answered to day.",
            "And will be answered today.",
        ),
        ("and the other", "And the other.", "and the other"),
    ],
)
async def test_words_of_the_segment_before_are_not_heard_twice(
    in_context: str, alone: str, text: str
) -> None:
    pool = DecodePool(EchoingRecogniser(in_context=in_context, alone=alone))
    drafts = Drafts(pool)
    try:
        assert (await drafts.take(segment(1)).transcript()).text == FIRST
        assert (await drafts.take(segment(2, gap=[])).transcript()).text == text
    finally:
        pool.close()
