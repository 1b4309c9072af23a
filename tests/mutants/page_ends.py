"""Against what is promised of the page: why a call ends or does not begin."""

from __future__ import annotations

from tests.mutants.mutant import Mutant
from tests.mutants.page_mutant import page_mutant

_EVENTS = "web/hooks/useRoomEvents.ts"
_TEXTS = "web/lib/catalogues/en.ts"
_FAILURE = "web/lib/failure.ts"
_REASONS = "Each reason for which a call ends has a sentence of its own."
_NO_REASON = "A call that ends without a reason ends with a sentence all the same."
_REFUSALS = "Each refusal of the server is told in a sentence, with one button."
_APART = "Each way in which a call cannot begin is told apart."
_RETRY = "After a refusal the one button tries again."
_HTTPS = "A page without HTTPS offers its secure address, and no call that must fail."
_LIMIT = "A server that does not answer is given up after ten seconds."
_LINK = "An invitation link is used once and leaves the address."
_KEPT = "An invitation is kept while the microphone is refused."

MUTANTS: tuple[Mutant, ...] = (
    page_mutant(
        "two-reasons-one-sentence",
        _REASONS,
        "endings",
        _TEXTS,
        'drained: "The call ended because the service is being updated."',
        'drained: "The call has ended."',
    ),
    page_mutant(
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
    page_mutant(
        "reason-of-anybody-believed",
        _NO_REASON,
        "endings",
        _EVENTS,
        "if (isBot(participant)) endReason",
        "endReason",
    ),
    page_mutant(
        "reason-thrown-away-with-the-connection",
        _NO_REASON,
        "endings",
        _EVENTS,
        "endReason !== undefined || ENDED_ON_PURPOSE.has(reason)",
        "ENDED_ON_PURPOSE.has(reason)",
    ),
    page_mutant(
        "room-closed-taken-for-lost",
        _NO_REASON,
        "endings",
        _EVENTS,
        "  DisconnectReason.ROOM_CLOSED,\n",
        "",
    ),
    page_mutant(
        "update-of-the-service-unexplained",
        _REFUSALS,
        "endings",
        _FAILURE,
        '  draining: "draining",\n  paused: "paused",\n',
        '  paused: "paused",\n',
    ),
    page_mutant(
        "wait-not-told",
        _REFUSALS,
        "endings",
        _FAILURE,
        '  "rate_limited",\n  "access_slowed",\n]);',
        "]);",
    ),
    page_mutant(
        "wait-not-read",
        _REFUSALS,
        "endings",
        "web/lib/http.ts",
        'response.headers.get("Retry-After")',
        'response.headers.get("X-Retry-After")',
    ),
    Mutant(
        name="page-refusal-of-python-alone",
        promise=_REFUSALS,
        file="bot/http/errors.py",
        before='    "at_capacity": 10,\n',
        after="",
        tests=("tests/contract/test_page_contract.py::test_the_page_knows_every_refusal",),
    ),
    page_mutant(
        "busy-microphone-unexplained",
        _APART,
        "endings",
        _FAILURE,
        '  NotReadableError: "microphone_busy",\n',
        "",
    ),
    page_mutant(
        "typing-not-offered",
        _APART,
        "endings",
        _FAILURE,
        'new Set([\n  "no_microphone",\n  "permission_denied",\n',
        'new Set([\n  "no_microphone",\n',
    ),
    page_mutant(
        "refused-for-good",
        _RETRY,
        "endings",
        "web/lib/call.ts",
        'return isOpen(state) ? state : { phase: "connecting", step: "microphone" };',
        'return state.phase !== "idle" ? state : { phase: "connecting", step: "microphone" };',
    ),
    page_mutant(
        "insecure-again-and-again",
        _HTTPS,
        "endings",
        "web/hooks/openMicrophone.ts",
        "if (!window.isSecureContext) throw new InsecureContextError();\n",
        "",
    ),
    page_mutant(
        "start-without-a-limit",
        _LIMIT,
        "endings",
        "web/lib/http.ts",
        "eitherOf(signal, AbortSignal.timeout(limitMs))",
        "eitherOf(signal, new AbortController().signal)",
    ),
    page_mutant(
        "invitation-not-sent",
        _LINK,
        "endings",
        "web/hooks/useStart.ts",
        "joinCode: joinCodeOf(hash), ",
        "joinCode: undefined, ",
    ),
    page_mutant(
        "invitation-in-the-history",
        _LINK,
        "endings",
        "web/lib/joinLink.ts",
        "window.history.replaceState(",
        "window.history.pushState(",
    ),
    page_mutant(
        "invitation-lost-with-a-refusal",
        _KEPT,
        "endings",
        "web/hooks/useStart.ts",
        "if (isLinkSpent(failure.code)) forgetLink();",
        "forgetLink();",
    ),
)
