"""Whole sessions in this process with a voice that leaves and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import voice
from bench.caller import Caller
from bot.call.course import EndReason
from bot.languages.en import LANGUAGE
from processors.agent_protocol.presence import TROUBLE_ATTRIBUTE
from tests.bot.call.session_call import OpenCall, greeted, said
from tests.services.stand_ins.deepgram_speak import open_openai_voice
from tests.services.stand_ins.speech import Speech
from tests.spoken_sound import pcm
from tests.waiting import until

TROUBLES = LANGUAGE.troubles
SPARE = {TROUBLES.voice, TROUBLES.moment, TROUBLES.hearing, TROUBLES.stop}


def trouble_of(caller: Caller) -> str:
    return caller.bot.attributes.get(TROUBLE_ATTRIBUTE, "") if caller.bot else ""


@pytest.mark.promise(
    "Text-to-speech",
    "In a call whose voice is gone for a while the caller hears what is wrong and then what was "
    "owed, sees it meanwhile, and the call ends aloud if it is gone for good.",
)
async def test_a_voice_that_leaves_says_so_and_comes_back_with_what_it_owed(
    open_call: OpenCall, tmp_path: Path
) -> None:
    async with open_openai_voice() as server:
        # Long enough for the letters of any line.
        server.answer = lambda text: Speech(pcm() * (1 + len(text) // 20))
        kept = {"speech_shelf": tmp_path, "speech_shelf_mb": 1}
        async with (
            open_call(openai_tts_base_url=server.base_url, **kept) as call,
            call.join() as caller,
        ):
            await greeted(caller)

            async def are_made() -> bool:
                return {*server.texts} >= SPARE

            await until(are_made)
            made = server.answer
            server.answer = lambda _: Speech(status=503)
            asked = await caller.say(voice.spoken("What time is it in Tokyo?"))
            await caller.wait_for_onset(asked.u1_secs)
            await caller.wait_until(lambda: trouble_of(caller) == "voice", 5.0)
            lines = (TROUBLES.voice.lower(), TROUBLES.moment.lower())
            await caller.wait_until(lambda: any(line in said(caller) for line in lines), 5.0)
            assert "tokyo" not in said(caller)
            server.answer = made
            await caller.wait_until(lambda: "tokyo" in said(caller), 15.0)
            await caller.wait_until(lambda: trouble_of(caller) == "", 5.0)
            await caller.wait_for_silence()
            server.answer = lambda _: Speech(status=401)
            await caller.say(voice.spoken("What time is it in Tokyo?"))
            assert await call.told(caller) is EndReason.PROVIDER_FAILED
            assert TROUBLES.stop.lower() in said(caller)
