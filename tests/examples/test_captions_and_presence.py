from __future__ import annotations

from pathlib import Path

from bench.words import normalized
from bot.livekit.server import LiveKitServer
from tests.e2e.talk import ask
from tests.examples.example_bot import call
from tests.local_providers import LocalProviders


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
        await ask(caller, "The weather is lovely today.")
        await caller.wait_for_state("listening")
        states = [state for _, state in caller.bot_seen.states]
        assert states[-3:] == ["thinking", "speaking", "listening"]
        [said] = caller.own_captions
        assert normalized(said.text) == ["the", "weather", "is", "lovely", "today"]
        [repeated] = caller.bot_captions
        assert normalized(repeated.text) == ["you", "said", *normalized(said.text)]
        assert repeated.first_secs > said.first_secs
