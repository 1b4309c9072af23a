"""The caller's audio whose final words have not come: kept, dated, and watched for being overdue.

Positions are bytes of the session's audio, and time is counted in audio, so nothing here needs a
clock and a muted microphone raises no alarm.
"""

from __future__ import annotations

from collections import deque

from ..turns.stretch import Stretch
from .results import Result

REPLAY_SECS = 10.0
"""Audio kept for a new connection: longer than any utterance a caller would say twice."""

QUIET_REPLAY_SECS = 1.0
"""While nobody speaks, only what a voice detector may still be deciding about is kept."""

SILENT_SECS = 4.0
"""Of speech without a result. Deepgram sends interim results about every second of speech."""

ANSWER_SECS = 2.0
"""Deepgram answers Finalize in 30-350 ms; the p99 of public measurements is below 1 s."""

AHEAD_SECS = 0.5
"""Of audio that was not sent yet. A result that claims to cover more, or only audio that is older
than any that is sent again, does not count as we do."""

SLACK_SECS = 0.4
"""How far before its request an answer may end; two requests are at least this far apart."""

BEYOND_SECS = 0.1
"""Of audio behind a request to finalize. A service that has transcribed so much of it has words for
all the speech before, if there are any: Flux shows a word within 0.1 s of its audio."""

MOST_OWED = 16
"""Utterances whose ends are remembered: more do not fit into what is kept for a new connection."""

MOST_PATIENCE = 4
"""Times the usual: a service that transcribes whole segments answers 1 to 3 s after each."""


class UnsettledAudio:
    """All that is known about what one recogniser has been given and has not settled.

    Args:
        bytes_per_sec: Of the audio.
        replay_secs: Oldest audio beyond this is forgotten.
    """

    def __init__(self, *, bytes_per_sec: int, replay_secs: float = REPLAY_SECS) -> None:
        self._bytes_per_sec = bytes_per_sec
        self.kept = KeptAudio(max_bytes=int(replay_secs * bytes_per_sec))
        self.watch = ResultsWatch(silent_secs=SILENT_SECS, answer_secs=ANSWER_SECS)
        self._requests = Requests(bytes_per_sec=bytes_per_sec)
        self._ends = deque[int](maxlen=MOST_OWED)
        self.is_speaking = False
        self.is_asked = False
        """The final words of what the caller has said are owed."""

    @property
    def is_owed(self) -> bool:
        """Whether the caller speaks, or has spoken and the final words have not come."""
        return self.is_speaking or self.is_asked

    def on_voice_started(self) -> None:
        """The caller speaks; what was asked for before is no longer waited for."""
        self.is_speaking = True
        self.is_asked = False

    def on_voice_stopped(self) -> None:
        """The caller is silent: the final words are due."""
        self.is_speaking = False
        self.is_asked = True
        self._requests.on_request(self.kept.end_bytes)
        self._ends.append(self.kept.end_bytes)

    def take(self, audio: bytes, *, is_connected: bool = True) -> None:
        """Keep audio on its way to the recogniser; all of it while there is no connection."""
        self.kept.append(audio)
        if is_connected and not self.is_owed:
            self.kept.keep_last(int(QUIET_REPLAY_SECS * self._bytes_per_sec))

    def is_overdue(self, audio: bytes) -> bool:
        """Count audio that was sent; True if the recogniser has been silent for too long."""
        return self.watch.feed(len(audio) / self._bytes_per_sec, is_speech=self.is_speaking)

    def start_stream(self) -> int:
        """Begin a new connection; returns the position of the first audio it must be given."""
        self.watch.reset()
        return self.kept.start_stream()

    def go_live(self) -> bool:
        """The new connection has all audio; returns whether to ask it for the final words."""
        self._requests.on_reconnect(is_resent=self.is_asked)
        return self.is_asked

    def settle(self, result: Result) -> bool:
        """Forget the audio a final result covers; True if nothing follows it for what was asked."""
        end_bytes = 0
        if result.span_secs:
            end_bytes = self.kept.settle_stream(self._bytes(result.span_secs[1]))
        elif result.text and not self.is_speaking:
            self.kept.settle(self._requests.position)
        is_answer = self.is_asked and self._is_answer(result, end_bytes)
        if is_answer:
            self.settle_request()
        return is_answer

    def is_beyond_request(self, result: Result) -> bool:
        """Return True if a result is about audio well behind the latest request to finalize."""
        if result.span_secs is None:
            return False
        end_bytes = self.kept.position_of(self._bytes(result.span_secs[1]))
        return end_bytes >= self._requests.position + self._bytes(BEYOND_SECS)

    def settle_request(self) -> None:
        """Forget what was asked for: the service has no more words for it."""
        self.is_asked = False
        self.kept.settle(self._requests.position)

    def settle_utterances(self, *, owed: int) -> None:
        """Forget all utterances but the last ones, whose words are owed yet."""
        while len(self._ends) > owed:
            self.kept.settle(self._ends.popleft())
        self.is_asked = self.is_asked and owed > 0

    def stretch_of(self, result: Result) -> Stretch | None:
        """Return which part of the session's audio a result covers, if what it says can be true."""
        if result.span_secs is None:
            return None
        start, end = (self.kept.position_of(self._bytes(secs)) for secs in result.span_secs)
        lag_secs = (self.kept.end_bytes - end) / self._bytes_per_sec
        if start < end and -AHEAD_SECS <= lag_secs <= REPLAY_SECS + ANSWER_SECS:
            return Stretch(start / self._bytes_per_sec, end / self._bytes_per_sec, lag_secs)
        return None

    def _is_answer(self, result: Result, end_bytes: int) -> bool:
        if result.is_from_finalize is None:
            least_bytes = self._requests.position - result.hush_secs * self._bytes_per_sec
            return result.span_secs is None or end_bytes >= least_bytes
        return result.is_from_finalize and self._requests.is_latest(end_bytes)

    def _bytes(self, secs: float) -> int:
        return int(secs * self._bytes_per_sec)


