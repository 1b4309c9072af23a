from __future__ import annotations

from functools import cache
from itertools import pairwise, product
from typing import Any

import pytest

from bench.standin.flux import Flux
from bench.standin.flux_options import FluxOptions
from bench.standin.live_ear import Told
from bench.standin.spoken_words import SpokenWord, words_of

CHUNKS_SECS = (0.01, 0.02, 0.08, 0.4)
LINE = words_of("Could you tell me how this works?", start_secs=0.7312, secs=1.42)
PAUSE_LINE = (
    *words_of("I would like", start_secs=1.03, secs=0.8),
    *words_of("a table", start_secs=1.95, secs=0.5),
    *words_of("for two.", start_secs=2.9, secs=0.6),
)
# A pause, then a word that is over before the grid's next step.
HASTY_LINES = [
    (
        *words_of("Well", start_secs=start_secs, secs=0.2),
        *words_of("no.", start_secs=start_secs + 0.28, secs=0.03),
    )
    for start_secs in (1.0, 1.06, 1.12, 1.18, 1.24)
]
LINES = (LINE, PAUSE_LINE, *HASTY_LINES)
EAGER = FluxOptions(eager_eot_threshold=0.4)
SURE_EAGER = FluxOptions(eager_eot_threshold=0.4, eot_threshold=0.9)


def heard(
    ear: Flux,
    words: tuple[SpokenWord, ...],
    chunk_secs: float,
    *,
    force_secs: float = 1e9,
    until_secs: float = 5.0,
) -> list[tuple[float, dict[str, Any]]]:
    """Return every message, and how much audio the recogniser had when it told it."""
    found: list[tuple[float, Told]] = []
    waiting = list(words)
    is_forced = False
    for number in range(1, round(until_secs / chunk_secs) + 1):
        at_secs = number * chunk_secs
        if waiting and at_secs > waiting[0].start_secs:
            ear.expect(waiting)
            waiting = []
        found += [(at_secs, told) for told in ear.hear(at_secs)]
        if not is_forced and at_secs >= force_secs:
            found += [(at_secs, told) for told in ear.obey({"type": "ForceEndTurn"})]
            is_forced = True
    return [(at_secs, told.message) for at_secs, told in found]


def events(found: list[tuple[float, dict[str, Any]]]) -> list[tuple[str, str]]:
    return [(m["event"], m["transcript"]) for _, m in found if m["event"] != "Update"]


@cache
def everything() -> list[list[tuple[float, dict[str, Any]]]]:
    """Return what is told of every line in every way of sending, forced at any moment."""
    options = (FluxOptions(), EAGER, SURE_EAGER)
    moments = [1e9, *(0.7 + 0.31 * step for step in range(9))]
    return [
        heard(Flux(option), line, chunk_secs, force_secs=moment)
        for line, option, chunk_secs, moment in product(LINES, options, CHUNKS_SECS, moments)
    ]


def test_no_word_is_told_before_its_audio_has_ended() -> None:
    for found in everything():
        for at_secs, message in found:
            assert all(word["end"] <= at_secs + 0.001 for word in message["words"])
            assert all(w["end"] <= message["audio_window_end"] + 0.001 for w in message["words"])
            assert message["transcript"] == " ".join(w["word"] for w in message["words"])


def test_updates_come_on_a_grid_of_a_quarter_of_a_second() -> None:
    for found in everything():
        ends = [m["audio_window_end"] for _, m in found if m["event"] == "Update"]
        assert all(end % 0.25 == 0 for end in ends)
        assert len(ends) == len(set(ends))


def test_every_step_of_the_grid_has_its_message() -> None:
    found = heard(Flux(FluxOptions()), LINE, 0.02)
    on_grid = [m["audio_window_end"] for _, m in found if m["audio_window_end"] % 0.25 == 0]
    assert on_grid == [0.25 * step for step in range(1, 21)]


def test_turns_follow_the_documented_states() -> None:
    after = {
        "EndOfTurn": {"StartOfTurn"},
        "StartOfTurn": {"EagerEndOfTurn", "EndOfTurn"},
        "EagerEndOfTurn": {"TurnResumed", "EndOfTurn"},
        "TurnResumed": {"EagerEndOfTurn", "EndOfTurn"},
    }
    for found in everything():
        names = ["EndOfTurn", *(event for event, _ in events(found))]
        assert all(second in after[first] for first, second in pairwise(names))
        for (event, text), (following, later) in pairwise(events(found)):
            if event == "EagerEndOfTurn":
                assert text
                assert following == "TurnResumed" or later == text
        for (_, before), (_, message) in pairwise(found):
            step = before["event"] == "EndOfTurn"
            assert message["turn_index"] == before["turn_index"] + step
        ends = [message for _, message in found if message["event"] == "EndOfTurn"]
        assert all(("trigger" in m) == (m in ends) for _, m in found)
        spoken = " ".join(message["transcript"] for message in ends)
        assert spoken in {" ".join(w.text for w in line) for line in LINES}


