"""Against what is promised of the page at the door."""

from __future__ import annotations

from tests.mutants.mutant import Mutant
from tests.mutants.page_mutant import page_mutant

_FORM = "web/components/KeyForm.tsx"
_CHECK = "Who was invited can check the line before the first call."
_ONCE = "A page that needs a key asks once, and the call begins with it."
_MIDST = "A key asked for in mid-call leads back in, kept or not."

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
    page_mutant(
        "a-way-back-that-knocks-for-a-minute",
        "Who has to show the key on the way back is asked at once, and is in.",
        "returning",
        "web/hooks/wayBack.ts",
        "isRefused(error) || (isAtDoor(failureOf(error).code) && !isPassing)",
        "isRefused(error)",
    ),
    page_mutant(
        "a-way-back-only-where-it-is-kept",
        _MIDST,
        "access",
        "web/lib/storage.ts",
        "    else this.here.set(key, text);\n",
        "",
    ),
    page_mutant(
        "a-call-that-ends-where-a-key-is-asked-for",
        _MIDST,
        "access",
        "web/hooks/line.ts",
        "    if (!isStaying) this.abandon();\n",
        "    this.abandon();\n",
    ),
    Mutant(
        name="page-a-check-without-the-invitation",
        promise=_CHECK,
        file="web/lib/lineAccess.ts",
        before="inviteOf(window.location.hash)",
        after="inviteOf(window.location.search)",
        tests=(f"web/tests/components/invitation.test.tsx::{_CHECK}",),
    ),
)
