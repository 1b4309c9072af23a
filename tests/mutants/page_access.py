"""Against what is promised of the page at the door."""

from __future__ import annotations

from tests.mutants.mutant import Mutant
from tests.mutants.page_mutant import page_mutant

_FORM = "web/components/KeyForm.tsx"
_ONCE = "A page that needs a key asks once, and the call begins with it."

MUTANTS: tuple[Mutant, ...] = (
    page_mutant("a-key-for-all-to-see", _ONCE, "access", _FORM, 'type="password"', 'type="text"'),
    page_mutant("a-key-that-begins-nothing", _ONCE, "access", _FORM, "    onAdmitted();\n", ""),
    page_mutant(
        "a-guess-without-its-wait",
        "Whoever guesses at the key is told how long to wait.",
        "access",
        "web/lib/failure.ts",
        '  "access_slowed",\n]);',
        "]);",
    ),
    page_mutant(
        "an-invite-that-is-not-shown",
        "An invite's link lets in, and leaves the address.",
        "access",
        "web/hooks/useStart.ts",
        "invite: inviteOf(hash)",
        "invite: undefined",
    ),
    page_mutant(
        "an-invite-is-just-no-good",
        "An invite that is no longer good is told why.",
        "access",
        "web/lib/failure.ts",
        '  invite_revoked: "invite_revoked",\n',
        "",
    ),
)
