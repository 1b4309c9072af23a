from __future__ import annotations

from bot.languages.en import LANGUAGE as ENGLISH
from processors.turns.barge_in import BargeIn, BargeInAction, Sound
from processors.turns.voice_activity import WINDOW_SECS

NONE, PAUSE, RESUME, CONFIRM, IGNORE = BargeInAction


class Room:
    """Feeds windows of voice and silence while the bot speaks (or not)."""

    def __init__(self, *, is_audible: bool = True) -> None:
        self.barge_in = BargeIn(caller_words=ENGLISH.caller_words)
        self.is_audible = is_audible
        self.is_speaking = self.is_reply_due = False
        self._voiced_run = self._silent_run = self._voiced_total = 0
        self._paused = False

    def voice(self, windows: int) -> list[BargeInAction]:
        return [self._window(is_voice=True) for _ in range(windows)]

    def silence(self, windows: int) -> list[BargeInAction]:
        return [self._window(is_voice=False) for _ in range(windows)]

    def words(self, text: str, *, is_final: bool = False, spoken: str = "") -> BargeInAction:
        return self.barge_in.on_words(
            text, is_final=is_final, is_audible=self.is_audible, spoken=spoken
        )

    def _window(self, *, is_voice: bool) -> BargeInAction:
        if is_voice:
            self._voiced_run, self._silent_run = self._voiced_run + 1, 0
            self._voiced_total += 1
        else:
            self._voiced_run, self._silent_run = 0, self._silent_run + 1
        self.is_speaking = self._voiced_run >= 3 or (self.is_speaking and self._silent_run < 6)
        sound = Sound(
            voiced_run=self._voiced_run,
            evidence=self._voiced_run,
            hush_secs=self._silent_run * WINDOW_SECS,
            voiced_total=self._voiced_total,
            is_speaking=self.is_speaking,
            is_audible=self.is_audible,
            is_reply_due=self.is_reply_due,
        )
        return self.barge_in.on_audio(sound, frame_secs=WINDOW_SECS)


def test_a_hundred_milliseconds_of_voice_pause_the_bot() -> None:
    assert Room().voice(3) == [NONE, NONE, PAUSE]


def test_less_is_not_even_noticed() -> None:
    room = Room()
    assert set(room.voice(2) + room.silence(10)) == {NONE}


def test_a_cough_resumes_after_a_hundred_and_sixty_milliseconds_of_silence() -> None:
    room = Room()
    room.voice(5)
    assert room.silence(5) == [NONE, NONE, NONE, NONE, RESUME]


def test_words_confirm_at_once() -> None:
    room = Room()
    room.voice(6)
    assert room.words("what about") is CONFIRM


def test_stop_words_confirm_at_once() -> None:
    for word in ("stop", "wait", "no", "Hold on."):
        assert Room().words(word) is CONFIRM


def test_late_words_confirm_after_the_bot_went_on() -> None:
    room = Room()
    room.voice(6)
    room.silence(10)
    assert room.words("stop") is CONFIRM


def test_long_voice_confirms_without_words() -> None:
    room = Room()
    assert room.voice(25)[-1] is CONFIRM


def test_a_listeners_noise_resumes_the_bot_and_is_forgotten() -> None:
    room = Room()
    room.voice(12)
    assert room.words("Mm-hm.") is NONE
    assert room.silence(1) == [RESUME]
    assert room.words("Mm-hm.", is_final=True) is IGNORE


def test_a_long_listeners_noise_is_not_confirmed_by_its_length() -> None:
    room = Room()
    room.voice(12)
    room.words("yeah okay")
    assert CONFIRM not in room.voice(20)


def test_a_listeners_noise_that_becomes_a_sentence_confirms() -> None:
    room = Room()
    room.voice(12)
    assert room.words("Yeah") is NONE
    assert room.words("Yeah, but I") is CONFIRM


def test_the_beginning_of_a_listeners_phrase_waits_for_its_end() -> None:
    room = Room()
    room.voice(12)
    assert room.words("I") is NONE
    assert room.words("Oh, I see") is NONE
    assert room.silence(1) == [RESUME]
    assert room.words("I want") is CONFIRM
    assert Room().words("I", is_final=True) is CONFIRM


def test_a_listeners_noise_is_an_answer_after_a_question() -> None:
    room = Room()
    room.silence(1)
    room.is_audible = False
    assert room.words("Yeah.", is_final=True, spoken="Shall I?") is CONFIRM


def test_who_answers_before_the_last_sample_of_a_question_is_heard() -> None:
    room = Room()
    room.voice(12)
    assert room.words("Sure.", is_final=True, spoken="It is free. Shall I?") is CONFIRM
    assert Room().words("Sure.", is_final=True, spoken="Nice, is it? It is") is IGNORE


