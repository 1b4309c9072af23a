"""Planted where speech is kept for later calls."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_SHELF = "processors/text_to_speech/shelf"
_TESTS = "tests/processors/text_to_speech/shelf"
_VOICES = "tests/services/text_to_speech/test_kept_speech.py"
_OF_TWO = "tests/processors/text_to_speech/test_kept_of_two.py"
_IN_CALL = "tests/bot/call/test_kept_answers.py"

_KEPT = (
    "A beginning that many replies have, and a line of the bot's own, is asked for once; later "
    "calls hear the same to the sample, without a request, and captions and memory hold it."
)
_EARLY = "A reply that begins with what was kept is heard before its rest is answered, or written."
_CLOSED = (
    "Of what is said in a call no speech is kept but that of a closed list: openers that are the "
    "same in every call, and the bot's own lines."
)
_SAME_VOICE = "Kept speech is never that of another voice, model, server, speed or language."
_WHOLE = "Speech is kept only if it can be the whole of its text and no more."
_MONTH = "Speech is kept for a month at most: a vendor may change a voice and keep its name."
_ROOM = "Kept speech takes no more room than is set; what was not used for longest goes."
_DAMAGED = (
    "Kept speech that is damaged, half written or not ours is not there, and no call is the worse "
    "for it."
)
_SEAM = (
    "Between a kept beginning and the rest of a reply there is no seam: pause, loudness and sound "
    "are those of speech made anew."
)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="kept-speech-is-made-all-the-same",
        promise=_KEPT,
        file=f"{_SHELF}/shelf.py",
        before="        clip = self._clips.get(name)\n",
        after="        clip = None\n",
        tests=(f"{_VOICES}::test_a_later_call_hears_the_same_without_a_request",),
    ),
    Mutant(
        name="kept-speech-stays-in-its-call",
        promise=_EARLY,
        file=f"{_SHELF}/shelf.py",
        before="        await asyncio.wait({self._look}, timeout=LOAD_SECS)",
        after="        self._look.cancel()",
        tests=(f"{_VOICES}::test_the_beginning_is_heard_while_nobody_answers",),
    ),
    Mutant(
        name="any-speech-is-kept",
        promise=_CLOSED,
        file=f"{_SHELF}/shelf.py",
        before='if self._owner and text in self._openers else ""',
        after='if self._owner else ""',
        tests=(f"{_TESTS}/test_shelf.py::test_what_is_not_on_the_list_leaves_no_trace",),
    ),
    Mutant(
        name="what-begins-like-an-opener-is-kept",
        promise=_CLOSED,
        file=f"{_SHELF}/openers.py",
        before="_bare(text) in self.clauses",
        after="any(_bare(text).startswith(clause) for clause in self.clauses)",
        tests=(f"{_TESTS}/test_openers.py::test_what_comes_up_in_a_call_is_not_known",),
    ),
    Mutant(
        name="another-voice-is-heard-from-the-shelf",
        promise=_SAME_VOICE,
        file="processors/text_to_speech/spare_speech.py",
        before="return [type(self).__name__, self.sample_rate, self.settings.given_fields()]",
        after="return [type(self).__name__, self.sample_rate]",
        tests=(f"{_VOICES}::test_a_voice_that_was_told_another_one_is_asked_anew",),
    ),
    Mutant(
        name="another-server-is-heard-from-the-shelf",
        promise=_SAME_VOICE,
        file=f"{_SHELF}/shelf.py",
        before="return _hash(_FORM, self._of, *self._settings())",
        after="return _hash(_FORM, *self._settings())",
        tests=(f"{_TESTS}/test_shelf.py::test_another_voice_or_text_is_made",),
    ),
    Mutant(
        name="half-of-a-text-is-kept",
        promise=_WHOLE,
        file=f"{_SHELF}/clip.py",
        before="        is_like_it = least_secs <= clip.length_secs <=",
        after="        is_like_it = clip.length_secs <=",
        tests=(f"{_TESTS}/test_clip.py::test_what_cannot_be_the_whole_of_a_text_is_no_clip",),
    ),
    Mutant(
        name="an-old-voice-is-heard-for-ever",
        promise=_MONTH,
        file=f"{_SHELF}/folder.py",
        before="if kept is None or not 0 <= self._now_secs() - kept[1] <= MAX_AGE_SECS:",
        after="if kept is None:",
        tests=(
            f"{_TESTS}/test_folder.py::test_what_is_old_is_not_heard_however_often_it_was_used",
        ),
    ),
    Mutant(
        name="kept-speech-fills-the-disk",
        promise=_ROOM,
        file=f"{_SHELF}/folder.py",
        before="            if is_unused or left_bytes < 0 or left_files < 0:",
        after="            if is_unused or left_files < 0:",
        tests=(f"{_TESTS}/test_folder.py::test_what_was_not_used_for_longest_goes",),
    ),
    Mutant(
        name="what-is-used-most-goes-first",
        promise=_ROOM,
        file=f"{_SHELF}/folder.py",
        before="key=lambda file: file[1], reverse=True)",
        after="key=lambda file: file[1])",
        tests=(f"{_TESTS}/test_folder.py::test_what_was_not_used_for_longest_goes",),
    ),
    Mutant(
        name="damaged-speech-is-heard",
        promise=_DAMAGED,
        file=f"{_SHELF}/clip.py",
        before="        if digest != _digest(name, body):",
        after="        if not digest:",
        tests=(f"{_TESTS}/test_folder.py::test_a_file_that_is_not_whole_is_not_there",),
    ),
    Mutant(
        name="a-full-disk-fails-the-call",
        promise=_DAMAGED,
        file=f"{_SHELF}/folder.py",
        before=(
            "        except OSError as error:\n            self._tell(error)\n            with"
        ),
        after=(
            "        except FileExistsError as error:\n"
            "            self._tell(error)\n            with"
        ),
        tests=(f"{_TESTS}/test_folder.py::test_a_disk_that_takes_nothing_keeps_nothing",),
    ),
    Mutant(
        name="kept-speech-is-billed",
        promise="Speech that was kept is not counted as made.",
        file="processors/text_to_speech/speaking.py",
        before="                    is_counted = is_kept = True\n",
        after="                    is_kept = True\n",
        tests=(f"{_VOICES}::test_what_was_kept_costs_nothing",),
    ),
    Mutant(
        name="a-lost-first-voice-begins-the-reply",
        promise=(
            "A reply does not begin in kept speech of a first voice of which it is not known that "
            "it answers."
        ),
        file="processors/text_to_speech/with_fallback.py",
        before="is_in_doubt = is_fresh or clock.time() >= self._trusted_until_secs",
        after="is_in_doubt = is_fresh",
        tests=(f"{_OF_TWO}::test_a_first_voice_that_fails_begins_no_reply",),
    ),
    Mutant(
        name="a-kept-beginning-has-the-whole-reply-made",
        promise=(
            "While a reply that begins with what was kept may be withdrawn, its second piece is "
            "made, and no more."
        ),
        file="processors/text_to_speech/speech_ahead.py",
        before="            is_due = self._is_speaking or piece.is_free",
        after="            is_due = is_due or piece.is_free",
        tests=(
            "tests/processors/text_to_speech/test_speech_ahead.py"
            "::test_behind_a_piece_that_costs_nothing_the_next_one_begins",
        ),
    ),
    Mutant(
        name="kept-speech-loses-its-pause",
        promise=_SEAM,
        file=f"{_SHELF}/clip.py",
        before='b"".join(frame.audio for frame in audio), rates_hz',
        after='b"".join(frame.audio for frame in audio)[:-1920], rates_hz',
        tests=(
            "tests/contract/test_kept_speech_contract.py"
            "::test_a_kept_beginning_sounds_like_one_made_anew",
        ),
    ),
    Mutant(
        name="kept-speech-cannot-be-turned-off",
        promise="Kept speech can be turned off, and then nothing is kept.",
        file="bot/call/shelf.py",
        before="    if not settings.speech_shelf_mb:",
        after="    if settings.speech_shelf_mb is None:",
        tests=("tests/bot/call/test_shelf.py::test_it_can_be_turned_off",),
    ),
)
