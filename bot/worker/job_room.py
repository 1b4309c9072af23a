"""A job's room as its session sees it: joined once, marked and deleted at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from livekit import rtc
from livekit.agents import AutoSubscribe, JobContext
from loguru import logger

from bot.call.ear import Ear, open_ear
from bot.errors import RoomError, SessionError
from bot.rooms.job_plan import JobPlan
from bot.rooms.plan import is_session_id
from bot.rooms.watch.worker_mark import GIVEN_ATTRIBUTE
from bot.settings import Settings
from bot.worker.worker_line import Errand, WorkerLine
from processors.room.stream_limit import limit_streams

_CONNECT_ATTEMPTS = 3
_CONNECT_BACKOFF_SECS = 0.2
_END_LIMIT_SECS = 45.0
"""The worker tries to delete a room for 35 s, so that a LiveKit that is started anew does it."""
_LEAVE_LIMIT_SECS = 1.0
_REASON_SECS = 0.2
"""Within it LiveKit's client tells why it lost a room, after telling that it did."""
_RECONNECT_LIMIT_SECS = 6.0
"""A LiveKit that is started anew by its supervisor is back in one or two. The page looks for
another way back after ten, and would be given another bot."""
_FOR_NOBODY = (
    rtc.DisconnectReason.CLIENT_INITIATED,
    rtc.DisconnectReason.ROOM_DELETED,
    rtc.DisconnectReason.ROOM_CLOSED,
)
"""Whoever loses a room for another reason may have lost it to another bot, or LiveKit with it."""
_PUT_OUT = (rtc.DisconnectReason.DUPLICATE_IDENTITY, rtc.DisconnectReason.PARTICIPANT_REMOVED)
"""By the next bot, or by somebody who wants none there."""


