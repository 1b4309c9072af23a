"""Two LiveKit nodes with one Redis on loopback, and who may be in their rooms."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from livekit import rtc
from livekit.api import AccessToken, VideoGrants
from livekit.protocol.room import CreateRoomRequest
from pydantic import SecretStr

from bot.livekit.config import LiveKitPorts, build_livekit_config
from bot.livekit.install import find_or_install
from bot.rooms.plan import RoomPlan, new_session_id
from bot.rooms.rooms import Rooms
from bot.settings import Settings
from tests.deploy.parts import KEY, SECRET, Parts, is_well
from tests.ports import free_port

_LEAVE_LIMIT_SECS = 5.0


@dataclass(frozen=True, kw_only=True)
class Node:
    """One of them."""

    name: str
    port: int
    id: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def rooms(self) -> Rooms:
        """Return what asks this node."""
        secret = SecretStr(SECRET)
        return Rooms(url=self.url, api_key=KEY, api_secret=secret, agent_name="parley")


async def start_nodes(parts: Parts) -> list[Node]:
    """Start both; Redis with them."""
    redis = free_port()
    own = ("--bind", "127.0.0.1", "--save", "", "--dir", str(parts.folder))
    parts.start("redis", ("redis-server", "--port", str(redis), *own), os.environ)
    program = await find_or_install(Settings())
    nodes: list[Node] = []
    for number in range(2):
        ports = LiveKitPorts(http=0, media_udp=0).or_free_ones()
        config = build_livekit_config(ports=ports, api_key=KEY, api_secret=SECRET, webhook_url=None)
        shared = {"redis": {"address": f"127.0.0.1:{redis}"}}
        path = parts.folder / f"livekit-{number}.json"
        path.write_text(json.dumps({**json.loads(config), **shared}))
        nodes.append(await asyncio.to_thread(_start, parts, program, path, ports.http))
    return nodes


def _start(parts: Parts, program: Path, config: Path, port: int) -> Node:
    parts.start(config.stem, (str(program), "--config", str(config)), os.environ)
    parts.until_up(config.stem, lambda: is_well(f"http://127.0.0.1:{port}/"))
    found = re.search(r'"nodeID": ?"(\w+)"', parts.log(config.stem))
    assert found is not None
    return Node(name=config.stem, port=port, id=found[1])


async def make_room(node: Node) -> RoomPlan:
    """Make a room at a node; returns which."""
    plan = RoomPlan(agent_name="parley", session_id=new_session_id())
    async with node.rooms() as rooms:
        await rooms.create_bare(CreateRoomRequest(name=plan.room_name, node_id=node.id))
    return plan


@asynccontextmanager
async def in_room(url: str, plan: RoomPlan, *, is_bot: bool) -> AsyncGenerator[rtc.Room]:
    """Be in a room: as a bot, with its voice, or as its caller."""
    token = AccessToken(KEY, SECRET).with_grants(VideoGrants(room_join=True, room=plan.room_name))
    if is_bot:
        token = token.with_identity(f"bot-{plan.session_id}").with_kind("agent")
        token = token.with_attributes({"lk.agent.state": "listening", "parley.job": "AJ_1"})
    else:
        token = token.with_identity(plan.caller_identity)
    room = rtc.Room()
    await room.connect(url.replace("http", "ws", 1), token.to_jwt())
    if is_bot:
        track = rtc.LocalAudioTrack.create_audio_track("voice", rtc.AudioSource(24000, 1))
        await room.local_participant.publish_track(track)
    try:
        yield room
    finally:
        # It may wait for a node that is gone.
        with suppress(TimeoutError):
            await asyncio.wait_for(room.disconnect(), _LEAVE_LIMIT_SECS)
