"""Turns, words and speculations together, whatever order things come in."""

from __future__ import annotations

import asyncio
import re

from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    Frame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    LLMContextFrame,
    LLMContextUserTurnFrame,
    TranscriptionFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)

from processors.frames import SpeculationRefusedFrame
from tests.turn_rig import TurnRig, open_turn_rig
from tests.unkind_recogniser import (
    Manners,
    Said,
    Utterance,
    transcripts,
    voiced_windows,
    words_of_all,
)

_TICKS = 40
_CROSSING_WINDOWS = 3
"""A refusal takes less; what may happen meanwhile happens more often so."""
_REST_WINDOWS = 130
"""Longer than any turn may wait after its last sound and its last word."""


class Model:
    """Which answers a language model would speak, as Pipecat's gate holds and releases them."""

    def __init__(self) -> None:
        self.replies: list[int] = []
        """To each turn that had words."""
        self.speculation: str | None = None
        self._is_over = True
        self._has_words = False
        self._replies = 0
        self._seen = 0

    def look_at(self, frames: list[Frame]) -> None:
        for frame in frames[self._seen :]:
            self._take(frame)
        self._seen = len(frames)

    def finish(self) -> None:
        """The turn is past: note how often it was answered."""
        if self._has_words or self._replies:
            self.replies.append(self._replies)
        self._has_words, self._replies = False, 0

    def _take(self, frame: Frame) -> None:
        if isinstance(frame, UserStartedSpeakingFrame):
            self.finish()
            self._is_over = False
        elif isinstance(frame, LLMContextUserTurnFrame):
            self._has_words = True
        elif isinstance(frame, EagerEndOfTurnCancelFrame | InterruptionFrame):
            self.speculation = None
        elif isinstance(frame, UserStoppedSpeakingFrame):
            self._is_over = True
            self._replies += self.speculation is not None
            self.speculation = None
        elif isinstance(frame, LLMContextFrame):
            last = frame.context.messages[-1]
            assert isinstance(last, dict)
            is_held = frame.speculation and not self._is_over
            self.speculation = str(last.get("content")) if is_held else None
            self._replies += not is_held


async def hold_talk(
    utterances: list[Utterance],
    manners: list[Manners],
    *,
    has_spans: bool,
    probability: float,
    refusals: frozenset[int],
) -> tuple[TurnRig, Model]:
    """Let a caller talk.

    Args:
        utterances: What the caller says.
        manners: Of the recogniser, for each of them.
        has_spans: Transcripts say what audio they cover.
        probability: What the turn model says about every pause.
        refusals: Windows in which the language model finds that it wants a tool.
    """
    voiced = voiced_windows(utterances)
    said = transcripts(utterances, manners)
    end = max(len(voiced), said[-1].window) + _REST_WINDOWS
    model = Model()
    on_their_way: list[tuple[int, Frame]] = []
    async with open_turn_rig() as rig:
        rig.analyzer.probability = probability
        for window in range(end):
            await rig.hear_window(is_voice=window < len(voiced) and voiced[window])
            await _give_way()
            while said and said[0].window <= window:
                await _say(rig, said.pop(0), has_spans=has_spans)
                await _give_way()
            model.look_at(rig.pipeline.down)
            if window in refusals and model.speculation is not None:
                refused = SpeculationRefusedFrame(text=model.speculation)
                model.speculation = None
                on_their_way.append((window + window % _CROSSING_WINDOWS, refused))
            while on_their_way and on_their_way[0][0] <= window:
                await rig.pipeline.send_up(on_their_way.pop(0)[1])
        await rig.pipeline.settle()
        model.look_at(rig.pipeline.down)
        model.finish()
    return rig, model


async def _say(rig: TurnRig, said: Said, *, has_spans: bool) -> None:
    frame = (
        TranscriptionFrame(said.text, "caller", "", finalized=said.is_answer)
        if said.is_final
        else InterimTranscriptionFrame(said.text, "caller", "")
    )
    await rig.send_words(frame, span_secs=said.span_secs if has_spans else None)


async def _give_way() -> None:
    """Let everything that is ready run: nothing here waits for anything else."""
    for _ in range(_TICKS):
        await asyncio.sleep(0)


UTTERANCES = st.builds(
    Utterance,
    words=st.integers(2, 6),
    pause_windows=st.sampled_from([4, 12, 30, 60]),
    is_unheard=st.sampled_from([False, False, False, True]),
)
MANNERS = st.builds(
    Manners,
    interim_windows=st.sampled_from([0, 6, 9, 30]),
    withheld_words=st.integers(0, 1),
    interim_late_windows=st.sampled_from([0, 4, 12]),
    final_late_windows=st.sampled_from([3, 5, 10, 35, 50, 75]),
    is_answer=st.booleans(),
    resent_windows=st.sampled_from([None, None, 0, 8, 40]),
    is_split=st.booleans(),
    has_stale_interim=st.booleans(),
)
TALKS = st.lists(st.tuples(UTTERANCES, MANNERS), min_size=1, max_size=4)


LATE = [(Utterance(4, pause_windows=60), Manners(final_late_windows=50))]
SENT_AGAIN = [
    (Utterance(3, pause_windows=12), Manners(resent_windows=40)),
    (Utterance(3), Manners()),
]
OVERLAPPING = [(Utterance(6), Manners(is_split=True))]
OVERTAKEN = [(Utterance(4, pause_windows=60), Manners(has_stale_interim=True))]
QUIET = [
    (Utterance(6, pause_windows=60, is_unheard=True), Manners(interim_windows=12)),
    (Utterance(6, is_unheard=True), Manners(interim_windows=0)),
]


@settings(max_examples=60, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
@example(talk=LATE, has_spans=True, probability=0.99, refusals=frozenset())
@example(talk=LATE, has_spans=False, probability=0.99, refusals=frozenset())
@example(talk=SENT_AGAIN, has_spans=True, probability=0.99, refusals=frozenset())
@example(talk=SENT_AGAIN, has_spans=False, probability=0.99, refusals=frozenset())
@example(talk=OVERLAPPING, has_spans=True, probability=0.99, refusals=frozenset())
@example(talk=OVERLAPPING, has_spans=False, probability=0.99, refusals=frozenset())
@example(talk=OVERTAKEN, has_spans=True, probability=0.99, refusals=frozenset())
@example(talk=OVERTAKEN, has_spans=False, probability=0.99, refusals=frozenset())
@example(talk=QUIET, has_spans=True, probability=0.99, refusals=frozenset())
@example(talk=QUIET, has_spans=False, probability=0.99, refusals=frozenset())
@example(talk=LATE, has_spans=True, probability=0.99, refusals=frozenset(range(200)))
@given(
    talk=TALKS,
    has_spans=st.booleans(),
    probability=st.sampled_from([0.99, 0.99, 0.6, 0.2]),
    refusals=st.frozensets(st.integers(5, 200), max_size=30),
)
def test_each_word_is_in_one_message_and_each_turn_has_one_reply(
    talk: list[tuple[Utterance, Manners]],
    has_spans: bool,
    probability: float,
    refusals: frozenset[int],
) -> None:
    utterances = [utterance for utterance, _ in talk]
    rig, model = asyncio.run(
        hold_talk(
            utterances,
            [manners for _, manners in talk],
            has_spans=has_spans,
            probability=probability,
            refusals=refusals,
        )
    )
    heard = re.findall(r"\w+", " ".join(map(str, rig.messages)).lower())
    assert sorted(heard) == words_of_all(utterances), rig.messages
    assert set(model.replies) == {1}, model.replies
