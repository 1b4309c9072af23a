"""Who can interrupt: real sounds at many levels, through voice detection and the turn's start."""

from __future__ import annotations

import pytest
from pipecat.frames.frames import InterruptionFrame, UserStartedSpeakingFrame

from processors.frames import BotPauseFrame, BotResumeFrame
from processors.turns.voice_activity import WINDOW_SAMPLES, WINDOW_SECS
from tests.caller_sounds import LEAD_SECS, TAIL_SECS, knocks, no_speech, speech
from tests.turn_rig import TurnRig, open_turn_rig

# What is said, its level and that of the room in dBFS, and the seconds from its first sound within
# which it is taken for a voice.
_VOICES = [
    ("No, wait.", -12.0, -65.0, 0.14),
    ("No, wait.", -36.0, -65.0, 0.2),
    ("No, wait.", -42.0, -55.0, 0.35),
    ("Stop.", -20.0, -55.0, 0.23),
    ("Stop.", -30.0, -65.0, 0.23),
    ("Stop.", -36.0, -65.0, 0.3),
    ("What about tomorrow instead?", -20.0, -55.0, 0.14),
    ("What about tomorrow instead?", -30.0, -65.0, 0.2),
    ("What about tomorrow instead?", -42.0, -65.0, 0.6),
]


async def secs_until(rig: TurnRig, kind: type, pcm: bytes) -> float | None:
    """Hear a sound; return how long after its beginning a frame came, None: it did not."""
    for start in range(0, len(pcm), 2 * WINDOW_SAMPLES):
        await rig.hear_sound(pcm[start : start + 2 * WINDOW_SAMPLES])
        if rig.count(kind):
            return rig.heard_secs - LEAD_SECS
    return None


@pytest.mark.promise("Turns", "A caller who speaks softly, or in a noisy room, can interrupt.")
@pytest.mark.parametrize(("text", "dbfs", "room_dbfs", "within_secs"), _VOICES)
async def test_a_voice_holds_the_bot_at_once_and_its_words_cut_it(
    text: str, dbfs: float, room_dbfs: float, within_secs: float
) -> None:
    pcm = speech(text, dbfs=dbfs, room_dbfs=room_dbfs)
    async with open_turn_rig(hears_sound=True) as rig:
        rig.bot_audio.is_audible = True
        held_secs = await secs_until(rig, BotPauseFrame, pcm)
        assert held_secs is not None and held_secs <= within_secs
        assert not rig.count(InterruptionFrame)
        await rig.final(text, finalized=True)
        assert rig.count(InterruptionFrame) == 1


@pytest.mark.promise("Turns", "A caller who speaks softly, or in a noisy room, is heard.")
@pytest.mark.parametrize(("text", "dbfs", "room_dbfs", "within_secs"), _VOICES)
async def test_a_voice_begins_a_turn_while_the_bot_is_silent(
    text: str, dbfs: float, room_dbfs: float, within_secs: float
) -> None:
    pcm = speech(text, dbfs=dbfs, room_dbfs=room_dbfs)
    async with open_turn_rig(hears_sound=True) as rig:
        began_secs = await secs_until(rig, UserStartedSpeakingFrame, pcm)
        assert began_secs is not None and began_secs <= within_secs + 2 * WINDOW_SECS


@pytest.mark.promise("Turns", "A long sound of the voice interrupts without words.")
async def test_a_sentence_interrupts_though_nobody_recognises_its_words() -> None:
    pcm = speech("What about tomorrow instead?", dbfs=-25.0)
    async with open_turn_rig(hears_sound=True) as rig:
        rig.bot_audio.is_audible = True
        cut_secs = await secs_until(rig, InterruptionFrame, pcm)
        assert cut_secs is not None and 0.7 <= cut_secs <= 1.1


@pytest.mark.promise("Turns", "Noises, breath, music and half syllables do not make the bot stop.")
@pytest.mark.parametrize("name", no_speech())
async def test_what_is_no_speech_moves_nothing(name: str) -> None:
    async with open_turn_rig(hears_sound=True) as rig:
        rig.bot_audio.is_audible = True
        await rig.hear_sound(no_speech()[name])
        assert not rig.count(BotPauseFrame)


async def test_knocks_hold_the_bot_for_a_moment_and_cut_nothing() -> None:
    async with open_turn_rig(hears_sound=True) as rig:
        rig.bot_audio.is_audible = True
        await rig.hear_sound(knocks())
        assert rig.count(BotPauseFrame) == rig.count(BotResumeFrame) > 0
        assert not rig.count(InterruptionFrame)


@pytest.mark.promise("Turns", "A listener's noise lets the bot go on within a quarter of a second.")
@pytest.mark.parametrize("text", ["Mm-hm.", "Okay.", "Yeah.", "I see."])
async def test_a_listeners_noise_lets_the_bot_go_on(text: str) -> None:
    pcm = speech(text, dbfs=-25.0)
    async with open_turn_rig(hears_sound=True) as rig:
        rig.bot_audio.is_audible = True
        sound_secs = len(pcm) / 32_000 - LEAD_SECS - TAIL_SECS
        assert await secs_until(rig, BotPauseFrame, pcm) is not None
        await rig.interim(text.rstrip("."))
        left = 2 * WINDOW_SAMPLES * round(rig.heard_secs / WINDOW_SECS)
        on_secs = await secs_until(rig, BotResumeFrame, pcm[left:])
        assert on_secs is not None and on_secs <= sound_secs + 0.25
        await rig.final(text, finalized=True)
        assert not rig.count(InterruptionFrame) and not rig.messages


async def test_a_voice_is_heard_after_music_and_a_hum() -> None:
    """Music and long silence drive the model's state to where it misses what follows."""
    async with open_turn_rig(hears_sound=True) as rig:
        await rig.hear_sound(no_speech()["music"])
        await rig.hear_sound(no_speech()["hum"])
        began_secs = rig.heard_secs
        pcm = speech("What about tomorrow instead?", dbfs=-30.0)
        found = await secs_until(rig, UserStartedSpeakingFrame, pcm)
        assert found is not None and found - began_secs <= 0.3
