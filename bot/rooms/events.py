"""What LiveKit's webhook tells: rooms that begin and end, people and bots who come and go.

A hint that comes at once, never the only source: bot/rooms/watch/sweep.py finds out by itself.
"""

from __future__ import annotations

from livekit.protocol.models import ParticipantInfo, RoomEndReason
from livekit.protocol.webhook import WebhookEvent
from loguru import logger

from bot.errors import RoomError, SessionError
from bot.processes.task_set import TaskSet
from bot.rooms.lines.capacity import Capacity
from bot.rooms.parking import Parking
from bot.rooms.plan import RECOVERY_FAILED, RoomMetadata, session_id_of_room
from bot.rooms.records import UNKNOWN_REASON, SessionRecords
from bot.rooms.rooms import Rooms
from bot.rooms.spent.spending import Spending
from bot.rooms.watch.bot_watch import BotWatch
from bot.rooms.watch.worker_mark import END_REASON_ATTRIBUTE, GIVEN_ATTRIBUTE, is_our_bot

_LOST = (RoomEndReason.ROOM_END_SERVER_SHUTDOWN, RoomEndReason.ROOM_END_SUPERSEDED)
"""LiveKit is started anew: the room is gone, and its session is not over."""


class RoomEvents:
    """Passes events on to whoever needs to know.

    Args:
        rooms: Ends a room that is one too many.
        capacity: Knows which one that is.
        parking: Gives up a parked room whose bot left.
        watch: Sees to the bot of a room that a token made.
        records: Remembers why a session ended.
        spending: Refuses rooms that nobody pays for.
        tasks: Owns what takes longer than the answer to the webhook.
        agent_name: Whose rooms.
    """

    def __init__(  # noqa: PLR0913 - each part has its own file
        self,
        *,
        rooms: Rooms,
        capacity: Capacity,
        parking: Parking,
        watch: BotWatch,
        records: SessionRecords,
        spending: Spending,
        tasks: TaskSet,
        agent_name: str,
    ) -> None:
        self._rooms = rooms
        self._capacity = capacity
        self._parking = parking
        self._watch = watch
        self._records = records
        self._spending = spending
        self._tasks = tasks
        self._agent_name = agent_name

    def handle(self, event: WebhookEvent) -> None:
        """Take one event; those of rooms that are not ours are ignored."""
        session_id = session_id_of_room(event.room.name, agent_name=self._agent_name)
        if session_id is None:
            return
        is_person = event.participant.kind != ParticipantInfo.Kind.AGENT
        is_over = self._records.has_ended(session_id)
        match event.event:
            case "room_started" if is_over and _is_of_a_start(event):
                # By a request whose answer came too late.
                self._tasks.spawn(self._end(event.room.name), name="end")
            case "participant_joined" if is_over:
                # Before, a client takes the end for a connection that fails.
                self._tasks.spawn(self._end(event.room.name), name="end")
            case "room_started" | "participant_joined" if self._is_to_admit(event, session_id):
                self._begin(event, session_id)
            case "participant_joined" if is_person:
                self._records.note_joined(session_id)
            case "participant_left" if _is_given(event.participant):
                pass
            case "participant_left" if is_our_bot(event.participant):
                self._parking.drop(event.room.name)
                self._replace(event, session_id)
            case "room_finished" if event.room_end_reason in _LOST:
                self._parking.drop(event.room.name)
            case "room_finished":
                self._parking.drop(event.room.name)
                self._records.note_ended(session_id, self._reason(event, session_id))
            case _:
                pass

    async def _end(self, room_name: str) -> None:
        """Delete a room that an old token, or a bot late on its way, has brought back."""
        try:
            await self._rooms.delete(room_name)
        except RoomError as error:
            logger.warning("{} could not be deleted: {}", room_name, error.message)

    def _replace(self, event: WebhookEvent, session_id: str) -> None:
        """Send for another bot, unless the one that left has ended its call."""
        metadata = RoomMetadata.from_json(event.room.metadata)
        reason = event.participant.attributes.get(END_REASON_ATTRIBUTE, RECOVERY_FAILED)
        # One that loses its worker is cancelled, and tells of an error as it leaves its room.
        if reason != RECOVERY_FAILED:
            # It has said goodbye. If it was lost before it could delete the room a sweep does.
            self._records.note_ended(session_id, reason)
        elif not metadata.is_parked and metadata.end_reason is None:
            self._watch.replace(session_id)

    def _begin(self, event: WebhookEvent, session_id: str) -> None:
        if event.event == "participant_joined":
            self._records.note_joined(session_id)
        self._tasks.spawn(self._admit(session_id, event.room.name), name="admit")

    def _is_to_admit(self, event: WebhookEvent, session_id: str) -> bool:
        """Tell whether a room begins that no start has made here or elsewhere, but a token.

        Of one without metadata it is a person in it who shows what it is for: LiveKit makes such a
        room for a client that comes back, and for nobody, for a request about one that was gone.
        """
        is_person = event.participant.kind != ParticipantInfo.Kind.AGENT
        begins_with = "room_started" if event.room.metadata else "participant_joined"
        # One that is deleted may be made once more by that, as one that has ended.
        is_over = RoomMetadata.from_json(event.room.metadata).end_reason is not None
        is_known = self._records.find(session_id) is not None or _is_of_a_start(event)
        is_new = not (is_known or is_over)
        return is_new and is_person and event.event == begins_with

    async def _admit(self, session_id: str, room_name: str) -> None:
        """Let a room that its caller's token made live, unless every line is busy."""
        self._records.note_started(session_id)
        try:
            self._spending.check()
            if await self._capacity.is_beyond(room_name):
                logger.warning("{} is one session too many; ending it", room_name)
                self._records.note_ended(session_id, "error")
                await self._end(room_name)
                return
        except SessionError as refusal:
            logger.warning("{} is not to be: {}; ending it", room_name, refusal.code)
            self._records.note_ended(session_id, refusal.code)
            await self._end(room_name)
            return
        except RoomError as error:
            logger.warning("{} could not be checked: {}", room_name, error.message)
        self._watch.send(session_id)

    def _reason(self, event: WebhookEvent, session_id: str) -> str:
        metadata = RoomMetadata.from_json(event.room.metadata)
        if metadata.end_reason:
            return metadata.end_reason
        if event.room_end_reason == RoomEndReason.ROOM_END_IDLE_TIMEOUT:
            record = self._records.find(session_id)
            return "caller_left" if record and record.has_joined else "never_joined"
        return UNKNOWN_REASON


def _is_of_a_start(event: WebhookEvent) -> bool:
    told = RoomMetadata.from_json(event.room.metadata)
    return told.is_parked or told.is_admitted


def _is_given(bot: ParticipantInfo) -> bool:
    """Tell whether a bot has left its call to the next one, or only listened in to take one."""
    return bool(bot.attributes.get(GIVEN_ATTRIBUTE)) or bot.permission.hidden
