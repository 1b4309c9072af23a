"""One example as a person starts it, in a room of its own, and a caller who has met its bot."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import uuid
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from livekit.api import AccessToken, VideoGrants

from bench.caller import Caller
from bot.livekit.server import LiveKitServer
from bot.settings import child_environment
from tests.local_providers import LocalProviders

_ROOT = Path(__file__).parents[2]
_START_LIMIT_SECS = 40.0
_END_LIMIT_SECS = 20.0


@asynccontextmanager
async def call(
    example: str, *options: str, livekit: LiveKitServer, providers: LocalProviders, log: Path
) -> AsyncGenerator[Caller]:
    """Run `python -m examples.<example> <options> <room>` and join its room until the block ends.

    Raises:
        AssertionError: The bot did not end by itself, and well, once its caller had left.
    """
    room_name = f"example-{uuid.uuid4().hex[:8]}"
    key, secret = livekit.api_key, livekit.api_secret.get_secret_value()
    changes = {
        "LIVEKIT_URL": livekit.url,
        "LIVEKIT_API_KEY": key,
        "LIVEKIT_API_SECRET": secret,
        "DEEPGRAM_API_KEY": "local",
        "DEEPGRAM_BASE_URL": providers.deepgram_url,
        "OPENAI_API_KEY": "local",
        "OPENAI_BASE_URL": providers.openai_url,
    }
    grants = VideoGrants(room_join=True, room=room_name)
    token = AccessToken(key, secret).with_identity("caller").with_grants(grants).to_jwt()
    arguments = [f"examples.{example}", *options, room_name]
    with _process(arguments, changes=changes, log=log) as process:
        async with Caller.join(livekit.url, token) as caller:
            await caller.wait_for_bot(_START_LIMIT_SECS)
            yield caller
        code = await asyncio.to_thread(process.wait, _END_LIMIT_SECS)
        assert code == 0, log


@contextmanager
def _process(
    arguments: list[str], *, changes: dict[str, str], log: Path
) -> Generator[subprocess.Popen[bytes]]:
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=_ROOT,
            env=child_environment(changes),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
