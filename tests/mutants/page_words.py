"""Against what is promised of the page: words, tools and typed lines."""

from __future__ import annotations

from tests.mutants.mutant import Mutant
from tests.mutants.page_mutant import page_mutant

_ORDER = "What both sides say is shown in order, each utterance once."
_CUT = "A reply that was cut is shown as far as it was heard, with a dash."
_ALOUD = "Whole utterances are announced to screen readers, growing ones are not."
_TYPED = "A typed line is sent to the bot and shown once, as the caller's."
_SENT_AGAIN = "A typed line that could not be sent says so, and is sent again when asked to."
_QUESTION = "A question about a tool has two buttons, and the bot gets the answer."
_AGAIN = "An answer that does not get through can be given again."
_YES = "A spoken yes takes the buttons away."
_OVER = "A question that nobody answers can be answered no more after the call."
_LEFT = "What a lost bot asked or did is over: nobody is asked twice."
_TYPE = "Whoever has no microphone can type instead, and be heard no less."
_BROKEN = "A stream of words that breaks off leaves its words and the next ones standing."
_VIEW = "The newest words stay in view, unless the reader has scrolled up."

_DIMS = (
    "The drawn voice dims at the caller's first syllable over it, and comes back if that was "
    "nothing."
)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="page-voice-that-is-spoken-over-shines-on",
        promise=_DIMS,
        file="web/lib/presence.ts",
        before="return input.isInterrupting\n",
        after="return input.isMicrophoneOn === undefined\n",
        tests=(f"web/tests/lib/voice.test.ts::{_DIMS}",),
    ),
    page_mutant(
        "typed-line-goes-to-nobody",
        "A line typed while no bot is there waits for the next one.",
        "conversation",
        "web/hooks/useChat.ts",
        "        await botListens(line);\n",
        "",
    ),
    page_mutant(
        "each-interim-a-bubble",
        _ORDER,
        "conversation",
        "web/hooks/useCaptions.ts",
        "attribute(SEGMENT_ID_ATTRIBUTE) ?? reader.info.id",
        "`${attribute(SEGMENT_ID_ATTRIBUTE)}-${streamNumber}`",
    ),
    page_mutant(
        "last-chunk-only",
        _ORDER,
        "conversation",
        "web/hooks/useCaptions.ts",
        "text += chunk;",
        "text = chunk;",
    ),
    page_mutant(
        "cut-not-shown",
        _CUT,
        "conversation",
        "web/lib/captions.ts",
        'if (event.isInterrupted) return "interrupted";',
        'if (event.isInterrupted) return "final";',
    ),
    page_mutant(
        "every-word-announced",
        _ALOUD,
        "conversation",
        "web/lib/telling.ts",
        'return status === "open" || text === "" ? [] : [{ id, side, text }];',
        'return text === "" ? [] : [{ id, side, text }];',
    ),
    page_mutant(
        "typed-line-not-shown",
        _TYPED,
        "conversation",
        "web/hooks/useChat.ts",
        '      dispatch({ type: "typed", id, text });\n',
        "",
    ),
    page_mutant(
        "typed-line-lost",
        _SENT_AGAIN,
        "conversation",
        "web/hooks/useChat.ts",
        '        dispatch({ type: "typed_unsent", id });\n',
        '        dispatch({ type: "typed_sent", id });\n',
    ),
    page_mutant(
        "yes-for-no",
        _QUESTION,
        "conversation",
        "web/components/Question.tsx",
        "onClick={() => answer(false)}",
        "onClick={() => answer(true)}",
    ),
    page_mutant(
        "answer-to-the-wrong-one",
        _QUESTION,
        "conversation",
        "web/hooks/useToolAnswer.ts",
        "[...room.remoteParticipants.values()].find(isBot)",
        "[...room.remoteParticipants.values()][0]",
    ),
    page_mutant(
        "spoken-yes-not-noticed",
        _YES,
        "conversation",
        "web/hooks/toolUpdate.ts",
        'CONFIRMED_SUFFIX = "_confirmed"',
        'CONFIRMED_SUFFIX = "_accepted"',
    ),
    page_mutant(
        "question-after-the-call",
        _OVER,
        "conversation",
        "web/lib/leaving.ts",
        "isLeft(call) ? leftBehind(call) : call",
        "isLeft(call) ? leftBehind(call) && call : call",
    ),
    page_mutant(
        "question-of-a-lost-bot-stands",
        _LEFT,
        "anotherBot",
        "web/hooks/useLineLoss.ts",
        'tell({ type: "bot_changed" });',
        "void tell;",
    ),
    page_mutant(
        "late-question-of-a-lost-bot-stands",
        _LEFT,
        "anotherBot",
        "web/lib/transcript.ts",
        "event.isFormer ? formerTold(next, event) : next",
        "next",
    ),
    page_mutant(
        "messages-without-their-bot",
        _LEFT,
        "anotherBot",
        "web/lib/bots.ts",
        "return mark ?? this.current;",
        "return this.current;",
    ),
    page_mutant(
        "typing-asks-for-the-microphone",
        _TYPE,
        "conversation",
        "web/components/Footer.tsx",
        "ways.tryAgain({ withMicrophone: false })",
        "ways.tryAgain({ withMicrophone: true })",
    ),
    page_mutant(
        "broken-message-stops-the-rest",
        _BROKEN,
        "conversation",
        "web/hooks/useSessionChannel.ts",
        "        .catch(() => undefined);",
        "        ;",
    ),
    page_mutant(
        "reader-pulled-down",
        _VIEW,
        "conversation",
        "web/hooks/useAutoScroll.ts",
        "      isFollowing.current = rest < NEAR_END_PX;\n",
        "      isFollowing.current = rest < Infinity;\n",
    ),
    page_mutant(
        "labels-ask-for-the-microphone",
        _TYPE,
        "conversation",
        "web/lib/devices.ts",
        "  const devices = await media?.enumerateDevices()",
        "  await media?.getUserMedia({ audio: true }).catch(() => undefined);\n"
        "  const devices = await media?.enumerateDevices()",
    ),
    page_mutant(
        "lost-answer-is-swallowed",
        _AGAIN,
        "conversation",
        "web/hooks/useToolAnswer.ts",
        "payload: answerPayload(callId, isYes),\n        });",
        "payload: answerPayload(callId, isYes),\n        }).catch(() => undefined);",
    ),
)
