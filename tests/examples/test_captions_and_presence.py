from __future__ import annotations

from pathlib import Path

from bench import voice
from bench.captions import Caption
from bench.words import normalized
from bot.livekit.server import LiveKitServer
from tests.examples.example_bot import call
from tests.local_providers import LocalProviders

_LIMIT_SECS = 30.0


async def test_the_room_sees_what_is_said_and_what_the_bot_does(
    livekit_server: LiveKitServer, local_providers: LocalProviders, artefact_dir: Path
) -> None:
    bot = call(
        "captions_and_presence",
        livekit=livekit_server,
        providers=local_providers,
        log=artefact_dir / "bot.log",
    )
    async with bot as caller:
        await caller.wait_for_state("listening")
        await caller.say(voice.spoken("The weather is lovely today."))

        def states() -> list[str]:
            return [state for _, state in caller.bot_seen.states]

        def words(captions: list[Caption]) -> list[str]:
            return normalized(" ".join(caption.text for caption in captions))

        await caller.wait_until(lambda: words(caller.bot_captions)[-1:] == ["today"], _LIMIT_SECS)
        await caller.wait_until(
            lambda: states()[-3:] == ["thinking", "speaking", "listening"], _LIMIT_SECS
        )
        assert words(caller.own_captions) == ["the", "weather", "is", "lovely", "today"]
        assert words(caller.bot_captions)[:2] == ["you", "said"]
        assert caller.own_captions[0].first_secs < caller.bot_captions[0].first_secs
