"""livekit-agents: an `AgentSession` with every default, in its own worker ("start" mode).

Runs in the bench's own environment (bench/requirements.txt), not in the product's: the local turn
detector that is its default may be used with livekit-agents only. Imports nothing of the project.

    livekit_agents.py start      (LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET, STANDIN_PORT,
                                  RECOGNISER of the set; optional ACCEPT_ALWAYS=1: no load limit)
"""

from __future__ import annotations

import os
from typing import Any

from livekit.agents import Agent, AgentServer, AgentSession, JobContext, cli, stt
from livekit.plugins import deepgram, openai  # pyright: ignore[reportMissingImports]

AGENT_NAME = "bench-livekit-agents"

# Its default refuses jobs above 70 % CPU: a fair answer to a burst, a nuisance when a bench runs.
# Without a load at all: LiveKit sends no job to a worker that says it has none left to give.
# Port 0: its health port is fixed otherwise.
server = AgentServer(port=0)
if os.environ.get("ACCEPT_ALWAYS"):
    server = AgentServer(port=0, load_fnc=lambda: 0.0)


def build_recogniser(host: str) -> stt.STT[Any]:
    """Return the plugin that its documentation names for the set's recogniser."""
    match os.environ["RECOGNISER"]:
        case "flux":
            # Eager ends are off otherwise. Turns stay with its own detector: with
            # `turn_detection="stt"` it waits 0.5 s for more, with its own 0.3.
            url = f"ws://{host}/v2/listen"
            return deepgram.STTv2(api_key="bench", base_url=url, eager_eot_threshold=0.4)
        case "whisper":
            return openai.STT(api_key="bench", base_url=f"http://{host}/v1")
        case _:
            return deepgram.STT(api_key="bench", base_url=f"ws://{host}/v1/listen")


@server.rtc_session(agent_name=AGENT_NAME)
async def entrypoint(ctx: JobContext) -> None:
    """Run one conversation, as the quickstart does."""
    host = f"127.0.0.1:{os.environ['STANDIN_PORT']}"
    openai_url = f"http://{host}/v1"
    session = AgentSession(
        stt=build_recogniser(host),
        llm=openai.LLM(api_key="bench", base_url=openai_url),
        tts=openai.TTS(api_key="bench", base_url=openai_url, response_format="pcm"),
    )
    await session.start(agent=Agent(instructions="You are a helpful assistant."), room=ctx.room)
    await ctx.connect()
    await session.generate_reply(instructions="Greet the user and offer your assistance.")


if __name__ == "__main__":
    cli.run_app(server)