class JobRoom:
    """Owns the connection of one job to its room.

    Args:
        context: Of the job.
        worker: Does what takes LiveKit's secret.
        plan: What the dispatch said about its session.
        may_give_up: Another bot could go on with the call, if this one loses LiveKit for long.
        abandon: Ends the process at once; told why.
    """

    def __init__(
        self,
        *,
        context: JobContext,
        worker: WorkerLine,
        plan: JobPlan,
        may_give_up: bool = False,
        abandon: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._context = context
        self._worker = worker
        self._plan = plan
        self._may_give_up = may_give_up
        self._abandon = abandon
        self._is_replaced = False
        self._is_ending = False
        limit_streams(context.room)
        self._giving_up: asyncio.TimerHandle | None = None
        self._leaving: asyncio.Task[None] | None = None
        context.room.on("disconnected", self._on_disconnected)
        context.room.on("reconnecting", self._on_reconnecting)
        context.room.on("reconnected", self._on_reconnected)

    @property
    def room(self) -> rtc.Room:
        """The room, not yet connected."""
        return self._context.room

    @property
    def is_replaced(self) -> bool:
        """Whether the call is another bot's to go on with, by now or soon."""
        return self._is_replaced

    async def send_for_next(self, *, caller: str) -> None:
        """Send for the bot that is to be given this one's call, which is held with `caller`.

        Raises:
            RoomError: LiveKit does not take it.
        """
        await self._worker.ask(Errand.SEND_FOR_NEXT, caller=caller)

    @asynccontextmanager
    async def ear(self, settings: Settings) -> AsyncGenerator[Ear]:
        """Listen to the call that this bot is to be given.

        Raises:
            SessionError: code "room_unreachable".
        """
        try:
            ear_token = await self._worker.ask(Errand.EAR_TOKEN)
            self._join_by(await self._worker.ask(Errand.BOT_TOKEN))
        except RoomError as error:
            raise SessionError("room_unreachable", "The bot could not listen.") from error
        ear = open_ear(
            settings.livekit_url,
            ear_token,
            bot=f"bot-{self._plan.session_id}",
            caller=self._plan.caller_identity or self._plan.given_caller or "",
            job_id=self._context.job.id,
            given_by=self._plan.given_by or "",
        )
        async with ear as listening:
            yield listening

    async def connect(self) -> None:
        """Join the room, hearing audio only, unless another bot is in it.

        Raises:
            SessionError: code "replaced", or "room_unreachable" after a few attempts.
        """
        for attempt in range(_CONNECT_ATTEMPTS):
            # Of two that join at once LiveKit puts one out, by the name that is both's: that one
            # would put the other out as it tries again.
            if await self.has_other_bot():
                self._is_replaced = True
                raise SessionError("replaced", "Another bot is in this room.")
            try:
                await self._context.connect(auto_subscribe=AutoSubscribe.AUDIO_ONLY)
                return
            except rtc.ConnectError as error:
                logger.warning("Joining the room failed, attempt {}", attempt + 1)
                if attempt + 1 == _CONNECT_ATTEMPTS:
                    message = "The bot could not join the room."
                    raise SessionError("room_unreachable", message) from error
                await asyncio.sleep(_CONNECT_BACKOFF_SECS * 2**attempt)

    async def has_other_bot(self) -> bool:
        """Tell whether a bot was quicker; without an answer this one is the only one."""
        try:
            return bool(await self._worker.ask(Errand.FIND_OTHER_BOT))
        except RoomError:
            return False

    def _join_by(self, own_token: str) -> None:
        """Have the room joined in the place of the bot that has it, not by the job's own name."""
        connect = self.room.connect

        async def connect_as_bot(
            url: str, token: str, options: rtc.RoomOptions | None = None
        ) -> None:
            del token
            await connect(url, own_token, options or rtc.RoomOptions())

        self.room.connect = connect_as_bot

    def let_be(self) -> None:
        """Leave the room to the bot that is in it; this one never was."""
        self._is_replaced = True

    async def leave(self) -> None:
        """Leave the room as it is, for another bot; also when this task is cancelled, once."""
        self._is_replaced = True
        try:
            await self._disconnect()
        except TimeoutError:
            # A LiveKit that hangs does not let it go either, and would have it back later; nor does
            # its client while a track is being negotiated.
            self.abandon("LiveKit does not let the bot go")

    def abandon(self, why: str) -> None:
        """Be gone at once, without a word to LiveKit: in it this bot may stand for the next one."""
        self._is_replaced = True
        self._abandon(why)

    async def delete(self, *, reason: str, usage: str = "") -> None:
        """Leave the reason and the usage for those who ask, and delete the room.

        A bot that came late, after another was sent for, leaves the room to that one.
        """
        if not self.room.isconnected():
            await asyncio.sleep(_REASON_SECS)
        if self._is_replaced:
            logger.warning("The call is left to another bot")
            return
        self._is_ending = True
        try:
            await self._worker.ask(
                Errand.END, limit_secs=_END_LIMIT_SECS, reason=reason, usage=usage
            )
        except RoomError as error:
            logger.warning("The worker could not end the room: {}", error.code)

    def _on_disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        self._stop_giving_up()
        if reason in _FOR_NOBODY:
            return
        if reason not in _PUT_OUT and self._is_replaced_by_worker:
            self.abandon("LiveKit has lost this bot")
        self._is_replaced = True

    @property
    def _is_replaced_by_worker(self) -> bool:
        """Whether only its worker sends for another bot, and once this one is gone without a word.

        No runner looks at a room of another program. A call that is given away has its next bot.
        """
        if self._is_replaced or self._is_ending or is_session_id(self._plan.session_id):
            return False
        return not self.room.local_participant.attributes.get(GIVEN_ATTRIBUTE)

    def _on_reconnecting(self) -> None:
        if self._giving_up is None and self._may_give_up:
            loop = asyncio.get_running_loop()
            self._giving_up = loop.call_later(_RECONNECT_LIMIT_SECS, self._give_up)

    def _on_reconnected(self) -> None:
        self._stop_giving_up()
        # What livekit-agents asked for while the connection was being made anew may be lost: then a
        # caller who was there again sooner is not heard.
        for participant in self.room.remote_participants.values():
            for publication in participant.track_publications.values():
                if publication.kind == rtc.TrackKind.KIND_AUDIO and publication.track is None:
                    publication.set_subscribed(True)

    def _stop_giving_up(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
        self._giving_up = None

    def _give_up(self) -> None:
        """Come back no more: by now the caller may have another bot."""
        logger.warning("LiveKit is lost for {:g} s; the bot ends", _RECONNECT_LIMIT_SECS)
        if self._is_replaced_by_worker:
            self.abandon("LiveKit is lost")
        else:
            self._leaving = asyncio.create_task(self.leave(), name="leave")

    async def _disconnect(self) -> None:
        try:
            await asyncio.wait_for(self.room.disconnect(), _LEAVE_LIMIT_SECS)
        except asyncio.CancelledError:
            # livekit-agents cancels everything as it notices the same.
            await asyncio.wait_for(self.room.disconnect(), _LEAVE_LIMIT_SECS)
