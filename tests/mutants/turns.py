"""Against what is promised of turns and interruptions."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_HERE = "processors/turns"
_SOUNDS = f"tests/{_HERE}/test_caller_sounds.py"
_STARTS = f"tests/{_HERE}/test_start.py"

_SOFT_CUTS = "A caller who speaks softly, or in a noisy room, can interrupt."
_SOFT_HEARD = "A caller who speaks softly, or in a noisy room, is heard."
_LONG = "A long sound of the voice interrupts without words."
_NOISES = "Noises, breath, music and half syllables do not make the bot stop."
_GOES_ON = "A listener's noise lets the bot go on within a quarter of a second."
_MUTED = "A pause of the bot ends soon when the microphone falls silent."
_COUGH = "A sound while the answer is being made cancels nothing."
_AGAIN = "After an interruption the next reply is paused as readily."

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="pipecats-own-least-volume",
        promise=_SOFT_HEARD,
        file=f"{_HERE}/voice_activity.py",
        before="start_secs=START_SECS, stop_secs=STOP_SECS, min_volume=0",
        after="start_secs=START_SECS, stop_secs=STOP_SECS",
        tests=(f"{_SOUNDS}::test_a_voice_begins_a_turn_while_the_bot_is_silent",),
    ),
    Mutant(
        name="only-certain-voices-count",
        promise=_SOFT_CUTS,
        file=f"{_HERE}/voice_activity.py",
        before="\nCONFIDENCE = 0.7",
        after="\nCONFIDENCE = 0.9",
        tests=(f"{_SOUNDS}::test_a_voice_holds_the_bot_at_once_and_its_words_cut_it",),
    ),
    Mutant(
        name="a-third-of-a-second-before-the-bot-is-held",
        promise=_SOFT_CUTS,
        file=f"{_HERE}/barge_in.py",
        before="PAUSE_EVIDENCE = (3, 6, 12)",
        after="PAUSE_EVIDENCE = (10, 20, 40)",
        tests=(f"{_SOUNDS}::test_a_voice_holds_the_bot_at_once_and_its_words_cut_it",),
    ),
    Mutant(
        name="a-turn-begins-late",
        promise=_SOFT_HEARD,
        file=f"{_HERE}/voice_activity.py",
        before="\nSTART_SECS = 0.1",
        after="\nSTART_SECS = 0.2",
        tests=(f"{_SOUNDS}::test_a_voice_begins_a_turn_while_the_bot_is_silent",),
    ),
    Mutant(
        name="length-alone-never-interrupts",
        promise=_LONG,
        file=f"{_HERE}/barge_in.py",
        before="DURATION_SECS = 0.8",
        after="DURATION_SECS = 8.0",
        tests=(f"{_SOUNDS}::test_a_sentence_interrupts_though_nobody_recognises_its_words",),
    ),
    Mutant(
        name="any-sound-may-be-a-voice",
        promise=_NOISES,
        file=f"{_HERE}/voice_activity.py",
        before="\nCERTAIN_CONFIDENCE = 0.95",
        after="\nCERTAIN_CONFIDENCE = 0.2",
        tests=(f"{_SOUNDS}::test_what_is_no_speech_moves_nothing",),
    ),
    Mutant(
        name="one-window-holds-the-bot",
        promise=_NOISES,
        file=f"{_HERE}/barge_in.py",
        before="PAUSE_EVIDENCE = (3, 6, 12)",
        after="PAUSE_EVIDENCE = (1, 2, 4)",
        tests=(f"{_SOUNDS}::test_what_is_no_speech_moves_nothing",),
    ),
    Mutant(
        name="a-noise-is-waited-out",
        promise=_GOES_ON,
        file=f"{_HERE}/barge_in.py",
        before="RESUME_BACKCHANNEL_SECS = 0.03",
        after="RESUME_BACKCHANNEL_SECS = 0.4",
        tests=(f"{_SOUNDS}::test_a_listeners_noise_lets_the_bot_go_on",),
    ),
    Mutant(
        name="the-start-of-a-turn-knows-no-noises",
        promise=_GOES_ON,
        file=f"{_HERE}/start.py",
        before="BargeIn(caller_words=caller_words)",
        after="BargeIn()",
        tests=(f"{_SOUNDS}::test_a_listeners_noise_lets_the_bot_go_on",),
    ),
    Mutant(
        name="a-pause-without-audio-is-watched-for-a-minute",
        promise=_MUTED,
        file=f"{_HERE}/start.py",
        before="NO_AUDIO_SECS = 0.5",
        after="NO_AUDIO_SECS = 50.0",
        tests=(
            f"{_STARTS}::test_a_pause_ends_when_the_microphone_falls_silent_for_good_and_the_next_one_too",
        ),
    ),
    Mutant(
        name="the-second-pause-is-not-watched",
        promise=_MUTED,
        file=f"{_HERE}/start.py",
        before="        self._watch = None\n        if self._barge_in.is_paused",
        after="        if self._barge_in.is_paused",
        tests=(
            f"{_STARTS}::test_a_pause_ends_when_the_microphone_falls_silent_for_good_and_the_next_one_too",
        ),
    ),
    Mutant(
        name="a-pause-that-ended-without-audio-is-still-on",
        promise=_MUTED,
        file=f"{_HERE}/barge_in.py",
        before="        self._is_paused = False\n"
        "        return BargeInAction.RESUME\n\n    def on_words",
        after="        return BargeInAction.RESUME\n\n    def on_words",
        tests=(
            f"{_STARTS}::test_a_pause_ends_when_the_microphone_falls_silent_for_good_and_the_next_one_too",
        ),
    ),
    Mutant(
        name="a-reply-is-due-for-less-than-a-second",
        promise=_COUGH,
        file=f"{_HERE}/start.py",
        before="REPLY_DUE_SECS = 8.0",
        after="REPLY_DUE_SECS = 0.8",
        tests=(f"{_STARTS}::test_a_cough_long_before_a_slow_reply_moves_nothing",),
    ),
    Mutant(
        name="false-alarms-outlast-the-turn",
        promise=_AGAIN,
        file=f"{_HERE}/barge_in.py",
        before="        self._is_paused = False\n        self._false_alarms = 0\n",
        after="        self._is_paused = False\n",
        tests=(f"{_STARTS}::test_a_reply_after_an_interruption_is_paused_as_readily",),
    ),
    Mutant(
        name="the-pause-outlasts-the-turn",
        promise=_AGAIN,
        file=f"{_HERE}/barge_in.py",
        before="        self._is_paused = False\n        self._false_alarms = 0\n",
        after="        self._false_alarms = 0\n",
        tests=(f"{_STARTS}::test_a_reply_after_an_interruption_is_paused_as_readily",),
    ),
    Mutant(
        name="nobody-tells-the-barge-in-of-turns",
        promise=_AGAIN,
        file=f"{_HERE}/start.py",
        before="        self._barge_in.on_turn_started()",
        after="        pass",
        tests=(f"{_STARTS}::test_a_reply_after_an_interruption_is_paused_as_readily",),
    ),
)
