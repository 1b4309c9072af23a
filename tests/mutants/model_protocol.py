"""Against what is promised of what model servers write and refuse."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_MODEL_REFUSALS = "tests/processors/language_model/openai_protocol/test_model_refusals.py"
_MODEL_SERVERS = "tests/processors/language_model/openai_protocol/test_model_servers.py"
_REPLY_DRAFT = "tests/processors/language_model/openai_protocol/test_reply_draft.py"
_REQUEST_SHAPE = "tests/processors/language_model/openai_protocol/test_request_shape.py"
_SPOKEN_PART = "tests/processors/language_model/openai_protocol/test_spoken_part.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="reasoning-is-spoken",
        promise=(
            "Whatever a model's server writes, its words are said once, its thoughts "
            "never, and its calls are made whole or not at all."
        ),
        file="processors/language_model/openai_protocol/reply_pieces.py",
        before=("        text=text\n        +"),
        after=('        text=text + _text(delta.get("reasoning_content"))\n        +'),
        tests=(f"{_MODEL_SERVERS}::test_the_caller_hears_what_the_server_means",),
    ),
    Mutant(
        name="end-mark-is-not-known",
        promise="A reply is whole as soon as its server says so in any way that is known.",
        file="processors/language_model/openai_protocol/reply_draft.py",
        before=("        if event == DONE:\n            self._is_done = True"),
        after=("        if event == DONE:\n            self._is_done = False"),
        tests=(f"{_REPLY_DRAFT}::test_words_without_a_full_stop_are_whole_if_their_end_is_told",),
    ),
    Mutant(
        name="end-by-any-other-name-is-none",
        promise="A reply is whole as soon as its server says so in any way that is known.",
        file="processors/language_model/openai_protocol/reply_draft.py",
        before=("        if self._is_done or self._end:\n            return True"),
        after=('        if self._is_done or self._end == "stop":\n            return True'),
        tests=(f"{_REPLY_DRAFT}::test_words_without_a_full_stop_are_whole_if_their_end_is_told",),
    ),
    Mutant(
        name="half-a-call-is-made",
        promise=(
            "Whatever a model's server writes, its words are said once, its thoughts "
            "never, and its calls are made whole or not at all."
        ),
        file="processors/language_model/openai_protocol/reply_draft.py",
        before=("        if self._calls:\n            return self._calls.are_complete\n"),
        after=("        if self._calls:\n            return True\n"),
        tests=(f"{_MODEL_SERVERS}::test_the_caller_hears_what_the_server_means",),
    ),
    Mutant(
        name="what-was-said-before-is-said-again",
        promise=(
            "Whatever a model's server writes, its words are said once, its thoughts "
            "never, and its calls are made whole or not at all."
        ),
        file="processors/language_model/openai_protocol/reply_draft.py",
        before="self._spoken.feed(self._new_words.feed(piece.text, is_end=bool(piece.end)))",
        after="self._spoken.feed(piece.text)",
        tests=(f"{_MODEL_SERVERS}::test_the_caller_hears_what_the_server_means",),
    ),
    Mutant(
        name="thought-mark-is-not-known",
        promise="Thoughts and the marks of a template are not spoken, however they are cut.",
        file="processors/language_model/openai_protocol/spoken_part.py",
        before='    "<think>": "</think>",\n',
        after="",
        tests=(
            f"{_SPOKEN_PART}::test_what_is_spoken_does_not_depend_on_the_pieces",
            f"{_SPOKEN_PART}::test_a_thought_that_the_template_opened",
        ),
    ),
    Mutant(
        name="half-a-mark-is-spoken",
        promise="Thoughts and the marks of a template are not spoken, however they are cut.",
        file="processors/language_model/openai_protocol/spoken_part.py",
        before="        complete = len(self._rest) - _begun_chars(self._rest)",
        after="        complete = len(self._rest)",
        tests=(f"{_SPOKEN_PART}::test_what_is_spoken_does_not_depend_on_the_pieces",),
    ),
    Mutant(
        name="ids-of-calls-come-twice",
        promise="Each tool call has an id of its own in the call.",
        file="processors/language_model/openai_protocol/whole_calls.py",
        before="        self._used_ids.add(call_id)\n",
        after="",
        tests=(
            "tests/processors/language_model/openai_protocol/test_whole_calls.py::test_each_id_is_used_once_in_a_session_and_a_new_one_suits_everybody",
        ),
    ),
    Mutant(
        name="written-call-is-read-aloud",
        promise="A tool call that a model writes as text is made, and not read aloud.",
        file="processors/language_model/openai_protocol/reply_draft.py",
        before="        text = self._written.feed(text)\n",
        after="",
        tests=(
            "tests/processors/language_model/openai_protocol/test_written_calls.py::test_a_call_that_is_written_is_made_and_not_read_aloud",
        ),
    ),
    Mutant(
        name="written-call-is-not-found",
        promise="A tool call that a model writes as text is made, and not read aloud.",
        file="processors/language_model/openai_protocol/written_calls.py",
        before=("        if self.is_holding:\n            self.calls"),
        after=("        if not self.is_holding:\n            self.calls"),
        tests=(
            "tests/processors/language_model/openai_protocol/test_written_calls.py::test_a_call_that_is_written_is_made_and_not_read_aloud",
        ),
    ),
    Mutant(
        name="no-second-attempt",
        promise=(
            "Whatever a request is refused for, it is made once more where that may help, "
            "and nobody hears of it."
        ),
        file="processors/language_model/attempts.py",
        before=("        self._has_tried = True\n        if complaint"),
        after=("        return None\n        if complaint"),
        tests=(f"{_MODEL_REFUSALS}::test_once_it_is_not_heard_of",),
    ),
    Mutant(
        name="out-of-credit-ends-the-call",
        promise=(
            "A request that is refused for good is excused once, and ends the call only if "
            "no request will ever be answered."
        ),
        file="processors/provider_requests.py",
        before=("    if complaint.is_out_of_credit:\n        return ErrorCategory.QUOTA\n"),
        after=("    if complaint.is_out_of_credit:\n        return ErrorCategory.AUTHENTICATION\n"),
        tests=(f"{_MODEL_REFUSALS}::test_always_it_is_apologised_for_once",),
    ),
    Mutant(
        name="refused-key-is-asked-again",
        promise=(
            "A request that is refused for good is excused once, and ends the call only if "
            "no request will ever be answered."
        ),
        file="processors/provider_requests.py",
        before="        return self.refuses_key or self.knows_no_such_model",
        after="        return self.knows_no_such_model",
        tests=(f"{_MODEL_REFUSALS}::test_always_it_is_apologised_for_once",),
    ),
    Mutant(
        name="refused-content-is-a-refused-key",
        promise=(
            "A request that is refused for good is excused once, and ends the call only if "
            "no request will ever be answered."
        ),
        file="processors/provider_requests.py",
        before="        is_refused = self.status_code in (401, 403) and not is_moderated",
        after="        is_refused = self.status_code in (401, 403)",
        tests=(f"{_MODEL_REFUSALS}::test_always_it_is_apologised_for_once",),
    ),
    Mutant(
        name="excuse-after-a-tool-asks-again",
        promise="After a tool has run nobody is asked to say it again: it is not run twice.",
        file="processors/language_model/excuses.py",
        before="            chosen = self.after_tool",
        after="            chosen = self.apology",
        tests=(f"{_MODEL_REFUSALS}::test_always_after_a_tool_nobody_is_asked_to_say_it_again",),
    ),
    Mutant(
        name="refused-parameter-is-sent-again",
        promise=(
            "A form of request that a server refuses is avoided from then on, and nobody "
            "hears of it."
        ),
        file="processors/language_model/openai_protocol/request_shape.py",
        before=("                self._refused.add(name)\n                return True"),
        after="                return True",
        tests=(f"{_REQUEST_SHAPE}::test_a_refused_form_is_found_out_once_and_not_heard_of",),
    ),
    Mutant(
        name="form-not-kept-for-the-session",
        promise=(
            "A form of request that a server refuses is avoided from then on, and nobody "
            "hears of it."
        ),
        file="processors/language_model/openai.py",
        before=("        self._params = {}\n        settings"),
        after=("        self._params = {}\n        self._shape = RequestShape()\n        settings"),
        tests=(f"{_REQUEST_SHAPE}::test_a_refused_form_is_found_out_once_and_not_heard_of",),
    ),
    Mutant(
        name="gone-for-good-without-a-goodbye",
        promise=(
            "A model that is gone for good is told of, then the bot says goodbye and the "
            "call ends with provider_failed."
        ),
        file="bot/call/failures.py",
        before=(
            "course.provider_failed(is_voice_left=isinstance(processor, STTService | LLMService))"
        ),
        after="course.provider_failed(is_voice_left=isinstance(processor, STTService))",
        tests=(
            "tests/bot/call/test_session_failures.py::test_a_model_that_refuses_the_key_is_told_of_before_the_call_ends",
        ),
    ),
)
