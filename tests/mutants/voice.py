"""Against what is promised of the voice, as a call is built with it."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_ANSWERS = "tests/bot/call/test_answers.py"
_PACE = "tests/services/text_to_speech/test_pace.py"
_SPEECH_AHEAD = "tests/processors/text_to_speech/test_speech_ahead.py"
_WIRE = "tests/services/text_to_speech/test_wire.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="voice-of-the-setting-is-not-asked-for",
        promise=(
            "Each vendor is asked with its key for the voice, the model, the language and "
            "the form of audio that are set."
        ),
        file="bot/call/services.py",
        before="            voice=stage.voice,\n",
        after="",
        tests=(f"{_WIRE}::test_each_vendor_is_asked_for_what_is_set",),
    ),
    Mutant(
        name="voice-is-not-told-the-language",
        promise=(
            "Each vendor is asked with its key for the voice, the model, the language and "
            "the form of audio that are set."
        ),
        file="bot/call/services.py",
        before="            language=service_tag(stage.language),\n",
        after="",
        tests=(f"{_WIRE}::test_each_vendor_is_asked_for_what_is_set[elevenlabs]",),
    ),
    Mutant(
        name="deepgram-language-or-voice-swapped",
        promise=(
            "Each vendor is asked with its key for the voice, the model, the language and "
            "the form of audio that are set."
        ),
        file="processors/text_to_speech/deepgram.py",
        before='voice=voice or model or "aura-2-helena-en"',
        after='voice=model or "aura-2-helena-en"',
        tests=(f"{_WIRE}::test_each_vendor_is_asked_for_what_is_set[deepgram]",),
    ),
    Mutant(
        name="elevenlabs-model-lost",
        promise=(
            "Each vendor is asked with its key for the voice, the model, the language and "
            "the form of audio that are set."
        ),
        file="processors/text_to_speech/elevenlabs.py",
        before='model=model or "eleven_flash_v2_5", voice=voice or _VOICE',
        after='model=model or "eleven_flash_v2_5", voice=_VOICE',
        tests=(f"{_WIRE}::test_each_vendor_is_asked_for_what_is_set[elevenlabs]",),
    ),
    Mutant(
        name="openai-asked-for-wav-from-the-start",
        promise=(
            "Each vendor is asked with its key for the voice, the model, the language and "
            "the form of audio that are set."
        ),
        file="processors/text_to_speech/openai.py",
        before='Literal["pcm", "wav"] = "pcm"',
        after='Literal["pcm", "wav"] = "wav"',
        tests=(f"{_WIRE}::test_each_vendor_is_asked_for_what_is_set[openai]",),
    ),
    Mutant(
        name="cartesia-speaks-english",
        promise=(
            "Each vendor is asked with its key for the voice, the model, the language and "
            "the form of audio that are set."
        ),
        file="processors/text_to_speech/cartesia.py",
        before="language=language or Language.EN",
        after="language=Language.EN",
        tests=(f"{_WIRE}::test_each_vendor_is_asked_for_what_is_set[cartesia]",),
    ),
    Mutant(
        name="voice-measures-nothing",
        promise="How long a voice took to its first sound is measured for each reply.",
        file="processors/text_to_speech/openai.py",
        before=('        """Return True."""\n        return True'),
        after=('        """Return True."""\n        return False'),
        tests=(f"{_WIRE}::test_the_wait_for_the_first_sound_is_measured",),
    ),
    Mutant(
        name="voice-not-connected-early",
        promise=(
            "A voice that holds a connection has it before its first text, and none is "
            "left open when the call is over."
        ),
        file="processors/text_to_speech/openai.py",
        before='self.create_task(warm(self.client), "warm")',
        after="None",
        tests=(f"{_WIRE}::test_connections_are_made_early_and_closed_after_the_call[openai]",),
    ),
    Mutant(
        name="voice-connection-left-open",
        promise=(
            "A voice that holds a connection has it before its first text, and none is "
            "left open when the call is over."
        ),
        file="processors/text_to_speech/openai.py",
        before="            await self._own_http_client.aclose()",
        after="            pass",
        tests=(f"{_WIRE}::test_connections_are_made_early_and_closed_after_the_call[openai]",),
    ),
    Mutant(
        name="deepgram-connection-left-open",
        promise=(
            "A voice that holds a connection has it before its first text, and none is "
            "left open when the call is over."
        ),
        file="processors/text_to_speech/deepgram.py",
        before="            await self._own_http_client.aclose()",
        after="            pass",
        tests=(f"{_WIRE}::test_connections_are_made_early_and_closed_after_the_call[deepgram]",),
    ),
    Mutant(
        name="second-voice-left-connected",
        promise=(
            "A voice that holds a connection has it before its first text, and none is "
            "left open when the call is over."
        ),
        file="processors/text_to_speech/with_fallback.py",
        before="        await self._second.cleanup()\n",
        after="",
        tests=(f"{_WIRE}::test_connections_are_made_early_and_closed_after_the_call[fallback]",),
    ),
    Mutant(
        name="sentences-run-together",
        promise=(
            "An answer begins without the silence that a voice puts first, and 150 ms of "
            "it stay between two sentences."
        ),
        file="processors/text_to_speech/speaking.py",
        before="KEPT_SILENCE_MS if is_first else SENTENCE_PAUSE_MS",
        after="KEPT_SILENCE_MS",
        tests=(f"{_PACE}::test_sentences_do_not_run_together",),
    ),
    Mutant(
        name="answer-begins-with-a-pause",
        promise=(
            "An answer begins without the silence that a voice puts first, and 150 ms of "
            "it stay between two sentences."
        ),
        file="processors/text_to_speech/speaking.py",
        before="        self._last_context_id = context_id\n",
        after=(
            "        self._last_context_id = self._last_context_id or context_id\n"
            "        is_first = is_first and not text\n"
        ),
        tests=(f"{_PACE}::test_sentences_do_not_run_together",),
    ),
    Mutant(
        name="pieces-of-a-line-run-together",
        promise=(
            "An answer begins without the silence that a voice puts first, and 150 ms of "
            "it stay between two sentences."
        ),
        file="processors/text_to_speech/speaking.py",
        before="                is_first = False\n",
        after="",
        tests=(f"{_PACE}::test_sentences_do_not_run_together[openai-line]",),
    ),
    Mutant(
        name="all-pieces-made-ahead",
        promise="Of an answer that is withdrawn no more than one piece has been made.",
        file="processors/text_to_speech/speech_ahead.py",
        before="if piece.task is None and (piece.is_first or is_due):",
        after="if piece.task is None:",
        tests=(
            f"{_SPEECH_AHEAD}::test_of_each_reply_only_the_first_piece_is_made_before_it_is_spoken",
        ),
    ),
    Mutant(
        name="second-answer-made-ahead-whole",
        promise="Of an answer that is withdrawn no more than one piece has been made.",
        file="processors/text_to_speech/speech_ahead.py",
        before=("        if is_first:\n            self._is_speaking = False\n"),
        after="",
        tests=(
            f"{_SPEECH_AHEAD}::test_of_each_reply_only_the_first_piece_is_made_before_it_is_spoken",
        ),
    ),
    Mutant(
        name="nothing-is-made-ahead",
        promise=(
            "The first words of an answer are made into speech while the turn may still go "
            "on, and are not heard before it has ended."
        ),
        file="processors/text_to_speech/speaking.py",
        before="if self.speaks_ahead and self.is_usable and prepared.strip():",
        after="if not self.speaks_ahead and self.is_usable and prepared.strip():",
        tests=(f"{_ANSWERS}::test_speech_is_made_ahead_and_heard_in_time",),
    ),
    Mutant(
        name="speech-made-ahead-is-made-again",
        promise=(
            "The first words of an answer are made into speech while the turn may still go "
            "on, and are not heard before it has ended."
        ),
        file="processors/text_to_speech/speaking.py",
        before="made = self._ahead.take(text)",
        after="made = None",
        tests=(f"{_ANSWERS}::test_speech_is_made_ahead_and_heard_in_time",),
    ),
    Mutant(
        name="voice-wants-a-session-voice",
        promise=(
            "The first words of an answer are made into speech while the turn may still go "
            "on, and are not heard before it has ended."
        ),
        file="bot/call/services.py",
        before="            voice=voice if isinstance(voice, PreparedSpeech) else None,\n",
        after="",
        tests=(f"{_ANSWERS}::test_speech_is_made_ahead_and_heard_in_time",),
    ),
    Mutant(
        name="withdrawn-answer-is-spoken-at-once",
        promise="Speech of an answer that is withdrawn is never heard, not even later.",
        file="processors/language_model/attempting.py",
        before=(
            "                await super().process_frame(frame, direction)\n"
            "        except TimeoutError"
        ),
        after=(
            "                await super().process_frame(LLMContextFrame(frame.context), "
            "direction)\n"
            "        except TimeoutError"
        ),
        tests=(f"{_ANSWERS}::test_speech_of_a_withdrawn_answer_is_never_heard",),
    ),
    Mutant(
        name="interruption-drops-nothing",
        promise=(
            "However many answers have been withdrawn, the first words of the next one are "
            "made ahead."
        ),
        file="processors/text_to_speech/speech_ahead.py",
        before=("        pieces = [*self._pieces]\n        self._pieces.clear()\n"),
        after="        pieces = [*self._pieces]\n",
        tests=(f"{_ANSWERS}::test_what_was_withdrawn_is_in_nobodys_way",),
    ),
    Mutant(
        name="made-ahead-of-other-pieces",
        promise="The model has the very pieces made ahead that the voice will speak.",
        file="processors/language_model/reply_ahead.py",
        before="                await self._prepare(self._voice, piece.text)",
        after="                await self._prepare(self._voice, text)",
        tests=(
            "tests/processors/text_to_speech/test_openai.py::test_the_model_and_the_voice_cut_a_reply_alike",
        ),
    ),
)
