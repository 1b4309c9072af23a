"""A worker that registers like livekit-agents and puts a bare participant into the room.

It speaks LiveKit's worker protocol itself, so tests of rooms, parking and capacity need neither
the process pool nor the pipeline. What it does with a job is settable: take it, refuse it, take it
and never come, or come and never get warm.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

import aiohttp
from livekit import rtc
from livekit.api import AccessToken, LiveKitAPI, VideoGrants
from livekit.protocol import agent, models
from livekit.protocol.agent_dispatch import CreateAgentDispatchRequest
from livekit.protocol.room import CreateRoomRequest, DeleteRoomRequest

_OFFERED_SECS = 1.0


class FakeBots:
    """Registers as the worker of `agent_name` and answers every job the same way.

    Args:
        url: LiveKit's address.
        api_key: LiveKit's API key.
        api_secret: LiveKit's API secret.
        agent_name: Name to register under.
    """

    def __init__(self, *, url: str, api_key: str, api_secret: str, agent_name: str) -> None:
        self._url, self._api_key, self._api_secret = url, api_key, api_secret
        self._token = AccessToken(api_key, api_secret).with_grants(VideoGrants(agent=True)).to_jwt()
        self._agent_name = agent_name
        self._http: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self.takes_jobs = True
        self.gets_ready = True
        self.joins = True
        """False leaves an assigned job without its bot, like a process that hangs at its start."""
        self.jobs: list[agent.Job] = []
        """Every job that was assigned."""
        self.offers: list[agent.Job] = []
        """Every job that was offered."""
        self.terminated_jobs: list[str] = []
        # LiveKit's native client ends the whole process 15 s after a connect that was cancelled.
        self._joining = asyncio.Lock()
        self.bots: dict[str, rtc.Room] = {}
        """Connected bots by room name."""
        self.tokens: dict[str, str] = {}
        """What each of them joined with."""

    async def __aenter__(self) -> Self:
        """Register and wait until the server knows this worker."""
        self._http = aiohttp.ClientSession()
        self._socket = await self._http.ws_connect(
            f"{self._url}/agent", headers={"Authorization": f"Bearer {self._token}"}
        )
        register = agent.RegisterWorkerRequest(
            type=agent.JobType.JT_ROOM,
            agent_name=self._agent_name,
            version="1.8.9",
            allowed_permissions=models.ParticipantPermission(
                can_publish=True,
                can_subscribe=True,
                can_publish_data=True,
                can_update_metadata=True,
                agent=True,
            ),
        )
        await self._send(agent.WorkerMessage(register=register))
        answer = await self._receive()
        assert answer is not None and answer.HasField("register")
        await self._until_offered()
        self._reader = asyncio.create_task(self._serve())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave every room and the server."""
        assert self._reader and self._socket and self._http
        async with self._joining:
            self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader
        for room in self.bots.values():
            await room.disconnect()
        await self._socket.close()
        await self._http.close()

    async def leave(self, room_name: str) -> None:
        """Let the bot of one room die."""
        await self.bots.pop(room_name).disconnect()

    async def _until_offered(self) -> None:
        """Wait until rooms are offered: LiveKit answers first, and tells its other parts then."""
        url, key, secret = self._url, self._api_key, self._api_secret
        name = f"probe-{secrets.token_hex(8)}"
        asked = CreateAgentDispatchRequest(agent_name=self._agent_name, room=name)
        async with LiveKitAPI(url, key, secret, session=self._http) as api:
            await api.room.create_room(CreateRoomRequest(name=name))
            receiving = asyncio.create_task(self._receive())
            while not receiving.done():
                await api.agent_dispatch.create_dispatch(asked)
                await asyncio.wait({receiving}, timeout=_OFFERED_SECS)
            offer = receiving.result()
            assert offer is not None
            refusal = agent.AvailabilityResponse(job_id=offer.availability.job.id)
            await self._send(agent.WorkerMessage(availability=refusal))
            await api.room.delete_room(DeleteRoomRequest(room=name))

    async def _serve(self) -> None:
        while (message := await self._receive()) is not None:
            if message.HasField("availability"):
                await self._answer(message.availability.job)
            elif message.HasField("assignment"):
                self.jobs.append(message.assignment.job)
                if self.joins:
                    await self._join(message.assignment)
            elif message.HasField("termination"):
                self.terminated_jobs.append(message.termination.job_id)

    async def _answer(self, job: agent.Job) -> None:
        if job.room.name.startswith("probe-"):
            # It was asked for twice.
            await self._send(
                agent.WorkerMessage(availability=agent.AvailabilityResponse(job_id=job.id))
            )
            return
        self.offers.append(job)
        answer = agent.AvailabilityResponse(
            job_id=job.id,
            available=self.takes_jobs,
            participant_identity=f"agent-{job.id}",
            participant_attributes=_attributes("initializing"),
        )
        await self._send(agent.WorkerMessage(availability=answer))

    async def _join(self, assignment: agent.JobAssignment) -> None:
        room = rtc.Room()
        async with self._joining:
            await room.connect(self._url, assignment.token)
        self.bots[assignment.job.room.name] = room
        self.tokens[assignment.job.room.name] = assignment.token
        running = agent.UpdateJobStatus(job_id=assignment.job.id, status=agent.JobStatus.JS_RUNNING)
        await self._send(agent.WorkerMessage(update_job=running))
        if self.gets_ready:
            await room.local_participant.set_attributes(dict(_attributes("listening")))

    async def _send(self, message: agent.WorkerMessage) -> None:
        assert self._socket is not None
        await self._socket.send_bytes(message.SerializeToString())

    async def _receive(self) -> agent.ServerMessage | None:
        assert self._socket is not None
        frame = await self._socket.receive()
        if frame.type is not aiohttp.WSMsgType.BINARY:
            return None
        return agent.ServerMessage.FromString(frame.data)


def _attributes(state: str) -> Mapping[str, str]:
    return {"lk.agent.state": state, "parley.job": "AJ_fake"}
