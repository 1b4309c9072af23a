from __future__ import annotations

from collections.abc import Callable

import pytest
from pipecat.metrics.metrics import TTFBMetricsData

from processors.agent_protocol.events import Stage
from processors.agent_protocol.turn_metrics import TurnMetrics
from processors.floor import Floor
from tests.told import told

MODEL, VOICE = Stage.LANGUAGE_MODEL, Stage.TEXT_TO_SPEECH


class Turns:
    """Figures on a clock of the test's own; `metrics` is told with its floor."""

    def __init__(self) -> None:
        self.now_secs = 100.0
        floor = Floor(clock_secs=lambda: self.now_secs)
        self.metrics = told(TurnMetrics(floor=floor, clock_secs=lambda: self.now_secs), floor)

    def at(self, now_secs: float) -> TurnMetrics:
        self.now_secs = now_secs
        return self.metrics

    def took(self, stage: Stage, secs: float) -> None:
        self.metrics.measured(stage, [TTFBMetricsData(processor="x", value=secs)])

    def caller_spoke(self, *, until_secs: float, has_words: bool = True) -> None:
        """One turn, which ends 0.3 s after the last sound; its report is taken."""
        self.at(until_secs - 1.0).caller_started()
        self.at(until_secs + 0.1).caller_fell_silent(0.1)
        self.at(until_secs + 0.3).caller_stopped(has_words=has_words)
        if has_words:
            self.metrics.caller_report()


@pytest.mark.promise(
    "Captions and clients",
    "The figures of a turn are its own: nothing of a turn before it, or not heard, is in them.",
)
def test_each_reply_has_its_own_figures() -> None:
    turns = Turns()
    turns.caller_spoke(until_secs=110.0)
    turns.took(MODEL, 0.3)
    turns.took(VOICE, 0.1)
    turns.at(110.8).playout_started()
    turns.at(112.0).playout_stopped(is_interrupted=False)
    first = turns.metrics.bot_report()
    assert (first.llm_node_ttft, first.tts_node_ttfb) == (0.3, 0.1)
    assert round(first.e2e_latency, 3) == 0.8
    assert first.stopped_speaking_at.ToMilliseconds() == 112_000
    # The bot says something by itself: it answers nobody, and nobody timed it.
    turns.at(120.0).playout_started()
    turns.at(121.0).playout_stopped(is_interrupted=False)
    second = turns.metrics.bot_report()
    assert second.started_speaking_at.ToMilliseconds() == 120_000
    for figure in ("llm_node_ttft", "tts_node_ttfb", "e2e_latency"):
        assert not second.HasField(figure)
    assert not turns.metrics.bot_report().HasField("started_speaking_at")


@pytest.mark.promise(
    "Captions and clients",
    "The figures of a turn are its own: nothing of a turn before it, or not heard, is in them.",
)
def test_the_pieces_of_a_reply_count_by_its_first() -> None:
    turns = Turns()
    turns.caller_spoke(until_secs=110.0)
    for stage, secs in ((MODEL, 0.9), (MODEL, 0.3), (VOICE, 0.1), (VOICE, 0.7)):
        turns.took(stage, secs)
    turns.at(110.8).playout_started()
    # Made while it plays: of what comes later.
    turns.took(MODEL, 5.0)
    turns.took(VOICE, 5.0)
    turns.at(112.0).playout_stopped(is_interrupted=False)
    report = turns.metrics.bot_report()
    assert (report.llm_node_ttft, report.tts_node_ttfb) == (0.3, 0.1)


def _interrupt(turns: Turns) -> None:
    turns.metrics.interrupted()


def _speak_and_interrupt(turns: Turns) -> None:
    turns.at(110.8).playout_started()
    turns.metrics.interrupted()


@pytest.mark.promise(
    "Captions and clients",
    "The figures of a turn are its own: nothing of a turn before it, or not heard, is in them.",
)
@pytest.mark.parametrize(("cut", "is_told"), [(_interrupt, False), (_speak_and_interrupt, True)])
def test_a_reply_nobody_heard_leaves_no_figures(
    cut: Callable[[Turns], None], is_told: bool
) -> None:
    turns = Turns()
    turns.caller_spoke(until_secs=110.0)
    turns.took(MODEL, 0.3)
    turns.took(VOICE, 0.1)
    cut(turns)
    report = turns.metrics.bot_report()
    assert report.HasField("llm_node_ttft") == report.HasField("tts_node_ttfb") == is_told


@pytest.mark.promise(
    "Captions and clients",
    "The figures of a turn are its own: nothing of a turn before it, or not heard, is in them.",
)
def test_a_noise_without_words_is_no_question_to_be_timed() -> None:
    turns = Turns()
    turns.caller_spoke(until_secs=110.0, has_words=False)
    turns.at(115.0).playout_started()
    assert not turns.metrics.bot_report().HasField("e2e_latency")


def test_the_callers_figures_count_from_the_last_sound() -> None:
    turns = Turns()
    turns.at(109.0).caller_started()
    turns.at(110.2).caller_fell_silent(0.2)
    turns.at(110.5).caller_words("late", is_final=True)
    turns.at(110.6).caller_words("later", is_final=False)
    turns.at(110.9).caller_stopped(has_words=True)
    report = turns.metrics.caller_report()
    assert report.started_speaking_at.ToMilliseconds() == 109_000
    assert report.stopped_speaking_at.ToMilliseconds() == 110_000
    assert round(report.transcription_delay, 3) == 0.5
    assert round(report.end_of_turn_delay, 3) == 0.9
    # What is typed next has no figures of a voice.
    assert not turns.metrics.caller_report().HasField("end_of_turn_delay")
