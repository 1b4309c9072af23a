"""Listens to a call, unseen, for the bot that is to be given it.

What the caller says from the moment it is given until that bot hears them in its own place is kept
and heard by it first, and what they type is passed on to it: no word is lost between two bots.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import numpy as np
from livekit import rtc
from loguru import logger

from bot.errors import SessionError
from bot.processes.task_set import TaskSet
from bot.rooms.watch.worker_mark import GIVEN_ATTRIBUTE, JOB_ATTRIBUTE
from processors.room.caller_audio import INPUT_SAMPLE_RATE_HZ

READY_TOPIC = "parley.ready"
TYPED_TOPIC = "parley.typed"
"""What the caller typed when nobody had the call; for whoever is given it."""
READY_SECS = 0.5
"""Between two signs that this bot is there, and ready."""
_FRAME_MS = 32
_BEFORE_SECS = 0.4
"""Of what was heard before the call was given: voice is noticed as late, and until then the call
seems to rest."""
_MOST_SECS = 15.0
_QUIET_SECS = 0.7
"""Longer than the one connection lags behind the other: up to 0.4 s, measured on a busy machine."""
_SECOND_BYTES = 2 * INPUT_SAMPLE_RATE_HZ
_FRAME_BYTES = _SECOND_BYTES * _FRAME_MS // 1000
_LOUDER = 3.0
"""Than the quietest frame so far, is a voice; and `_FLOOR`, of the full 32,768, is none."""
_FLOOR = 100.0


class Quiet:
    """Knows for how long nobody has spoken, by the level alone."""

    def __init__(self) -> None:
        self.secs = 0.0
        self._quietest = float("inf")

    def hear(self, pcm: bytes) -> None:
        """Take 16-bit mono PCM in frames of `_FRAME_MS`."""
        for at in range(0, len(pcm) - _FRAME_BYTES + 1, _FRAME_BYTES):
            frame = np.frombuffer(pcm[at : at + _FRAME_BYTES], np.int16).astype(np.float32)
            level = float(np.sqrt(np.mean(np.square(frame))))
            self._quietest = min(self._quietest, level)
            is_quiet = level <= max(_FLOOR, _LOUDER * self._quietest)
            self.secs = self.secs + _FRAME_MS / 1000 if is_quiet else 0.0


class Ear:
    """Hears one caller beside the bot that has the call.

    Args:
        room: Of its own connection, which nobody sees.
        tasks: Owns the listening.
        bot: The identity of the bot that has the call.
        caller: Of whom it is held with.
        job_id: Of the bot that waits.
        given_by: Of the bot that has the call.
    """

    def __init__(  # noqa: PLR0913 - two bots, their caller, and where they are
        self,
        *,
        room: rtc.Room,
        tasks: TaskSet,
        bot: str,
        caller: str,
        job_id: str,
        given_by: str,
    ) -> None:
        self._room = room
        self._bot = bot
        self._caller = caller
        self._job_id = job_id
        self._given_by = given_by
        self._changed = asyncio.Event()
        self._kept: deque[bytes] = deque(maxlen=round(_BEFORE_SECS * 1000 / _FRAME_MS))
        self._tasks = tasks
        self._stream: rtc.AudioStream | None = None
        self._quiet, self._quiet_live = Quiet(), Quiet()
        self._heard_secs = self._deaf_secs = 0.0
        self._typed: list[str] = []
        self._on_typed: Callable[[str], None] | None = None
        room.on("data_received", self._on_data)
        for event in ("participant_attributes_changed", "participant_disconnected", "disconnected"):
            room.on(event, self._on_change)
        room.on("track_published", self._on_published)
        room.on("track_subscribed", self._on_subscribed)

    @property
    def is_given(self) -> bool:
        """Whether the call is this bot's."""
        return self._given_to == self._job_id

    async def until_given(self) -> None:
        """Say that this bot is ready until it is given the call.

        Raises:
            SessionError: code "replaced" if the bot that has the call is gone: then it is lost,
                and is taken over.
        """
        while not self.is_given:
            if self._given_to is None or not self._room.isconnected():
                raise SessionError("replaced", "The call cannot be given any more.")
            await self._room.local_participant.publish_data(
                self._job_id, topic=READY_TOPIC, destination_identities=[self._bot]
            )
            self._changed.clear()
            try:
                async with asyncio.timeout(READY_SECS):
                    await self._changed.wait()
            except TimeoutError:
                continue
        self._kept = deque(self._kept, maxlen=round(_MOST_SECS * 1000 / _FRAME_MS))

    def hear(self, live: bytes) -> bytes | None:
        """Return what was heard since the last time, in the place of this live frame.

        Two connections bring the same words up to half a second apart, so the live ones come to be
        heard in a silence.

        Returns:
            16-bit mono PCM; None: the frame is to be heard, and all that follow.
        """
        pcm = b"".join(self._kept)
        self._kept.clear()
        self._quiet.hear(pcm)
        self._quiet_live.hear(live)
        live_secs = len(live) / _SECOND_BYTES
        self._heard_secs += live_secs
        # Then it hears nothing, and never may.
        self._deaf_secs = 0.0 if pcm else self._deaf_secs + live_secs
        is_quiet = min(self._quiet.secs, self._quiet_live.secs) >= _QUIET_SECS
        if not is_quiet and self._deaf_secs < _QUIET_SECS and self._heard_secs < _MOST_SECS:
            return pcm
        self._kept = deque(maxlen=0)
        self._tasks.spawn(self._room.disconnect(), name="ear leaves")
        return None

    def take_typed(self, on_typed: Callable[[str], None]) -> None:
        """Have taken what was typed meanwhile, and what still is."""
        self._on_typed = on_typed
        typed, self._typed = self._typed, []
        for text in typed:
            on_typed(text)

    @property
    def _given_to(self) -> str | None:
        """The job that has been given the call, or ""; None if the bot that had it is gone."""
        bot = self._room.remote_participants.get(self._bot)
        if bot is None or bot.attributes.get(JOB_ATTRIBUTE, "") != self._given_by:
            return None
        return bot.attributes.get(GIVEN_ATTRIBUTE, "")

    def look(self) -> None:
        """Begin with what is in the room already."""
        for participant in self._room.remote_participants.values():
            for publication in participant.track_publications.values():
                self._on_published(publication, participant)

    def _on_data(self, packet: rtc.DataPacket) -> None:
        sender = packet.participant
        if packet.topic != TYPED_TOPIC or sender is None or sender.identity != self._bot:
            return
        self._typed.append(packet.data.decode(errors="replace"))
        if self._on_typed is not None:
            self.take_typed(self._on_typed)

    def _on_change(self, *_: object) -> None:
        self._changed.set()

    def _on_published(
        self, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        is_caller = participant.identity == self._caller
        if is_caller and publication.source == rtc.TrackSource.SOURCE_MICROPHONE:
            publication.set_subscribed(True)

    def _on_subscribed(self, track: rtc.Track, *_: object) -> None:
        self._stream = rtc.AudioStream(
            track, sample_rate=INPUT_SAMPLE_RATE_HZ, num_channels=1, frame_size_ms=_FRAME_MS
        )
        self._tasks.spawn(self._hear(self._stream), name="ear")

    async def _hear(self, stream: rtc.AudioStream) -> None:
        try:
            async for event in stream:
                if stream is not self._stream:
                    break  # the caller speaks by another track now
                self._kept.append(bytes(event.frame.data))
        finally:
            await stream.aclose()


@asynccontextmanager
async def open_ear(  # noqa: PLR0913 - as above
    livekit_url: str, token: str, *, bot: str, caller: str, job_id: str, given_by: str
) -> AsyncGenerator[Ear]:
    """Listen while the block runs.

    Raises:
        SessionError: code "room_unreachable".
    """
    room = rtc.Room()
    async with TaskSet() as tasks:
        ear = Ear(room=room, tasks=tasks, bot=bot, caller=caller, job_id=job_id, given_by=given_by)
        try:
            options = rtc.RoomOptions(auto_subscribe=False)
            await room.connect(livekit_url, token, options)
            ear.look()
            logger.info("Ready to be given a call")
            yield ear
        except rtc.ConnectError as error:
            raise SessionError("room_unreachable", "The bot could not listen.") from error
        finally:
            await room.disconnect()
