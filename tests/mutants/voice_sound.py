"""Against what is promised of what is said, and how it sounds."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_CONFORMANCE = "tests/services/text_to_speech/test_conformance.py"
_DECODING = "tests/processors/text_to_speech/forms/test_decoding.py"
_FIRST_CLAUSE = "tests/processors/text_to_speech/test_first_clause.py"
_OPENAI = "tests/processors/text_to_speech/test_openai.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="pictures-are-read-aloud",
        promise="Markup, pictures and addresses are not read aloud, shown or remembered.",
        file="processors/text_to_speech/said_text.py",
        before="            elif not _UNSPOKEN.match(char) and not self._is_repeated(char):",
        after="            elif not self._is_repeated(char):",
        tests=(f"{_OPENAI}::test_markup_is_never_asked_for_shown_or_remembered",),
    ),
    Mutant(
        name="addresses-are-read-whole",
        promise="Markup, pictures and addresses are not read aloud, shown or remembered.",
        file="processors/text_to_speech/speakable_text.py",
        before='            self._is_in_path = self._held[0] in "/?#:"',
        after="            self._is_in_path = False",
        tests=(
            "tests/processors/text_to_speech/test_speakable_text.py::test_markup_is_said_as_a_person_would_however_it_is_cut",
            f"{_OPENAI}::test_what_is_said_outside_of_a_reply_has_no_markup_either",
        ),
    ),
    Mutant(
        name="stars-are-read-aloud",
        promise="Markup, pictures and addresses are not read aloud, shown or remembered.",
        file="processors/text_to_speech/speakable_markup.py",
        before='    "*": (_markup(r"\\*+(?=([^*]))", r"\\*+", _star),),\n',
        after="",
        tests=(f"{_OPENAI}::test_markup_is_never_asked_for_shown_or_remembered",),
    ),
    Mutant(
        name="code-is-read-aloud",
        promise="Markup, pictures and addresses are not read aloud, shown or remembered.",
        file="processors/text_to_speech/speakable_text.py",
        before='        self._held = rest if self._is_line_start else f"{code}\\n\\n{rest}"',
        after='        self._held = f"{code}\\n\\n{rest}"',
        tests=(f"{_OPENAI}::test_markup_is_never_asked_for_shown_or_remembered",),
    ),
    Mutant(
        name="lines-of-our-own-keep-their-markup",
        promise="Markup, pictures and addresses are not read aloud, shown or remembered.",
        file="processors/text_to_speech/speakable_frames.py",
        before='        line.text = " ".join(pieces)\n',
        after="",
        tests=(f"{_OPENAI}::test_what_is_said_outside_of_a_reply_has_no_markup_either",),
    ),
    Mutant(
        name="no-first-clause",
        promise="An answer begins with its first clause, and sentences are cut where they end.",
        file="processors/text_to_speech/first_clause.py",
        before="(self._is_first and self._is_clause(char))",
        after="(not self._is_first and self._is_clause(char))",
        tests=(f"{_FIRST_CLAUSE}::test_the_first_clause_goes_ahead_of_its_sentence",),
    ),
    Mutant(
        name="german-dates-end-sentences",
        promise="An answer begins with its first clause, and sentences are cut where they end.",
        file="processors/text_to_speech/first_clause.py",
        before='if char == "." and _abbreviation(self.language)',
        after='if char == "." and _abbreviation("en")',
        tests=(f"{_FIRST_CLAUSE}::test_sentences_end_where_they_end_in_their_language",),
    ),
    Mutant(
        name="stereo-is-half-as-fast",
        promise="Whatever form of audio a voice's server sends, it is heard as it was made.",
        file="processors/text_to_speech/forms/samples.py",
        before="samples.reshape(-1, self._format.channels).mean(axis=1)",
        after="samples.reshape(-1)",
        tests=(f"{_DECODING}::test_speech_is_heard_in_any_form_cut_anywhere",),
    ),
    Mutant(
        name="rate-of-the-content-type-is-not-read",
        promise="Whatever form of audio a voice's server sends, it is heard as it was made.",
        file="processors/text_to_speech/forms/recognition.py",
        before="        rate_hz = _number(message.get_param(name), rate_hz)",
        after="        rate_hz = _number(message.get_param(name), sample_rate_hz)",
        tests=(f"{_DECODING}::test_speech_is_heard_in_any_form_cut_anywhere",),
    ),
    Mutant(
        name="samples-cut-in-two-become-noise",
        promise="Whatever form of audio a voice's server sends, it is heard as it was made.",
        file="processors/text_to_speech/forms/samples.py",
        before="        self._rest = data[whole:]\n",
        after='        self._rest = b""\n',
        tests=(f"{_DECODING}::test_speech_is_heard_in_any_form_cut_anywhere",),
    ),
    Mutant(
        name="pages-are-played",
        promise="What is no speech, such as a page or noise, is never played.",
        file="processors/text_to_speech/forms/recognition.py",
        before="return None if is_noise or _is_prose(data[:_PROSE_BYTES]) else encoding",
        after="return encoding",
        tests=(f"{_DECODING}::test_what_is_no_speech_is_never_played",),
    ),
    Mutant(
        name="voice-at-its-own-rate",
        promise=(
            "A voice of any sample rate is heard at its right pitch and pace, also after "
            "another one."
        ),
        file="processors/text_to_speech/service_speech.py",
        before="            self._sounds.put_nowait(self._samples.feed(item))",
        after="            self._sounds.put_nowait(item.audio)",
        tests=(
            "tests/services/text_to_speech/test_sample_rates.py::test_audio_of_another_form_is_heard_as_it_was_made",
        ),
    ),
    Mutant(
        name="words-late-by-the-silence-that-is-cut",
        promise="Words are timed by the sound that is heard, not by the silence that was cut.",
        file="processors/text_to_speech/speech_attempts.py",
        before="max(0, w.at_secs - cut_secs)",
        after="max(0, w.at_secs)",
        tests=(
            "tests/services/text_to_speech/test_heard_words.py::test_silence_that_is_cut_moves_the_words",
        ),
    ),
    Mutant(
        name="call-goes-on-without-a-voice",
        promise=(
            "A voice that is gone for good and has kept nothing of itself ends the call at once "
            "with provider_failed."
        ),
        file="bot/call/failures.py",
        before="    course.provider_failed(is_voice_left=isinstance(",
        after="    if isinstance(processor, STTService | LLMService):\n"
        "        course.provider_failed(is_voice_left=isinstance(",
        tests=(
            "tests/bot/call/test_session_failures.py::test_a_voice_that_refuses_the_key_ends_the_call_and_shows_its_words",
        ),
    ),
    Mutant(
        name="elevenlabs-contexts-stay-open",
        promise="Speech of which no sound came is asked for once more, unheard.",
        file="processors/text_to_speech/elevenlabs.py",
        before="            await self._close_context(context_id)",
        after="            pass",
        tests=(
            f"{_CONFORMANCE}::test_a_line_is_announced_heard_and_remembered[elevenlabs]",
            f"{_CONFORMANCE}::test_what_failed_before_a_sound_is_asked_for_again_unheard"
            "[late-elevenlabs]",
        ),
    ),
    Mutant(
        name="words-wait-for-the-audio-behind-theirs",
        promise="Words are told as the vendor tells of them, not with the audio behind them.",
        file="processors/text_to_speech/forms/sounds.py",
        before='                yield b""\n',
        after="",
        tests=(
            "tests/processors/text_to_speech/forms/test_decoding.py::"
            "test_words_do_not_wait_for_the_audio_behind_theirs",
        ),
    ),
)
