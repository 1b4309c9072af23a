from __future__ import annotations

import time
from pathlib import Path

from bench import voice
from bench.ear import recognized
from bench.words import normalized
from bot.livekit.server import LiveKitServer
from tests.e2e.talk import ask
from tests.examples.example_bot import call
from tests.local_providers import LocalProviders


async def test_the_quickstart_answers_and_can_be_interrupted(
    livekit_server: LiveKitServer, local_providers: LocalProviders, artefact_dir: Path
) -> None:
    bot = call(
        "quickstart",
        "--room",
        livekit=livekit_server,
        providers=local_providers,
        log=artefact_dir / "bot.log",
    )
    async with bot as caller:
        await caller.wait_for_onset(0.0)
        await caller.wait_for_silence()
        answer = await ask(caller, "Can you hear me?")
        words = normalized(await recognized(answer, base_url=local_providers.deepgram_url))
        assert len(words) > 2
        await caller.say(voice.spoken("Please tell me a long story."))
        begun_secs = await caller.wait_for_onset(time.monotonic())
        await caller.wait_until(lambda: time.monotonic() > begun_secs + 2.5, 5.0)
        stop = await caller.say(voice.spoken("No, wait, stop."))
        await caller.wait_for_silence(0.3, since_secs=stop.u0_secs + 0.6, timeout_secs=4.0)
