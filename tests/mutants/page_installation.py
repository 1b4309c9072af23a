"""Against what is promised of the page before and after a call: whose it is, and how it was."""

from __future__ import annotations

from tests.mutants.mutant import Mutant
from tests.mutants.page_mutant import page_mutant

_BRANDED = "tests/bot/http/page/test_branded.py"
_RATING = "tests/bot/http/test_rating.py"

_OWN = "The page has the operator's name, colour, logo and links."
_KEPT = "Before a call the page says how long it is kept what is said."
_RATED = "After a call its caller can say how it was, with a thumb and a line."

MUTANTS: tuple[Mutant, ...] = (
    page_mutant(
        "says-it-is-parley",
        _OWN,
        "installation",
        "web/lib/texts.ts",
        "export const PRODUCT_NAME = installation.name;",
        'export const PRODUCT_NAME = "Parley" || installation.name;',
    ),
    Mutant(
        name="brand-breaks-out-of-its-element",
        promise=_OWN,
        file="bot/http/page/branded.py",
        before='.replace("<", "\\\\u003c")',
        after="",
        tests=(f"{_BRANDED}::test_every_page_says_whose_it_is",),
    ),
    page_mutant(
        "does-not-say-that-words-are-kept",
        _KEPT,
        "installation",
        "web/components/Welcome.tsx",
        "{kept_days > 0 && ",
        "{kept_days < 0 && ",
    ),
    Mutant(
        name="page-says-kept-where-nothing-is",
        promise=_KEPT,
        file="bot/store/settings.py",
        before="return self.keep_days if self.store else 0",
        after="return self.keep_days",
        tests=(f"{_BRANDED}::test_the_page_knows_how_long_words_are_kept",),
    ),
    page_mutant(
        "line-is-not-sent",
        _RATED,
        "afterwards",
        "web/lib/rating.ts",
        "comment: comment.trim()",
        'comment: ""',
    ),
    Mutant(
        name="first-thumb-stays",
        promise=_RATED,
        file="bot/store/ratings.py",
        before="where(SESSIONS.c.id == session_id)",
        after="where(SESSIONS.c.id == session_id, SESSIONS.c.is_good.is_(None))",
        tests=(f"{_RATING}::test_the_newest_word_of_a_caller_is_kept",),
    ),
    Mutant(
        name="ticket-rates-any-call",
        promise=_RATED,
        file="bot/rooms/ended_sessions.py",
        before=(
            "        self._check_ticket(ticket, session_id=session_id, person=person)\n"
            "        if self._store"
        ),
        after="        if self._store",
        tests=(f"{_RATING}::test_a_ticket_rates_its_own_call_alone",),
    ),
)
