"""Against what is promised of guessed words."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_HERE = "processors/turns"
_TURNS = f"tests/{_HERE}/test_drafted_turns.py"
_DRAFTS = f"tests/{_HERE}/test_draft.py"
_CALLS = "tests/bot/call/test_drafts_of_calls.py"
_SAME = f"tests/{_HERE}/test_same_words.py"

_ASKED = "A question is asked on guessed words before the real ones are in."
_THROWN = "An answer to other words than were said is thrown away."
_NEVER = "Guessed words are never taken for what was said."
_STOP = "A lone stop, wait or no is obeyed before its words are in."
_NOISE = "A listener's noise lets the bot go on within a quarter of a second."
_LATER = "An interruption that was guessed to be none is heard all the same."
_SHARE = "Guessed words cost no call more than 3 % of a core."
_FULL = "On a machine that is full nothing is guessed."

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="guessed-words-are-not-asked",
        promise=_ASKED,
        file=f"{_HERE}/transcript.py",
        before="return self._is_current or bool(self._draft)",
        after="return self._is_current",
        tests=(f"{_TURNS}::test_words_that_are_not_shown_yet_are_guessed_and_asked",),
    ),
    Mutant(
        name="turns-get-no-draft-recogniser",
        promise=_ASKED,
        file="bot/call/pipeline.py",
        before="        drafts=drafts,\n    )\n    return",
        after="    )\n    return",
        tests=(f"{_CALLS}::test_a_call_asks_before_the_recogniser_has_said_a_word",),
    ),
    Mutant(
        name="calls-get-no-draft-recogniser",
        promise=_STOP,
        file="bot/call/pipeline.py",
        before="        drafts=build_drafts(settings),\n",
        after="",
        tests=(f"{_CALLS}::test_a_call_obeys_stop_before_the_recogniser_has_said_it",),
    ),
    Mutant(
        name="audio-is-not-heard-along",
        promise=_STOP,
        file=f"{_HERE}/start.py",
        before="            self._drafts.hear(frame.audio, is_speech=is_speech)",
        after="            pass",
        tests=(f"{_CALLS}::test_a_call_obeys_stop_before_the_recogniser_has_said_it",),
    ),
    Mutant(
        name="twenty-is-two",
        promise=_THROWN,
        file="bot/languages/en.py",
        before="    word: 10 * number for number",
        after="    word: number for number",
        tests=(f"{_SAME}::test_what_may_mean_something_else_is_not",),
    ),
    Mutant(
        name="not-is-a-filler",
        promise=_THROWN,
        file="bot/languages/en.py",
        before='words("um uh er erm ah hmm hm mm mmm")',
        after='words("um uh er erm ah hmm hm mm mmm not")',
        tests=(f"{_SAME}::test_what_may_mean_something_else_is_not",),
    ),
    Mutant(
        name="apostrophes-make-no-word",
        promise=_THROWN,
        file=f"{_HERE}/same_words.py",
        before=""".translate(_APOSTROPHES)""",
        after=""".replace("'", "")""",
        tests=(f"{_SAME}::test_what_may_mean_something_else_is_not",),
    ),
    Mutant(
        name="guess-stands-when-the-final-differs",
        promise=_THROWN,
        file=f"{_HERE}/transcript.py",
        before='        self._draft = ""\n        if text.strip():',
        after="        if text.strip():",
        tests=(f"{_TURNS}::test_an_answer_to_words_that_were_guessed_wrong_is_not_given",),
    ),
    Mutant(
        name="guess-is-a-final",
        promise=_NEVER,
        file=f"{_HERE}/transcript.py",
        before="        is_covered = self._is_covered",
        after="        if self._draft: return True\n        is_covered = self._is_covered",
        tests=(f"{_TURNS}::test_a_turn_whose_words_never_come_does_not_get_guessed_ones",),
    ),
    Mutant(
        name="guess-is-an-interim",
        promise=_NEVER,
        file=f"{_HERE}/transcript.py",
        before="        return self._interim\n",
        after="        return self._draft or self._interim\n",
        tests=(f"{_TURNS}::test_a_turn_whose_words_never_come_does_not_get_guessed_ones",),
    ),
    Mutant(
        name="stop-waits-for-the-recogniser",
        promise=_STOP,
        file=f"{_HERE}/barge_in.py",
        before="(is_much or (is_whole and known.is_interruption(text)))",
        after="is_much",
        tests=(f"{_TURNS}::test_a_word_that_interrupts_does_so_as_it_is_guessed",),
    ),
    Mutant(
        name="sounds-are-not-read-when-they-end",
        promise=_STOP,
        file=f"{_HERE}/barge_in.py",
        before="is_due = self._read != now if is_hush else",
        after="is_due = not is_hush and",
        tests=(f"{_TURNS}::test_a_word_that_interrupts_does_so_as_it_is_guessed",),
    ),
    Mutant(
        name="guessed-noise-is-waited-for",
        promise=_NOISE,
        file=f"{_HERE}/barge_in.py",
        before="        self._is_backchannel = is_noise or is_whole\n",
        after="",
        tests=(f"{_TURNS}::test_a_noise_is_over_as_it_is_guessed",),
    ),
    Mutant(
        name="half-a-word-read-thrice-is-three-words",
        promise=_NOISE,
        file=f"{_HERE}/barge_in.py",
        before="word_count([*set(words_of(text))])",
        after="word_count(words_of(text))",
        tests=(f"{_TURNS}::test_half_a_word_that_is_read_again_and_again_does_not_interrupt",),
    ),
    Mutant(
        name="guessed-noise-is-no-words-ever",
        promise=_LATER,
        file=f"{_HERE}/barge_in.py",
        before="        self._is_backchannel = False\n        return BargeInAction.CONFIRM",
        after="        return BargeInAction.IGNORE",
        tests=(f"{_TURNS}::test_real_words_have_the_last_word",),
    ),
    Mutant(
        name="guesses-are-free",
        promise=_SHARE,
        file=f"{_HERE}/draft.py",
        before="            self._budget_secs -= self._spent.popleft()",
        after="            self._spent.popleft()",
        tests=(f"{_DRAFTS}::test_who_has_used_up_his_share_is_not_read",),
    ),
    Mutant(
        name="full-machine-is-not-noticed",
        promise=_FULL,
        file=f"{_HERE}/draft.py",
        before="            self._rest_secs = _REST_SECS\n        if heard",
        after="            pass\n        if heard",
        tests=(f"{_DRAFTS}::test_a_machine_that_is_slow_is_left_alone_for_a_while",),
    ),
)