def test_yes_during_a_statement_resumes_and_during_a_question_interrupts() -> None:
    room = Room()
    room.voice(12)
    assert room.words("Yes.", spoken="It is sunny.") is NONE
    assert RESUME in room.silence(2)
    room.voice(12)
    assert room.words("Yes.", spoken="It is sunny. Shall I go on?") is CONFIRM


def test_a_listeners_noise_right_after_the_bots_last_word_is_no_turn() -> None:
    room = Room()
    room.silence(1)
    room.is_audible = False
    room.silence(10)
    assert room.words("Mm-hm.", is_final=True, spoken="It is sunny.") is IGNORE
    room.silence(40)
    assert room.words("Okay.", is_final=True, spoken="It is sunny.") is CONFIRM


def test_yes_right_after_the_bots_last_word_is_an_answer() -> None:
    room = Room()
    room.silence(1)
    room.is_audible = False
    room.silence(10)
    assert room.words("Yes.", is_final=True, spoken="It is sunny.") is CONFIRM


def test_the_mark_of_a_listeners_noise_ends_with_it() -> None:
    room = Room()
    room.voice(12)
    room.words("Mm-hm.")
    assert room.silence(1) == [RESUME]
    assert room.voice(6)[-1] is PAUSE
    # A cough now waits as ever, and a long sound without words is an interruption.
    assert set(room.silence(4)) == {NONE}
    assert CONFIRM in room.voice(30)


def test_words_end_the_mark_of_a_listeners_noise() -> None:
    room = Room()
    room.voice(12)
    room.words("Yeah")
    assert room.words("Yeah, but I") is CONFIRM
    assert room.barge_in.is_paused
    assert set(room.silence(4)) == {NONE}


def test_the_bots_own_words_are_no_interruption() -> None:
    room = Room()
    room.voice(6)
    spoken = "The weather in Rome is sunny."
    assert room.words("weather in", spoken=spoken) is NONE
    assert room.words("weather in Rome", is_final=True, spoken=spoken) is IGNORE
    assert room.words("weather in Paris", spoken=spoken) is CONFIRM


def test_who_answers_in_the_bots_words_is_no_echo_once_it_has_spoken() -> None:
    room = Room(is_audible=False)
    spoken = "Is that for two or three?"
    room.silence(40)
    assert room.words("two or three", is_final=True, spoken=spoken) is CONFIRM


def test_repeated_false_alarms_need_more_voice_each() -> None:
    room = Room()
    counts: list[int] = []
    for _ in range(4):
        counts.append(room.voice(14).index(PAUSE) + 1)
        room.silence(10)
    assert counts == [3, 6, 12, 12]


def test_a_new_reply_is_watched_with_fresh_ears() -> None:
    room = Room()
    room.voice(3)
    room.silence(10)
    room.is_audible = False
    room.silence(1)
    room.is_audible = True
    assert room.voice(3)[-1] is PAUSE


def test_no_pause_is_longer_than_two_seconds_and_none_is_shortened_by_the_one_before() -> None:
    room = Room()
    for needed in (3, 6):
        assert room.voice(needed)[-1] is PAUSE
        room.words("mm")
        windows = 1
        while RESUME not in room.voice(1):
            windows += 1
        assert 1.5 < windows * WINDOW_SECS <= 2.05
        room.silence(10)


def test_voice_while_the_bot_is_silent_starts_an_ordinary_turn() -> None:
    assert Room(is_audible=False).voice(3) == [NONE, NONE, CONFIRM]


def test_a_sound_before_the_reply_holds_it_and_words_take_the_turn_back() -> None:
    room = Room(is_audible=False)
    room.is_reply_due = True
    assert room.voice(3) == [NONE, NONE, PAUSE]
    assert room.silence(5)[-1] is RESUME
    room.voice(6)
    assert room.words("and") is CONFIRM


def test_words_without_voice_start_a_turn_too() -> None:
    assert Room(is_audible=False).words("hello") is CONFIRM


def test_voice_that_outlasts_the_reply_starts_a_turn() -> None:
    room = Room()
    room.barge_in.on_turn_started()
    room.voice(2)
    room.is_audible = False
    assert room.voice(1) == [CONFIRM]


def test_an_interruption_from_elsewhere_ends_the_pause() -> None:
    room = Room()
    room.voice(3)
    room.is_audible = False
    assert room.silence(1) == [RESUME]
    assert set(room.silence(20)) == {NONE}


def test_nothing_said_is_nothing() -> None:
    assert Room().words("...") is NONE
