"""Against what is promised of Flux, and of a recogniser's word for the end of a turn."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_FLUX = "processors/speech_to_text/deepgram_flux.py"
_MESSAGES = "processors/speech_to_text/flux_messages.py"
_END = "processors/turns/end.py"
_PATIENCE = "processors/turns/patience.py"
_PAUSE = "processors/turns/caller_pause.py"
_SERVICE = "tests/processors/speech_to_text/test_deepgram_flux.py"
_TURNS = "tests/services/speech_to_text/test_flux_turns.py"
_ENDS = "tests/processors/turns/test_heard_ends.py"

_AGAIN = "A short word that Flux hears after it was asked for is asked for again."
_MUTED = "A muted microphone costs no connection."
_UNKIND = "Flux's own turn ends cost no word, double none and cut nobody."
_ALONE = "A recogniser's word for the end of a turn never ends one alone."
_SHORTER = "A recogniser that hears the end of a turn too shortens the wait."
_AHEAD = "A recogniser that takes a turn for over has the answer made ahead of time."

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="flux-finds-the-language-out",
        promise="Flux is told of the caller's language if its model knows several.",
        file=_FLUX,
        before='"language_hint": str(language) if is_hinted else None,',
        after='"language_hint": None,',
        tests=(f"{_SERVICE}::test_a_language_is_declared_to_the_model_that_knows_several",),
    ),
    Mutant(
        name="the-english-model-is-told-a-language",
        promise="Flux is told of the caller's language if its model knows several.",
        file=_FLUX,
        before='fields["model"] == _MULTILINGUAL and language not in (None, "multi")',
        after='language not in (None, "multi")',
        tests=(f"{_SERVICE}::test_a_language_is_declared_to_the_model_that_knows_several",),
    ),
    Mutant(
        name="flux-is-asked-once",
        promise=_AGAIN,
        file=_FLUX,
        before="            await self._socket.send_finalize()\n",
        after="            pass\n",
        tests=(f"{_SERVICE}::test_words_whose_turn_begins_after_the_request_are_asked_for_again",),
    ),
    Mutant(
        name="flux-is-asked-at-every-word",
        promise=_AGAIN,
        file=_FLUX,
        before="not self.unsettled.is_asked or not self.unsettled.is_beyond_request(result)",
        after="not self.unsettled.is_asked",
        tests=(f"{_SERVICE}::test_words_whose_turn_begins_after_the_request_are_asked_for_again",),
    ),
    Mutant(
        name="silence-behind-the-request-says-nothing",
        promise=("A cough that Flux has no words for is over as soon as it has heard past it."),
        file=_FLUX,
        before="            await self.push_settled()\n",
        after="",
        tests=(
            f"{_SERVICE}::test_audio_without_a_turn_behind_the_request_says_that_no_words_follow",
        ),
    ),
    Mutant(
        name="an-end-that-is-short-of-the-speech-is-the-last-word",
        promise="Words that Flux has not heard to the end are not the last ones.",
        file=_MESSAGES,
        before="_HUSH_SECS = 0.1",
        after="_HUSH_SECS = 0.6",
        tests=(
            f"{_SERVICE}::test_an_end_that_does_not_reach_to_what_was_said_is_not_the_last_word",
        ),
    ),
    Mutant(
        name="interim-words-come-behind-their-final",
        promise="Each word that Flux says twice or late is heard once.",
        file="processors/speech_to_text/recognition.py",
        before="        if self.words.admit(frame):\n            await super().push_frame(frame)\n",
        after="        self.words.admit(frame)\n        await super().push_frame(frame)\n",
        tests=(f"{_SERVICE}::test_words_of_a_turn_that_has_ended_do_not_come_again",),
    ),
    Mutant(
        name="an-unended-turn-is-not-heard-again",
        promise="Words that Flux had not ended when its connection broke are said again once.",
        file=_MESSAGES,
        before='is_final = event == "EndOfTurn" and bool(text)',
        after='is_final = event in ("EndOfTurn", "Update") and bool(text)',
        tests=(f"{_SERVICE}::test_a_turn_that_a_lost_connection_cuts_is_heard_again_once",),
    ),
    Mutant(
        name="old-words-go-with-the-connection",
        promise=(
            "Words that Flux has shown are not lost with a connection, however long the turn."
        ),
        file=_FLUX,
        before="            await self.push_final(frame, is_last=False)\n",
        after="",
        tests=(
            (
                f"{_SERVICE}::test_words_that_are_too_old_to_be_said_again_are_taken_when_a_"
                "connection_is_lost"
            ),
        ),
    ),
    Mutant(
        name="nothing-keeps-a-silent-flux",
        promise=_MUTED,
        file=_FLUX,
        before="                await socket.send_media(silence)\n",
        after="",
        tests=(f"{_SERVICE}::test_a_microphone_without_audio_keeps_its_connection_and_its_time",),
    ),
    Mutant(
        name="silence-of-ours-counts-as-the-callers",
        promise=_MUTED,
        file=_FLUX,
        before="                self.unsettled.kept.note_filling(len(silence))\n",
        after="",
        tests=(f"{_SERVICE}::test_a_microphone_without_audio_keeps_its_connection_and_its_time",),
    ),
    Mutant(
        name="an-end-without-words-takes-words-back",
        promise=_UNKIND,
        file=_MESSAGES,
        before='is_final = event == "EndOfTurn" and bool(text)',
        after='is_final = event == "EndOfTurn"',
        tests=(f"{_TURNS}::test_every_word_is_taken_once_and_no_turn_is_cut_or_held",),
    ),
    Mutant(
        name="an-end-in-mid-speech-counts",
        promise=_ALONE,
        file=_END,
        before="is_present = self._quiet_secs > 0 and covers_sound(frame, self._quiet_secs)",
        after="is_present = True",
        tests=(
            f"{_ENDS}::test_an_end_that_is_heard_while_the_caller_speaks_ends_and_asks_nothing",
        ),
    ),
    Mutant(
        name="an-end-stands-for-the-turn-models-answer",
        promise=_ALONE,
        file=_PAUSE,
        before="            return UNKNOWN_PROBABILITY\n",
        after="            return with_witness(UNKNOWN_PROBABILITY, self._heard_end)\n",
        tests=(f"{_ENDS}::test_without_the_turn_models_answer_a_turn_ends_no_sooner",),
    ),
    Mutant(
        name="an-end-outvotes-the-turn-model",
        promise=_ALONE,
        file=_PATIENCE,
        before="MOST_HEARD = 0.9",
        after="MOST_HEARD = 1.0",
        tests=(f"{_ENDS}::test_a_caller_who_pauses_amid_a_sentence_is_not_cut_by_a_lie",),
    ),
    Mutant(
        name="an-end-that-both-hear-is-no-surer",
        promise=_SHORTER,
        file=_PATIENCE,
        before="    return max(likelihood, (likelihood + min(heard_end, MOST_HEARD)) / 2)\n",
        after="    return likelihood\n",
        tests=(f"{_ENDS}::test_an_end_that_both_hear_comes_sooner_and_a_doubt_delays_nothing",),
    ),
    Mutant(
        name="a-recognisers-doubt-delays",
        promise=_SHORTER,
        file=_PATIENCE,
        before="    return max(likelihood, (likelihood + min(heard_end, MOST_HEARD)) / 2)\n",
        after="    return (likelihood + heard_end) / 2 if heard_end else likelihood\n",
        tests=(f"{_ENDS}::test_an_end_that_both_hear_comes_sooner_and_a_doubt_delays_nothing",),
    ),
    Mutant(
        name="an-early-end-waits-for-the-turn-model",
        promise=_AHEAD,
        file=_PAUSE,
        before="            return self._heard_end or None\n",
        after="            return None\n",
        tests=(
            (
                f"{_ENDS}::test_an_early_end_has_the_language_model_asked_before_the_turn_model_"
                "has_answered"
            ),
        ),
    ),
    Mutant(
        name="an-early-end-is-asked-about-whatever-the-turn-model-says",
        promise=_AHEAD,
        file=_PAUSE,
        before="        return with_witness(answer, self._heard_end)\n",
        after="        return max(answer, self._heard_end)\n",
        tests=(f"{_ENDS}::test_two_witnesses_are_weighed_before_an_answer_is_made_ahead",),
    ),
    Mutant(
        name="a-withdrawn-end-keeps-its-answer",
        promise="An answer made ahead on a recogniser's word goes when that is withdrawn.",
        file=_END,
        before="        if not frame.confidence and not self._is_likely:\n",
        after="        if False:\n",
        tests=(
            f"{_ENDS}::test_an_answer_made_ahead_on_the_word_of_a_recogniser_alone_goes_with_it",
        ),
    ),
    Mutant(
        name="a-model-may-not-know-the-language",
        promise="A recogniser that does not know the language is told of.",
        file="bot/stages/table.py",
        before="    if listening.language == settings.language:\n",
        after="    if listening.language == settings.language or not listening.is_local:\n",
        tests=(
            "tests/bot/stages/test_table.py::test_a_model_that_does_not_know_the_language_is_told_of",
        ),
    ),
    Mutant(
        name="flux-is-spoken-to-like-nova",
        promise="Every setting reaches the part it is for.",
        file="bot/stages/table.py",
        before="    vendor = vendor.with_model(model)\n",
        after="",
        tests=(
            "tests/bot/call/test_vendor_settings.py::"
            "test_the_model_chooses_the_service_and_the_question",
        ),
    ),
    Mutant(
        name="the-one-that-does-not-hear-ends-the-turn",
        promise="Of two recognisers only the one that hears has a say about the end of a turn.",
        file="processors/speech_to_text/with_fallback.py",
        before="_WORDS = (TranscriptionFrame, TranscriptSettledFrame, *_PASSING)",
        after="_WORDS = (TranscriptionFrame, TranscriptSettledFrame, InterimTranscriptionFrame)",
        tests=(
            "tests/processors/speech_to_text/test_ends_of_two.py::"
            "test_only_the_one_that_hears_says_that_a_turn_is_over",
        ),
    ),
)
