"""One exchange of caller and bot, measured: a plain turn or an interruption."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.listener import Listener
from bench.microphone import Utterance
from bench.sound import SAMPLE_RATE_HZ, loud_bounds
from bench.standin.script import SpokenLine
from bench.standin.server import Standin
from bench.tones import WINDOW_SECS, tone_secs, tone_windows

QUESTIONS = (
    "Could you tell me how this works?",
    "What should I cook for dinner tonight?",
    "Where can I find a good book about birds?",
    "How long does it take to learn the piano?",
    "Which of these two would you choose?",
    "Is there a train to the airport before six in the morning?",
    "I would like to move my appointment to next Thursday afternoon.",
    "What is the weather like in Berlin today?",
    "Can you tell me the way to the nearest pharmacy?",
    "Tell me something about the history of this town.",
)
_REPLY_LIMIT_SECS = 15.0
_LONG_REPLY_SENTENCES = 4
# An interruption comes this long after the first sample of the reply.
_CUT_AFTER_SECS = (0.4, 3.5)
# A reply that goes on this long was not stopped by the caller.
_STOP_LIMIT_SECS = 4.0
# Long enough for a resumed reply to show itself before the new one begins.
_AFTER_REPLY_SECS = 0.6
_QUIET_SECS = 1.0


@dataclass(frozen=True)
class Exchange:
    """What one exchange gave; all times in ms, None = it did not happen."""

    turn: int
    kind: str
    """"first", "plain", or "interrupting"."""
    v2v_ms: float | None
    stop_ms: float | None = None
    """Interrupting turns: the caller's first sample to the last one of the old reply."""
    leaked_ms: float | None = None
    """Interrupting turns: how much of the old reply was heard after it had stopped."""
    stt_ms: float | None = None
    """Caller's last sample to the final transcript sent (with the way to the recogniser)."""
    llm_ms: float | None = None
    """Request to first token, of the request that was answered."""
    sentence_ms: float | None = None
    """First token to the end of the first sentence."""
    tts_ms: float | None = None
    """Request to first byte of the speech heard first."""
    llm_asked_ms: float | None = None
    """When that request came, after the caller's last sample; below zero if before it."""
    tts_asked_ms: float | None = None
    """The same for the speech request."""
    question: str = ""
    """What was asked; some questions sound more finished than others."""
    llm_calls: int = 0
    """Requests from the caller's first sample to the reply's, given up or not."""
    tts_dropped: int = 0
    """Speech requests given up half-way."""

    @property
    def overhead_ms(self) -> float | None:
        """V2V over the serial chain of what the providers took."""
        if self.v2v_ms is None or self.stt_ms is None or self.llm_ms is None:
            return None
        return (
            self.v2v_ms - self.stt_ms - self.llm_ms - (self.sentence_ms or 0) - (self.tts_ms or 0)
        )

    def as_row(self) -> dict[str, Any]:
        """Return the exchange as a row of results."""
        row = asdict(self) | {"exchange": self.kind, "overhead_ms": self.overhead_ms}
        return row | {"kind": "exchange"}


