"""Against what is promised of captions, presence and typed text."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_SEGMENTS = "Each utterance has a caption of its own, in the order in which they began."
_CUT = "A reply that is cut says so in its caption, and the next one does not."
_HANGS = "A network that hangs or breaks costs the captions of its time and holds up nothing."
_JOINS = "A word before a turn joins it if the caller goes on within a second."
_STATE = "The state that clients show is what the bot does: it ends when that ends."
_RATE = (
    "Five lines may be typed at once, then one every 2 s; each burst beyond that is refused "
    "once, aloud."
)
_UTTERANCE_TEST = "tests/processors/agent_protocol/test_utterance.py"
_CAPTIONS_TEST = "tests/processors/agent_protocol/test_captions.py"
_PRESENCE_TEST = "tests/processors/agent_protocol/test_presence.py"
_CHAT_TEST = "tests/processors/agent_protocol/test_chat.py"
_REQUESTS = "tests/processors/agent_protocol/test_session_requests.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="call-is-as-young-as-its-newest-bot",
        promise="Who asks is told since when the call is on, whichever bot has it.",
        file="processors/agent_protocol/session_requests.py",
        before="timestamp(self._began_at() or self._started_secs)",
        after="timestamp(self._started_secs)",
        tests=(f"{_REQUESTS}::test_the_call_is_as_old_as_it_is",),
    ),
    Mutant(
        name="second-reply-in-the-first-ones-caption",
        promise=_SEGMENTS,
        file="processors/agent_protocol/captions.py",
        before="            self._bot.close()\n            self._bot = None\n",
        after="            self._bot.close()\n",
        tests=(f"{_UTTERANCE_TEST}::test_two_turns_are_four_captions_in_order",),
    ),
    Mutant(
        name="second-turn-repeats-the-first-ones-words",
        promise=_SEGMENTS,
        file="processors/agent_protocol/captions.py",
        before="        self._caller = None\n        self._finals = []\n",
        after="        self._caller = None\n",
        tests=(f"{_UTTERANCE_TEST}::test_two_turns_are_four_captions_in_order",),
    ),
    Mutant(
        name="captions-all-have-one-segment",
        promise=_SEGMENTS,
        file="processors/agent_protocol/utterance.py",
        before='f"SG_{uuid4().hex[:12]}"',
        after='f"SG_{speaker}"',
        tests=(f"{_UTTERANCE_TEST}::test_two_turns_are_four_captions_in_order",),
    ),
    Mutant(
        name="turn-is-never-final",
        promise=_SEGMENTS,
        file="processors/agent_protocol/captions.py",
        before=(
            '        """Close the bubble: what was said is now being answered."""\n'
            "        self._close_caller()"
        ),
        after='        """Close the bubble: what was said is now being answered."""',
        tests=(f"{_UTTERANCE_TEST}::test_two_turns_are_four_captions_in_order",),
    ),
    Mutant(
        name="cut-reply-looks-whole",
        promise=_CUT,
        file="processors/agent_protocol/captions.py",
        before="self._bot.is_interrupted = is_interrupted",
        after="self._bot.is_interrupted = False",
        tests=(f"{_UTTERANCE_TEST}::test_two_turns_are_four_captions_in_order",),
    ),
    Mutant(
        name="ended-reply-looks-whole",
        promise=_CUT,
        file="processors/agent_protocol/captions.py",
        before="is_interrupted=self._bot is not None",
        after="is_interrupted=False",
        tests=(f"{_UTTERANCE_TEST}::test_a_reply_under_way_when_the_call_ends_is_a_cut_one",),
    ),
    Mutant(
        name="captions-of-nobody",
        promise="Words nobody said in the room get no caption.",
        file="processors/agent_protocol/captions.py",
        before="            if identity is None:\n                return\n",
        after='            identity = identity or ""\n',
        tests=(f"{_UTTERANCE_TEST}::test_words_without_a_caller_have_no_caption",),
    ),
    Mutant(
        name="captions-wait-for-ever",
        promise=_HANGS,
        file="processors/agent_protocol/captions.py",
        before=(
            "            async with asyncio.timeout(SEND_TIMEOUT_SECS):\n"
            "                await utterance.send()"
        ),
        after="            await utterance.send()",
        tests=(
            f"{_UTTERANCE_TEST}::test_a_network_that_hangs_holds_up_neither_the_next_caption_nor_the_end",
        ),
    ),
    Mutant(
        name="end-waits-for-captions",
        promise=_HANGS,
        file="processors/agent_protocol/captions.py",
        before="await asyncio.wait([self._sender], timeout=CLOSE_TIMEOUT_SECS)",
        after="await asyncio.wait([self._sender])",
        tests=(
            f"{_UTTERANCE_TEST}::test_a_network_that_hangs_holds_up_neither_the_next_caption_nor_the_end",
        ),
    ),
    Mutant(
        name="waiting-captions-without-bound",
        promise=_HANGS,
        file="processors/agent_protocol/captions.py",
        before="            self._waiting.pop(0)\n",
        after="",
        tests=(
            f"{_UTTERANCE_TEST}::test_a_network_that_hangs_holds_up_neither_the_next_caption_nor_the_end",
        ),
    ),
    Mutant(
        name="a-broken-caption-ends-all",
        promise=_HANGS,
        file="processors/agent_protocol/captions.py",
        before=(
            "except (ConnectionError, RuntimeError, TimeoutError, PublishTranscriptionError) "
            "as error:"
        ),
        after="except (ConnectionError, PublishTranscriptionError) as error:",
        tests=(f"{_UTTERANCE_TEST}::test_a_caption_that_fails_takes_no_other_with_it",),
    ),
    Mutant(
        name="first-word-is-split-off",
        promise=_JOINS,
        file="processors/agent_protocol/captions.py",
        before=" and age_secs > STRAY_SECS",
        after="",
        tests=(f"{_CAPTIONS_TEST}::test_a_word_just_before_a_turn_is_its_beginning",),
    ),
    Mutant(
        name="open-word-is-split-off",
        promise=_JOINS,
        file="processors/agent_protocol/captions.py",
        before="if self._finals and not self._is_interim and age_secs",
        after="if self._finals and age_secs",
        tests=(f"{_CAPTIONS_TEST}::test_a_word_just_before_a_turn_is_its_beginning",),
    ),
    Mutant(
        name="thinks-for-ever-after-a-cut",
        promise=_STATE,
        file="processors/agent_protocol/presence.py",
        before=(
            '        """Forget the answer under way; what is audible ends with its own event."""\n'
            "        self._is_reply_being_written = False"
        ),
        after=(
            '        """Forget the answer under way; what is audible ends with its own event."""'
        ),
        tests=(f"{_PRESENCE_TEST}::test_a_reply_that_was_cut_leaves_nothing_to_think_about",),
    ),
    Mutant(
        name="thinks-while-the-caller-speaks",
        promise=_STATE,
        file="processors/agent_protocol/presence.py",
        before="if is_thinking and not self._floor.is_caller_turn:",
        after="if is_thinking:",
        tests=(
            f"{_PRESENCE_TEST}::test_a_tool_that_goes_on_while_the_caller_speaks_is_listened_over",
        ),
    ),
    Mutant(
        name="late-result-ends-the-thinking",
        promise=_STATE,
        file="processors/agent_protocol/presence.py",
        before="outcome.is_answered or self._is_answer_due",
        after="outcome.is_answered",
        tests=(
            f"{_PRESENCE_TEST}::test_a_tool_that_goes_on_while_the_caller_speaks_is_listened_over",
        ),
    ),
    Mutant(
        name="listens-before-the-apology",
        promise=_STATE,
        file="processors/agent_protocol/presence.py",
        before="ANSWER_PATIENCE_SECS = 4.0",
        after="ANSWER_PATIENCE_SECS = 1.0",
        tests=(f"{_PRESENCE_TEST}::test_an_answer_is_waited_for_as_long_as_an_apology_takes",),
    ),
    Mutant(
        name="fifty-lines-at-once",
        promise=_RATE,
        file="processors/allowance.py",
        before="Rate(burst=5, secs_each=2.0)",
        after="Rate(burst=50, secs_each=2.0)",
        tests=(f"{_CHAT_TEST}::test_lines_are_taken_at_the_rate_that_is_promised",),
    ),
    Mutant(
        name="a-line-every-twenty-seconds",
        promise=_RATE,
        file="processors/allowance.py",
        before="Rate(burst=5, secs_each=2.0)",
        after="Rate(burst=5, secs_each=20.0)",
        tests=(f"{_CHAT_TEST}::test_lines_are_taken_at_the_rate_that_is_promised",),
    ),
    Mutant(
        name="silence-earns-any-number-of-lines",
        promise=_RATE,
        file="processors/allowance.py",
        before="min(float(self._rate.burst), self._left + earned)",
        after="self._left + earned",
        tests=(f"{_CHAT_TEST}::test_lines_are_taken_at_the_rate_that_is_promised",),
    ),
    Mutant(
        name="second-burst-is-refused-in-silence",
        promise=_RATE,
        file="processors/allowance.py",
        before="            self._refused_at_secs = None\n",
        after="            pass\n",
        tests=(f"{_CHAT_TEST}::test_lines_are_taken_at_the_rate_that_is_promised",),
    ),
    Mutant(
        name="line-time-counted-twice",
        promise=_RATE,
        file="processors/allowance.py",
        before="        self._counted_at_secs = now_secs\n",
        after="",
        tests=(f"{_CHAT_TEST}::test_lines_are_taken_at_the_rate_that_is_promised",),
    ),
)
