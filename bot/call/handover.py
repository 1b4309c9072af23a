"""Hands a call that goes well to a bot of another worker, as its own worker takes its leave.

The next bot is sent for at once and listens, unseen (`bot/call/ear.py`), until this one gives it
the call: when it rests between two turns, and all of it is written down. From then on this bot
hears nothing more, and the next one takes its place in the room. One that does not come in time
is left, and this bot goes on with what was said meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

from livekit import rtc
from loguru import logger

from bot.call.ear import READY_SECS, READY_TOPIC, TYPED_TOPIC
from bot.call.lines import Lines
from bot.call.pause import Pause
from bot.call.session_room import SessionRoom
from bot.errors import RoomError
from bot.processes.task_set import TaskSet
from bot.rooms.plan import RoomMetadata
from bot.rooms.watch.worker_mark import GIVEN_ATTRIBUTE, ear_identity
from bot.session_log.session_log import SessionLog
from processors.room.transport import RoomTransport

LOOK_SECS = 0.1
_LOOKS = 3
"""In a row that the call has to rest: between two sentences it seems to for a moment."""
TAKE_SECS = 6.0
"""For the next bot to take the call that it was given; an idle machine needs 0.3 s."""
_TELL_SECS = 3.0
_ASK_AGAIN_SECS = (15.0, 15.0, 30.0, 60.0)
"""A worker that is started anew takes as long, and a process for the bot too, on a busy machine."""
_HOLD_SECS = (0.0, 1.0, 2.0, 5.0)
"""Pauses. A bot that was sent for too, and leaves, has looked into the room for 5 s at most
(`WorkerLine.ask`) before this one was in it, and then has taken the session over within 2 s
(bot/session_log/session_log.py). No longer: it takes LiveKit 20 s to lose a bot, and one that is
back must not have what is the next one's."""


