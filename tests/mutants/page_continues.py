"""Against what is promised of the page: a call that has ended is continued, and only when asked."""

from __future__ import annotations

from tests.mutants.mutant import Mutant
from tests.mutants.page_mutant import page_mutant

_START = "web/hooks/useStart.ts"
_HELD = "web/hooks/heldSession.ts"
_OFFERED = "After its end a call can be continued with one button, if it is kept; never by itself."
_ONCE_MORE = "What did not work is tried again as it was wanted: the same talk, by voice or typed."
_SAYS_WHY = "A call that cannot be continued says why, and is not offered again."

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
        _START,
        "if (!continues) forgetLast();",
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
)