class KeptAudio:
    """Remembers the audio a lost connection would lose, so that a new one can be given it again.

    Args:
        max_bytes: Oldest audio beyond this is forgotten.
    """

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._chunks: deque[bytes] = deque()
        self._size_bytes = 0
        self._end_bytes = 0
        self._stream_start_bytes = 0

    @property
    def end_bytes(self) -> int:
        """Position after the newest chunk."""
        return self._end_bytes

    @property
    def start_bytes(self) -> int:
        """Position of the oldest audio that is kept."""
        return self._end_bytes - self._size_bytes

    def append(self, audio: bytes) -> None:
        """Add audio at the end."""
        self._chunks.append(audio)
        self._size_bytes += len(audio)
        self._end_bytes += len(audio)
        self.keep_last(self._max_bytes)

    def keep_last(self, size_bytes: int) -> None:
        """Forget everything but the newest `size_bytes` (whole chunks; the newest one stays)."""
        while self._size_bytes > size_bytes and len(self._chunks) > 1:
            self._size_bytes -= len(self._chunks.popleft())

    def settle(self, end_bytes: int) -> None:
        """Forget the audio before position `end_bytes`: its words have arrived."""
        start = self.start_bytes
        while self._chunks and start + len(self._chunks[0]) <= end_bytes:
            start += len(self._chunks[0])
            self._size_bytes -= len(self._chunks.popleft())

    def settle_stream(self, stream_bytes: int) -> int:
        """Settle up to a position counted from the start of the present connection.

        Returns:
            The same position counted from the start of the session.
        """
        end_bytes = self.position_of(stream_bytes)
        self.settle(end_bytes)
        return end_bytes

    def position_of(self, stream_bytes: int) -> int:
        """Return a position counted from the start of the present connection as one of ours."""
        return self._stream_start_bytes + stream_bytes

    def start_stream(self) -> int:
        """Begin a new connection; returns the position of the first audio it must be given."""
        self._stream_start_bytes = self.start_bytes
        return self._stream_start_bytes

    def note_filling(self, size_bytes: int) -> None:
        """The present connection was sent audio that is none of the session's."""
        self._stream_start_bytes -= size_bytes

    def audio_after(self, position: int) -> bytes:
        """Return all remembered audio from `position` on; empty at the end."""
        return b"".join(self._chunks)[max(0, position - self.start_bytes) :]

    def move_to(self, position: int) -> None:
        """Forget everything; the next audio begins there, as somebody else heard what lies between.

        The present connection goes on counting the bytes that it was sent.
        """
        self._chunks.clear()
        self._size_bytes = 0
        self._stream_start_bytes += position - self._end_bytes
        self._end_bytes = position


class Requests:
    """Knows which answer belongs to the latest request to finalize.

    Deepgram does not promise an answer to each, and one may come after the caller has gone on.
    """

    def __init__(self, *, bytes_per_sec: int) -> None:
        self._bytes_per_sec = bytes_per_sec
        self._open = 0
        self.position = 0
        """Where the audio ended at the latest request."""

    def on_request(self, position: int) -> None:
        """A request is made at this position."""
        self.position = position
        self._open += 1

    def on_reconnect(self, *, is_resent: bool) -> None:
        """A new connection knows at most of the latest request."""
        self._open = int(is_resent)

    def is_latest(self, answer_end: int) -> bool:
        """Take an answer that covers the audio up to `answer_end`; True if it is to the latest."""
        is_early = answer_end < self.position - SLACK_SECS * self._bytes_per_sec
        is_latest = self._open <= 1 or not is_early
        self._open = 0 if is_latest else self._open - 1
        return is_latest


class ResultsWatch:
    """Says when speech was sent and nothing has come back for too long.

    A request to finalize shortens the patience, but only while words may be owed: Deepgram does
    not promise an answer when everything has been transcribed already. A service that was called
    dead too soon gets more of it each time, until it answers as fast as it should.

    Args:
        silent_secs: Speech that may be sent before the first result must have come.
        answer_secs: Audio that may be sent between a request to finalize and the next result.
    """

    def __init__(self, *, silent_secs: float, answer_secs: float) -> None:
        self._silent_secs = silent_secs
        self._answer_secs = answer_secs
        self._speech_secs = 0.0
        self._waiting_secs: float | None = None
        self._patience = 1

    @property
    def speech_secs(self) -> float:
        """Speech that was sent since the last result, or since the connection began."""
        return self._speech_secs

    def feed(self, audio_secs: float, *, is_speech: bool) -> bool:
        """Count audio that was sent; returns True if the connection must be considered dead."""
        if is_speech:
            self._speech_secs += audio_secs
        if self._waiting_secs is not None:
            self._waiting_secs += audio_secs
        is_dead = self._speech_secs > 0 and not self._is_within(self._patience)
        if is_dead:
            self._patience = min(2 * self._patience, MOST_PATIENCE)
        return is_dead

    def on_result(self) -> None:
        """The service answered something."""
        if self._is_within(1):
            self._patience = 1
        self.reset()

    def on_finalize_sent(self) -> None:
        """The service was asked to finish what it has."""
        if self._waiting_secs is None:
            self._waiting_secs = 0.0

    def reset(self) -> None:
        """Start over, for a new connection."""
        self._speech_secs = 0.0
        self._waiting_secs = None

    def _is_within(self, patience: int) -> bool:
        late_secs = self._waiting_secs or 0.0
        is_late = late_secs > self._answer_secs * patience
        return not is_late and self._speech_secs <= self._silent_secs * patience