class Handover:
    """Gives one call away.

    Args:
        session_room: Sends for the next bot, and knows whether that one has the room.
        pause: Tells when the call rests.
        log: Of the session.
        transport: Knows the caller, and hears nothing as long as the call is nobody's.
        lines: Answer what is typed; not as long as the call is nobody's.
    """

    def __init__(
        self,
        *,
        session_room: SessionRoom,
        pause: Pause,
        log: SessionLog,
        transport: RoomTransport,
        lines: Lines,
    ) -> None:
        self._session_room = session_room
        self._room = session_room.room
        self._pause = pause
        self._log = log
        self._transport = transport
        self._hearing = transport.input()
        self._lines = lines
        self._next: tuple[str, float] | None = None
        """The job of the bot that waits, and when it was last heard of."""
        self.is_given = False

    async def run(self) -> None:
        """Hand the call over; returns when it is done.

        A room that waits parked is left: its runner makes another one ready.
        """
        await self._until_joined()
        if RoomMetadata.from_json(self._room.metadata).is_parked:
            logger.info("Nobody has come yet; the bot leaves with its worker")
            await self._session_room.leave()
            return
        if not self._log.is_kept:
            return
        self._room.on("data_received", self._on_data)
        async with TaskSet() as tasks:
            tasks.spawn(self._send_again(), name="next bot")
            while not self._session_room.is_replaced:
                job_id = await self._until_rest()
                await self._give(job_id, tasks)

    async def hold(self) -> None:
        """Have the session be this bot's as it has the room, whichever bot took it over last.

        Of two that are sent for either takes it over before it joins, and one of them leaves.
        """
        await self._until_joined()
        for pause_secs in _HOLD_SECS:
            await asyncio.sleep(pause_secs)
            await self._log.hold(
                is_here=lambda: not (self.is_given or self._session_room.is_replaced)
            )

    async def leave_if_taken(self) -> None:
        """Be gone at once if another bot has the call: LiveKit takes either for the other."""
        if not self.is_given and await self._log.is_taken():
            self._session_room.abandon("The connection was lost, and the call has another bot")

    async def _until_joined(self) -> None:
        while not self._room.isconnected():  # noqa: ASYNC110 - LiveKit has to be asked
            await asyncio.sleep(LOOK_SECS)

    async def _send_again(self) -> None:
        """Send for a bot until one waits."""
        pauses_secs = list(_ASK_AGAIN_SECS)
        while (caller := self._transport.caller_identity) is None:  # noqa: ASYNC110 - as above
            await asyncio.sleep(LOOK_SECS)
        while True:
            if self._waiting_job is None:
                try:
                    await self._session_room.send_for_next(caller=caller)
                except RoomError as error:
                    logger.warning("No other bot could be sent for: {}", error.code)
            await asyncio.sleep(pauses_secs[0])
            if len(pauses_secs) > 1:
                del pauses_secs[0]

    async def _until_rest(self) -> str:
        """Wait until a bot waits and the call rests; returns the bot's job."""
        looks = 0
        while True:
            await asyncio.sleep(LOOK_SECS)
            job_id = self._waiting_job
            looks = looks + 1 if job_id is not None and self._pause.is_on else 0
            if job_id is not None and looks >= _LOOKS:
                return job_id

    async def _give(self, job_id: str, tasks: TaskSet) -> None:
        if not await self._log.settle() or not self._pause.is_on:
            return
        self.is_given = True
        self._hearing.hold()
        self._lines.give_typed(lambda text: tasks.spawn(self._pass_on(text, job_id), name="typed"))
        logger.info("The call is given to another bot")
        await self._tell(job_id)
        if await self._is_taken():
            return
        logger.warning("The other bot has not taken the call; this one goes on")
        self._next, self.is_given = None, False
        await self._tell("")
        await self._log.take_back()
        self._hearing.release()
        self._lines.take_typed_back()

    async def _pass_on(self, text: str, job_id: str) -> None:
        await self._room.local_participant.publish_data(
            text, topic=TYPED_TOPIC, destination_identities=[ear_identity(job_id)]
        )

    async def _is_taken(self) -> bool:
        for _ in range(round(TAKE_SECS / LOOK_SECS)):
            if self._session_room.is_replaced:
                return True
            await asyncio.sleep(LOOK_SECS)
        return self._session_room.is_replaced

    async def _tell(self, job_id: str) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_TELL_SECS):
                await self._room.local_participant.set_attributes({GIVEN_ATTRIBUTE: job_id})

    @property
    def _waiting_job(self) -> str | None:
        if self._next is None:
            return None
        job_id, at_secs = self._next
        is_there = asyncio.get_running_loop().time() - at_secs < 3 * READY_SECS
        return job_id if is_there else None

    def _on_data(self, packet: rtc.DataPacket) -> None:
        # Whoever can be seen in the room is no bot that waits.
        if packet.topic == READY_TOPIC and packet.participant is None:
            now_secs = asyncio.get_running_loop().time()
            self._next = packet.data.decode(errors="replace"), now_secs


@asynccontextmanager
async def open_handover(  # noqa: PLR0913 - as above
    draining: asyncio.Event,
    session_room: SessionRoom,
    pause: Pause,
    log: SessionLog,
    transport: RoomTransport,
    lines: Lines,
    on_left: Callable[[], None],
) -> AsyncGenerator[None]:
    """Hand the call over while the block runs, once the worker takes its leave.

    A bot whose connection was made anew, and whose call another one has taken over meanwhile,
    leaves it to that one; of two that were sent for the one in the room keeps what is said in it.
    """
    handover = Handover(
        session_room=session_room,
        pause=pause,
        log=log,
        transport=transport,
        lines=lines,
    )

    async def wait_and_run() -> None:
        await draining.wait()
        await handover.run()
        if session_room.is_replaced:
            # Who leaves while they still come is told nothing by LiveKit's client.
            on_left()

    async with TaskSet() as tasks:

        def on_reconnected() -> None:
            tasks.spawn(handover.leave_if_taken(), name="whose call")

        tasks.spawn(wait_and_run(), name="handover")
        tasks.spawn(handover.hold(), name="hold")
        session_room.room.on("reconnected", on_reconnected)
        try:
            yield
        finally:
            session_room.room.off("reconnected", on_reconnected)
