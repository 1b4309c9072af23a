"""Against what is promised of the memory of what was heard."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_MEMORY = "tests/processors/room/test_heard_memory.py"
_OUTPUT = "processors/room/output.py"
_WORD = "A reply that was cut is remembered up to the word that was heard."
_WORDS = f"{_MEMORY}::test_a_cut_reply_is_remembered_to_the_word_and_so_is_the_next"
_SENTENCE = "What is remembered of a cut reply ends in the sentence that was heard."
_SENTENCES = f"{_MEMORY}::test_without_word_times_it_ends_in_the_right_sentence_and_within_a_word"
_WRITTEN = "What was said is remembered as it is written, and fillers are not."
_WHOLE = f"{_MEMORY}::test_whole_replies_and_lines_are_remembered_as_written"
_TYPED = "Text that is typed over a reply follows what was heard of it."

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="remembered-as-handed-over-not-as-heard",
        promise=_WORD,
        file=_OUTPUT,
        before="self._heard.release(self.playout.played_samples)",
        after="self._heard.release(self.playout.captured_samples)",
        tests=(_WORDS,),
    ),
    Mutant(
        name="sentences-are-placed-where-the-ear-is",
        promise=_WORD,
        file=_OUTPUT,
        before="self._heard.place(self.playout.captured_samples)",
        after="self._heard.place(self.playout.played_samples)",
        tests=(_WORDS,),
    ),
    Mutant(
        name="clock-of-words-outlasts-a-cut",
        promise=_WORD,
        file=_OUTPUT,
        before="        self._words.cut()\n",
        after="",
        tests=(_WORDS,),
    ),
    Mutant(
        name="clock-of-words-goes-on-from-reply-to-reply",
        promise=_WORD,
        file=_OUTPUT,
        before="            self._words.start()\n",
        after="",
        tests=(_WORDS,),
    ),
    Mutant(
        name="words-before-the-cut-are-forgotten",
        promise=_WORD,
        file=_OUTPUT,
        before="        await self.playout.cut()\n        self._heard.forget()\n",
        after="        self._heard.forget()\n        await self.playout.cut()\n",
        tests=(_WORDS,),
    ),
    Mutant(
        name="times-of-words-are-not-heeded",
        promise=_WORD,
        file=_OUTPUT,
        before="            self._heard.tell(frame.words)\n",
        after="            pass\n",
        tests=(_WORDS,),
    ),
    Mutant(
        name="next-reply-begins-where-the-last-did",
        promise=_WORD,
        file=_OUTPUT,
        before="            self._heard.place_reply(self.playout.captured_samples)\n",
        after="            self._heard.place_reply(0)\n",
        tests=(_WORDS,),
    ),
    Mutant(
        name="sentences-are-placed-when-they-arrive",
        promise=_SENTENCE,
        file=_OUTPUT,
        before="context_id=frame.context_id, is_by_word=is_by_word)\n",
        after="context_id=frame.context_id, is_by_word=is_by_word)\n"
        "            self._heard.place(self.playout.captured_samples)\n",
        tests=(_SENTENCES,),
    ),
    Mutant(
        name="stock-memory-of-whole-sentences",
        promise=_SENTENCE,
        file=_OUTPUT,
        before="            frame.append_to_context = False\n            if frame.pts is None:",
        after="            if frame.pts is None:",
        tests=(_SENTENCES,),
    ),
    Mutant(
        name="cut-sentence-is-remembered-to-its-end",
        promise=_SENTENCE,
        file=_OUTPUT,
        before="        await self.playout.cut()\n        self._heard.forget()\n",
        after="        await self.playout.cut()\n"
        "        await self._push_words(self._heard.finish())\n",
        tests=(_SENTENCES,),
    ),
    Mutant(
        name="words-are-joined-by-two-spaces",
        promise=_WRITTEN,
        file=_OUTPUT,
        before="            frame.includes_inter_frame_spaces = True\n",
        after="",
        tests=(_WHOLE,),
    ),
    Mutant(
        name="fillers-are-remembered",
        promise=_WRITTEN,
        file=_OUTPUT,
        before="            frame.append_to_context = heard.is_remembered\n",
        after="            frame.append_to_context = True\n",
        tests=(_WHOLE,),
    ),
    Mutant(
        name="end-of-our-own-lines-is-not-heeded",
        promise=_WRITTEN,
        file=_OUTPUT,
        before="(LLMFullResponseEndFrame, LLMAssistantPushAggregationFrame)",
        after="(LLMFullResponseEndFrame,)",
        tests=(_WHOLE,),
    ),
    Mutant(
        name="typed-text-overtakes-the-reply-it-cuts",
        promise=_TYPED,
        file="bot/call/lines.py",
        before="            if isinstance(frame, InterruptionFrame):",
        after="            if False:",
        tests=(
            "tests/bot/call/test_lines.py::test_typed_text_that_cuts_a_reply_follows_it_in_memory",
        ),
    ),
    Mutant(
        name="typed-text-does-not-interrupt",
        promise=_TYPED,
        file="bot/call/lines.py",
        before="        self._put(InterruptionFrame())\n",
        after="",
        tests=(
            "tests/bot/call/test_lines.py::test_typed_text_that_cuts_a_reply_follows_it_in_memory",
        ),
    ),
    Mutant(
        name="the-room-tells-a-floor-of-its-own",
        promise="Whether the bot speaks is told by what the room plays.",
        file="processors/room/transport.py",
        before="RoomOutput(self._client, params, transport=self, floor=floor)",
        after="RoomOutput(self._client, params, transport=self, floor=Floor())",
        tests=(
            "tests/processors/room/test_transport.py::"
            "test_all_parts_of_a_call_learn_from_one_floor_that_the_bot_speaks",
        ),
    ),
)