def test_messages_are_numbered_one_after_the_other() -> None:
    ear = Flux(EAGER)
    assert ear.connected().message["sequence_id"] == 0
    found = heard(ear, LINE, 0.02)
    assert [m["sequence_id"] for _, m in found] == list(range(1, len(found) + 1))


@pytest.mark.parametrize("threshold", [0.3, 0.4, 0.5])
def test_an_eager_end_comes_150_to_250_ms_before_the_end(threshold: float) -> None:
    found = heard(Flux(FluxOptions(eager_eot_threshold=threshold)), LINE, 0.01)
    [eager] = [at for at, m in found if m["event"] == "EagerEndOfTurn"]
    [end] = [at for at, m in found if m["event"] == "EndOfTurn"]
    assert 0.14 < end - eager < 0.25
    # The 50 ms that a message takes make 260.
    assert end - LINE[-1].end_secs == pytest.approx(0.21, abs=0.011)


def test_eager_ends_are_for_those_who_ask() -> None:
    found = heard(Flux(FluxOptions()), PAUSE_LINE, 0.02)
    assert {event for event, _ in events(found)} == {"StartOfTurn", "EndOfTurn"}


def test_an_eager_end_in_a_pause_is_withdrawn_before_more_words_are_told() -> None:
    whole = "I would like a table for two."
    assert events(heard(Flux(SURE_EAGER), PAUSE_LINE, 0.01)) == [
        ("StartOfTurn", "I"),
        ("EagerEndOfTurn", "I would like"),
        ("TurnResumed", "I would like"),
        ("EagerEndOfTurn", "I would like a table"),
        ("TurnResumed", "I would like a table"),
        ("EagerEndOfTurn", whole),
        ("EndOfTurn", whole),
    ]


def test_words_since_an_eager_end_withdraw_it_even_where_the_end_comes_first() -> None:
    ear = Flux(SURE_EAGER)
    ear.expect(HASTY_LINES[2])
    assert [told.message["event"] for told in ear.hear(1.41)][-1] == "EagerEndOfTurn"
    ear.obey({"type": "Configure", "thresholds": {"eager_eot_threshold": 0.9}})
    ear.obey({"type": "Configure", "thresholds": {"eot_threshold": 0.5}})
    told = [(told.message["event"], told.message["transcript"]) for told in ear.hear(1.495)]
    assert told == [("TurnResumed", "Well no."), ("EndOfTurn", "Well no.")]


def test_a_turn_is_ended_by_force_with_the_words_so_far_and_never_if_none_is_on() -> None:
    found = heard(Flux(FluxOptions(eot_threshold=1.0)), LINE, 0.01, force_secs=1.6)
    assert [(m["trigger"], m["transcript"]) for _, m in found if "trigger" in m] == [
        ("manual", "Could you tell me")
    ]
    ear = Flux(FluxOptions())
    ear.hear(1.0)
    assert ear.obey({"type": "ForceEndTurn"}) == []


def test_without_native_ends_the_timeout_ends_a_turn() -> None:
    ear = Flux(FluxOptions(eot_threshold=1.0, eot_timeout_ms=1000))
    found = heard(ear, LINE, 0.01)
    [end] = [(at, m) for at, m in found if m["event"] == "EndOfTurn"]
    assert end[1]["trigger"] == "timeout"
    assert end[0] - LINE[-1].end_secs == pytest.approx(1.0, abs=0.011)


def test_thresholds_are_changed_in_mid_stream_and_wrong_ones_refused() -> None:
    ear = Flux(FluxOptions(eot_threshold=1.0))
    ear.expect(LINE)
    ear.hear(3.0)
    [refused] = ear.obey({"type": "Configure", "thresholds": {"eot_threshold": 0.1}})
    assert refused.message["type"] == "ConfigureFailure"
    [taken] = ear.obey({"type": "Configure", "thresholds": {"eot_threshold": 0.6}})
    assert taken.message["type"] == "ConfigureSuccess"
    assert taken.message["thresholds"]["eot_threshold"] == 0.6
    assert [t.message["event"] for t in ear.hear(3.1)] == ["EndOfTurn"]
