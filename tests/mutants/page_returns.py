"""Against what is promised of the page: a call that was lost, left, or taken by another tab."""

from __future__ import annotations

from tests.mutants.mutant import Mutant
from tests.mutants.page_mutant import page_mutant

_LINE = "web/hooks/line.ts"
_EVENTS = "web/hooks/useRoomEvents.ts"
_HELD = "web/hooks/heldSession.ts"
_TICKET = "web/lib/ticket.ts"
_MICROPHONE = "web/hooks/callMicrophone.ts"
_BACK = "A page that is reloaded in a call is back in it, with all words."
_MUTED = "Who was muted comes back muted, and who typed without a microphone."
_UNASKED = "A page that comes back by itself asks for no microphone."
_REFUSED = "A way back that is refused leads to the start, with one true sentence."
_ENDED = "A call that has ended is not come back to."
_UNREADABLE = "A ticket that cannot be read is no ticket."
_LOST = "A lost connection is made anew, as often as it takes."
_ONLINE = "Back on the network the page comes back at once."
_END = "A call can be ended while its connection is lost."
_TAB = "A second tab takes the call over, and the first does not fight for it."
_NO_STORAGE = "Where the browser keeps nothing the call itself is the same."
_IN_LINE = "Where all lines are busy the page waits in line, and says in which place."
_UNHEARD = "Nobody is listened to while waiting in line."
_LEAVES = "Whoever does not want to wait leaves the line."
_CLOSED = "A line that is closed is told, and not waited in."
_START = "web/hooks/sessionStart.ts"
_AWAY = "A tab that was away takes its call from no other tab, and takes it up if none is in it."
_THAWS = "A tab gets the call it asks for, also from one that was frozen and thaws."
_RESTORED = "While the connection is being restored the page says so."

