from __future__ import annotations

import pytest

from processors.frames import EndOfTurnHeardFrame
from processors.speech_to_text.deepgram_flux import FluxSpeechToText
from tests.processors.speech_to_text.recogniser_pair import FRAME_BYTES, STARTED, pair_of
from tests.services.stand_ins.flux import open_fake_flux


@pytest.mark.promise(
    "Turns", "Of two recognisers only the one that hears has a say about the end of a turn."
)
async def test_only_the_one_that_hears_says_that_a_turn_is_over() -> None:
    async with open_fake_flux() as one, open_fake_flux() as two:
        first = FluxSpeechToText(api_key="k", base_url=one.base_url)
        second = FluxSpeechToText(api_key="k", base_url=two.base_url)
        async with pair_of(first, second) as pair:
            await pair.voice(STARTED)
            await pair.speak(*[1] * 50)
            await two.tell("EagerEndOfTurn", "Nobody asked.", (0.0, 1.0), confidence=0.9)
            await one.tell("EagerEndOfTurn", "Good morning.", (0.0, 1.0), confidence=0.6)
            heard = await pair.pipeline.until_down(EndOfTurnHeardFrame)
            assert [frame.confidence for frame in heard] == [0.6]
            one.drop()
            await two.until(audio_bytes=50 * FRAME_BYTES)
            await two.tell("EndOfTurn", "Good morning.", (0.0, 1.0), confidence=0.8)
            heard = await pair.pipeline.until_down(EndOfTurnHeardFrame, 2)
            await pair.pipeline.settle()
            assert [frame.confidence for frame in heard] == [0.6, 0.8]
            assert pair.finals() == ["Good morning."]
