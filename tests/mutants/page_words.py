"""Against what is promised of the page: its words, and what it says when a call ends or fails."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_EVENTS = "web/hooks/useRoomEvents.ts"
_WATCH = "web/hooks/useBotWatch.ts"
_TEXTS = "web/lib/texts.ts"
_FAILURE = "web/lib/failure.ts"


def _mutant(name: str, promise: str, where: str, file: str, before: str, after: str) -> Mutant:
    return Mutant(
        name=f"page-{name}",
        promise=promise,
        file=file,
        before=before,
        after=after,
        tests=(f"web/tests/page/{where}.test.tsx::{promise}",),
    )


_REASONS = "Each reason for which a call ends has a sentence of its own."
_NO_REASON = "A call that ends without a reason ends with a sentence all the same."
_REFUSALS = "Each refusal of the server is told in a sentence, with one button."
_APART = "Each way in which a call cannot begin is told apart."
_RETRY = "After a refusal the one button tries again."
_HTTPS = "A page without HTTPS offers its secure address, and no call that must fail."
_LIMIT = "A server that does not answer is given up after ten seconds."
_LINK = "An invitation link is used once and leaves the address."
_KEPT = "An invitation is kept while the microphone is refused."
_RESTORED = "While the connection is being restored the page says so."
_LOST = "A connection that is lost for good is told as such."
_LEFT = "A bot that leaves the call without a word is told after two seconds."
_ABSENT = "A bot that does not come is waited for 20 seconds."
_READY = "A bot that is not ready yet is waited for."
_AVATAR = "An avatar in the room is not taken for the bot."
_STATE = "The page shows what the bot does, in words."
_TAP = "Where the browser keeps the sound back, one tap brings it."
_ORDER = "What both sides say is shown in order, each utterance once."
_CUT = "A reply that was cut is shown as far as it was heard, with a dash."
_ALOUD = "Whole utterances are announced to screen readers, growing ones are not."
_TYPED = "A typed line is sent to the bot and shown once, as the caller's."
_GIVEN_BACK = "A typed line that could not be sent is given back, with a sentence."
_QUESTION = "A question about a tool has two buttons, and the bot gets the answer."
_YES = "A spoken yes takes the buttons away."
_OVER = "A question that nobody answers can be answered no more after the call."
_TYPE = "Whoever has no microphone can type instead, and be heard no less."
_BROKEN = "A stream of words that breaks off leaves its words and the next ones standing."
_VIEW = "The newest words stay in view, unless the reader has scrolled up."

MUTANTS: tuple[Mutant, ...] = (
    _mutant(
        "two-reasons-one-sentence",
        _REASONS,
        "endings",
        _TEXTS,
        'drained: "The call ended because the service is being updated."',
        'drained: "The call has ended."',
    ),
    _mutant(
        "reason-not-known",
        _REASONS,
        "endings",
        "web/lib/conventions.ts",
        '  "provider_failed",\n',
        "",
    ),
    Mutant(
        name="page-reason-of-python-alone",
        promise=_REASONS,
        file="bot/call/course.py",
        before='PROVIDER_FAILED = "provider_failed"',
        after='PROVIDER_FAILED = "provider_gone"',
        tests=(
            "tests/contract/test_page_contract.py::test_the_page_knows_every_reason_for_an_end",
        ),
    ),
    _mutant(
        "reason-of-anybody-believed",
        _NO_REASON,
        "endings",
        _EVENTS,
        "if (isBot(participant)) endReason",
        "endReason",
    ),
    _mutant(
        "reason-thrown-away-with-the-connection",
        _NO_REASON,
        "endings",
        _EVENTS,
        "endReason !== undefined || ENDED_ON_PURPOSE.has(reason)",
        "ENDED_ON_PURPOSE.has(reason)",
    ),
    _mutant(
        "room-closed-taken-for-lost",
        _NO_REASON,
        "endings",
        _EVENTS,
        "  DisconnectReason.ROOM_CLOSED,\n",
        "",
    ),
    _mutant(
        "update-of-the-service-unexplained",
        _REFUSALS,
        "endings",
        _FAILURE,
        '  draining: "draining",\n  rate_limited: "rate_limited",\n',
        '  rate_limited: "rate_limited",\n',
    ),
    _mutant(
        "wait-not-told",
        _REFUSALS,
        "endings",
        _FAILURE,
        ' || code === "rate_limited"',
        "",
    ),
    _mutant(
        "wait-not-read",
        _REFUSALS,
        "endings",
        "web/lib/api.ts",
        'response.headers.get("Retry-After")',
        'response.headers.get("X-Retry-After")',
    ),
    Mutant(
        name="page-refusal-of-python-alone",
        promise=_REFUSALS,
        file="bot/http/errors.py",
        before='"at_capacity": 10, ',
        after="",
        tests=("tests/contract/test_page_contract.py::test_the_page_knows_every_refusal",),
    ),
    _mutant(
        "busy-microphone-unexplained",
        _APART,
        "endings",
        _FAILURE,
        '  NotReadableError: "microphone_busy",\n',
        "",
    ),
    _mutant(
        "typing-not-offered",
        _APART,
        "endings",
        _FAILURE,
        ' || code === "microphone_busy"',
        "",
    ),
    _mutant(
        "refused-for-good",
        _RETRY,
        "endings",
        "web/lib/call.ts",
        'return isOpen(state) ? state : { phase: "connecting", step: "microphone" };',
        'return state.phase !== "idle" ? state : { phase: "connecting", step: "microphone" };',
    ),
    _mutant(
        "insecure-again-and-again",
        _HTTPS,
        "endings",
        "web/hooks/line.ts",
        "if (!window.isSecureContext || !devices) throw new InsecureContextError();",
        "if (!devices) throw new InsecureContextError();",
    ),
    _mutant(
        "start-without-a-limit",
        _LIMIT,
        "endings",
        "web/lib/api.ts",
        "signal: AbortSignal.any([options.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),",
        "signal: options.signal,",
    ),
    _mutant(
        "invitation-not-sent",
        _LINK,
        "endings",
        "web/hooks/line.ts",
        "      joinCode: request.joinCode,\n",
        "",
    ),
    _mutant(
        "invitation-in-the-history",
        _LINK,
        "endings",
        "web/lib/joinLink.ts",
        "window.history.replaceState(",
        "window.history.pushState(",
    ),
    _mutant(
        "invitation-lost-with-a-refusal",
        _KEPT,
        "endings",
        "web/hooks/useCall.ts",
        'if (failure.code === "join_link_used") forgetJoinCode();',
        "forgetJoinCode();",
    ),
    _mutant(
        "short-breaks-not-shown",
        _RESTORED,
        "life",
        _EVENTS,
        "      .on(RoomEvent.SignalReconnecting, onReconnecting)\n",
        "",
    ),
    _mutant(
        "lost-taken-for-ended",
        _LOST,
        "life",
        _EVENTS,
        "ENDED_ON_PURPOSE.has(reason)) {",
        "reason !== undefined) {",
    ),
    _mutant("bot-gone-at-once", _LEFT, "life", _WATCH, "_MS = 2000;", "_MS = 0;"),
    _mutant("bot-gone-never", _LEFT, "life", _WATCH, "&& !bot.isPresent;", "&& false;"),
    _mutant("bot-not-waited-for", _ABSENT, "life", _WATCH, "20_000", "2_000"),
    _mutant(
        "bot-taken-before-it-is-ready",
        _READY,
        "life",
        _WATCH,
        'new Set(["listening",',
        'new Set(["initializing", "listening",',
    ),
    _mutant(
        "avatar-for-the-bot",
        _AVATAR,
        "life",
        "web/hooks/useBot.ts",
        "ParticipantKind.AGENT && !isAvatar",
        "ParticipantKind.AGENT",
    ),
    _mutant(
        "state-does-not-follow",
        _STATE,
        "life",
        "web/hooks/useBot.ts",
        "  RoomEvent.ParticipantAttributesChanged,\n",
        "",
    ),
    _mutant(
        "tap-without-sound",
        _TAP,
        "life",
        "web/components/Room.tsx",
        "void startAudio()",
        "void canPlayAudio",
    ),
    _mutant(
        "each-interim-a-bubble",
        _ORDER,
        "conversation",
        "web/hooks/useCaptions.ts",
        "attribute(SEGMENT_ID_ATTRIBUTE) ?? reader.info.id",
        "`${attribute(SEGMENT_ID_ATTRIBUTE)}-${streamNumber}`",
    ),
    _mutant(
        "last-chunk-only",
        _ORDER,
        "conversation",
        "web/hooks/useCaptions.ts",
        "text += chunk;",
        "text = chunk;",
    ),
    _mutant(
        "cut-not-shown",
        _CUT,
        "conversation",
        "web/lib/captions.ts",
        'if (event.isInterrupted) return "interrupted";',
        'if (event.isInterrupted) return "final";',
    ),
    _mutant(
        "every-word-announced",
        _ALOUD,
        "conversation",
        "web/components/Captions.tsx",
        'captions.findLast((caption) => caption.status !== "open")',
        "captions.at(-1)",
    ),
    _mutant(
        "typed-line-not-shown",
        _TYPED,
        "conversation",
        "web/hooks/useChat.ts",
        '      dispatch({ type: "typed", id, text });\n',
        "      void id;\n",
    ),
    _mutant(
        "typed-line-lost",
        _GIVEN_BACK,
        "conversation",
        "web/components/TextBox.tsx",
        "        setText(line);\n",
        "",
    ),
    _mutant(
        "yes-for-no",
        _QUESTION,
        "conversation",
        "web/components/ToolLine.tsx",
        "onClick={() => answer(false)}",
        "onClick={() => answer(true)}",
    ),
    _mutant(
        "answer-to-the-wrong-one",
        _QUESTION,
        "conversation",
        "web/hooks/useToolAnswer.ts",
        "[...room.remoteParticipants.values()].find(isBot)",
        "[...room.remoteParticipants.values()][0]",
    ),
    _mutant(
        "spoken-yes-not-noticed",
        _YES,
        "conversation",
        "web/hooks/toolUpdate.ts",
        'CONFIRMED_SUFFIX = "_confirmed"',
        'CONFIRMED_SUFFIX = "_accepted"',
    ),
    _mutant(
        "question-after-the-call",
        _OVER,
        "conversation",
        "web/components/Conversation.tsx",
        "onAnswer={isLive ? answer : undefined}",
        "onAnswer={answer}",
    ),
    _mutant(
        "typing-asks-for-the-microphone",
        _TYPE,
        "conversation",
        "web/components/Footer.tsx",
        "onClick: () => onStart(false)",
        "onClick: () => onStart(true)",
    ),
    _mutant(
        "broken-message-stops-the-rest",
        _BROKEN,
        "conversation",
        "web/hooks/useToolCalls.ts",
        "        .catch(() => undefined);",
        "        ;",
    ),
    _mutant(
        "reader-pulled-down",
        _VIEW,
        "conversation",
        "web/hooks/useAutoScroll.ts",
        "      isFollowing.current = rest < NEAR_END_PX;\n",
        "      isFollowing.current = rest < Infinity;\n",
    ),
)