MUTANTS: tuple[Mutant, ...] = (
    page_mutant(
        "takes-back-what-another-tab-took",
        _AWAY,
        "threeTabs",
        "web/hooks/wayBack.ts",
        "      holder.look();\n      const resumed",
        "      const resumed",
    ),
    page_mutant(
        "takes-back-with-an-answer-of-before-it-was-frozen",
        _AWAY,
        "threeTabs",
        "web/hooks/wayBack.ts",
        "      holder.look();\n      await enter",
        "      await enter",
    ),
    page_mutant(
        "kept-out-by-who-crashed-before-the-last-reload",
        _AWAY,
        "threeTabs",
        "web/lib/holder.ts",
        "    return this.before ?? this.id;\n",
        "    return this.id;\n",
    ),
    page_mutant(
        "in-the-call-as-who-it-was-before",
        _AWAY,
        "threeTabs",
        "web/lib/holder.ts",
        "    this.onTaken();\n",
        "",
    ),
    page_mutant(
        "takes-back-as-it-is-loaded-anew",
        _AWAY,
        "threeTabs",
        "web/lib/holder.ts",
        "    this.from = isAsked ? idOf(this.place()) : holder;\n",
        "    this.from = this.read() ?? holder;\n",
    ),
    Mutant(
        name="page-asks-in-vain-for-what-a-frozen-tab-has",
        promise=_THAWS,
        file="web/lib/holder.ts",
        before="isAsked ? idOf(this.place()) : holder",
        after="isAsked ? this.read() : holder",
        tests=(f"web/tests/lib/holder.test.ts::{_THAWS}",),
    ),
    page_mutant(
        "kept-out-of-its-call-by-its-own-crash",
        _AWAY,
        "threeTabs",
        _HELD,
        "holder: this.holder.last, isElsewhere",
        "holder: `not ${this.holder.last}`, isElsewhere",
    ),
    page_mutant(
        "tab-that-left-keeps-others-out",
        _AWAY,
        "threeTabs",
        "web/hooks/voiceRoom.ts",
        "    this.holder.release();\n",
        "",
    ),
    page_mutant(
        "tab-that-looks-for-it-hears-nothing",
        _AWAY,
        "threeTabs",
        "web/hooks/useWayBack.ts",
        '    window.addEventListener("storage", onStorage);\n',
        "",
    ),
    page_mutant(
        "reload-ends-the-call", _BACK, "returning", _HELD, "if (!this.isKept) void", "void"
    ),
    page_mutant(
        "words-of-before-lost",
        _BACK,
        "returning",
        _LINE,
        "      if (captions) this.onKept?.(captions);\n",
        "      void captions;\n",
    ),
    page_mutant(
        "words-of-before-twice",
        _BACK,
        "returning",
        "web/lib/keptCaptions.ts",
        "return last.id.startsWith(KEPT_ID) && isSame(last, caption);",
        "return false && isSame(last, caption);",
    ),
    page_mutant(
        "comes-back-unmuted",
        _MUTED,
        "returning",
        _MICROPHONE,
        '      if (state === "muted") await track.mute();\n',
        "      void track;\n",
    ),
    page_mutant(
        "mute-not-remembered",
        _MUTED,
        "returning",
        _MICROPHONE,
        "this.isOpen && onChange()",
        "this.isOpen",
    ),
    page_mutant(
        "asks-while-it-is-loaded",
        _UNASKED,
        "returning",
        "web/lib/permission.ts",
        '?.state === "granted"',
        " !== undefined",
    ),
    page_mutant(
        "asks-again-and-again",
        _REFUSED,
        "returning",
        "web/lib/resume.ts",
        '  "session_gone",\n',
        "",
    ),
    page_mutant(
        "left-without-having-left",
        _REFUSED,
        "returning",
        "web/lib/loss.ts",
        ' || ending === "caller_left"',
        "",
    ),
    page_mutant("ended-call-come-back-to", _ENDED, "returning", _HELD, "    forgetTicket();\n", ""),
    page_mutant(
        "any-text-for-a-ticket",
        _UNREADABLE,
        "returning",
        _TICKET,
        'typeof sessionId !== "string" || typeof ticket',
        "typeof ticket",
    ),
    page_mutant(
        "one-try-alone",
        _LOST,
        "returning",
        "web/hooks/wayBack.ts",
        "if (isFinal || leftMs <= 0) throw error;",
        "if (attempt > 0 || leftMs <= 0) throw error;",
    ),
    page_mutant(
        "page-in-passing-ends-the-call",
        _LOST,
        "returning",
        "web/hooks/wayBack.ts",
        "isAtDoor(failureOf(error).code) && !isPassing",
        "isAtDoor(failureOf(error).code)",
    ),
    page_mutant(
        "microphone-lost-with-the-connection",
        _LOST,
        "returning",
        "web/hooks/voiceRoom.ts",
        "    await this.drop(false);\n",
        "    await this.leave();\n",
    ),
    page_mutant(
        "waits-though-it-is-online",
        _ONLINE,
        "returning",
        "web/hooks/pause.ts",
        '    window.addEventListener("online", go);\n',
        "",
    ),
    page_mutant(
        "way-back-into-a-call-that-was-ended",
        _END,
        "returning",
        _LINE,
        "    if (!isClosed) this.held.forget();\n",
        "",
    ),
    page_mutant(
        "tabs-that-fight",
        _TAB,
        "returning",
        _EVENTS,
        "if (reason === DisconnectReason.DUPLICATE_IDENTITY)",
        "if (reason === undefined)",
    ),
    page_mutant(
        "taken-call-ended-by-the-first-tab",
        _TAB,
        "returning",
        _HELD,
        "    this.ticket = undefined;\n    this.drop();\n",
        "    this.drop();\n    forgetTicket();\n",
    ),
    page_mutant(
        "storage-that-must-be-there",
        _NO_STORAGE,
        "returning",
        "web/lib/storage.ts",
        "    if (error instanceof DOMException) return undefined;\n",
        "",
    ),
    page_mutant(
        "offline-not-told",
        _RESTORED,
        "life",
        _EVENTS,
        '    window.addEventListener("offline", onNetwork);\n',
        "",
    ),
    page_mutant(
        "asks-without-the-wait",
        _IN_LINE,
        "queue",
        _START,
        "answer.retryAfterSecs * 1000",
        "answer.retryAfterSecs",
    ),
    page_mutant(
        "place-lost-with-one-answer",
        _IN_LINE,
        "queue",
        _START,
        "return error instanceof UnreachableError || isRoomless;",
        "return isRoomless;",
    ),
    page_mutant(
        "listens-to-those-who-wait",
        _UNHEARD,
        "queue",
        "web/hooks/callOpening.ts",
        "      microphone.close();\n      this.onStep",
        "      this.onStep",
    ),
    page_mutant(
        "waits-on-unseen",
        _LEAVES,
        "queue",
        _START,
        "      if (signal.aborted) this.leave();\n",
        "",
    ),
    page_mutant(
        "waits-for-a-page-that-is-gone",
        _LEAVES,
        "queue",
        _LINE,
        "    this.sessionStart.leave();\n",
        "",
    ),
    page_mutant(
        "waits-in-a-closed-line",
        _CLOSED,
        "queue",
        _START,
        "if (isKept && isPassing(error))",
        "if (isKept)",
    ),
)
