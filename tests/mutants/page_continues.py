"""Against what is promised of the page: what is gone on with, given up, refused or paused."""

from __future__ import annotations

from tests.mutants.mutant import Mutant
from tests.mutants.page_mutant import page_mutant

_START = "web/hooks/useStart.ts"
_HELD = "web/hooks/heldSession.ts"
_OFFERED = "After its end a call can be continued with one button, if it is kept; never by itself."
_ONCE_MORE = "What did not work is tried again as it was wanted: the same talk, by voice or typed."
_SAYS_WHY = "A call that cannot be continued says why, and is not offered again."
_CANCELLED = (
    "Whoever cancels a start is back where they began it, and is told of no call that was none."
)
_CLOCK = "A clock that is set anew in a call turns no lines round and stretches no tool."
_PAUSED = "What pauses the sound of a call, as a phone call does, is undone, or else told."
_VANISHED = "A voice server that vanishes and closes nothing is told within 15 s, and found again."

MUTANTS: tuple[Mutant, ...] = (
    page_mutant(
        "unkept-call-is-offered",
        _OFFERED,
        "continuing",
        _HELD,
        "if (!this.ticket || !this.session?.is_kept) return;",
        "if (!this.ticket) return;",
    ),
    page_mutant(
        "old-talk-is-offered-for-ever",
        _OFFERED,
        "continuing",
        _HELD,
        "    if (this.isAnew) forgetLast();\n",
        "",
    ),
    page_mutant(
        "words-of-the-old-talk-lost",
        _OFFERED,
        "continuing",
        "web/hooks/line.ts",
        "if (session.captions) this.onKept?.(session.captions);",
        "",
    ),
    page_mutant(
        "forgotten-talk-is-offered-again",
        _SAYS_WHY,
        "continuing",
        _START,
        'if (failure.code === "session_forgotten") forgetLast();',
        "",
    ),
    page_mutant(
        "another-try-begins-anew",
        _ONCE_MORE,
        "continuing",
        "web/hooks/useCall.ts",
        "start({ ...wanted, ...change })",
        "start({ withMicrophone: true, ...change })",
    ),
    page_mutant(
        "cancel-told-as-the-end-of-a-call",
        _CANCELLED,
        "cancelling",
        "web/hooks/useResting.ts",
        'state.phase === "live" || (isReturn',
        'state.phase !== "idle" || (isReturn',
    ),
    page_mutant(
        "cancel-ends-the-call-of-another-tab",
        _CANCELLED,
        "cancelling",
        "web/hooks/useCall.ts",
        'to.phase === "elsewhere" ? line.handOver() : line.close()',
        "line.close()",
    ),
    page_mutant(
        "start-after-a-failed-way-back-is-the-other-tabs",
        _CANCELLED,
        "cancelling",
        "web/hooks/useResting.ts",
        "isOpen(state) && !isReturn && before",
        "!isOpen(state) && isReturn && before",
    ),
    page_mutant(
        "page-for-signing-in-taken-for-an-answer",
        "A proxy that wants a sign-in is told as that, in whatever way it asks.",
        "access",
        "web/lib/http.ts",
        "response.ok && !isPage(response)",
        "response.ok",
    ),
    Mutant(
        name="page-a-clock-that-turns-lines-round",
        promise=_CLOCK,
        file="web/lib/callClock.ts",
        before="Math.round(this.aheadMs + performance.now())",
        after="Date.now()",
        tests=(f"web/tests/hooks/useTranscript.test.ts::{_CLOCK}",),
    ),
    Mutant(
        name="page-a-pause-that-lasts",
        promise=_PAUSED,
        file="web/hooks/useAttached.ts",
        before='    element.addEventListener("pause", () => void goOn(), { signal });\n',
        after="",
        tests=(f"web/tests/components/room.test.tsx::{_PAUSED}",),
    ),
    Mutant(
        name="page-a-silence-that-is-waited-out",
        promise=_VANISHED,
        file="web/hooks/useRoomEvents.ts",
        before="if (!wasSilent) silence = setTimeout",
        after="if (wasSilent) silence = setTimeout",
        tests=(
            "tests/e2e/test_page_comes_back.py"
            "::test_a_server_that_vanishes_without_a_word_is_noticed",
        ),
    ),
)