class Talk:
    """The caller's side of a conversation, turn after turn.

    Args:
        caller: With the bot.
        standin: The providers behind the bot.
        questions: What to ask, and how it sounds (16 kHz PCM).
        seed: Same seed, same questions and phases.
    """

    def __init__(
        self, *, caller: Listener, standin: Standin, questions: Mapping[str, bytes], seed: int
    ) -> None:
        self._caller = caller
        self._standin = standin
        self._questions = questions
        self._random = random.Random(seed)
        self._turn = 0
        self._question = ""

    async def settle(self) -> None:
        """Let the bot finish its greeting, if it gives one."""
        try:
            await self._caller.wait_for_onset(0.0, 5.0)
        except TimeoutError:
            return
        await self._caller.wait_for_silence(_QUIET_SECS)

    async def plain_turn(self, *, kind: str = "plain", reply_sentences: int = 1) -> Exchange:
        """Ask, and wait for the reply's first sample; the reply goes on."""
        await asyncio.sleep(self._random.uniform(0.0, 0.1))
        await self._standin.take_log()
        said = await self._ask(reply_sentences)
        onset_secs = await self._onset(said.u0_secs)
        log = await self._standin.take_log()
        v2v_ms = None if onset_secs is None else (onset_secs - said.u1_secs) * 1000
        return _exchange(self._turn, kind, v2v_ms, said, log, question=self._question)

    async def interrupted_turn(self) -> tuple[Exchange, Exchange]:
        """Ask, cut into the long reply at a random point, and wait for the new reply."""
        asked = await self.plain_turn(reply_sentences=_LONG_REPLY_SENTENCES)
        old_turn = self._turn
        await asyncio.sleep(self._random.uniform(*_CUT_AFTER_SECS))
        await self._standin.take_log()
        said = await self._ask(1)
        recording = self._caller.recording
        await self._caller.wait_until(
            lambda: (
                time.monotonic() - said.u0_secs > _STOP_LIMIT_SECS
                or recording.offset_after(said.u0_secs) is not None
            ),
            _STOP_LIMIT_SECS + 1,
        )
        stopped_secs = recording.offset_after(said.u0_secs)
        if stopped_secs is None:
            await self._caller.wait_for_silence(_QUIET_SECS)
            return asked, Exchange(self._turn, "interrupting", None)
        onset_secs = await self._new_onset(stopped_secs)
        end_secs = onset_secs or time.monotonic()
        leaked_ms = tone_secs(
            self._caller.heard(stopped_secs + WINDOW_SECS, end_secs),
            old_turn,
            sample_rate_hz=recording.sample_rate_hz,
        )
        log = await self._standin.take_log()
        v2v_ms = None if onset_secs is None else (onset_secs - said.u1_secs) * 1000
        cut = _exchange(
            self._turn,
            "interrupting",
            v2v_ms,
            said,
            log,
            question=self._question,
            stop_ms=(stopped_secs - said.u0_secs) * 1000,
            leaked_ms=leaked_ms * 1000,
        )
        return asked, cut

    async def finish_reply(self) -> None:
        """Wait until the bot has said it all."""
        await asyncio.sleep(_AFTER_REPLY_SECS)
        await self._caller.wait_for_silence(_QUIET_SECS)

    async def _ask(self, reply_sentences: int) -> Utterance:
        self._turn += 1
        question, pcm = self._random.choice(list(self._questions.items()))
        self._question = question
        first, last = loud_bounds(pcm)
        secs = (last - first) / SAMPLE_RATE_HZ
        line = SpokenLine(question, secs, reply_sentences, turn=self._turn)
        await self._standin.expect(line)
        return await self._caller.say(pcm)

    async def _onset(self, since_secs: float) -> float | None:
        try:
            return await self._caller.wait_for_onset(since_secs, _REPLY_LIMIT_SECS)
        except TimeoutError:
            return None

    async def _new_onset(self, stopped_secs: float) -> float | None:
        """Return the onset of the present turn's tone; what sounds before it is old."""
        since_secs = stopped_secs
        while (onset_secs := await self._onset(since_secs)) is not None:
            await asyncio.sleep(5 * WINDOW_SECS)
            heard = self._caller.heard(onset_secs, onset_secs + 4 * WINDOW_SECS)
            rate_hz = self._caller.recording.sample_rate_hz
            if tone_windows(heard, self._turn, sample_rate_hz=rate_hz).any():
                return onset_secs
            since_secs = onset_secs + WINDOW_SECS
        return None


def _exchange(
    turn: int,
    kind: str,
    v2v_ms: float | None,
    said: Utterance,
    log: Sequence[dict[str, Any]],
    **more: Any,
) -> Exchange:
    final = _first(log, "stt_final")
    first_token = _first(log, "llm_first_token", turn=turn, newest=True)
    asked = _first(log, "llm_request", turn=turn, newest=True)
    sentence = _first(log, "llm_first_sentence", turn=turn, newest=True)
    speech_asked = _first(log, "tts_request", turn=turn)
    speech = _first(log, "tts_first_byte", turn=turn)
    return Exchange(
        turn=turn,
        kind=kind,
        v2v_ms=v2v_ms,
        stt_ms=_between_ms(said.u1_secs, final),
        llm_asked_ms=_between_ms(said.u1_secs, asked),
        tts_asked_ms=_between_ms(said.u1_secs, speech_asked),
        llm_ms=_between_ms(asked, first_token),
        sentence_ms=_between_ms(first_token, sentence),
        tts_ms=_between_ms(speech_asked, speech),
        # A question on words that do not name the turn yet is one too.
        llm_calls=sum(_is(entry, "llm_request", None) for entry in log),
        tts_dropped=sum(_is(entry, "tts_cancelled", turn) for entry in log),
        **more,
    )


def _is(entry: dict[str, Any], event: str, turn: int | None) -> bool:
    return entry["event"] == event and turn in (None, entry.get("turn"))


def _first(
    log: Sequence[dict[str, Any]], event: str, *, turn: int | None = None, newest: bool = False
) -> float | None:
    found = [float(entry["at_secs"]) for entry in log if _is(entry, event, turn)]
    return found[-1 if newest else 0] if found else None


def _between_ms(start_secs: float | None, end_secs: float | None) -> float | None:
    return None if start_secs is None or end_secs is None else (end_secs - start_secs) * 1000
