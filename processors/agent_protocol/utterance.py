"""One side's utterance as captions on the wire: how a caption is sent, not what it says.

An utterance changes at once and is sent later: `send` brings the room up to date with whatever the
text is by then, so a slow network merges updates instead of queueing them. Text streams are what
LiveKit clients read today; the older transcription packet goes along while a client may need it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from uuid import uuid4

from livekit import rtc
from typing_extensions import override

from .sender_mark import sender_mark

TOPIC = "lk.transcription"
SEGMENT_ID_ATTRIBUTE = "lk.segment_id"
FINAL_ATTRIBUTE = "lk.transcription_final"
TRACK_ID_ATTRIBUTE = "lk.transcribed_track_id"
INTERRUPTED_ATTRIBUTE = "parley.interrupted"

# From this client protocol on a client builds its transcription events from the text streams.
_STREAMS_ONLY_PROTOCOL = 3


class Utterance(ABC):
    """A caption under one segment id; grows until it is closed.

    Args:
        room: The connected room.
        speaker: Identity of the participant whose words these are.
    """

    def __init__(self, *, room: rtc.Room, speaker: str) -> None:
        self.segment_id = f"SG_{uuid4().hex[:12]}"
        self.text = ""
        self.is_closed = False
        self._room = room
        self._speaker = speaker

    def close(self) -> None:
        """Mark the text as complete."""
        self.is_closed = True

    @abstractmethod
    async def send(self) -> None:
        """Bring the room up to date with the text as it is now."""

    @abstractmethod
    def restart(self) -> None:
        """Send everything again: the bot has joined anew, and its open streams are void."""

    def _attributes(self, *, is_final: bool) -> dict[str, str]:
        attributes = {
            SEGMENT_ID_ATTRIBUTE: self.segment_id,
            FINAL_ATTRIBUTE: "true" if is_final else "false",
            **sender_mark(self._room),
        }
        if track_sid := _microphone_sid(self._room, self._speaker):
            attributes[TRACK_ID_ATTRIBUTE] = track_sid
        return attributes

    async def _open_stream(self, *, is_final: bool) -> rtc.TextStreamWriter:
        return await self._room.local_participant.stream_text(
            topic=TOPIC,
            sender_identity=self._speaker,
            attributes=self._attributes(is_final=is_final),
        )

    async def _send_packet(self, text: str, *, is_final: bool) -> None:
        track_sid = _microphone_sid(self._room, self._speaker)
        if track_sid is None or not _needs_packets(self._room):
            return
        segment = rtc.TranscriptionSegment(
            id=self.segment_id, text=text, start_time=0, end_time=0, language="", final=is_final
        )
        await self._room.local_participant.publish_transcription(
            rtc.Transcription(
                participant_identity=self._speaker, track_sid=track_sid, segments=[segment]
            )
        )


class CallerUtterance(Utterance):
    """What the caller says: each update is a new stream with the full text so far."""

    def __init__(self, *, room: rtc.Room, speaker: str) -> None:
        super().__init__(room=room, speaker=speaker)
        self._sent: tuple[str, bool] = ("", False)

    @override
    async def send(self) -> None:
        """Send the full text, unless the room has it already."""
        text, is_final = self.text, self.is_closed
        if not text or (text, is_final) == self._sent:
            return
        stream = await self._open_stream(is_final=is_final)
        await stream.write(text)
        await stream.aclose()
        self._sent = (text, is_final)
        await self._send_packet(text, is_final=is_final)

    @override
    def restart(self) -> None:
        """Send the newest text again."""
        self._sent = ("", False)


class BotUtterance(Utterance):
    """What was heard of a reply: one stream of deltas, open as long as the reply plays."""

    def __init__(self, *, room: rtc.Room, speaker: str) -> None:
        super().__init__(room=room, speaker=speaker)
        self.is_interrupted = False
        self._sent_chars = 0
        self._stream: rtc.TextStreamWriter | None = None
        self._void_stream: rtc.TextStreamWriter | None = None

    @override
    async def send(self) -> None:
        """Send the words added since the last time; close the stream if nothing will follow."""
        text, is_final = self.text, self.is_closed
        await self._close_void_stream()
        # Forgotten until all went well: after a failure the whole text goes out on a new stream,
        # and clients put it in the place of the broken one.
        stream, self._stream = self._stream, None
        sent_chars, self._sent_chars = self._sent_chars, 0
        delta = text[sent_chars:]
        if delta:
            if stream is None:
                # Never "true" here: Swift and Flutter would keep only the last chunk.
                stream = await self._open_stream(is_final=False)
            await stream.write(delta)
        if is_final and stream is not None:
            # No `reason`: clients would take it for an error.
            await stream.aclose(attributes=self._trailer())
            stream = None
        self._stream, self._sent_chars = stream, len(text)
        if delta or is_final:
            await self._send_packet(text, is_final=is_final)

    @override
    def restart(self) -> None:
        """Go on with the whole text on a new stream."""
        self._void_stream, self._stream = self._stream, None
        self._sent_chars = 0

    async def _close_void_stream(self) -> None:
        stream, self._void_stream = self._void_stream, None
        if stream is not None:
            # Nobody reads it after a new join; after a mere pause of the connection somebody does.
            with suppress(ConnectionError, RuntimeError):
                await stream.aclose()

    def _trailer(self) -> dict[str, str]:
        trailer = self._attributes(is_final=True)
        if self.is_interrupted:
            trailer[INTERRUPTED_ATTRIBUTE] = "true"
        return trailer


def _microphone_sid(room: rtc.Room, identity: str) -> str | None:
    is_local = identity == room.local_participant.identity
    speaker = room.local_participant if is_local else room.remote_participants.get(identity)
    if speaker is None:
        return None
    for publication in speaker.track_publications.values():
        if publication.source == rtc.TrackSource.SOURCE_MICROPHONE:
            return publication.sid
    return None


def _needs_packets(room: rtc.Room) -> bool:
    return any(
        participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
        # rtc has no public property for the protocol of a client.
        and participant._info.client_protocol < _STREAMS_ONLY_PROTOCOL  # pyright: ignore[reportPrivateUsage]
        for participant in room.remote_participants.values()
    )
