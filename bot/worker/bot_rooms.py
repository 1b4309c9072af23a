"""What a worker does with LiveKit in the rooms of its bots, which have no secret to do it with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import asynccontextmanager, suppress

from livekit.api import AccessToken, LiveKitAPI, VideoGrants
from livekit.protocol.agent_dispatch import CreateAgentDispatchRequest
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.room import (
    DeleteRoomRequest,
    ListParticipantsRequest,
    ListRoomsRequest,
    RoomParticipantIdentity,
    UpdateRoomMetadataRequest,
)
from loguru import logger

from bot.errors import LaunchError, RoomError
from bot.livekit.server_api import limited, open_api
from bot.rooms.end_note import create_end_note_request
from bot.rooms.plan import RoomMetadata, RoomPlan, is_session_id
from bot.rooms.watch.guest_rooms import LostGuest, replace_guest
from bot.rooms.watch.worker_mark import (
    END_REASON_ATTRIBUTE,
    GIVEN_ATTRIBUTE,
    JOB_ATTRIBUTE,
    ear_identity,
    is_our_bot,
)
from bot.settings import Settings
from bot.worker.bot_job import BotJob
from bot.worker.heartbeat import LOAD_SECS
from bot.worker.worker_line import CALL_LIMIT_SECS, Errand

_GHOST_PAUSES_SECS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""After that LiveKit has noticed by itself."""
_DELETE_PAUSES_SECS = (0.2, 1.0, 3.0, 5.0, 5.0)
"""A LiveKit server that is started anew is back by then."""
_NO_ROOM = "-"
_NOT_KNOWN = 401
"""LiveKit's answer to a token of another secret; a proxy before it, or a limit, has others."""
_TOLD_SECS = LOAD_SECS + 0.1


