from __future__ import annotations

import pytest
from pipecat.frames.frames import STTMetadataFrame

from bot.languages.en import LANGUAGE as ENGLISH
from processors.turns.patience import TextKind, is_over, is_sure, kind_of, looks_due
from tests.turn_rig import open_turn_rig

PLAIN, HANGING, DICTATION = TextKind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", PLAIN),
        ("Book a table.", PLAIN),
        ("Book the", HANGING),
        ("it's five five five", DICTATION),
    ],
)
def test_words_have_a_kind(text: str, kind: TextKind) -> None:
    assert kind_of(text, ENGLISH.caller_words) is kind


@pytest.mark.parametrize(
    ("probability", "kind", "expected"),
    [(0.8, PLAIN, True), (0.79, PLAIN, False), (0.99, HANGING, False), (0.99, DICTATION, False)],
)
def test_only_plain_text_with_a_high_verdict_is_sure(
    probability: float, kind: TextKind, expected: bool
) -> None:
    assert is_sure(probability, kind) is expected


@pytest.mark.parametrize(
    ("silence_secs", "probability", "kind", "expected"),
    [
        (0.05, 1.0, PLAIN, False),
        (0.1, 0.8, PLAIN, True),
        (0.1, 0.79, PLAIN, False),
        (0.2, 0.6, PLAIN, False),
        (0.2, 0.7, PLAIN, True),
        (0.5, 0.5, PLAIN, True),
        (1.5, 0.0, PLAIN, False),
        (1.6, 0.0, PLAIN, True),
        (0.3, 0.99, HANGING, False),
        (0.6, 0.9, HANGING, True),
        (2.0, 0.0, HANGING, True),
        (0.6, 0.99, DICTATION, False),
        (0.7, 0.9, DICTATION, True),
        (2.2, 0.0, DICTATION, True),
    ],
)
def test_doubt_and_unfinished_words_need_a_longer_pause(
    silence_secs: float, probability: float, kind: TextKind, expected: bool
) -> None:
    assert is_over(silence_secs, probability, kind) is expected


def test_the_model_is_asked_again_as_the_pause_grows() -> None:
    assert [looks_due(secs) for secs in (0.0, 0.032, 0.2, 0.5, 1.0)] == [0, 1, 2, 3, 4]


@pytest.mark.promise("Turns", "A slow recogniser has its own time for the rest of the words.")
async def test_a_slow_recogniser_is_waited_for_as_long_as_it_takes() -> None:
    async with open_turn_rig() as rig:
        await rig.pipeline.send(STTMetadataFrame(service_name="slow", ttfs_p99_latency=1.2))
        await rig.say(10)
        await rig.final("What time")
        await rig.hush(30)
        assert not rig.is_over
        await rig.final("is it?")
        await rig.hush(9)
        assert rig.is_over and rig.messages == ["What time is it?"]