class BotRooms:
    """Does what the bots of one worker ask for, each in its own room, and clears up after them.

    Args:
        api: Of LiveKit.
        api_key: Tokens are made by it.
        api_secret: The same.
    """

    def __init__(self, *, api: LiveKitAPI, api_key: str, api_secret: str) -> None:
        self._api = api
        self._api_key = api_key
        self._api_secret = api_secret

    async def check_key(self, url: str) -> None:
        """See whether LiveKit takes our key. One that is late is waited for by livekit-agents.

        Raises:
            LaunchError: code "livekit_refused": it does not, and would not later either.
        """
        asking = self._api.room.list_rooms(ListRoomsRequest(names=[_NO_ROOM]))
        try:
            await limited(asking)
        except RoomError as error:
            if getattr(error.__cause__, "status", None) == _NOT_KNOWN:
                message = (
                    f"the LiveKit server at {url} refuses our key: LIVEKIT_API_KEY and "
                    "LIVEKIT_API_SECRET must be those of its own `keys`, and the clocks the same"
                )
                raise LaunchError("livekit_refused", message) from error
            logger.warning("LiveKit does not answer at {}; it is asked again for two minutes", url)

    async def run(self, errand: Errand, details: Mapping[str, str], job: BotJob) -> str:
        """Do one thing for a bot; returns what it asked for, empty if it asked for nothing.

        Raises:
            RoomError: LiveKit does not do it.
        """
        match errand:
            case Errand.END:
                reason, usage = details.get("reason", ""), details.get("usage", "")
                await self.end(job, reason=reason, usage=usage)
            case Errand.SEND_FOR_NEXT:
                await self._send_for_next(job, caller=details.get("caller"))
            case Errand.FIND_OTHER_BOT:
                return await self._other_bot(job)
            case Errand.EAR_TOKEN:
                return self._ear_token(job)
            case Errand.BOT_TOKEN:
                return self._bot_token(job)
        return ""

    async def end(self, job: BotJob, *, reason: str, usage: str | None = None) -> None:
        """Leave the reason for those who ask, and delete the room.

        Args:
            job: Whose room.
            reason: Why the session ended.
            usage: What it has used, for a note that outlasts the room; None leaves no note.
        """
        noting = [] if usage is None else [_done("noted as ended", self._note(job, reason, usage))]
        await asyncio.gather(_done("marked", self._mark(job, reason)), *noting)
        for pause_secs in (*_DELETE_PAUSES_SECS, None):
            deleting = self._api.room.delete_room(DeleteRoomRequest(room=job.room_name))
            if await _done("deleted", deleting) or pause_secs is None:
                return
            await asyncio.sleep(pause_secs)

    async def send_on(self, room_name: str, metadata: str, *, agent_name: str) -> None:
        """Have LiveKit ask for a room's bot again, once it knows how full this worker is.

        Not for one that is gone by then: the request would bring it back.
        """
        await asyncio.sleep(_TOLD_SECS)
        listing = self._api.room.list_rooms(ListRoomsRequest(names=[room_name]))
        with suppress(RoomError):
            if not (await limited(listing)).rooms:
                return
        request = CreateAgentDispatchRequest(
            agent_name=agent_name, room=room_name, metadata=metadata
        )
        await _done("sent on", self._api.agent_dispatch.create_dispatch(request))

    async def remove(self, job: BotJob) -> None:
        """Take a bot that is gone out of its room, and end what it was ending.

        LiveKit would show it for seconds yet. That it has left is what the runner and the page hear
        of then: the one sends for another, the other says that it is on its way. In a room of
        another program no runner does, and another one is sent for here.
        """
        for pause_secs in (*_GHOST_PAUSES_SECS, 0.0):
            try:
                if not await self._remove(job):
                    return
                break
            except RoomError as error:
                if error.code == "room_not_found":
                    # LiveKit says the same of a bot that has just left: the room may live.
                    break
                logger.warning("{} still shows a bot that is gone: {}", job.room_name, error.code)
            await asyncio.sleep(pause_secs)
        await self._replace_guest(job)

    async def _remove(self, job: BotJob) -> bool:
        """Do it; returns whether its call goes on without it."""
        for one in await self._participants(job):
            # The next bot has the same identity, and another job.
            if one.attributes.get(JOB_ATTRIBUTE) != job.job_id:
                continue
            if reason := one.attributes.get(END_REASON_ATTRIBUTE):
                # It has said goodbye.
                await self.end(job, reason=reason)
                return False
            if one.attributes.get(GIVEN_ATTRIBUTE):
                return False
            who = RoomParticipantIdentity(room=job.room_name, identity=one.identity)
            await limited(self._api.room.remove_participant(who))
        return True

    async def _replace_guest(self, job: BotJob) -> None:
        if not is_session_id(job.session_id):
            lost = LostGuest(
                job_id=job.job_id,
                room_name=job.room_name,
                session_id=job.session_id,
                agent_name=job.agent_name,
                takeover=job.takeover,
            )
            await replace_guest(self._api, lost)

    async def _other_bot(self, job: BotJob) -> str:
        there = await self._participants(job)
        shown = [one for one in there if one.sid != job.instead_of]
        bots = [one for one in shown if is_our_bot(one) and not one.permission.hidden]
        # The bot that gives its call away leaves as this one joins.
        others = {one.attributes[JOB_ATTRIBUTE] for one in bots} - {job.job_id, job.given_by}
        return "another" if others else ""

    async def _participants(self, job: BotJob) -> list[ParticipantInfo]:
        call = self._api.room.list_participants(ListParticipantsRequest(room=job.room_name))
        return list((await limited(call, limit_secs=CALL_LIMIT_SECS)).participants)

    async def _send_for_next(self, job: BotJob, *, caller: str | None) -> None:
        plan = RoomPlan(
            agent_name=job.agent_name,
            session_id=job.session_id,
            given_by=job.job_id,
            given_caller=caller,
        )
        request = CreateAgentDispatchRequest(
            agent_name=plan.agent_name, room=job.room_name, metadata=plan.job_metadata
        )
        call = self._api.agent_dispatch.create_dispatch(request)
        await limited(call, limit_secs=CALL_LIMIT_SECS)

    def _ear_token(self, job: BotJob) -> str:
        grants = VideoGrants(room_join=True, room=job.room_name, hidden=True, can_publish=False)
        return self._token(ear_identity(job.job_id), grants).to_jwt()

    def _bot_token(self, job: BotJob) -> str:
        grants = VideoGrants(
            room_join=True, room=job.room_name, agent=True, can_update_own_metadata=True
        )
        attributes = dict(job.attributes)
        return self._token(job.identity, grants).with_attributes(attributes).to_jwt()

    def _token(self, identity: str, grants: VideoGrants) -> AccessToken:
        token = AccessToken(self._api_key, self._api_secret)
        return token.with_identity(identity).with_kind("agent").with_grants(grants)

    async def _mark(self, job: BotJob, reason: str) -> None:
        """Write the reason into the room itself: LiveKit's webhook brings it at once."""
        metadata = RoomMetadata(session_id=job.session_id, end_reason=reason)
        request = UpdateRoomMetadataRequest(room=job.room_name, metadata=metadata.to_json())
        await self._api.room.update_room_metadata(request)

    async def _note(self, job: BotJob, reason: str, usage: str) -> None:
        """Write it where it outlasts the room."""
        if is_session_id(job.session_id):
            request = create_end_note_request(
                job.room_name, session_id=job.session_id, reason=reason, usage=usage
            )
            await self._api.room.create_room(request)


@asynccontextmanager
async def open_bot_rooms(settings: Settings) -> AsyncGenerator[BotRooms]:
    """Connect to LiveKit's API while the block runs."""
    key, secret = settings.livekit_api_key, settings.livekit_api_secret
    async with open_api(url=settings.livekit_url, api_key=key, api_secret=secret) as api:
        yield BotRooms(api=api, api_key=key, api_secret=secret.get_secret_value())


async def _done(what: str, call: Awaitable[object]) -> bool:
    """Do one step; returns whether it is done, or no longer needed as the room is gone."""
    try:
        await limited(call, limit_secs=CALL_LIMIT_SECS)
    except RoomError as error:
        if error.code != "room_not_found":
            logger.warning("The room could not be {}: {}", what, error.code)
            return False
    return True
